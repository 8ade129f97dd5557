"""
Long-hand, two spaces, imports from everywhere: a folder of some years ago.
"""
from __future__ import print_function
import torch
import torch.utils.data
from torch import nn, optim
from torch.nn import functional as F
from torchvision import datasets, transforms
from torchvision.utils import save_image
import matplotlib.pyplot as plt


def hello_vae():
  print("Hello from vae.py!")


class VAE(nn.Module):
  def __init__(self, input_size, latent_size=15):
    super(VAE, self).__init__()
    self.input_size = input_size  # H*W
    self.latent_size = latent_size  # Z
    self.hidden_dim = None  # H_d
    self.encoder = None
    self.mu_layer = None
    self.logvar_layer = None
    self.decoder = None

    self.hidden_dim = 256
    self.encoder = nn.Sequential(
      nn.Flatten(),
      nn.Linear(input_size, self.hidden_dim),
      nn.ReLU(inplace=True),
      nn.Linear(self.hidden_dim, self.hidden_dim),
      nn.ReLU(inplace=True),
      nn.Linear(self.hidden_dim, self.hidden_dim),
      nn.ReLU(inplace=True)
    )
    self.mu_layer = nn.Linear(self.hidden_dim, latent_size)
    self.logvar_layer = nn.Linear(self.hidden_dim, latent_size)
    self.decoder = nn.Sequential(
      nn.Linear(latent_size, self.hidden_dim),
      nn.ReLU(inplace=True),
      nn.Linear(self.hidden_dim, self.hidden_dim),
      nn.ReLU(inplace=True),
      nn.Linear(self.hidden_dim, self.hidden_dim),
      nn.ReLU(inplace=True),
      nn.Linear(self.hidden_dim, input_size),
      nn.Sigmoid(),
      nn.Unflatten(1, (1, 28, 28))
    )

  def forward(self, x):
    x_hat = None
    mu = None
    logvar = None
    h = self.encoder(x)
    mu = self.mu_layer(h)
    logvar = self.logvar_layer(h)
    z = reparametrize(mu, logvar)
    x_hat = self.decoder(z)
    return x_hat, mu, logvar


class CVAE(nn.Module):
  def __init__(self, input_size, num_classes=10, latent_size=15):
    super(CVAE, self).__init__()
    self.input_size = input_size  # H*W
    self.latent_size = latent_size  # Z
    self.num_classes = num_classes  # C
    self.hidden_dim = 256
    self.encoder = nn.Sequential(
      nn.Linear(input_size + num_classes, self.hidden_dim),
      nn.ReLU(),
      nn.Linear(self.hidden_dim, self.hidden_dim),
      nn.ReLU(),
      nn.Linear(self.hidden_dim, self.hidden_dim),
      nn.ReLU()
    )
    self.mu_layer = nn.Linear(self.hidden_dim, latent_size)
    self.logvar_layer = nn.Linear(self.hidden_dim, latent_size)
    self.decoder = nn.Sequential(
      nn.Linear(latent_size + num_classes, self.hidden_dim),
      nn.ReLU(),
      nn.Linear(self.hidden_dim, self.hidden_dim),
      nn.ReLU(),
      nn.Linear(self.hidden_dim, self.hidden_dim),
      nn.ReLU(),
      nn.Linear(self.hidden_dim, input_size),
      nn.Sigmoid()
    )

  def forward(self, x, c):
    N, _, H, W = x.shape
    flat = x.view(N, -1)
    h = self.encoder(torch.cat((flat, c), dim=1))
    mu = self.mu_layer(h)
    logvar = self.logvar_layer(h)
    z = reparametrize(mu, logvar)
    x_hat = self.decoder(torch.cat((z, c), dim=1)).view(N, 1, H, W)
    return x_hat, mu, logvar


def reparametrize(mu, logvar):
  z = None
  N, Z = mu.shape
  epsilon = torch.randn(N, Z).to(mu.device)
  sigma = torch.sqrt(torch.exp(logvar))
  z = epsilon * sigma + mu
  return z


def loss_function(x_hat, x, mu, logvar):
  loss = None
  N = mu.shape[0]
  rec = F.binary_cross_entropy(x_hat.view(N, -1), x.view(N, -1), reduction='sum')
  kl = -0.5 * torch.sum(1 + logvar - mu ** 2 - torch.exp(logvar))
  loss = rec + kl
  loss /= N
  return loss
