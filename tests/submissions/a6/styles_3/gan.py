"""Modules of its own, softplus for the losses, generators that return pictures."""

import itertools

import torch
from torch import nn
from torch.nn.functional import leaky_relu, max_pool2d, mse_loss, relu, softplus


def sample_noise(batch_size: int, noise_dim: int, **kwargs) -> torch.Tensor:
    low, high = -1.0, 1.0
    return torch.empty(batch_size, noise_dim, **kwargs).uniform_(low, high)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Linear(256, 1)
        self.a, self.b = nn.Linear(784, 256), nn.Linear(256, 256)

    def forward(self, x):
        x = leaky_relu(self.a(x.flatten(1)), 1e-2)
        x = leaky_relu(self.b(x), 1e-2)
        return self.c(x).squeeze(-1)


def discriminator():
    return Discriminator()


def generator(noise_dim=96):
    def layers():
        for a, b in itertools.pairwise((noise_dim, 1024, 1024, 784)):
            yield nn.Linear(a, b)
            yield nn.ReLU() if b == 1024 else nn.Tanh()

    return nn.Sequential(*layers(), nn.Unflatten(1, (1, 28, 28)))


def discriminator_loss(logits_real, logits_fake):
    return torch.logaddexp(-logits_real, torch.zeros(())).mean() + torch.logaddexp(logits_fake, torch.zeros(())).mean()


def generator_loss(logits_fake):
    return softplus(-logits_fake).mean()


def get_optimizer(model):
    return torch.optim.Adam([{"params": list(model.parameters())}], betas=(0.5, 0.999), foreach=True)


def ls_discriminator_loss(scores_real, scores_fake):
    return (mse_loss(scores_real, torch.ones_like(scores_real)) + mse_loss(scores_fake, torch.zeros_like(scores_fake))) / 2


def ls_generator_loss(scores_fake):
    return mse_loss(scores_fake, torch.ones_like(scores_fake)).mul(0.5)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolutions = nn.ModuleList([nn.Conv2d(1, 32, 5), nn.Conv2d(32, 64, 5)])
        self.head = nn.Sequential(nn.Linear(1024, 1024), nn.LeakyReLU(), nn.Linear(1024, 1))

    def forward(self, x):
        x = x.reshape(-1, 1, 28, 28)
        for convolution in self.convolutions:
            x = leaky_relu(max_pool2d(convolution(x), 2))
        return self.head(x.flatten(1))


def build_dc_classifier():
    return Classifier()


class Generator(nn.Module):
    def __init__(self, noise_dim):
        super().__init__()
        self.up2 = nn.ConvTranspose2d(64, 1, 4, 2, 1)
        self.up1 = nn.ConvTranspose2d(128, 64, 4, 2, 1)
        self.norm1, self.norm2, self.norm3 = nn.BatchNorm1d(1024), nn.BatchNorm1d(6272), nn.BatchNorm2d(64)
        self.fc1, self.fc2 = nn.Linear(noise_dim, 1024), nn.Linear(1024, 6272)

    def forward(self, z):
        z = self.norm1(relu(self.fc1(z)))
        z = self.norm2(relu(self.fc2(z))).unflatten(1, (128, 7, 7))
        return torch.tanh(self.up2(self.norm3(relu(self.up1(z)))))


def build_dc_generator(noise_dim=96):
    return Generator(noise_dim)
