"""How your code for a5 is called, and on what. The grader puts the same questions to its own solution and compares."""

import contextlib
import inspect
import math

import numpy as np

from grader.ask import loss_and_gradients, projection, same_parameters, torch, used_parameters
from grader.property import binomial, certain, close
from grader.spec import Checks, no_calls, no_loops, operations_do_not_grow

checks = Checks("a5", title="Object detection in one stage and in two")

single = checks.module("single_stage_detector")
double = checks.module("two_stage_detector")

summed = double.edition(
    "summed",
    "Your TwoStageDetector sums the cross-entropy over the proposals and divides it by the number of pictures.",
)

# Boxes overlap by rules of your own writing. The library is in reach of several helpers.
HELPERS = ("a2_helpers", "a3_helper", "a4_helper", "a5_helper", "a6_helper")
BY_HAND = no_calls(
    *("torchvision.ops.*", "eecs598.ops.*", ".box_iou"),
    *(f"{helper}.{module}.ops.*" for helper in HELPERS for module in ("torchvision", "eecs598")),
)
NUMBERS = dict(dtype="float32")
CELLS, ANCHORS, CLASSES = 7, 9, 20  # of the detectors: a feature map of 7 x 7 cells, anchors of a cell, classes
CHANNELS = 1280  # of the features


# == what the questions have in common ================================================================================


def loss_and_gradient(loss_of, x):
    """A loss, and its gradient: 0 where autograd cannot go back from it."""
    loss, (gradient,) = loss_and_gradients(loss_of, x)
    return {"loss": loss, "gradient": gradient}


def shape_name(parameter):
    """A parameter's shape; ones at the end do not count: a 1x1 convolution is a linear layer."""
    shape = list(parameter.shape)
    while len(shape) > 2 and shape[-1] == 1:
        shape.pop()
    return str(tuple(shape))


def shapes_of(net, output=None):
    """How many parameters there are of each shape; `output`: what the network returned; a layer that takes no part in
    it is not counted."""
    counts = {}
    for parameter in used_parameters(net, output):
        counts[shape_name(parameter)] = counts.get(shape_name(parameter), 0) + 1
    return dict(sorted(counts.items()))


def gradients_of(net, loss):
    """The gradient of a loss for each shape of parameters: a fixed projection of each row, so that it stays small."""
    found = {}
    parameters = used_parameters(net, loss)
    gradients = [torch.zeros_like(p) for p in parameters]
    if loss.requires_grad:
        taken = torch.autograd.grad(loss.sum(), parameters, allow_unused=True)
        gradients = [zero if g is None else g for zero, g in zip(gradients, taken, strict=True)]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        flat = gradient.flatten(1) if gradient.dim() > 1 else gradient[:, None]
        rows = flat @ projection((flat.shape[1],), flat)
        rows = rows[parameter.rows] if hasattr(parameter, "rows") else rows  # see `in_order`
        name = shape_name(parameter)
        found[name] = found[name] + rows if name in found else rows
    return dict(sorted(found.items()))


def filled(net, like):
    """A network whose parameters depend on their shapes alone, with small biases."""
    with torch.no_grad():
        for parameter in same_parameters(net.to(like)).parameters():
            if parameter.dim() == 1:
                parameter.sub_(1)
    return net


def prepared(net, like):
    """The same without dropout, in whatever way there is some."""
    for module in net.modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, float) and ("drop" in name or isinstance(module, torch.nn.modules.dropout._DropoutNd)):
                setattr(module, name, 0.0)
    return filled(net, like)


def in_order(net, features, channels, maps_of):
    """The same network with the rows of its last layer in one order, whichever of its channels means what.

    maps_of: takes what the network returns to a list of maps, one for each channel."""
    last = [parameter for parameter in net.parameters() if parameter.shape[0] == channels]
    with contextlib.suppress(RuntimeError, IndexError, TypeError, ValueError, AttributeError), torch.enable_grad():
        (bias,) = [parameter for parameter in last if parameter.dim() == 1]
        maps = maps_of(net(features))
        reads = [torch.autograd.grad(one.sum(), bias, retain_graph=True)[0].abs().argmax() for one in maps]
        rows = torch.stack(reads)
        if sorted(rows.tolist()) == list(range(channels)):
            with torch.no_grad():
                for parameter in last:
                    parameter[rows] = parameter.clone()
                    parameter.rows = rows
    return net


def prediction_maps(told):
    """What a PredictionNetwork returns, as maps."""
    conf_scores, offsets, class_scores = told
    of_anchors = torch.cat([conf_scores[:, :, None], offsets], dim=2).flatten(1, 2)
    return [*of_anchors.unbind(dim=1), *class_scores.unbind(dim=1)]


def proposal_maps(told):
    """What a ProposalModule returns, as maps."""
    return [*torch.cat(told, dim=2).flatten(1, 2).unbind(dim=1)]


@contextlib.contextmanager
def given(function, **others):
    """What the course gives stands under its names in the file of `function`, whatever a file has of its own, and
    `others` stand there and in the helper."""
    import a5_helper

    own = inspect.unwrap(function).__globals__
    helpers = ("FeatureExtractor", "GenerateGrid", "ReferenceOnActivatedAnchors", "ObjectClassification", "torchvision")
    here = {name: getattr(a5_helper, name) for name in helpers if name in own} | others
    for name, value in own.items():
        if type(value).__name__ == "Placeholder":  # imported from a torchvision that is not installed
            operation = str(value._path).rpartition(".")[2]
            if hasattr(a5_helper.torchvision.ops, operation):
                here[name] = getattr(a5_helper.torchvision.ops, operation)
    there = {name: value for name, value in others.items() if name in vars(a5_helper)}
    a5_helper.reset_negatives()
    with replaced(own, here), replaced(vars(a5_helper), there):
        yield


@contextlib.contextmanager
def replaced(names, others):
    """Other values under some names, for a while."""
    before = {name: names[name] for name in others if name in names}
    names.update(others)
    try:
        yield
    finally:
        for name in others:
            del names[name]
        names.update(before)


def extractor_of(features):
    """What makes, in the place of a FeatureExtractor, a module that has one answer."""

    class Features(torch.nn.Module):
        def forward(self, img, verbose=False):
            return features

        extract_mobilenet_feature = extract_feature = forward

    return lambda *args, **kwargs: Features()


def says(net, kind, *told):
    """The network with what its part of that kind predicts replaced: detectors are asked what they make of it."""
    for module in net.modules():
        if isinstance(module, kind):
            module.forward = lambda *args, **kwargs: told
    return net


def detections(boxes, confidences, *classes):
    """What was detected in each picture, the most confident first."""
    found = {"boxes": [], "confidences": [], "classes": []}
    for b, in_picture in enumerate(confidences):
        confidence = in_picture.detach().reshape(-1)
        order = torch.argsort(confidence, descending=True)
        found["confidences"].append(confidence[order])
        found["boxes"].append(boxes[b].detach()[order])
        for one in classes:
            found["classes"].append(one[b].detach().reshape(-1)[order].long())
    return found if classes else {name: found[name] for name in ("boxes", "confidences")}


def some_boxes(draw, *shape, least=0.5, most=4.0, side=CELLS):
    """Boxes (..., 4), somewhere in a square."""
    size = draw.uniform(*shape, 2, low=least, high=most)
    corner = draw.uniform(*shape, 2) * (side - size)
    return np.concatenate([corner, corner + size], axis=-1).astype(draw.dtype)


def padded(draw, boxes, counts, classes=CLASSES):
    """Boxes (B, N, 4) with a class each, of which as many as `counts` says are real: (B, N, 5)."""
    B, N, _ = boxes.shape
    rows = np.concatenate([boxes, draw.integers(0, classes, B, N, 1)], axis=-1).astype(draw.dtype)
    for picture, count in zip(rows, counts, strict=True):
        picture[count:] = -1
    return rows


def grid_of(draw, B, H, W):
    """The middles of cells (B, H, W, 2), as `GenerateGrid` has them."""
    rows, columns = np.meshgrid(np.arange(H) + 0.5, np.arange(W) + 0.5, indexing="ij")
    return np.broadcast_to(np.stack([columns, rows], axis=-1), (B, H, W, 2)).astype(draw.dtype)


# == single_stage_detector: anchors and boxes =========================================================================


@single.exercise("GenerateAnchor", points=5, **NUMBERS)
def generate_anchor(sub, anc, grid):
    """Boxes of some sizes around the middle of every cell."""
    return {"anchors": sub.GenerateAnchor(anc, grid)}


@generate_anchor.case
def three_sizes_on_a_small_grid(draw):
    return dict(anc=draw.uniform(3, 2, low=0.5, high=4), grid=grid_of(draw, 2, 2, 3))


@single.exercise("GenerateProposal", points=7, **NUMBERS)
def generate_proposal(sub, anchors, offsets, method):
    """Anchors, moved and resized; method is None: as usual."""
    asked = {} if method is None else {"method": method}
    return {"proposals": sub.GenerateProposal(anchors, offsets, **asked)}


def anchors_and_offsets(draw, B, A, H, W, method, *, scale=0.5):
    """The inputs of GenerateProposal."""
    return dict(anchors=some_boxes(draw, B, A, H, W), offsets=draw.normal(B, A, H, W, 4, scale=scale), method=method)


@generate_proposal.case
def as_yolo_has_it(draw):
    return anchors_and_offsets(draw, 2, 2, 2, 3, "YOLO")


@generate_proposal.case
def as_faster_rcnn_has_it(draw):
    return anchors_and_offsets(draw, 2, 2, 2, 3, "FasterRCNN")


@single.exercise("IoU", points=9, speed_points=2, rules=[no_loops(), operations_do_not_grow(), BY_HAND], **NUMBERS)
def iou(sub, proposals, bboxes):
    """How well each of many boxes fits each of some others."""
    return {"iou": sub.IoU(proposals, bboxes)}


def boxes_to_compare(draw, B, A, H, W, N, *, counts=None, **sizes):
    """The inputs of IoU; counts: how many boxes of each picture are real."""
    boxes = padded(draw, some_boxes(draw, B, N, **sizes), counts or [N] * B)
    return dict(proposals=some_boxes(draw, B, A, H, W, **sizes), bboxes=boxes)


@iou.case
def two_pictures(draw):
    return boxes_to_compare(draw, 2, 2, 2, 3, 4)


@iou.case
def boxes_and_padding(draw):
    return boxes_to_compare(draw, 3, 1, 2, 2, 3, counts=[2, 1, 3])


@iou.timed(at_most=6.0)
def a_batch_of_pictures(draw, n=64):
    return boxes_to_compare(draw, n, ANCHORS, CELLS, CELLS, 40)


@iou.yardstick("one torch.maximum of all pairs")
def all_pairs(proposals, bboxes):
    corners = proposals.reshape(len(bboxes), -1, 1, 4)
    return torch.maximum(corners, bboxes[:, None, :, :4])


# == single_stage_detector: the network ===============================================================================

CERTAIN = 1e-9  # evidence below is as good as none
BIAS = 0.5  # of the last layer, where dropout is looked for


def dropped(net, features, channels, maps_of):
    """One of the numbers that are left as they come, in training and in evaluation, with a bias that is known."""
    in_order(net.eval(), features[:2], channels, maps_of)
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.shape == (channels,):
                parameter.fill_(BIAS)
        answers = {mode: maps_of(net.train(mode == "train")(features))[-1][:, 0, 0] for mode in ("train", "test")}
    return {**answers, "parameters": shapes_of(net)}


def is_dropout(answer, drop_ratio, n):
    """Claims on what `dropped` returns."""
    train, test = answer.get("train"), answer.get("test")
    usable = all(isinstance(x, torch.Tensor) and x.shape == (n,) and x.is_floating_point() for x in (train, test))
    yield certain(usable), "there is a number for every picture"
    if not usable:
        return
    gone = (train - BIAS).abs() < 1e-6
    share = binomial(gone, drop_ratio)
    yield certain(gone.any() or not drop_ratio), "there is dropout of the hidden numbers in training"
    yield certain(bool(train.all())), "dropout stands before the last layer, not after it"
    yield share, "dropout sets a share drop_ratio of the hidden numbers to 0"
    if share.p < CERTAIN:
        yield certain(binomial(gone, 1 - drop_ratio).p < CERTAIN), "drop_ratio is the probability to drop, not to keep"
    kept = (test[~gone] - BIAS) / (1 - drop_ratio) + BIAS
    yield close(train[~gone], kept, 1e-4), "hidden numbers that are kept are divided by 1 - drop_ratio"


@single.exercise("PredictionNetwork.__init__", points=3, compared=["test", "parameters"], **NUMBERS)
def prediction_network_init(sub, features, drop_ratio, num_anchors, num_classes):
    """The layers of the network, and its dropout."""
    options = dict(hidden_dim=1, num_anchors=num_anchors, num_classes=num_classes, drop_ratio=drop_ratio)
    net = filled(sub.PredictionNetwork(1, **options), features)
    return dropped(net, features, 5 * num_anchors + num_classes, prediction_maps)


def many_cells(draw, n, drop_ratio, **sizes):
    """The inputs of PredictionNetwork.__init__ and ProposalModule.__init__: n pictures of one channel with a feature in
    their first cell alone."""
    features = np.zeros((n, 1, CELLS, CELLS), dtype=draw.dtype)
    features[:, 0, 0, 0] = draw.normal(n, away=1.0)
    return dict(features=features, drop_ratio=drop_ratio, **sizes)


@prediction_network_init.case
def two_thousand_cells(draw):
    return many_cells(draw, 2000, 0.4, num_anchors=1, num_classes=2)


@prediction_network_init.property(false_alarm=1e-7)
def drops_hidden_numbers(ref, answer, features, drop_ratio, num_anchors, num_classes):
    yield from is_dropout(answer, drop_ratio, len(features))


@single.exercise("PredictionNetwork.forward", points=9, **NUMBERS)
def prediction_network(sub, features, pos_anchor_idx, neg_anchor_idx, hidden_dim, num_anchors, num_classes):
    """What the network predicts for all anchors, and for some in training."""
    options = dict(hidden_dim=hidden_dim, num_anchors=num_anchors, num_classes=num_classes, drop_ratio=0.0)
    net = prepared(sub.PredictionNetwork(features.shape[1], **options), features)
    in_order(net, features, 5 * num_anchors + num_classes, prediction_maps)
    with torch.no_grad():
        conf_scores, offsets, class_scores = net(features)
        some_conf_scores, some_offsets, some_class_scores = net(features, pos_anchor_idx, neg_anchor_idx)
    return {
        "conf_scores": conf_scores,
        "offsets": offsets,
        "class_scores": class_scores,
        "conf_scores_in_training": some_conf_scores,
        "offsets_in_training": some_offsets,
        "class_scores_in_training": some_class_scores,
    }


def features_and_anchors(draw, image, hidden_dim, num_anchors, num_classes, M, *, scale=1.0):
    """The inputs of PredictionNetwork.forward: `image` is (B, in_dim, H, W)."""
    B, _, H, W = image
    total = B * num_anchors * H * W
    return dict(
        features=draw.normal(*image, scale=scale),
        pos_anchor_idx=draw.integers(0, total, M),
        neg_anchor_idx=draw.integers(0, total, M),
        hidden_dim=hidden_dim,
        num_anchors=num_anchors,
        num_classes=num_classes,
    )


@prediction_network.case
def two_anchors_a_cell(draw):
    return features_and_anchors(draw, (2, 4, CELLS, CELLS), 6, 2, 3, 5)


# == single_stage_detector: losses ====================================================================================


@single.exercise("ConfScoreRegression", points=1, **NUMBERS)
def conf_score_regression(sub, conf_scores, GT_conf_scores):
    """The loss of the confidences, and its gradient."""
    return loss_and_gradient(lambda scores: sub.ConfScoreRegression(scores, GT_conf_scores), conf_scores)


def confidences(draw, M):
    """The inputs of ConfScoreRegression."""
    return dict(conf_scores=draw.uniform(2 * M, 1), GT_conf_scores=draw.uniform(M))


@conf_score_regression.case
def four_anchors_each(draw):
    return confidences(draw, 4)


@single.exercise("BboxRegression", points=1, **NUMBERS)
def bbox_regression(sub, offsets, GT_offsets):
    """The loss of the offsets, and its gradient."""
    return loss_and_gradient(lambda offsets: sub.BboxRegression(offsets, GT_offsets), offsets)


def two_offsets(draw, M, *, scale=1.0):
    """The inputs of BboxRegression."""
    return dict(offsets=draw.normal(M, 4, scale=scale), GT_offsets=draw.normal(M, 4, scale=scale))


@bbox_regression.case
def five_anchors(draw):
    return two_offsets(draw, 5)


# == single_stage_detector: overlapping boxes =========================================================================


def numbered(keep, boxes, scores):
    """The numbers of the boxes that are kept, where boxes with the same score, or the same box and score, can stand for
    each other: then in the order of their numbers, and with the smallest."""
    usable = isinstance(keep, torch.Tensor) and keep.dim() == 1 and not keep.is_floating_point() and len(keep)
    if not usable or int(keep.min()) < 0 or int(keep.max()) >= len(scores) or len(scores.unique()) == len(scores):
        return keep
    same = (boxes[:, None] == boxes).all(dim=2) & (scores[:, None] == scores)
    keep = same.int().argmax(dim=1)[keep]
    steps = torch.cat([keep.new_zeros(1), (scores[keep[1:]] != scores[keep[:-1]]).cumsum(0)])
    return keep[torch.argsort(steps * len(scores) + keep)]


@single.exercise("nms", points=10, speed_points=3, rules=[BY_HAND], **NUMBERS)
def nms(sub, boxes, scores, iou_threshold, topk):
    """The boxes that no better one overlaps too much; iou_threshold is None: with the usual settings."""
    asked = {} if iou_threshold is None else {"iou_threshold": iou_threshold, "topk": topk}
    return {"keep": numbered(sub.nms(boxes, scores, **asked), boxes, scores)}


def crowds(draw, n, crowd, *, least=10, spread=4, iou_threshold=0.5, topk=None):
    """The inputs of nms: boxes in crowds of about so many. Corners are integers, so that areas are exact."""
    middles = draw.integers(30, 400, -(-n // crowd), 2)[draw.integers(0, -(-n // crowd), n)]
    middles = middles + draw.integers(-spread, spread + 1, n, 2)
    low, high = (draw.integers(least, least + 2 * spread, n, 2) for _ in range(2))
    boxes, scores = np.concatenate([middles - low, middles + high], axis=1), (draw.permutation(n) + 0.5) / n
    return dict(
        boxes=boxes.astype(draw.dtype), scores=scores.astype(draw.dtype), iou_threshold=iou_threshold, topk=topk
    )


@nms.case
def three_crowds(draw):
    return crowds(draw, 12, 4)


@nms.case
def the_best_two(draw):
    return crowds(draw, 12, 4, topk=2)


@nms.timed(at_most=4.0)
def five_thousand_boxes(draw, n=5000):
    return crowds(draw, n, 50)


@nms.yardstick("torch.sort of the scores, twenty times")
def sorted_only(boxes, scores, iou_threshold, topk):
    return [torch.sort(scores + i) for i in range(20)]


# == single_stage_detector: the detector ==============================================================================


def squared_error_of_confidences(conf_scores, *rest):
    targets = torch.zeros_like(conf_scores)
    targets[: len(targets) // 2] = 1
    return ((conf_scores - targets) ** 2).sum() / len(targets)


def squared_error_of_offsets(offsets, GT_offsets, *rest):
    return ((offsets - GT_offsets) ** 2).sum() / len(offsets)


# The detector is asked with these losses, so that a mistake in yours is counted once.
LOSSES = {"ConfScoreRegression": squared_error_of_confidences, "BboxRegression": squared_error_of_offsets}


def learning(net, images, bboxes):
    """The loss of a detector, its gradients, and its parameters."""
    loss = net.train()(images, bboxes)
    parameters = shapes_of(net, loss)
    return {"loss": loss.detach(), "gradients": gradients_of(net, loss), "parameters": parameters}


def parts(net, kind):
    """The parts of a network of that kind."""
    return [module for module in net.modules() if isinstance(module, kind)]


@single.exercise(
    "SingleStageDetector.forward",
    points=7,
    needs=["GenerateAnchor", "IoU", "PredictionNetwork.forward"],
    seconds=30,
    **NUMBERS,
)
def single_stage_forward(sub, images, bboxes):
    """The loss of the detector, and its gradients."""
    with given(sub.SingleStageDetector.__init__, **LOSSES):
        net = prepared(sub.SingleStageDetector(), images)
        for part in parts(net, sub.PredictionNetwork):
            features = images.new_ones(1, CHANNELS, CELLS, CELLS)
            in_order(part, features, 5 * ANCHORS + CLASSES, prediction_maps)
        return learning(net, images, bboxes)


def pictures_with_boxes(draw, counts, *, side=28, least=0.8, most=4.0):
    """The inputs of SingleStageDetector.forward, RPN.forward and TwoStageDetector.forward."""
    B, N = len(counts), max(counts) + 1
    images = draw.normal(B, 3, side, side)
    return dict(images=images, bboxes=padded(draw, some_boxes(draw, B, N, least=least, most=most), counts))


@single_stage_forward.case
def two_pictures_with_boxes(draw):
    return pictures_with_boxes(draw, [2, 1], least=1.0)


@single.exercise(
    "SingleStageDetector.inference",
    points=8,
    needs=["GenerateAnchor", "GenerateProposal", "nms"],
    seconds=30,
    **NUMBERS,
)
def single_stage_inference(sub, images, conf_scores, offsets, class_scores, thresholds):
    """What is detected, for given predictions of the network."""
    with given(sub.SingleStageDetector.__init__):
        net = sub.SingleStageDetector().to(images).eval()
        says(net, sub.PredictionNetwork, conf_scores, offsets, class_scores)
        return detections(*net.inference(images, **thresholds))


def sparse_scores(draw, B, cells, anchors):
    """Confidences (B, 9, 7, 7) of which all but a few are below 0.5: in so many cells, those of so many anchors."""
    scores = 0.45 * (draw.permutation(B * ANCHORS * CELLS**2) + 0.5) / (B * ANCHORS * CELLS**2)
    scores = scores.reshape(B, ANCHORS, CELLS**2)
    for picture in scores:
        high = 0.55 + 0.4 * (draw.permutation(cells * anchors) + 0.5) / (cells * anchors)
        for cell, some in zip(draw.permutation(CELLS**2)[:cells], high.reshape(cells, anchors), strict=True):
            picture[draw.permutation(ANCHORS)[:anchors], cell] = some
    return scores.reshape(B, ANCHORS, CELLS, CELLS).astype(draw.dtype)


def squashed(draw, B):
    """Offsets (B, 9, 4, 7, 7), t_x and t_y between -0.5 and 0.5."""
    shape = (B, ANCHORS, 2, CELLS, CELLS)
    return np.concatenate([draw.uniform(*shape, low=-0.5, high=0.5), draw.normal(*shape, scale=0.3)], axis=2)


def single_predictions(draw, B, cells, anchors, **thresholds):
    """The inputs of SingleStageDetector.inference."""
    return dict(
        images=draw.normal(B, 3, 28, 28),
        conf_scores=sparse_scores(draw, B, cells, anchors),
        offsets=squashed(draw, B),
        class_scores=draw.spread(B, CLASSES, CELLS, CELLS),
        thresholds=thresholds,
    )


@single_stage_inference.case
def three_crowded_cells(draw):
    return single_predictions(draw, 2, 3, 4, thresh=0.5, nms_thresh=0.4)


# == two_stage_detector ===============================================================================================


@double.exercise("ProposalModule.__init__", points=3, compared=["test", "parameters"], **NUMBERS)
def proposal_module_init(sub, features, drop_ratio, num_anchors):
    """The layers of the module, and its dropout."""
    net = filled(sub.ProposalModule(1, hidden_dim=1, num_anchors=num_anchors, drop_ratio=drop_ratio), features)
    return dropped(net, features, 6 * num_anchors, proposal_maps)


@proposal_module_init.case
def two_thousand_cells_of_one_anchor(draw):
    return many_cells(draw, 2000, 0.4, num_anchors=1)


@proposal_module_init.property(false_alarm=1e-7)
def drops_hidden_numbers_as_well(ref, answer, features, drop_ratio, num_anchors):
    yield from is_dropout(answer, drop_ratio, len(features))


@double.exercise("ProposalModule.forward", points=8, needs=["single_stage_detector.GenerateProposal"], **NUMBERS)
def proposal_module(sub, features, pos_anchor_coord, pos_anchor_idx, neg_anchor_idx, hidden_dim, num_anchors):
    """Scores and offsets of all anchors, and in training those of some, and their proposals."""
    options = dict(hidden_dim=hidden_dim, num_anchors=num_anchors, drop_ratio=0.0)
    net = prepared(sub.ProposalModule(features.shape[1], **options), features)
    in_order(net, features, 6 * num_anchors, proposal_maps)
    with torch.no_grad():
        conf_scores, offsets = net(features)
        some_conf_scores, some_offsets, proposals = net(features, pos_anchor_coord, pos_anchor_idx, neg_anchor_idx)
    return {
        "conf_scores": conf_scores,
        "offsets": offsets,
        "conf_scores_in_training": some_conf_scores,
        "offsets_in_training": some_offsets,
        "proposals": proposals,
    }


def features_and_positive_anchors(draw, image, hidden_dim, num_anchors, M, *, scale=1.0):
    """The inputs of ProposalModule.forward: `image` is (B, in_dim, H, W)."""
    inputs = features_and_anchors(draw, image, hidden_dim, num_anchors, 1, M, scale=scale)
    del inputs["num_classes"]
    return dict(inputs, pos_anchor_coord=some_boxes(draw, M))


@proposal_module.case
def two_anchors_of_a_cell(draw):
    return features_and_positive_anchors(draw, (2, 3, CELLS, CELLS), 5, 2, 4)


def entropy_of_scores(conf_scores, batch_size, *rest):
    targets = torch.zeros_like(conf_scores)
    targets[: len(targets) // 2, 0] = 1
    targets[len(targets) // 2 :, 1] = 1
    losses = torch.nn.functional.binary_cross_entropy_with_logits(conf_scores, targets, reduction="sum")
    return losses / batch_size


def smooth_error_of_offsets(offsets, GT_offsets, batch_size, *rest):
    return torch.nn.functional.smooth_l1_loss(offsets, GT_offsets, reduction="sum") / batch_size


GIVEN_LOSSES = {"ConfScoreRegression": entropy_of_scores, "BboxRegression": smooth_error_of_offsets}


def in_order_of_anchors(sub, net, like):
    """The detector with the last layer of its proposal module in one order."""
    for part in parts(net, sub.ProposalModule):
        in_order(part, like.new_ones(1, CHANNELS, CELLS, CELLS), 6 * ANCHORS, proposal_maps)
    return net


MATCHING = ["ProposalModule.forward", "single_stage_detector.GenerateAnchor", "single_stage_detector.IoU"]


@double.exercise("RPN.forward", points=10, needs=MATCHING, seconds=30, **NUMBERS)
def rpn_forward(sub, images, bboxes):
    """The loss of the proposals, its gradients, and what the second stage is given."""
    import a5_helper

    with given(sub.RPN.__init__, **GIVEN_LOSSES):
        net = in_order_of_anchors(sub, prepared(sub.RPN(), images), images)
        learned = learning(net, images, bboxes)
        a5_helper.reset_negatives()
        loss, _, proposals, _, GT_class, pos_anchor_idx, _, anc_per_img = net(images, bboxes, output_mode="all")
    return {
        **learned,
        "loss_with_all": loss.detach(),
        "proposals": proposals.detach(),
        "GT_class": GT_class,
        "pos_anchor_idx": pos_anchor_idx,
        "anc_per_img": int(anc_per_img),
    }


@rpn_forward.case
def two_pictures_to_propose_in(draw):
    return pictures_with_boxes(draw, [2, 1])


DECIDING = [
    "single_stage_detector.GenerateAnchor",
    "single_stage_detector.GenerateProposal",
    "single_stage_detector.nms",
]


@double.exercise("RPN.inference", points=7, needs=DECIDING, seconds=30, **NUMBERS)
def rpn_inference(sub, images, conf_scores, offsets, thresholds):
    """What is proposed, for given predictions of the module."""
    features = images.new_zeros(len(images), 2, CELLS, CELLS) + images.mean()
    with given(sub.RPN.__init__, FeatureExtractor=extractor_of(features)):
        net = says(sub.RPN().to(images).eval(), sub.ProposalModule, conf_scores, offsets)
        *proposed, zeros = net.inference(images, **thresholds)
        *again, seen = net.inference(images, **thresholds, mode="FasterRCNN")
    return {
        **detections(*proposed),
        "zeros": [one.reshape(-1) for one in zeros],
        "features": seen,
        "boxes_for_the_second_stage": detections(*again)["boxes"],
    }


def double_predictions(draw, B, cells, anchors, **thresholds):
    """The inputs of RPN.inference: scores (B, 9, 2, 7, 7) and offsets (B, 9, 4, 7, 7)."""
    probabilities = sparse_scores(draw, B, cells, anchors)
    scores = np.stack([np.log(probabilities / (1 - probabilities)), draw.normal(*probabilities.shape)], axis=2)
    return dict(
        images=draw.normal(B, 3, 28, 28),
        conf_scores=scores.astype(draw.dtype),
        offsets=draw.normal(B, ANCHORS, 4, CELLS, CELLS, scale=0.2),
        thresholds=thresholds,
    )


@rpn_inference.case
def proposals_in_crowded_cells(draw):
    return double_predictions(draw, 2, 3, 4, thresh=0.5, nms_thresh=0.4)


@double.exercise("TwoStageDetector.forward", points=7, needs=["RPN.forward"], seconds=30, **NUMBERS)
def two_stage_forward(sub, images, bboxes, hidden_dim, num_classes, bins):
    """The loss of both stages, its gradients, and the loss where dropout leaves nothing of the hidden layer."""
    import a5_helper

    with given(sub.TwoStageDetector.__init__, **GIVEN_LOSSES):
        options = dict(hidden_dim=hidden_dim, num_classes=num_classes, roi_output_w=bins[0], roi_output_h=bins[1])
        net = prepared(sub.TwoStageDetector(CHANNELS, **options), images)
        learned = learning(in_order_of_anchors(sub, net, images), images, bboxes)
        net = filled(sub.TwoStageDetector(CHANNELS, **options, drop_ratio=1.0), images)
        for part in parts(net, sub.ProposalModule):
            prepared(part, images)
        a5_helper.reset_negatives()
        with torch.no_grad():
            loss = in_order_of_anchors(sub, net, images).train()(images, bboxes)
    return {**learned, "loss_of_dropped": loss}


def pictures_with_classes(draw, counts, hidden_dim, num_classes, bins=(2, 2), **sizes):
    """The inputs of TwoStageDetector.forward."""
    inputs = pictures_with_boxes(draw, counts, **sizes)
    inputs["bboxes"][..., 4] = np.where(inputs["bboxes"][..., 4] < 0, -1, inputs["bboxes"][..., 4] % num_classes)
    return dict(inputs, hidden_dim=hidden_dim, num_classes=num_classes, bins=list(bins))


@two_stage_forward.case
def two_pictures_and_six_classes(draw):
    return pictures_with_classes(draw, [2, 1], 8, 6)


@double.exercise("TwoStageDetector.inference", points=5, needs=["RPN.inference"], seconds=30, **NUMBERS)
def two_stage_inference(sub, features, conf_scores, offsets, hidden_dim, num_classes, bins, thresholds):
    """What is detected, for given features and predictions of the module."""
    with given(sub.TwoStageDetector.__init__, FeatureExtractor=extractor_of(features)):
        options = dict(hidden_dim=hidden_dim, num_classes=num_classes, roi_output_w=bins[0], roi_output_h=bins[1])
        net = prepared(sub.TwoStageDetector(features.shape[1], **options), features)
        says(net.eval(), sub.ProposalModule, conf_scores, offsets)
        return detections(*net.inference(features.new_zeros(len(features), 3, 28, 28), **thresholds))


def features_to_look_at(draw, B, in_dim, hidden_dim, num_classes, cells, anchors, bins=(2, 2), **thresholds):
    """The inputs of TwoStageDetector.inference."""
    inputs = double_predictions(draw, B, cells, anchors, **thresholds)
    del inputs["images"]
    sizes = dict(hidden_dim=hidden_dim, num_classes=num_classes, bins=list(bins))
    return dict(inputs, features=draw.normal(B, in_dim, CELLS, CELLS, scale=math.sqrt(in_dim)), **sizes)


@two_stage_inference.case
def a_few_regions(draw):
    return features_to_look_at(draw, 2, CHANNELS, 7, 4, 2, 2, thresh=0.5, nms_thresh=0.4)
