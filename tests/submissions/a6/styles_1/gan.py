"""
Long-hand, two spaces, imports from everywhere: a folder of some years ago.
"""
from __future__ import print_function
import torch
import torch.nn as nn
import torchvision
import torchvision.transforms as T
import torch.optim as optim
from torch.utils.data import sampler
import torchvision.datasets as dset
import matplotlib.pyplot as plt
import numpy as np
from a6_helper import *

NOISE_DIM = 96
dtype = torch.float32
device = 'cuda' if torch.cuda.is_available() else 'cpu'


def hello_gan():
  print("Hello from gan.py!")


def sample_noise(batch_size, noise_dim, dtype=torch.float, device='cpu'):
  noise = None
  noise = torch.rand((batch_size, noise_dim), dtype=dtype, device=device)
  noise = (noise - 0.5) / 0.5
  return noise


def discriminator():
  model = None
  layers = []
  layers.append(nn.Linear(28 * 28, 256))
  layers.append(nn.LeakyReLU(inplace=True))
  layers.append(nn.Linear(256, 256))
  layers.append(nn.LeakyReLU(inplace=True))
  layers.append(nn.Linear(256, 1))
  model = nn.Sequential(*layers)
  return model


def generator(noise_dim=NOISE_DIM):
  model = None
  model = nn.Sequential(
    nn.Linear(noise_dim, 1024),
    nn.ReLU(True),
    nn.Linear(1024, 1024),
    nn.ReLU(True),
    nn.Linear(1024, 784),
    nn.Tanh()
  )
  model.apply(initialize_weights)
  return model


def discriminator_loss(logits_real, logits_fake):
  loss = None
  N = logits_real.size()
  M = logits_fake.size()
  true_labels = torch.ones(N).to(logits_real.device)
  false_labels = torch.zeros(M).to(logits_fake.device)
  real_loss = nn.functional.binary_cross_entropy_with_logits(logits_real, true_labels)
  fake_loss = nn.functional.binary_cross_entropy_with_logits(logits_fake, false_labels, reduction='mean')
  loss = real_loss + fake_loss
  return loss


def generator_loss(logits_fake):
  loss = None
  labels = torch.ones(logits_fake.size()).to(logits_fake.device)
  loss = nn.functional.binary_cross_entropy_with_logits(logits_fake, labels, reduction='sum')
  loss /= logits_fake.size(0)
  return loss


def get_optimizer(model):
  optimizer = None
  optimizer = optim.Adam(model.parameters(), lr=1e-3, betas=[0.5, 0.999])
  return optimizer


def ls_discriminator_loss(scores_real, scores_fake):
  loss = None
  N = scores_real.size(0)
  loss_real = 0.5 * torch.sum((scores_real - 1) ** 2) / N
  loss_fake = 0.5 * torch.sum(scores_fake ** 2) / scores_fake.size(0)
  loss = loss_real + loss_fake
  return loss


def ls_generator_loss(scores_fake):
  loss = None
  loss = 0.5 * ((scores_fake - torch.ones_like(scores_fake)) ** 2).mean()
  return loss


def build_dc_classifier():
  model = nn.Sequential(
    nn.Unflatten(1, (1, 28, 28)),
    nn.Conv2d(1, 32, kernel_size=(5, 5), stride=1),
    nn.LeakyReLU(negative_slope=0.01),
    nn.MaxPool2d(kernel_size=2, stride=2),
    nn.Conv2d(32, 64, kernel_size=(5, 5), stride=1),
    nn.LeakyReLU(negative_slope=0.01),
    nn.MaxPool2d(kernel_size=2, stride=2),
    nn.Flatten(),
    nn.Linear(4 * 4 * 64, 4 * 4 * 64),
    nn.LeakyReLU(negative_slope=0.01),
    nn.Linear(4 * 4 * 64, 1)
  )
  return model


def build_dc_generator(noise_dim=NOISE_DIM):
  model = nn.Sequential(
    nn.Linear(noise_dim, 1024),
    nn.ReLU(),
    nn.BatchNorm1d(1024),
    nn.Linear(1024, 7 * 7 * 128),
    nn.ReLU(),
    nn.BatchNorm1d(7 * 7 * 128),
    nn.Unflatten(1, (128, 7, 7)),
    nn.ConvTranspose2d(128, 64, kernel_size=4, stride=2, padding=1),
    nn.ReLU(),
    nn.BatchNorm2d(64),
    nn.ConvTranspose2d(64, 1, kernel_size=4, stride=2, padding=1),
    nn.Tanh(),
    nn.Flatten(start_dim=1)
  )
  return model
