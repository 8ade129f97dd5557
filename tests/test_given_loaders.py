"""The loaders of COCO's captions and of Pascal VOC, on tiny files in their formats."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

GIVEN = Path(__file__).resolve().parents[1] / "assignments" / "given"
Image = pytest.importorskip("PIL.Image", reason="pictures in files are read with Pillow, of grader[notebook]")


@pytest.fixture(scope="module", autouse=True)
def given_on_path() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(GIVEN)
        forget()
        yield
        forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("eecs598", "a4_helper", "a5_helper")]:
        del sys.modules[name]


def given(name: str) -> Any:
    return importlib.import_module(name)


def picture(file: Path, width: int, height: int, colour: tuple[int, int, int]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), colour).save(file, quality=95)


# ---- the course's coco.pt --------------------------------------------------------------------------------------------


def coco_pt() -> dict[str, Any]:
    words = ["<NULL>", "<START>", "<END>", "<UNK>", "cat"]
    return {
        "train_images": torch.zeros(3, 3, 112, 112, dtype=torch.uint8),
        "train_captions": torch.tensor([[1, 4, 2]] * 3),
        "val_images": torch.zeros(2, 3, 112, 112, dtype=torch.uint8),
        "val_captions": torch.tensor([[1, 3, 2]] * 2),
        "vocab": {"idx_to_token": words, "token_to_idx": {word: i for i, word in enumerate(words)}},
    }


def test_the_courses_file_of_captions_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save(coco_pt(), tmp_path / "coco.pt")
    data = given("a4_helper").load_coco_captions(str(tmp_path / "coco.pt"))
    assert data["train_images"].shape == (3, 3, 112, 112) and data["val_captions"].tolist() == [[1, 3, 2]] * 2
    assert data["vocab"]["token_to_idx"]["cat"] == 4
    assert "train_images: (3, 3, 112, 112), torch.uint8" in capsys.readouterr().out
    decoded = given("eecs598").utils.decode_captions(data["train_captions"], data["vocab"]["idx_to_token"])
    assert decoded == ["<START> cat <END>"] * 3


class Program:
    """What a file that runs a program when it is unpickled holds."""

    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('it ran')",)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: data.pop("vocab"), "has no vocab"),
        (lambda data: data.update(vocab=["cat"]), "no idx_to_token"),
        (lambda data: data.update(val_captions=data["val_captions"][:1]), "val has not as many captions"),
        (lambda data: data.update(more=Program()), "not a file of tensors"),
    ],
    ids=["without-vocabulary", "other-vocabulary", "too-few-captions", "a-program"],
)
def test_another_file_is_one_sentence(change: Any, sentence: str, tmp_path: Path) -> None:
    data = coco_pt()
    change(data)
    torch.save(data, tmp_path / "coco.pt")
    with pytest.raises(ValueError, match=sentence) as raised:
        given("a4_helper").load_coco_captions(tmp_path / "coco.pt", verbose=False)
    assert "\n" not in str(raised.value) and str(tmp_path / "coco.pt") in str(raised.value)


@pytest.mark.parametrize(
    "content", [b"", b"no archive at all", b"PK\x03\x04 and not one"], ids=["empty", "text", "zip"]
)
def test_a_broken_file_of_captions_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "coco.pt").write_bytes(content)
    with pytest.raises(ValueError, match="not a file of tensors") as raised:
        given("a4_helper").load_coco_captions(tmp_path / "coco.pt")
    assert "\n" not in str(raised.value)


def test_an_absent_file_of_captions_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"coco\.pt is not here.*captioned_digits"):
        given("a4_helper").load_coco_captions(tmp_path / "coco.pt")


# ---- COCO's own files ------------------------------------------------------------------------------------------------


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """Two pictures to train on and one to validate on, as COCO publishes them."""
    told = {
        "train2014": {7: ["A cat on a mat.", "Another cat"], 3: ["A  dog, a mat"]},
        "val2014": {5: ["An owl on a mat on a mat on a mat"]},
    }
    sizes = {7: (40, 20), 3: (16, 32), 5: (16, 16)}
    for split, pictures in told.items():
        annotations, images, number = [], [], 100
        for image_id, captions in pictures.items():
            name = f"COCO_{split}_{image_id:012d}.jpg"
            picture(tmp_path / split / name, *sizes[image_id], (255, 0, 0))
            images.append(
                {"id": image_id, "file_name": name, "width": sizes[image_id][0], "height": sizes[image_id][1]}
            )
            for caption in captions:
                annotations.append({"id": number, "image_id": image_id, "caption": caption})
                number += 1
        file = tmp_path / "annotations" / f"captions_{split}.json"
        file.parent.mkdir(exist_ok=True)
        # COCO lists annotations in no order, and knows more than is needed.
        file.write_text(json.dumps({"info": {}, "licenses": [], "images": images, "annotations": annotations[::-1]}))
    return tmp_path


def test_cocos_own_files_are_read(coco: Path) -> None:
    loader = importlib.import_module("eecs598.coco")
    data = loader.coco_captions(coco, size=8, length=8, words=7)
    assert data["vocab"]["idx_to_token"] == ["<NULL>", "<START>", "<END>", "<UNK>", "a", "mat", "cat"]
    said = given("eecs598").utils.decode_captions
    words = data["vocab"]["idx_to_token"]
    assert said(data["train_captions"], words) == [
        "<START> a <UNK> a mat <END>",  # picture 3 comes before 7
        "<START> a cat <UNK> a mat <END>",  # the first caption, and not "Another cat"
    ]
    assert said(data["val_captions"], words) == ["<START> <UNK> <UNK> <UNK> a mat <UNK> <END>"]  # cut to 8
    assert data["train_images"].shape == (2, 3, 8, 8) and data["train_images"].dtype == torch.uint8
    assert bool((data["train_images"][:, 0] > 240).all() and (data["train_images"][:, 1:] < 20).all())
    assert len(loader.coco_captions(coco, size=8, most=1)["train_images"]) == 1


def test_the_middle_of_a_picture_is_cut_out(tmp_path: Path) -> None:
    pixels = np.zeros((10, 30, 3), dtype=np.uint8)
    pixels[:, :10, 0], pixels[:, 10:20, 1], pixels[:, 20:, 2] = 255, 255, 255
    Image.fromarray(pixels).save(tmp_path / "flag.png")
    cut = importlib.import_module("eecs598.images").picture_of(tmp_path / "flag.png", 10)
    assert cut.tolist() == torch.tensor([0, 255, 0])[:, None, None].expand(3, 10, 10).tolist()


def test_what_coco_lacks_is_one_sentence(coco: Path) -> None:
    loader = importlib.import_module("eecs598.coco")
    with pytest.raises(FileNotFoundError, match=r"captions_train2017\.json is not here"):
        loader.coco_captions(coco, year=2017)
    (coco / "train2014" / "COCO_train2014_000000000003.jpg").unlink()
    with pytest.raises(FileNotFoundError, match=r"000000000003\.jpg is not here"):
        loader.coco_captions(coco)
    for content in ("[1]", "{}", "{", '{"images": [{"id": 1}], "annotations": []}'):
        (coco / "annotations" / "captions_val2014.json").write_text(content)
        with pytest.raises(ValueError, match=r"captions_val2014\.json is not a file of COCO's captions"):
            loader.coco_captions(coco)


# ---- Pascal VOC ------------------------------------------------------------------------------------------------------

OBJECT = """
    <object><name>{name}</name><pose>Left</pose><truncated>0</truncated><difficult>{difficult}</difficult>
        <bndbox><xmin>{0}</xmin><ymin>{1}</ymin><xmax>{2}</xmax><ymax>{3}</ymax></bndbox></object>"""
ANNOTATION = """<annotation><folder>VOC2007</folder><filename>{name}.jpg</filename>
    <size><width>{width}</width><height>{height}</height><depth>3</depth></size><segmented>0</segmented>{objects}
</annotation>"""


def write_voc(folder: Path, name: str, size: tuple[int, int], *objects: str) -> None:
    (folder / "Annotations").mkdir(parents=True, exist_ok=True)
    text = ANNOTATION.format(name=name, width=size[0], height=size[1], objects="".join(objects))
    (folder / "Annotations" / f"{name}.xml").write_text(text)
    picture(folder / "JPEGImages" / f"{name}.jpg", *size, (0, 0, 255))


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """Three pictures of Pascal VOC: two to train on."""
    folder = tmp_path / "VOCdevkit" / "VOC2007"
    cat = OBJECT.format(10, 20, 50, 60, name="cat", difficult=0)
    person = OBJECT.format(1, 2, 30, 40, name="person", difficult=1)
    write_voc(folder, "000012", (100, 80), cat, person)
    write_voc(folder, "000017", (64, 64), person)
    write_voc(folder, "000023", (32, 32))
    (folder / "ImageSets" / "Main").mkdir(parents=True)
    (folder / "ImageSets" / "Main" / "train.txt").write_text("000012\n000017\n")
    (folder / "ImageSets" / "Main" / "val.txt").write_text("000023\n")
    return tmp_path


def test_an_item_is_a_picture_and_an_annotation(voc: Path) -> None:
    data = given("a5_helper").get_pascal_voc2007_data(str(voc), "train")
    assert len(data) == 2
    image, target = data[0]
    assert image.size == (100, 80) and image.mode == "RGB"
    annotation = target["annotation"]
    assert annotation["filename"] == "000012.jpg"
    assert annotation["size"] == {"width": "100", "height": "80", "depth": "3"}
    box = {"xmin": "10", "ymin": "20", "xmax": "50", "ymax": "60"}
    assert annotation["object"][0] == {"name": "cat", "difficult": "0", "bndbox": box}
    assert [one["name"] for one in annotation["object"]] == ["cat", "person"]


def test_a_batch_is_padded_and_its_boxes_fit_the_grid(voc: Path) -> None:
    helper = given("a5_helper")
    data = helper.get_pascal_voc2007_data(voc / "VOCdevkit" / "VOC2007", "train")
    ((images, boxes, widths, heights, names),) = helper.pascal_voc2007_loader(data, 2)
    assert images.shape == (2, 3, 224, 224) and images.dtype == torch.float32
    blue = (torch.tensor([0.0, 0.0, 1.0]) - helper.SQUEEZENET_MEAN) / helper.SQUEEZENET_STD
    assert torch.allclose(images.mean(dim=(2, 3)), blue.expand(2, 3), atol=0.1)
    cat, person = helper.class_to_idx["cat"], helper.class_to_idx["person"]
    assert boxes.tolist() == [[[10, 20, 50, 60, cat], [1, 2, 30, 40, person]], [[1, 2, 30, 40, person], [-1] * 5]]
    assert (widths.tolist(), heights.tolist(), names) == ([100, 64], [80, 64], ["000012.jpg", "000017.jpg"])
    cells = helper.coord_trans(boxes, widths, heights, mode="p2a")
    assert torch.allclose(cells[0, 0, :4], torch.tensor([0.7, 1.75, 3.5, 5.25]))


def test_a_picture_without_objects_has_no_boxes(voc: Path) -> None:
    helper = given("a5_helper")
    ((images, boxes, *_),) = helper.pascal_voc2007_loader(helper.get_pascal_voc2007_data(voc, "val"), 4)
    assert images.shape == (1, 3, 224, 224) and boxes.shape == (1, 0, 5)


def test_what_voc_lacks_is_one_sentence(voc: Path) -> None:
    helper = given("a5_helper")
    with pytest.raises(FileNotFoundError, match="has no split 'test'"):
        helper.get_pascal_voc2007_data(voc, "test")
    folder = voc / "VOCdevkit" / "VOC2007"
    data = helper.get_pascal_voc2007_data(voc, "train")
    (folder / "JPEGImages" / "000012.jpg").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"000012\.jpg is no picture"):
        data[0]
    (folder / "JPEGImages" / "000012.jpg").unlink()
    with pytest.raises(FileNotFoundError, match=r"000012\.jpg is not here"):
        data[0]
    (folder / "Annotations" / "000012.xml").unlink()
    with pytest.raises(FileNotFoundError, match=r"000012\.xml is not here, and its split names it"):
        data[0]


@pytest.mark.parametrize(
    "content",
    [
        "<annotation",
        "",
        "<annotation><object><name>unicorn</name></object></annotation>",
        "<annotation><object><name>cat</name><bndbox><xmin>1</xmin></bndbox></object></annotation>",
        f"<annotation>{OBJECT.format(1, 2, 'nan', 4, name='cat', difficult=0)}</annotation>",
    ],
    ids=["cut-off", "empty", "another-class", "without-corners", "no-number"],
)
def test_a_broken_annotation_is_one_sentence(content: str, voc: Path) -> None:
    (voc / "VOCdevkit" / "VOC2007" / "Annotations" / "000017.xml").write_text(content)
    with pytest.raises(ValueError, match=r"000017\.xml is no annotation of Pascal VOC") as raised:
        given("a5_helper").get_pascal_voc2007_data(voc, "train")[1]
    assert "\n" not in str(raised.value)
