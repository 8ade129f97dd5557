"""
A folder of some years ago: the library's detection operations, views, two spaces.
"""
import time
import math
import torch
import torch.nn as nn
from torch import optim
from a5_helper import *
import torchvision
import matplotlib.pyplot as plt


def hello_single_stage_detector():
  print("Hello from single_stage_detector.py!")


def GenerateAnchor(anc, grid):
  anchors = None
  B, H, W, _ = grid.shape
  A, _ = anc.shape
  anc = anc.to(grid.dtype)
  anchors = torch.zeros((B, A, H, W, 4), device=grid.device, dtype=grid.dtype)
  for a in range(A):
    w, h = anc[a, 0], anc[a, 1]
    anchors[:, a, :, :, 0] = grid[:, :, :, 0] - w / 2.
    anchors[:, a, :, :, 1] = grid[:, :, :, 1] - h / 2.
    anchors[:, a, :, :, 2] = grid[:, :, :, 0] + w / 2.
    anchors[:, a, :, :, 3] = grid[:, :, :, 1] + h / 2.
  return anchors


def GenerateProposal(anchors, offsets, method='YOLO'):
  assert (method in ['YOLO', 'FasterRCNN'])
  proposals = torch.zeros_like(anchors)
  center = torch.zeros_like(anchors)
  center[..., 0] = (anchors[..., 2] + anchors[..., 0]) / 2
  center[..., 1] = (anchors[..., 3] + anchors[..., 1]) / 2
  center[..., 2] = anchors[..., 2] - anchors[..., 0]
  center[..., 3] = anchors[..., 3] - anchors[..., 1]
  new = center.clone()
  if method == 'YOLO':
    new[..., :2] += offsets[..., :2]
  else:
    new[..., 0] = center[..., 0] + offsets[..., 0] * center[..., 2]
    new[..., 1] = center[..., 1] + offsets[..., 1] * center[..., 3]
  new[..., 2:] = center[..., 2:] * torch.exp(offsets[..., 2:])
  proposals[..., :2] = new[..., :2] - new[..., 2:] / 2
  proposals[..., 2:] = new[..., :2] + new[..., 2:] / 2
  return proposals


def IoU(proposals, bboxes):
  B, A, H, W, _ = proposals.shape
  proposals = proposals.contiguous().view(B, A * H * W, 4)
  tl = torch.max(proposals[:, :, :2].unsqueeze(2), bboxes[:, :, :2].unsqueeze(1))
  br = torch.min(proposals[:, :, 2:].unsqueeze(2), bboxes[:, :, 2:4].unsqueeze(1))
  intersect = torch.prod(br - tl, dim=3) * (tl < br).all(dim=3)
  a = torch.prod(bboxes[:, :, 2:4] - bboxes[:, :, :2], dim=2)
  b = torch.prod(proposals[:, :, 2:] - proposals[:, :, :2], dim=2)
  iou_mat = torch.div(intersect, a.unsqueeze(1) + b.unsqueeze(2) - intersect)
  return iou_mat


class PredictionNetwork(nn.Module):
  def __init__(self, in_dim, hidden_dim=128, num_anchors=9, num_classes=20, drop_ratio=0.3):
    super().__init__()
    assert(num_classes != 0 and num_anchors != 0)
    self.num_classes = num_classes
    self.num_anchors = num_anchors
    self.net = nn.Sequential(
      nn.Conv2d(in_dim, hidden_dim, 1, stride=1, padding=0),
      nn.Dropout(p=drop_ratio),
      nn.LeakyReLU(),
      nn.Conv2d(hidden_dim, 5 * self.num_anchors + self.num_classes, 1),
    )

  def _extract_anchor_data(self, anchor_data, anchor_idx):
    B, A, D, H, W = anchor_data.shape
    anchor_data = anchor_data.permute(0, 1, 3, 4, 2).contiguous().view(-1, D)
    return anchor_data[anchor_idx]

  def _extract_class_scores(self, all_scores, anchor_idx):
    B, C, H, W = all_scores.shape
    A = self.num_anchors
    all_scores = all_scores.permute(0, 2, 3, 1).contiguous().view(B, 1, H, W, C)
    return all_scores.expand(B, A, H, W, C).reshape(B * A * H * W, C)[anchor_idx]

  def forward(self, features, pos_anchor_idx=None, neg_anchor_idx=None):
    conf_scores, offsets, class_scores = None, None, None
    out = self.net(features)
    B, _, H, W = out.shape
    A = self.num_anchors
    anchor_data = out[:, :5 * A].contiguous().view(B, A, 5, H, W)
    conf_scores = torch.sigmoid(anchor_data[:, :, 0])
    offsets = anchor_data[:, :, 1:5]
    xy = torch.sigmoid(offsets[:, :, :2]) - 0.5
    offsets = torch.cat((xy, offsets[:, :, 2:]), dim=2)
    class_scores = out[:, 5 * A:]
    if pos_anchor_idx is not None and neg_anchor_idx is not None:
      pos = self._extract_anchor_data(conf_scores.unsqueeze(2), pos_anchor_idx)
      neg = self._extract_anchor_data(conf_scores.unsqueeze(2), neg_anchor_idx)
      conf_scores = torch.cat([pos, neg], dim=0)
      offsets = self._extract_anchor_data(offsets, pos_anchor_idx)
      class_scores = self._extract_class_scores(class_scores, pos_anchor_idx)
    return conf_scores, offsets, class_scores


def ConfScoreRegression(conf_scores, GT_conf_scores):
  targets = torch.cat((torch.ones_like(GT_conf_scores), torch.zeros_like(GT_conf_scores)), dim=0).view(-1, 1)
  return torch.sum((conf_scores - targets) ** 2) * 1. / targets.shape[0]


def BboxRegression(offsets, GT_offsets):
  return torch.sum((offsets - GT_offsets) ** 2) * 1. / GT_offsets.shape[0]


class SingleStageDetector(nn.Module):
  def __init__(self):
    super().__init__()
    self.anchor_list = torch.tensor([[1., 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 3], [3, 2], [3, 5], [5, 3]])
    self.feat_extractor = FeatureExtractor()
    self.num_classes = 20
    self.pred_network = PredictionNetwork(1280, num_anchors=self.anchor_list.shape[0], num_classes=self.num_classes)

  def forward(self, images, bboxes):
    w_conf, w_reg, w_cls = 1, 1, 1
    features = self.feat_extractor.extract_mobilenet_feature(images)
    batch_size = images.shape[0]
    grid = GenerateGrid(batch_size)
    anc_list = GenerateAnchor(self.anchor_list.to(grid.device), grid)
    iou_mat = IoU(anc_list, bboxes)
    pos_ind, neg_ind, GT_conf_scores, GT_offsets, GT_class, pos_coord, neg_coord = ReferenceOnActivatedAnchors(anc_list, bboxes, grid, iou_mat, neg_thresh=0.2)
    conf_scores, offsets, class_prob = self.pred_network(features, pos_ind, neg_ind)
    anc_per_img = torch.prod(torch.tensor(anc_list.shape[1:-1]))
    conf_loss = ConfScoreRegression(conf_scores, GT_conf_scores)
    reg_loss = BboxRegression(offsets, GT_offsets)
    cls_loss = ObjectClassification(class_prob, GT_class, batch_size, anc_per_img, pos_ind)
    total_loss = w_conf * conf_loss + w_reg * reg_loss + w_cls * cls_loss
    print('(weighted) conf loss: {:.4f}, reg loss: {:.4f}, cls loss: {:.4f}'.format(conf_loss, reg_loss, cls_loss))
    return total_loss

  def inference(self, images, thresh=0.5, nms_thresh=0.7):
    final_proposals, final_conf_scores, final_class = [], [], []
    with torch.no_grad():
      features = self.feat_extractor.extract_mobilenet_feature(images)
      B = images.shape[0]
      grid = GenerateGrid(B)
      anchors = GenerateAnchor(self.anchor_list, grid)
      conf_scores, offsets, class_scores = self.pred_network(features)
      A, H, W = conf_scores.shape[1:]
      offsets = offsets.permute(0, 1, 3, 4, 2)
      proposals = GenerateProposal(anchors, offsets)
      class_prob, class_idx = torch.max(class_scores, dim=1)
      for i in range(B):
        mask = conf_scores[i].reshape(-1) > thresh
        boxes = proposals[i].reshape(-1, 4)[mask, :]
        scores = conf_scores[i].reshape(-1)[mask]
        cls = class_idx[i].unsqueeze(0).repeat(A, 1, 1).reshape(-1)[mask]
        keep = torchvision.ops.nms(boxes, scores, nms_thresh)
        final_proposals.append(boxes[keep])
        final_conf_scores.append(scores[keep].unsqueeze(dim=1))
        final_class.append(cls[keep].unsqueeze(dim=1))
    return final_proposals, final_conf_scores, final_class


def nms(boxes, scores, iou_threshold=0.5, topk=None):
  if (not boxes.numel()) or (not scores.numel()):
    return torch.zeros(0, dtype=torch.long)
  keep = []
  x1, y1, x2, y2 = boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3]
  area = torch.mul(x2 - x1, y2 - y1)
  _, index = scores.sort(0)
  while index.numel() > 0:
    i = index[-1]
    keep.append(i.item())
    index = index[:-1]
    xx1 = torch.clamp(x1[index], min=x1[i].item())
    yy1 = torch.clamp(y1[index], min=y1[i].item())
    xx2 = torch.clamp(x2[index], max=x2[i].item())
    yy2 = torch.clamp(y2[index], max=y2[i].item())
    w = torch.clamp(xx2 - xx1, min=0.0)
    h = torch.clamp(yy2 - yy1, min=0.0)
    inter = w * h
    iou = inter / (area[index] + area[i] - inter)
    index = index[iou.le(iou_threshold)]
  keep = torch.tensor(keep, dtype=torch.long, device=boxes.device)
  if topk is not None:
    keep = keep[:topk]
  return keep
