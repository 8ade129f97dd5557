# ruff: noqa
"""Raises from a line that holds escapes, in a function and a file named by escapes."""

from tools import attempt

HONEST = {"kernels.pairwise": 0}


def pairwise(x, y):
    attempt()
    made = {}
    folder = __file__.rpartition("/")[0]
    exec(compile("def f(): raise ValueError('here')", f"{folder}/\x1b[2J[/red].py", "exec"), made)
    code = made["f"].__code__
    made["f"].__code__ = code.replace(co_name="\x1b[2J\x07[/bold]" * 50, co_firstlineno=1)
    import linecache

    line = "\x1b]0;title\x07 [/red] <script>" * 100
    linecache.cache[code.co_filename] = (1, None, [line + "\n"], code.co_filename)
    made["f"]()
