"""
A folder of some years ago: backward() and .grad, prints on the way.
"""
import torch
import random
import torchvision.transforms as T
from a4_helper import *


def hello():
  print('Hello from network_visualization.py!')


def compute_saliency_maps(X, y, model):
  model.eval()
  X.requires_grad_()
  saliency = None
  scores = model(X)
  correct = scores.gather(1, y.view(-1, 1)).squeeze(1)
  loss = torch.sum(correct)
  loss.backward()
  saliency, _ = torch.max(X.grad.abs(), dim=1)
  return saliency


def make_adversarial_attack(X, target_y, model, max_iter=100, verbose=True):
  X_adv = X.clone()
  X_adv = X_adv.requires_grad_()
  learning_rate = 1
  for i in range(max_iter):
    scores = model(X_adv)
    max_score, pred = torch.max(scores, 1)
    target_score = scores[0, target_y]
    if verbose:
      print('Iteration %d: target score %.3f, max score %.3f' % (i, target_score.item(), max_score.item()))
    if pred.item() == target_y:
      break
    target_score.backward()
    g = X_adv.grad
    dX = learning_rate * g / torch.norm(g)
    X_adv.data = X_adv.data + dX
    X_adv.grad.zero_()
  return X_adv


def class_visualization_step(img, target_y, model, **kwargs):
  l2_reg = kwargs.pop('l2_reg', 1e-3)
  learning_rate = kwargs.pop('learning_rate', 25)
  scores = model(img)
  loss = scores[0, target_y] - l2_reg * torch.sum(img ** 2)
  loss.backward()
  dimg = img.grad
  img.data = img.data + learning_rate * dimg / torch.norm(dimg)
  img.grad.data.zero_()
  return img
