"""How fast the references are: each kernel against the best library call on the same inputs, on one core.

    python -m benchmarks.kernels [--pairs N]

The inputs are those of the exercise's timed case, in both float types. Reference and library run one after the other,
in an order that is swapped from pair to pair; a ratio is the median of the paired ratios of CPU time. Both answers are
compared before the clock runs. Memory is kept between calls, as it is in a worker.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from grader.clock import fresh
from grader.course import find_course
from grader.meter import STEADY_MEMORY
from grader.wire import Tensor as Wired
from grader.worker.tensors import from_wire, map_leaves

TARGET = 2.0
CLOSE = {torch.float64: 1e-9, torch.float32: 1e-3}

Inputs = dict[str, Any]
Kernel = Callable[[], tuple[torch.Tensor, ...]]


@dataclass(frozen=True)
class Match:
    """An exercise's reference and what it is held against; both are made ready by its inputs, and then timed."""

    assignment: str
    exercise: str
    library: str  # the call, as the table names it
    reference_of: Callable[[Any, Inputs], Kernel]
    library_of: Callable[[Inputs], Kernel]
    aim: float = TARGET  # times the library's time


def with_gradient(loss_of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Callable[[Inputs], Kernel]:
    """The loss of scores and labels, regularised, and its gradient by autograd."""

    def ready(i: Inputs) -> Kernel:
        W = i["W"].clone().requires_grad_()

        def run() -> tuple[torch.Tensor, ...]:
            loss = loss_of(i["X"] @ W, i["y"]) + i["reg"] * W.square().sum()
            return loss.detach(), *torch.autograd.grad(loss, W)

        return run

    return ready


def by_autograd(forward: Callable[[Inputs, list[torch.Tensor]], torch.Tensor], *names: str) -> Any:
    """The way back alone: the graph is there before the clock runs."""

    def ready(i: Inputs) -> Kernel:
        leaves = [i[name].clone().requires_grad_() for name in names]
        out = forward(i, leaves)
        return lambda: torch.autograd.grad(out, leaves, i["dout"], retain_graph=True)

    return ready


def convolved(i: Inputs, leaves: list[torch.Tensor]) -> torch.Tensor:
    """The library's convolution."""
    x, w, b = leaves
    return F.conv2d(x, w, b, stride=i["stride"], padding=i["pad"])


def normalised(i: Inputs, leaves: list[torch.Tensor]) -> torch.Tensor:
    """The library's batch normalisation, in training."""
    x, gamma, beta = leaves
    mean, var = torch.zeros_like(gamma), torch.zeros_like(gamma)
    return F.batch_norm(x, mean, var, gamma, beta, training=True, momentum=0.1, eps=i["eps"])


def conv_param(i: Inputs) -> dict[str, int]:
    """The reference's way to say so."""
    return {"stride": i["stride"], "pad": i["pad"]}


def back_through_conv(ref: Any, i: Inputs) -> Kernel:
    """Conv.backward, with its cache."""
    _, cache = ref.Conv.forward(i["x"], i["w"], i["b"], conv_param(i))
    return lambda: ref.Conv.backward(i["dout"], cache)


def back_through_norm(name: str) -> Callable[[Any, Inputs], Kernel]:
    """BatchNorm's backward or backward_alt, with its cache."""

    def ready(ref: Any, i: Inputs) -> Kernel:
        _, cache = ref.BatchNorm.forward(i["x"], i["gamma"], i["beta"], {"mode": "train", "eps": i["eps"]})
        return lambda: getattr(ref.BatchNorm, name)(i["dout"], cache)

    return ready


def library_attention(i: Inputs) -> Kernel:
    """The library's attention, which is told what may be seen, and returns no weights."""
    seen = ~i["mask"]
    return lambda: (F.scaled_dot_product_attention(i["query"], i["key"], i["value"], attn_mask=seen),)


def norm_inputs(i: Inputs) -> Inputs:
    """The first batch alone, where the exercise normalises several."""
    return i | {"x": i["xs"][0], "eps": i["bn_param"]["eps"]} if "xs" in i else i


MATCHES = (
    Match(
        "a1",
        "knn.compute_distances_no_loops",
        "torch.cdist",
        lambda ref, i: lambda: (ref.compute_distances_no_loops(i["x_train"], i["x_test"]),),
        lambda i: lambda: (torch.cdist(i["x_train"].flatten(1), i["x_test"].flatten(1)),),
    ),
    Match(
        "a1",
        "knn.predict_labels",
        "topk, torch.mode",
        lambda ref, i: lambda: (ref.predict_labels(i["dists"], i["y_train"], i["k"]),),
        lambda i: lambda: (i["y_train"][i["dists"].topk(i["k"], dim=0, largest=False).indices].mode(dim=0).values,),
    ),
    Match(
        "a2",
        "linear_classifier.svm_loss_vectorized",
        "F.multi_margin_loss, autograd",
        lambda ref, i: lambda: ref.svm_loss_vectorized(i["W"], i["X"], i["y"], i["reg"]),
        with_gradient(lambda scores, y: scores.shape[1] * F.multi_margin_loss(scores, y)),
    ),
    Match(
        "a2",
        "linear_classifier.softmax_loss_vectorized",
        "F.cross_entropy, autograd",
        lambda ref, i: lambda: ref.softmax_loss_vectorized(i["W"], i["X"], i["y"], i["reg"]),
        with_gradient(F.cross_entropy),
    ),
    Match(
        "a3",
        "convolutional_networks.Conv.forward",
        "F.conv2d",
        lambda ref, i: lambda: ref.Conv.forward(i["x"], i["w"], i["b"], conv_param(i))[:1],
        lambda i: lambda: (convolved(i, [i["x"], i["w"], i["b"]]),),
    ),
    Match(
        "a3",
        "convolutional_networks.Conv.backward",
        "autograd of F.conv2d",
        back_through_conv,
        by_autograd(convolved, "x", "w", "b"),
    ),
    Match(
        "a3",
        "convolutional_networks.BatchNorm.forward",
        "F.batch_norm",
        lambda ref, i: (
            lambda: ref.BatchNorm.forward(i["x"], i["gamma"], i["beta"], {"mode": "train", "eps": i["eps"]})[:1]
        ),
        lambda i: lambda: (normalised(i, [i["x"], i["gamma"], i["beta"]]),),
    ),
    Match(
        "a3",
        "convolutional_networks.BatchNorm.backward",
        "autograd of F.batch_norm",
        back_through_norm("backward"),
        by_autograd(normalised, "x", "gamma", "beta"),
    ),
    Match(
        "a3",
        "convolutional_networks.BatchNorm.backward_alt",
        "autograd of F.batch_norm",
        back_through_norm("backward_alt"),
        by_autograd(normalised, "x", "gamma", "beta"),
    ),
    Match(
        "a7",
        "transformers.scaled_dot_product_no_loop_batch",
        "F.scaled_dot_product_attention",
        lambda ref, i: lambda: ref.scaled_dot_product_no_loop_batch(i["query"], i["key"], i["value"], i["mask"])[:1],
        library_attention,
        aim=1.5,
    ),
)


def inputs(match: Match, dtype: torch.dtype) -> Inputs:
    """Those of the exercise's timed case, as tensors."""
    assignment = find_course(Path(__file__)).assignment(match.assignment)
    question = fresh(assignment.checks[match.exercise], b"benchmark", assignment.course.assignments, 0)
    wired = map_leaves(question.inputs, lambda leaf: Wired.of(leaf) if hasattr(leaf, "dtype") else leaf)
    tensors = map_leaves(from_wire(wired), lambda leaf: leaf.to(dtype) if is_float(leaf) else leaf)
    return norm_inputs(tensors)


def is_float(value: Any) -> bool:
    """Whether it is a tensor of floats."""
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def agree(one: tuple[torch.Tensor, ...], other: tuple[torch.Tensor, ...]) -> bool:
    """Whether two answers are the same but for rounding."""
    return all(
        a.shape == b.shape and float((a - b).abs().max()) <= CLOSE.get(a.dtype, 0) * (1 + float(b.abs().max()))
        for a, b in zip(one, other, strict=True)
    )


def cpu(kernel: Kernel) -> float:
    """Seconds of CPU time."""
    begin = time.process_time()
    kernel()
    return time.process_time() - begin


def measured(reference: Kernel, library: Kernel, pairs: int) -> tuple[float, float, float]:
    """Medians: the reference's seconds, the library's, and their ratio."""
    for kernel in (reference, library, reference, library):
        kernel()
    readings: list[tuple[float, float]] = []
    for i in range(pairs):
        if i % 2:
            own, theirs = cpu(reference), cpu(library)
        else:
            theirs, own = cpu(library), cpu(reference)
        readings.append((own, theirs))
    ours, others = zip(*readings, strict=True)
    return statistics.median(ours), statistics.median(others), statistics.median(a / b for a, b in readings)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=25)
    pairs = parser.parse_args().pairs
    if any(os.environ.get(name) != value for name, value in STEADY_MEMORY.items()):
        os.execve(
            sys.executable, [sys.executable, "-m", "benchmarks.kernels", *sys.argv[1:]], os.environ | STEADY_MEMORY
        )
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    root = Path(__file__).resolve().parent.parent
    sys.path[:0] = [
        str(root / "assignments" / "given"),
        *(str(root / "solutions" / name) for name in ("a1", "a2", "a3", "a7")),
    ]
    print(f"| exercise (one core, median of {pairs} pairs) | library | dtype | reference | library | ratio |")
    print("|---|---|---|---|---|---|")
    worst, missed = 0.0, list[str]()
    for match in MATCHES:
        for dtype in (torch.float64, torch.float32):
            i = inputs(match, dtype)
            reference = match.reference_of(importlib.import_module(match.exercise.partition(".")[0]), i)
            library = match.library_of(i)
            if not agree(reference(), library()):
                raise SystemExit(f"{match.exercise} and {match.library} do not agree in {dtype}")
            own, theirs, ratio = measured(reference, library, pairs)
            worst = max(worst, ratio)
            name, kind = match.exercise.partition(".")[2], str(dtype).removeprefix("torch.")
            if ratio > match.aim:
                missed.append(f"{name} in {kind} (at most {match.aim:g})")
            print(
                f"| `{name}` | `{match.library}` | {kind} | {own * 1e3:.2f} ms | {theirs * 1e3:.2f} ms | {ratio:.2f} |",
                flush=True,
            )
    late = ", ".join(missed) or "none"
    print(f"\nThe slowest takes {worst:.2f} times as long as the library; above their aim: {late}.")


if __name__ == "__main__":
    main()
