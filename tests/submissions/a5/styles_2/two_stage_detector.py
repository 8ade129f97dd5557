"""The second notebook of the first year: it imports the first one, and cuts regions with a layer of the library."""
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision
from torchvision.ops import RoIAlign, nms
from single_stage_detector import *


class ProposalModule(nn.Module):
    def __init__(self, in_dim, hidden_dim=256, num_anchors=9, drop_ratio=0.3):
        super().__init__()
        self.num_anchors = num_anchors
        self.p_drop = drop_ratio
        self.conv2 = nn.Conv2d(hidden_dim, num_anchors * 6, 1)
        self.conv1 = nn.Conv2d(in_dim, hidden_dim, 3, 1, 1)

    def forward(self, features, pos_anchor_coord=None, pos_anchor_idx=None, neg_anchor_idx=None):
        x = F.leaky_relu(self.conv1(features))
        x = self.conv2(F.dropout(x, self.p_drop, self.training))
        B, _, H, W = x.shape
        x = x.view(B, 6, self.num_anchors, H, W).permute(0, 2, 1, 3, 4)
        conf, offsets = x[:, :, 4:], x[:, :, :4]
        if pos_anchor_coord is None:
            return conf, offsets
        rows = x.permute(0, 1, 3, 4, 2).reshape(-1, 6)
        conf = torch.cat([rows[pos_anchor_idx, 4:], rows[neg_anchor_idx, 4:]])
        offsets = rows[pos_anchor_idx, :4]
        return conf, offsets, GenerateProposal(pos_anchor_coord, offsets, 'FasterRCNN')


def ConfScoreRegression(conf_scores, batch_size):
    one, zero = torch.tensor([1., 0.]).to(conf_scores), torch.tensor([0., 1.]).to(conf_scores)
    M = len(conf_scores) // 2
    target = torch.cat([one.expand(M, 2), zero.expand(M, 2)])
    return F.binary_cross_entropy_with_logits(conf_scores, target, reduction='sum') / batch_size


def BboxRegression(offsets, GT_offsets, batch_size):
    return F.smooth_l1_loss(offsets, GT_offsets, reduction='sum') / batch_size


class RPN(nn.Module):
    def __init__(self):
        super().__init__()
        self.anchor_list = torch.tensor([[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 3], [3, 2], [3, 5], [5, 3]])
        self.feat_extractor = FeatureExtractor()
        self.prop_module = ProposalModule(1280, num_anchors=self.anchor_list.shape[0])

    def forward(self, images, bboxes, output_mode='loss'):
        features = self.feat_extractor.extract_mobilenet_feature(images)
        grid = GenerateGrid(len(images))
        anchors = GenerateAnchor(self.anchor_list, grid)
        ref = ReferenceOnActivatedAnchors(anchors, bboxes, grid, IoU(anchors, bboxes))
        pos, neg, _, GT_offsets, GT_class, coord, _ = ref
        conf, offsets, proposals = self.prop_module(features, coord, pos, neg)
        loss = ConfScoreRegression(conf, len(images)) + 5 * BboxRegression(offsets, GT_offsets, len(images))
        if output_mode == 'all':
            return loss, conf[:len(pos)], proposals, features, GT_class, pos, neg, anchors.shape[1] * anchors.shape[2] * anchors.shape[3]
        return loss

    def inference(self, images, thresh=0.5, nms_thresh=0.7, mode='RPN'):
        features = self.feat_extractor.extract_mobilenet_feature(images)
        conf, offsets = self.prop_module(features)
        anchors = GenerateAnchor(self.anchor_list, GenerateGrid(len(images)))
        boxes = GenerateProposal(anchors, offsets.permute(0, 1, 3, 4, 2), 'FasterRCNN')
        prob = conf.select(2, 0).sigmoid()
        out_boxes, out_probs = [], []
        for b, p in zip(boxes, prob):
            b, p = b[p > thresh].detach(), p[p > thresh].detach()
            keep = nms(b, p, nms_thresh)
            out_boxes += [b[keep]]
            out_probs += [p[keep]]
        return out_boxes, out_probs, features if mode != 'RPN' else [torch.zeros(len(p)) for p in out_probs]


class TwoStageDetector(nn.Module):
    def __init__(self, in_dim=1280, hidden_dim=256, num_classes=20, roi_output_w=2, roi_output_h=2, drop_ratio=0.3):
        super().__init__()
        self.first = RPN()
        self.fc1, self.fc2 = nn.Linear(in_dim, hidden_dim), nn.Linear(hidden_dim, num_classes)
        self.dropout = nn.Dropout(drop_ratio)
        self.align = RoIAlign((roi_output_h, roi_output_w), spatial_scale=1.0, sampling_ratio=-1)

    def classify(self, features, rois):
        x = self.align(features, rois).flatten(2).mean(2)
        return self.fc2(F.relu(self.dropout(self.fc1(x))))

    def forward(self, images, bboxes):
        loss, _, proposals, features, GT_class, pos, _, per_image = self.first(images, bboxes, 'all')
        image = pos // per_image
        by_image = [proposals[image == i] for i in range(len(images))]
        labels = torch.cat([GT_class[image == i] for i in range(len(images))])
        return loss + F.cross_entropy(self.classify(features, by_image), labels)

    def inference(self, images, thresh=0.5, nms_thresh=0.7):
        boxes, probs, features = self.first.inference(images, thresh, nms_thresh, 'FasterRCNN')
        classes = []
        for i, b in enumerate(boxes):
            if len(b) == 0:
                classes.append(torch.zeros(0, dtype=torch.long))
            else:
                classes.append(self.classify(features[i:i + 1], [b]).max(1)[1])
        return boxes, probs, classes
