"""COCO's captions: the file that the course hands out, and the files as COCO publishes them. Nothing is downloaded.

load_coco_captions(path)       the course's coco.pt: pictures of 112 x 112 and captions in numbers, as tensors
coco_captions(folder, ...)     the same from COCO itself: annotations/captions_*.json and the folders of pictures
"""

from __future__ import annotations

import json
import os
import pickle
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .images import picture_of

SPECIAL = ["<NULL>", "<START>", "<END>", "<UNK>"]
KEYS = ("train_images", "train_captions", "val_images", "val_captions", "vocab")


def load_coco_captions(path: str | os.PathLike[str] = "./datasets/coco.pt", verbose: bool = True) -> dict[str, Any]:
    """The course's file of captioned pictures.

    Returns train_images (N, 3, 112, 112) uint8, train_captions (N, T) int64, the same for val_, and vocab with
    idx_to_token (a list) and token_to_idx (a dict). verbose: print what is in it. Raises FileNotFoundError, and
    ValueError for another file; nothing but tensors, numbers and words is unpickled.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(
            f"{path} is not here: the course's coco.pt is to lie there; coco_captions() reads the files that COCO "
            "publishes, and digits_network.captioned_digits() makes captioned pictures without any file."
        )
    try:
        data = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"{path} is not a file of tensors that torch.load reads: {reason}") from error
    missing = [key for key in KEYS if not isinstance(data, dict) or key not in data]
    if missing:
        raise ValueError(f"{path} is not the course's coco.pt: it has no {', '.join(missing)}.")
    vocab = data["vocab"]
    if not isinstance(vocab, dict) or not {"idx_to_token", "token_to_idx"} <= vocab.keys():
        raise ValueError(f"{path} is not the course's coco.pt: its vocab has no idx_to_token and token_to_idx.")
    for split in ("train", "val"):
        images, captions = data[f"{split}_images"], data[f"{split}_captions"]
        if not isinstance(images, Tensor) or not isinstance(captions, Tensor) or len(images) != len(captions):
            raise ValueError(f"{path} is not the course's coco.pt: {split} has not as many captions as pictures.")
    if verbose:
        for key in KEYS[:-1]:
            print(f"{key}: {tuple(data[key].shape)}, {data[key].dtype}")
        print(f"vocab: {len(vocab['idx_to_token'])} words")
    return dict(data)


def coco_captions(
    folder: str | os.PathLike[str],
    year: int = 2014,
    size: int = 112,
    length: int = 17,
    words: int = 1000,
    most: int | None = None,
) -> dict[str, Any]:
    """What `load_coco_captions` returns, made from COCO's own files; needs Pillow. Each picture gets its first caption.

    folder: holds annotations/captions_train<year>.json and captions_val<year>.json, and the pictures in train<year>
    and val<year>. size: the pictures' side; the shorter one becomes it, and the middle is cut out. length: of a caption
    with <START> and <END>, longer ones are cut. words: the vocabulary's, the most frequent of the training captions;
    the others are <UNK>. most: pictures of each split, the first ones; None for all. Raises FileNotFoundError and
    ValueError.
    """
    root = Path(folder)
    told = {split: _first_captions(root, f"{split}{year}", most) for split in ("train", "val")}
    counted = Counter(word for _, caption in told["train"] for word in tokens(caption))
    ranked = sorted(counted, key=lambda word: (-counted[word], word))
    idx_to_token = SPECIAL + ranked[: max(0, words - len(SPECIAL))]
    token_to_idx = {token: number for number, token in enumerate(idx_to_token)}
    data: dict[str, Any] = {"vocab": {"idx_to_token": idx_to_token, "token_to_idx": token_to_idx}}
    for split, pairs in told.items():
        captions = torch.zeros(len(pairs), length, dtype=torch.int64)
        images = torch.zeros(len(pairs), 3, size, size, dtype=torch.uint8)
        for i, (file, caption) in enumerate(pairs):
            numbers = encoded(tokens(caption), token_to_idx, length)
            captions[i, : len(numbers)] = torch.tensor(numbers)
            images[i] = picture_of(file, size)
        data[f"{split}_images"], data[f"{split}_captions"] = images, captions
    return data


def tokens(caption: str) -> list[str]:
    """The words of a caption, in small letters and without punctuation."""
    return re.findall(r"[a-z0-9']+", caption.lower())


def encoded(words: Iterable[str], token_to_idx: dict[str, int], length: int) -> list[int]:
    """<START>, at most length - 2 words, <END>, as numbers."""
    unknown = token_to_idx["<UNK>"]
    told = [token_to_idx.get(word, unknown) for word in words][: length - 2]
    return [token_to_idx["<START>"], *told, token_to_idx["<END>"]]


def _first_captions(root: Path, split: str, most: int | None) -> list[tuple[Path, str]]:
    """(picture's file, caption), in the order of the pictures' numbers."""
    file = root / "annotations" / f"captions_{split}.json"
    if not file.is_file():
        raise FileNotFoundError(
            f"{file} is not here: unpack COCO's annotations (https://cocodataset.org) so that the folder `annotations` "
            f"lies in {root.resolve()}."
        )
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
        names = {int(image["id"]): str(image["file_name"]) for image in read["images"]}
        captions: dict[int, tuple[int, str]] = {}
        for one in read["annotations"]:
            number, own = int(one["image_id"]), (int(one["id"]), str(one["caption"]))
            captions[number] = min(own, captions.get(number, own))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} is not a file of COCO's captions: {type(error).__name__}, {error}.") from error
    chosen = [number for number in sorted(names) if number in captions][:most]
    return [(root / split / names[number], captions[number][1]) for number in chosen]
