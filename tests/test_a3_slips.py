"""Mistakes that students make in a3, made by hand in right submissions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hand_made import Slip, check_that_mistakes_are_told

MADE = [
    (
        "styles_1",
        [
            Slip("convolutional_networks.BatchNorm.backward_alt", "    z += dbeta\n", ""),
            Slip(
                "convolutional_networks.MaxPool.backward",
                "dx[n, c, i * s + k // pw, j * s + k % pw] += dout",
                "dx[n, c, i * s + k // pw, j * s + k % pw] = dout",
            ),
            Slip("convolutional_networks.Conv.forward", "out += b.view(1, -1, 1, 1)", "pass"),
            Slip("convolutional_networks.MaxPool.forward", ".max(dim=2)[0]", ".mean(dim=2)"),
            Slip(
                "convolutional_networks.SpatialBatchNorm.backward",
                "dx.reshape(N, H, W, C).permute(0, 3, 1, 2)",
                "dx.reshape(N, C, H, W)",
            ),
            Slip(
                "convolutional_networks.Conv.backward",
                "dxp[:, :, rows, cols] += torch",
                "dxp[:, :, rows, cols] = torch",
            ),
        ],
    ),
]


@pytest.mark.parametrize(("style", "slips"), MADE, ids=[f"{style}-{number}" for number, (style, _) in enumerate(MADE)])
def test_mistakes_made_by_hand_are_told(style: str, slips: list[Slip], tmp_path: Path) -> None:
    check_that_mistakes_are_told("a3", style, slips, tmp_path / "a3")
