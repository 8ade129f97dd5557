"""Notebook of a3, fully_connected_networks. See docs/authoring.md for the marks."""

# %% [handout] How a layer goes back

# %% [handout] fully_connected_networks.py / Linear, ReLU

# %% [checks] Linear.forward Linear.backward ReLU.forward ReLU.backward

# %% [markdown]
# ## What the scale of the weights does
#
# Ten layers of 200 units, linear and ReLU, before any training: how large the numbers are, layer by layer. A little too
# small and they die out, a little too large and they explode, and the gradients do the same on their way back. This is why
# a five-layer net needs another `weight_scale` than a three-layer one.

# %%
torch.manual_seed(0)
for scale in (0.05, 0.08, 0.1, 0.12, 0.2):
    h, sizes = torch.randn(100, 200), []
    for _ in range(10):
        h = (h @ (scale * torch.randn(200, 200))).clamp(min=0)
        sizes.append(float(h.std()))
    plt.semilogy(range(1, 11), sizes, "o-", label=f"weight_scale {scale}")
plt.xlabel("layer")
plt.ylabel("standard deviation of its output")
plt.legend()
plt.show()

# %% [handout] fully_connected_networks.py / Networks

# %% [checks] TwoLayerNet.__init__ TwoLayerNet.loss FullyConnectedNet.__init__ FullyConnectedNet.loss

# %% [handout] fully_connected_networks.py / Update rules

# %% [checks] sgd_momentum rmsprop adam

# %% [markdown]
# ## Your update rules in a narrow valley
#
# All start at the same point and walk for 80 steps towards the cross. Plain gradient descent bounces between the walls.
# Momentum overshoots and comes back. RMSProp and Adam divide by the size of the gradients, and take the valley as if it
# were round.

# %%
target = torch.tensor([2.0, 1.0])
steepness = torch.tensor([1.0, 25.0])
rules = {
    "sgd": (fully_connected_networks.sgd, 0.07),
    "sgd_momentum": (fully_connected_networks.sgd_momentum, 0.02),
    "rmsprop": (fully_connected_networks.rmsprop, 0.1),
    "adam": (fully_connected_networks.adam, 0.3),
}
across, along = torch.linspace(-3, 4, 120), torch.linspace(-1.5, 3, 120)
height = 0.5 * (steepness[0] * (across[:, None] - target[0]) ** 2 + steepness[1] * (along - target[1]) ** 2)
plt.figure(figsize=(9, 5))
plt.contour(across, along, height.T, levels=[0.5, 2, 6, 15, 30, 60, 100], colors="lightgray")
for name, (rule, rate) in rules.items():
    w, config, path = torch.tensor([-2.5, 2.5]), {"learning_rate": rate}, []
    for _ in range(80):
        path.append(w.clone())
        w, config = rule(w, steepness * (w - target), config)
    plt.plot(*torch.stack(path).T, ".-", label=name, alpha=0.7)
plt.plot(*target, "kx", markersize=10)
plt.legend()
plt.show()

# %% [handout] fully_connected_networks.py / Dropout

# %% [checks] Dropout.forward Dropout.backward

# %% [markdown]
# ## Dropped, and scaled
#
# Ten thousand ones through your layer. A share p is gone; what is left is larger, so that the mean stays where it was, and
# nothing needs to change in test mode.

# %%
ones = torch.ones(10_000)
chances = [0.0, 0.2, 0.4, 0.6, 0.8]
out = [fully_connected_networks.Dropout.forward(ones, {"mode": "train", "p": p, "seed": 0})[0] for p in chances]
plt.plot(chances, [float((o == 0).double().mean()) for o in out], "o-", label="share that is 0")
plt.plot(chances, [float(o.max()) for o in out], "o-", label="what a 1 became")
plt.plot(chances, [float(o.mean()) for o in out], "o-", label="mean")
plt.xlabel("p")
plt.legend()
plt.show()

# %% [handout] fully_connected_networks.py / Training

# %% [checks]
