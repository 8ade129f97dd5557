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
    # BEGIN SOLUTION
    half = anc.to(grid.dtype).view(1, -1, 1, 1, 2) / 2
    middle = grid.unsqueeze(1)
    return torch.cat([middle - half, middle + half], dim=-1)
    # END SOLUTION


def GenerateProposal(anchors: Tensor, offsets: Tensor, method: str = "YOLO") -> Tensor:
    """Return the anchors, moved and resized by the offsets.

    anchors: (B, A, H, W, 4), boxes. offsets: (B, A, H, W, 4), t_x, t_y, t_w, t_h. method "YOLO": the middle of a box
    moves by t_x and t_y; "FasterRCNN": by t_x times its width and t_y times its height. In both, the width is
    multiplied by exp(t_w) and the height by exp(t_h). Returns boxes of the shape of anchors.
    """
    assert method in ("YOLO", "FasterRCNN")
    # BEGIN SOLUTION
    size = anchors[..., 2:] - anchors[..., :2]
    middle = (anchors[..., :2] + anchors[..., 2:]) / 2
    move = offsets[..., :2] if method == "YOLO" else offsets[..., :2] * size
    middle = middle + move
    half = size * torch.exp(offsets[..., 2:]) / 2
    return torch.cat([middle - half, middle + half], dim=-1)
    # END SOLUTION


def IoU(proposals: Tensor, bboxes: Tensor) -> Tensor:
    """Return the intersection over union of every proposal with every box of the same picture.

    proposals: (B, A, H, W, 4). bboxes: (B, N, 5), x_tl, y_tl, x_br, y_br and a class that does not matter; rows of -1
    are padding, and overlap with nothing. Returns (B, A * H * W, N). No Python loop.
    """
    # BEGIN SOLUTION
    B = proposals.shape[0]
    left, top, right, bottom = proposals.reshape(B, -1, 1, 4).unbind(dim=-1)
    x_tl, y_tl, x_br, y_br = bboxes[:, None, :, :4].unbind(dim=-1)
    wide = (torch.minimum(right, x_br) - torch.maximum(left, x_tl)).clamp(min=0)
    high = (torch.minimum(bottom, y_br) - torch.maximum(top, y_tl)).clamp(min=0)
    shared = wide * high
    return shared / ((right - left) * (bottom - top) + (x_br - x_tl) * (y_br - y_tl) - shared)
    # END SOLUTION


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
        # BEGIN SOLUTION
        self.layers = nn.Sequential(
            nn.Conv2d(in_dim, hidden_dim, 1),
            nn.Dropout(drop_ratio),
            nn.LeakyReLU(),
            nn.Conv2d(hidden_dim, 5 * num_anchors + num_classes, 1),
        )
        # END SOLUTION

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
        # BEGIN SOLUTION
        B, _, H, W = features.shape
        A = self.num_anchors
        out = self.layers(features)
        anchor_data = out[:, : 5 * A].reshape(B, A, 5, H, W)
        conf_scores = torch.sigmoid(anchor_data[:, :, :1])
        offsets = torch.cat([torch.sigmoid(anchor_data[:, :, 1:3]) - 0.5, anchor_data[:, :, 3:]], dim=2)
        class_scores = out[:, 5 * A :]
        if pos_anchor_idx is None or neg_anchor_idx is None:
            return conf_scores.squeeze(2), offsets, class_scores
        anchor_idx = torch.cat([pos_anchor_idx, neg_anchor_idx])
        return (
            self._extract_anchor_data(conf_scores, anchor_idx),
            self._extract_anchor_data(offsets, pos_anchor_idx),
            self._extract_class_scores(class_scores, pos_anchor_idx),
        )
        # END SOLUTION


# -- losses -----------------------------------------------------------------------------------------------------------


def ConfScoreRegression(conf_scores: Tensor, GT_conf_scores: Tensor) -> Tensor:
    """Return the mean squared error of the confidences, whose targets are 1 at positive and 0 at negative anchors.

    conf_scores: (2M, 1), first the positive anchors. GT_conf_scores: (M,), how well the positive anchors fit their
    boxes: a hint at M only. Returns a tensor of shape ().
    """
    # BEGIN SOLUTION
    targets = torch.zeros_like(conf_scores)
    targets[: len(GT_conf_scores)] = 1
    return ((conf_scores - targets) ** 2).mean()
    # END SOLUTION


def BboxRegression(offsets: Tensor, GT_offsets: Tensor) -> Tensor:
    """Return the squared error of the offsets, summed over the four of an anchor and averaged over the anchors.

    offsets, GT_offsets: (M, 4). Returns a tensor of shape ().
    """
    # BEGIN SOLUTION
    return ((offsets - GT_offsets) ** 2).sum(dim=1).mean()
    # END SOLUTION


# -- overlapping boxes ------------------------------------------------------------------------------------------------


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float = 0.5, topk: int | None = None) -> Tensor:
    """Non-maximum suppression: go through the boxes from the highest score down, keep a box unless its IoU with a kept
    one is above the threshold.

    boxes: (N, 4). scores: (N,). topk: how many to keep at most; None: all that are not suppressed. Returns the numbers
    of the boxes that are kept, (K,) int64, in the order of their scores, highest first.
    """
    # BEGIN SOLUTION
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left = torch.argsort(scores, descending=True)
    keep = []
    while len(left) > 0 and len(keep) != topk:
        best, left = left[0], left[1:]
        keep.append(best)
        others = boxes[left]
        wide = (torch.minimum(boxes[best, 2], others[:, 2]) - torch.maximum(boxes[best, 0], others[:, 0])).clamp(min=0)
        high = (torch.minimum(boxes[best, 3], others[:, 3]) - torch.maximum(boxes[best, 1], others[:, 1])).clamp(min=0)
        shared = wide * high
        left = left[shared / (area[best] + area[left] - shared) <= iou_threshold]
    return torch.stack(keep) if keep else left
    # END SOLUTION


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
        # BEGIN SOLUTION
        features = self.feat_extractor.extract_mobilenet_feature(images)
        B, _, H, W = features.shape
        grid = GenerateGrid(B, W, H, dtype=features.dtype, device=features.device)
        anchors = GenerateAnchor(self.anchor_list.to(features.device), grid)
        iou_mat = IoU(anchors, bboxes)
        pos_anchor_idx, neg_anchor_idx, GT_conf_scores, GT_offsets, GT_class, _, _ = ReferenceOnActivatedAnchors(
            anchors, bboxes, grid, iou_mat, neg_thresh=0.2, method="YOLO"
        )
        conf_scores, offsets, class_scores = self.pred_network(features, pos_anchor_idx, neg_anchor_idx)
        conf_loss = ConfScoreRegression(conf_scores, GT_conf_scores)
        reg_loss = BboxRegression(offsets, GT_offsets)
        cls_loss = ObjectClassification(class_scores, GT_class, B, anchors[0, ..., 0].numel(), pos_anchor_idx)
        return w_conf * conf_loss + w_reg * reg_loss + w_cls * cls_loss
        # END SOLUTION

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
        # BEGIN SOLUTION
        with torch.no_grad():
            features = self.feat_extractor.extract_mobilenet_feature(images)
            B, _, H, W = features.shape
            grid = GenerateGrid(B, W, H, dtype=features.dtype, device=features.device)
            anchors = GenerateAnchor(self.anchor_list.to(features.device), grid)
            conf_scores, offsets, class_scores = self.pred_network(features)
            proposals = GenerateProposal(anchors, offsets.permute(0, 1, 3, 4, 2), method="YOLO")
            classes = class_scores.argmax(dim=1, keepdim=True).expand_as(conf_scores)
            for b in range(B):
                kept = conf_scores[b] > thresh
                boxes, scores, found = proposals[b][kept], conf_scores[b][kept], classes[b][kept]
                keep = nms(boxes, scores, iou_threshold=nms_thresh)
                final_proposals.append(boxes[keep])
                final_conf_scores.append(scores[keep].unsqueeze(1))
                final_class.append(found[keep].unsqueeze(1))
        # END SOLUTION
        return final_proposals, final_conf_scores, final_class
