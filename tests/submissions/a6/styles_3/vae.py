"""Short; one class made from the other; attributes that are no parameters; the loss by logits of x_hat's odds."""

import torch
from torch import nn


class CVAE(nn.Module):
    def __init__(self, input_size, num_classes=10, latent_size=15):
        super().__init__()
        self.hidden_dim = h = 300
        self.log = []
        self.decoder = nn.Sequential(
            *self.three(latent_size + num_classes, h), nn.Linear(h, input_size), nn.Sigmoid()
        )
        self.encoder = nn.Sequential(*self.three(input_size + num_classes, h))
        self.logvar_layer, self.mu_layer = nn.Linear(h, latent_size), nn.Linear(h, latent_size)

    def three(self, entering, h):
        return [nn.Linear(entering, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU(), nn.Linear(h, h), nn.ReLU()]

    def forward(self, x, c):
        hidden = self.encoder(torch.cat([x.reshape(x.shape[0], -1), c], -1))
        mu, logvar = self.mu_layer(hidden), self.logvar_layer(hidden)
        self.log.append(float(mu.detach().abs().mean()))
        x_hat = self.decoder(torch.cat([reparametrize(mu, logvar), c], -1))
        return x_hat.reshape_as(x), mu, logvar


class VAE(CVAE):
    def __init__(self, input_size, latent_size=15):
        super().__init__(input_size, 0, latent_size)

    def forward(self, x):
        return super().forward(x, x.new_empty(len(x), 0))


def reparametrize(mu, logvar):
    std = logvar.div(2).exp_()
    return torch.randn_like(std).mul_(std).add_(mu) if not std.requires_grad else std.mul(torch.randn_like(std)).add(mu)


def loss_function(x_hat, x, mu, logvar):
    log_odds = torch.log(x_hat) - torch.log1p(-x_hat)
    reconstruction = -(x * log_odds + torch.log1p(-x_hat)).sum()
    kl = (mu**2 + logvar.exp() - logvar).sum() / 2 - mu.numel() / 2
    return (reconstruction + kl) / mu.size(0)
