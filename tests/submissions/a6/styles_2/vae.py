"""A common base class, widths that fall and rise, the class before the picture, the library's distributions."""
import torch
from torch import distributions, nn


class Base(nn.Module):
    def build(self, entering, latent, into_decoder, pixels):
        self.there = self.mlp([entering, 512, 256, 128])
        self.heads = nn.ModuleDict({"logvar": nn.Linear(128, latent), "mu": nn.Linear(128, latent)})
        self.back = self.mlp([into_decoder, 128, 256, 512])
        self.canvas = nn.Linear(512, pixels)

    @staticmethod
    def mlp(widths):
        net = nn.Sequential()
        for number, (a, b) in enumerate(zip(widths[:-1], widths[1:])):
            net.add_module(f"linear_{number}", nn.Linear(a, b))
            net.add_module(f"relu_{number}", nn.ReLU())
        return net

    def encode(self, v):
        features = self.there(v)
        return self.heads["mu"](features), self.heads["logvar"](features)

    def decode(self, v, like):
        return torch.sigmoid(self.canvas(self.back(v))).view_as(like)


class VAE(Base):
    def __init__(self, input_size, latent_size=15):
        super().__init__()
        self.build(input_size, latent_size, latent_size, input_size)

    def forward(self, x):
        mu, logvar = self.encode(x.flatten(start_dim=1))
        return self.decode(reparametrize(mu, logvar), x), mu, logvar


class CVAE(Base):
    def __init__(self, input_size, num_classes=10, latent_size=15):
        super().__init__()
        self.build(num_classes + input_size, latent_size, num_classes + latent_size, input_size)

    def forward(self, x, c):
        mu, logvar = self.encode(torch.hstack([c, x.flatten(start_dim=1)]))
        return self.decode(torch.hstack([c, reparametrize(mu, logvar)]), x), mu, logvar


def reparametrize(mu, logvar):
    return distributions.Normal(mu, (logvar * 0.5).exp()).rsample()


def loss_function(x_hat, x, mu, logvar):
    bce = nn.BCELoss(reduction="none")(x_hat, x).sum(dim=(1, 2, 3))
    posterior = distributions.Normal(mu, (logvar * 0.5).exp())
    kl = distributions.kl_divergence(posterior, distributions.Normal(0.0, 1.0)).sum(dim=1)
    return (bce + kl).mean()
