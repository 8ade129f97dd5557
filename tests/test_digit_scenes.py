"""Scenes of digits with boxes and captions, given with a4 and a5."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

ROOT = Path(__file__).parent.parent
DIGITS = ROOT / "assignments" / "data" / "digits.npz"
MODULES = ("digits_network", "digit_scenes")


@pytest.fixture(scope="module")
def given() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "assignments" / "given"))
        for name in MODULES:
            sys.modules.pop(name, None)
        yield importlib.import_module("digit_scenes")
        for name in MODULES:
            sys.modules.pop(name, None)


def test_shapes_and_ranges(given: Any) -> None:
    pictures, boxes = given.boxed_scenes(DIGITS, 60, seed=1, side=48, most=4, sizes=(10, 16))
    assert pictures.shape == (60, 3, 48, 48) and pictures.dtype == torch.float32
    assert boxes.shape == (60, 4, 5) and boxes.dtype == torch.float32
    assert -2.7 < pictures.min() and pictures.max() < 2.7
    there = boxes[..., 4] >= 0
    assert bool((boxes[~there] == given.PADDING).all())
    assert bool(there[:, 0].all()), "every scene has a digit, and the first rows are the ones that are there"
    assert bool((there[:, 1:] <= there[:, :-1]).all())
    assert {int(count) for count in there.sum(dim=1)} == {1, 2, 3, 4}
    left, top, right, bottom, digit = boxes[there].unbind(dim=1)
    assert bool((left >= 0).all() and (top >= 0).all() and (right <= 48).all() and (bottom <= 48).all())
    assert bool((right - left >= 1).all() and (right - left <= 16).all())
    assert bool((bottom - top >= 8).all() and (bottom - top <= 16).all())
    assert set(digit.tolist()) == set(range(10))


def test_the_same_arguments_give_the_same_scenes_again(given: Any) -> None:
    one, two, other = (given.captioned_scenes(DIGITS, 5, seed=seed) for seed in (1, 1, 2))
    assert all(map(torch.equal, one, two))
    assert not torch.equal(one[0], other[0])
    pictures, boxes = given.boxed_scenes(DIGITS, 5, seed=1)
    assert torch.equal(pictures, one[0]) and torch.equal(boxes, one[2])


def test_ink_is_inside_the_boxes_and_reaches_their_edges(given: Any) -> None:
    """What is bright lies in a box, and the first and last row and column of a box hold something bright."""
    pictures, boxes = given.boxed_scenes(DIGITS, 100, seed=2)
    light = (pictures.amax(dim=1) + 2) / 4
    outside = torch.ones_like(light, dtype=torch.bool)
    for image, free, rows in zip(light, outside, boxes, strict=True):
        for left, top, right, bottom, digit in rows.int().tolist():
            if digit < 0:
                continue
            free[top:bottom, left:right] = False
            inside = image[top:bottom, left:right]
            # The ink of the edge is at least INK times the brightest of three colours, most often; noise is 0.03.
            assert min(inside[0].max(), inside[-1].max(), inside[:, 0].max(), inside[:, -1].max()) > 0.06
    assert light[outside].max() < given.INK + 6 * given.NOISE


def test_no_two_boxes_of_a_scene_overlap(given: Any) -> None:
    _, boxes = given.boxed_scenes(DIGITS, 200, seed=3, most=5)
    low = torch.maximum(boxes[:, :, None, :2], boxes[:, None, :, :2])
    high = torch.minimum(boxes[:, :, None, 2:4], boxes[:, None, :, 2:4])
    shared = (high - low).clamp(min=0).prod(dim=-1)
    assert not bool((shared * (1 - torch.eye(5))).any())


def test_the_digit_in_a_box_is_the_one_that_is_said(given: Any) -> None:
    """The trained network reads what was cut out of test scenes, brought back to 8 x 8 pixels on a dark canvas."""
    digits_network = importlib.import_module("digits_network")
    pictures, boxes = given.boxed_scenes(DIGITS, 300, seed=4, part="test", most=1, sizes=(16, 16))
    canvases = torch.full((300, 3, 16, 16), -2.0)
    halves = torch.nn.functional.avg_pool2d(pictures, 2)
    for canvas, half, box in zip(canvases, halves, boxes[:, 0], strict=True):
        left, top, right, bottom = (int(edge) // 2 for edge in box[:4])
        cut = half[:, top : bottom + 1, left : right + 1][:, :8, :8]
        canvas[:, 4 : 4 + cut.shape[1], 4 : 4 + cut.shape[2]] = cut
    told = digits_network.load_network()(canvases).argmax(dim=1)
    assert float((told == boxes[:, 0, 4]).double().mean()) > 0.85


def test_train_and_test_hold_different_digits(given: Any) -> None:
    """Of 1797 digits the last 300 are for tests: the classes of many scenes differ as those of the two parts do."""
    digits_network = importlib.import_module("digits_network")
    images, labels = digits_network.read_digits(DIGITS)
    assert given.HELD_OUT == 300 and len(labels) == 1797
    # One digit at one place and size: what its canvas holds is one of the images of its part, times a colour.
    for part, own in (("train", images[:-300]), ("test", images[-300:])):
        pictures, _ = given.boxed_scenes(DIGITS, 20, seed=5, part=part, side=8, most=1, sizes=(8, 8))
        found = torch.nn.functional.normalize((pictures + 2).mean(dim=1).flatten(1), dim=1)
        known = torch.nn.functional.normalize(torch.tensor(own).float().flatten(1), dim=1)
        other = torch.tensor(images[:-300] if part == "test" else images[-300:]).float().flatten(1)
        unknown = torch.nn.functional.normalize(other, dim=1)
        assert bool(((found @ known.T).amax(dim=1) > (found @ unknown.T).amax(dim=1)).all())


def test_a_caption_says_where_the_digits_are(given: Any) -> None:
    _, captions, boxes = given.captioned_scenes(DIGITS, 200, seed=6)
    assert captions.shape == (200, 9) and captions.dtype == torch.int64
    told = set()
    for caption, padded in zip(captions.tolist(), boxes, strict=True):
        words = [given.VOCABULARY[number] for number in caption if number]
        assert words[0] == "<START>" and words[-1] == "<END>"
        named = [given.WORDS.index(word) for word in words if word in given.WORDS]
        between = [word for word in words[1:-1] if word not in given.WORDS]
        rows = padded[padded[:, 4] >= 0]
        middles = (rows[:, :2] + rows[:, 2:4]) / 2
        apart = middles.amax(dim=0) - middles.amin(dim=0)
        across = bool(apart[0] >= apart[1])
        assert between == (["left", "of"] if across else ["above"]) * (len(rows) - 1)
        order = middles[:, 0 if across else 1].argsort(stable=True)
        assert named == rows[order, 4].int().tolist()
        told.add(" ".join(words))
    assert len(told) > 120


def test_arguments_that_leave_no_room_are_refused(given: Any) -> None:
    for wrong in (dict(sizes=(12, 60)), dict(sizes=(2, 5)), dict(most=0), dict(part="validation")):
        with pytest.raises(ValueError, match=r"must be|do not fit"):
            given.boxed_scenes(DIGITS, 1, **wrong)
