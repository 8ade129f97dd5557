import time
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
import torchvision
from a5_helper import *
import matplotlib.pyplot as plt
from single_stage_detector import GenerateAnchor, GenerateProposal, IoU


def hello_two_stage_detector():
  print("Hello from two_stage_detector.py!")


class ProposalModule(nn.Module):
  def __init__(self, in_dim, hidden_dim=256, num_anchors=9, drop_ratio=0.3):
    super().__init__()
    assert(num_anchors != 0)
    self.num_anchors = num_anchors
    self.predictHead = nn.Sequential(
      nn.Conv2d(in_dim, hidden_dim, kernel_size=3, padding=1),
      nn.Dropout(p=drop_ratio),
      nn.LeakyReLU(),
      nn.Conv2d(hidden_dim, 6 * self.num_anchors, kernel_size=1))

  def _extract_anchor_data(self, anchor_data, anchor_idx):
    B, A, D, H, W = anchor_data.shape
    anchor_data = anchor_data.permute(0, 1, 3, 4, 2).contiguous().view(-1, D)
    return anchor_data[anchor_idx]

  def forward(self, features, pos_anchor_coord=None, pos_anchor_idx=None, neg_anchor_idx=None):
    if pos_anchor_coord is None or pos_anchor_idx is None or neg_anchor_idx is None:
      mode = 'eval'
    else:
      mode = 'train'
    conf_scores, offsets, proposals = None, None, None
    B, _, H, W = features.shape
    anchor_features = self.predictHead(features).reshape(B, self.num_anchors, 6, H, W)
    if mode == 'train':
      pos_features = self._extract_anchor_data(anchor_features, pos_anchor_idx)
      neg_features = self._extract_anchor_data(anchor_features, neg_anchor_idx)
      conf_scores = torch.cat([pos_features[:, :2], neg_features[:, :2]], dim=0)
      offsets = pos_features[:, 2:]
      M = offsets.shape[0]
      pos = pos_anchor_coord.reshape(M, 1, 1, 1, 4)
      proposals = GenerateProposal(pos, offsets.reshape(M, 1, 1, 1, 4), method='FasterRCNN')
      proposals = proposals.reshape(M, 4)
      return conf_scores, offsets, proposals
    conf_scores = anchor_features[:, :, :2, :, :]
    offsets = anchor_features[:, :, 2:, :, :]
    return conf_scores, offsets


def ConfScoreRegression(conf_scores, batch_size):
  M = conf_scores.shape[0] // 2
  GT_conf_scores = torch.zeros_like(conf_scores)
  GT_conf_scores[:M, 0] = 1.
  GT_conf_scores[M:, 1] = 1.
  return F.binary_cross_entropy_with_logits(conf_scores, GT_conf_scores, reduction='sum') * 1. / batch_size


def BboxRegression(offsets, GT_offsets, batch_size):
  return F.smooth_l1_loss(offsets, GT_offsets, reduction='sum') * 1. / batch_size


class RPN(nn.Module):
  def __init__(self):
    super().__init__()
    self.anchor_list = torch.tensor([[1, 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 3], [3, 2], [3, 5], [5, 3]])
    self.feat_extractor = FeatureExtractor()
    self.prop_module = ProposalModule(1280, num_anchors=self.anchor_list.shape[0])

  def forward(self, images, bboxes, output_mode='loss'):
    w_conf = 1
    w_reg = 5
    assert output_mode in ('loss', 'all'), 'invalid output mode!'
    features = self.feat_extractor.extract_mobilenet_feature(images)
    B, _, H, W = features.shape
    grid = GenerateGrid(B)
    anchors = GenerateAnchor(self.anchor_list, grid)
    iou_mat = IoU(anchors, bboxes)
    pos_anchor_idx, neg_anchor_idx, GT_conf_scores, GT_offsets, GT_class, pos_coord, neg_coord = \
      ReferenceOnActivatedAnchors(anchors, bboxes, grid, iou_mat, pos_thresh=0.7, neg_thresh=0.3, method='FasterRCNN')
    conf_scores, offsets, proposals = self.prop_module(features, pos_coord, pos_anchor_idx, neg_anchor_idx)
    conf_loss = ConfScoreRegression(conf_scores, B)
    reg_loss = BboxRegression(offsets, GT_offsets, B)
    total_loss = w_conf * conf_loss + w_reg * reg_loss
    anc_per_img = torch.prod(torch.tensor(anchors.shape[1:-1]))
    if output_mode == 'loss':
      return total_loss
    else:
      return total_loss, conf_scores, proposals, features, GT_class, pos_anchor_idx, neg_anchor_idx, anc_per_img

  def inference(self, images, thresh=0.5, nms_thresh=0.7, mode='RPN'):
    assert mode in ('RPN', 'FasterRCNN'), 'invalid inference mode!'
    final_conf_probs, final_proposals = [], []
    with torch.no_grad():
      features = self.feat_extractor.extract_mobilenet_feature(images)
      B, _, H, W = features.shape
      grid = GenerateGrid(B)
      anchors = GenerateAnchor(self.anchor_list, grid)
      conf_scores, offsets = self.prop_module(features)
      proposals = GenerateProposal(anchors, offsets.permute(0, 1, 3, 4, 2).contiguous(), method='FasterRCNN').view(B, -1, 4)
      conf_probs = torch.sigmoid(conf_scores[:, :, 0, :, :]).reshape(B, -1)
      for b in range(B):
        idx = (conf_probs[b] > thresh).nonzero().squeeze(1)
        p, c = proposals[b, idx, :], conf_probs[b, idx]
        keep = torchvision.ops.nms(p, c, nms_thresh)
        final_proposals.append(p[keep, :])
        final_conf_probs.append(c[keep].unsqueeze(-1))
    if mode == 'RPN':
      features = [torch.zeros_like(i) for i in final_conf_probs]
    return final_proposals, final_conf_probs, features


class TwoStageDetector(nn.Module):
  def __init__(self, in_dim=1280, hidden_dim=256, num_classes=20, roi_output_w=2, roi_output_h=2, drop_ratio=0.3):
    super().__init__()
    assert(num_classes != 0)
    self.num_classes = num_classes
    self.roi_output_w, self.roi_output_h = roi_output_w, roi_output_h
    self.rpn = RPN()
    self.cls_layer = nn.Sequential(
      nn.Linear(in_dim, hidden_dim),
      nn.Dropout(drop_ratio),
      nn.ReLU(inplace=True),
      nn.Linear(hidden_dim, self.num_classes))

  def forward(self, images, bboxes):
    rpn_loss, conf_scores, proposals, features, GT_class, pos_anchor_idx, neg_anchor_idx, anc_per_img = self.rpn(images, bboxes, output_mode='all')
    B = images.shape[0]
    batch_idx = (pos_anchor_idx // anc_per_img).reshape(-1, 1).to(proposals.dtype)
    rois = torch.cat((batch_idx, proposals), dim=1)
    roi = torchvision.ops.roi_align(features, rois, output_size=(self.roi_output_w, self.roi_output_h))
    feat = torch.mean(roi, dim=[2, 3])
    class_prob = self.cls_layer(feat)
    cls_loss = F.cross_entropy(class_prob, GT_class, reduction='sum') * 1. / B
    return rpn_loss + cls_loss

  def inference(self, images, thresh=0.5, nms_thresh=0.7):
    final_proposals, final_conf_scores, final_class = None, None, []
    with torch.no_grad():
      final_proposals, final_conf_scores, features = self.rpn.inference(images, thresh, nms_thresh, mode='FasterRCNN')
      for b in range(images.shape[0]):
        roi = torchvision.ops.roi_align(features[b:b + 1], [final_proposals[b]], output_size=(self.roi_output_w, self.roi_output_h))
        scores = self.cls_layer(roi.mean(3).mean(2))
        final_class.append(scores.argmax(dim=1).unsqueeze(-1))
    return final_proposals, final_conf_scores, final_class
