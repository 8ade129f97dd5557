"""What is no answer has no property: knowledge that is brought along, batches without chance, networks that are none."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from grader.spec import Exercise
from tests.coursework import COURSE
from tests.false_alarms import asked, reference_of

HERE, ELSEWHERE = b"here", b"elsewhere"  # secrets of two gradings


def declared(name: str) -> Exercise:
    return COURSE.assignment(name.partition("/")[0]).checks[name.partition("/")[2]]


def complaints(name: str, monkeypatch: pytest.MonkeyPatch, *attacks: Any) -> list[list[str]]:
    """What is said of the reference, and of each attack: `attack(reference, answer elsewhere)` gives what it replaces.

    The numbers that an attack has learned are those of another grading, as in a file that was handed in before."""
    exercise = declared(name)
    number = next(number for number, case in enumerate(exercise.cases) if case.hidden)
    reference = reference_of(exercise, monkeypatch)
    known = asked(exercise, reference, number, ELSEWHERE).answer
    honest = asked(exercise, reference, number, HERE)
    return [honest.failing, *(asked(exercise, reference, number, HERE, **a(reference, known)).failing for a in attacks)]


# == 27: batches without chance =======================================================================================


def windows(step: int, apart: int) -> Any:
    """Examples from one that moves on by `step` from one batch to the next, and `apart` from each other within one."""

    def attack(ref: Any, known: Any) -> dict[str, Any]:
        calls = 0

        def sample_batch(X: Tensor, y: Tensor, num_train: int, batch_size: int) -> tuple[Tensor, Tensor]:
            nonlocal calls
            at = (torch.arange(batch_size) * apart + calls * step) % num_train
            calls += 1
            return X[at], y[at]

        return {"sample_batch": sample_batch}

    return attack


def shuffled_once_an_epoch(ref: Any, known: Any) -> dict[str, Any]:
    """All examples in a new order, batch after batch: honest, if not what is asked for."""
    order: list[int] = []

    def sample_batch(X: Tensor, y: Tensor, num_train: int, batch_size: int) -> tuple[Tensor, Tensor]:
        while len(order) < batch_size:
            order.extend(torch.randperm(num_train).tolist())
        at = torch.tensor([order.pop() for _ in range(batch_size)])
        return X[at], y[at]

    return {"sample_batch": sample_batch}


def a_table(ref: Any, known: Any) -> dict[str, Any]:
    """The same batches again and again, each example in as many of them."""
    calls = 0

    def sample_batch(X: Tensor, y: Tensor, num_train: int, batch_size: int) -> tuple[Tensor, Tensor]:
        nonlocal calls
        shuffled = torch.arange(5 * batch_size * num_train) % num_train * 7 % num_train  # 7 divides no num_train here
        at = shuffled.reshape(-1, batch_size)[calls % 20]
        calls += 1
        return X[at], y[at]

    return {"sample_batch": sample_batch}


def without_replacement(ref: Any, known: Any) -> dict[str, Any]:
    """Distinct examples, in their order."""

    def sample_batch(X: Tensor, y: Tensor, num_train: int, batch_size: int) -> tuple[Tensor, Tensor]:
        at = torch.randperm(num_train)[:batch_size].sort().values
        return X[at], y[at]

    return {"sample_batch": sample_batch}


@pytest.mark.usefixtures("one_thread")
def test_batches_that_move_on_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    attacks = (windows(1, 3), windows(7, 3), windows(3, 1), a_table)
    honest = (shuffled_once_an_epoch, without_replacement)
    name = "a2/linear_classifier.sample_batch"
    reference, epochs, distinct, *vain = complaints(name, monkeypatch, *honest, *attacks)
    assert reference == epochs == distinct == []
    for said in vain:
        assert any("no batch follows from another" in one for one in said)


# == 28: weights that were trained elsewhere ==========================================================================


def trained_linear(ref: Any, known: Any) -> dict[str, Any]:
    def brought(name: str) -> type:
        class Brought(getattr(ref, name)):  # type: ignore[misc]
            def train(self, *args: Any, **how: Any) -> list[float]:
                self.W = known[name]["W"]
                return []

        return Brought

    return {name: brought(name) for name in ("LinearSVM", "Softmax")}


def trained_network(ref: Any, known: Any) -> dict[str, Any]:
    class Brought(ref.TwoLayerNet):  # type: ignore[misc]
        def train(self, *args: Any, **how: Any) -> dict[str, list[float]]:
            self.params = known["params"]
            return {}

    return {"TwoLayerNet": Brought}


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(
    ("name", "attack"),
    [("a2/linear_classifier.digits", trained_linear), ("a2/two_layer_net.digits", trained_network)],
)
def test_weights_that_were_trained_elsewhere_read_nothing(
    name: str, attack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, brought = complaints(name, monkeypatch, attack)
    assert honest == []
    assert any("of new digits" in said for said in brought)


# == 29: a nearest neighbour that is handed in as a network ===========================================================


def nearest(create: str, network: str) -> Any:
    def attack(ref: Any, known: Any) -> dict[str, Any]:
        def solver_of(data: dict[str, Tensor], dtype: torch.dtype, device: str) -> Any:
            solver = getattr(ref, create)(data, dtype, device)
            train, labels = data["X_train"].flatten(1), data["y_train"]

            class Nearest(getattr(ref, network)):  # type: ignore[misc]
                def loss(self, X: Tensor, y: Tensor | None = None) -> Any:
                    if y is not None:
                        return super().loss(X, y)
                    near = torch.cdist(X.flatten(1), train).argmin(dim=1)
                    return torch.nn.functional.one_hot(labels[near], 10).to(X)

            solver.model.__class__ = Nearest
            solver.num_epochs = 1
            return solver

        return {create: solver_of}

    return attack


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(
    ("name", "create", "network"),
    [
        ("fully_connected_networks.create_solver_instance", "create_solver_instance", "TwoLayerNet"),
        (
            "convolutional_networks.create_convolutional_solver_instance",
            "create_convolutional_solver_instance",
            "DeepConvNet",
        ),
    ],
)
def test_scores_are_those_of_the_network(name: str, create: str, network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest, neighbours = complaints(f"a3/{name}", monkeypatch, nearest(create, network))
    assert honest == []
    assert any("follow from the parameters" in said for said in neighbours)


def untrained(ref: Any, known: Any) -> dict[str, Any]:
    def solver_of(data: dict[str, Tensor], dtype: torch.dtype, device: str) -> Any:
        solver = ref.create_solver_instance(data, dtype, device)
        solver.train = lambda **how: solver.__dict__.update(best_params=solver.model.params, loss_history=[2.0, 1.0])
        return solver

    return {"create_solver_instance": solver_of}


@pytest.mark.usefixtures("one_thread")
def test_a_solver_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "a3/fully_connected_networks.create_solver_instance"
    _, said = complaints(name, monkeypatch, untrained)
    assert any("changes the parameters" in one for one in said)


# == 30: no game ======================================================================================================


def remembered(ref: Any, known: Any) -> dict[str, Any]:
    """The discriminator keeps the mean of what it is shown, and the generator makes that."""
    shown: list[Tensor] = []

    class Judging(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))

        def forward(self, x: Tensor) -> Tensor:
            if not x.requires_grad and float((x == -1).double().mean()) > 0.2:  # dark pixels: a real picture
                shown.append(x.detach().mean(dim=0))
            return x.mean(dim=1, keepdim=True) * self.scale

    class Making(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(1))

        def forward(self, z: Tensor) -> Tensor:
            mean = torch.stack(shown).mean(dim=0) if shown else torch.zeros(784)
            return mean.expand(len(z), -1) + 1e-3 * z.mean(dim=1, keepdim=True) * self.scale

    return {"discriminator": Judging, "generator": lambda noise_dim=96: Making()}


@pytest.mark.usefixtures("one_thread")
def test_a_generator_that_plays_no_game_makes_no_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    honest, said = complaints("a6/gan.generator.training", monkeypatch, remembered)
    assert honest == []
    assert any("like that of the digits" in one for one in said)


# == 31, 31b: an attention that looks at nothing, a dropout that drops nothing =======================================


def mean_of_all(ref: Any, known: Any) -> dict[str, Any]:
    class SelfAttention(ref.SelfAttention):  # type: ignore[misc]
        def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Any = None) -> Tensor:
            return self.v(value).mean(dim=1, keepdim=True).expand(-1, query.shape[1], -1)

    return {"SelfAttention": SelfAttention}


@pytest.mark.usefixtures("one_thread")
def test_positions_that_ask_for_different_things_see_different_things(monkeypatch: pytest.MonkeyPatch) -> None:
    honest, said = complaints("a7/transformers.SelfAttention.permutation", monkeypatch, mean_of_all)
    assert honest == []
    assert said == ["positions that ask for different things see different things"]


def noisy(block: str) -> Any:
    def attack(ref: Any, known: Any) -> dict[str, Any]:
        class Noisy(getattr(ref, block)):  # type: ignore[misc]
            def __init__(self, *sizes: Any) -> None:
                super().__init__(*sizes[:3], 0.0)

            def forward(self, *inputs: Tensor) -> Tensor:
                out: Tensor = super().forward(*inputs)
                return out + torch.randn_like(out) if self.training else out

        return {block: Noisy}

    return attack


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("block", ["EncoderBlock", "DecoderBlock"])
def test_noise_is_no_dropout(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest, said = complaints(f"a7/transformers.{block}.dropout", monkeypatch, noisy(block))
    assert honest == []
    assert said == ["where the probability to drop a number is almost 1, two passes in training are the same"]
