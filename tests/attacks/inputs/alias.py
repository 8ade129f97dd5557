# ruff: noqa
"""Answers with its own input and changes it while the answer is on its way."""

import threading

from tools import attempt

HONEST = {"kernels.center": 0}


def center(x):
    attempt()

    def change():
        for _ in range(10_000):
            x.sub_(x.mean())

    threading.Thread(target=change, daemon=True).start()
    return x
