"""A detector in two stages: a network proposes regions that hold something, a second one looks at each and says what.

Boxes are (x_tl, y_tl, x_br, y_br), in cells of the feature map. Names of attributes are yours to choose, except those
that are given. Replace every `raise NotImplementedError`.
"""

import torch
import torch.nn.functional as F
from a5_helper import (
    FeatureExtractor,
    GenerateGrid,
    ReferenceOnActivatedAnchors,
    torchvision,
)
from single_stage_detector import GenerateAnchor, GenerateProposal, IoU, nms
from torch import Tensor, nn

# -- the region proposal network --------------------------------------------------------------------------------------


class ProposalModule(nn.Module):
    """From features to object or background, and offsets, for every anchor: 3x3 convolution - dropout - leaky ReLU -
    1x1 convolution.
    """

    def __init__(self, in_dim: int, hidden_dim: int = 256, num_anchors: int = 9, drop_ratio: float = 0.3) -> None:
        """Make the layers: in_dim -> hidden_dim -> 6 * num_anchors channels, all of the same height and width."""
        super().__init__()
        assert num_anchors != 0
        self.num_anchors = num_anchors
        # BEGIN SOLUTION
        self.layers = nn.Sequential(
            nn.Conv2d(in_dim, hidden_dim, 3, padding=1),
            nn.Dropout(drop_ratio),
            nn.LeakyReLU(),
            nn.Conv2d(hidden_dim, 6 * num_anchors, 1),
        )
        # END SOLUTION

    def _extract_anchor_data(self, anchor_data: Tensor, anchor_idx: Tensor) -> Tensor:
        """Pick anchors: anchor_data (B, A, D, H, W), anchor_idx (M,) numbers in B * A * H * W. Returns (M, D).
        Given.
        """
        return anchor_data.permute(0, 1, 3, 4, 2).reshape(-1, anchor_data.shape[2])[anchor_idx]

    def forward(
        self,
        features: Tensor,
        pos_anchor_coord: Tensor | None = None,
        pos_anchor_idx: Tensor | None = None,
        neg_anchor_idx: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        """Return scores of object and background, offsets, and in training the proposals.

        features: (B, in_dim, H, W). pos_anchor_coord: (M, 4), the positive anchors' boxes. pos_anchor_idx,
        neg_anchor_idx: (M,), positive and negative anchors as numbers in B * A * H * W. The last three are given in
        training, None in inference. Nothing is squashed. Each of the 6 * A channels is one of the six numbers of an
        anchor; which is yours to choose.

        Returns in inference: conf_scores (B, A, 2, H, W), of object and background, and offsets (B, A, 4, H, W); in
        training: conf_scores (2M, 2), first of the positive and then of the negative anchors, offsets (M, 4) of the
        positive ones, and proposals (M, 4), the positive anchors moved and resized by them (method "FasterRCNN").
        """
        # BEGIN SOLUTION
        B, _, H, W = features.shape
        anchor_data = self.layers(features).reshape(B, self.num_anchors, 6, H, W)
        conf_scores, offsets = anchor_data[:, :, :2], anchor_data[:, :, 2:]
        if pos_anchor_coord is None or pos_anchor_idx is None or neg_anchor_idx is None:
            return conf_scores, offsets
        anchor_idx = torch.cat([pos_anchor_idx, neg_anchor_idx])
        conf_scores = self._extract_anchor_data(conf_scores, anchor_idx)
        offsets = self._extract_anchor_data(offsets, pos_anchor_idx)
        return conf_scores, offsets, GenerateProposal(pos_anchor_coord, offsets, method="FasterRCNN")
        # END SOLUTION


def ConfScoreRegression(conf_scores: Tensor, batch_size: int) -> Tensor:
    """Cross-entropy of object or background, summed over the anchors, for each picture: conf_scores (2M, 2), first the
    positive anchors. Each of the two scores is one of its own, with a sigmoid. Given.
    """
    targets = torch.zeros_like(conf_scores)
    targets[: len(targets) // 2, 0] = 1
    targets[len(targets) // 2 :, 1] = 1
    return F.binary_cross_entropy_with_logits(conf_scores, targets, reduction="sum") / batch_size


def BboxRegression(offsets: Tensor, GT_offsets: Tensor, batch_size: int) -> Tensor:
    """Smooth L1 loss of offsets (M, 4), summed, for each picture. Given."""
    return F.smooth_l1_loss(offsets, GT_offsets, reduction="sum") / batch_size


class RPN(nn.Module):
    """Region proposal network: features, and for every anchor and cell whether something is there, and where."""

    def __init__(self) -> None:
        """Nine anchors, sizes in cells, and the features of `FeatureExtractor`. Given."""
        super().__init__()
        sizes = [[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 3], [3, 2], [3, 5], [5, 3]]
        self.anchor_list = torch.tensor(sizes, dtype=torch.float32)
        self.feat_extractor = FeatureExtractor()
        self.prop_module = ProposalModule(1280, num_anchors=len(sizes))

    def forward(self, images: Tensor, bboxes: Tensor, output_mode: str = "loss") -> Tensor | tuple[Tensor, ...]:
        """Return the loss of a batch, and with output_mode "all" what the second stage needs besides.

        images: (B, 3, S, S). bboxes: (B, N, 5) in cells, x_tl, y_tl, x_br, y_br, class, filled up with rows of -1.
        Positive and negative anchors come from `ReferenceOnActivatedAnchors` with method="FasterRCNN" and its own
        thresholds. The loss is that of the scores plus five times that of the offsets.

        Returns the loss, a tensor of shape (); with "all": loss, conf_scores (2M, 2), proposals (M, 4), features
        (B, D, H, W), GT_class (M,), pos_anchor_idx (M,), neg_anchor_idx (M,), anc_per_img: anchors of a picture.
        """
        w_conf, w_reg = 1, 5
        assert output_mode in ("loss", "all")
        # BEGIN SOLUTION
        features = self.feat_extractor.extract_mobilenet_feature(images)
        B, _, H, W = features.shape
        grid = GenerateGrid(B, W, H, dtype=features.dtype, device=features.device)
        anchors = GenerateAnchor(self.anchor_list.to(features.device), grid)
        pos_anchor_idx, neg_anchor_idx, _, GT_offsets, GT_class, pos_anchor_coord, _ = ReferenceOnActivatedAnchors(
            anchors, bboxes, grid, IoU(anchors, bboxes), method="FasterRCNN"
        )
        conf_scores, offsets, proposals = self.prop_module(features, pos_anchor_coord, pos_anchor_idx, neg_anchor_idx)
        conf_loss = ConfScoreRegression(conf_scores, B)
        reg_loss = BboxRegression(offsets, GT_offsets, B)
        total_loss = w_conf * conf_loss + w_reg * reg_loss
        if output_mode == "loss":
            return total_loss
        anc_per_img = anchors[0, ..., 0].numel()
        return total_loss, conf_scores, proposals, features, GT_class, pos_anchor_idx, neg_anchor_idx, anc_per_img
        # END SOLUTION

    def inference(
        self, images: Tensor, thresh: float = 0.5, nms_thresh: float = 0.7, mode: str = "RPN"
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor] | Tensor]:
        """Return for every picture the proposals whose probability of an object, the sigmoid of its score, is above
        `thresh`, after non-maximum suppression at `nms_thresh`.

        images: (B, 3, S, S). Returns two lists of B tensors, proposals (K, 4) in cells and probabilities (K, 1), and
        with mode "FasterRCNN" the features (B, D, H, W), with "RPN" a list of B tensors of zeros. No gradients.
        """
        assert mode in ("RPN", "FasterRCNN")
        final_proposals: list[Tensor] = []
        final_conf_probs: list[Tensor] = []
        # BEGIN SOLUTION
        with torch.no_grad():
            features = self.feat_extractor.extract_mobilenet_feature(images)
            B, _, H, W = features.shape
            grid = GenerateGrid(B, W, H, dtype=features.dtype, device=features.device)
            anchors = GenerateAnchor(self.anchor_list.to(features.device), grid)
            conf_scores, offsets = self.prop_module(features)
            proposals = GenerateProposal(anchors, offsets.permute(0, 1, 3, 4, 2), method="FasterRCNN")
            probs = torch.sigmoid(conf_scores[:, :, 0])
            for b in range(B):
                kept = probs[b] > thresh
                boxes, scores = proposals[b][kept], probs[b][kept]
                keep = nms(boxes, scores, iou_threshold=nms_thresh)
                final_proposals.append(boxes[keep])
                final_conf_probs.append(scores[keep].unsqueeze(1))
        zeros = [torch.zeros_like(probs) for probs in final_conf_probs]
        return final_proposals, final_conf_probs, zeros if mode == "RPN" else features
        # END SOLUTION


# -- both stages ------------------------------------------------------------------------------------------------------


class TwoStageDetector(nn.Module):
    """A region proposal network, and a classifier of what lies inside each proposal."""

    def __init__(
        self,
        in_dim: int = 1280,
        hidden_dim: int = 256,
        num_classes: int = 20,
        roi_output_w: int = 2,
        roi_output_h: int = 2,
        drop_ratio: float = 0.3,
    ) -> None:
        """Make an RPN, and the classifier of regions: linear in_dim -> hidden_dim, dropout, ReLU, linear hidden_dim ->
        num_classes.
        """
        super().__init__()
        assert num_classes != 0
        self.num_classes = num_classes
        self.roi_output_w, self.roi_output_h = roi_output_w, roi_output_h
        # BEGIN SOLUTION
        self.rpn = RPN()
        self.classifier = nn.Sequential(
            nn.Linear(in_dim, hidden_dim), nn.Dropout(drop_ratio), nn.ReLU(), nn.Linear(hidden_dim, num_classes)
        )
        # END SOLUTION

    def forward(self, images: Tensor, bboxes: Tensor) -> Tensor:
        """Return the loss of a batch: that of the RPN, plus the cross-entropy of the classes of its proposals, averaged
        over them.

        images: (B, 3, S, S). bboxes: (B, N, 5) in cells. What a proposal holds is the mean of its RoI Align, which has
        roi_output_h x roi_output_w bins; its class is that of the box that its anchor answers for. Returns a tensor of
        shape ().
        """
        # BEGIN SOLUTION
        rpn_loss, _, proposals, features, GT_class, pos_anchor_idx, _, anc_per_img = self.rpn(images, bboxes, "all")
        picture = (pos_anchor_idx // anc_per_img).to(proposals.dtype)
        regions = torch.cat([picture.unsqueeze(1), proposals], dim=1)
        bins = torchvision.ops.roi_align(features, regions, (self.roi_output_h, self.roi_output_w))
        return rpn_loss + F.cross_entropy(self.classifier(bins.mean(dim=(2, 3))), GT_class)
        # END SOLUTION

    def inference(
        self, images: Tensor, thresh: float = 0.5, nms_thresh: float = 0.7
    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
        """Return for every picture the RPN's proposals with the class of each.

        images: (B, 3, S, S). Returns three lists of B tensors: boxes (K, 4) in cells, probabilities of an object
        (K, 1), classes (K, 1) int64, those of the highest score. No gradients.
        """
        # BEGIN SOLUTION
        with torch.no_grad():
            proposals, probs, features = self.rpn.inference(images, thresh, nms_thresh, mode="FasterRCNN")
            bins = torchvision.ops.roi_align(features, proposals, (self.roi_output_h, self.roi_output_w))
            classes = self.classifier(bins.mean(dim=(2, 3))).argmax(dim=1, keepdim=True)
            return proposals, probs, list(classes.split([len(boxes) for boxes in proposals]))
        # END SOLUTION
