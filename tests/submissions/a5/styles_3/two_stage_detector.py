import torch
import torch.nn.functional as F
from torch import nn

import a5_helper
import single_stage_detector as one


class ProposalModule(nn.Module):
    def __init__(self, in_dim, hidden_dim=256, num_anchors=9, drop_ratio=0.3):
        super().__init__()
        self.A = num_anchors
        layers = [nn.Conv2d(in_dim, hidden_dim, 3, padding="same"), nn.LeakyReLU(inplace=True)]
        layers += [nn.Dropout(drop_ratio), nn.Conv2d(hidden_dim, 6 * num_anchors, 1)]
        self.layers = nn.ModuleList(layers)

    def forward(self, features, pos_anchor_coord=None, pos_anchor_idx=None, neg_anchor_idx=None):
        x = features
        for layer in self.layers:
            x = layer(x)
        A = self.A
        conf = torch.stack([x[:, :A], x[:, A : 2 * A]], dim=2)
        offsets = x[:, 2 * A :].unflatten(1, (A, 4))
        if pos_anchor_idx is None:
            return conf, offsets
        B, _, H, W = x.shape

        def at(data, idx):
            b, a, i, j = torch.unravel_index(idx, (B, A, H, W))
            return data[b, a, :, i, j]

        some = at(offsets, pos_anchor_idx)
        both = torch.cat((at(conf, pos_anchor_idx), at(conf, neg_anchor_idx)), 0)
        return both, some, one.GenerateProposal(pos_anchor_coord, some, method="FasterRCNN")


def rpn_loss(conf, offsets, GT_offsets, B):
    M = offsets.shape[0]
    likely = F.logsigmoid(conf * torch.tensor([[1.0, -1.0]]) * torch.cat([torch.ones(M, 1), -torch.ones(M, 1)]))
    return (5 * F.smooth_l1_loss(offsets, GT_offsets, reduction="none").sum() - likely.sum()) / B


class RPN(nn.Module):
    def __init__(self):
        super().__init__()
        self.anchor_list = torch.tensor([[1.0, 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 3], [3, 2], [3, 5], [5, 3]])
        self.feat_extractor = a5_helper.FeatureExtractor()
        self.prop_module = ProposalModule(1280, num_anchors=9)

    def forward(self, images, bboxes, output_mode="loss"):
        B = images.shape[0]
        features = self.feat_extractor.extract_mobilenet_feature(images)
        grid = a5_helper.GenerateGrid(B)
        anchors = one.GenerateAnchor(self.anchor_list, grid)
        fits = one.IoU(anchors, bboxes)
        pos, neg, _, GT_offsets, GT_class, where, _ = a5_helper.ReferenceOnActivatedAnchors(
            anchors, bboxes, grid, fits, method="FasterRCNN"
        )
        conf, offsets, proposals = self.prop_module(features, where, pos, neg)
        loss = rpn_loss(conf, offsets, GT_offsets, B)
        everything = (loss, conf, proposals, features, GT_class, pos, neg, anchors[0].numel() // 4)
        return {"loss": loss, "all": everything}[output_mode]

    @torch.no_grad()
    def inference(self, images, thresh=0.5, nms_thresh=0.7, mode="RPN"):
        features = self.feat_extractor.extract_mobilenet_feature(images)
        B = len(features)
        conf, offsets = self.prop_module(features)
        anchors = one.GenerateAnchor(self.anchor_list, a5_helper.GenerateGrid(B))
        boxes = one.GenerateProposal(anchors, torch.movedim(offsets, 2, -1), "FasterRCNN").reshape(B, -1, 4)
        probs = conf[:, :, 0].sigmoid().reshape(B, -1)
        kept = []
        for b in range(B):
            sure = torch.nonzero(probs[b] > thresh)[:, 0]
            kept.append(sure[one.nms(boxes[b, sure], probs[b, sure], iou_threshold=nms_thresh)])
        out = [boxes[b, k] for b, k in enumerate(kept)], [probs[b, k, None] for b, k in enumerate(kept)]
        if mode == "RPN":
            return (*out, [p * 0 for p in out[1]])
        return (*out, features)


class TwoStageDetector(nn.Module):
    def __init__(self, in_dim=1280, hidden_dim=256, num_classes=20, roi_output_w=2, roi_output_h=2, drop_ratio=0.3):
        super().__init__()
        self.size = (roi_output_h, roi_output_w)
        self.proposer = RPN()
        self.hidden = nn.Linear(in_dim, hidden_dim)
        self.drop_ratio = drop_ratio
        self.scores = nn.Linear(hidden_dim, num_classes)

    def look(self, features, boxes, image):
        rois = torch.column_stack([image.to(boxes.dtype), boxes])
        bins = a5_helper.torchvision.ops.roi_align(features, rois, self.size)
        hidden = F.relu(self.hidden(F.adaptive_avg_pool2d(bins, 1).flatten(1)))
        return self.scores(F.dropout(hidden, self.drop_ratio, self.training))

    def forward(self, images, bboxes):
        loss, _, boxes, features, GT_class, pos, _, per_image = self.proposer.forward(images, bboxes, output_mode="all")
        scores = self.look(features, boxes, torch.div(pos, per_image, rounding_mode="trunc"))
        return loss + F.nll_loss(scores.log_softmax(1), GT_class)

    @torch.no_grad()
    def inference(self, images, thresh=0.5, nms_thresh=0.7):
        boxes, probs, features = self.proposer.inference(images, thresh, nms_thresh, mode="FasterRCNN")
        image = torch.cat([torch.full((len(b),), i) for i, b in enumerate(boxes)])
        names = self.look(features, torch.cat(boxes), image).argmax(dim=1, keepdim=True)
        return boxes, probs, list(torch.split(names, [len(b) for b in boxes]))
