"""The pretence: memory is tagged, what reads a tag or a device is told so, and operations that mix are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from grader.worker.device import known_as

GPU, CPU = torch.device("cuda:0"), torch.device("cpu")
MIXED = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
COPIES = ("aten::copy_", "aten::_to_copy", "aten::set_", "aten::_local_scalar_dense", "aten::_has_compatible")


def is_there(tensor: torch.Tensor) -> bool:
    """Whether its memory is said to lie on the GPU."""
    return hasattr(tensor.untyped_storage(), "pretended")


def put(tensor: torch.Tensor) -> torch.Tensor:
    """Say so of its memory."""
    tensor.untyped_storage().pretended = True
    return tensor


def tensors(tree: Any) -> Iterable[torch.Tensor]:
    """All tensors in arguments or results."""
    if isinstance(tree, torch.Tensor):
        if tree.layout == torch.strided and tree.device.type == "cpu":
            yield tree
    elif isinstance(tree, list | tuple):
        for item in tree:
            yield from tensors(item)
    elif isinstance(tree, dict):
        yield from tensors(list(tree.values()))


def is_cuda(device: Any) -> bool:
    """Whether "cuda", torch.device("cuda:0"), 0 or the like is meant."""
    return device is not None and torch.device(device).type == "cuda"


class Operations(TorchDispatchMode):
    """Results lie where their inputs do; those made of nothing lie where the call that makes them works."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = False

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, given = func._schema.name, [*tensors(args), *tensors(kwargs or {})]
        there = [tensor for tensor in given if is_there(tensor)]
        if there and not name.startswith(COPIES):
            self.refuse(name, args, [tensor for tensor in given if not is_there(tensor) and tensor.dim()])
        result = func(*args, **(kwargs or {}))
        if (there and not name.startswith(COPIES)) or (not given and self.inside):
            for tensor in tensors(result):
                put(tensor)
        elif name == "aten::_to_copy" and there:
            put(result)
        return result

    @staticmethod
    def refuse(name: str, args: Any, strays: list[torch.Tensor]) -> None:
        if name in ("aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"):
            own, values = is_there(args[0]), list(tensors(args[2:]))
            if not own and any(is_there(index) for index in tensors(args[1])):
                raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
            strays = [value for value in values if is_there(value) != own and value.dim()]
        if strays:
            raise RuntimeError(f"{MIXED} (when checking argument in method {name})")


class Calls(TorchFunctionMode):
    """What Python asks of torch about devices."""

    def __init__(self, operations: Operations) -> None:
        super().__init__()
        self.operations = operations

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if getattr(func, "__name__", "") == "_parse_to":  # it only says what was asked for
            return func(*args, **kwargs)
        answer = ANSWERS.get(getattr(func, "__self__", None) if getattr(func, "__name__", "") == "__get__" else func)
        before = self.operations.inside
        self.operations.inside = before or any(is_there(tensor) for tensor in tensors([args, kwargs]))
        try:
            if answer is not None and isinstance(args[0], torch.Tensor):
                return answer(*args, **kwargs)
            wanted = kwargs.pop("device", None)
            if wanted is None:
                return func(*args, **kwargs)
            self.operations.inside = is_cuda(wanted)
            result = func(*args, **kwargs, device="cpu")
            return moved(result, is_cuda(wanted)) if isinstance(result, torch.Tensor) else result
        finally:
            self.operations.inside = before


def moved(tensor: torch.Tensor, there: bool) -> torch.Tensor:
    """The tensor, or a copy of it that says that it is on the other side."""
    if is_there(tensor) == there or tensor.layout != torch.strided:
        return tensor
    copy = tensor.clone()
    if there:
        return put(copy)
    copy.untyped_storage().__dict__.pop("pretended", None)
    return copy


def to(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    if args and isinstance(args[0], torch.Tensor):
        there, dtype = is_there(args[0]), args[0].dtype
    else:
        device, dtype, _, _ = torch._C._nn._parse_to(*args, **{k: v for k, v in kwargs.items() if k != "copy"})
        there = is_there(tensor) if device is None else device.type == "cuda"
    changed = tensor if dtype is None or dtype == tensor.dtype else tensor.to(dtype)
    changed = changed.clone() if kwargs.get("copy") and changed is tensor else changed
    return moved(changed, there)


def numpy(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    if is_there(tensor):
        raise TypeError(
            "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
        )
    return torch.Tensor.numpy(tensor, *args, **kwargs)


def array(tensor: torch.Tensor, *args: Any) -> Any:
    numpy(tensor)
    return torch.Tensor.__array__(tensor, *args)


ANSWERS: dict[Any, Callable[..., Any]] = {
    torch.Tensor.device: lambda tensor, *rest: GPU if is_there(tensor) else CPU,
    torch.Tensor.is_cuda: lambda tensor, *rest: is_there(tensor),
    torch.Tensor.is_cpu: lambda tensor, *rest: not is_there(tensor),
    torch.Tensor.get_device: lambda tensor: 0 if is_there(tensor) else -1,
    torch.Tensor.cuda: lambda tensor, *rest, **more: moved(tensor, True),
    torch.Tensor.cpu: lambda tensor, *rest, **more: moved(tensor, False),
    torch.Tensor.to: to,
    torch.Tensor.numpy: numpy,
    torch.Tensor.__array__: array,
}


class Pretended:
    """The device, as a worker knows it."""

    name = "cuda"

    def prepare(self) -> None:
        pass

    def place(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.to("cuda")

    def wait(self) -> None:
        pass

    def describe(self) -> tuple[str, int]:
        return "a pretended GPU", 1 << 30


def pretend() -> None:
    """From here on, in this process and its forks, there is a GPU."""
    operations = Operations()
    operations.__enter__()
    Calls(operations).__enter__()
    parse = torch._C._nn._parse_to

    @wraps(parse)
    def parsed(*args: Any, **kwargs: Any) -> Any:
        """Of nn.Module.to, which asks a tensor itself."""
        device, *rest = parse(*args, **kwargs)
        return (GPU if args and isinstance(args[0], torch.Tensor) and is_there(args[0]) else device, *rest)

    torch._C._nn._parse_to = parsed
    torch.cuda.is_available = lambda: True
    torch.cuda.device_count = lambda: 1
    known_as(Pretended())
