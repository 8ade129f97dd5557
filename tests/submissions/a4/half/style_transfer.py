"""
Half right: a folder of some years ago: long-hand, loops, two spaces.
"""
import torch
import torch.nn as nn
from a4_helper import *


def hello():
  print('Hello from style_transfer.py!')


def content_loss(content_weight, content_current, content_original):
  loss = 0
  N, C, H, W = content_current.shape
  F_l = content_current.view(C, H * W) if content_current.is_contiguous() else content_current.reshape(C, H * W)
  P_l = content_original.reshape(C, H * W)
  loss = content_weight * ((F_l - P_l) ** 2).mean()
  return loss


def gram_matrix(features, normalize=True):
  gram = None
  N, C, H, W = features.shape
  F_l = features.reshape(N, C, H * W)
  gram = torch.zeros(N, C, C, dtype=features.dtype, device=features.device)
  for i in range(N):
    gram[i, :] = torch.mm(F_l[i, :], F_l[i, :].t())
  if normalize:
    gram = gram / (H * W)
  return gram


def style_loss(feats, style_layers, style_targets, style_weights):
  style_loss = 0
  for i in range(len(style_layers)):
    G = gram_matrix(feats[style_layers[i]])
    A = style_targets[i]
    style_loss += style_weights[i] * torch.sum((G - A) ** 2)
  return style_loss


def tv_loss(img, tv_weight):
  _, _, H, W = img.shape
  loss = 0
  for c in range(img.shape[1]):
    loss = loss + torch.sum((img[:, c, :, 1:] - img[:, c, :, :W - 1]) ** 2)
  return loss * tv_weight


def guided_gram_matrix(features, masks, normalize=True):
  N, R, C, H, W = features.shape
  gram = torch.zeros(N, R, C, C, dtype=features.dtype, device=features.device)
  for r in range(R):
    guided = features[:, r, :, :, :] * masks[:, r, :, :].unsqueeze(1)
    guided = guided.reshape(N, C, -1)
    gram[:, r, :, :] = torch.bmm(guided, guided.permute(0, 2, 1))
  if normalize:
    gram = gram / (C * H * W)
  return gram


def guided_style_loss(feats, style_layers, style_targets, style_weights, content_masks):
  loss = 0.0
  for i, l in enumerate(style_layers):
    diff = guided_gram_matrix(feats[l], content_masks[l]) - style_targets[i]
    loss += style_weights[i] * (diff * diff).sum()
  return loss
