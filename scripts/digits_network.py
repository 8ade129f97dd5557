"""Trains the small network that a4 looks through: assignments/given/digits_network.safetensors.

    python scripts/digits_network.py [OUT]

One or two digits stand on a canvas, anywhere and in any colours; the network learns to say which digits they are. Takes
about a minute on one core, and gives the same weights again on the same machine and version of torch.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "assignments" / "given"))

from digits_network import DIGIT, SIDE, WEIGHTS, DigitsNetwork, canvases, read_digits  # noqa: E402

STEPS, BATCH = 2500, 64
HELD_OUT = 300  # digits, the last ones, on which the result is measured


def batch(generator: np.random.Generator, images: np.ndarray, labels: np.ndarray, n: int) -> tuple[torch.Tensor, ...]:
    """Canvases of one digit (half of them) or two, and which digits are there: (n, 10), each row a distribution."""
    chosen = generator.integers(0, len(images), (n, 2))
    digits, single = images[chosen].copy(), generator.random(n) < 0.5
    digits[single, 1] = 0
    places = generator.integers(0, SIDE - DIGIT + 1, (n, 2, 2))
    along = generator.integers(0, 2, n)  # the axis along which two digits are apart
    for i in np.flatnonzero(~single):
        places[i, :, along[i]] = [0, DIGIT]
    pictures = canvases(
        digits, places, generator.uniform(0.4, 1, (n, 2, 3)), generator.normal(0, 0.05, (n, 3, SIDE, SIDE))
    )
    wanted = np.zeros((n, 10))
    np.add.at(wanted, (np.arange(n), labels[chosen[:, 0]]), 1)
    np.add.at(wanted, (np.flatnonzero(~single), labels[chosen[~single, 1]]), 1)
    wanted /= wanted.sum(axis=1, keepdims=True)
    return torch.from_numpy(pictures).float(), torch.from_numpy(wanted).float()


def accuracy(network: DigitsNetwork, images: np.ndarray, labels: np.ndarray) -> float:
    """How many canvases of one digit are read right."""
    pictures, wanted = batch(np.random.default_rng(1), images, labels, 2000)
    single = wanted.max(dim=1).values == 1
    with torch.no_grad():
        return float((network(pictures).argmax(1) == wanted.argmax(1))[single].float().mean())


def main(target: Path) -> None:
    """Train, measure, write."""
    torch.manual_seed(0)
    torch.set_num_threads(1)  # a sum in another order would end in other weights
    generator = np.random.default_rng(0)
    images, labels = read_digits(ROOT / "assignments" / "data" / "digits.npz")
    network = DigitsNetwork()
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=STEPS)
    for _ in range(STEPS):
        pictures, wanted = batch(generator, images[:-HELD_OUT], labels[:-HELD_OUT], BATCH)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(pictures), wanted).backward()
        optimizer.step()
        schedule.step()
    right = accuracy(network, images[-HELD_OUT:], labels[-HELD_OUT:])
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, target)
    print(f"{target}: {target.stat().st_size} bytes; {right:.1%} of the digits held out are read right")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else WEIGHTS)
