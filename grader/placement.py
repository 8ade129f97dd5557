"""Whether an answer lies where its inputs do: code that moves tensors itself is right on one machine only."""

from __future__ import annotations

from grader.explain import Explanation
from grader.oracle import Oracle, places
from grader.peer import printable
from grader.question import Question
from grader.response import Response
from grader.result import Verdict

NAMED = 3  # outputs in a sentence


def misplaced(question: Question, response: Response, oracle: Oracle, device: str) -> Explanation | None:
    """What is wrong with where a right answer lies, None where nothing is: tensors on the CPU, though the question was
    asked on the GPU, whose like the reference leaves there. Raises OracleFault."""
    if device == "cpu" or response.answer is None:
        return None
    left = [path for path, where in places(response.answer).items() if not where.startswith(device)]
    if not left:
        return None
    right = oracle.places(question, device)
    strays = [] if right is None else [path for path in left if right.get(path, "").startswith(device)]
    if not strays:
        return None
    names = " and ".join(f"`{printable(path[:100])}`" for path in strays[:NAMED])
    more = f" (and {len(strays) - NAMED} more)" if len(strays) > NAMED else ""
    comes, its = ("comes back", "its") if len(strays) == 1 else ("come back", "their")
    told = f"{names}{more} {comes} on the CPU, though {its} inputs are on the GPU"
    return Explanation(Verdict.WRONG, f"{told}: a `.cpu()`, or a tensor made without `device=x.device`")
