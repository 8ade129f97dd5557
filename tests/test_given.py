"""The helpers under the courses' names (assignments/given), and the digits (assignments/data)."""

from __future__ import annotations

import ast
import gzip
import importlib
import pickle
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[1]
GIVEN = ROOT / "assignments" / "given"
DATA = ROOT / "assignments" / "data"
MODULES = ["eecs598", "coutils", "a2_helpers", "a3_helper", "a4_helper", "a5_helper", "a6_helper", "a7_helper"]


def forget_given() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in MODULES]:
        del sys.modules[name]


@pytest.fixture(scope="module", autouse=True)
def given_on_path() -> Iterator[None]:
    """Put the helpers in front for these tests only: other tests may bring modules of the same names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(GIVEN)
        forget_given()
        yield
        forget_given()


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def given(name: str) -> Any:
    return importlib.import_module(name)


def doubles(*shape: int, **kwargs: Any) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, **kwargs)


# ---- imports ---------------------------------------------------------------------------------------------------------

# Runs in a fresh interpreter where the heavy packages cannot be had, whether they are installed or not.
WITHOUT_HEAVY_PACKAGES = """
import sys

ABSENT = {"matplotlib", "torchvision", "cv2", "IPython", "scipy", "PIL", "torchsummary", "google", "pydrive"}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
sys.path.insert(0, sys.argv[1])
"""


def run_without_heavy_packages(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_HEAVY_PACKAGES + code, str(GIVEN)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_imports_without_heavy_packages() -> None:
    stars = "\n".join(f"from {name} import *" for name in MODULES)
    run_without_heavy_packages(
        f"""
{stars}
from eecs598.utils import reset_seed, attention_visualizer, detection_visualizer, decode_captions
from eecs598 import Solver
from coutils import Solver as Older, fix_random_seed, rel_error, compute_numeric_gradient, register_colab_notebooks
from coutils import extract_drive_file_id
import coutils, eecs598
assert Older is Solver
eecs598.reset_seed(0)
assert torch.nn is nn and eecs598.grad.rel_error(torch.ones(2), torch.ones(2)) == 0
coutils.data.cifar10, eecs598.data.preprocess_cifar10, eecs598.submit.make_a6_submission
eecs598.vis.detection_visualizer, eecs598.tensor_to_image, eecs598.visualize_dataset
"""
    )


def test_what_draws_names_the_missing_package_when_called() -> None:
    printed = run_without_heavy_packages(
        """
import torch, eecs598, coutils, a2_helpers, a4_helper, a6_helper
picture = torch.zeros(3, 8, 8)
calls = [
    lambda: a2_helpers.plot_stats({"loss_history": [], "train_acc_history": [], "val_acc_history": []}),
    lambda: a2_helpers.plot_acc_curves({}),
    lambda: a6_helper.show_images(torch.zeros(4, 16)),
    lambda: eecs598.vis.detection_visualizer(torch.zeros(8, 8, 3), ["cat"]),
    lambda: eecs598.visualize_dataset(picture[None], torch.zeros(1), 1, ["cat"]),
    lambda: a4_helper.plt.imshow(picture),
    lambda: coutils.attention_visualizer(picture, torch.ones(4, 4), "cat"),
]
for call in calls:
    try:
        call()
    except ImportError as error:
        print(error)
"""
    )
    sentence = "This function needs {0}, which is not installed: pip install {0}."
    assert printed.splitlines() == [sentence.format("matplotlib")] * 6 + [sentence.format("pillow")]


@pytest.mark.parametrize("path", sorted(GIVEN.rglob("*.py")), ids=lambda path: str(path.relative_to(GIVEN)))
def test_a_module_imports_what_the_grader_needs_and_the_standard_library_alone(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    tops = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            tops |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            tops.add((node.module or "").partition(".")[0])
    assert tops <= {"torch", "numpy", "safetensors", "eecs598", "digits_network", *sys.stdlib_module_names}


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_says_it_hands_on_is_there(name: str) -> None:
    module: ModuleType = given(name)
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


# ---- Solver ----------------------------------------------------------------------------------------------------------


class Linear:
    """A softmax classifier with the interface that Solver trains."""

    def __init__(self, features: int = 4, classes: int = 3) -> None:
        self.params = {"W": torch.zeros(features, classes, dtype=torch.float64)}

    def loss(self, X: torch.Tensor, y: torch.Tensor | None = None) -> Any:
        scores = X @ self.params["W"]
        if y is None:
            return scores
        loss, dscores = given("a3_helper").softmax_loss(scores, y)
        return loss, {"W": X.T @ dscores}


def three_clusters(n: int = 120) -> dict[str, torch.Tensor]:
    y = torch.arange(n) % 3
    X = 0.3 * doubles(n, 4)
    X[torch.arange(n), y] += 2
    half = n // 2
    return {"X_train": X[:half], "y_train": y[:half], "X_val": X[half:], "y_val": y[half:]}


def solver_for(model: Any, data: dict[str, torch.Tensor], **options: Any) -> Any:
    options = {"optim_config": {"learning_rate": 0.5}, "batch_size": 20, "num_epochs": 4, "verbose": False, **options}
    return given("eecs598").Solver(model, data, **options)


def test_solver_lowers_the_loss_and_keeps_its_histories() -> None:
    model = Linear()
    solver = solver_for(model, three_clusters())
    solver.train()
    assert len(solver.loss_history) == 4 * 3
    assert solver.loss_history[-1] < 0.2 < solver.loss_history[0]
    assert len(solver.train_acc_history) == len(solver.val_acc_history) == 1 + 4
    assert solver.epoch == 4
    assert solver.best_val_acc == max(solver.val_acc_history) == 1
    assert torch.equal(model.params["W"], solver.best_params["W"])


def test_solver_returns_the_best_parameters_or_the_last() -> None:
    def worse_after_the_first(w: torch.Tensor, dw: torch.Tensor, config: dict[str, Any]) -> Any:
        config["t"] = config.get("t", 0) + 1
        return (w - dw if config["t"] == 1 else -torch.ones_like(w).cumsum(dim=1)), config

    data = three_clusters()
    best, last = Linear(), Linear()
    solver_for(best, data, update_rule=worse_after_the_first).train()
    solver_for(last, data, update_rule=worse_after_the_first).train(return_best_params=False)
    accuracy = solver_for(best, data).check_accuracy
    assert accuracy(data["X_val"], data["y_val"]) > 0.9
    assert torch.equal(last.params["W"][0], torch.tensor([-1.0, -2.0, -3.0], dtype=torch.float64))


def test_solver_keeps_parameters_even_where_no_prediction_is_right() -> None:
    data = three_clusters()
    data["y_val"] = torch.full_like(data["y_val"], 7)
    model = Linear()
    solver_for(model, data).train()
    assert model.params["W"].shape == (4, 3)


def test_an_update_in_place_does_not_reach_the_best_parameters() -> None:
    def in_place(w: torch.Tensor, dw: torch.Tensor, config: dict[str, Any]) -> Any:
        w += 1
        return w, config

    solver = solver_for(Linear(), three_clusters(), update_rule=in_place)
    solver.train()
    # Equal weights: every measurement gives the same accuracy, so the first one stays the best.
    assert torch.equal(solver.best_params["W"], torch.ones(4, 3, dtype=torch.float64))


def test_solver_decays_the_learning_rate_after_each_epoch() -> None:
    shared = {"learning_rate": 1.0}
    solver = solver_for(Linear(), three_clusters(), optim_config=shared, lr_decay=0.5, num_epochs=3)
    solver.train()
    assert solver.optim_configs["W"]["learning_rate"] == 0.125
    assert shared == {"learning_rate": 1.0}


def test_solver_stops_after_its_time() -> None:
    solver = solver_for(Linear(), three_clusters(), num_epochs=1000)
    solver.train(time_limit=0)
    assert len(solver.loss_history) == 1
    assert solver.best_params


def test_solver_prints_and_saves_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solver_for(Linear(), three_clusters(), num_epochs=2, checkpoint_name=str(tmp_path / "net")).train()
    assert capsys.readouterr().out == ""
    state = torch.load(tmp_path / "net_epoch_2.pt", weights_only=True)
    assert state["epoch"] == 2
    assert state["params"]["W"].shape == (4, 3)
    solver_for(Linear(), three_clusters(), num_epochs=2, verbose=True, print_every=3, print_acc_every=2).train()
    printed = capsys.readouterr().out
    assert printed.count("iteration") == 2
    assert printed.count("validation accuracy") == 2  # epochs 0 and 2


def test_sgd_is_one_step_down_the_gradient() -> None:
    sgd = given("eecs598").Solver.sgd
    w, dw = doubles(3, 2), doubles(3, 2)
    before = w.clone()
    next_w, config = sgd(w, dw, {"learning_rate": 0.1})
    assert torch.equal(next_w, before - 0.1 * dw)
    assert torch.equal(w, before)
    assert config == {"learning_rate": 0.1}
    assert sgd(w, dw)[1] == {"learning_rate": 1e-2}


# ---- gradients and errors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["eecs598.grad", "coutils"])
def test_numeric_gradient_agrees_with_autograd(package: str) -> None:
    numeric = given(package).compute_numeric_gradient
    x = doubles(4, 3).T  # not contiguous
    upstream = doubles(3, 2)
    w = doubles(4, 2)
    before = x.clone()

    def f(x: torch.Tensor) -> torch.Tensor:
        return (x @ w).tanh()

    leaf = x.clone().requires_grad_()
    (wanted,) = torch.autograd.grad(f(leaf), leaf, upstream)
    assert torch.allclose(numeric(f, x, upstream), wanted, atol=1e-6)
    (wanted,) = torch.autograd.grad(f(leaf).sum(), leaf)
    assert torch.allclose(numeric(f, x), wanted, atol=1e-6)
    assert torch.equal(x, before)


def test_numeric_gradient_moves_the_tensor_itself() -> None:
    """The usual call: a function that ignores its argument and reads a parameter."""
    w = doubles(3, requires_grad=True)
    numeric = given("eecs598.grad").compute_numeric_gradient(lambda _: (w**2).sum().item(), w)
    assert torch.allclose(numeric, 2 * w.detach(), atol=1e-6)
    scalar = torch.tensor(3.0, dtype=torch.float64)
    assert given("eecs598.grad").compute_numeric_gradient(lambda x: x**2, scalar).item() == pytest.approx(6, abs=1e-6)


def test_numeric_gradient_puts_the_tensor_back_when_the_function_raises() -> None:
    x = doubles(2)
    before = x.clone()
    with pytest.raises(ZeroDivisionError):
        given("eecs598.grad").compute_numeric_gradient(lambda _: 1 / 0, x)
    assert torch.equal(x, before)


def test_grad_check_sparse_tells_right_from_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    check = given("eecs598").grad.grad_check_sparse
    x = doubles(5, 4)
    before = x.clone()
    assert check(lambda x: (x**3).sum(), x, 3 * x**2, num_checks=6) < 1e-4
    assert len(capsys.readouterr().out.splitlines()) == 6
    # |6 - 3| / |6 + 3|, times the same square
    assert check(lambda x: (x**3).sum(), x, 6 * x**2) == pytest.approx(1 / 3, rel=1e-3)
    assert torch.equal(x, before)


def test_both_relative_errors_on_numbers_worked_by_hand() -> None:
    x, y = torch.tensor([1.0, 2.0, -4.0]), torch.tensor([1.5, 2.0, -4.0])
    # largest difference 0.5, largest |x| + |y| 8
    assert given("eecs598").grad.rel_error(x, y) == 0.0625
    assert given("eecs598").grad.rel_error(y, x) == 0.0625
    # entry by entry: 0.5 / 1.5
    assert given("coutils").rel_error(x, y) == pytest.approx(1 / 3)
    assert given("coutils").rel_error(y, x) == pytest.approx(0.5)
    zero = torch.zeros(2)
    assert given("eecs598").grad.rel_error(zero, zero) == 0
    assert given("coutils").rel_error(zero + 1e-8, zero) == pytest.approx(1)
    assert given("eecs598").grad.rel_error(zero, zero + 2e-10, eps=4e-10) == pytest.approx(0.5)


def test_the_seed_reaches_torch_numpy_and_random() -> None:
    import random

    def draws() -> tuple[float, float, float]:
        return torch.rand(()).item(), float(np.random.rand()), random.random()

    seeds = [given("eecs598").reset_seed, given("coutils").fix_random_seed]
    seen = []
    for seed in seeds * 2:
        seed(3)
        seen.append(draws())
    assert len(set(seen)) == 1
    seeds[0](4)
    assert draws() != seen[0]


# ---- losses ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(7, 5), (1, 3), (4, 1)])
@pytest.mark.parametrize("name", ["softmax_loss", "svm_loss"])
def test_losses_agree_with_torch(name: str, shape: tuple[int, int]) -> None:
    x = doubles(*shape, requires_grad=True)
    y = torch.randint(shape[1], (shape[0],))
    if name == "softmax_loss":
        wanted = torch.nn.functional.cross_entropy(x, y)
    else:
        wanted = shape[1] * torch.nn.functional.multi_margin_loss(x, y)  # torch divides by the number of classes
    (gradient,) = torch.autograd.grad(wanted, x)
    scores = x.detach().clone()
    loss, dx = getattr(given("a3_helper"), name)(scores, y)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(wanted.item(), abs=1e-12)
    assert torch.allclose(dx, gradient, atol=1e-12)
    assert torch.equal(scores, x.detach())


def test_losses_keep_the_dtype_and_take_small_integer_labels() -> None:
    for name in ("softmax_loss", "svm_loss"):
        loss, dx = getattr(given("a3_helper"), name)(torch.randn(3, 4), torch.tensor([0, 3, 1], dtype=torch.uint8))
        assert loss.dtype == dx.dtype == torch.float32


def test_softmax_loss_is_finite_for_huge_scores() -> None:
    x = torch.tensor([[1e4, -1e4, 0.0]], dtype=torch.float64)
    loss, dx = given("a3_helper").softmax_loss(x, torch.tensor([1]))
    assert loss.item() == 2e4
    assert torch.equal(dx, torch.tensor([[1.0, -1.0, 0.0]], dtype=torch.float64))


# ---- CIFAR-10 --------------------------------------------------------------------------------------------------------


def python2_pickle(images: np.ndarray, labels: list[int]) -> bytes:
    """A batch as Python 2 pickled the real files: protocol 2, strings that are bytes, numpy's older names."""

    def string(value: bytes) -> bytes:
        return b"T" + struct.pack("<i", len(value)) + value

    def integer(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    rows, columns = images.shape
    dtype = b"cnumpy\ndtype\n" + string(b"u1") + integer(0) + integer(1) + b"\x87R"
    dtype += b"(" + integer(3) + string(b"|") + b"NNN" + integer(-1) + integer(-1) + integer(0) + b"tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" + integer(0) + b"\x85" + string(b"b") + b"\x87R"
    array += b"(" + integer(1) + integer(rows) + integer(columns) + b"\x86" + dtype + b"\x89" + string(images.tobytes())
    array += b"tb"
    numbers = b"](" + b"".join(integer(label) for label in labels) + b"e"
    names = b"](" + b"".join(string(b"image_%d.png" % i) for i in range(rows)) + b"e"
    fields = string(b"batch_label") + string(b"a batch") + string(b"labels") + numbers
    fields += string(b"data") + array + string(b"filenames") + names
    return b"\x80\x02}(" + fields + b"u."


def write_batch(path: Path, seed: int, count: int = 4) -> tuple[np.ndarray, list[int]]:
    images = np.random.default_rng(seed).integers(0, 256, (count, 3072), dtype=np.uint8)
    labels = [(seed + i) % 10 for i in range(count)]
    path.write_bytes(python2_pickle(images, labels))
    return images, labels


@pytest.fixture
def cifar_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    for number in range(1, 6):
        write_batch(folder / f"data_batch_{number}", seed=number)
    write_batch(folder / "test_batch", seed=0)
    (folder / "batches.meta").write_bytes(b"not read")
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path))
    return folder


def test_cifar10_reads_the_batches_in_order(cifar_folder: Path) -> None:
    x_train, y_train, x_test, y_test = given("eecs598").data.cifar10()
    assert x_train.shape == (20, 3, 32, 32)
    assert x_test.shape == (4, 3, 32, 32)
    assert y_train.tolist() == [1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7, 5, 6, 7, 8]
    assert y_test.tolist() == [0, 1, 2, 3]
    assert (x_train.dtype, y_train.dtype) == (torch.float32, torch.int64)
    images, _ = write_batch(cifar_folder / "again", seed=2)
    assert torch.equal((x_train[4:8] * 255).round().to(torch.uint8).flatten(1), torch.from_numpy(images))


def test_cifar10_takes_the_first_ones(cifar_folder: Path) -> None:
    data = given("coutils").data
    x_train, y_train, x_test, y_test = data.cifar10(6, 2, x_dtype=torch.float64)
    assert (len(x_train), len(y_train), len(x_test), len(y_test)) == (6, 6, 2, 2)
    assert x_train.dtype == torch.float64
    assert 0.9 < x_train.max() <= 1
    with pytest.raises(ValueError, match="21 images were asked for, and there are 20"):
        data.cifar10(num_train=21)


def test_cifar10_is_found_in_the_folder_data(cifar_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = given("eecs598").data
    monkeypatch.setenv("CIFAR10_DIR", str(cifar_folder))
    assert data.find_cifar10() == cifar_folder
    monkeypatch.delenv("CIFAR10_DIR")
    working = cifar_folder.parent / "working"
    (working / "data").mkdir(parents=True)
    monkeypatch.chdir(working)
    with pytest.raises(FileNotFoundError, match="CIFAR10_DIR") as caught:
        data.cifar10()
    assert str(working / "data") in str(caught.value)
    cifar_folder.rename(working / "data" / cifar_folder.name)
    assert len(data.cifar10()[0]) == 20


def test_preprocess_cifar10_splits_centres_and_flattens(cifar_folder: Path) -> None:
    preprocess = given("eecs598").data.preprocess_cifar10
    data = preprocess(cuda=False, bias_trick=True, validation_ratio=0.3, dtype=torch.float64)
    assert {name: tuple(value.shape) for name, value in data.items()} == {
        "X_train": (14, 3073), "y_train": (14,), "X_val": (6, 3073), "y_val": (6,), "X_test": (4, 3073), "y_test": (4,)
    }  # fmt: skip
    assert torch.all(data["X_val"][:, -1] == 1)
    images = preprocess(cuda=False, flatten=False, validation_ratio=0)
    assert images["X_val"].shape == (0, 3, 32, 32)
    assert images["X_train"].mean(dim=(0, 2, 3)).abs().max() < 1e-5
    with pytest.raises(ValueError, match="flatten"):
        preprocess(bias_trick=True, flatten=False)


class Malicious:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_a_malicious_pickle_is_refused(tmp_path: Path, protocol: int) -> None:
    target = tmp_path / "owned"
    file = tmp_path / "data_batch_1"
    file.write_bytes(pickle.dumps({b"data": Malicious(target), b"labels": []}, protocol=protocol))
    with pytest.raises(ValueError, match="is not a CIFAR-10 batch: it asks for"):
        given("eecs598").data.read_batch(file)
    assert not target.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"version https://git-lfs",
        pickle.dumps([1, 2]),
        pickle.dumps({b"data": b"pixels", b"labels": [1]}),
        python2_pickle(np.zeros((2, 3072), np.uint8), [1, 2, 3]),
        python2_pickle(np.zeros((2, 10), np.uint8), [1, 2]),
        pickle.dumps({b"data": np.array([object], dtype=object), b"labels": [1]}, protocol=2),
        python2_pickle(np.zeros((2, 3072), np.uint8), [1, 2])[:-200],
    ],
    ids=["empty", "text", "list", "bytes", "labels", "pixels", "objects", "cut"],
)
def test_what_is_no_batch_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "data_batch_1"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="is not a CIFAR-10 batch"):
        given("eecs598").data.read_batch(file)


def test_a_batch_written_by_this_python_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "test_batch"
    pixels = np.arange(3072, dtype=np.uint8)[None]
    file.write_bytes(pickle.dumps({b"data": pixels, b"labels": [9]}, protocol=4))
    images, labels = given("eecs598").data.read_batch(file)
    assert torch.equal(images.flatten(1), torch.from_numpy(pixels))
    assert labels.tolist() == [9]


# ---- images ----------------------------------------------------------------------------------------------------------


def test_tensor_to_image_rounds_and_clips() -> None:
    values = torch.tensor([-1.0, 0.0, 0.5, 1.0, 2.0, 100.6 / 255]).repeat(3, 2, 1)
    image = given("eecs598").tensor_to_image(values)
    assert image.dtype == np.uint8
    assert image.shape == (2, 6, 3)
    assert image[0, :, 0].tolist() == [0, 0, 128, 255, 255, 101]


@pytest.mark.parametrize("helper", ["a4_helper", "a5_helper", "a6_helper"])
def test_deprocess_undoes_preprocess(helper: str) -> None:
    module = given(helper)
    picture = np.random.default_rng(0).integers(0, 256, (24, 36, 3), dtype=np.uint8)
    there = module.preprocess(picture, size=24)
    assert there.shape == (1, 3, 24, 36)
    assert np.array_equal(module.deprocess(there, should_rescale=False), picture)
    pixels = torch.from_numpy(picture).permute(2, 0, 1)
    assert torch.equal(module.preprocess(pixels, size=24), there)
    assert torch.allclose(module.preprocess(pixels / 255, size=24), there)
    stretched = module.deprocess(there / 3)
    assert (stretched.min(), stretched.max()) == (0, 255)


def test_preprocess_takes_grey_and_transparent_pictures_of_any_size() -> None:
    preprocess = given("a4_helper").preprocess
    assert preprocess(np.zeros((50, 100), np.uint8), size=20).shape == (1, 3, 20, 40)
    assert preprocess(np.zeros((50, 40, 4), np.uint8)).shape == (1, 3, 280, 224)
    assert preprocess(torch.zeros(1, 9, 9), size=(4, 6)).shape == (1, 3, 4, 6)


def test_jitter_blur_and_rescale() -> None:
    helper = given("a6_helper")
    x = torch.zeros(1, 1, 5, 7)
    x[0, 0, 1, 2] = 1
    assert helper.jitter(x, ox=3, oy=-2)[0, 0, 4, 5] == 1
    flat = torch.full((2, 3, 4, 6), 0.25)
    assert torch.allclose(helper.blur_image(flat, sigma=2), torch.tensor(0.25))
    spot = torch.zeros(1, 1, 21, 21)
    spot[0, 0, 10, 10] = 1
    assert helper.blur_image(spot, sigma=1.5) is spot
    assert spot.sum().item() == pytest.approx(1, abs=1e-5)
    variance = (spot[0, 0].sum(dim=0) * (torch.arange(21) - 10.0) ** 2).sum().item()
    assert variance == pytest.approx(1.5**2, rel=0.01)
    assert helper.rescale(torch.tensor([2.0, 4.0, 3.0])).tolist() == [0, 1, 0.5]
    assert helper.rescale(torch.ones(2)).tolist() == [0, 0]


# ---- the other helpers -----------------------------------------------------------------------------------------------


def test_toy_data_is_the_same_every_time_and_leaves_the_seed_alone() -> None:
    helper = given("a2_helpers")
    torch.manual_seed(5)
    X, y, params = helper.get_toy_data(dtype=torch.float64)
    drawn = torch.rand(())
    torch.manual_seed(5)
    assert torch.rand(()) == drawn
    assert X.shape == (5, 4)
    assert y.tolist() == [0, 1, 2, 0, 1]
    shapes = {name: tuple(value.shape) for name, value in params.items()}
    assert shapes == {"W1": (4, 10), "b1": (10,), "W2": (10, 3), "b2": (3,)}
    assert all(value.dtype == torch.float64 for value in (X, *params.values()))
    assert torch.equal(helper.get_toy_data(dtype=torch.float64)[0], X)


def test_visualize_grid_lays_images_out_in_rows() -> None:
    images = torch.stack([torch.linspace(0, i + 1, 12).view(2, 2, 3) for i in range(5)])
    grid = given("a2_helpers").visualize_grid(images, padding=1)
    assert grid.shape == (2 * 3 + 1, 3 * 3 + 1, 3)
    assert grid.max() == 255
    assert torch.allclose(grid[1:3, 1:3], grid[4:6, 4:6])  # stretched alike
    assert grid[0].sum() == grid[4:, 7:].sum() == 0


def test_one_hot_and_parameter_counts() -> None:
    helper = given("a6_helper")
    assert helper.one_hot(torch.tensor([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU())
    model.apply(helper.initialize_weights)
    assert helper.count_params(model) == 15


def test_expressions_are_right_and_of_one_length() -> None:
    helper = given("a7_helper")
    questions, answers = helper.expressions(300, digits=2, seed=1)
    sign = {"POSITIVE": 1, "NEGATIVE": -1}
    for question, answer in zip(questions, answers, strict=True):
        begin, first, a, operation, second, b, end = question.split()
        result = sign[first] * int(a) + (1 if operation == "add" else -1) * sign[second] * int(b)
        assert answer == f"BOS {'NEGATIVE' if result < 0 else 'POSITIVE'} {abs(result):03d} EOS"
        assert (begin, end) == ("BOS", "EOS")
        assert all(
            w in helper.SPECIAL_TOKENS or set(w) <= set(helper.VOCABULARY) for w in f"{question} {answer}".split()
        )
    assert (questions, answers) == helper.expressions(300, digits=2, seed=1)
    assert questions != helper.expressions(300, digits=2, seed=2)[0]


@pytest.mark.parametrize("name", ["a2_helpers", "a3_helper", "a4_helper", "a5_helper", "a6_helper"])
def test_hello(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    given(name).hello_helper()
    assert name in capsys.readouterr().out


def test_the_grid_holds_centres_of_cells() -> None:
    grid = given("a5_helper").GenerateGrid(2, w_amap=3, h_amap=2)
    assert grid.shape == (2, 2, 3, 2)
    assert grid[1, 1, 2].tolist() == [2.5, 1.5]
    assert grid.is_contiguous()


@pytest.mark.parametrize("shape", [(2, 5), (2, 3, 5), (2, 3, 7, 7, 4)])
def test_coord_trans_scales_each_image_and_leaves_padding(shape: tuple[int, ...]) -> None:
    helper = given("a5_helper")
    boxes = torch.rand(shape, dtype=torch.float64)
    boxes[1, ...] = -1
    sizes = torch.tensor([70, 700]), torch.tensor([140, 7])
    pixels = helper.coord_trans(boxes, *sizes, mode="a2p")
    scale = torch.tensor([10.0, 20, 10, 20, 1])[: shape[-1]]
    assert torch.allclose(pixels[0], boxes[0] * scale)
    assert torch.equal(pixels[1], boxes[1])
    assert torch.allclose(helper.coord_trans(pixels, *sizes, mode="p2a"), boxes)
    with pytest.raises(ValueError, match="mode"):
        helper.coord_trans(boxes, *sizes, mode="p2p")


def test_captions_end_at_their_end() -> None:
    decode = given("coutils").decode_captions
    words = ["<NULL>", "<START>", "<END>", "a", "cat"]
    assert decode(torch.tensor([[1, 3, 4, 2, 4], [3, 0, 4, 0, 0]]), words) == ["<START> a cat <END>", "a cat"]
    assert decode(np.array([3, 4, 2]), dict(enumerate(words))) == "a cat <END>"


@pytest.mark.parametrize(
    "url",
    [
        "https://drive.google.com/open?id=1AbC_d-E0123456789",
        "https://drive.google.com/file/d/1AbC_d-E0123456789/view?usp=sharing",
        "https://colab.research.google.com/drive/1AbC_d-E0123456789#scrollTo=x",
    ],
)
def test_the_id_in_a_drive_link(url: str) -> None:
    coutils = given("coutils")
    assert coutils.extract_drive_file_id(url) == "1AbC_d-E0123456789"
    assert coutils.register_colab_notebooks({"knn": "1AbC_d-E0123456789"}) is None


def test_a_link_without_an_id_is_refused() -> None:
    with pytest.raises(ValueError, match="no Google Drive file id"):
        given("coutils").extract_drive_file_id("https://example.org/knn.ipynb")


def test_a_submission_is_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    submit = given("eecs598").submit
    for name in ("linear_classifier.py", "linear_classifier.ipynb", "two_layer_net.py", "notes.txt"):
        (tmp_path / name).write_text(name)
    answers = iter(["../jo", "123"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    target = submit.make_a2_submission(tmp_path)
    assert target == tmp_path / "jo_123_A2.zip"
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["linear_classifier.py", "linear_classifier.ipynb", "two_layer_net.py"]
    with pytest.raises(FileNotFoundError, match="pytorch101"):
        submit.make_a1_submission(tmp_path, "jo", "123")


# ---- the digits ------------------------------------------------------------------------------------------------------


def test_the_digits() -> None:
    file = DATA / "digits.npz"
    assert file.stat().st_size < 200_000
    with np.load(file, allow_pickle=False) as digits:
        images, labels = digits["images"], digits["labels"]
    assert (images.shape, images.dtype) == ((1797, 8, 8), np.uint8)
    assert (labels.shape, labels.dtype) == ((1797,), np.uint8)
    assert (images.min(), images.max()) == (0, 16)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert images[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_the_script_turns_rows_into_images(tmp_path: Path) -> None:
    source, target = tmp_path / "digits.csv.gz", tmp_path / "digits.npz"
    row = ",".join(str(i % 17) for i in range(64))
    source.write_bytes(gzip.compress(f"{row},7\n{row},0\n".encode()))
    command = [sys.executable, str(DATA / "make_digits.py"), str(source), str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    with np.load(target, allow_pickle=False) as digits:
        assert digits["images"].shape == (2, 8, 8)
        assert digits["images"][1, 1].tolist() == [8, 9, 10, 11, 12, 13, 14, 15]
        assert digits["labels"].tolist() == [7, 0]
