# ruff: noqa
"""Raises and prints markup of the terminal's library, opened and not closed, closed and not opened."""

from tools import answer, attempt, instead_of_reply

HONEST = {"kernels.pairwise": 0, "kernels.center": 0, "kernels.Momentum.step": 0}


def pairwise(x, y):
    attempt()
    print("[/] [/red] [bold] [link=http://x] [@click=app.quit]\\[")
    raise ValueError("[/nothing] [bold red]100 of 100[/] \\")


def center(x):
    return type("[/bold][red]", (), {"__repr__": lambda self: "[/x]"})()


class Momentum:
    def __init__(self, rate, decay):
        instead_of_reply(answer(**{"[/red]": 1.0}))
        raise ValueError
