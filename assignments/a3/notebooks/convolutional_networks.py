"""Notebook of a3, convolutional_networks. See docs/authoring.md for the marks."""

# %% [markdown]
# ## A filter looks for something
#
# One handwritten digit, and four filters of 3 x 3 numbers. Where the picture looks like the filter the output is large
# (red), where it looks like the opposite it is small (blue). Nobody draws filters by hand any more: they are weights, and
# the gradient finds them.

# %%
import numpy as np

with np.load("../data/digits.npz") as file:
    digit = torch.tensor(file["images"][3] / 16.0)
filters = {
    "edge from above": [[1, 1, 1], [0, 0, 0], [-1, -1, -1]],
    "edge from the left": [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
    "a dot": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "blur": [[1 / 9] * 3] * 3,
}
w = torch.tensor(list(filters.values()), dtype=torch.double)[:, None]
out = torch.nn.functional.conv2d(digit[None, None], w, padding=1)[0]
figure, panels = plt.subplots(1, 5, figsize=(13, 3))
panels[0].imshow(digit, cmap="gray_r")
panels[0].set_title("x")
for axes, name, image in zip(panels[1:], filters, out, strict=True):
    axes.imshow(image, cmap="coolwarm", vmin=-float(image.abs().max()), vmax=float(image.abs().max()))
    axes.set_title(name)
for axes in panels:
    axes.axis("off")
plt.show()

# %% [handout] convolutional_networks.py / Convolution

# %% [checks] Conv.forward Conv.backward

# %% [markdown]
# ## Your layer, and what its gradient sees
#
# Left: your output for the first filter, which should look like the one above. Right: the gradient that reaches every
# pixel when every output gets 1. Pixels in the middle lie under nine windows; at the border, where windows hang over the
# edge, under fewer. That is what padding does.

# %%
b = torch.zeros(4, dtype=torch.double)
mine, cache = convolutional_networks.Conv.forward(digit[None, None], w, b, {"stride": 1, "pad": 1})
ones = torch.ones(1, 1, 3, 3, dtype=torch.double)
result, cache = convolutional_networks.Conv.forward(digit[None, None], ones, b[:1], {"stride": 1, "pad": 1})
dx, dw, db = convolutional_networks.Conv.backward(torch.ones_like(result), cache)
figure, panels = plt.subplots(1, 2, figsize=(7, 3))
for axes, (title, image) in zip(
    panels, {"Conv.forward": mine[0, 0], "dx of Conv.backward": dx[0, 0]}.items(), strict=True
):
    picture = axes.imshow(image, cmap="coolwarm")
    axes.set_title(title)
    axes.axis("off")
    figure.colorbar(picture, ax=axes)
plt.show()

# %% [handout] convolutional_networks.py / Max-pooling

# %% [checks] MaxPool.forward MaxPool.backward

# %% [markdown]
# ## Where the gradient goes
#
# Max-pooling lets the largest number of each window through, and its gradient goes back to that number alone.

# %%
pooled, cache = convolutional_networks.MaxPool.forward(mine, {"pool_height": 2, "pool_width": 2, "stride": 2})
back = convolutional_networks.MaxPool.backward(torch.ones_like(pooled), cache)
figure, panels = plt.subplots(1, 3, figsize=(9, 3))
for axes, (title, image) in zip(panels, {"in": mine, "out": pooled, "gradient": back}.items(), strict=True):
    axes.imshow(image[0, 0], cmap="viridis")
    axes.set_title(f"{title} {tuple(image[0, 0].shape)}")
    axes.axis("off")
plt.show()

# %% [handout] convolutional_networks.py / Networks

# %% [checks] ThreeLayerConvNet.__init__ ThreeLayerConvNet.loss kaiming_initializer DeepConvNet.__init__ DeepConvNet.loss

# %% [handout] convolutional_networks.py / Batch normalisation

# %% [checks] BatchNorm.forward BatchNorm.backward BatchNorm.backward_alt SpatialBatchNorm.forward SpatialBatchNorm.backward

# %% [markdown]
# ## Before and after
#
# Three features of very different size and place, through your layer: in training each has mean 0 and deviation 1. In test
# mode the running statistics are used; after few batches they still remember where they began.

# %%
torch.manual_seed(0)
place, size = torch.tensor([5.0, 0.0, -3.0]), torch.tensor([0.3, 2.0, 1.0])
bn_param = {"mode": "train", "momentum": 0.9}
gamma, beta = torch.ones(3), torch.zeros(3)
figure, panels = plt.subplots(1, 4, figsize=(14, 3), sharey=True)
for batch in range(60):
    x = place + size * torch.randn(200, 3)
    trained, _ = convolutional_networks.BatchNorm.forward(x, gamma, beta, bn_param)
    if batch in (2, 59):
        tested, _ = convolutional_networks.BatchNorm.forward(x, gamma, beta, {**bn_param, "mode": "test"})
        panels[2 if batch == 2 else 3].hist(tested.numpy(), bins=40, range=(-8, 8), histtype="step")
        panels[2 if batch == 2 else 3].set_title(f"test mode after {batch + 1} batches")
panels[0].hist(x.numpy(), bins=40, range=(-8, 8), histtype="step")
panels[0].set_title("before")
panels[1].hist(trained.numpy(), bins=40, range=(-8, 8), histtype="step")
panels[1].set_title("training mode")
plt.show()

# %% [checks]
