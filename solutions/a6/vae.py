"""Variational autoencoders: a picture becomes a normal distribution over a few numbers, and a number drawn from it
becomes a picture again.

Pictures are (N, 1, 28, 28), pixels from 0 to 1. What the networks compute and the shapes of their parameters are
graded; names in them, and the width of the hidden layers, are yours to choose.
Replace every `raise NotImplementedError`.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class VAE(nn.Module):
    """An encoder to the mean and log-variance of a latent vector, and a decoder from the vector to the picture."""

    def __init__(self, input_size: int, latent_size: int = 15) -> None:
        """Make the layers.

        The encoder has three linear layers, each followed by a ReLU; two more linear layers, side by side, make mu and
        logvar of its output. The decoder has three linear layers, each followed by a ReLU, and a fourth one followed by
        a sigmoid. Hidden layers have the width self.hidden_dim, which you may change (64 at least). The notebook draws
        with self.decoder, from latent vectors (N, Z) to pixels (N, D) or pictures.

        input_size: pixels of a picture, D. latent_size: numbers in a latent vector, Z.
        """
        super().__init__()
        self.input_size = input_size
        self.latent_size = latent_size
        self.hidden_dim = 400
        # BEGIN SOLUTION
        self.encoder = perceptron(input_size, self.hidden_dim)
        self.mu_layer = nn.Linear(self.hidden_dim, latent_size)
        self.logvar_layer = nn.Linear(self.hidden_dim, latent_size)
        last = nn.Linear(self.hidden_dim, input_size)
        self.decoder = nn.Sequential(perceptron(latent_size, self.hidden_dim), last, nn.Sigmoid())
        # END SOLUTION

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode pictures, draw a latent vector for each, and decode it.

        x: (N, 1, H, W), H * W = D. Returns x_hat (N, 1, H, W), mu (N, Z), logvar (N, Z).
        """
        # BEGIN SOLUTION
        hidden = self.encoder(x.flatten(1))
        mu, logvar = self.mu_layer(hidden), self.logvar_layer(hidden)
        return self.decoder(reparametrize(mu, logvar)).reshape(x.shape), mu, logvar
        # END SOLUTION


class CVAE(nn.Module):
    """A VAE that is told the class of a picture, twice: its encoder beside the picture, its decoder beside the latent
    vector.
    """

    def __init__(self, input_size: int, num_classes: int = 10, latent_size: int = 15) -> None:
        """Make the layers: as in VAE, with num_classes more inputs to the encoder and to the decoder. The notebook
        draws with self.decoder, from latent vectors with the class after them, (N, Z + C).

        input_size: pixels of a picture, D. num_classes: C. latent_size: numbers in a latent vector, Z.
        """
        super().__init__()
        self.input_size = input_size
        self.num_classes = num_classes
        self.latent_size = latent_size
        self.hidden_dim = 400
        # BEGIN SOLUTION
        self.encoder = perceptron(input_size + num_classes, self.hidden_dim)
        self.mu_layer = nn.Linear(self.hidden_dim, latent_size)
        self.logvar_layer = nn.Linear(self.hidden_dim, latent_size)
        last = nn.Linear(self.hidden_dim, input_size)
        self.decoder = nn.Sequential(perceptron(latent_size + num_classes, self.hidden_dim), last, nn.Sigmoid())
        # END SOLUTION

    def forward(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Encode pictures with their classes, draw a latent vector for each, and decode it with the class.

        x: (N, 1, H, W), H * W = D. c: (N, C), 1 at the class and 0 elsewhere. Returns x_hat (N, 1, H, W), mu (N, Z),
        logvar (N, Z).
        """
        # BEGIN SOLUTION
        hidden = self.encoder(torch.cat([x.flatten(1), c], dim=1))
        mu, logvar = self.mu_layer(hidden), self.logvar_layer(hidden)
        z = torch.cat([reparametrize(mu, logvar), c], dim=1)
        return self.decoder(z).reshape(x.shape), mu, logvar
        # END SOLUTION


def perceptron(inputs: int, hidden: int) -> nn.Sequential:
    """Three linear layers, each followed by a ReLU. Given."""
    layers: list[nn.Module] = []
    for entering in (inputs, hidden, hidden):
        layers += [nn.Linear(entering, hidden), nn.ReLU()]
    return nn.Sequential(*layers)


def reparametrize(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return z (N, Z): independent normal numbers with means mu and variances exp(logvar), in a way that gradients pass
    through to mu and logvar.

    mu: (N, Z). logvar: (N, Z), natural logarithms of variances.
    """
    # BEGIN SOLUTION
    return mu + (logvar / 2).exp() * torch.randn_like(mu)
    # END SOLUTION


def loss_function(x_hat: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return the negative variational lower bound, a scalar: for each example the binary cross-entropy of its pixels,
    summed, plus the Kullback-Leibler divergence of the normal distribution (mu, exp(logvar)) from the standard one,
    summed over Z; averaged over the N examples.

    x_hat: (N, 1, H, W), between 0 and 1. x: (N, 1, H, W), from 0 to 1. mu: (N, Z). logvar: (N, Z).
    """
    # BEGIN SOLUTION
    reconstruction = F.binary_cross_entropy(x_hat, x, reduction="sum")
    divergence = 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum()
    return (reconstruction + divergence) / len(x)
    # END SOLUTION
