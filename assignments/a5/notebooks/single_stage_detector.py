"""Notebook of a5, single_stage_detector. See docs/authoring.md for the marks."""

# %% [markdown]
# ## What is to be found
#
# Pictures of 56 x 56 pixels with one to three handwritten digits, in sizes and colours of their own. A box belongs to each,
# and a class. The grid is that of the feature map: 7 x 7 cells of 8 pixels.

# %%
from a5_helper import GenerateGrid, ReferenceOnActivatedAnchors, coord_trans, reset_seed
from digit_scenes import boxed_scenes
from matplotlib.patches import Rectangle

SIDE, CELLS = 56, 7


def show_boxes(axes, boxes, colour, labels=None, width=2):
    """Draw boxes, given in pixels."""
    for number, (left, top, right, bottom) in enumerate(boxes.tolist()):
        axes.add_patch(
            Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour, linewidth=width)
        )
        if labels is not None:
            place = dict(y=top - 1, va="bottom") if top > 6 else dict(y=bottom + 1, va="top")
            axes.text(x=left, s=labels[number], color=colour, fontsize=9, fontweight="bold", **place)


def show_picture(axes, picture, grid=False):
    """Draw a picture, and perhaps the cells of the feature map."""
    axes.imshow(((picture + 2) / 4).clamp(0, 1).permute(1, 2, 0), extent=(0, SIDE, SIDE, 0))
    axes.set_xticks(range(0, SIDE + 1, SIDE // CELLS) if grid else [], [""] * (CELLS + 1) if grid else [])
    axes.set_yticks(range(0, SIDE + 1, SIDE // CELLS) if grid else [], [""] * (CELLS + 1) if grid else [])
    axes.grid(grid, alpha=0.4)


pictures, boxes = boxed_scenes("../data/digits.npz", 2000, seed=1)
new_pictures, new_boxes = boxed_scenes("../data/digits.npz", 200, seed=2, part="test")
figure, panels = plt.subplots(1, 5, figsize=(14, 3))
for axes, picture, rows in zip(panels, pictures, boxes, strict=False):
    show_picture(axes, picture, grid=True)
    there = rows[rows[:, 4] >= 0]
    show_boxes(axes, there[:, :4], "yellow", [str(int(row[4])) for row in there])
plt.show()

# %% [handout] single_stage_detector.py / Boxes

# %% [checks] GenerateAnchor GenerateProposal IoU

# %% [markdown]
# ## Your anchors, and the one that fits
#
# Left: nine anchors of one cell. In the middle: the anchors that answer for a box (red), one for each, and boxes (yellow). Right:
# the IoU of the first box with each anchor of two sizes, cell by cell. Overlap falls off fast, which is why there are
# many anchors.

# %%
grid = GenerateGrid(1)
sizes = torch.tensor([[1.0, 1], [2, 2], [3, 3], [4, 4], [5, 5], [2, 3], [3, 2], [3, 5], [5, 3]])
anchors = single_stage_detector.GenerateAnchor(sizes, grid)
wide = high = torch.tensor([float(SIDE)])
chosen = int(((boxes[:, :, 4] >= 0).sum(dim=1) == 3).nonzero()[0])
rows = coord_trans(boxes[chosen : chosen + 1], wide, high, mode="p2a")
overlaps = single_stage_detector.IoU(anchors, rows)
positive = ReferenceOnActivatedAnchors(anchors, rows, grid, overlaps, neg_thresh=0.2, method="YOLO")[5]
figure, panels = plt.subplots(1, 4, figsize=(14, 3.3))
for axes in panels[:2]:
    show_picture(axes, pictures[chosen], grid=True)
show_boxes(panels[0], anchors[0, :, 3, 3] * SIDE / CELLS, "cyan", width=1)
panels[0].set_title("nine anchors of a cell")
there = boxes[chosen][boxes[chosen, :, 4] >= 0]
show_boxes(panels[1], there[:, :4], "yellow")
show_boxes(panels[1], positive * SIDE / CELLS, "red", width=1)
panels[1].set_title("boxes and their anchors")
for axes, number in zip(panels[2:], (1, 2), strict=True):
    shown = axes.imshow(overlaps[0, :, 0].reshape(9, CELLS, CELLS)[number], vmin=0, vmax=1)
    axes.set_title(f"IoU with anchors {number + 1} x {number + 1}")
figure.colorbar(shown, ax=panels[2:])
plt.show()

# %% [handout] single_stage_detector.py / The network

# %% [checks] PredictionNetwork.__init__ PredictionNetwork.forward

# %% [handout] single_stage_detector.py / The losses

# %% [checks] ConfScoreRegression BboxRegression

# %% [handout] single_stage_detector.py / Suppression

# %% [checks] nms

# %% [markdown]
# ## Many boxes, and those that are left
#
# Thirty guesses around each of three places, the better ones brighter.

# %%
reset_seed(0)
places = torch.tensor([[14.0, 16], [40, 14], [30, 42]]).repeat_interleave(30, dim=0)
errors = torch.randn(90, 4)
low, high_corner = places - 8 + 3 * errors[:, :2], places + 8 + 3 * errors[:, 2:]
guesses, scores = torch.cat([low, high_corner], dim=1), torch.exp(-errors.abs().sum(dim=1) / 4)
figure, panels = plt.subplots(1, 4, figsize=(14, 3.5))
for axes, limit in zip(panels, (None, 0.7, 0.5, 0.1), strict=True):
    kept = torch.arange(90) if limit is None else single_stage_detector.nms(guesses, scores, iou_threshold=limit)
    for box, score in zip(guesses[kept], scores[kept] / scores.max(), strict=True):
        show_boxes(axes, box[None], plt.cm.viridis(float(score)), width=1)
    axes.set(xlim=(0, SIDE), ylim=(SIDE, 0), xticks=[], yticks=[], aspect="equal")
    axes.set_title(f"{len(kept)} boxes" if limit is None else f"threshold {limit}: {len(kept)} left")
plt.show()

# %% [handout] single_stage_detector.py / The detector

# %% [checks] SingleStageDetector.forward SingleStageDetector.inference

# %% [markdown]
# ## A detector learns
#
# A minute on your machine. The backbone stays as it is: what learns is the prediction network.

# %%
reset_seed(0)
detector = single_stage_detector.SingleStageDetector()
optimizer = torch.optim.Adam(detector.parameters(), lr=1e-3)
in_cells = coord_trans(boxes, torch.full((len(boxes),), SIDE), torch.full((len(boxes),), SIDE), mode="p2a")
losses = []
for _epoch in range(8):
    for batch in torch.randperm(len(pictures)).split(50):
        loss = detector(pictures[batch], in_cells[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
plt.figure(figsize=(7, 3))
plt.plot(losses)
plt.xlabel("batch")
plt.ylabel("loss")
plt.show()

# %% [markdown]
# ## What it finds in new pictures
#
# Boxes that are right in yellow, yours in green with class and confidence. None of these digits was in a training picture. A box
# counts as found when one of yours fits it by more than 0.5, and is read when that one also has its class.

# %%
detector.eval()
found_boxes, confidences, classes = detector.inference(new_pictures, thresh=0.9, nms_thresh=0.2)
figure, panels = plt.subplots(2, 5, figsize=(14, 6))
for number, axes in enumerate(panels.flat):
    show_picture(axes, new_pictures[number])
    show_boxes(axes, new_boxes[number][new_boxes[number, :, 4] >= 0][:, :4], "yellow", width=1)
    told = zip(classes[number].flatten().tolist(), confidences[number].flatten().tolist(), strict=True)
    labels = [f"{name} {sure:.2f}" for name, sure in told]
    show_boxes(axes, found_boxes[number] * SIDE / CELLS, "lime", labels)
plt.show()

found = read = there = said = 0
for padded, guesses, names in zip(new_boxes, found_boxes, classes, strict=True):
    real = padded[padded[:, 4] >= 0]
    there, said = there + len(real), said + len(guesses)
    if len(guesses):
        pixels = guesses.view(1, 1, 1, -1, 4) * SIDE / CELLS
        best, which = single_stage_detector.IoU(pixels, real[None])[0].max(dim=0)
        found += int((best > 0.5).sum())
        read += int(((best > 0.5) & (names.flatten()[which] == real[:, 4])).sum())
print(f"{there} digits: {found / there:.0%} found, {read / there:.0%} also read; {said} boxes said.")

# %% [checks]
