"""Notebook of a2, two_layer_net. See docs/authoring.md for the marks."""

# %% [markdown]
# ## Why a second layer
#
# Three spirals. No straight line tells them apart, so no linear classifier does. A hidden layer bends: each hidden unit is
# 0 on one side of a line and grows on the other, and the second layer adds such folds up. Here are six random ones.

# %%
torch.manual_seed(0)
n, classes = 150, 3
radius = torch.linspace(0.1, 1, n).repeat(classes)
y = torch.arange(classes).repeat_interleave(n)
angle = 4 * radius + 2 * torch.pi / classes * y + 0.15 * torch.randn(n * classes)
X = torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)], dim=1)
line = torch.linspace(-1.2, 1.2, 120)
plane = torch.cartesian_prod(line, line)
figure, panels = plt.subplots(1, 7, figsize=(16, 2.5))
panels[0].scatter(*X.T, c=y, s=3)
for axes in panels[1:]:
    w, b = torch.randn(2), 0.3 * torch.randn(1)
    axes.contourf(line, line, (plane @ w + b).clamp(min=0).reshape(120, 120).T, levels=20, cmap="Blues")
for axes in panels:
    axes.set_aspect("equal")
    axes.axis("off")
plt.show()

# %% [handout] The two-layer network

# %% [checks] nn_forward_pass nn_forward_backward nn_train nn_predict

# %% [markdown]
# ## Your network on the spirals
#
# Few hidden units give few folds. Watch what more of them buy, and when they buy nothing any more.

# %%
figure, panels = plt.subplots(1, 3, figsize=(12, 4))
for axes, hidden in zip(panels, (3, 10, 60), strict=True):
    torch.manual_seed(0)
    params = {
        "W1": torch.randn(2, hidden),
        "b1": torch.zeros(hidden),
        "W2": 0.3 * torch.randn(hidden, classes),
        "b2": torch.zeros(classes),
    }
    two_layer_net.nn_train(
        params,
        two_layer_net.nn_forward_backward,
        two_layer_net.nn_predict,
        *(X, y, X, y),
        learning_rate=1.0,
        learning_rate_decay=1.0,
        reg=1e-4,
        num_iters=1500,
        batch_size=200,
    )
    regions = two_layer_net.nn_predict(params, two_layer_net.nn_forward_backward, plane).reshape(120, 120)
    right = (two_layer_net.nn_predict(params, two_layer_net.nn_forward_backward, X) == y).double().mean()
    axes.contourf(line, line, regions.T, levels=[-0.5, 0.5, 1.5, 2.5], alpha=0.3)
    axes.scatter(*X.T, c=y, s=6)
    axes.set_title(f"{hidden} hidden units: {100 * right:.0f} % right")
plt.show()

# %% [checks]
