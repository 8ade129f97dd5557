"""Notebook of a6, vae. See docs/authoring.md for the marks."""

# %% [handout] vae.py / The reparametrization

# %% [checks] reparametrize

# %% [markdown]
# ## Your draws
#
# Ten thousand z for each of three pairs of mu and logvar, and the normal densities that they ought to follow.

# %%
import math

torch.manual_seed(0)
places = torch.linspace(-6, 8, 300)
for (mu, logvar), colour in zip(((0.0, 0.0), (3.0, 1.0), (-2.0, -3.0)), ("C0", "C1", "C2"), strict=True):
    z = vae.reparametrize(torch.full((10_000, 1), mu), torch.full((10_000, 1), logvar))
    density = torch.distributions.Normal(mu, math.exp(logvar / 2))
    plt.hist(z[:, 0].numpy(), bins=80, range=(-6, 8), density=True, alpha=0.4, color=colour)
    plt.plot(places, density.log_prob(places).exp(), color=colour, label=f"mu = {mu:g}, logvar = {logvar:g}")
plt.legend()
plt.show()

# %% [handout] vae.py / The loss

# %% [checks] loss_function

# %% [handout] vae.py / From a picture to a distribution

# %% [checks] VAE CVAE

# %% [markdown]
# ## Training
#
# Handwritten digits, 28 x 28 pixels from 0 to 1. One loss, one optimizer: what the two terms cost each other is seen in their curves.

# %%
import time

import numpy as np
from a6_helper import enlarged, one_hot

with np.load("../data/digits.npz") as file:
    digits = enlarged(torch.tensor(file["images"] / 16.0, dtype=torch.float32))
    labels = torch.tensor(file["labels"], dtype=torch.long)
shuffled = torch.randperm(len(digits), generator=torch.Generator().manual_seed(0))
train, test = shuffled[:1500], shuffled[1500:]


def learn(net, epochs, told=False, after=lambda epoch: None):
    """Train, and return the loss of unseen digits and its second term after each epoch."""
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    classes, history, begin = one_hot(labels, 10), [], time.time()
    for epoch in range(epochs):
        after(epoch)
        for chosen in train[torch.randperm(len(train))].split(50):
            inputs = (digits[chosen], classes[chosen]) if told else (digits[chosen],)
            x_hat, mu, logvar = net(*inputs)
            optimizer.zero_grad()
            vae.loss_function(x_hat, inputs[0], mu, logvar).backward()
            optimizer.step()
        with torch.no_grad():
            inputs = (digits[test], classes[test]) if told else (digits[test],)
            x_hat, mu, logvar = net(*inputs)
            described = torch.distributions.Normal(mu, (logvar / 2).exp())
            standard = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
            divergence = torch.distributions.kl_divergence(described, standard).sum() / len(test)
            history.append((float(vae.loss_function(x_hat, inputs[0], mu, logvar)), float(divergence)))
    after(epochs)
    print(f"{epochs} epochs in {time.time() - begin:.0f} seconds, loss of unseen digits {history[-1][0]:.1f}")
    return history


def show(rows, titles, size=0.75):
    """Pictures (n, 784), from 0 to 1, as one strip for each title."""
    columns = len(rows[0])
    figure, panels = plt.subplots(len(rows), 1, figsize=(size * columns, 1.35 * size * len(rows)), squeeze=False)
    for axes, pictures, title in zip(panels[:, 0], rows, titles, strict=True):
        axes.imshow(torch.cat([picture.reshape(28, 28) for picture in pictures], dim=1), cmap="gray", vmin=0, vmax=1)
        axes.set_title(title, loc="left", fontsize=10)
        axes.axis("off")
    plt.tight_layout()
    plt.show()


torch.manual_seed(0)
net = vae.VAE(784, latent_size=15)
fixed, strips = torch.randn(16, 15), {}


def draw(epoch):
    """Keep what the decoder makes of the same latent vectors."""
    if epoch in (0, 2, 10, 40):
        with torch.no_grad():
            strips[epoch] = net.decoder(fixed).reshape(16, 784)


history = learn(net, 40, after=draw)
show(list(strips.values()), [f"of noise, after {epoch} epochs" for epoch in strips])

# %%
figure, panels = plt.subplots(1, 2, figsize=(9, 3))
titles = "loss of unseen digits", "its second term, the divergence"
for axes, values, title in zip(panels, zip(*history, strict=True), titles, strict=True):
    axes.plot(range(1, len(history) + 1), values)
    axes.set_title(title)
    axes.set_xlabel("epoch")
plt.show()

# %% [markdown]
# ## There and back
#
# Digits that were not learned from, and what comes back: smoother than they were, since details that fifteen numbers do not hold come out as their mean.

# %%
with torch.no_grad():
    back, mu, logvar = net(digits[test[:16]])
show([digits[test[:16]], back], ["x", "x_hat"])

# %% [markdown]
# ## From one digit to another
#
# A straight way between the means of two digits, decoded at sixteen places. What lies between is nobody's handwriting.

# %%
share = torch.linspace(0, 1, 16)[:, None]
with torch.no_grad():
    rows = [net.decoder((1 - share) * one + share * other) for one, other in zip(mu[0:4], mu[4:8], strict=True)]
show(rows, ["from left to right", "", "", ""])

# %% [markdown]
# ## Two numbers
#
# With a latent vector of two numbers, the whole of what the decoder can draw fits on a page: a grid over the plane, from -2 to 2 both ways.
# Beside it where the encoder puts the digits, each in the colour of its class. The divergence keeps them together around 0.

# %%
torch.manual_seed(0)
plane = vae.VAE(784, latent_size=2)
learn(plane, 40)
ends = torch.linspace(-2, 2, 15)
grid = torch.cartesian_prod(ends.flip(0), ends).flip(1)
with torch.no_grad():
    pictures = plane.decoder(grid).reshape(15, 15, 28, 28).permute(0, 2, 1, 3).reshape(15 * 28, 15 * 28)
    where = plane(digits)[1]
figure, panels = plt.subplots(1, 2, figsize=(12, 5.5))
panels[0].imshow(pictures, cmap="gray", extent=(-2.15, 2.15, -2.15, 2.15))
points = panels[1].scatter(where[:, 0], where[:, 1], c=labels, cmap="tab10", s=6, vmin=-0.5, vmax=9.5)
panels[1].set_aspect("equal")
figure.colorbar(points, ax=panels[1], ticks=range(10))
plt.show()

# %% [markdown]
# ## Asked for a digit
#
# Each column one latent vector, each row one class: the CVAE writes all ten digits in one and the same hand, slanted or upright, bold or thin.

# %%
torch.manual_seed(0)
asked = vae.CVAE(784, num_classes=10, latent_size=15)
learn(asked, 30, told=True)
hands = torch.randn(12, 15)
with torch.no_grad():
    rows = [
        asked.decoder(torch.cat([hands, one_hot(torch.full((12,), digit), 10)], dim=1)).reshape(12, 28, 28)
        for digit in range(10)
    ]
picture = torch.cat([torch.cat(list(row), dim=1) for row in rows])
plt.figure(figsize=(8, 6.7))
plt.imshow(picture, cmap="gray")
plt.axis("off")
plt.show()

# %% [checks]
