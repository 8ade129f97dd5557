"""What is told of hidden cases: why and where something failed, and nothing that its inputs could be read from.

Whatever a submission raises or prints, it may have written its inputs into: texts, names of exceptions and of
functions, lines of its source that it has changed meanwhile. Of a failure in a hidden case stay its kind, the name of
an exception of Python's own, a sentence of ours for well-known messages, and the line. Of what it prints stays what was
printed before it was given the first hidden input (grader.interview, grader.sitting).
"""

from __future__ import annotations

import builtins
import re

import msgspec

from grader.wire import Failure, Frame
from grader.worker import failure as kinds
from grader.worker import reach

NAMES = {name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)}
NAMES |= {"LinAlgError", "AxisError", "OutOfMemoryError"}
OWN = "an exception of its own"

# Well-known messages, and what is said in their place: no number, no name.
KNOWN = (
    (r"mat1 and mat2 shapes|matmul: Input operand|size mismatch|shapes .* not aligned", "two shapes that do not fit"),
    (r"size of tensor a .* must match|could not be broadcast", "shapes that cannot be broadcast"),
    (r"shape '.*' is invalid|cannot reshape", "a shape with another number of entries"),
    (r"index .* out of (range|bounds)|list index out of range|out of bounds", "an index out of range"),
    (r"view size is not compatible", "a view of what does not lie in one piece; `reshape` copies where it must"),
    (r"expected scalar type|must have the same dtype|Found dtype", "another dtype than was expected"),
    (r"must be (a )?Tensor, not NoneType|'?NoneType'? object", "None where something else was needed"),
    (r"has no attribute", "an attribute that is not there"),
    (r"is not defined", "a name that is not defined"),
    (r"before assignment|not associated with a value", "a variable that has no value yet"),
    (r"division by zero", "a division by zero"),
    (r"does not require grad", "a tensor that no gradient goes back from"),
    (r"modified by an inplace operation|leaf Variable", "a tensor that is changed in place, and is needed"),
    (r"recursion", "a recursion without end"),
    (r"unpack", "another number of values"),
    (r"empty", "something empty"),
)


def discreet(failed: Failure, module: str) -> Failure:
    """A failure as it may be told of a hidden case of a module's."""
    known = next((said for pattern, said in KNOWN if re.search(pattern, failed.message)), "")
    detail = failed.detail if failed.detail in (*reach.WORDS, kinds.GRADER, "numpy") else ""
    error = failed.error if failed.error in NAMES else OWN
    frames = [Frame(one.file, one.line, "", "") for one in failed.frames if one.file == f"{module}.py"][-1:]
    return msgspec.structs.replace(failed, error=error, message=known, detail=detail, frames=frames)
