"""`python -m grader.worker FD [PLAN]`: the nursery. With a plan (grader.worker.cage) it shuts itself in first."""

from __future__ import annotations

import os
import socket
import sys

from grader.worker.cage.confine import Plan, confine, sweep
from grader.worker.lifeline import adopt_orphans, die_with_parent


def main() -> None:
    """Import torch once, warm it up with one thread, then serve on the socket that was inherited."""
    channel = int(sys.argv[1])
    plan = Plan.from_json(sys.argv[2]) if len(sys.argv) > 2 else None
    if plan is None or not plan.sweep:  # else it lives on for a moment, to sweep
        die_with_parent()
    adopt_orphans()
    import torch

    from grader.worker import serve

    torch.set_num_threads(1)  # an operation with two threads here would hang every child that uses two
    serve.warm_up()
    if plan is not None:
        confine(plan, channel)
    serve.serve(socket.socket(fileno=channel))
    if plan is not None and plan.sweep:
        sweep()
    os._exit(0)


main()
