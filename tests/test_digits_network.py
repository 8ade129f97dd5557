"""The trained network for digits that is given with a4, and the pictures with captions."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

ROOT = Path(__file__).parent.parent
DIGITS = ROOT / "assignments" / "data" / "digits.npz"


@pytest.fixture(scope="module")
def given() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "assignments" / "given"))
        sys.modules.pop("digits_network", None)
        yield importlib.import_module("digits_network")
        sys.modules.pop("digits_network", None)


def test_it_is_small_and_reads_digits(given: Any) -> None:
    assert given.WEIGHTS.stat().st_size < 1_000_000
    pictures, captions = given.captioned_digits(DIGITS, 1000, seed=5)
    single = captions[:, 2] == given.WORD_TO_IDX["<END>"]
    scores = given.load_network()(pictures[single])
    right = scores.argmax(dim=1) == captions[single, 1] - given.WORD_TO_IDX["zero"]
    assert len(right) > 100
    assert float(right.double().mean()) > 0.9


def test_it_is_not_to_be_trained(given: Any) -> None:
    network = given.load_network(torch.float64)
    assert not network.training
    assert all(not p.requires_grad and p.dtype == torch.float64 for p in network.parameters())


def test_features_are_pooled_when_asked(given: Any) -> None:
    pictures, _ = given.captioned_digits(DIGITS, 3)
    maps = given.FeatureExtractor().extract_mobilenet_feature(pictures)
    means = given.FeatureExtractor(pooling=True).extract_feature(pictures)
    assert maps.shape == (3, given.CHANNELS, 4, 4)
    assert torch.allclose(means, maps.mean(dim=(2, 3)))


def test_a_seed_gives_the_same_pictures_again(given: Any) -> None:
    one, two, other = (given.captioned_digits(DIGITS, 5, seed=seed) for seed in (1, 1, 2))
    assert all(map(torch.equal, one, two))
    assert not torch.equal(one[0], other[0])


def test_captions_are_sentences(given: Any) -> None:
    pictures, captions = given.captioned_digits(DIGITS, 200, seed=3)
    assert pictures.shape == (200, 3, given.SIDE, given.SIDE) and pictures.dtype == torch.float32
    told = {" ".join(given.VOCABULARY[word] for word in caption if word) for caption in captions.tolist()}
    number = "|".join(given.WORDS)
    wanted = rf"<START> ({number})( (above|left of) ({number}))? <END>"
    assert all(re.fullmatch(wanted, sentence) for sentence in told)
    assert len(told) > 100


def test_what_a_caption_says_is_in_the_picture(given: Any) -> None:
    """Each half of a picture of two digits, read on its own, holds the digit that the caption says is there."""
    pictures, captions = given.captioned_digits(DIGITS, 500, seed=4)
    network, zero, half = given.load_network(), given.WORD_TO_IDX["zero"], given.DIGIT
    above = captions[:, 2] == given.WORD_TO_IDX["above"]
    left = captions[:, 2] == given.WORD_TO_IDX["left"]
    halves = [
        (pictures[above][:, :, :half], captions[above, 1]),
        (pictures[above][:, :, half:], captions[above, 3]),
        (pictures[left][..., :half], captions[left, 1]),
        (pictures[left][..., half:], captions[left, 4]),
    ]
    for part, word in halves:
        assert len(part) > 100
        assert float((network(part).argmax(dim=1) == word - zero).double().mean()) > 0.75
