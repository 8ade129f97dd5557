"""Hidden cases of two_stage_detector, the mistakes that they catch, and independent ways to the same answers."""

import math

import numpy as np
from checks import (
    ANCHORS,
    CELLS,
    CHANNELS,
    detections,
    double_predictions,
    features_and_positive_anchors,
    features_to_look_at,
    learning,
    many_cells,
    pictures_with_boxes,
    pictures_with_classes,
    prepared,
    proposal_module,
    proposal_module_init,
    rpn_forward,
    rpn_inference,
    shapes_of,
    summed,
    two_stage_forward,
    two_stage_inference,
)
from hidden import (
    clear,
    decided,
    declare_wrong_layers,
    detectors_anchors,
    features_of,
    greedy,
    matched,
    moved,
    network,
    suppressed,
    told_for,
)

from grader.ask import torch

# -- the edition: a sum over the proposals ----------------------------------------------------------------------------


@summed.replaces("TwoStageDetector.forward")
def summed_over_proposals(ref, self, images, bboxes):
    return both_losses(self, images, bboxes, classified=lambda scores, y: entropy(scores, y, "sum") / len(images))


def entropy(scores, y, reduction="mean"):
    return torch.nn.functional.cross_entropy(scores, y, reduction=reduction)


# -- ProposalModule ---------------------------------------------------------------------------------------------------


@proposal_module_init.case
def more_dropout_of_two_anchors(draw):
    return many_cells(draw, 3000, 0.7, num_anchors=2)


@proposal_module_init.case(worth=0.2)
def no_dropout_in_the_module(draw):
    return many_cells(draw, 500, 0.0, num_anchors=1)


def made(self, num_anchors, layers):
    """A ProposalModule with these layers. (The reference's own __init__ cannot be called: its super() is another.)"""
    torch.nn.Module.__init__(self)
    self.num_anchors, self.layers = num_anchors, layers


def with_layers(make):
    """ProposalModule.__init__ with other layers: make(in_dim, hidden_dim, channels, drop_ratio)."""

    def __init__(ref, self, in_dim, hidden_dim=256, num_anchors=9, drop_ratio=0.3):
        made(self, num_anchors, make(in_dim, hidden_dim, 6 * num_anchors, drop_ratio))

    return __init__


declare_wrong_layers(proposal_module_init, with_layers, 3, lambda name: f"module_{name}")


@proposal_module_init.misconception("The first convolution's filters are 1 x 1; they are 3 x 3.")
def one_by_one(ref, self, in_dim, hidden_dim=256, num_anchors=9, drop_ratio=0.3):
    made(self, num_anchors, network(in_dim, hidden_dim, 6 * num_anchors, torch.nn.Dropout(drop_ratio)))


@proposal_module_init.alternative
def dropout_after_the_relu(ref, self, in_dim, hidden_dim=256, num_anchors=9, drop_ratio=0.3):
    conv, last = torch.nn.Conv2d, torch.nn.Conv2d(hidden_dim, 6 * num_anchors, kernel_size=1)
    first = conv(in_dim, hidden_dim, (3, 3), stride=1, padding="same")
    made(self, num_anchors, torch.nn.Sequential(first, torch.nn.LeakyReLU(0.01), torch.nn.Dropout2d(drop_ratio), last))


@proposal_module_init.oracle
def taps_in_the_middle(ref, features, drop_ratio, num_anchors):
    """In a corner whose neighbours are 0, a filter's middle is all that counts."""
    net = network(1, 1, 6 * num_anchors, None, kernel=3)
    first, _, last = prepared(net, features)
    with torch.no_grad():
        hidden = features[:, 0, 0, 0] * first.weight[0, 0, 1, 1] + first.bias
        hidden = torch.where(hidden > 0, hidden, 0.01 * hidden)
        train = hidden * (torch.rand_like(hidden) >= drop_ratio) / (1 - drop_ratio)
        answers = {"train": train * last.weight[-1] + 0.5, "test": hidden * last.weight[-1] + 0.5}
    return {name: x.flatten() for name, x in answers.items()} | {"parameters": shapes_of(net)}


@proposal_module.case
def three_anchors_of_a_cell(draw):
    return features_and_positive_anchors(draw, (3, 4, CELLS, CELLS), 6, 3, 7)


@proposal_module.case(worth=0.2)
def maps_of_any_size(draw):
    return features_and_positive_anchors(draw, (3, 4, 5, 4), 6, 3, 7)


@proposal_module.case(worth=0.1)
def one_anchor_of_one_cell(draw):
    return features_and_positive_anchors(draw, (1, 1, 1, 1), 1, 1, 1)


@proposal_module.case(worth=0.1)
def strong_features(draw):
    return features_and_positive_anchors(draw, (2, 3, CELLS, CELLS), 5, 2, 4, scale=5.0)


@proposal_module.case(worth=0.1)
def nothing_positive(draw):
    return features_and_positive_anchors(draw, (2, 3, CELLS, CELLS), 5, 2, 0)


def resized(boxes, offsets, method="FasterRCNN"):
    """Boxes (..., 4), moved and resized."""
    size, middle = boxes[..., 2:] - boxes[..., :2], (boxes[..., :2] + boxes[..., 2:]) / 2
    middle = middle + offsets[..., :2] * (1 if method == "YOLO" else size)
    half = size * offsets[..., 2:].exp() / 2
    return torch.cat([middle - half, middle + half], dim=-1)


def six_numbers(net, features, num_anchors):
    """What a module predicts, (B, A, H, W, 6)."""
    B, _, H, W = features.shape
    return net(features).reshape(B, num_anchors, 6, H, W).permute(0, 1, 3, 4, 2)


@proposal_module.oracle
def by_places(ref, features, pos_anchor_coord, pos_anchor_idx, neg_anchor_idx, hidden_dim, num_anchors):
    net = prepared(network(features.shape[1], hidden_dim, 6 * num_anchors, None, kernel=3), features)
    B, _, H, W = features.shape
    with torch.no_grad():
        numbers = six_numbers(net, features, num_anchors)
    places = [np.unravel_index(int(i), (B, num_anchors, H, W)) for i in [*pos_anchor_idx, *neg_anchor_idx]]
    some = torch.stack([numbers[p] for p in places]) if places else numbers.new_zeros(0, 6)
    M = len(pos_anchor_idx)
    inference = numbers.permute(0, 1, 4, 2, 3)
    return {
        "conf_scores": inference[:, :, :2],
        "offsets": inference[:, :, 2:],
        "conf_scores_in_training": some[:, :2],
        "offsets_in_training": some[:M, 2:],
        "proposals": resized(pos_anchor_coord, some[:M, 2:]),
    }


def proposing(*, conf=None, offsets=None, mixed=False, order=None, pick=None, method="FasterRCNN", moves=True):
    """ProposalModule.forward as the mistakes below have it."""

    def forward(ref, self, features, pos_anchor_coord=None, pos_anchor_idx=None, neg_anchor_idx=None):
        numbers = six_numbers(self.layers, features, self.num_anchors)
        if mixed:
            B, _, H, W = features.shape
            numbers = self.layers(features).reshape(B, self.num_anchors, H, W, 6)
        confs, some = numbers[..., :2], numbers[..., 2:]
        confs, some = conf(confs) if conf else confs, offsets(some) if offsets else some
        if pos_anchor_idx is None:
            return confs.permute(0, 1, 4, 2, 3), some.permute(0, 1, 4, 2, 3)
        if order == "anchors last":
            confs, some = confs.permute(0, 2, 3, 1, 4), some.permute(0, 2, 3, 1, 4)
        both = (neg_anchor_idx, pos_anchor_idx) if order == "negatives first" else (pos_anchor_idx, neg_anchor_idx)
        of_conf = pos_anchor_idx if pick == "positives" else torch.cat(both)
        picked = some.reshape(-1, 4)[pos_anchor_idx]
        proposals = resized(pos_anchor_coord, picked, method) if moves else pos_anchor_coord
        if pick == "all offsets":
            picked = some.reshape(-1, 4)[torch.cat(both)]
        return confs.reshape(-1, 2)[of_conf], picked, proposals

    return forward


@proposal_module.alternative
def classes_of_channels(ref, self, features, pos_anchor_coord=None, pos_anchor_idx=None, neg_anchor_idx=None):
    """Offsets of all anchors first, then background, then object."""
    B, _, H, W = features.shape
    A = self.num_anchors
    out = self.layers(features)
    offsets = out[:, : 4 * A].view(B, 4, A, H, W).transpose(1, 2)
    conf = out[:, 4 * A :].view(B, 2, A, H, W).transpose(1, 2).flip(2)
    if pos_anchor_coord is None:
        return conf, offsets
    conf = torch.cat((self._extract_anchor_data(conf, pos_anchor_idx), self._extract_anchor_data(conf, neg_anchor_idx)))
    offsets = self._extract_anchor_data(offsets, pos_anchor_idx)
    boxes = pos_anchor_coord.view(len(offsets), 1, 1, 1, 4)
    proposals = ref.GenerateProposal(boxes, offsets.view(len(offsets), 1, 1, 1, 4), "FasterRCNN")
    return conf, offsets, proposals.view(-1, 4)


def declare_wrong_proposals(name, sentence, **options):
    forward = proposing(**options)
    forward.__name__ = name
    proposal_module.misconception(sentence)(forward)


def squashed(offsets):
    return torch.cat([offsets[..., :2].sigmoid() - 0.5, offsets[..., 2:]], dim=-1)


declare_wrong_proposals(
    "squashed_scores", "The scores are squashed by a sigmoid; they are left as they come.", conf=lambda x: x.sigmoid()
)
declare_wrong_proposals(
    "softmax_of_scores",
    "A softmax is taken of the two scores; they are left as they come.",
    conf=lambda x: x.softmax(dim=-1),
)
declare_wrong_proposals(
    "squashed_offsets", "t_x and t_y are squashed as in one stage; here they are left as they come.", offsets=squashed
)
declare_wrong_proposals("proposals_as_yolo", "The proposals move as YOLO has it, not as Faster R-CNN.", method="YOLO")
declare_wrong_proposals(
    "anchors_for_proposals", "The proposals are the anchors: the offsets are not applied.", moves=False
)
declare_wrong_proposals(
    "module_mixed_cells",
    "Channels are brought to the end by a reshape, which mixes cells; a permute leaves them where they are.",
    mixed=True,
)
declare_wrong_proposals("module_negatives_first", "The negative anchors' scores come first.", order="negatives first")
declare_wrong_proposals(
    "module_counted_by_cells",
    "Anchors are picked as if their numbers counted through (B, H, W, A) instead of (B, A, H, W).",
    order="anchors last",
)
declare_wrong_proposals("module_positives_only", "Only the positive anchors' scores are returned.", pick="positives")
declare_wrong_proposals(
    "module_offsets_of_all", "The offsets are those of negative anchors as well.", pick="all offsets"
)


# -- RPN.forward ------------------------------------------------------------------------------------------------------

MATCHED = matched(0.3, "FasterRCNN")
ALSO_MATCHED = matched(0.2, "FasterRCNN")  # so that the mistake of the other threshold has one answer as well


@rpn_forward.case
def three_pictures_to_propose_in(draw):
    return clear(draw, lambda d: pictures_with_boxes(d, [3, 1, 2]), MATCHED, ALSO_MATCHED)


@rpn_forward.case(worth=0.2)
def one_box_to_propose(draw):
    return clear(draw, lambda d: pictures_with_boxes(d, [1]), MATCHED, ALSO_MATCHED)


@rpn_forward.case(worth=0.2)
def boxes_that_fit_well(draw):
    """Large boxes, which many anchors fit"""
    return clear(draw, lambda d: pictures_with_boxes(d, [1, 1], least=4.2, most=4.8), MATCHED, ALSO_MATCHED)


def cross_entropies(conf, M):
    """Object or background, by the logarithms of probabilities."""
    likely = torch.nn.functional.logsigmoid
    right = likely(conf[:M, 0]) + likely(-conf[:M, 1])
    return -right.sum() - (likely(-conf[M:, 0]) + likely(conf[M:, 1])).sum()


def smooth(error):
    """Smooth L1, summed."""
    size = error.abs()
    return torch.where(size < 1, size**2 / 2, size - 0.5).sum()


def proposals_and_loss(layers, images, bboxes):
    """The loss of an RPN, and what it hands on."""
    features = features_of(images)
    positive, negative, _, GT_offsets, GT_class, boxes, _ = told_for(bboxes, features, "FasterRCNN")
    numbers = six_numbers(layers, features, ANCHORS).reshape(-1, 6)
    conf, offsets = numbers[torch.cat([positive, negative])][:, :2], numbers[positive][:, 2:]
    loss = (cross_entropies(conf, len(positive)) + 5 * smooth(offsets - GT_offsets)) / len(images)
    return loss, resized(boxes, offsets), features, GT_class, positive


@rpn_forward.oracle
def rpn_by_hand(ref, images, bboxes):
    import a5_helper

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = network(CHANNELS, 256, 6 * ANCHORS, None, kernel=3)

        def forward(self, images, bboxes):
            a5_helper.reset_negatives()
            return proposals_and_loss(self.layers, images, bboxes)[0]

    net = prepared(Net(), images)
    learned = learning(net, images, bboxes)
    a5_helper.reset_negatives()
    with torch.no_grad():
        loss, proposals, _, GT_class, positive = proposals_and_loss(net.layers, images, bboxes)
    return {
        **learned,
        "loss_with_all": loss,
        "proposals": proposals,
        "GT_class": GT_class,
        "pos_anchor_idx": positive,
        "anc_per_img": ANCHORS * CELLS**2,
    }


def wrong_rpn(self, images, bboxes, output_mode, **changed):
    """RPN.forward as the mistakes below have it."""
    how = dict(method="FasterRCNN", weights=(1, 5), thresholds={}, per_img=ANCHORS * CELLS**2, parts=None) | changed
    features = self.feat_extractor.extract_mobilenet_feature(images)
    positive, negative, _, GT_offsets, GT_class, boxes, _ = told_for(
        bboxes, features, how["method"], **how["thresholds"]
    )
    conf, offsets, proposals = self.prop_module(features, boxes, positive, negative)
    B = how["parts"] or len(images)
    losses = cross_entropies(conf, len(positive)) / B, smooth(offsets - GT_offsets) / B
    loss = sum(weight * one for weight, one in zip(how["weights"], losses, strict=True))
    if how.get("single"):
        loss = how["single"](conf, offsets, GT_offsets)
    loss = loss.detach() if how.get("detached") else loss
    if output_mode == "loss":
        return loss
    proposals = boxes if how.get("anchors") else proposals
    per_img = how["per_img"] * (len(images) if how.get("all_pictures") else 1)
    return loss, conf, proposals, features, GT_class, positive, negative, per_img


@rpn_forward.alternative
def rpn_added_up(ref, self, images, bboxes, output_mode="loss"):
    return wrong_rpn(self, images, bboxes, output_mode)


def declare_wrong_rpn(name, sentence, **changed):
    def forward(ref, self, images, bboxes, output_mode="loss"):
        return wrong_rpn(self, images, bboxes, output_mode, **changed)

    forward.__name__ = name
    rpn_forward.misconception(sentence)(forward)


declare_wrong_rpn("offsets_weigh_one", "The loss of the offsets is not multiplied by its weight of 5.", weights=(1, 1))
declare_wrong_rpn("weights_exchanged", "The two weights are exchanged.", weights=(5, 1))
declare_wrong_rpn("scores_alone", "The loss of the offsets is missing.", weights=(1, 0))
declare_wrong_rpn("offsets_alone", "The loss of the scores is missing.", weights=(0, 5))
declare_wrong_rpn("rpn_as_yolo", "Anchors are matched as for YOLO, not as for Faster R-CNN.", method="YOLO")
declare_wrong_rpn(
    "threshold_of_one_stage",
    "neg_thresh is 0.2 as in one stage: other anchors are negative.",
    thresholds={"neg_thresh": 0.2},
)
declare_wrong_rpn("summed_over_pictures", "The loss is not divided by the number of pictures.", parts=1)
declare_wrong_rpn(
    "rpn_detached", "The loss is detached from the network: no gradient reaches the parameters.", detached=True
)
declare_wrong_rpn("anchors_handed_on", "The anchors are handed on instead of the proposals.", anchors=True)
declare_wrong_rpn(
    "anchors_of_all_pictures", "anc_per_img counts the anchors of all pictures instead of one.", all_pictures=True
)
declare_wrong_rpn(
    "anchors_of_a_cell", "anc_per_img is the number of anchors of a cell, not of a picture.", per_img=ANCHORS
)


# -- RPN.inference ----------------------------------------------------------------------------------------------------

DECIDED = decided("FasterRCNN")


@rpn_inference.case
def more_crowded_cells(draw):
    return clear(draw, lambda d: double_predictions(d, 3, 4, 5, thresh=0.5, nms_thresh=0.3), DECIDED)


@rpn_inference.case
def only_sure_proposals(draw):
    return clear(draw, lambda d: double_predictions(d, 2, 4, 6, thresh=0.75, nms_thresh=0.45), DECIDED)


@rpn_inference.case(worth=0.3)
def usual_thresholds(draw):
    return clear(draw, lambda d: double_predictions(d, 2, 6, 9), DECIDED)


@rpn_inference.case(worth=0.2)
def nothing_proposed(draw):
    return double_predictions(draw, 2, 3, 4, thresh=0.98, nms_thresh=0.5)


def proposed(images, conf_scores, offsets, thresholds):
    """Boxes and probabilities of every picture, in words."""
    found = [], []
    for b in range(len(images)):
        boxes, candidates, scores = moved(offsets[b].numpy(), "FasterRCNN"), [], []
        for a, i, j in np.ndindex(ANCHORS, CELLS, CELLS):
            probability = 1 / (1 + math.exp(-float(conf_scores[b, a, 0, i, j])))
            if probability > thresholds.get("thresh", 0.5):
                candidates.append(boxes[a, i, j].tolist())
                scores.append(probability)
        kept = greedy(candidates, scores, thresholds.get("nms_thresh", 0.7))
        found[0].append(torch.tensor([candidates[k] for k in kept]).reshape(-1, 4).to(offsets.dtype))
        found[1].append(torch.tensor([scores[k] for k in kept]).to(offsets.dtype))
    return found


@rpn_inference.oracle
def proposal_after_proposal(ref, images, conf_scores, offsets, thresholds):
    boxes, probabilities = proposed(images, conf_scores, offsets, thresholds)
    return {
        **detections(boxes, probabilities),
        "zeros": [torch.zeros_like(one) for one in probabilities],
        "features": images.new_zeros(len(images), 2, CELLS, CELLS) + images.mean(),
        "boxes_for_the_second_stage": boxes,
    }


def wrong_proposals(self, images, thresh, nms_thresh, mode, **changed):
    """RPN.inference as the mistakes below have it."""
    how = dict(method="FasterRCNN", suppress=True, high=None, probs=None, permute=True) | changed
    features = self.feat_extractor.extract_mobilenet_feature(images)
    conf, offsets = self.prop_module(features)
    candidates, _ = detectors_anchors(len(images), conf)
    offsets = offsets.permute(0, 1, 3, 4, 2) if how["permute"] else offsets.reshape(candidates.shape)
    boxes = candidates if how.get("anchors") else resized(candidates, offsets, how["method"])
    probs = how["probs"](conf) if how["probs"] else conf[:, :, 0].sigmoid()
    found = [], []
    for b in range(len(images)):
        high = probs[b] > (how["high"] or thresh)
        some, scores = boxes[b][high], probs[b][high]
        keep = suppressed(some, scores, nms_thresh, None) if how["suppress"] else torch.argsort(scores, descending=True)
        found[0].append(some[keep])
        found[1].append(scores[: len(keep)] if how.get("as_they_were") else scores[keep])
    zeros = [torch.zeros_like(one) for one in found[1]]
    return *found, zeros if mode == "RPN" or how.get("no_features") else features


@rpn_inference.alternative
def flat_probabilities(ref, self, images, thresh=0.5, nms_thresh=0.7, mode="RPN"):
    return wrong_proposals(self, images, thresh, nms_thresh, mode)


def declare_wrong_rpn_inference(name, sentence, **changed):
    def inference(ref, self, images, thresh=0.5, nms_thresh=0.7, mode="RPN"):
        return wrong_proposals(self, images, thresh, nms_thresh, mode, **changed)

    inference.__name__ = name
    rpn_inference.misconception(sentence)(inference)


declare_wrong_rpn_inference("rpn_without_suppression", "There is no non-maximum suppression.", suppress=False)
declare_wrong_rpn_inference(
    "scores_for_probabilities",
    "Scores are taken for probabilities: the sigmoid is missing.",
    probs=lambda conf: conf[:, :, 0],
)
declare_wrong_rpn_inference(
    "probability_of_background",
    "The probability is that of background: the score of an object comes first.",
    probs=lambda conf: conf[:, :, 1].sigmoid(),
)
declare_wrong_rpn_inference(
    "softmax_of_both",
    "The probability is a softmax of both scores; it is the sigmoid of the object's.",
    probs=lambda conf: conf.softmax(dim=2)[:, :, 0],
)
declare_wrong_rpn_inference("rpn_moved_as_yolo", "The middles move as YOLO has it, not as Faster R-CNN.", method="YOLO")
declare_wrong_rpn_inference(
    "rpn_offsets_reshaped",
    "Offsets are brought to (B, A, H, W, 4) by a reshape, which mixes cells; a permute leaves them where they are.",
    permute=False,
)
declare_wrong_rpn_inference(
    "rpn_anchors_returned", "The boxes are the anchors; the offsets are not applied.", anchors=True
)
declare_wrong_rpn_inference(
    "rpn_threshold_of_a_half", "The threshold of the probabilities is always 0.5, whatever `thresh` says.", high=0.5
)
declare_wrong_rpn_inference(
    "probabilities_not_reordered",
    "The probabilities are those before the suppression: they do not belong to the boxes.",
    as_they_were=True,
)
declare_wrong_rpn_inference(
    "features_not_returned", 'With mode "FasterRCNN" zeros are returned in the place of the features.', no_features=True
)


@rpn_inference.misconception("The two thresholds are exchanged.")
def rpn_thresholds_exchanged(ref, self, images, thresh=0.5, nms_thresh=0.7, mode="RPN"):
    return wrong_proposals(self, images, nms_thresh, thresh, mode)


@rpn_inference.misconception("The suppression has a threshold of its own, whatever `nms_thresh` says.")
def rpn_suppression_at_a_half(ref, self, images, thresh=0.5, nms_thresh=0.7, mode="RPN"):
    return wrong_proposals(self, images, thresh, 0.5, mode)


# -- TwoStageDetector.forward -----------------------------------------------------------------------------------------


@two_stage_forward.case
def three_pictures_and_four_classes(draw):
    return clear(draw, lambda d: pictures_with_classes(d, [3, 1, 2], 9, 4, (3, 3)), MATCHED)


@two_stage_forward.case(worth=0.2)
def one_bin(draw):
    return clear(draw, lambda d: pictures_with_classes(d, [2, 2], 5, 3, (1, 1)), MATCHED)


def looked_at(features, pictures, boxes, bins):
    """The mean of RoI Align over all bins, by the library's interpolation."""
    means = []
    for b, (x0, y0, x1, y1) in zip(pictures.tolist(), boxes.tolist(), strict=True):
        wide, high = max(x1 - x0, 1.0), max(y1 - y0, 1.0)
        n, m = bins * math.ceil(wide / bins), bins * math.ceil(high / bins)
        x = torch.tensor([x0 + (k + 0.5) * wide / n for k in range(n)], dtype=torch.float64)
        y = torch.tensor([y0 + (k + 0.5) * high / m for k in range(m)], dtype=torch.float64)
        inside = ((x >= -1) & (x <= CELLS))[None] & ((y >= -1) & (y <= CELLS))[:, None]
        places = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1) / (CELLS - 1) * 2 - 1
        seen = torch.nn.functional.grid_sample(
            features[b : b + 1].double(), places[None], padding_mode="border", align_corners=True
        )
        means.append((seen[0] * inside).mean(dim=(1, 2)))
    return torch.stack(means).to(features.dtype) if means else features.new_zeros(0, features.shape[1])


def classifier(in_dim, hidden_dim, num_classes):
    linear = torch.nn.Linear
    return torch.nn.Sequential(linear(in_dim, hidden_dim), torch.nn.ReLU(), linear(hidden_dim, num_classes))


@two_stage_forward.oracle
def both_by_hand(ref, images, bboxes, hidden_dim, num_classes, bins):
    import a5_helper

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = network(CHANNELS, 256, 6 * ANCHORS, None, kernel=3)
            self.classifier = classifier(CHANNELS, hidden_dim, num_classes)

        def forward(self, images, bboxes, dropped=False):
            a5_helper.reset_negatives()
            loss, proposals, features, GT_class, positive = proposals_and_loss(self.layers, images, bboxes)
            regions = looked_at(features, positive // (ANCHORS * CELLS**2), proposals, bins[0])
            scores = self.classifier[-1].bias.expand(len(regions), -1) if dropped else self.classifier(regions)
            return loss - scores.log_softmax(dim=1)[torch.arange(len(scores)), GT_class].mean()

    net = prepared(Net(), images)
    return {**learning(net, images, bboxes), "loss_of_dropped": net(images, bboxes, dropped=True).detach()}


def both_losses(self, images, bboxes, **changed):
    """TwoStageDetector.forward as the mistakes below have it."""
    import a5_helper

    how = dict(weights=(1, 1), pool=None, pictures=None, scale=1.0, classified=entropy) | changed
    loss, _, proposals, features, GT_class, positive, _, anc_per_img = self.rpn(images, bboxes, "all")
    pictures = torch.zeros_like(positive) if how["pictures"] == "first" else positive // anc_per_img
    regions = torch.cat([pictures[:, None].to(proposals.dtype), proposals], dim=1)
    size = (self.roi_output_h, self.roi_output_w)
    bins = a5_helper.torchvision.ops.roi_align(features, regions, size, spatial_scale=how["scale"])
    seen = how["pool"](bins) if how["pool"] else bins.mean(dim=(2, 3))
    if how.get("whole"):
        seen = features.mean(dim=(2, 3))[pictures]
    return how["weights"][0] * loss + how["weights"][1] * how["classified"](self.classifier(seen), GT_class)


@two_stage_forward.alternative
def pooled_in_two_steps(ref, self, images, bboxes):
    return both_losses(self, images, bboxes, pool=lambda bins: bins.mean(dim=3).mean(dim=2))


def declare_wrong_detector(name, sentence, **changed):
    def forward(ref, self, images, bboxes):
        return both_losses(self, images, bboxes, **changed)

    forward.__name__ = name
    two_stage_forward.misconception(sentence)(forward)


declare_wrong_detector("no_rpn_loss", "The loss of the region proposal network is missing.", weights=(0, 1))
declare_wrong_detector("no_classes_loss", "The loss of the classes is missing.", weights=(1, 0))
declare_wrong_detector(
    "all_in_the_first_picture", "All proposals are looked at in the first picture's features.", pictures="first"
)
declare_wrong_detector(
    "bins_summed", "The bins are summed; their mean is meant.", pool=lambda bins: bins.sum(dim=(2, 3))
)
declare_wrong_detector(
    "largest_bin", "The largest bin is taken; the mean of the bins is meant.", pool=lambda bins: bins.amax(dim=(2, 3))
)
declare_wrong_detector(
    "boxes_in_pixels",
    "RoI Align is told that the boxes are in pixels, by a spatial_scale; they are in cells.",
    scale=1 / 32,
)
declare_wrong_detector("whole_pictures", "What is classified is the whole picture instead of the region.", whole=True)
declare_wrong_detector(
    "entropy_of_probabilities",
    "A softmax is taken of the class scores before the cross-entropy, which takes one itself.",
    classified=lambda scores, y: entropy(scores.softmax(dim=1), y),
)


@two_stage_forward.misconception("The ReLU between the linear layers is missing.", of="TwoStageDetector.__init__")
def without_a_relu(
    ref, self, in_dim=1280, hidden_dim=256, num_classes=20, roi_output_w=2, roi_output_h=2, drop_ratio=0.3
):
    two_stages(ref, self, (roi_output_w, roi_output_h), classifier(in_dim, hidden_dim, num_classes)[::2])


@two_stage_forward.misconception("The classifier is a single linear layer.", of="TwoStageDetector.__init__")
def a_single_layer(
    ref, self, in_dim=1280, hidden_dim=256, num_classes=20, roi_output_w=2, roi_output_h=2, drop_ratio=0.3
):
    two_stages(ref, self, (roi_output_w, roi_output_h), torch.nn.Linear(in_dim, num_classes))


@two_stage_forward.misconception("There is no dropout in the classifier.", of="TwoStageDetector.__init__")
def nothing_dropped(
    ref, self, in_dim=1280, hidden_dim=256, num_classes=20, roi_output_w=2, roi_output_h=2, drop_ratio=0.3
):
    two_stages(ref, self, (roi_output_w, roi_output_h), classifier(in_dim, hidden_dim, num_classes))


@two_stage_forward.misconception(
    "Dropout stands after the classifier's last layer, not before it.", of="TwoStageDetector.__init__"
)
def scores_dropped(
    ref, self, in_dim=1280, hidden_dim=256, num_classes=20, roi_output_w=2, roi_output_h=2, drop_ratio=0.3
):
    layers = torch.nn.Sequential(classifier(in_dim, hidden_dim, num_classes), torch.nn.Dropout(drop_ratio))
    two_stages(ref, self, (roi_output_w, roi_output_h), layers)


def two_stages(ref, self, bins, classifier):
    """A TwoStageDetector with that classifier."""
    torch.nn.Module.__init__(self)
    self.roi_output_w, self.roi_output_h = bins
    self.rpn, self.classifier = ref.RPN(), classifier


# -- TwoStageDetector.inference ---------------------------------------------------------------------------------------


@two_stage_inference.case
def more_regions(draw):
    return clear(
        draw,
        lambda d: features_to_look_at(d, 3, CHANNELS, 6, 5, 2, 3, thresh=0.5, nms_thresh=0.3),
        DECIDED,
    )


@two_stage_inference.case(worth=0.2)
def nine_bins_of_few_features(draw):
    """5 channels, not the 1280 of the course's network, and 3 x 3 bins"""
    return clear(
        draw,
        lambda d: features_to_look_at(d, 3, 5, 6, 5, 2, 3, (3, 3), thresh=0.5, nms_thresh=0.3),
        DECIDED,
    )


@two_stage_inference.case(worth=0.1)
def regions_at_the_usual_thresholds(draw):
    return clear(draw, lambda d: features_to_look_at(d, 2, CHANNELS, 6, 5, 4, 6), DECIDED)


@two_stage_inference.case
def only_sure_regions(draw):
    return clear(
        draw,
        lambda d: features_to_look_at(d, 2, CHANNELS, 8, 3, 2, 4, thresh=0.75, nms_thresh=0.45),
        DECIDED,
    )


@two_stage_inference.case(worth=0.2)
def no_region(draw):
    return features_to_look_at(draw, 2, CHANNELS, 8, 3, 2, 2, thresh=0.98, nms_thresh=0.5)


@two_stage_inference.oracle
def region_by_region(ref, features, conf_scores, offsets, hidden_dim, num_classes, bins, thresholds):
    boxes, probabilities = proposed(features, conf_scores, offsets, thresholds)
    net = prepared(classifier(features.shape[1], hidden_dim, num_classes), features)
    classes = []
    for b, some in enumerate(boxes):
        with torch.no_grad():
            scores = net(looked_at(features, torch.full((len(some),), b), some, bins[0]))
        classes.append(scores.argmax(dim=1))
    return detections(boxes, probabilities, classes)


def wrong_classes(self, images, thresh, nms_thresh, **changed):
    """TwoStageDetector.inference as the mistakes below have it."""
    import a5_helper

    how = dict(pool=None, best=None, regions=None, scale=1.0) | changed
    boxes, probabilities, features = self.rpn.inference(images, thresh, nms_thresh, mode="FasterRCNN")
    counts = [len(some) for some in boxes]
    pictures = torch.arange(len(boxes)).repeat_interleave(torch.tensor(counts)).to(features)
    pictures = torch.zeros_like(pictures) if how["regions"] == "first" else pictures
    regions = torch.cat([pictures[:, None], torch.cat(boxes)], dim=1)
    bins = a5_helper.torchvision.ops.roi_align(
        features, regions, (self.roi_output_h, self.roi_output_w), spatial_scale=how["scale"]
    )
    seen = how["pool"](bins) if how["pool"] else bins.mean(dim=(2, 3))
    scores = self.classifier(seen)
    best = how["best"](scores, dim=1) if how["best"] else scores.argmax(dim=1)
    return boxes, probabilities, list(best.split(counts))


@two_stage_inference.alternative
def flat_classes(ref, self, images, thresh=0.5, nms_thresh=0.7):
    return wrong_classes(self, images, thresh, nms_thresh)


def declare_wrong_classes(name, sentence, **changed):
    def inference(ref, self, images, thresh=0.5, nms_thresh=0.7):
        return wrong_classes(self, images, thresh, nms_thresh, **changed)

    inference.__name__ = name
    two_stage_inference.misconception(sentence)(inference)


declare_wrong_classes(
    "lowest_score", "The class is that of the lowest score.", best=lambda scores, dim: scores.argmin(dim=dim)
)
declare_wrong_classes(
    "seen_in_the_first_picture", "All regions are looked at in the first picture's features.", regions="first"
)
declare_wrong_classes(
    "largest_bin_of_a_region",
    "The largest bin is taken; the mean of the bins is meant.",
    pool=lambda bins: bins.amax(dim=(2, 3)),
)
declare_wrong_classes(
    "regions_in_pixels",
    "RoI Align is told that the boxes are in pixels, by a spatial_scale; they are in cells.",
    scale=1 / 32,
)


@two_stage_inference.misconception("The thresholds are not handed on to the region proposal network.")
def thresholds_not_handed_on(ref, self, images, thresh=0.5, nms_thresh=0.7):
    return wrong_classes(self, images, 0.5, 0.7)


# -- mutants that are no mistakes -------------------------------------------------------------------------------------

proposal_module.equivalent(
    "if pos_anchor_coord is None and pos_anchor_idx is None and (neg_anchor_idx is None):",
    "all three are given, or none of them is",
)
rpn_forward.equivalent("reg_loss = BboxRegression(GT_offsets, offsets, B)", "a smooth L1 loss has no direction")
rpn_forward.equivalent(
    "anc_per_img = anchors[0, ..., 1].numel()", "each of the four numbers of the anchors counts them"
)
rpn_inference.equivalent(
    "kept = probs[b] >= thresh", "no case has a probability of exactly the threshold: the course does not say which"
)
rpn_inference.equivalent(
    "final_conf_probs.append(scores[keep].unsqueeze(0))", "(K, 1), (K,) and (1, K) are all in use, and all are taken"
)
two_stage_inference.equivalent(
    "classes = self.classifier(bins.mean(dim=(2, 3))).argmax(dim=1, keepdim=False)",
    "(K, 1) and (K,) are both in use, and both are taken",
)
