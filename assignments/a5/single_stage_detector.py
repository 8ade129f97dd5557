"""A detector in one stage: for every anchor whether there is something, where exactly, and for every cell what it is.

Boxes are (x_tl, y_tl, x_br, y_br), x to the right and y down. Inside the detector they are measured in cells of the
feature map. Names of attributes are yours to choose; what a network computes and the shapes of its parameters are
graded. Replace every `raise NotImplementedError`.
"""

import torch
from a5_helper import (
    FeatureExtractor,
    GenerateGrid,
    ObjectClassification,
    ReferenceOnActivatedAnchors,
)
from torch import Tensor, nn

# -- anchors and boxes ------------------------------------------------------------------------------------------------


def GenerateAnchor(anc: Tensor, grid: Tensor) -> Tensor:
    """Return every anchor at every cell: boxes of the given sizes, each around the middle of a cell.

    anc: (A, 2), width and height of each anchor. grid: (B, H, W, 2), the middle (x, y) of each cell. Returns
    (B, A, H, W, 4) with x_tl, y_tl, x_br, y_br; anchors may reach beyond the feature map.
    """
    raise NotImplementedError("write this")


def GenerateProposal(anchors: Tensor, offsets: Tensor, method: str = "YOLO") -> Tensor:
    """Return the anchors, moved and resized by the offsets.

    anchors: (B, A, H, W, 4), boxes. offsets: (B, A, H, W, 4), t_x, t_y, t_w, t_h. method "YOLO": the middle of a box
    moves by t_x and t_y; "FasterRCNN": by t_x times its width and t_y times its height. In both, the width is
    multiplied by exp(t_w) and the height by exp(t_h). Returns boxes of the shape of anchors.
    """
    assert method in ("YOLO", "FasterRCNN")
    raise NotImplementedError("write this")


def IoU(proposals: Tensor, bboxes: Tensor) -> Tensor:
    """Return the intersection over union of every proposal with every box of the same picture.

    proposals: (B, A, H, W, 4). bboxes: (B, N, 5), x_tl, y_tl, x_br, y_br and a class that does not matter; rows of -1
    are padding, and overlap with nothing. Returns (B, A * H * W, N). No Python loop.
    """
    raise NotImplementedError("write this")


# -- the network ------------------------------------------------------------------------------------------------------


class PredictionNetwork(nn.Module):
    """From features of a cell to what is predicted there: 1x1 convolution - dropout - leaky ReLU - 1x1 convolution."""

    def __init__(
        self, in_dim: int, hidden_dim: int = 128, num_anchors: int = 9, num_classes: int = 20, drop_ratio: float = 0.3
    ) -> None:
        """Make the layers: in_dim -> hidden_dim -> 5 * num_anchors + num_classes channels. drop_ratio is the
        probability that dropout sets a number to 0.
        """
        super().__init__()
        assert num_classes != 0 and num_anchors != 0
        self.num_classes, self.num_anchors = num_classes, num_anchors
        raise NotImplementedError("write this")

    def _extract_anchor_data(self, anchor_data: Tensor, anchor_idx: Tensor) -> Tensor:
        """Pick anchors: anchor_data (B, A, D, H, W), anchor_idx (M,) numbers in B * A * H * W. Returns (M, D).
        Given.
        """
        return anchor_data.permute(0, 1, 3, 4, 2).reshape(-1, anchor_data.shape[2])[anchor_idx]

    def _extract_class_scores(self, all_scores: Tensor, anchor_idx: Tensor) -> Tensor:
        """Pick the scores at anchors: all_scores (B, C, H, W), the same for all anchors of a cell; anchor_idx (M,)
        numbers in B * A * H * W. Returns (M, C). Given.
        """
        B, C, H, W = all_scores.shape
        spread = all_scores.permute(0, 2, 3, 1).unsqueeze(1).expand(B, self.num_anchors, H, W, C)
        return spread.reshape(-1, C)[anchor_idx]

    def forward(
        self, features: Tensor, pos_anchor_idx: Tensor | None = None, neg_anchor_idx: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return confidences, offsets and class scores.

        features: (B, in_dim, H, W). pos_anchor_idx, neg_anchor_idx: (M,), positive and negative anchors as numbers in
        B * A * H * W; given in training, None in inference. A confidence is a sigmoid, and lies between 0 and 1; t_x
        and t_y are a sigmoid minus 0.5, so that a box stays in its cell; t_w, t_h and class scores are left as they
        come. Each of the 5 * A + C channels is one of them; which is yours to choose.

        Returns in inference: conf_scores (B, A, H, W), offsets (B, A, 4, H, W), class_scores (B, C, H, W); in training:
        conf_scores (2M, 1), first of the positive and then of the negative anchors, offsets (M, 4) and class_scores
        (M, C) of the positive ones.
        """
        raise NotImplementedError("write this")


# -- losses -----------------------------------------------------------------------------------------------------------


def ConfScoreRegression(conf_scores: Tensor, GT_conf_scores: Tensor) -> Tensor:
    """Return the mean squared error of the confidences, whose targets are 1 at positive and 0 at negative anchors.

    conf_scores: (2M, 1), first the positive anchors. GT_conf_scores: (M,), how well the positive anchors fit their
    boxes: a hint at M only. Returns a tensor of shape ().
    """
    raise NotImplementedError("write this")


def BboxRegression(offsets: Tensor, GT_offsets: Tensor) -> Tensor:
    """Return the squared error of the offsets, summed over the four of an anchor and averaged over the anchors.

    offsets, GT_offsets: (M, 4). Returns a tensor of shape ().
    """
    raise NotImplementedError("write this")


# -- overlapping boxes ------------------------------------------------------------------------------------------------


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float = 0.5, topk: int | None = None) -> Tensor:
    """Non-maximum suppression: go through the boxes from the highest score down, keep a box unless its IoU with a kept
    one is above the threshold.

    boxes: (N, 4). scores: (N,). topk: how many to keep at most; None: all that are not suppressed. Returns the numbers
    of the boxes that are kept, (K,) int64, in the order of their scores, highest first.
    """
    raise NotImplementedError("write this")


# -- the detector -----------------------------------------------------------------------------------------------------


class SingleStageDetector(nn.Module):
    """Features, a prediction for every anchor and cell, and a loss or boxes."""

    def __init__(self) -> None:
        """Nine anchors, sizes in cells; the features of `FeatureExtractor`; twenty classes. Given."""
        super().__init__()
        sizes = [[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 3], [3, 2], [3, 5], [5, 3]]
        self.anchor_list = torch.tensor(sizes, dtype=torch.float32)
        self.feat_extractor = FeatureExtractor()
        self.num_classes = 20
        self.pred_network = PredictionNetwork(1280, num_anchors=len(sizes), num_classes=self.num_classes)

    def forward(self, images: Tensor, bboxes: Tensor) -> Tensor:
        """Return the loss of a batch: confidence, offsets and classes, each with its weight.

        images: (B, 3, S, S). bboxes: (B, N, 5) in cells, x_tl, y_tl, x_br, y_br, class, filled up with rows of -1.
        Positive and negative anchors come from `ReferenceOnActivatedAnchors` with method="YOLO" and neg_thresh=0.2.
        Returns a tensor of shape ().
        """
        w_conf, w_reg, w_cls = 1, 1, 1
        raise NotImplementedError("write this")

    def inference(
        self, images: Tensor, thresh: float = 0.5, nms_thresh: float = 0.7
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Return for every picture the boxes whose confidence is above `thresh`, after non-maximum suppression at
        `nms_thresh`, all classes together.

        images: (B, 3, S, S). Returns three lists of B tensors: boxes (K, 4) in cells, confidences (K, 1), classes
        (K, 1) int64: the class of the highest score in the cell of the anchor. No gradients.
        """
        final_proposals: list[Tensor] = []
        final_conf_scores: list[Tensor] = []
        final_class: list[Tensor] = []
        raise NotImplementedError("write this")
        return final_proposals, final_conf_scores, final_class
