"""What a5 is given: which anchors answer for which boxes, features, and torchvision's operations without torchvision."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.coursework import ROOT

SIZES = torch.tensor([[1.0, 1], [2, 2], [3, 3]])


@pytest.fixture(scope="module", autouse=True)
def helpers_on_path() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as context:
        context.syspath_prepend(str(ROOT / "assignments" / "given"))
        forget()
        yield
        forget()


def forget() -> None:
    """Let no other test meet these modules, nor these tests another's."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("eecs598", "a5_helper", "digits_network")]:
        del sys.modules[name]


def helper() -> Any:
    return importlib.import_module("a5_helper")


def anchors_on(grid: torch.Tensor) -> torch.Tensor:
    """Anchors of three sizes, (B, 3, 7, 7, 4)."""
    half = SIZES[None, :, None, None] / 2
    return torch.cat([grid[:, None] - half, grid[:, None] + half], dim=-1)


def overlaps(some: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """IoUs (B, n, m) of boxes (B, n, 4) and (B, m, 5)."""
    one, other = some[:, :, None], others[:, None, :, :4]
    sides = torch.minimum(one[..., 2:], other[..., 2:]) - torch.maximum(one[..., :2], other[..., :2])
    shared = sides.clamp(min=0).prod(dim=-1)
    areas = [(boxes[..., 2:] - boxes[..., :2]).prod(dim=-1) for boxes in (one, other)]
    return shared / (areas[0] + areas[1] - shared)


def matched(boxes: list[list[list[float]]], method: str | None, **thresholds: float) -> tuple[Any, ...]:
    """What is told about anchors of three sizes on a map of 7 x 7 cells."""
    bboxes = torch.tensor(boxes)
    grid = helper().GenerateGrid(len(bboxes))
    anchors = anchors_on(grid)
    fits = overlaps(anchors.reshape(len(bboxes), -1, 4), bboxes)
    told: tuple[Any, ...] = helper().ReferenceOnActivatedAnchors(
        anchors, bboxes, grid, fits, method=method, **thresholds
    )
    return told


PADDING = [-1.0] * 5


def test_the_cell_with_the_middle_answers_by_its_best_anchor() -> None:
    told = matched(
        [[[1.4, 2.5, 3.4, 4.5, 6.0], PADDING], [[4.1, 0.2, 4.9, 1.2, 3.0], [0.0, 4.0, 3.0, 7.0, 8.0]]], "YOLO"
    )
    owner, negative, fit, offsets, classes, coordinates, negatives = told
    middles = (coordinates[:, :2] + coordinates[:, 2:]) / 2
    assert middles.tolist() == [[2.5, 3.5], [4.5, 0.5], [1.5, 5.5]]
    assert (coordinates[:, 2] - coordinates[:, 0]).tolist() == [2.0, 1.0, 3.0]
    assert classes.tolist() == [6, 3, 8]
    assert (owner // (3 * 49)).tolist() == [0, 1, 1]
    assert fit[2].item() == pytest.approx(1)
    expected = [-0.1, 0, 0, 0, 0, 0.2, torch.tensor(0.8).log().item(), 0, 0, 0, 0, 0]
    assert torch.allclose(offsets.flatten(), torch.tensor(expected), atol=1e-5)
    assert len(negative) == len(owner) and negatives.shape == (3, 4)


def test_anchors_that_fit_well_answer_besides_the_best() -> None:
    """A box of 2.2 cells: its best anchor has 2, and those around it fit to some degree."""
    box = [[2.4, 2.4, 4.6, 4.6, 1.0], PADDING]
    assert len(matched([box], "FasterRCNN")[0]) == 1
    many = matched([box], "FasterRCNN", pos_thresh=0.3)
    assert len(many[0]) > 1
    fits = overlaps(many[5][None], torch.tensor([box]))[0, :, 0]
    assert fits.min() > 0.3
    size = many[5][:, 2:] - many[5][:, :2]
    middle = (many[5][:, :2] + many[5][:, 2:]) / 2 + many[3][:, :2] * size
    assert torch.allclose(middle, torch.tensor(3.5), atol=1e-5)
    assert torch.allclose(size * many[3][:, 2:].exp(), torch.tensor(2.2), atol=1e-5)


@pytest.mark.parametrize("method", ["YOLO", "FasterRCNN"])
def test_negative_anchors_are_far_from_every_box_and_drawn_anew_each_time(method: str) -> None:
    rows = [[2.4, 2.4, 4.6, 4.6, 1.0], [0.2, 0.3, 1.3, 1.2, 1.0], [5.1, 5.2, 6.8, 6.1, 1.0]]
    draws = []
    for seed in (0, 0, 1):
        helper().reset_negatives(seed)
        told = matched([rows], method, neg_thresh=0.2)
        assert overlaps(told[6][None], torch.tensor([rows])).max() < 0.2
        draws.append([*told[1].tolist(), *matched([rows], method, neg_thresh=0.2)[1].tolist()])
    assert draws[0] == draws[1] != draws[2]
    half = len(draws[0]) // 2
    assert draws[0][:half] != draws[0][half:]


@pytest.mark.parametrize("method", ["YOLO", "FasterRCNN"])
def test_pictures_without_a_box_have_no_positive_anchor(method: str) -> None:
    told = matched([[PADDING, PADDING]], method)
    assert [len(one) for one in told] == [0] * 7


def test_the_method_is_checked() -> None:
    with pytest.raises(ValueError, match="method is 'SSD'"):
        matched([[PADDING]], "SSD")


def test_the_loss_of_classes_weighs_pictures_alike() -> None:
    scores, classes = torch.randn(4, 5), torch.tensor([0, 1, 2, 3])
    losses = torch.nn.functional.cross_entropy(scores, classes, reduction="none")
    loss = helper().ObjectClassification(scores, classes, 2, 10, torch.tensor([0, 9, 3, 15]))
    assert loss.item() == pytest.approx((losses[:3].mean() + losses[3]).item() / 2)
    without = helper().ObjectClassification(scores, classes, 3, 10, torch.tensor([0, 9, 3, 25]))
    assert without.item() == pytest.approx((losses[:3].mean() + losses[3]).item() / 3)


def test_features_have_the_courses_shape_and_see_a_digit_where_it_is() -> None:
    extractor = helper().FeatureExtractor(reshape_size=224, verbose=False)
    dark = torch.full((2, 3, 56, 56), -2.0)
    dark[1, :, 40:56, 0:16] = 2.0
    features = extractor.extract_mobilenet_feature(dark)
    assert features.shape == (2, 1280, 7, 7)
    assert not features.requires_grad
    pixels = (features[1] - features[0])[:192].abs().sum(dim=0)
    assert pixels[5:, :2].min() > 0
    assert pixels[:4].abs().max() < 1e-4
    assert helper().FeatureExtractor(pooling=True).extract_mobilenet_feature(dark).shape == (2, 1280)
    assert extractor.extract_mobilenet_feature(torch.zeros(1, 3, 100, 80)).shape == (1, 1280, 7, 7)


def test_another_backbone_takes_the_place() -> None:
    try:
        helper().use_backbone(lambda: lambda images: images.mean() + torch.zeros(len(images), 1280, 7, 7))
        features = helper().FeatureExtractor().extract_mobilenet_feature(torch.ones(3, 3, 8, 8))
    finally:
        helper().use_backbone()
    assert features.eq(1).all()
    own = helper().FeatureExtractor(backbone=lambda images: images * 2)
    assert own.extract_mobilenet_feature(torch.ones(1, 3, 4, 4)).eq(2).all()
    assert helper().FeatureExtractor().extract_mobilenet_feature(torch.zeros(1, 3, 56, 56)).shape == (1, 1280, 7, 7)


# -- the operations, ours even where torchvision is installed ----------------------------------------------------------


def ops() -> Any:
    return importlib.import_module("eecs598.ops")


def mean_of_samples(features: torch.Tensor, box: list[float], bins: int, samples: int, aligned: bool) -> torch.Tensor:
    """RoI Align of one box by its definition, sample after sample: features (C, H, W) -> (C, bins, bins)."""
    C, H, W = features.shape
    shift = 0.5 if aligned else 0.0
    x0, y0, x1, y1 = (v - shift for v in box)
    wide, high = (x1 - x0, y1 - y0) if aligned else (max(x1 - x0, 1), max(y1 - y0, 1))
    out = torch.zeros(C, bins, bins, dtype=features.dtype)
    for i in range(bins):
        for j in range(bins):
            for k in range(samples):
                for m in range(samples):
                    y = y0 + (i + (k + 0.5) / samples) * high / bins
                    x = x0 + (j + (m + 0.5) / samples) * wide / bins
                    if not (-1 <= y <= H and -1 <= x <= W):
                        continue
                    y, x = min(max(y, 0), H - 1), min(max(x, 0), W - 1)
                    top, left = min(int(y), H - 2), min(int(x), W - 2)
                    dy, dx = y - top, x - left
                    for row, down in ((top, 1 - dy), (top + 1, dy)):
                        for column, across in ((left, 1 - dx), (left + 1, dx)):
                            out[:, i, j] += features[:, row, column] * down * across / samples**2
    return out


corner = st.floats(-2, 8, allow_nan=False, width=32)
side = st.floats(0.125, 6, allow_nan=False, width=32)


@settings(max_examples=40, deadline=None)
@given(
    x=corner,
    y=corner,
    w=side,
    h=side,
    bins=st.integers(1, 3),
    samples=st.integers(1, 3),
    aligned=st.booleans(),
)
def test_roi_align_is_the_mean_of_its_samples(
    x: float, y: float, w: float, h: float, bins: int, samples: int, aligned: bool
) -> None:
    features = torch.cos(torch.arange(2 * 3 * 5 * 6, dtype=torch.float64)).reshape(2, 3, 5, 6)
    box = [x, y, x + w, y + h]
    got = ops().roi_align(features, torch.tensor([[1.0, *box]], dtype=torch.float64), bins, 1.0, samples, aligned)
    expected = mean_of_samples(features[1], box, bins, samples, aligned)
    assert torch.allclose(got[0], expected, atol=1e-9)


def test_roi_align_takes_boxes_in_lists_scales_them_and_leaves_them_without_gradient() -> None:
    features = torch.randn(2, 3, 6, 6, dtype=torch.float64, requires_grad=True)
    first, second = torch.tensor([[0.5, 1.0, 3.0, 4.5]]).double(), torch.rand(2, 4).double().cumsum(dim=1)
    numbered = torch.cat([torch.tensor([[0.0], [1.0], [1.0]]).double(), torch.cat([first, second])], dim=1)
    listed = ops().roi_align(features, [first, second], (2, 3))
    assert listed.shape == (3, 3, 2, 3)
    assert torch.equal(listed, ops().roi_align(features, numbered, (2, 3)))
    in_pixels = torch.cat([numbered[:, :1], numbered[:, 1:] * 8], dim=1)
    assert torch.allclose(listed, ops().roi_align(features, in_pixels, (2, 3), spatial_scale=1 / 8))
    assert torch.equal(listed, ops().RoIAlign((2, 3))(features, numbered))
    boxes = numbered.requires_grad_()
    ops().roi_align(features, boxes, 2).sum().backward()
    assert boxes.grad is None and features.grad is not None
    assert torch.autograd.gradcheck(lambda x: ops().roi_align(x, numbered.detach(), 2), features)
    assert ops().roi_align(features, torch.zeros(0, 5), 2).shape == (0, 3, 2, 2)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(0, 25), limit=st.sampled_from([0.0, 0.25, 0.5, 0.9]))
def test_nms_keeps_what_no_better_box_overlaps(seed: int, n: int, limit: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    low = torch.randint(0, 8, (n, 2), generator=generator).float()
    boxes = torch.cat([low, low + torch.randint(1, 6, (n, 2), generator=generator)], dim=1)
    scores = torch.randperm(n, generator=generator).float()
    fits = overlaps(boxes[None], boxes[None])[0]
    kept: list[int] = []
    for i in torch.argsort(-scores).tolist():
        if all(fits[i, j] <= limit for j in kept):
            kept.append(i)
    assert ops().nms(boxes, scores, limit).tolist() == kept
