"""As in a notebook of the first edition: pictures (N, 1, 28, 28) come in, Flatten and Unflatten are made by hand."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.nn import init

NOISE_DIM = 96


class Flatten(nn.Module):
    def forward(self, x):
        N, C, H, W = x.size()  # read in N, C, H, W
        return x.view(N, -1)  # "flatten" the C * H * W values into a single vector per image


class Unflatten(nn.Module):
    def __init__(self, N=-1, C=128, H=7, W=7):
        super(Unflatten, self).__init__()
        self.N = N
        self.C = C
        self.H = H
        self.W = W

    def forward(self, x):
        return x.view(self.N, self.C, self.H, self.W)


def initialize_weights(m):
    if isinstance(m, nn.Linear) or isinstance(m, nn.ConvTranspose2d):
        init.xavier_uniform_(m.weight.data)


def sample_noise(batch_size, dim, dtype=torch.float, device='cpu'):
    return torch.FloatTensor(batch_size, dim).uniform_(-1, 1).to(dtype).to(device)


def discriminator():
    return nn.Sequential(Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.01), nn.Linear(256, 256), nn.LeakyReLU(0.01),
                         nn.Linear(256, 1))


def generator(noise_dim=NOISE_DIM):
    net = nn.Sequential(nn.Linear(noise_dim, 1024), nn.ReLU(inplace=True), nn.Linear(1024, 1024),
                        nn.ReLU(inplace=True), nn.Linear(1024, 784), nn.Tanh())
    net.apply(initialize_weights)
    return net


def bce_loss(input, target):
    neg_abs = -input.abs()
    loss = input.clamp(min=0) - input * target + (1 + neg_abs.exp()).log()
    return loss.mean()


def discriminator_loss(logits_real, logits_fake):
    return bce_loss(logits_real, torch.ones_like(logits_real)) + bce_loss(logits_fake, torch.zeros_like(logits_fake))


def generator_loss(logits_fake):
    return bce_loss(logits_fake, 1)


def get_optimizer(model):
    solver = optim.Adam(model.parameters(), lr=0.001, betas=(0.5, 0.999))
    solver.zero_grad()
    return solver


def ls_discriminator_loss(scores_real, scores_fake):
    real = torch.pow(scores_real - 1, 2)
    fake = torch.pow(scores_fake, 2)
    return real.mean() / 2 + fake.mean() / 2


def ls_generator_loss(scores_fake):
    return 0.5 * torch.mean(torch.pow(1 - scores_fake, 2))


def build_dc_classifier():
    return nn.Sequential(
        nn.Conv2d(1, 32, 5),
        nn.MaxPool2d(2, stride=2),
        nn.LeakyReLU(0.01),
        nn.Conv2d(32, 64, 5),
        nn.MaxPool2d(2, stride=2),
        nn.LeakyReLU(0.01),
        Flatten(),
        nn.Linear(4 * 4 * 64, 4 * 4 * 64),
        nn.LeakyReLU(0.01),
        nn.Linear(4 * 4 * 64, 1),
    )


def build_dc_generator(noise_dim=NOISE_DIM):
    return nn.Sequential(
        nn.Linear(noise_dim, 1024),
        nn.ReLU(),
        nn.BatchNorm1d(1024),
        nn.Linear(1024, 7 * 7 * 128),
        nn.ReLU(),
        nn.BatchNorm1d(6272),
        Unflatten(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1),
        nn.ReLU(),
        nn.BatchNorm2d(64),
        nn.ConvTranspose2d(64, 1, 4, 2, 1),
        nn.Tanh(),
        Flatten(),
    )
