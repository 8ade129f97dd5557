"""Whether a rule forbids a name."""

from __future__ import annotations

from grader.spec import NoCalls

# Other places in which torch keeps what it offers as torch.NAME.
ALSO_TORCH = (
    "torch.functional.",
    "torch._C._VariableFunctions.",
    "torch._VF.",
    "torch.Tensor.",
    "torch._C.TensorBase.",
    "torch.ops.aten.",
)


def forbidding(rule: NoCalls, name: str) -> str | None:
    """The entry of the rule that forbids this name, None if there is none. `name` is "torch.cdist", "map", or "?.norm"
    for the attribute of something unknown."""
    spellings = [name, *(f"torch.{name.removeprefix(prefix)}" for prefix in ALSO_TORCH if name.startswith(prefix))]
    if name.startswith("torch.ops.aten."):  # torch.ops.aten.mm.default
        spellings.append(f"torch.{name.removeprefix('torch.ops.aten.').partition('.')[0]}")
    for entry in rule.names:
        excepted = entry.endswith(".*") and any(_fits(other, s) for other in rule.but for s in spellings)
        if not excepted and any(_fits(entry, spelling) for spelling in spellings):
            return entry
    return None


def _fits(entry: str, name: str) -> bool:
    if entry.endswith(".*"):
        return name.startswith(entry[:-1])
    if entry.startswith("."):  # of anything
        return name.endswith(f".{entry.rpartition('.')[2]}")
    return name == entry
