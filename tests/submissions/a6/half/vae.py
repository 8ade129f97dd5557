"""
Half right: what goes wrong most often, beside what does not.
"""
import torch
import torch.nn as nn
import torch.nn.functional as F


class VAE(nn.Module):
  def __init__(self, input_size, latent_size=15):
    super(VAE, self).__init__()
    H = 400
    self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(input_size, H), nn.ReLU(), nn.Linear(H, H), nn.ReLU(),
                                 nn.Linear(H, H), nn.ReLU())
    self.mu_layer = nn.Linear(H, latent_size)
    self.logvar_layer = nn.Sequential(nn.Linear(H, latent_size), nn.ReLU())
    self.decoder = nn.Sequential(nn.Linear(latent_size, H), nn.ReLU(), nn.Linear(H, H), nn.ReLU(),
                                 nn.Linear(H, H), nn.ReLU(), nn.Linear(H, input_size), nn.Sigmoid())

  def forward(self, x):
    h = self.encoder(x)
    mu, logvar = self.mu_layer(h), self.logvar_layer(h)
    return self.decoder(reparametrize(mu, logvar)).view(x.shape), mu, logvar


class CVAE(nn.Module):
  def __init__(self, input_size, num_classes=10, latent_size=15):
    super(CVAE, self).__init__()
    H = 400
    self.encoder = nn.Sequential(nn.Linear(input_size + num_classes, H), nn.ReLU(), nn.Linear(H, H), nn.ReLU(),
                                 nn.Linear(H, H), nn.ReLU())
    self.mu_layer = nn.Linear(H, latent_size)
    self.logvar_layer = nn.Linear(H, latent_size)
    self.decoder = nn.Sequential(nn.Linear(latent_size, H), nn.ReLU(), nn.Linear(H, H), nn.ReLU(),
                                 nn.Linear(H, H), nn.ReLU(), nn.Linear(H, input_size), nn.Sigmoid())

  def forward(self, x, c):
    h = self.encoder(torch.cat([x.view(x.size(0), -1), c], dim=1))
    mu, logvar = self.mu_layer(h), self.logvar_layer(h)
    return self.decoder(reparametrize(mu, logvar)).view(x.shape), mu, logvar


def reparametrize(mu, logvar):
  std = torch.exp(0.5 * logvar)
  eps = torch.randn_like(std)
  return eps * std + mu


def loss_function(x_hat, x, mu, logvar):
  BCE = F.binary_cross_entropy(x_hat, x)
  KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
  return BCE + KLD / x.size(0)
