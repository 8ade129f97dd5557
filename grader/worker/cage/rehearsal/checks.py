"""What a submission is usually asked."""

from typing import Any

from grader.spec import Checks

checks = Checks("rehearsal", title="Once for all")
rehearsal = checks.module("rehearsal")


@rehearsal.exercise("layer", points=100)
def layer(sub: Any, x: Any, w: Any) -> dict[str, Any]:
    """A layer and its gradient."""
    out, dw = sub.layer(x, w)
    return {"out": out, "dw": dw}


@layer.case
def small(draw: Any) -> dict[str, Any]:
    return dict(x=draw.normal(8, 4), w=draw.normal(4, 3))
