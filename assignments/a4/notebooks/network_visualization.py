"""Notebook of a4, network_visualization. See docs/authoring.md for the marks."""

# %% [markdown]
# ## A network that is trained already
#
# `digits_network.py` holds a small convolutional network that reads handwritten digits, anywhere on a canvas and in any
# colours. It stays as it is in this notebook. What changes are pictures. Under each one: what the network says, and how sure
# it is.

# %%
from digits_network import WORD_TO_IDX, captioned_digits, load_network

model = load_network()
canvases, captions = captioned_digits("../data/digits.npz", 200, seed=1)
single = captions[:, 2] == WORD_TO_IDX["<END>"]
X, y = canvases[single], captions[single, 1] - WORD_TO_IDX["zero"]
first = torch.stack([(y == digit).nonzero()[0, 0] for digit in (0, 2, 3, 5, 7, 8)])  # one of each
X, y = X[first], y[first]


def show(panel, picture, title=""):
    """A canvas (3, H, W) from -2 to 2; what lies outside is cut off."""
    panel.imshow(((picture + 2) / 4).clamp(0, 1).permute(1, 2, 0))
    panel.set_title(title, fontsize=9)
    panel.axis("off")


def says(picture):
    """The class with the largest score, and its probability."""
    with torch.no_grad():
        probabilities = model(picture[None]).softmax(dim=1)[0]
    return f"{int(probabilities.argmax())} ({float(probabilities.max()):.0%})"


figure, panels = plt.subplots(1, 6, figsize=(13, 2.6))
for panel, picture in zip(panels, X, strict=True):
    show(panel, picture, says(picture))
plt.show()

# %% [handout] network_visualization.py

# %% [checks] compute_saliency_maps

# %% [markdown]
# ## What it looked at
#
# Below each picture the map: bright where a small change of a pixel would change the score of the right class most. It follows
# the strokes and what is next to them. A pixel that is dark may matter as much as one that is bright: ink there would make
# another digit.

# %%
maps = network_visualization.compute_saliency_maps(X, y, model)
figure, panels = plt.subplots(2, 6, figsize=(13, 4.6))
for column, picture, image in zip(panels.T, X, maps, strict=True):
    show(column[0], picture)
    column[1].imshow(image.detach(), cmap="hot")
    column[1].axis("off")
plt.show()

# %% [markdown]
# Is it true? Cover pixels with grey, those with the largest saliency first, and look at how often the network is still right;
# and the same with pixels drawn at random.

# %%
many, wanted = canvases[single], captions[single, 1] - WORD_TO_IDX["zero"]
torch.manual_seed(0)
orders = {
    "most salient first": network_visualization.compute_saliency_maps(many, wanted, model).detach().flatten(1),
    "at random": torch.rand(len(many), 256),
}
counts = range(0, 81, 10)
for name, ranks in orders.items():
    right = []
    for count in counts:
        covered = many.clone().flatten(2)
        places = ranks.topk(count, dim=1).indices[:, None].expand(-1, 3, -1)
        covered.scatter_(2, places, -1.0)
        with torch.no_grad():
            right.append(float((model(covered.view_as(many)).argmax(dim=1) == wanted).double().mean()))
    plt.plot(counts, right, "o-", label=name)
plt.xlabel("pixels covered, of 256")
plt.ylabel("share that is still right")
plt.legend()
plt.show()

# %% [checks] make_adversarial_attack

# %% [markdown]
# ## What deceives it
#
# Each picture is changed until the network says another digit. On the right what was added, times five: it looks like
# nothing that a person would call a digit.

# %%
figure, panels = plt.subplots(3, 6, figsize=(13, 7))
for column, picture, digit in zip(panels.T, X, y, strict=True):
    target = (int(digit) + 1) % 10
    fooling = network_visualization.make_adversarial_attack(picture[None], target, model, verbose=False)[0]
    show(column[0], picture, says(picture))
    show(column[1], fooling, says(fooling))
    show(
        column[2],
        5 * (fooling - picture),
        f"length {float((fooling - picture).norm()):.1f} of {float((picture + 2).norm()):.0f}",
    )
plt.show()

# %% [markdown]
# From one digit to every other: how long the change has to be. Some pairs are near each other.

# %%
lengths = torch.zeros(len(X), 10)
for row, picture in zip(lengths, X, strict=True):
    for target in range(10):
        fooling = network_visualization.make_adversarial_attack(picture[None], target, model, verbose=False)[0]
        row[target] = (fooling - picture).norm()
plt.imshow(lengths, cmap="viridis")
plt.colorbar(label="length of the change")
plt.yticks(range(len(y)), y.tolist())
plt.xticks(range(10))
plt.xlabel("what it is taken for")
plt.ylabel("what it is")
plt.show()

# %% [checks] class_visualization_step

# %% [markdown]
# ## What it takes for a perfect example
#
# Noise, and steps uphill on the score of one class. Alone, that ends in noise of high score (above). A little blur every few
# steps, and moving the picture about so that no pixel may be relied on, leave what the class has in common (below; stretched
# to full contrast): the bow and the base of a 2, the bars of a 3, the slants of a 4. The network takes a mean over all
# places, so nothing says that a perfect example is *one* digit.

# %%
from a4_helper import blur_image, jitter, rescale


def visualise(target, steps=120, calm=True):
    """A picture (3, 16, 16) with a large score of target."""
    torch.manual_seed(target)
    img = 0.1 * torch.randn(1, 3, 16, 16) - 1
    for step in range(steps):
        ox, oy = torch.randint(-2, 3, (2,)).tolist() if calm else (0, 0)
        img = jitter(img, ox, oy)
        img = network_visualization.class_visualization_step(img, target, model, l2_reg=1e-2, learning_rate=1.0)
        img = jitter(img.detach(), -ox, -oy).clamp(-2, 2)
        if calm and step % 4 == 0:
            img = blur_image(img, 0.5)
    return img[0]


figure, panels = plt.subplots(2, 10, figsize=(14, 3.4))
for row, calm in zip(panels, (False, True), strict=True):
    for target, panel in enumerate(row):
        img = visualise(target, calm=calm)
        show(panel, 4 * rescale(img) - 2, f"{target}: {says(img)}")
plt.show()

# %% [checks]
