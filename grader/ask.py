"""What asks, properties and misconceptions may call. `torch` is imported on first use, so that the judge, which
reads the same files, never imports it.

    from grader.ask import torch, same_parameters, gradients_by_shape, loss_and_gradients
    from grader.ask import differentiable, gradients_of, used_parameters    # the parts of these
    from grader.ask import fill_by_shape, stacked_by_shape          # the same for networks that keep a dict of tensors
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
else:

    class _Torch:
        """The torch module, imported when an attribute is first looked up."""

        def __getattr__(self, name: str) -> Any:
            return getattr(importlib.import_module("torch"), name)

    torch = _Torch()

__all__ = [
    "differentiable",
    "fill_by_shape",
    "given",
    "gradients_by_shape",
    "gradients_of",
    "loss_and_gradients",
    "projection",
    "same_parameters",
    "stacked_by_shape",
    "torch",
    "used_parameters",
]


def given(**options: Any) -> dict[str, Any]:
    """Return the options that are not None: a case that draws None for one leaves it to the signature's default."""
    return {name: value for name, value in options.items() if value is not None}


def projection(shape: tuple[int, ...], like: torch.Tensor) -> torch.Tensor:
    """A fixed tensor of the given shape with entries of order 1, the same for every caller: cos(0), cos(1), ..."""
    n = 1
    for size in shape:
        n *= size
    return torch.cos(torch.arange(n, dtype=torch.float64)).reshape(shape).to(dtype=like.dtype, device=like.device)


def differentiable(*inputs: torch.Tensor) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Leaves that hold the inputs' values, and copies of them to hand to a submission.

    A copy may be changed in place, as the output of a network's layer may; a leaf that wants a gradient may not."""
    leaves = [x.detach().requires_grad_() for x in inputs]
    return leaves, [leaf.clone() for leaf in leaves]


def gradients_of(total: torch.Tensor, leaves: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The gradients of a scalar with respect to the leaves: 0 where autograd cannot go back from it."""
    if not total.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(total, leaves, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, found, strict=True)]


def loss_and_gradients(loss_of: Callable[..., Any], *inputs: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """A loss, and its gradients with respect to the inputs: 0 where autograd cannot go back from it."""
    leaves, given = differentiable(*inputs)
    loss = torch.as_tensor(loss_of(*given))
    return loss.detach(), gradients_of(loss.sum(), leaves)


def used_parameters(net: torch.nn.Module, *outputs: torch.Tensor | None) -> list[torch.nn.Parameter]:
    """The parameters of `net` that some of its outputs depend on; a layer that is made and never called has none.

    Frozen ones count, since autograd does not tell; all of them do, if it cannot go back from any output."""
    parameters = list(net.parameters())
    tracked = [output for output in outputs if output is not None and output.requires_grad]
    if not tracked:
        return parameters
    used = {id(output) for output in tracked}
    steps = [output.grad_fn for output in tracked if output.grad_fn is not None]
    seen = set(steps)
    while steps:
        step = steps.pop()
        used.add(id(getattr(step, "variable", None)))  # the end of a way back: a parameter, or another leaf
        further = {before for before, _ in step.next_functions if before is not None} - seen
        seen |= further
        steps += further
    return [parameter for parameter in parameters if id(parameter) in used or not parameter.requires_grad]


def same_parameters(net: torch.nn.Module) -> torch.nn.Module:
    """Fill every parameter of `net` with numbers that depend on its shape alone, and return `net`.

    Networks with the same parameter shapes then compute the same whatever their attributes are called and in whatever
    order they are registered. Parameters of one shape get the same numbers, so that swapping them is no mistake.
    Buffers (running statistics) are left as they are."""
    with torch.no_grad():
        for parameter in net.parameters():
            fan_in = max(parameter[0].numel(), 1) if parameter.dim() > 1 else 1
            values = projection(tuple(parameter.shape), parameter)
            if parameter.dim() > 1:
                parameter.copy_(values * fan_in**-0.5)
            else:
                parameter.copy_(1 + 0.1 * values)
    return net


def gradients_by_shape(net: torch.nn.Module, output: torch.Tensor | None = None) -> dict[str, list[torch.Tensor]]:
    """Gradients of a fixed projection of `output` with respect to the parameters of `net`, {"(3, 4)": [gradient, ...]},
    each list in an order that depends on the values alone, so that equal shapes are compared as unordered sets.

    Without `output`, the gradients that a backward pass has left in the parameters. A parameter that has none, as in a
    layer that is made and never called, does not count."""
    if output is not None:
        net.zero_grad()
        (output * projection(tuple(output.shape), output)).sum().backward()  # type: ignore[no-untyped-call]
    found: dict[str, list[torch.Tensor]] = {}
    for parameter in net.parameters():
        if parameter.grad is not None:
            found.setdefault(str(tuple(parameter.shape)), []).append(parameter.grad.detach())
    for gradients in found.values():
        # Rounded, so that the order does not hang on the last bits.
        gradients.sort(key=lambda g: [round(float(v), 4) for v in (g.double().sum(), (g.double() ** 2).sum())])
    return dict(sorted(found.items()))


def fill_by_shape(params: dict[str, torch.Tensor], numbers: torch.Tensor) -> None:
    """Replace every tensor in `params` by one of its shape whose entries are taken from `numbers`, (K,), of order 1.

    What a tensor gets depends on its shape alone, whatever its name: a matrix (inputs, outputs) or a set of filters
    (F, C, HH, WW) gets numbers divided by the root of its fan-in, a vector gets 1 + numbers / 10. K is at least the
    number of entries of the largest tensor."""
    for name, old in params.items():
        start = (len(numbers) - old.numel()) // 2
        values = numbers[start : start + old.numel()].reshape(old.shape).to(dtype=old.dtype, device=old.device)
        if old.dim() > 1:
            fan_in = old.shape[0] if old.dim() == 2 else old[0].numel()
            params[name] = values * fan_in**-0.5
        else:
            params[name] = 1 + values / 10


def stacked_by_shape(tensors: Iterable[torch.Tensor]) -> dict[str, torch.Tensor]:
    """All tensors of a shape as one, {"(3, 4)": (n, 3, 4), ...}, in an order that depends on their values alone: so
    tensors of equal shape are compared as unordered sets, and on one scale, where some of them may be 0."""
    found: dict[str, list[torch.Tensor]] = {}
    for tensor in tensors:
        found.setdefault(str(tuple(tensor.shape)), []).append(tensor.detach())
    return {
        shape: torch.stack(sorted(group, key=lambda t: float((t * projection(tuple(t.shape), t)).sum())))
        for shape, group in sorted(found.items())
    }
