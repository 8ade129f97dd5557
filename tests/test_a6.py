"""Assignment a6."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.validate.bench import Bench
from tests.coursework import COURSE, Coursework, make_importable
from tests.false_alarms import inputs_of
from tests.mistakes import most_are_named, rounds, told
from tests.mistakes_a6 import MISTAKES


class TestA6(Coursework):
    name = "a6"
    points = {"gan": 60, "vae": 40}
    half = {
        "gan.sample_noise": "from_zero_to_one",
        "gan.discriminator": "judge_too_leaky",
        "gan.discriminator_loss": "terms_averaged",
        "gan.generator_loss": "labelled_zero",
        "gan.get_optimizer": "usual_betas",
        "gan.ls_discriminator_loss": "no_half",
        "gan.build_dc_classifier": "convolved_average",
        "gan.build_dc_generator": "deconvolved_norm_first",
        "vae.loss_function": "mean_of_pixels",
        "vae.VAE": "relu_on_logvar",
        "vae.CVAE": "decoder_not_told",
    }
    blocked = {
        "generator.training": "sample_noise, discriminator_loss, generator_loss, get_optimizer",
    }

    def test_mistakes_of_students_are_named(self, bench: Bench, tmp_path: Path) -> None:
        """Ten of them; tests/test_mistakes_long.py takes all."""
        quick = [mistake for mistake in MISTAKES if "build_dc" not in mistake[1]]  # which are slow
        chosen = next(chosen for chosen in rounds(self.assignment(), quick) if chosen[0][0] == 2)
        assert len(chosen) >= 10
        most_are_named(told(bench, chosen, tmp_path))


@pytest.fixture
def references(monkeypatch: pytest.MonkeyPatch, one_thread: None) -> dict[str, ModuleType]:
    """The references, and what they and their properties import."""
    make_importable("a6", monkeypatch)
    return {name: importlib.import_module(name) for name in ("gan", "vae")}


def test_networks_hold_as_many_numbers_as_the_handout_says(references: dict[str, ModuleType]) -> None:
    gan = references["gan"]
    nets = [gan.discriminator(), gan.generator(4), gan.build_dc_classifier(), gan.build_dc_generator(4)]
    counts = [sum(parameter.numel() for parameter in net.parameters()) for net in nets]
    assert counts == [267_009, 1_858_320, 1_102_721, 6_580_801]
    handout = (COURSE.assignment("a6").folder / "README.md").read_text()
    assert all(f"{count:,}" in handout for count in counts)


def test_pictures_are_enlarged_in_a_dark_frame(references: dict[str, ModuleType]) -> None:
    enlarged = importlib.import_module("a6_helper").enlarged
    small = torch.zeros(2, 8, 8)
    small[0, 2, 5] = 1
    large = enlarged(small)
    assert large.shape == (2, 1, 28, 28)
    assert large.min() == 0 and large.max() <= 1
    assert torch.equal(large[0, 0].nonzero().double().mean(dim=0).round(), torch.tensor([9.0, 18.0]).double())
    assert not large[1].any()
    assert float(enlarged(torch.ones(1, 8, 8)).sum()) == pytest.approx(24 * 24)


def softplus(x: Tensor) -> Tensor:
    return torch.nn.functional.softplus(x)


class Scaled(torch.nn.Module):
    """A network that works in what it is given, before another one gets it."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor, *others: Tensor) -> Any:
        return self.net(x.mul_(4).div_(4), *others)


def bound_in_place(x_hat: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    pixels = -(x * x_hat.log() + (1 - x) * (1 - x_hat).log()).sum()
    divergence = mu.pow_(2).add_(logvar.exp()).sub_(logvar).sub_(1).sum() / 2
    return (pixels + divergence) / len(x)


IN_PLACE: dict[str, Callable[..., Any]] = {
    "gan.discriminator_loss": lambda real, fake: softplus(real.neg_()).mean() + softplus(fake.mul_(1)).mean(),
    "gan.generator_loss": lambda fake: softplus(fake.neg_()).mean(),
    "gan.ls_discriminator_loss": lambda real, fake: real.sub_(1).square().mean() / 2 + fake.square_().mean() / 2,
    "gan.ls_generator_loss": lambda fake: fake.sub_(1).square().mean() / 2,
    "vae.loss_function": bound_in_place,
    "vae.reparametrize": lambda mu, logvar: mu + logvar.div_(2).exp_() * torch.randn_like(mu),
}
NETWORKS = ("gan.discriminator", "gan.generator", "gan.build_dc_classifier", "gan.build_dc_generator", "vae.VAE")


@pytest.mark.parametrize("exercise", [*IN_PLACE, *NETWORKS])
def test_inputs_may_be_changed_in_place(references: dict[str, ModuleType], exercise: str) -> None:
    declared, (module, _, name) = COURSE.assignment("a6").checks[exercise], exercise.partition(".")
    reference = references[module]
    theirs = IN_PLACE.get(exercise) or (lambda *sizes, **named: Scaled(getattr(reference, name)(*sizes, **named)))
    answers = []
    for function in (getattr(reference, name), theirs):
        inputs = inputs_of(declared, 0)
        torch.manual_seed(0)
        answers.append(declared.ask(SimpleNamespace(**{name: function}), **{k: inputs[k] for k in declared.inputs}))
    torch.testing.assert_close(answers[1], answers[0])
