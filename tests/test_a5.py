"""Assignment a5."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import torch

from grader.judge import Judge
from grader.result import Verdict
from tests.coursework import ROOT, Coursework, make_importable


class TestA5(Coursework):
    name = "a5"
    points = {"single_stage_detector": 60, "two_stage_detector": 40}
    half = {
        "single_stage_detector.PredictionNetwork.__init__": "without_dropout",
        "single_stage_detector.ConfScoreRegression": "confidence_over_positives",
        "single_stage_detector.BboxRegression": "mean_of_all",
        "single_stage_detector.SingleStageDetector.forward": "another_threshold",
        "single_stage_detector.SingleStageDetector.inference": "suppression_in_each_class",
        "two_stage_detector.ProposalModule.forward": "squashed_offsets",
        "two_stage_detector.RPN.inference": "scores_for_probabilities",
    }
    blocked = {
        "RPN.forward": "ProposalModule.forward",
        "TwoStageDetector.forward": "RPN.forward",
        "TwoStageDetector.inference": "RPN.inference",
    }
    editions = {("styles_1", "two_stage_detector"): "summed"}
    differs = {"two_stage_detector#summed": {"TwoStageDetector.forward"}}

    def test_suppression_by_the_library_breaks_the_rule(self, untimed: Judge, tmp_path: Path) -> None:
        """Whether it is installed or stood in for, and however the helper is imported."""
        (tmp_path / "single_stage_detector.py").write_text(
            "import torchvision\nfrom a5_helper import *\n\n\n"
            "def nms(boxes, scores, iou_threshold=0.5, topk=None):\n"
            "    return torchvision.ops.nms(boxes, scores, iou_threshold)[:topk]\n"
        )
        (found,) = (one for one in self.graded(untimed, tmp_path).exercises if one.id.endswith(".nms"))
        assert found.verdict is Verdict.BROKE_RULE
        assert "torchvision.ops.nms" in (found.sentence or "")


def test_a_detector_learns_to_find_and_read_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scenes and the features that are given are real enough: some seconds find most digits of new pictures."""
    make_importable("a5", monkeypatch)
    module, scenes = importlib.import_module("single_stage_detector"), importlib.import_module("digit_scenes")
    helper = importlib.import_module("a5_helper")
    digits = ROOT / "assignments" / "data" / "digits.npz"
    pictures, boxes = scenes.boxed_scenes(digits, 600, seed=1)
    sides = torch.full((600,), 56)
    in_cells = helper.coord_trans(boxes, sides, sides, mode="p2a")
    torch.manual_seed(0)
    helper.reset_negatives()
    detector = module.SingleStageDetector()
    optimizer = torch.optim.Adam(detector.parameters(), lr=1e-3)
    for _ in range(8):
        for chosen in torch.randperm(600).reshape(-1, 50):
            optimizer.zero_grad()
            detector(pictures[chosen], in_cells[chosen]).backward()
            optimizer.step()
    pictures, boxes = scenes.boxed_scenes(digits, 100, seed=2, part="test")
    found, _, classes = detector.eval().inference(pictures, thresh=0.5, nms_thresh=0.3)
    there = read = 0
    for truth, guesses, names in zip(boxes, found, classes, strict=True):
        real = truth[truth[:, 4] >= 0]
        there += len(real)
        if len(guesses):
            best, which = module.IoU(guesses.reshape(1, 1, 1, -1, 4) * 8, real[None])[0].max(dim=0)
            read += int(((best > 0.5) & (names.flatten()[which] == real[:, 4])).sum())
    assert read / there > 0.5
