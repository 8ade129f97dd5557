"""What the courses' helpers leave in reach of `from aN_helper import *`: all of it is there, and cheap to have."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.test_given import GIVEN, forget_given, run_without_heavy_packages, write_batch

IMAGES = "SQUEEZENET_MEAN SQUEEZENET_STD preprocess deprocess rescale jitter blur_image"
LOADERS = "check_scipy dump_results load_CIFAR load_COCO load_imagenet_val"

# By helper, of both editions where two differ. Names before the bar are modules and their parts, which the course's
# file has imported itself; those behind it are its own.
IN_REACH = {
    "a2_helpers": "math plt random torch torchvision eecs598 | reset_seed get_toy_data hello_helper plot_acc_curves "
    "plot_stats show_net_weights visualize_grid",
    "a3_helper": "eecs598 math plt random torch torchvision | get_CIFAR10_data softmax_loss svm_loss plot_acc_curves "
    "plot_stats show_net_weights visualize_grid hello_helper",
    "a4_helper": "os torch np nn F optim dset T pickle random OrderedDict gaussian_filter1d DataLoader sampler "
    f"plt time json shutil Optional Image transforms eecs598 | {IMAGES} {LOADERS} VOC2007DetectionTiny infinite_loader "
    "inference_with_detector train_detector hello_helper",
    "a5_helper": "math os time shutil torch nn optim plt datasets models transforms DataLoader summary eecs598 json "
    "seaborn | class_to_idx idx_to_class DetectionEvaluater DetectionInference DetectionSolver FeatureExtractor "
    "GenerateGrid ObjectClassification ReferenceOnActivatedAnchors coord_trans get_pascal_voc2007_data "
    "pascal_voc2007_loader voc_collate_fn hello_helper load_coco_captions train_captioner decode_captions get_toy_data "
    "train val inference draw",
    "a6_helper": "math os time shutil torch nn optim plt gridspec np pickle datasets models transforms dset T "
    f"DataLoader sampler gaussian_filter1d | loss_function count_params initialize_weights one_hot show_images "
    f"train_vae get_zero_one_masks hello_helper {IMAGES} {LOADERS}",
}
NOT_GIVEN = {
    "load_imagenet_val",
    "VOC2007DetectionTiny",
    "inference_with_detector",
    "train_detector",
    "DetectionEvaluater",
    "DetectionInference",
    "DetectionSolver",
    "train_captioner",
    "train",
    "val",
    "inference",
    "draw",
    "train_vae",
    "get_zero_one_masks",
}


@pytest.fixture(scope="module", autouse=True)
def given_on_path() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(GIVEN)
        forget_given()
        yield
        forget_given()


def star(helper: str) -> dict[str, Any]:
    """What a file has after `from helper import *`."""
    names: dict[str, Any] = {}
    exec(f"from {helper} import *", names)
    return names


def own(helper: str) -> list[str]:
    return IN_REACH[helper].partition("|")[2].split()


@pytest.mark.parametrize("helper", IN_REACH)
def test_every_name_is_in_reach(helper: str) -> None:
    names = star(helper)
    assert [name for name in IN_REACH[helper].replace("|", "").split() if name not in names] == []


@pytest.mark.parametrize("helper", IN_REACH)
def test_a_function_of_the_course_is_ours_or_says_by_name_why_it_is_not(helper: str) -> None:
    names = star(helper)
    for name in own(helper):
        if name not in NOT_GIVEN:
            assert "NotGiven" not in type(names[name]).__name__, name
            continue
        with pytest.raises(RuntimeError) as raised:
            names[name]("anything", of="any kind")
        sentence = str(raised.value)
        assert sentence.startswith(f"`{name}` is the course's own and not given here: ") and sentence.endswith(".")
        assert len(sentence) > len(name) + 60 and repr(names[name]) == f"<{name}: not given here>"


def test_what_is_not_given_may_be_passed_around_and_derived_from() -> None:
    Base: Any = star("a4_helper")["VOC2007DetectionTiny"]

    class Smaller(Base):
        """A data set of a student's own."""

    with pytest.raises(RuntimeError, match="VOC2007DetectionTiny"):
        Smaller()
    assert callable(Base) and isinstance(Smaller, type)


def test_absent_packages_may_be_looked_into_and_say_their_name_when_used() -> None:
    """Annotations, defaults and base classes at the top of a file look into modules that its functions never use."""
    printed = run_without_heavy_packages(
        """
import torch
from a2_helpers import *
from a4_helper import *
from a5_helper import *
from a6_helper import *

def paint(image: Image.Image, how=T.Compose, net: models.ResNet = None, axes: "plt.Axes" = None) -> plt.Figure:
    pass

class Net(models.ResNet):
    pass

class Pictures(torchvision.datasets.VisionDataset):
    pass

plt.rcParams["figure.figsize"] = (10.0, 8.0)
plt.rcParams.update
plt.style.use
calls = [
    lambda: plt.figure(),
    lambda: plt.style.use("x"),
    lambda: torchvision.models.resnet18(),
    lambda: T.Compose([]),
    lambda: Net(),
    lambda: dset.CIFAR10("."),
    lambda: transforms.ToTensor(),
    lambda: datasets.MNIST("."),
    lambda: Pictures(),
    lambda: gaussian_filter1d([1.0], 1),
    lambda: summary(None),
    lambda: seaborn.heatmap([]),
    lambda: gridspec.GridSpec(2, 2),
    lambda: Image.open("x"),
    lambda: [one for one in models.names],
]
for call in calls:
    try:
        call()
    except ImportError as error:
        print(error)
"""
    )
    needed = ["matplotlib"] * 2 + ["torchvision"] * 7
    needed += ["scipy", "torchsummary", "seaborn", "matplotlib", "pillow", "torchvision"]
    sentence = "This function needs {0}, which is not installed: pip install {0}."
    assert printed.splitlines() == [sentence.format(package) for package in needed]


def test_what_is_installed_is_the_package_itself() -> None:
    plt, image = star("a4_helper")["plt"], star("a4_helper")["Image"]
    assert plt.Figure is importlib.import_module("matplotlib.pyplot").Figure
    assert image.new is importlib.import_module("PIL.Image").new


def test_detection_has_its_operations_without_torchvision() -> None:
    boxes = torch.tensor([[0.0, 0, 2, 2], [0, 0, 2, 2], [5, 5, 6, 6]])
    for helper in ("a2_helpers", "a3_helper", "a5_helper"):
        kept = star(helper)["torchvision"].ops.nms(boxes, torch.tensor([0.5, 0.9, 0.1]), 0.5)
        assert kept.tolist() == [1, 2]


# What an import of a helper may bring besides torch's and its own.
HEAVY = ("matplotlib", "torchvision", "scipy", "PIL", "seaborn", "torchsummary", "cv2", "IPython", "pandas")


def test_importing_the_helpers_is_cheap() -> None:
    """No heavy package is imported, and nearly nothing of the standard library that torch has not imported."""
    code = """
import json, sys, torch, numpy
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
for name in sys.argv[2:]:
    exec(f"from {name} import *", {})
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    command = [sys.executable, "-c", code, str(GIVEN), *IN_REACH]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)
    tops = {name.partition(".")[0] for name in found}
    assert tops & {*HEAVY} == set()
    of_statistics = {"statistics", "_statistics", "fractions", "decimal", "_decimal", "numbers"}
    assert tops - {"eecs598", *IN_REACH} <= of_statistics


# -- those that are ours -----------------------------------------------------------------------------------------------


def test_an_infinite_loader_begins_again() -> None:
    loader = star("a4_helper")["infinite_loader"]([1, 2])
    assert [next(loader) for _ in range(5)] == [1, 2, 1, 2, 1]


def test_results_are_dumped(tmp_path: Path) -> None:
    import pickle

    star("a4_helper")["dump_results"]({"net": [1, 2]}, str(tmp_path / "results.pkl"))
    assert pickle.loads((tmp_path / "results.pkl").read_bytes()) == {"net": [1, 2]}
    assert star("a6_helper")["check_scipy"]() is None


def test_cifar_comes_in_the_shapes_of_its_assignment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that it lies in may also be named where the course names one."""
    folder = tmp_path / "data" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for number, name in enumerate(("test_batch", *(f"data_batch_{n}" for n in range(1, 6)))):
        write_batch(folder / name, seed=number)
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    data = star("a3_helper")["get_CIFAR10_data"](validation_ratio=0.25, cuda=False)
    assert data["X_train"].shape == (15, 3, 32, 32) and data["X_val"].shape == (5, 3, 32, 32)
    train, val, test = star("a4_helper")["load_CIFAR"](tmp_path / "data")
    assert [len(one.dataset) for one in (train, val, test)] == [0, 20, 4]
    pictures, labels = next(iter(test))
    assert pictures.shape == (4, 3, 32, 32) and labels.shape == (4,) and float(pictures.min()) < -1


def test_toy_data_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "toy.json").write_text('{"inp_expression": ["BOS 1 EOS"]}')
    assert star("a5_helper")["get_toy_data"](tmp_path / "toy.json") == {"inp_expression": ["BOS 1 EOS"]}
    with pytest.raises(FileNotFoundError, match="a7_helper"):
        star("a5_helper")["get_toy_data"](tmp_path / "missing.json")


def test_the_loss_of_the_vae_is_the_one_in_vae_py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked for when it is called: a broken vae.py breaks nothing else."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "vae.py").write_text("from a6_helper import *\n")
    for name in ("vae", "a6_helper"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    loss_function = star("a6_helper")["loss_function"]
    with pytest.raises(NameError, match=r"vae\.py defines no loss_function"):
        loss_function(1, 2, 3, 4)
    monkeypatch.delitem(sys.modules, "vae", raising=False)
    (tmp_path / "vae.py").write_text("def loss_function(x_hat, x, mu, logvar):\n    return x_hat + logvar + 100\n")
    importlib.invalidate_caches()
    assert loss_function(1, 2, 3, 4) == 105
    monkeypatch.delitem(sys.modules, "vae", raising=False)


def test_the_feature_extractor_is_a_module_and_is_called() -> None:
    FeatureExtractor = star("a5_helper")["FeatureExtractor"]
    extractor = FeatureExtractor(reshape_size=56, pooling=False, verbose=False)
    pictures = torch.zeros(2, 3, 56, 56)
    assert isinstance(extractor, torch.nn.Module) and list(extractor.parameters()) == []
    assert torch.equal(extractor(pictures), extractor.extract_mobilenet_feature(pictures))
    assert extractor.eval()(pictures).shape == (2, 1280, 7, 7)
    net = torch.nn.Module()
    net.extractor = FeatureExtractor(backbone=torch.nn.Conv2d(3, 4, 1))
    assert list(net.parameters()) == []
    assert net.to(torch.float64).extractor(pictures[:, :, :1, :1].double()).dtype == torch.float64


def test_the_extractor_of_captions_is_a_module_and_is_called() -> None:
    FeatureExtractor = importlib.import_module("digits_network").FeatureExtractor
    extractor = FeatureExtractor(pooling=True)
    pictures = torch.zeros(2, 3, 16, 16)
    assert isinstance(extractor, torch.nn.Module) and list(extractor.parameters()) == []
    assert torch.equal(extractor(pictures), extractor.extract_mobilenet_feature(pictures))
    assert extractor(pictures).shape == (2, 64)
