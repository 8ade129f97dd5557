from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.functional import leaky_relu, mse_loss

import a5_helper


@dataclass
class Boxes:
    """Centres and sizes."""

    x: torch.Tensor
    y: torch.Tensor
    w: torch.Tensor
    h: torch.Tensor

    @classmethod
    def of(cls, corners):
        x1, y1, x2, y2 = torch.unbind(corners, -1)
        return cls((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)

    def corners(self):
        return torch.stack(
            (self.x - self.w / 2, self.y - self.h / 2, self.x + self.w / 2, self.y + self.h / 2), dim=-1
        )


def GenerateAnchor(anc, grid):
    shape = (grid.shape[0], anc.shape[0], *grid.shape[1:3])
    x, y = (grid[..., i].unsqueeze(1).expand(shape) for i in (0, 1))
    w, h = (anc[:, i].reshape(1, -1, 1, 1).expand(shape) for i in (0, 1))
    return Boxes(x, y, w, h).corners()


def GenerateProposal(anchors, offsets, method="YOLO"):
    boxes = Boxes.of(anchors)
    tx, ty, tw, th = offsets.unbind(dim=-1)
    unit_x, unit_y = {"YOLO": (1, 1), "FasterRCNN": (boxes.w, boxes.h)}[method]
    return Boxes(boxes.x + unit_x * tx, boxes.y + unit_y * ty, boxes.w * tw.exp(), boxes.h * th.exp()).corners()


def IoU(proposals, bboxes):
    p = proposals.reshape(proposals.size(0), -1, 4)
    b = bboxes[:, :, 0:4]
    low = torch.maximum(p[:, :, None, :2], b[:, None, :, :2])
    high = torch.minimum(p[:, :, None, 2:], b[:, None, :, 2:])
    sides = (high - low).clamp_min(0)
    inter = sides.select(-1, 0) * sides.select(-1, 1)
    area_p = (p[:, :, 2] - p[:, :, 0]) * (p[:, :, 3] - p[:, :, 1])
    area_b = (b[:, :, 2] - b[:, :, 0]) * (b[:, :, 3] - b[:, :, 1])
    union = area_p[:, :, None] + area_b[:, None, :] - inter
    return inter / torch.clamp(union, min=1e-9)


class PredictionNetwork(nn.Module):
    def __init__(self, in_dim, hidden_dim=128, num_anchors=9, num_classes=20, drop_ratio=0.3):
        super().__init__()
        self.num_anchors, self.num_classes = num_anchors, num_classes
        self.steps = nn.ModuleDict(
            {
                "in": nn.Conv2d(in_dim, hidden_dim, kernel_size=(1, 1), stride=(1, 1)),
                "drop": nn.Dropout(drop_ratio, inplace=False),
                "out": nn.Conv2d(hidden_dim, num_anchors * 5 + num_classes, kernel_size=(1, 1)),
            }
        )
        for name in ("in", "out"):
            nn.init.normal_(self.steps[name].weight, std=0.01)
            nn.init.zeros_(self.steps[name].bias)

    def forward(self, features, pos_anchor_idx=None, neg_anchor_idx=None):
        hidden = leaky_relu(self.steps["drop"](self.steps["in"](features)), 0.01)
        out = self.steps["out"](hidden)
        A = self.num_anchors
        parts = torch.split(out, [2 * A, A, 2 * A, self.num_classes], dim=1)
        middle = torch.tanh(parts[0].unflatten(1, (A, 2)) / 2) / 2  # the sigmoid minus a half, in other words
        conf, size, classes = torch.sigmoid(parts[1]), parts[2].unflatten(1, (A, 2)), parts[3]
        offsets = torch.cat([middle, size], dim=2)
        if pos_anchor_idx is None or neg_anchor_idx is None:
            return conf, offsets, classes
        B, _, H, W = features.shape
        b, rest = pos_anchor_idx // (A * H * W), pos_anchor_idx % (A * H * W)
        a, cell = rest // (H * W), rest % (H * W)
        i, j = cell // W, cell % W
        both = torch.cat([pos_anchor_idx, neg_anchor_idx])
        return conf.flatten()[both][:, None], offsets[b, a, :, i, j], classes[b, :, i, j]


def ConfScoreRegression(conf_scores, GT_conf_scores):
    target = (torch.arange(len(conf_scores)) < len(GT_conf_scores)).to(conf_scores).unsqueeze(1)
    return mse_loss(conf_scores, target)


def BboxRegression(offsets, GT_offsets):
    return torch.linalg.vector_norm(offsets - GT_offsets, dim=1).pow(2).mean() if len(offsets) else offsets.sum()


def nms(boxes, scores, iou_threshold=0.5, topk=None):
    b = boxes.detach().numpy()
    order = np.argsort(-scores.detach().numpy(), kind="stable")
    area = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    keep = []
    while order.size and (topk is None or len(keep) < topk):
        i, order = order[0], order[1:]
        keep.append(int(i))
        side = np.minimum(b[i, 2:], b[order, 2:]) - np.maximum(b[i, :2], b[order, :2])
        inter = np.clip(side, 0, None).prod(axis=1)
        with np.errstate(invalid="ignore"):
            order = order[~(inter / (area[i] + area[order] - inter) > iou_threshold)]
    return torch.tensor(keep, dtype=torch.int64)


class SingleStageDetector(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [[1.0, 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 3], [3, 2], [3, 5], [5, 3]]
        self.register_buffer("anchor_list", torch.tensor(sizes))
        self.feat_extractor = a5_helper.FeatureExtractor()
        self.num_classes = 20
        self.pred_network = PredictionNetwork(1280, num_anchors=9, num_classes=20)

    def laid_out(self, B):
        grid = a5_helper.GenerateGrid(B)
        return grid, GenerateAnchor(self.anchor_list, grid)

    def forward(self, images, bboxes):
        B = images.size(0)
        grid, anchors = self.laid_out(B)
        told = a5_helper.ReferenceOnActivatedAnchors(anchors, bboxes, grid, IoU(anchors, bboxes), 0.7, 0.2, "YOLO")
        pos, neg, GT_conf, GT_offsets, GT_class = told[:5]
        features = self.feat_extractor.extract_mobilenet_feature(images)
        conf, offsets, classes = self.pred_network(features, pos, neg)
        loss = a5_helper.ObjectClassification(classes, GT_class, B, anchors.shape[1:4].numel(), pos)
        loss = loss + ConfScoreRegression(conf, GT_conf)
        loss += BboxRegression(offsets, GT_offsets)
        return loss

    def inference(self, images, thresh=0.5, nms_thresh=0.7):
        with torch.inference_mode():
            B = images.size(0)
            _, anchors = self.laid_out(B)
            conf, offsets, classes = self.pred_network(self.feat_extractor.extract_mobilenet_feature(images))
            boxes = GenerateProposal(anchors, torch.movedim(offsets, 2, -1))
            out = [], [], []
            for n in range(B):
                a, i, j = torch.where(conf[n] > thresh)
                mine, score = boxes[n, a, i, j], conf[n, a, i, j]
                name = classes[n, :, i, j].argmax(dim=0)
                keep = nms(mine, score, nms_thresh)
                for column, values in zip(out, (mine, score[:, None], name[:, None])):
                    column.append(values[keep].clone())
            return out
