# ruff: noqa
"""Raises, prints and is named what a browser runs."""

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.center": 0}
HTML = "<script>alert(1)</script><img src=x onerror=alert(1)>'\"></td></table>&lt;&#x3c;"


def pairwise(x, y):
    attempt()
    print(HTML)
    raise type(HTML, (Exception,), {})(HTML)


def center(x):
    return type(HTML, (), {"__repr__": lambda self: HTML})()
