"""Hidden cases of a5, the mistakes that they catch, and independent ways to the same answers.

One file for each module: hidden_<module>.py. Here is what they have in common: inputs whose answer does not hang on the
last bits, since no overlap lies at a threshold and no anchor fits a box as well as another.
"""

import numpy as np
from checks import ANCHORS, CELLS

from grader.ask import torch

SIZES = np.array([[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 3], [3, 2], [3, 5], [5, 3]], dtype=np.float64)
MARGIN = 1e-3  # between IoUs that must not change places
AT_A_THRESHOLD = 1e-4  # and from a threshold; rounding in float32 is a thousand times smaller
TRIES = 1000


def clear(draw, make, *conditions):
    """Inputs that meet all conditions: drawn again until they do."""
    for _ in range(TRIES):
        inputs = make(draw)
        if all(condition(inputs) for condition in conditions):
            return inputs
    raise ValueError(f"none of {TRIES} inputs is clear")


def overlaps(some, others):
    """IoUs (n, m) of boxes (n, 4) and (m, 4)."""
    some, others = np.asarray(some, dtype=np.float64)[:, None], np.asarray(others, dtype=np.float64)[None]
    sides = np.minimum(some[..., 2:4], others[..., 2:4]) - np.maximum(some[..., :2], others[..., :2])
    shared = sides.clip(0).prod(axis=-1)
    areas = [(boxes[..., 2:4] - boxes[..., :2]).prod(axis=-1) for boxes in (some, others)]
    return shared / (areas[0] + areas[1] - shared)


def anchors():
    """The detectors' anchors, (9, 7, 7, 4)."""
    rows, columns = np.meshgrid(np.arange(CELLS) + 0.5, np.arange(CELLS) + 0.5, indexing="ij")
    middles = np.stack([columns, rows], axis=-1)[None]
    half = SIZES[:, None, None] / 2
    return np.concatenate([middles - half, middles + half], axis=-1)


def lead(numbers):
    """By how much the largest of each column is ahead of the next one."""
    top = np.sort(numbers, axis=0)
    return np.inf if len(numbers) < 2 or not numbers.size else (top[-1] - top[-2]).min()


def matched(neg_thresh, method, pos_thresh=0.7):
    """A condition: which anchor answers for which box, and which may be negative, is clear."""

    def condition(inputs):
        candidates = anchors()
        for rows in inputs["bboxes"]:
            boxes = rows[rows[:, 4] >= 0]
            if not len(boxes):
                continue
            fits = overlaps(candidates.reshape(-1, 4), boxes)
            if np.abs(fits.max(axis=1) - neg_thresh).min() < AT_A_THRESHOLD:
                return False
            middles = (boxes[:, :2] + boxes[:, 2:4]).astype(np.float64) / 2
            if method == "YOLO":
                if np.abs(middles - middles.round()).min() < MARGIN:
                    return False
                cells = middles.astype(int)
                for i, (column, row) in enumerate(cells):
                    if lead(fits.reshape(ANCHORS, CELLS, CELLS, -1)[:, row, column, i : i + 1]) < MARGIN:
                        return False
            else:
                positive = np.concatenate([(fits > pos_thresh).any(axis=1).nonzero()[0], fits.argmax(axis=0)])
                near = np.abs(fits - pos_thresh).min() < AT_A_THRESHOLD
                if near or lead(fits) < MARGIN or (len(boxes) > 1 and lead(fits[positive].T) < MARGIN):
                    return False
        return True

    return condition


def told_apart(inputs):
    """A condition on the inputs of nms: no overlap lies at the threshold."""
    fits = overlaps(inputs["boxes"], inputs["boxes"])
    return bool((np.abs(fits - inputs["iou_threshold"]) > AT_A_THRESHOLD).all())


def moved(offsets, method):
    """The detectors' anchors (9, 7, 7, 4), moved and resized by offsets (9, 4, 7, 7)."""
    corners, offsets = anchors(), np.moveaxis(offsets.astype(np.float64), 1, -1)
    size = corners[..., 2:] - corners[..., :2]
    middle = (corners[..., :2] + corners[..., 2:]) / 2 + offsets[..., :2] * (1 if method == "YOLO" else size)
    half = size * np.exp(offsets[..., 2:]) / 2
    return np.concatenate([middle - half, middle + half], axis=-1)


def decided(method):
    """A condition on predictions: no overlap of what may be detected lies at the threshold."""

    def condition(inputs):
        nms_thresh = inputs["thresholds"].get("nms_thresh", 0.7)
        for scores, offsets in zip(inputs["conf_scores"], inputs["offsets"], strict=True):
            high = scores > 0.5 if scores.ndim == 3 else scores[:, 0] > 0
            boxes = moved(offsets, method)[high]
            if len(boxes) and np.abs(overlaps(boxes, boxes) - nms_thresh).min() < AT_A_THRESHOLD:
                return False
        return True

    return condition


# -- independent ways -------------------------------------------------------------------------------------------------


def area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def overlap(one, other):
    """IoU of two boxes, as numbers."""
    wide = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    high = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    return wide * high / (area(one) + area(other) - wide * high)


def greedy(boxes, scores, iou_threshold):
    """Non-maximum suppression in words: numbers of boxes, best first."""
    kept = []
    for i in sorted(range(len(boxes)), key=lambda i: -scores[i]):
        if all(overlap(boxes[i], boxes[j]) <= iou_threshold for j in kept):
            kept.append(i)
    return kept


def all_overlaps(proposals, bboxes):
    """IoUs (B, A * H * W, N), in double precision."""
    pairs = [overlaps(p.reshape(-1, 4), b[:, :4]) for p, b in zip(proposals.numpy(), bboxes.numpy(), strict=True)]
    return torch.from_numpy(np.stack(pairs))


def detectors_anchors(B, like):
    """The anchors (B, 9, 7, 7, 4) and the middles of the cells (B, 7, 7, 2)."""
    candidates = torch.from_numpy(anchors()).to(like.dtype).expand(B, -1, -1, -1, -1)
    return candidates, (candidates[:, 0, ..., :2] + candidates[:, 0, ..., 2:]) / 2


def features_of(images):
    import a5_helper

    return a5_helper.FeatureExtractor().extract_mobilenet_feature(images)


def told_for(bboxes, features, method, **thresholds):
    """What is given about positive and negative anchors."""
    import a5_helper

    candidates, grid = detectors_anchors(len(bboxes), features)
    fits = all_overlaps(candidates, bboxes).to(features.dtype)
    return a5_helper.ReferenceOnActivatedAnchors(candidates, bboxes, grid, fits, method=method, **thresholds)


# -- what goes wrong in both files ------------------------------------------------------------------------------------


def network(in_dim, hidden_dim, channels, dropout, *, relu=None, kernel=1, bias=True, last=None, first=None):
    """The layers of a network as the mistakes below have them."""
    conv = torch.nn.Conv2d
    layers = [first, conv(in_dim, hidden_dim, kernel, padding=kernel // 2, bias=bias), dropout]
    layers += [relu or torch.nn.LeakyReLU(), conv(hidden_dim, channels, 1, bias=bias), last]
    return torch.nn.Sequential(*(layer for layer in layers if layer is not None))


def hand_made_dropout(ratio, *, kept_as_it_is=False):
    """Dropout as a module that the library does not know."""

    class HandMade(torch.nn.Module):
        def forward(self, x):
            if not self.training:
                return x
            kept = torch.rand_like(x) >= ratio
            return x * kept if kept_as_it_is else x * kept / (1 - ratio)

    return HandMade()


def declare_wrong_layers(exercise, with_layers, kernel, names):
    """The mistakes in the layers that both modules share; `kernel` is the size of the first convolution."""

    def drop(ratio):
        return torch.nn.Dropout(ratio)

    def declare(name, sentence, make):
        function = with_layers(make)
        function.__name__ = names(name)
        exercise.misconception(sentence)(function)

    def layers(dropout_of, **options):
        options = dict(kernel=kernel, **options)
        return lambda i, h, c, p: network(i, h, c, dropout_of(p), **options)

    declare("without_dropout", "There is no dropout.", layers(lambda p: None))
    declare(
        "ratio_of_what_is_kept",
        "drop_ratio is taken for the probability to keep a number; it is the one to drop it.",
        layers(lambda p: hand_made_dropout(1 - p)),
    )
    declare(
        "ratio_as_usual", "The ratio of dropout is always 0.3, whatever drop_ratio says.", layers(lambda p: drop(0.3))
    )
    declare(
        "kept_as_it_is",
        "Dropout does not divide what it keeps by 1 - drop_ratio.",
        layers(lambda p: hand_made_dropout(p, kept_as_it_is=True)),
    )
    declare(
        "dropout_at_the_end",
        "Dropout stands after the last layer instead of before the leaky ReLU.",
        lambda i, h, c, p: network(i, h, c, None, kernel=kernel, last=drop(p)),
    )
    declare(
        "relu_without_a_leak",
        "The ReLU is not leaky.",
        lambda i, h, c, p: network(i, h, c, drop(p), kernel=kernel, relu=torch.nn.ReLU()),
    )
    declare(
        "another_slope",
        "The leaky ReLU's slope is another one than the library's 0.01.",
        lambda i, h, c, p: network(i, h, c, drop(p), kernel=kernel, relu=torch.nn.LeakyReLU(0.2)),
    )
    declare(
        "no_relu_at_all",
        "The leaky ReLU is missing.",
        lambda i, h, c, p: network(i, h, c, drop(p), kernel=kernel, relu=torch.nn.Identity()),
    )
    declare(
        "without_a_bias",
        "The convolutions have no bias.",
        lambda i, h, c, p: network(i, h, c, drop(p), kernel=kernel, bias=False),
    )


def fits(boxes, *, over="union", pixel=0):
    """All IoUs of boxes (N, 4)."""
    sides = torch.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - torch.maximum(
        boxes[:, None, :2], boxes[None, :, :2]
    )
    shared = (sides + pixel).clamp(min=0).prod(dim=-1)
    area = (boxes[:, 2:] - boxes[:, :2] + pixel).prod(dim=-1)
    both = area[:, None] + area[None]
    return shared / (both - shared if over == "union" else both)


def suppressed(boxes, scores, iou_threshold, topk, *, order=None, below=None, against="kept", iou=None):
    """Numbers of the boxes that are kept, as the mistakes below have it."""
    order = torch.argsort(scores, descending=True) if order is None else order
    iou = fits(boxes) if iou is None else iou
    kept, seen = [], []
    for i in order.tolist():
        others = {"kept": kept, "seen": seen, "last": kept[-1:], "first": kept[:1]}[against]
        over = below(iou[i, others], iou_threshold) if below else iou[i, others] > iou_threshold
        if not bool(over.any()):
            kept.append(i)
        seen.append(i)
    return torch.tensor(kept[:topk], dtype=torch.int64)
