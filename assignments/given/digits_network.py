"""A small convolutional network that reads handwritten digits, and pictures of digits with captions.

Covered: `load_network` (trained; its weights lie beside this file), `FeatureExtractor` and `ImageEncoder` (what the
network sees, behind the course's interfaces, for captioning) and `captioned_digits` (pictures of one or two digits,
captions such as "three above seven"). A canvas is a picture (3, 16, 16), from -2 (dark) to 2 (bright), with digits of
8 x 8 pixels in colours.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

WEIGHTS = Path(__file__).with_name("digits_network.safetensors")
SIDE = 16  # pixels of a canvas
DIGIT = 8  # pixels of a digit
CHANNELS = 64  # of a feature map

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
VOCABULARY = ["<NULL>", "<START>", "<END>", "<UNK>", *WORDS, "above", "left", "of"]
WORD_TO_IDX = {word: number for number, word in enumerate(VOCABULARY)}
LENGTH = 6  # of a caption: <START>, up to four words, <END>


class DigitsNetwork(nn.Module):
    """Scores for ten digits, (N, 10), from canvases (N, 3, H, W), of any size from 4 x 4 on."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, CHANNELS, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
            nn.ReLU(),
        )
        self.head = nn.Linear(CHANNELS, 10)

    def forward(self, x: Tensor) -> Tensor:
        """x: (N, 3, H, W). Returns scores (N, 10)."""
        return self.head(self.features(x).mean(dim=(2, 3)))


def load_network(dtype: torch.dtype = torch.float32, device: str | torch.device = "cpu") -> DigitsNetwork:
    """The trained network, to be asked and not to be trained: its parameters take no gradient."""
    network = DigitsNetwork()
    network.load_state_dict(load_file(WEIGHTS))
    return network.to(device=device, dtype=dtype).eval().requires_grad_(False)


class FeatureExtractor(nn.Module):
    """What the network sees, in the form that the course's captioning model asks for: a module without parameters to be
    learned."""

    channels = CHANNELS  # of a feature map; more of them than the network has are the same ones again

    def __init__(
        self,
        pooling: bool = False,
        verbose: bool = False,
        device: str | torch.device = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.pooling = pooling
        self.device, self.dtype = device, dtype
        self.__dict__["network"] = load_network(dtype, device)  # no submodule: it is given and not learned

    def forward(self, img: Tensor, verbose: bool = False) -> Tensor:
        """Canvases (N, 3, 16, 16) -> (N, 64, 4, 4), or with pooling their means (N, 64)."""
        with torch.no_grad():
            features = self.network.features(img.to(device=self.device, dtype=self.dtype))
            features = features.repeat(1, self.channels // CHANNELS, 1, 1)
            return features.mean(dim=(2, 3)) if self.pooling else features

    # The names are the course's.
    extract_mobilenet_feature = extract_feature = forward


class ImageEncoder(nn.Module):
    """The same in the form of the edition of 2022: a module, without pooling and without parameters to be learned."""

    channels = CHANNELS

    def __init__(self, pretrained: bool = True, verbose: bool = True) -> None:
        super().__init__()
        self._networks: dict[torch.dtype, DigitsNetwork] = {}  # no submodules: they are given and not learned

    @property
    def out_channels(self) -> int:
        """The channels of a feature map."""
        return self.channels

    def forward(self, images: Tensor) -> Tensor:
        """Canvases (N, 3, 16, 16) -> (N, 64, 4, 4)."""
        if images.dtype not in self._networks:
            self._networks[images.dtype] = load_network(images.dtype, images.device)
        with torch.no_grad():
            return self._networks[images.dtype].features(images).repeat(1, self.channels // CHANNELS, 1, 1)


def read_digits(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """assignments/data/digits.npz -> images (n, 8, 8) from 0 to 1, labels (n,)."""
    with np.load(path, allow_pickle=False) as file:
        return file["images"] / 16.0, file["labels"].astype(np.int64)


def canvases(
    images: np.ndarray, places: np.ndarray, colours: np.ndarray, noise: np.ndarray | float = 0.0
) -> np.ndarray:
    """Digits on canvases: images (n, k, 8, 8), their corners (n, k, 2) as (row, column), colours (n, k, 3).

    Returns (n, 3, 16, 16) from -2 to 2. `noise` is added to the brightness, which runs from 0 to 1."""
    light = np.zeros((len(images), 3, SIDE, SIDE))
    for canvas, digits, corners, inks in zip(light, images, places, colours, strict=True):
        for digit, (row, column), ink in zip(digits, corners, inks, strict=True):
            canvas[:, row : row + DIGIT, column : column + DIGIT] += ink[:, None, None] * digit
    return 4 * (light + noise) - 2


def captioned_digits(path: str | Path, n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, 16, 16) float32 of one or two digits, and captions (n, 6) in numbers of VOCABULARY.

    A caption is <START> three <END>, or <START> three above seven <END>, or <START> three left of seven <END>, filled
    up with <NULL>. path: digits.npz. The same seed gives the same pictures."""
    generator = np.random.default_rng(seed)
    digits, labels = read_digits(path)
    chosen = generator.integers(0, len(digits), (n, 2))
    kinds = generator.integers(0, 5, n)  # 0: one digit; 1, 2: one above another; 3, 4: one left of another
    shift = generator.integers(0, SIDE - DIGIT + 1, n)
    images, places = digits[chosen].copy(), np.zeros((n, 2, 2), dtype=np.int64)
    captions = np.zeros((n, LENGTH), dtype=np.int64)
    for i, kind in enumerate(kinds):
        first, second = (WORDS[label] for label in labels[chosen[i]])
        if kind == 0:
            images[i, 1] = 0
            places[i, 0] = generator.integers(0, SIDE - DIGIT + 1, 2)
            words = [first]
        elif kind < 3:
            places[i] = [(0, shift[i]), (DIGIT, shift[i])]
            words = [first, "above", second]
        else:
            places[i] = [(shift[i], 0), (shift[i], DIGIT)]
            words = [first, "left", "of", second]
        sentence = ["<START>", *words, "<END>"]
        captions[i, : len(sentence)] = [WORD_TO_IDX[word] for word in sentence]
    colours = generator.uniform(0.4, 1.0, (n, 2, 3))
    noise = generator.normal(0, 0.03, (n, 3, SIDE, SIDE))
    pictures = canvases(images, places, colours, noise)
    return torch.from_numpy(pictures).float(), torch.from_numpy(captions)
