"""Notebook of a4, style_transfer. See docs/authoring.md for the marks."""

# %% [markdown]
# ## Four styles and a content
#
# Textures that are drawn by a formula, and a handwritten digit, all of 64 x 64 pixels. The network that tells digits apart
# (`digits_network.py`) never saw any of these textures; but its filters answer to edges and colours, and that is
# what a style is made of here.

# %%
from digit_scenes import enlarged
from digits_network import load_network, read_digits

SIDE = 64
network = load_network()


def features_of(img):
    """The picture itself, whose channels are colours, and what four layers see: (1, 16, 64, 64), then smaller maps."""
    feats = [img + 2]
    for convolution, relu in zip(network.features[::2], network.features[1::2], strict=True):
        img = relu(convolution(img))
        feats.append(img)
    return feats


def show(panel, img, title=""):
    """(1, 3, H, W) from -2 to 2."""
    panel.imshow(((img[0].detach() + 2) / 4).clamp(0, 1).permute(1, 2, 0))
    panel.set_title(title, fontsize=9)
    panel.axis("off")


def coloured(light, dark, bright):
    """A picture from brightness (H, W) between 0 and 1, from one colour to another."""
    dark, bright = (torch.tensor(colour)[:, None, None] for colour in (dark, bright))
    return (4 * (dark + light * (bright - dark)) - 2)[None].float()


down, across = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
styles = {
    "stripes": coloured((((down + across) // 4) % 2).double(), (0.1, 0.1, 0.5), (1.0, 0.8, 0.2)),
    "bricks": coloured(
        ((down % 8 > 0) & ((across + 6 * (down // 8 % 2)) % 12 > 0)).double(), (0.9, 0.9, 0.85), (0.7, 0.2, 0.1)
    ),
    "dots": coloured(
        (((down % 8 - 3.5) ** 2 + (across % 8 - 3.5) ** 2) < 7).double(), (0.0, 0.35, 0.3), (0.9, 1.0, 0.7)
    ),
    "waves": coloured(
        (0.5 + 0.5 * torch.sin(down / 1.6 + 3 * torch.sin(across / 7.0))), (0.2, 0.0, 0.3), (0.4, 0.9, 1.0)
    ),
}
images, _ = read_digits("../data/digits.npz")
ink = torch.zeros(SIDE, SIDE)
ink[4:60, 4:60] = torch.tensor(enlarged(images[12], 56))
content = coloured(ink, (0.0, 0.0, 0.0), (1.0, 0.95, 0.9))
figure, panels = plt.subplots(1, 5, figsize=(13, 2.8))
for panel, (name, img) in zip(panels, {**styles, "content": content}.items(), strict=True):
    show(panel, img, name)
plt.show()

# %% [handout] style_transfer.py

# %% [checks] content_loss gram_matrix

# %% [markdown]
# ## A style as a table
#
# Your Gram matrices of the first layer's 16 channels: which of them appear together. Each texture has a table of its own, and
# shifting the picture hardly changes it: where things are is summed away.

# %%
figure, panels = plt.subplots(1, 5, figsize=(14, 3))
shown = {**styles, "stripes, shifted": styles["stripes"].roll((3, 5), dims=(2, 3))}
for panel, (name, img) in zip(panels, shown.items(), strict=True):
    panel.imshow(style_transfer.gram_matrix(features_of(img)[1])[0], cmap="viridis")
    panel.set_title(name)
    panel.axis("off")
plt.show()

# %% [checks] style_loss tv_loss

# %% [markdown]
# ## A texture from noise
#
# The picture begins as noise and is changed until its Gram matrices are those of a style: that of its colours, and
# those of three layers. No content yet.

# %%
LAYERS = [0, 1, 2, 3]


def transfer(style, content=None, content_weight=0.0, tv_weight=0.0, steps=200):
    """A picture with the style of one picture and the content of another."""
    torch.manual_seed(0)
    targets = [style_transfer.gram_matrix(features_of(style)[layer]) for layer in LAYERS]
    weights = [1.0 / float(target.square().sum()) for target in targets]  # each layer counts alike
    wanted = None if content is None else features_of(content)[2]
    img = 0.5 * torch.randn(1, 3, SIDE, SIDE) if content is None else content.clone()
    img.requires_grad_()
    optimizer = torch.optim.Adam([img], lr=0.1)
    for _ in range(steps):
        feats = features_of(img)
        loss = style_transfer.style_loss(feats, LAYERS, targets, weights) + style_transfer.tv_loss(img, tv_weight)
        if wanted is not None:
            loss = loss + style_transfer.content_loss(content_weight / float(wanted.square().sum()), feats[2], wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            img.clamp_(-2, 2)
    return img.detach()


figure, panels = plt.subplots(2, 4, figsize=(11, 5.6))
for column, (name, img) in zip(panels.T, styles.items(), strict=True):
    show(column[0], img, name)
    show(column[1], transfer(img, tv_weight=1e-6), "from noise")
plt.show()

# %% [markdown]
# ## A digit in four styles
#
# And with content: the second layer is to see what it sees in the digit. The more the content counts (on the right), the less
# is left of the style.

# %%
weights = (0.03, 1.0)
figure, panels = plt.subplots(4, 3, figsize=(8, 10.4))
for row, (name, img) in zip(panels, styles.items(), strict=True):
    show(row[0], img, name)
    for panel, weight in zip(row[1:], weights, strict=True):
        show(panel, transfer(img, content, weight, tv_weight=1e-6), f"content_weight {weight}")
plt.show()

# %% [checks] guided_gram_matrix guided_style_loss

# %% [markdown]
# ## One style for the ink, another for the paper
#
# The digit's ink is one region, the rest another, and each gets a style of its own. The masks are made smaller for the
# smaller maps of deeper layers.

# %%
inside = (ink > 0.4).float()
regions = torch.stack([inside, 1 - inside])[None]


def guided(ink_style, paper_style, steps=200):
    """A picture in two styles."""
    both = [features_of(styles[ink_style]), features_of(styles[paper_style])]
    img = content.clone().requires_grad_()
    masks = [torch.nn.functional.adaptive_avg_pool2d(regions, map_.shape[2:]) for map_ in both[0]]
    targets = []
    for layer in LAYERS:
        # The style fills its own picture: its table is scaled to the share of the region.
        share = masks[layer].square().mean(dim=(2, 3))[..., None, None]
        grams = torch.stack([style_transfer.gram_matrix(feats[layer]) for feats in both], dim=1)
        targets.append(share * grams)
    weights = [1.0 / float(target.square().sum()) for target in targets]
    optimizer = torch.optim.Adam([img], lr=0.1)
    for _ in range(steps):
        feats = [map_[:, None].expand(-1, 2, -1, -1, -1) for map_ in features_of(img)]
        loss = style_transfer.guided_style_loss(feats, LAYERS, targets, weights, masks)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            img.clamp_(-2, 2)
    return img.detach()


figure, panels = plt.subplots(1, 4, figsize=(11, 3))
show(panels[0], content, "content")
for panel, (one, other) in zip(
    panels[1:], (("stripes", "dots"), ("waves", "bricks"), ("bricks", "waves")), strict=True
):
    show(panel, guided(one, other), f"{one} on {other}")
plt.show()

# %% [checks]
