# ruff: noqa
"""Never ends, and ignores and blocks every signal that may be ignored or blocked."""

import signal

from tools import attempt

HONEST = {"kernels.pairwise": 0}
SECONDS = 1.0
VERDICTS = ("timed_out",)


def pairwise(x, y):
    attempt()
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
    while True:
        try:
            while True:
                pass
        except BaseException:
            continue
