"""Folders of a4 and a5 in styles of our own, changed as students err, and with habits that the course lets pass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.judge import Judge, Options
from grader.result import ExerciseResult as Graded
from grader.submission import open_submission
from grader.validate.bench import Bench
from tests.coursework import COURSE, SUBMISSIONS

Changes = Mapping[str, tuple[str, str]]  # exercise -> what stands there, and what takes its place

NETS, RNN, VIS, STYLE = (
    "pytorch_autograd_and_nn",
    "rnn_lstm_attention_captioning",
    "network_visualization",
    "style_transfer",
)

# In the files of styles_1: the mistakes of one grading, one for each exercise, so that none hides another.
MISTAKES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "a4, first": (
        "a4",
        {
            f"{NETS}.three_layer_convnet": ("  out = flatten(out)\n", "  out = flatten(out.permute(0, 2, 3, 1))\n"),
            f"{NETS}.ResidualBlock": (
                "nn.Conv2d(Cin, Cout, 1, stride=2)\n    elif Cin == Cout:\n      self.shortcut = nn.Identity()\n    else:\n"
                "      self.shortcut = nn.Conv2d(Cin, Cout, 1)\n\n  def forward(self, x):\n"
                "    return self.block(x) + self.shortcut(x)\n\n\nclass ResNet(",
                "nn.Sequential(nn.Conv2d(Cin, Cout, 1, stride=2), nn.BatchNorm2d(Cout))\n    elif Cin == Cout:\n"
                "      self.shortcut = nn.Identity()\n    else:\n"
                "      self.shortcut = nn.Sequential(nn.Conv2d(Cin, Cout, 1), nn.BatchNorm2d(Cout))\n\n"
                "  def forward(self, x):\n    return self.block(x) + self.shortcut(x)\n\n\nclass ResNet(",
            ),
            f"{RNN}.rnn_step_backward": ("db = torch.sum(da, dim=0)", "db = torch.mean(da, dim=0)"),
            f"{RNN}.temporal_softmax_loss": ("loss = loss / N", "loss = loss / (N * T)"),
            f"{RNN}.CaptioningRNN.forward": ("captions_in = captions[:, :-1]", "captions_in = captions"),
            f"{RNN}.CaptioningRNN.sample": (
                "captions[:, t] = words",
                "captions[:, t + 1 : t + 2] = words[:, None]; captions[:, 0] = self._start",
            ),
            f"{VIS}.compute_saliency_maps": ("torch.max(X.grad.abs(), dim=1)", "(X.grad.abs().sum(dim=1) / len(X), 0)"),
            f"{VIS}.make_adversarial_attack": ("X_adv.data + dX", "X_adv.data - dX"),
            f"{VIS}.class_visualization_step": ("l2_reg * torch.sum(img ** 2)", "l2_reg * torch.norm(img)"),
            f"{STYLE}.content_loss": ("((F_l - P_l) ** 2).sum()", "((F_l - P_l) ** 2).mean()"),
            f"{STYLE}.gram_matrix": ("gram / (H * W * C)", "gram / (H * W)"),
            f"{STYLE}.tv_loss": ("return loss * tv_weight", "return loss"),
        },
    ),
    "a4, second": (
        "a4",
        {
            f"{NETS}.PlainBlock": ("padding=1, stride=stride)),\n      ('bn2'", "padding=1)),\n      ('bn2'"),
            f"{RNN}.rnn_forward": (
                "prev_h, cache_t = rnn_step_forward(x[:, t, :], prev_h,",
                "prev_h, cache_t = rnn_step_forward(x[:, t, :], h0,",
            ),
            f"{RNN}.lstm_step_forward": (
                "ao = a[:, 2 * H:3 * H]\n  ag = a[:, 3 * H:4 * H]",
                "ag = a[:, 2 * H:3 * H]\n  ao = a[:, 3 * H:4 * H]",
            ),
            f"{VIS}.compute_saliency_maps": ("torch.max(X.grad.abs(), dim=1)", "(X.grad.sum(dim=1).abs(), 0)"),
            f"{VIS}.class_visualization_step": ("scores[0, target_y] - l2_reg", "scores[0, target_y] + l2_reg"),
            f"{STYLE}.style_loss": ("style_loss += style_weights[i] * torch", "style_loss += torch"),
            f"{STYLE}.guided_gram_matrix": ("* masks[:, r, :, :].unsqueeze(1)", "* 1"),
        },
    ),
    "a5": (
        "a5",
        {
            "single_stage_detector.GenerateAnchor": (
                "grid[:, :, :, 0] - w / 2.\n    anchors[:, a, :, :, 1] = grid[:, :, :, 1] - h / 2.",
                "grid[:, :, :, 0] - w\n    anchors[:, a, :, :, 1] = grid[:, :, :, 1] - h",
            ),
            "single_stage_detector.GenerateProposal": ("* torch.exp(offsets[..., 2:])", "* offsets[..., 2:]"),
            "single_stage_detector.IoU": ("b.unsqueeze(2) - intersect", "b.unsqueeze(2)"),
            "single_stage_detector.PredictionNetwork.forward": ("offsets[:, :, :2]) - 0.5", "offsets[:, :, :2])"),
            "single_stage_detector.BboxRegression": ("* 1. / GT_offsets.shape[0]", "* 1. / GT_offsets.numel()"),
            "single_stage_detector.nms": (
                "index = index[iou.le(iou_threshold)]",
                "index = index[iou.lt(iou_threshold)]",
            ),
        },
    ),
}


def grade(name: str, changes: Changes, tmp_path: Path, folder: Path | None = None) -> dict[str, Graded]:
    """What becomes of the first of our styles, or of another folder, with these changes."""
    modules = COURSE.assignment(name).checks.modules
    files = {
        f"{module}.py": ((folder or SUBMISSIONS / name / "styles_1") / f"{module}.py").read_text() for module in modules
    }
    for exercise, (before, after) in changes.items():
        module = f"{exercise.partition('.')[0]}.py"
        assert before in files[module], exercise
        files[module] = files[module].replace(before, after)
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    assignment = COURSE.assignment(name)
    asked = tuple(e.id for e in assignment.checks.exercises if e.id in changes)
    with Bench(assignment) as bench:
        options = Options(exercises=asked, secret=b"mistakes", timed=False)
        judge = Judge(assignment, bench.oracle, bench.nursery, options)
        result = judge.grade(open_submission(tmp_path, list(assignment.checks.modules)), "none")
    return {one.id: one for one in result.exercises}


def is_explained(one: Graded) -> bool:
    """Whether its mistake is named, or the sentence says more than that an output is wrong."""
    return bool(one.hints) or not re.fullmatch(r"`[\w.]+` is wrong\.?", one.sentence or "")


@pytest.mark.parametrize("which", MISTAKES)
def test_mistakes_as_students_make_them_are_named_or_explained(which: str, tmp_path: Path) -> None:
    name, changes = MISTAKES[which]
    found = grade(name, changes, tmp_path)
    assert [one.id for one in found.values() if one.verdict == "right"] == []
    named = [one.id for one in found.values() if one.hints]
    unexplained = {one.id: one.sentence for one in found.values() if not is_explained(one)}
    assert unexplained == {}
    assert len(named) >= 0.75 * len(changes), {one.id: one.sentence for one in found.values() if not one.hints}


HABITS: dict[str, tuple[str, Changes]] = {
    "a4": (
        "a4",
        {
            f"{NETS}.initialize_three_layer_conv_part4": ("from collections import OrderedDict\n", ""),
            f"{NETS}.PlainBlock": (
                "    self.net = None\n    stride = 1",
                "    self.spare = nn.Linear(3, 4)\n    stride = 1",
            ),
            f"{NETS}.ResidualBlock": (
                "    if downsample:\n      self.shortcut = nn.Conv2d(Cin, Cout, 1, stride=2)\n    elif Cin == Cout:\n      self.shortcut = nn.Identity()\n    else:\n      self.shortcut = nn.Conv2d(Cin, Cout, 1)\n\n  def forward(self, x):\n    return self.block(x) + self.shortcut(x)\n\n\nclass ResNet(",
                "    if Cin == Cout:\n      self.shortcut = nn.Identity()\n    else:\n      self.shortcut = nn.Conv2d(Cin, Cout, 1, stride=2 if downsample else 1)\n\n  def forward(self, x):\n    return self.block(x) + self.shortcut(x)\n\n\nclass ResNet(",
            ),
            f"{NETS}.ResNet": ("ResNetStem(Cin, stage_args[0][0])", "ResNetStem(Cin, 8)"),
            f"{RNN}.CaptioningRNN.forward": (
                "h0 = self.affine(feat)",
                "h0 = self.affine(feat.view(-1, 1280) if feat.dim() == 2 else feat.view(-1, 1280, 4, 4))",
            ),
            f"{RNN}.CaptioningRNN.sample": (
                "      captions[:, t] = words\n",
                "      words = torch.where((captions == self._end).any(dim=1), captions[:, 0] * 0 + self._null, words)\n      captions[:, t] = words\n",
            ),
            f"{VIS}.make_adversarial_attack": ("    if pred.item() == target_y:\n      break\n", ""),
        },
    ),
    "a5": (
        "a5",
        {
            "single_stage_detector.PredictionNetwork.forward": (
                "B, _, H, W = out.shape",
                "B, H, W = out.shape[0], 7, 7",
            ),
            "single_stage_detector.SingleStageDetector.inference": (
                "features = self.feat_extractor.extract_mobilenet_feature(images)\n      B",
                "features = self.feat_extractor(images)\n      B",
            ),
        },
    ),
}


@pytest.mark.parametrize("which", HABITS)
def test_habits_that_the_course_lets_pass_cost_an_edge_at_most(which: str, tmp_path: Path) -> None:
    """Each lost all points: a stem and a map of the course's own size, a layer more, a picture that is changed on."""
    name, changes = HABITS[which]
    found = grade(name, changes, tmp_path)
    assert {one.id: (one.points, one.sentence) for one in found.values() if one.points < 0.5 * one.out_of} == {}


# Other defaults than the signatures prescribe, in the reference.
DEFAULTS: dict[str, Changes] = {
    "a4": {
        f"{NETS}.initialize_three_layer_conv_part2": (
            "part2(dtype: torch.dtype = torch.float32",
            "part2(dtype: torch.dtype = torch.float64",
        ),
        f"{NETS}.ResNet": ("        num_classes: int = 10,\n", "        num_classes: int = 11,\n"),
        f"{RNN}.CaptioningRNN.sample": ("max_length: int = 15", "max_length: int = 16"),
        f"{VIS}.class_visualization_step": ('"l2_reg", 1e-3', '"l2_reg", 2e-3'),
        f"{STYLE}.gram_matrix": (
            "gram_matrix(features: Tensor, normalize: bool = True",
            "gram_matrix(features: Tensor, normalize: bool = False",
        ),
    },
    "a5": {
        "single_stage_detector.GenerateProposal": ('method: str = "YOLO"', 'method: str = "FasterRCNN"'),
        "single_stage_detector.nms": ("iou_threshold: float = 0.5, topk", "iou_threshold: float = 0.7, topk"),
        "single_stage_detector.SingleStageDetector.inference": ("nms_thresh: float = 0.7", "nms_thresh: float = 0.4"),
        "two_stage_detector.TwoStageDetector.inference": (
            'nms_thresh: float = 0.7\n    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:\n        """Return for every picture the RPN',
            'nms_thresh: float = 0.3\n    ) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:\n        """Return for every picture the RPN',
        ),
    },
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_another_default_than_the_signature_prescribes_is_caught(name: str, tmp_path: Path) -> None:
    found = grade(name, DEFAULTS[name], tmp_path, COURSE.assignment(name).solution)
    assert [one.id for one in found.values() if one.verdict == "right"] == []
