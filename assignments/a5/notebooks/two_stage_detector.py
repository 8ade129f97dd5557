"""Notebook of a5, two_stage_detector. See docs/authoring.md for the marks."""

# %% [markdown]
# This notebook needs your `single_stage_detector.py`: anchors, proposals, IoU and nms are used again.

# %%
from a5_helper import coord_trans, reset_seed, torchvision
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


def show_picture(axes, picture):
    """Draw a picture."""
    axes.imshow(((picture + 2) / 4).clamp(0, 1).permute(1, 2, 0), extent=(0, SIDE, SIDE, 0))
    axes.set(xticks=[], yticks=[])


pictures, boxes = boxed_scenes("../data/digits.npz", 600, seed=1)
new_pictures, new_boxes = boxed_scenes("../data/digits.npz", 200, seed=2, part="test")
in_cells = coord_trans(boxes, torch.full((len(boxes),), SIDE), torch.full((len(boxes),), SIDE), mode="p2a")

# %% [handout] two_stage_detector.py / Regions

# %% [checks] ProposalModule.__init__ ProposalModule.forward RPN.forward RPN.inference

# %% [handout] two_stage_detector.py / What lies in a region

# %% [markdown]
# ## RoI Align
#
# A map of features that grows to the right and downwards, and a box on it. Each bin is the mean of the features inside,
# also where the box's edges lie between the middles of cells.

# %%
ramp = (torch.arange(7.0)[None, :] + 3 * torch.arange(7.0)[:, None])[None, None]
box = torch.tensor([[0, 0.8, 1.2, 5.3, 4.9]])
figure, panels = plt.subplots(1, 4, figsize=(13, 3))
panels[0].imshow(ramp[0, 0], vmin=0, vmax=24)
panels[0].add_patch(Rectangle((0.8, 1.2), 4.5, 3.7, fill=False, edgecolor="white", linewidth=2))
panels[0].set_title("features and a box")
for axes, bins in zip(panels[1:], (1, 2, 4), strict=True):
    axes.imshow(torchvision.ops.roi_align(ramp, box, (bins, bins))[0, 0], vmin=0, vmax=24)
    axes.set(xticks=[], yticks=[], title=f"{bins} x {bins} bins")
plt.show()

# %% [checks] TwoStageDetector.forward TwoStageDetector.inference

# %% [markdown]
# ## Both stages learn
#
# A minute or two: 3x3 filters on 1280 channels are three million weights. Below, what the first stage proposes (cyan,
# brighter where it is surer), and what comes out of the second (green).

# %%
reset_seed(0)
detector = two_stage_detector.TwoStageDetector(hidden_dim=128, num_classes=10)
optimizer = torch.optim.Adam(detector.parameters(), lr=5e-4)
losses = []
for _epoch in range(4):
    for batch in torch.randperm(len(pictures)).split(20):
        loss = detector(pictures[batch], in_cells[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
plt.figure(figsize=(7, 3))
plt.plot(losses)
plt.ylim(0, 2 * losses[len(losses) // 10])
plt.xlabel("batch")
plt.ylabel("loss")
plt.show()

# %%
detector.eval()
proposals, sure, _ = detector.rpn.inference(new_pictures[:5], thresh=0.5, nms_thresh=0.7)
found_boxes, confidences, classes = detector.inference(new_pictures, thresh=0.9, nms_thresh=0.1)
figure, panels = plt.subplots(2, 5, figsize=(14, 6))
for number in range(5):
    first, second = panels[:, number]
    show_picture(first, new_pictures[number])
    for region, probability in zip(proposals[number], sure[number].flatten(), strict=True):
        show_boxes(first, region[None] * SIDE / CELLS, (0, float(probability), float(probability)), width=1)
    first.set_title(f"{len(proposals[number])} proposals")
    show_picture(second, new_pictures[number])
    show_boxes(second, new_boxes[number][new_boxes[number, :, 4] >= 0][:, :4], "yellow", width=1)
    told = zip(classes[number].flatten().tolist(), confidences[number].flatten().tolist(), strict=True)
    show_boxes(second, found_boxes[number] * SIDE / CELLS, "lime", [f"{name} {p:.2f}" for name, p in told])
plt.show()

# %% [checks]
