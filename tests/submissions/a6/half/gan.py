"""
Half right: what goes wrong most often, beside what does not.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torchvision
import matplotlib.pyplot as plt

NOISE_DIM = 96


def sample_noise(batch_size, noise_dim, dtype=torch.float, device='cpu'):
  return torch.rand(batch_size, noise_dim, dtype=dtype, device=device)


def discriminator():
  return nn.Sequential(
    nn.Linear(784, 256),
    nn.LeakyReLU(0.2),
    nn.Linear(256, 256),
    nn.LeakyReLU(0.2),
    nn.Linear(256, 1)
  )


def generator(noise_dim=NOISE_DIM):
  return nn.Sequential(
    nn.Linear(noise_dim, 1024),
    nn.ReLU(),
    nn.Linear(1024, 1024),
    nn.ReLU(),
    nn.Linear(1024, 784),
    nn.Tanh()
  )


def discriminator_loss(logits_real, logits_fake):
  real = F.binary_cross_entropy_with_logits(logits_real, torch.ones_like(logits_real))
  fake = F.binary_cross_entropy_with_logits(logits_fake, torch.zeros_like(logits_fake))
  return (real + fake) / 2


def generator_loss(logits_fake):
  labels = torch.zeros_like(logits_fake)
  return F.binary_cross_entropy_with_logits(logits_fake, labels)


def get_optimizer(model):
  return optim.Adam(model.parameters(), lr=1e-3)


def ls_discriminator_loss(scores_real, scores_fake):
  return ((scores_real - 1) ** 2).mean() + (scores_fake ** 2).mean()


def ls_generator_loss(scores_fake):
  return 0.5 * ((scores_fake - 1) ** 2).mean()


def build_dc_classifier():
  return nn.Sequential(
    nn.Unflatten(1, (1, 28, 28)),
    nn.Conv2d(1, 32, 5),
    nn.LeakyReLU(),
    nn.AvgPool2d(2),
    nn.Conv2d(32, 64, 5),
    nn.LeakyReLU(),
    nn.AvgPool2d(2),
    nn.Flatten(),
    nn.Linear(1024, 1024),
    nn.LeakyReLU(),
    nn.Linear(1024, 1)
  )


def build_dc_generator(noise_dim=NOISE_DIM):
  return nn.Sequential(
    nn.Linear(noise_dim, 1024),
    nn.BatchNorm1d(1024),
    nn.ReLU(),
    nn.Linear(1024, 6272),
    nn.BatchNorm1d(6272),
    nn.ReLU(),
    nn.Unflatten(1, (128, 7, 7)),
    nn.ConvTranspose2d(128, 64, 4, 2, 1),
    nn.BatchNorm2d(64),
    nn.ReLU(),
    nn.ConvTranspose2d(64, 1, 4, 2, 1),
    nn.Tanh(),
    nn.Flatten()
  )
