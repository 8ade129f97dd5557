# ruff: noqa
"""Never ends while it is imported."""

from tools import attempt

HONEST = {"kernels.pairwise": 0, "kernels.Momentum.step": 0}
SECONDS = 1.5
VERDICTS = ("timed_out",)

attempt()
while True:
    pass
