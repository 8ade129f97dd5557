"""Hidden cases of single_stage_detector, the mistakes that they catch, and independent ways to the same answers."""

import numpy as np
from checks import (
    ANCHORS,
    CELLS,
    CHANNELS,
    CLASSES,
    anchors_and_offsets,
    bbox_regression,
    boxes_to_compare,
    conf_score_regression,
    confidences,
    crowds,
    detections,
    features_and_anchors,
    generate_anchor,
    generate_proposal,
    grid_of,
    iou,
    learning,
    many_cells,
    nms,
    pictures_with_boxes,
    prediction_network,
    prediction_network_init,
    prepared,
    shapes_of,
    single_predictions,
    single_stage_forward,
    single_stage_inference,
    two_offsets,
)
from hidden import (
    clear,
    decided,
    declare_wrong_layers,
    detectors_anchors,
    features_of,
    fits,
    greedy,
    matched,
    moved,
    network,
    overlap,
    suppressed,
    told_apart,
    told_for,
)

from grader.ask import torch

# -- GenerateAnchor ---------------------------------------------------------------------------------------------------


@generate_anchor.case
def five_sizes(draw):
    return dict(anc=draw.uniform(5, 2, low=0.5, high=6), grid=grid_of(draw, 1, 4, 3))


@generate_anchor.case(worth=0.3)
def another_grid_for_each_picture(draw):
    return dict(anc=draw.uniform(2, 2, low=0.5, high=4), grid=draw.uniform(3, 3, 2, 2, high=7))


@generate_anchor.case(worth=0.1)
def one_anchor_one_cell(draw):
    return dict(anc=draw.uniform(1, 2, low=1, high=2), grid=grid_of(draw, 1, 1, 1))


@generate_anchor.oracle
def anchor_by_anchor(ref, anc, grid):
    B, H, W, _ = grid.shape
    boxes = grid.new_zeros(B, len(anc), H, W, 4)
    for b, a, i, j in np.ndindex(B, len(anc), H, W):
        (x, y), (w, h) = grid[b, i, j].tolist(), anc[a].tolist()
        boxes[b, a, i, j] = torch.tensor([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    return {"anchors": boxes}


@generate_anchor.alternative
def into_zeros(ref, anc, grid):
    B, H, W, _ = grid.shape
    boxes = torch.zeros(B, anc.shape[0], H, W, 4, dtype=grid.dtype)
    boxes[..., 0::2] = grid[:, None, :, :, 0:1] + anc[None, :, None, None, 0:1] * torch.tensor([-0.5, 0.5]).to(anc)
    boxes[..., 1::2] = grid[:, None, :, :, 1:2] + anc[None, :, None, None, 1:2] * torch.tensor([-0.5, 0.5]).to(anc)
    return boxes


def placed(anc, grid, *, low=0.5, high=0.5):
    """Boxes around the middles: which share of the size lies before the middle, and which after it."""
    middle, size = grid[:, None], anc[None, :, None, None]
    return torch.cat([middle - low * size, middle + high * size], dim=-1)


@generate_anchor.misconception("The whole size is taken to each side of the middle, not half of it.")
def twice_as_large(ref, anc, grid):
    return placed(anc, grid, low=1, high=1)


@generate_anchor.misconception("The middle of the cell is taken for the top left corner of the anchor.")
def from_the_corner(ref, anc, grid):
    return placed(anc, grid, low=0, high=1)


@generate_anchor.misconception("Width and height of the anchors are exchanged: anc holds the width first.")
def width_for_height(ref, anc, grid):
    return placed(anc.flip(1), grid)


@generate_anchor.misconception("x and y of the grid are exchanged: it holds x first.")
def x_for_y(ref, anc, grid):
    return placed(anc, grid.flip(3))


@generate_anchor.misconception("The boxes come as middle and size; they are corners.")
def middle_and_size(ref, anc, grid):
    B, H, W, _ = grid.shape
    shape = (B, len(anc), H, W, 2)
    return torch.cat([grid[:, None].expand(shape), anc[None, :, None, None].expand(shape)], dim=-1)


@generate_anchor.misconception("The cells come before the anchors: (B, H, W, A, 4) instead of (B, A, H, W, 4).")
def anchors_last(ref, anc, grid):
    return placed(anc, grid).permute(0, 2, 3, 1, 4)


@generate_anchor.misconception("The numbers are in another order: x_tl, x_br, y_tl, y_br.")
def by_axis(ref, anc, grid):
    return placed(anc, grid)[..., [0, 2, 1, 3]]


@generate_anchor.misconception("The grid of the first picture is taken for all.")
def the_first_grid(ref, anc, grid):
    return placed(anc, grid[:1].expand_as(grid))


@generate_anchor.misconception("The anchors are cut off at the edges of the feature map; they may reach beyond.")
def cut_off(ref, anc, grid):
    _, H, W, _ = grid.shape
    boxes = placed(anc, grid)
    return torch.minimum(boxes.clamp(min=0), boxes.new_tensor([W, H, W, H]))


# -- GenerateProposal -------------------------------------------------------------------------------------------------


@generate_proposal.case
def many_as_yolo_has_it(draw):
    return anchors_and_offsets(draw, 3, 4, 3, 2, "YOLO")


@generate_proposal.case
def many_as_faster_rcnn_has_it(draw):
    return anchors_and_offsets(draw, 3, 4, 3, 2, "FasterRCNN")


@generate_proposal.case(worth=0.1)
def the_usual_method(draw):
    return anchors_and_offsets(draw, 2, 2, 2, 3, None)


@generate_proposal.case(worth=0.1)
def one_anchor(draw):
    return anchors_and_offsets(draw, 1, 1, 1, 1, "FasterRCNN")


@generate_proposal.case(worth=0.2)
def large_offsets(draw):
    return anchors_and_offsets(draw, 2, 2, 2, 2, "FasterRCNN", scale=2.0)


@generate_proposal.case(worth=0.1)
def offsets_from_a_network(draw):
    """Offsets that were permuted, and are not contiguous in memory"""
    inputs = anchors_and_offsets(draw, 2, 2, 2, 3, "YOLO")
    return dict(inputs, offsets=draw.strided(inputs["offsets"]))


@generate_proposal.oracle
def box_by_box(ref, anchors, offsets, method):
    moved = []
    for (x0, y0, x1, y1), (tx, ty, tw, th) in zip(
        anchors.double().reshape(-1, 4), offsets.double().reshape(-1, 4), strict=True
    ):
        w, h = x1 - x0, y1 - y0
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        x, y = (x + tx, y + ty) if method in ("YOLO", None) else (x + tx * w, y + ty * h)
        w, h = w * tw.exp(), h * th.exp()
        moved.append(torch.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2]))
    return {"proposals": torch.stack(moved).reshape(anchors.shape).to(anchors.dtype)}


@generate_proposal.alternative
def number_by_number(ref, anchors, offsets, method="YOLO"):
    out = torch.zeros_like(anchors)
    w, h = anchors[..., 2] - anchors[..., 0], anchors[..., 3] - anchors[..., 1]
    x, y = anchors[..., 0] + w * 0.5, anchors[..., 1] + h * 0.5
    scale_x, scale_y = (1.0, 1.0) if method == "YOLO" else (w, h)
    x, y = x + offsets[..., 0] * scale_x, y + offsets[..., 1] * scale_y
    w, h = w * offsets[..., 2].exp(), h * offsets[..., 3].exp()
    out[..., 0], out[..., 1], out[..., 2], out[..., 3] = x - w / 2, y - h / 2, x + w / 2, y + h / 2
    return out


def shifted(anchors, offsets, method, *, move=None, grow=None, half=0.5, new_size=False):
    """Proposals as the mistakes below have them."""
    size, middle = anchors[..., 2:] - anchors[..., :2], (anchors[..., :2] + anchors[..., 2:]) / 2
    after = size * (grow(offsets[..., 2:]) if grow else torch.exp(offsets[..., 2:]))
    step = offsets[..., :2] if move is None else move(offsets[..., :2])
    middle = middle + (step if method == "YOLO" else step * (after if new_size else size))
    return torch.cat([middle - half * after, middle + half * after], dim=-1)


@generate_proposal.misconception("The offsets are added to the corners; they move the middle and change the size.")
def added_to_corners(ref, anchors, offsets, method="YOLO"):
    return anchors + offsets


@generate_proposal.misconception("exp is taken of the offsets of the middle, and not of those of the size.")
def exp_of_the_middle(ref, anchors, offsets, method="YOLO"):
    return shifted(anchors, offsets, method, move=torch.exp, grow=lambda t: t)


@generate_proposal.misconception("The size is multiplied by t_w and t_h themselves: the exp is missing.")
def no_exp(ref, anchors, offsets, method="YOLO"):
    return shifted(anchors, offsets, method, grow=lambda t: t)


@generate_proposal.misconception("The size is multiplied by 1 + t_w and 1 + t_h instead of their exp.")
def linear_size(ref, anchors, offsets, method="YOLO"):
    return shifted(anchors, offsets, method, grow=lambda t: 1 + t)


@generate_proposal.misconception("The middle moves as YOLO has it, whatever the method.")
def yolo_always(ref, anchors, offsets, method="YOLO"):
    return shifted(anchors, offsets, "YOLO")


@generate_proposal.misconception("The middle moves as Faster R-CNN has it, whatever the method.")
def faster_rcnn_always(ref, anchors, offsets, method="YOLO"):
    return shifted(anchors, offsets, "FasterRCNN")


@generate_proposal.misconception("The two methods are exchanged.")
def methods_exchanged(ref, anchors, offsets, method="YOLO"):
    return shifted(anchors, offsets, "FasterRCNN" if method == "YOLO" else "YOLO")


@generate_proposal.misconception(
    "The middle moves by shares of the new size; those of the anchor's own size are meant."
)
def shares_of_the_new_size(ref, anchors, offsets, method="YOLO"):
    return shifted(anchors, offsets, method, new_size=True)


@generate_proposal.misconception("The whole new size is taken to each side of the middle, not half of it.")
def proposals_twice_as_large(ref, anchors, offsets, method="YOLO"):
    return shifted(anchors, offsets, method, half=1.0)


@generate_proposal.misconception("The box grows from its top left corner; it grows around its middle.")
def grown_from_the_corner(ref, anchors, offsets, method="YOLO"):
    size = anchors[..., 2:] - anchors[..., :2]
    corner = anchors[..., :2] + offsets[..., :2] * (1 if method == "YOLO" else size)
    return torch.cat([corner, corner + size * torch.exp(offsets[..., 2:])], dim=-1)


@generate_proposal.misconception("The boxes come as middle and size; they are corners.")
def proposals_as_middle_and_size(ref, anchors, offsets, method="YOLO"):
    boxes = shifted(anchors, offsets, method)
    low, high = boxes[..., :2], boxes[..., 2:]
    return torch.cat([(low + high) / 2, high - low], dim=-1)


@generate_proposal.misconception("t_w and t_h are exchanged: the width is multiplied by exp(t_h).")
def sizes_exchanged(ref, anchors, offsets, method="YOLO"):
    return shifted(anchors, offsets[..., [0, 1, 3, 2]], method)


# -- IoU --------------------------------------------------------------------------------------------------------------


@iou.case
def more_pictures(draw):
    return boxes_to_compare(draw, 4, 3, 3, 2, 5, counts=[5, 3, 1, 4])


@iou.case(worth=0.2)
def touching_nested_and_identical(draw):
    """Boxes that touch, one inside another, the same one, and one of no area"""
    inputs = boxes_to_compare(draw, 1, 1, 2, 3, 4)
    x, y, w, h = (float(v) for v in draw.integers(1, 4, 4))
    one = [x, y, x + w, y + h]
    around = [x - 1, y - 1, x + w + 2, y + h + 1]
    touching = [x + w, y, x + w + 2, y + h]
    at_a_corner = [x + w, y + h, x + w + 1, y + h + 1]
    flat = [x, y, x, y + h]
    boxes = np.array([one, around, touching, at_a_corner, flat, [x - 1, y, x + w - 0.5, y + h]], draw.dtype)
    inputs["bboxes"][0, :, :4] = boxes[:4]
    return dict(inputs, proposals=boxes.reshape(1, 1, 2, 3, 4))


@iou.case(worth=0.1)
def far_apart(draw):
    """Boxes that are apart along one axis, or along both"""
    inputs = boxes_to_compare(draw, 2, 2, 2, 2, 3)
    inputs["proposals"][..., [0, 2]] += 20
    inputs["proposals"][:, 1][..., [1, 3]] += 20
    return inputs


@iou.case(worth=0.1)
def a_picture_without_boxes(draw):
    return boxes_to_compare(draw, 3, 1, 2, 2, 3, counts=[2, 0, 1])


@iou.case(worth=0.1)
def no_box_at_all(draw):
    return boxes_to_compare(draw, 2, 2, 2, 2, 0)


@iou.case(worth=0.05)
def in_pixels(draw):
    return boxes_to_compare(draw, 2, 2, 2, 2, 3, least=20, most=200, side=400)


@iou.case(worth=0.05)
def proposals_from_a_network(draw):
    inputs = boxes_to_compare(draw, 2, 3, 2, 2, 3)
    return dict(inputs, proposals=draw.strided(inputs["proposals"]))


@iou.oracle
def pair_by_pair(ref, proposals, bboxes):
    B, N = bboxes.shape[:2]
    flat = proposals.reshape(B, -1, 4)
    out = torch.zeros(B, flat.shape[1], N, dtype=torch.float64)
    for b, i, j in np.ndindex(*out.shape):
        out[b, i, j] = overlap(flat[b, i].tolist(), bboxes[b, j, :4].tolist())
    return {"iou": out.to(proposals.dtype)}


@iou.naive
def proposal_by_proposal(ref, proposals, bboxes):
    B = len(bboxes)
    rows = []
    for b in range(B):
        for one in proposals[b].reshape(-1, 4):
            rows.append(ref.IoU(one.reshape(1, 1, 1, 1, 4), bboxes[b : b + 1]).reshape(-1))
    return torch.stack(rows).reshape(B, len(rows) // B, bboxes.shape[1])


@iou.alternative
def by_corners(ref, proposals, bboxes):
    B, A, H, W, _ = proposals.shape
    p = proposals.contiguous().view(B, A * H * W, 1, 4)
    b = bboxes[:, :, :4].unsqueeze(1)
    sides = torch.clamp(torch.min(p[..., 2:], b[..., 2:]) - torch.max(p[..., :2], b[..., :2]), min=0)
    shared = sides[..., 0] * sides[..., 1]
    areas = [torch.prod(x[..., 2:] - x[..., :2], dim=-1) for x in (p, b)]
    return shared / (areas[0] + areas[1] - shared)


@iou.alternative
def repeated(ref, proposals, bboxes):
    B, N = bboxes.shape[:2]
    p = proposals.reshape(B, -1, 4)
    p = p.unsqueeze(2).repeat(1, 1, N, 1)
    b = bboxes[..., :4].unsqueeze(1).repeat(1, p.shape[1], 1, 1)
    x1, y1 = torch.max(p[..., 0], b[..., 0]), torch.max(p[..., 1], b[..., 1])
    x2, y2 = torch.min(p[..., 2], b[..., 2]), torch.min(p[..., 3], b[..., 3])
    shared = torch.where((x2 > x1) & (y2 > y1), (x2 - x1) * (y2 - y1), torch.zeros_like(x1))
    union = (p[..., 2] - p[..., 0]) * (p[..., 3] - p[..., 1]) + (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])
    return shared / (union - shared)


def measured(proposals, bboxes, *, clip="sides", pixel=0, over="union", corners=slice(0, 4)):
    """Overlaps as the mistakes below have them."""
    p, b = proposals.reshape(len(bboxes), -1, 1, 4), bboxes[:, None, :, corners]
    sides = torch.minimum(p[..., 2:], b[..., 2:]) - torch.maximum(p[..., :2], b[..., :2]) + pixel
    sides = sides.clamp(min=0) if clip == "sides" else sides
    shared = sides.prod(dim=-1)
    shared = shared.clamp(min=0) if clip == "area" else shared
    one, other = ((x[..., 2:] - x[..., :2] + pixel).prod(dim=-1) for x in (p, b))
    below = {
        "union": one + other - shared,
        "sum": one + other,
        "smaller": torch.minimum(one, other),
        "one": one + 0 * other,
    }
    return shared / below[over]


@iou.misconception("The union is the sum of the areas: the intersection is not subtracted, and counts twice.")
def intersection_not_subtracted(ref, proposals, bboxes):
    return measured(proposals, bboxes, over="sum")


@iou.misconception("Negative widths and heights of an intersection are kept: boxes that are apart have some overlap.")
def negative_kept(ref, proposals, bboxes):
    return measured(proposals, bboxes, clip="nothing")


@iou.misconception(
    "The intersection's area is cut off at 0 instead of its sides: two negative sides have a positive product."
)
def area_cut_off(ref, proposals, bboxes):
    return measured(proposals, bboxes, clip="area")


@iou.misconception("1 is added to widths and heights, as if the corners were pixels.")
def plus_a_pixel(ref, proposals, bboxes):
    return measured(proposals, bboxes, pixel=1)


@iou.misconception("The intersection is divided by the smaller of the two areas, not by the union.")
def over_the_smaller(ref, proposals, bboxes):
    return measured(proposals, bboxes, over="smaller")


@iou.misconception("The intersection is divided by the proposal's area, not by the union.")
def over_the_proposal(ref, proposals, bboxes):
    return measured(proposals, bboxes, over="one")


@iou.misconception("The axes are exchanged: (B, N, A * H * W) instead of (B, A * H * W, N).")
def boxes_first(ref, proposals, bboxes):
    return measured(proposals, bboxes).transpose(1, 2)


@iou.misconception("The proposals are laid out with the anchors last: in the order (H, W, A) instead of (A, H, W).")
def anchors_laid_out_last(ref, proposals, bboxes):
    return measured(proposals.permute(0, 2, 3, 1, 4), bboxes)


@iou.misconception("The last four columns of bboxes are taken for the box; the last one is its class.")
def class_for_a_corner(ref, proposals, bboxes):
    return measured(proposals, bboxes, corners=slice(1, 5))


@iou.misconception("The intersection itself is returned; it is not divided by the union.")
def intersection_only(ref, proposals, bboxes):
    p, b = proposals.reshape(len(bboxes), -1, 1, 4), bboxes[:, None, :, :4]
    return (torch.minimum(p[..., 2:], b[..., 2:]) - torch.maximum(p[..., :2], b[..., :2])).clamp(min=0).prod(dim=-1)


# -- PredictionNetwork ------------------------------------------------------------------------------------------------


@prediction_network_init.case
def more_dropout(draw):
    return many_cells(draw, 3000, 0.7, num_anchors=2, num_classes=1)


@prediction_network_init.case(worth=0.2)
def no_dropout_at_all(draw):
    return many_cells(draw, 500, 0.0, num_anchors=1, num_classes=3)


def made(self, num_anchors, num_classes, layers):
    """A PredictionNetwork with these layers. (The reference's own __init__ cannot be called: its super is another.)"""
    torch.nn.Module.__init__(self)
    self.num_anchors, self.num_classes, self.layers = num_anchors, num_classes, layers


@prediction_network_init.alternative
def dropout_after_the_relu(ref, self, in_dim, hidden_dim=128, num_anchors=9, num_classes=20, drop_ratio=0.3):
    last = [torch.nn.Dropout2d(drop_ratio), torch.nn.Conv2d(hidden_dim, 5 * num_anchors + num_classes, (1, 1))]
    layers = [torch.nn.Conv2d(in_dim, hidden_dim, kernel_size=1), torch.nn.LeakyReLU(inplace=True), *last]
    made(self, num_anchors, num_classes, torch.nn.Sequential(*layers))


@prediction_network.alternative
def by_linear_layers(ref, self, features, pos_anchor_idx=None, neg_anchor_idx=None):
    """Classes first, then the sizes of all anchors, then the rest."""
    B, _, H, W = features.shape
    A, C = self.num_anchors, self.num_classes
    out = self.layers(features).permute(0, 2, 3, 1)
    classes, sizes, rest = out.split([C, 2 * A, 3 * A], dim=3)
    sizes, rest = sizes.reshape(B, H, W, 2, A), rest.reshape(B, H, W, A, 3)
    conf = rest[..., 2].sigmoid().permute(0, 3, 1, 2)
    middles = (rest[..., :2].sigmoid() - 0.5).permute(0, 3, 4, 1, 2)
    offsets = torch.cat((middles, sizes.permute(0, 4, 3, 1, 2)), dim=2)
    classes = classes.permute(0, 3, 1, 2)
    if pos_anchor_idx is None:
        return conf, offsets, classes
    offsets = self._extract_anchor_data(offsets, pos_anchor_idx)
    both = torch.cat((conf.reshape(-1)[pos_anchor_idx], conf.reshape(-1)[neg_anchor_idx])).view(-1, 1)
    return both, offsets, self._extract_class_scores(classes, pos_anchor_idx)


def with_layers(make):
    """PredictionNetwork.__init__ with other layers: make(in_dim, hidden_dim, channels, drop_ratio)."""

    def __init__(ref, self, in_dim, hidden_dim=128, num_anchors=9, num_classes=20, drop_ratio=0.3):
        made(self, num_anchors, num_classes, make(in_dim, hidden_dim, 5 * num_anchors + num_classes, drop_ratio))

    return __init__


declare_wrong_layers(prediction_network_init, with_layers, 1, lambda name: name)


@prediction_network_init.misconception("The first convolution's filters are 3 x 3; they are 1 x 1.")
def three_by_three(ref, self, in_dim, hidden_dim=128, num_anchors=9, num_classes=20, drop_ratio=0.3):
    dropout = torch.nn.Dropout(drop_ratio)
    made(self, num_anchors, num_classes, network(in_dim, hidden_dim, 5 * num_anchors + num_classes, dropout, kernel=3))


@prediction_network_init.misconception(
    "Every anchor has class scores of its own: A * (5 + C) channels instead of 5 * A + C."
)
def classes_for_each_anchor(ref, self, in_dim, hidden_dim=128, num_anchors=9, num_classes=20, drop_ratio=0.3):
    channels = num_anchors * (5 + num_classes)
    made(self, num_anchors, num_classes, network(in_dim, hidden_dim, channels, torch.nn.Dropout(drop_ratio)))


@prediction_network.case
def three_anchors_a_cell(draw):
    return features_and_anchors(draw, (3, 5, CELLS, CELLS), 7, 3, 4, 9)


@prediction_network.case(worth=0.2)
def maps_of_another_size(draw):
    return features_and_anchors(draw, (3, 5, 4, 5), 7, 2, 4, 9)


@prediction_network.case(worth=0.1)
def one_of_everything(draw):
    return features_and_anchors(draw, (1, 1, 1, 1), 1, 1, 1, 1)


@prediction_network.case(worth=0.1)
def large_features(draw):
    return features_and_anchors(draw, (2, 4, CELLS, CELLS), 6, 3, 2, 4, scale=20.0)


@prediction_network.case(worth=0.1)
def no_positive_anchor(draw):
    return features_and_anchors(draw, (2, 4, CELLS, CELLS), 6, 2, 3, 0)


def predicted(net, features, num_anchors):
    """Confidences (B, A, H, W), offsets (B, A, H, W, 4) and class scores (B, H, W, C), not squashed."""
    B, _, H, W = features.shape
    out = net(features)
    per_anchor = out[:, : 5 * num_anchors].reshape(B, num_anchors, 5, H, W).permute(0, 1, 3, 4, 2)
    return per_anchor[..., 0], per_anchor[..., 1:], out[:, 5 * num_anchors :].permute(0, 2, 3, 1)


def squash(offsets):
    return torch.cat([offsets[..., :2].sigmoid() - 0.5, offsets[..., 2:]], dim=-1)


@prediction_network_init.oracle
def layer_after_layer(ref, features, drop_ratio, num_anchors, num_classes):
    channels = 5 * num_anchors + num_classes
    first, last = torch.nn.Linear(1, 1), torch.nn.Linear(1, channels)
    net = prepared(torch.nn.Sequential(first, last), features)
    with torch.no_grad():
        hidden = torch.nn.functional.leaky_relu(first(features[:, :, 0, 0]))
        train = torch.nn.functional.dropout(hidden, drop_ratio)
        answers = {"train": train, "test": hidden}
        answers = {name: (x * last.weight[-1]).flatten() + 0.5 for name, x in answers.items()}
    return {**answers, "parameters": shapes_of(net)}


@prediction_network.oracle
def cell_by_cell(ref, features, pos_anchor_idx, neg_anchor_idx, hidden_dim, num_anchors, num_classes):
    B, _, H, W = features.shape
    net = prepared(network(features.shape[1], hidden_dim, 5 * num_anchors + num_classes, None), features)
    with torch.no_grad():
        conf, offsets, classes = predicted(net, features, num_anchors)
    conf, offsets = 1 / (1 + torch.exp(-conf)), squash(offsets)
    places = [np.unravel_index(int(i), (B, num_anchors, H, W)) for i in [*pos_anchor_idx, *neg_anchor_idx]]
    M = len(pos_anchor_idx)
    empty = features.new_zeros
    return {
        "conf_scores": conf,
        "offsets": offsets.permute(0, 1, 4, 2, 3),
        "class_scores": classes.permute(0, 3, 1, 2),
        "conf_scores_in_training": torch.stack([conf[b, a, i, j].view(1) for b, a, i, j in places])
        if M
        else empty(0, 1),
        "offsets_in_training": torch.stack([offsets[p] for p in places[:M]]) if M else empty(0, 4),
        "class_scores_in_training": torch.stack([classes[b, i, j] for b, a, i, j in places[:M]])
        if M
        else empty(0, num_classes),
    }


def predicting(*, conf=None, offsets=squash, classes=None, mixed=False, order=None, pick=None, last=None):
    """PredictionNetwork.forward as the mistakes below have it."""

    def forward(ref, self, features, pos_anchor_idx=None, neg_anchor_idx=None):
        B, _, H, W = features.shape
        A = self.num_anchors
        if mixed:
            out = self.layers(features)
            per_anchor = out[:, : 5 * A].reshape(B, A, H, W, 5)
            raw = per_anchor[..., 0], per_anchor[..., 1:], out[:, 5 * A :].permute(0, 2, 3, 1)
        else:
            raw = predicted(self.layers, features, A)
        confs, moves, scores = conf(raw[0]) if conf else raw[0].sigmoid(), offsets(raw[1]), raw[2]
        scores = classes(scores) if classes else scores
        if pos_anchor_idx is None:
            return confs, moves.permute(0, 1, 4, 2, 3), scores.permute(0, 3, 1, 2)
        both = (neg_anchor_idx, pos_anchor_idx) if order == "negatives first" else (pos_anchor_idx, neg_anchor_idx)
        of_conf = pos_anchor_idx if pick == "positives" else torch.cat(both)
        of_rest = torch.cat(both) if pick == "all offsets" else pos_anchor_idx
        if order == "anchors last":
            confs, moves = confs.permute(0, 2, 3, 1), moves.permute(0, 2, 3, 1, 4)
        spread = scores[:, None].expand(B, A, H, W, scores.shape[3])
        if order == "cells of classes":
            spread = scores[:, :, :, None].expand(B, H, W, A, scores.shape[3])
        some = confs.reshape(-1)[of_conf]
        some = some if pick == "flat" else some[:, None]
        return some, moves.reshape(-1, 4)[of_rest], spread.reshape(-1, scores.shape[3])[pos_anchor_idx]

    return forward


def declare_wrong_prediction(name, sentence, **options):
    forward = predicting(**options)
    forward.__name__ = name
    prediction_network.misconception(sentence)(forward)


declare_wrong_prediction("raw_confidences", "The confidences are not squashed by a sigmoid.", conf=lambda x: x)
declare_wrong_prediction(
    "raw_offsets", "t_x and t_y are not squashed; they lie between -0.5 and 0.5.", offsets=lambda t: t
)
declare_wrong_prediction(
    "not_centred",
    "0.5 is not subtracted from the sigmoid of t_x and t_y: boxes can only move one way.",
    offsets=lambda t: torch.cat([t[..., :2].sigmoid(), t[..., 2:]], dim=-1),
)
declare_wrong_prediction(
    "all_offsets_squashed",
    "All four offsets are squashed; t_w and t_h are left as they come.",
    offsets=lambda t: t.sigmoid() - 0.5,
)
declare_wrong_prediction(
    "sizes_squashed",
    "The sigmoid is taken of t_w and t_h instead of t_x and t_y.",
    offsets=lambda t: torch.cat([t[..., :2], t[..., 2:].sigmoid() - 0.5], dim=-1),
)
declare_wrong_prediction(
    "class_probabilities",
    "A softmax is taken of the class scores; they are left as they come.",
    classes=lambda s: s.softmax(dim=-1),
)
declare_wrong_prediction(
    "mixed_cells",
    "Channels are brought to the end by a reshape, which mixes cells; a permute leaves them where they are.",
    mixed=True,
)
declare_wrong_prediction("negatives_first", "The negative anchors' confidences come first.", order="negatives first")
declare_wrong_prediction(
    "counted_by_cells",
    "Anchors are picked as if their numbers counted through (B, H, W, A) instead of (B, A, H, W).",
    order="anchors last",
)
declare_wrong_prediction(
    "classes_of_other_cells",
    "Class scores are picked as if anchors of a cell stood side by side: they are those of other cells.",
    order="cells of classes",
)
declare_wrong_prediction("positives_only", "Only the positive anchors' confidences are returned.", pick="positives")
declare_wrong_prediction("offsets_of_all", "The offsets are those of negative anchors as well.", pick="all offsets")
declare_wrong_prediction("flat_confidences", "The confidences in training are (2M,) instead of (2M, 1).", pick="flat")


@prediction_network.misconception("In training everything is returned as in inference: the anchors are not picked.")
def never_picked(ref, self, features, pos_anchor_idx=None, neg_anchor_idx=None):
    return ref.PredictionNetwork.forward(self, features)


# -- losses -----------------------------------------------------------------------------------------------------------


@conf_score_regression.case
def nine_anchors_each(draw):
    return confidences(draw, 9)


@conf_score_regression.case(worth=0.2)
def one_anchor_each(draw):
    return confidences(draw, 1)


@conf_score_regression.oracle
def by_hand(ref, conf_scores, GT_conf_scores):
    M = len(GT_conf_scores)
    error = torch.cat([conf_scores[:M] - 1, conf_scores[M:]])
    return {"loss": (error**2).sum() / (2 * M), "gradient": error / M}


@conf_score_regression.alternative
def by_the_library(ref, conf_scores, GT_conf_scores):
    targets = torch.cat((torch.ones_like(GT_conf_scores), torch.zeros_like(GT_conf_scores)), dim=0).view(-1, 1)
    return torch.nn.functional.mse_loss(conf_scores, targets)


def squared(conf_scores, positive=1.0, negative=0.0):
    targets = torch.cat([torch.ones_like(conf_scores) * x for x in (positive, negative)]).reshape(2, -1)
    M = len(conf_scores) // 2
    return (conf_scores.flatten() - torch.cat([targets[0, :M], targets[1, :M]])) ** 2


@conf_score_regression.misconception("The squared errors are summed; they are averaged over all anchors.")
def confidence_summed(ref, conf_scores, GT_conf_scores):
    return squared(conf_scores).sum()


@conf_score_regression.misconception("The sum is divided by the positive anchors alone; half of all are negative.")
def confidence_over_positives(ref, conf_scores, GT_conf_scores):
    return squared(conf_scores).sum() / len(GT_conf_scores)


@conf_score_regression.misconception(
    "The targets are exchanged: 1 belongs to the positive anchors, 0 to the negative ones."
)
def targets_exchanged(ref, conf_scores, GT_conf_scores):
    return squared(conf_scores, 0.0, 1.0).mean()


@conf_score_regression.misconception("The negative anchors are left out.")
def positives_alone(ref, conf_scores, GT_conf_scores):
    return squared(conf_scores)[: len(GT_conf_scores)].mean()


@conf_score_regression.misconception("The target of a positive anchor is its IoU; it is 1.")
def iou_as_target(ref, conf_scores, GT_conf_scores):
    targets = torch.cat([GT_conf_scores, torch.zeros_like(GT_conf_scores)])
    return ((conf_scores.flatten() - targets) ** 2).mean()


@conf_score_regression.misconception("The loss is a cross-entropy; it is a squared error.")
def entropy(ref, conf_scores, GT_conf_scores):
    targets = torch.cat([torch.ones_like(GT_conf_scores), torch.zeros_like(GT_conf_scores)])
    return torch.nn.functional.binary_cross_entropy(conf_scores.flatten(), targets)


@conf_score_regression.misconception("The errors are (2M, 2M): a column minus a row of targets takes every pair.")
def every_pair(ref, conf_scores, GT_conf_scores):
    targets = torch.cat([torch.ones_like(GT_conf_scores), torch.zeros_like(GT_conf_scores)])
    return ((conf_scores - targets) ** 2).mean()


@bbox_regression.case
def twelve_anchors(draw):
    return two_offsets(draw, 12, scale=2.0)


@bbox_regression.case(worth=0.2)
def a_single_anchor(draw):
    return two_offsets(draw, 1)


@bbox_regression.oracle
def offsets_by_hand(ref, offsets, GT_offsets):
    error = offsets - GT_offsets
    return {"loss": (error**2).sum() / len(error), "gradient": 2 * error / len(error)}


@bbox_regression.alternative
def four_times_the_mean(ref, offsets, GT_offsets):
    return 4 * torch.nn.functional.mse_loss(offsets, GT_offsets)


@bbox_regression.misconception(
    "The squared errors are averaged over the four offsets as well; those of an anchor are summed."
)
def mean_of_all(ref, offsets, GT_offsets):
    return ((offsets - GT_offsets) ** 2).mean()


@bbox_regression.misconception("The squared errors are summed over the anchors; they are averaged.")
def offsets_summed(ref, offsets, GT_offsets):
    return ((offsets - GT_offsets) ** 2).sum()


@bbox_regression.misconception("The loss is smooth L1; it is a squared error.")
def smooth(ref, offsets, GT_offsets):
    return torch.nn.functional.smooth_l1_loss(offsets, GT_offsets, reduction="none").sum(dim=1).mean()


@bbox_regression.misconception("The errors are absolute ones; they are squared.")
def absolute(ref, offsets, GT_offsets):
    return (offsets - GT_offsets).abs().sum(dim=1).mean()


@bbox_regression.misconception("Half of the squared error is taken.")
def half_the_square(ref, offsets, GT_offsets):
    return ((offsets - GT_offsets) ** 2).sum(dim=1).mean() / 2


# -- nms --------------------------------------------------------------------------------------------------------------


@nms.case
def eight_crowds(draw):
    return clear(draw, lambda d: crowds(d, 40, 5, iou_threshold=0.5), told_apart)


@nms.case
def little_overlap_allowed(draw):
    return clear(draw, lambda d: crowds(d, 40, 5, spread=10, iou_threshold=0.2), told_apart)


@nms.case
def five_of_the_best(draw):
    return clear(draw, lambda d: crowds(d, 40, 8, topk=5), told_apart)


@nms.case
def two_of_four_whose_best_overlap(draw):
    """The two best boxes are in each other's way, and two are asked for"""
    x, y, w, h = (float(v) for v in draw.integers(10, 20, 4))
    boxes = [
        [x, y, x + w, y + h],
        [x + 1, y, x + w + 1, y + h],
        [x + 50, y, x + 50 + w, y + h],
        [x, y + 50, x + w, y + 60],
    ]
    scores = np.array([0.9, 0.8, 0.7, 0.6], dtype=draw.dtype)
    return dict(boxes=np.array(boxes, dtype=draw.dtype), scores=scores, iou_threshold=0.5, topk=2)


@nms.case(worth=0.05)
def small_boxes(draw):
    return clear(draw, lambda d: crowds(d, 60, 6, least=2, spread=2, iou_threshold=0.37), told_apart)


@nms.case(worth=0.05)
def more_than_there_are(draw):
    return clear(draw, lambda d: crowds(d, 10, 5, topk=50), told_apart)


@nms.case(worth=0.05)
def exactly_at_the_threshold(draw):
    """Boxes whose IoU is exactly the threshold, which are kept, and two that are just below it"""
    x, y, w, h = (float(v) for v in draw.integers(2, 9, 4))
    boxes = [[x, y, x + 2 * w, y + h], [x, y, x + w, y + h]]
    boxes += [[x + 50, y, x + 50 + w, y + 2 * h], [x + 50, y, x + 50 + w, y + h]]
    boxes += [[x, y + 50, x + 3, y + 53], [x, y + 50, x + 2, y + 52]]
    return dict(
        boxes=draw.shuffled(np.array(boxes, dtype=draw.dtype)),
        scores=draw.shuffled(np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], dtype=draw.dtype)),
        iou_threshold=0.5,
        topk=None,
    )


@nms.case(worth=0.05)
def touching_nested_identical_and_flat(draw):
    """Boxes that touch, one inside another, the same one twice, and one of no area"""
    x, y, w, h = (float(v) for v in draw.integers(4, 9, 4))
    one = [x, y, x + w, y + h]
    boxes = [one, one, [x + w, y, x + 2 * w, y + h], [x - 3, y - 3, x + w + 3, y + h + 3], [x, y, x, y + h]]
    scores = draw.shuffled(np.array([0.9, 0.8, 0.7, 0.6, 0.5], dtype=draw.dtype))
    return dict(
        boxes=np.array(boxes, dtype=draw.dtype), scores=scores, iou_threshold=draw.number(0.81, 0.95), topk=None
    )


@nms.case(worth=0.05)
def no_overlap_allowed(draw):
    """Boxes that touch or lie side by side are kept; whatever overlaps is not"""
    return crowds(draw, 40, 4, least=2, spread=6, iou_threshold=0.0)


@nms.case(worth=0.05)
def any_overlap_allowed(draw):
    """At a threshold of 1 nothing is suppressed, not even the same box"""
    inputs = crowds(draw, 8, 4, iou_threshold=1.0)
    return dict(inputs, boxes=inputs["boxes"][[0, 1, 2, 3, 0, 1, 2, 3]])


@nms.case(worth=0.05)
def no_boxes(draw):
    return dict(boxes=draw.normal(0, 4), scores=draw.normal(0), iou_threshold=0.5, topk=None)


@nms.case(worth=0.05)
def a_single_box(draw):
    return crowds(draw, 1, 1)


@nms.case(worth=0.05)
def equal_scores(draw):
    """Boxes far apart whose scores are alike, and pairs of identical boxes"""
    inputs = crowds(draw, 5, 1)
    corners = 500 * np.arange(5)[:, None] + np.concatenate(
        [draw.integers(0, 9, 5, 2), draw.integers(20, 40, 5, 2)], axis=1
    )
    order = draw.permutation(10)
    boxes = np.concatenate([corners, corners])[order].astype(draw.dtype)
    return dict(inputs, boxes=boxes, scores=np.repeat(draw.full(1, value=0.5), 10))


@nms.case(worth=0.05)
def scores_of_any_sign(draw):
    inputs = clear(draw, lambda d: crowds(d, 20, 5), told_apart)
    return dict(inputs, scores=draw.spread(20), boxes=draw.strided(inputs["boxes"]))


@nms.case(worth=0.05)
def the_usual_settings(draw):
    return dict(clear(draw, lambda d: crowds(d, 40, 5, iou_threshold=0.5), told_apart), iou_threshold=None)


@nms.oracle
def in_words(ref, boxes, scores, iou_threshold, topk):
    iou_threshold = 0.5 if iou_threshold is None else iou_threshold
    kept = greedy(boxes.tolist(), scores.tolist(), iou_threshold)[:topk]
    if len(scores) == 10 and len(scores.unique()) == 1:  # identical boxes stand for each other
        kept = sorted(min(j for j in range(10) if torch.equal(boxes[i], boxes[j])) for i in kept)
    return {"keep": torch.tensor(kept, dtype=torch.int64)}


@nms.alternative
def from_all_overlaps(ref, boxes, scores, iou_threshold=0.5, topk=None):
    if (not boxes.numel()) or (not scores.numel()):
        return torch.zeros(0, dtype=torch.long)
    order = scores.sort(descending=True)[1]
    high = fits(boxes)[order][:, order] > iou_threshold
    alive = torch.ones(len(order), dtype=torch.bool)
    for i in range(len(order)):
        if alive[i]:
            alive[i + 1 :] &= ~high[i, i + 1 :]
    keep = order[alive]
    return keep if topk is None else keep[:topk]


@nms.naive
def one_against_all_kept(ref, boxes, scores, iou_threshold=0.5, topk=None):
    """Each box is compared with those that are kept; none is put aside."""
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept = torch.zeros(0, dtype=torch.int64)
    for i in torch.argsort(scores, descending=True):
        low, high = torch.maximum(boxes[i, :2], boxes[kept, :2]), torch.minimum(boxes[i, 2:], boxes[kept, 2:])
        shared = (high - low).clamp(min=0).prod(dim=1)
        if not bool((shared / (area[i] + area[kept] - shared) > iou_threshold).any()):
            kept = torch.cat([kept, i.reshape(1)])
        if len(kept) == topk:
            break
    return kept


@nms.misconception("A box whose IoU is exactly the threshold is suppressed; only those above it are.")
def at_the_threshold(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, topk, below=lambda iou, limit: iou >= limit)


@nms.misconception(
    "Nothing is ever suppressed: numbers that are tensors are looked up in a Python set or list of others by identity."
)
def never_in_the_set(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return torch.argsort(scores, descending=True)[:topk]


@nms.misconception("The boxes are gone through in the order in which they are given, not from the highest score down.")
def in_the_order_given(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, topk, order=torch.arange(len(boxes)))


@nms.misconception("The boxes are gone through from the lowest score up.")
def lowest_first(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, topk, order=torch.argsort(scores))


@nms.misconception("The numbers come in the order of the boxes; the highest score comes first.")
def sorted_by_number(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, topk).sort().values


@nms.misconception("The numbers count through the sorted boxes; they are those of the boxes as they were given.")
def numbers_of_sorted_boxes(ref, boxes, scores, iou_threshold=0.5, topk=None):
    order = torch.argsort(scores, descending=True)
    return torch.argsort(order)[suppressed(boxes, scores, iou_threshold, topk)]


@nms.misconception("topk is taken before the suppression: fewer boxes are left than there could be.")
def topk_first(ref, boxes, scores, iou_threshold=0.5, topk=None):
    order = torch.argsort(scores, descending=True)[:topk]
    return suppressed(boxes, scores, iou_threshold, None, order=order)


@nms.misconception("topk is not used.")
def topk_unused(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, None)


@nms.misconception("topk is taken in the order of the boxes instead of the scores.")
def first_topk_by_number(ref, boxes, scores, iou_threshold=0.5, topk=None):
    keep = suppressed(boxes, scores, iou_threshold, None)
    return keep if topk is None else keep[torch.argsort(torch.argsort(keep)) < topk]


@nms.misconception("Boxes that are suppressed suppress others in turn; only those that are kept do.")
def suppressed_by_suppressed(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, topk, against="seen")


@nms.misconception("A box is compared with the last one that was kept only, not with all that were.")
def compared_with_the_last(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, topk, against="last")


@nms.misconception("Only the best box suppresses others.")
def only_the_best(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, topk, against="first")


@nms.misconception("The union of two boxes is the sum of their areas: the intersection is not subtracted.")
def nms_without_subtraction(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, topk, iou=fits(boxes, over="sum"))


@nms.misconception("1 is added to widths and heights, as if the corners were pixels.")
def nms_plus_a_pixel(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, topk, iou=fits(boxes, pixel=1))


@nms.misconception("The threshold is always 0.5, whatever iou_threshold says.")
def the_usual_threshold(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, 0.5, topk)


@nms.misconception("The boxes that overlap are kept, and those that do not are suppressed.")
def the_other_way_round(ref, boxes, scores, iou_threshold=0.5, topk=None):
    return suppressed(boxes, scores, iou_threshold, topk, below=lambda iou, limit: iou < limit)


@nms.misconception("A mask is returned instead of numbers.")
def a_mask(ref, boxes, scores, iou_threshold=0.5, topk=None):
    mask = torch.zeros(len(boxes), dtype=torch.bool)
    mask[suppressed(boxes, scores, iou_threshold, topk)] = True
    return mask


# -- SingleStageDetector.forward --------------------------------------------------------------------------------------

MATCHED = matched(0.2, "YOLO")
ALSO_MATCHED = matched(0.3, "YOLO")  # so that the mistake of the other threshold has one answer as well


@single_stage_forward.case
def three_pictures_with_boxes(draw):
    return clear(draw, lambda d: pictures_with_boxes(d, [3, 1, 2]), MATCHED, ALSO_MATCHED)


@single_stage_forward.case(worth=0.2)
def one_picture_one_box(draw):
    return clear(draw, lambda d: pictures_with_boxes(d, [1]), MATCHED, ALSO_MATCHED)


@single_stage_forward.case(worth=0.2)
def many_small_boxes(draw):
    return clear(draw, lambda d: pictures_with_boxes(d, [6, 4], least=0.5, most=1.5), MATCHED, ALSO_MATCHED)


@single_stage_forward.oracle
def loss_by_hand(ref, images, bboxes):
    import a5_helper

    a5_helper.reset_negatives()

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = network(CHANNELS, 128, 5 * ANCHORS + CLASSES, None)

        def forward(self, images, bboxes):
            features = features_of(images)
            positive, negative, _, GT_offsets, GT_class, _, _ = told_for(bboxes, features, "YOLO", neg_thresh=0.2)
            conf, offsets, classes = predicted(self.layers, features, ANCHORS)
            conf, offsets = conf.sigmoid().flatten(), squash(offsets).reshape(-1, 4)
            M = len(positive)
            loss = (((conf[positive] - 1) ** 2).sum() + (conf[negative] ** 2).sum()) / (2 * M)
            loss = loss + ((offsets[positive] - GT_offsets) ** 2).sum() / M
            likely = classes[:, None].expand(-1, ANCHORS, -1, -1, -1).reshape(-1, CLASSES).log_softmax(dim=1)
            picture = positive // (ANCHORS * CELLS**2)
            for b in range(len(images)):
                mine = picture == b
                loss = loss - likely[positive[mine], GT_class[mine]].mean() / len(images)
            return loss

    return learning(prepared(Net(), images), images, bboxes)


def loss_of(ref, self, images, bboxes, **changed):
    """SingleStageDetector.forward as the mistakes below have it."""
    how = dict(neg_thresh=0.2, method="YOLO", weights=(1, 1, 1), conf=False, anc_per_img=ANCHORS * CELLS**2) | changed
    features = self.feat_extractor.extract_mobilenet_feature(images)
    positive, negative, fits, GT_offsets, GT_class, _, _ = told_for(
        bboxes, features, how["method"], neg_thresh=how["neg_thresh"]
    )
    if how.get("negatives") == "positive":
        negative = positive
    conf, offsets, classes = self.pred_network(features, positive, negative)
    targets = torch.zeros_like(conf)
    targets[: len(fits)] = fits[:, None] if how["conf"] else 1
    import a5_helper

    classified = a5_helper.ObjectClassification(classes, GT_class, len(images), how["anc_per_img"], positive)
    if how.get("of_classes"):
        classified = how["of_classes"](classes, GT_class)
    losses = [((conf - targets) ** 2).mean(), ((offsets - GT_offsets) ** 2).sum(dim=1).mean(), classified]
    return sum(weight * loss for weight, loss in zip(how["weights"], losses, strict=True))


@single_stage_forward.alternative
def added_up(ref, self, images, bboxes):
    return loss_of(ref, self, images, bboxes)


def declare_wrong_loss(name, sentence, **changed):
    def forward(ref, self, images, bboxes):
        return loss_of(ref, self, images, bboxes, **changed)

    forward.__name__ = name
    single_stage_forward.misconception(sentence)(forward)


declare_wrong_loss("no_class_loss", "The loss of the classes is missing.", weights=(1, 1, 0))
declare_wrong_loss("no_offset_loss", "The loss of the offsets is missing.", weights=(1, 0, 1))
declare_wrong_loss("no_confidence_loss", "The loss of the confidences is missing.", weights=(0, 1, 1))
declare_wrong_loss(
    "another_threshold", "neg_thresh is left at 0.3, so that other anchors are negative.", neg_thresh=0.3
)
declare_wrong_loss("as_in_two_stages", "Anchors are matched as for Faster R-CNN, not as for YOLO.", method="FasterRCNN")
declare_wrong_loss(
    "classes_over_all",
    "The loss of the classes is that of a single picture: anc_per_img counts the anchors of all pictures.",
    anc_per_img=10**9,
)
declare_wrong_loss(
    "classes_averaged_at_once",
    "The loss of the classes is averaged over all anchors at once, not first over those of each picture.",
    of_classes=lambda classes, GT_class: -classes.log_softmax(dim=1)[range(len(classes)), GT_class].mean(),
)


@single_stage_forward.misconception("The loss is detached from the network: no gradient reaches the parameters.")
def detached(ref, self, images, bboxes):
    return loss_of(ref, self, images, bboxes).detach()


@single_stage_forward.misconception("The loss is divided by the number of pictures once more.")
def divided_again(ref, self, images, bboxes):
    return loss_of(ref, self, images, bboxes) / len(images)


# -- SingleStageDetector.inference ------------------------------------------------------------------------------------

DECIDED = decided("YOLO")


@single_stage_inference.case
def four_crowded_cells(draw):
    return clear(draw, lambda d: single_predictions(d, 3, 4, 5, thresh=0.5, nms_thresh=0.3), DECIDED)


@single_stage_inference.case
def a_high_threshold(draw):
    return clear(draw, lambda d: single_predictions(d, 2, 4, 6, thresh=0.75, nms_thresh=0.45), DECIDED)


@single_stage_inference.case(worth=0.3)
def with_the_usual_thresholds(draw):
    return clear(draw, lambda d: single_predictions(d, 2, 6, 9), DECIDED)


@single_stage_inference.case(worth=0.2)
def nothing_found(draw):
    return single_predictions(draw, 2, 3, 4, thresh=0.98, nms_thresh=0.5)


@single_stage_inference.case(worth=0.1)
def one_picture(draw):
    return clear(draw, lambda d: single_predictions(d, 1, 3, 3, thresh=0.5, nms_thresh=0.5), DECIDED)


@single_stage_inference.oracle
def anchor_after_anchor(ref, images, conf_scores, offsets, class_scores, thresholds):
    found = [[], [], []]
    for b in range(len(images)):
        candidates, scores, classes = [], [], []
        boxes = moved(offsets[b].numpy(), "YOLO")
        for a, i, j in np.ndindex(ANCHORS, CELLS, CELLS):
            if conf_scores[b, a, i, j] > thresholds.get("thresh", 0.5):
                candidates.append(boxes[a, i, j].tolist())
                scores.append(conf_scores[b, a, i, j])
                classes.append(int(class_scores[b, :, i, j].argmax()))
        kept = greedy(candidates, scores, thresholds.get("nms_thresh", 0.7))
        found[0].append(torch.tensor([candidates[k] for k in kept]).reshape(-1, 4).to(offsets.dtype))
        found[1].append(torch.tensor([float(scores[k]) for k in kept]).to(offsets.dtype))
        found[2].append(torch.tensor([classes[k] for k in kept], dtype=torch.int64))
    return detections(*found)


def detected(self, images, thresh, nms_thresh, **changed):
    """SingleStageDetector.inference as the mistakes below have it."""
    how = dict(method="YOLO", suppress=True, per_class=False, conf=None, classes=None, permute=True) | changed
    conf, offsets, class_scores = self.pred_network(images)
    candidates, _ = detectors_anchors(len(images), conf)
    offsets = offsets.permute(0, 1, 3, 4, 2) if how["permute"] else offsets.reshape(candidates.shape)
    size, middle = candidates[..., 2:] - candidates[..., :2], (candidates[..., :2] + candidates[..., 2:]) / 2
    middle = middle + offsets[..., :2] * (1 if how["method"] == "YOLO" else size)
    half = size * offsets[..., 2:].exp() / 2
    boxes = torch.cat([middle - half, middle + half], dim=-1)
    if how.get("anchors_alone"):
        boxes = candidates
    number = class_scores.argmax(dim=1)[:, None].expand(conf.shape)
    if how["classes"]:
        number = how["classes"](class_scores, conf)
    out = [], [], []
    for b in range(len(images)):
        high = how["conf"](conf[b], thresh) if how["conf"] else conf[b] > thresh
        some, scores, classes = boxes[b][high], conf[b][high], number[b][high]
        keep = torch.argsort(scores, descending=True)
        if how["per_class"]:
            apart = some + 1000 * classes[:, None]
            keep = suppressed(apart, scores, nms_thresh, None)
        elif how["suppress"]:
            keep = suppressed(some, scores, nms_thresh, None)
        out[0].append(some[keep])
        out[1].append(scores[: len(keep)] if how.get("confidences_as_they_were") else scores[keep])
        out[2].append(classes[: len(keep)] if how.get("classes_as_they_were") else classes[keep])
    return out


@single_stage_inference.alternative
def flat_lists(ref, self, images, thresh=0.5, nms_thresh=0.7):
    return detected(self, images, thresh, nms_thresh)


def declare_wrong_inference(name, sentence, **changed):
    def inference(ref, self, images, thresh=0.5, nms_thresh=0.7):
        return detected(self, images, thresh, nms_thresh, **changed)

    inference.__name__ = name
    single_stage_inference.misconception(sentence)(inference)


declare_wrong_inference("no_suppression", "There is no non-maximum suppression.", suppress=False)
declare_wrong_inference(
    "suppression_in_each_class",
    "Boxes of different classes do not suppress each other; all classes together are meant.",
    per_class=True,
)
declare_wrong_inference("as_faster_rcnn", "The middles move as for Faster R-CNN, not as for YOLO.", method="FasterRCNN")
declare_wrong_inference(
    "offsets_reshaped",
    "Offsets are brought to (B, A, H, W, 4) by a reshape, which mixes cells; a permute leaves them where they are.",
    permute=False,
)
declare_wrong_inference(
    "anchors_returned", "The boxes are the anchors; the offsets are not applied.", anchors_alone=True
)
declare_wrong_inference(
    "below_the_threshold", "Boxes below the threshold are kept instead of those above.", conf=lambda c, t: c < t
)
declare_wrong_inference(
    "threshold_of_a_half",
    "The threshold of the confidences is always 0.5, whatever `thresh` says.",
    conf=lambda c, t: c > 0.5,
)
declare_wrong_inference(
    "confidences_not_reordered",
    "The confidences are those before the suppression: they do not belong to the boxes.",
    confidences_as_they_were=True,
)
declare_wrong_inference(
    "classes_not_reordered",
    "The classes are those before the suppression: they do not belong to the boxes.",
    classes_as_they_were=True,
)
declare_wrong_inference(
    "classes_of_the_first_picture",
    "The classes are those of the first picture for all pictures.",
    classes=lambda scores, conf: scores[:1].argmax(dim=1)[:, None].expand(conf.shape),
)
declare_wrong_inference(
    "classes_side_by_side",
    "Classes are repeated as if anchors of a cell stood side by side: they are those of other cells.",
    classes=lambda scores, conf: (
        scores.argmax(dim=1)[..., None].expand(*scores[:, 0].shape, conf.shape[1]).reshape(conf.shape)
    ),
)
declare_wrong_inference(
    "least_likely_class",
    "The class is that of the lowest score.",
    classes=lambda scores, conf: scores.argmin(dim=1)[:, None].expand(conf.shape),
)


@single_stage_inference.misconception("The two thresholds are exchanged.")
def thresholds_exchanged(ref, self, images, thresh=0.5, nms_thresh=0.7):
    return detected(self, images, nms_thresh, thresh)


@single_stage_inference.misconception("The suppression has a threshold of its own, whatever `nms_thresh` says.")
def suppression_at_a_half(ref, self, images, thresh=0.5, nms_thresh=0.7):
    return detected(self, images, thresh, 0.5)


# -- mutants that are no mistakes -------------------------------------------------------------------------------------

EITHER_WAY = "the larger and the smaller of two numbers do not depend on their order"
for statement in (
    "wide = (torch.minimum(right, x_br) - torch.maximum(x_tl, left)).clamp(min=0)",
    "wide = (torch.minimum(x_br, right) - torch.maximum(left, x_tl)).clamp(min=0)",
    "high = (torch.minimum(bottom, y_br) - torch.maximum(y_tl, top)).clamp(min=0)",
    "high = (torch.minimum(y_br, bottom) - torch.maximum(top, y_tl)).clamp(min=0)",
):
    iou.equivalent(statement, EITHER_WAY)
for name, low, high in (("wide", 0, 2), ("high", 1, 3)):
    mine, others = f"torch.minimum(boxes[best, {high}], others[:, {high}])", f"boxes[best, {low}], others[:, {low}]"
    turned = f"torch.minimum(others[:, {high}], boxes[best, {high}])"
    nms.equivalent(f"{name} = ({mine} - torch.maximum(others[:, {low}], boxes[best, {low}])).clamp(min=0)", EITHER_WAY)
    nms.equivalent(f"{name} = ({turned} - torch.maximum({others})).clamp(min=0)", EITHER_WAY)
prediction_network.equivalent(
    "if pos_anchor_idx is None and neg_anchor_idx is None:", "both are given, or neither of them is"
)
single_stage_forward.equivalent("reg_loss = BboxRegression(GT_offsets, offsets)", "a squared error has no direction")
single_stage_forward.equivalent(
    "cls_loss = ObjectClassification(class_scores, GT_class, B, anchors[0, ..., 1].numel(), pos_anchor_idx)",
    "each of the four numbers of the anchors counts them",
)
single_stage_inference.equivalent(
    "kept = conf_scores[b] >= thresh",
    "no case has a confidence of exactly the threshold: the course does not say which",
)
for statement in (
    "final_conf_scores.append(scores[keep].unsqueeze(0))",
    "final_class.append(found[keep].unsqueeze(0))",
):
    single_stage_inference.equivalent(statement, "(K, 1), (K,) and (1, K) are all in use, and all are taken")
