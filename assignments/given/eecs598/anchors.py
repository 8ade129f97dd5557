"""Which anchors answer for which boxes, and the loss of their classes: the bookkeeping of detectors with anchors.

An anchor's number counts through (B, A, H, W). All boxes are (x_tl, y_tl, x_br, y_br) in cells of the feature map.
"""

from __future__ import annotations

import sys

import torch
import torch.nn.functional as F
from torch import Tensor

_negatives = torch.Generator().manual_seed(0)  # of its own: which negatives are drawn hangs on nothing else


def reset_negatives(seed: int = 0) -> None:
    """Start drawing negative anchors anew."""
    _negatives.manual_seed(seed)


def ReferenceOnActivatedAnchors(
    anchors: Tensor,
    bboxes: Tensor,
    grid: Tensor,
    iou_mat: Tensor,
    pos_thresh: float = 0.7,
    neg_thresh: float = 0.3,
    method: str | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """The positive anchors, which answer for a box, what they ought to say, and as many random negative ones.

    anchors: (B, A, H, W, 4). bboxes: (B, N, 5) with a class, filled up with rows of -1. grid: (B, H, W, 2), middles of
    the cells. iou_mat: (B, A * H * W, N). method "YOLO": the best anchor of the cell that is nearest to the middle of a
    box; "FasterRCNN": the best anchor of each box, and every one whose IoU with a box is above pos_thresh. Left out,
    it is "FasterRCNN" in a file whose name says two_stage, else "YOLO". Negative anchors overlap with no box by
    neg_thresh or more; they are drawn from a generator of their own.

    Returns activated_anc_ind (M,), negative_anc_ind (M,), GT_conf_scores (M,), the IoUs of the positive ones,
    GT_offsets (M, 4), GT_class (M,) int64, activated_anc_coord (M, 4), negative_anc_coord (M, 4).
    """
    if method is None:
        method = "FasterRCNN" if "two_stage" in str(sys._getframe(1).f_globals.get("__name__", "")) else "YOLO"
    if method not in ("YOLO", "FasterRCNN"):
        raise ValueError(f"method is {method!r}, and must be 'YOLO' or 'FasterRCNN'.")
    B, A, H, W, _ = anchors.shape
    real = bboxes[:, :, 4] >= 0
    iou_mat = iou_mat.detach().masked_fill(~real[:, None], -1)
    owner, box = (_best_of_cell if method == "YOLO" else _best_of_all)(
        grid, bboxes, iou_mat, real, (A, H, W), pos_thresh
    )
    picture = owner // (A * H * W)
    truth, coordinates = bboxes[picture, box], anchors.reshape(-1, 4)
    mine = coordinates[owner]
    size = mine[:, 2:] - mine[:, :2]
    move = (truth[:, :2] + truth[:, 2:4] - mine[:, :2] - mine[:, 2:]) / 2
    if method == "FasterRCNN":
        move = move / size
    GT_offsets = torch.cat([move, torch.log((truth[:, 2:4] - truth[:, :2]) / size)], dim=1)
    largest = iou_mat.amax(dim=2).flatten() if bboxes.shape[1] else iou_mat.new_zeros(len(coordinates))
    free = (largest < neg_thresh).nonzero().flatten()
    free = free if len(free) else largest.argmin().reshape(1)
    negative = free[torch.randint(len(free), (len(owner),), generator=_negatives).to(free.device)]
    GT_conf_scores = iou_mat.flatten(0, 1)[owner, box]
    return owner, negative, GT_conf_scores, GT_offsets, truth[:, 4].long(), mine, coordinates[negative]


def _best_of_cell(
    grid: Tensor, bboxes: Tensor, iou_mat: Tensor, real: Tensor, shape: tuple[int, int, int], pos_thresh: float
) -> tuple[Tensor, Tensor]:
    """For each box the number of its anchor, and the number of the box in its picture."""
    A, H, W = shape
    picture, box = real.nonzero(as_tuple=True)
    middles = (bboxes[..., :2] + bboxes[..., 2:4]) / 2
    distances = (grid.reshape(len(grid), H * W, 1, 2) - middles[:, None]).abs().sum(dim=3)
    cell = distances[picture, :, box].argmin(dim=1)
    anchor = iou_mat.reshape(len(grid), A, H * W, -1)[picture, :, cell, box].argmax(dim=1)
    return (picture * A + anchor) * H * W + cell, box


def _best_of_all(
    grid: Tensor, bboxes: Tensor, iou_mat: Tensor, real: Tensor, shape: tuple[int, int, int], pos_thresh: float
) -> tuple[Tensor, Tensor]:
    """The numbers of all positive anchors, and for each the number of the box in its picture that it fits best."""
    positive = (iou_mat > pos_thresh).any(dim=2)
    picture, box = real.nonzero(as_tuple=True)
    best = iou_mat[picture, :, box].argmax(dim=1)
    touched = iou_mat[picture, best, box] > 0
    positive[picture[touched], best[touched]] = True
    if not bboxes.shape[1]:
        return positive.flatten().nonzero().flatten(), box
    return positive.flatten().nonzero().flatten(), iou_mat.argmax(dim=2)[positive]


def ObjectClassification(
    class_prob: Tensor, GT_class: Tensor, batch_size: int, anc_per_img: int, activated_anc_ind: Tensor
) -> Tensor:
    """Cross-entropy of class scores (M, C), averaged over the positive anchors of each picture, then over the pictures.

    GT_class: (M,). anc_per_img: anchors of a picture, A * H * W. activated_anc_ind: (M,). Returns a tensor of shape ().
    """
    losses = F.cross_entropy(class_prob, GT_class, reduction="none")
    picture = activated_anc_ind // anc_per_img
    counts = torch.bincount(picture, minlength=batch_size).clamp(min=1)
    return (losses / counts[picture]).sum() / batch_size
