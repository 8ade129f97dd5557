# ruff: noqa
"""Imports modules that are not there, by the hundred, under names that a terminal obeys."""

from tools import attempt

HONEST = {"kernels.pairwise": 20}

attempt()
for i in range(300):
    try:
        __import__(f"\x1b[2J\x07[/red]<script>{i}" + "n" * 300)
    except ImportError as error:
        pass
