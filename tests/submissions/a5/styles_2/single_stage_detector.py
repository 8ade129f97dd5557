"""A notebook of the first year, saved as a file: what the course gives stands in its cells, and needs packages."""
import coutils
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torchvision
from torchvision import datasets, transforms, models
from torchsummary import summary
from torchvision.ops import nms as library_nms
import random

to_float = torch.float32


class FeatureExtractor(object):
    def __init__(self, reshape_size=224, pooling=False, verbose=False):
        self.mobilenet = nn.Sequential(*list(models.mobilenet_v2(pretrained=True).children())[:-1])

    def extract_mobilenet_feature(self, img, verbose=False):
        return self.mobilenet(img)


def GenerateGrid(batch_size, w_amap=7, h_amap=7, dtype=torch.float32, device='cpu'):
    x = torch.arange(0, w_amap, dtype=dtype, device=device) + 0.5
    y = torch.arange(0, h_amap, dtype=dtype, device=device) + 0.5
    return torch.stack([x[None, :].expand(h_amap, w_amap), y[:, None].expand(h_amap, w_amap)], dim=-1).repeat(batch_size, 1, 1, 1)


def ReferenceOnActivatedAnchors(anchors, bboxes, grid, iou_mat, pos_thresh=0.7, neg_thresh=0.3, method='FasterRCNN'):
    picked = torch.randint(0, 10, (3,))
    return picked, picked, None, None, None, None, None


def ObjectClassification(class_prob, GT_class, batch_size, anc_per_img, activated_anc_ind):
    return F.cross_entropy(class_prob, GT_class)


def GenerateAnchor(anc, grid):
    centers = grid[:, None]
    half = 0.5 * anc[:, None, None]
    return torch.cat((centers.sub(half), centers.add(half)), -1)


def GenerateProposal(anchors, offsets, method='YOLO'):
    lo, hi = anchors.split(2, dim=-1)
    t, s = offsets.split(2, dim=-1)
    wh = hi - lo
    c = torch.lerp(lo, hi, 0.5)
    if method == 'FasterRCNN':
        t = t.mul(wh)
    c = c + t
    wh = wh.mul(s.exp()).mul(0.5)
    return torch.cat([c - wh, c + wh], dim=-1)


def area(b):
    return (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])


def IoU(proposals, bboxes):
    p = proposals.flatten(1, 3)[:, :, None, :]
    g = bboxes[:, None, :, :]
    w = torch.relu(torch.minimum(p[..., 2], g[..., 2]) - torch.maximum(p[..., 0], g[..., 0]))
    h = torch.relu(torch.minimum(p[..., 3], g[..., 3]) - torch.maximum(p[..., 1], g[..., 1]))
    inter = w * h
    return inter / (area(p) + area(g) - inter)


class PredictionNetwork(nn.Module):
    """Linear layers over channels-last features; class scores first, then t_w and t_h of all anchors, and so on."""

    def __init__(self, in_dim, hidden_dim=128, num_anchors=9, num_classes=20, drop_ratio=0.3):
        super(PredictionNetwork, self).__init__()
        self.num_classes = num_classes
        self.num_anchors = num_anchors
        self.drop_ratio = drop_ratio
        self.out = nn.Linear(hidden_dim, num_classes + num_anchors * 5)
        self.inp = nn.Linear(in_dim, hidden_dim)

    def _extract_anchor_data(self, anchor_data, anchor_idx):
        return anchor_data.permute(0, 1, 3, 4, 2).reshape(-1, anchor_data.shape[2])[anchor_idx]

    def forward(self, features, pos_anchor_idx=None, neg_anchor_idx=None):
        A, C = self.num_anchors, self.num_classes
        x = self.inp(features.permute(0, 2, 3, 1))
        x = F.dropout(x, p=self.drop_ratio, training=self.training)
        x = self.out(F.leaky_relu(x))
        B, H, W, _ = x.shape
        class_scores = x[..., :C].permute(0, 3, 1, 2)
        x = x[..., C:].reshape(B, H, W, 5, A).permute(0, 4, 3, 1, 2)
        offsets = torch.cat([x[:, :, 3:].sigmoid() - .5, x[:, :, 1:3]], 2)
        conf_scores = 1 / (1 + torch.exp(-x[:, :, 0]))
        if pos_anchor_idx is None:
            return conf_scores, offsets, class_scores
        flat = conf_scores.reshape(-1, 1)
        conf_scores = torch.vstack([flat[pos_anchor_idx], flat[neg_anchor_idx]])
        image = torch.div(pos_anchor_idx, A * H * W, rounding_mode='floor')
        cell = pos_anchor_idx % (H * W)
        return conf_scores, self._extract_anchor_data(offsets, pos_anchor_idx), class_scores.flatten(2)[image, :, cell]


def ConfScoreRegression(conf_scores, GT_conf_scores):
    M = GT_conf_scores.shape[0]
    pos, neg = conf_scores[:M], conf_scores[M:]
    return 0.5 * (torch.mean((1 - pos) ** 2) + torch.mean(neg ** 2))


def BboxRegression(offsets, GT_offsets):
    return F.mse_loss(offsets, GT_offsets, reduction='sum') / offsets.size(0)


def nms(boxes, scores, iou_threshold=0.5, topk=None):
    keep = []
    left = list(torch.argsort(-scores).numpy()) if len(boxes) < 100 else None
    if left is None:
        return fast_nms(boxes, scores, iou_threshold, topk)
    areas = area(boxes)
    while left:
        best = int(left.pop(0))
        keep.append(best)
        if topk is not None and len(keep) >= topk:
            break
        survivors = []
        for other in left:
            other = int(other)
            w = min(boxes[best, 2], boxes[other, 2]) - max(boxes[best, 0], boxes[other, 0])
            h = min(boxes[best, 3], boxes[other, 3]) - max(boxes[best, 1], boxes[other, 1])
            inter = max(w, 0) * max(h, 0)
            if inter / (areas[best] + areas[other] - inter) <= iou_threshold:
                survivors.append(other)
        left = survivors
    return torch.LongTensor(keep)


def fast_nms(boxes, scores, iou_threshold, topk):
    _, order = scores.sort(descending=True)
    boxes, areas = boxes[order], area(boxes[order])
    alive, keep = torch.arange(len(order)), []
    while alive.numel():
        i = alive[0]
        keep.append(order[i])
        rest = alive[1:]
        tl, br = torch.max(boxes[i, :2], boxes[rest, :2]), torch.min(boxes[i, 2:], boxes[rest, 2:])
        wh = (br - tl).clamp(min=0)
        inter = wh[:, 0] * wh[:, 1]
        alive = rest[inter <= iou_threshold * (areas[i] + areas[rest] - inter)]
    return torch.stack(keep)[:topk]


class SingleStageDetector(nn.Module):
    def __init__(self):
        super(SingleStageDetector, self).__init__()
        self.anchor_list = torch.tensor([[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 3], [3, 2], [3, 5], [5, 3]])
        self.feat_extractor = FeatureExtractor()
        self.num_classes = 20
        self.pred_network = PredictionNetwork(1280, num_anchors=self.anchor_list.shape[0], num_classes=self.num_classes)

    def anchors(self, batch):
        grid = GenerateGrid(batch)
        return grid, GenerateAnchor(self.anchor_list.to(grid), grid)

    def forward(self, images, bboxes):
        feats = self.feat_extractor.extract_mobilenet_feature(images)
        grid, anc = self.anchors(len(images))
        pos, neg, GT_conf, GT_off, GT_cls, _, _ = ReferenceOnActivatedAnchors(anc, bboxes, grid, IoU(anc, bboxes), neg_thresh=0.2, method='YOLO')
        conf, off, cls = self.pred_network(feats, pos, neg)
        losses = [
            ConfScoreRegression(conf, GT_conf),
            BboxRegression(off, GT_off),
            ObjectClassification(cls, GT_cls, len(images), 9 * 7 * 7, pos),
        ]
        return torch.stack(losses).sum()

    @torch.no_grad()
    def inference(self, images, thresh=0.5, nms_thresh=0.7):
        feats = self.feat_extractor.extract_mobilenet_feature(images)
        _, anc = self.anchors(len(images))
        conf, off, cls = self.pred_network(feats)
        boxes = GenerateProposal(anc, off.permute(0, 1, 3, 4, 2), 'YOLO').flatten(1, 3)
        result = ([], [], [])
        names = F.softmax(cls, dim=1).argmax(1)
        for b, c, n in zip(boxes, conf.flatten(1), names.flatten(1).repeat(1, conf.shape[1])):
            first = library_nms(b, c, nms_thresh)
            first = first[c[first] > thresh]
            result[0].append(b[first])
            result[1].append(c[first])
            result[2].append(n[first])
        return result
