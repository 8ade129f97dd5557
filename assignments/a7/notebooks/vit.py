"""Notebook of a7, vit. See docs/authoring.md for the marks."""

# %% [handout] vit.py / Patches

# %% [checks] patchify PatchEmbedding

# %% [markdown]
# ## A digit in patches
#
# A handwritten digit of 8 x 8 pixels, cut into 16 patches of 2 x 2. To the encoder they are 16 words of 4 numbers each.
# Beside it are these patches, as your function returns them, and below what a reshape alone makes of the digit: pieces of
# rows.

# %%
import numpy as np

with np.load("../data/digits.npz") as file:
    pixels, labels = torch.tensor(file["images"] / 16.0).float()[:, None], torch.tensor(file["labels"]).long()
digit = pixels[3:4]
cut = vit.patchify(digit, 2)[0]
figure = plt.figure(figsize=(12, 4.2))
whole = figure.add_axes((0.02, 0.1, 0.25, 0.8))
whole.imshow(digit[0, 0], cmap="gray_r", vmin=0, vmax=1)
for line in (1.5, 3.5, 5.5):
    whole.axhline(line, color="tab:orange", lw=1)
    whole.axvline(line, color="tab:orange", lw=1)
whole.axis("off")
for row, (title, words) in enumerate({"patchify": cut, "reshape alone": digit.reshape(16, 4)}.items()):
    for i, word in enumerate(words):
        axes = figure.add_axes((0.31 + 0.042 * i, 0.55 - 0.35 * row, 0.036, 0.22))
        axes.imshow(word.reshape(2, 2), cmap="gray_r", vmin=0, vmax=1)
        axes.set_xticks([])
        axes.set_yticks([])
        if i == 0:
            axes.set_title(title, fontsize=10, loc="left")
plt.show()

# %% [handout] vit.py / VisionTransformer

# %% [checks] VisionTransformer

# %% [markdown]
# ## Learning to read digits
#
# Four heads, two layers, 17 positions: the class token and 16 patches. In training the pictures are moved by up to one
# pixel: a transformer knows nothing of neighbourhood, and has to learn it from pictures.

# %%
import time

torch.manual_seed(0)
order = torch.randperm(len(pixels))
x, y, x_test, y_test = pixels[order[300:]], labels[order[300:]], pixels[order[:300]], labels[order[:300]]
x, x_test = x - 0.3, x_test - 0.3
model = vit.VisionTransformer((8, 8), 2, 1, 10, 48, 4, 96, 2, 0.0)
epochs, size = 25, 64


def moved(images):
    """Each picture by up to one pixel."""
    wide = torch.nn.functional.pad(images, (1, 1, 1, 1), value=-0.3)
    down, right = torch.randint(3, (2, len(images), 1, 1))
    rows, columns = torch.arange(8)[:, None] + down, torch.arange(8) + right
    return wide[torch.arange(len(images))[:, None, None], 0, rows, columns][:, None]


@torch.no_grad()
def share_right(images, labels):
    model.eval()
    return float((model(images).argmax(dim=1) == labels).float().mean())


begin, history = time.time(), []
optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.05)
steps = epochs * -(-len(x) // size)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps, pct_start=0.3)
for epoch in range(epochs):
    for chosen in torch.randperm(len(x)).split(size):
        model.train()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(moved(x[chosen])), y[chosen]).backward()
        optimizer.step()
        schedule.step()
    if epoch % 3 == 0:
        history.append((epoch + 1, share_right(x, y), share_right(x_test, y_test)))
print(f"{time.time() - begin:.0f} seconds; {history[-1][2]:.1%} of new digits are right")
plt.plot(*zip(*[(e, known) for e, known, _ in history], strict=True), "o-", label="known digits")
plt.plot(*zip(*[(e, new) for e, _, new in history], strict=True), "o-", label="new digits")
plt.ylim(0, 1.02)
plt.xlabel("epoch")
plt.ylabel("share that is right")
plt.legend()
plt.show()

# %% [markdown]
# ## Where the class token looks
#
# For six new digits: the weights of the class token on the 16 patches, averaged over heads, in both layers. Bright patches
# count most; the white line goes round the digit.

# %%
import transformers

model.eval()
with torch.no_grad():
    scores = model(x_test[:6])
heads = [part for part in model.modules() if isinstance(part, transformers.SelfAttention)]
heads = [part.weights_softmax for part in heads if part.weights_softmax is not None]
if heads:
    layers = torch.stack(heads).unflatten(0, (2, -1)).mean(dim=1)[:, :, 0, 1:].unflatten(2, (4, 4))
    figure, panels = plt.subplots(3, 6, figsize=(12, 6))
    for i, column in enumerate(panels.T):
        column[0].imshow(x_test[i, 0], cmap="gray_r")
        column[0].set_title(f"{int(y_test[i])}, read as {int(scores[i].argmax())}", fontsize=10)
        for axes, weights in zip(column[1:], layers[:, i], strict=True):
            axes.imshow(weights, cmap="viridis", extent=(-0.5, 7.5, 7.5, -0.5), vmin=0)
            axes.contour(x_test[i, 0], levels=[0], colors="white", linewidths=1)
        for axes in column:
            axes.axis("off")
    panels[1, 0].set_title("layer 1", fontsize=10, loc="left")
    panels[2, 0].set_title("layer 2", fontsize=10, loc="left")
    plt.show()
else:
    print("Your heads are no SelfAttention layers: there are no weights to show.")

# %% [markdown]
# ## What it has learned of places
#
# The scalar products of the vectors of places, relative to their lengths, as one small picture for each of the 16 places: where
# is it like others? Nobody told the network that patches lie in a square.

# %%
places = (
    next(p for p in model.parameters() if p.numel() == 17 * 48 and p.shape[-2:] == (17, 48))
    .detach()
    .reshape(17, 48)[1:]
)
alike = torch.nn.functional.normalize(places, dim=1)
alike = alike @ alike.T
figure, panels = plt.subplots(4, 4, figsize=(5, 5))
for axes, picture in zip(panels.flat, alike, strict=True):
    axes.imshow(picture.reshape(4, 4), cmap="RdBu", vmin=-1, vmax=1)
    axes.axis("off")
plt.show()

# %% [checks]
