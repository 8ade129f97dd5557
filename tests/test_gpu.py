"""What can be told of a GPU without its driver, on made-up machines."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader import gpu
from grader.gpu import GPU, HIDDEN, environment, find
from grader.sandbox import Plain, SandboxError, gpu_of
from grader.worker.device import is_touched, survey


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """A /dev with two cards, and what is no card."""
    for name in ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia0", "nvidia10", "nvidia-caps", "null"):
        (tmp_path / name).touch()
    return tmp_path


def test_the_device_files_are_found_and_nothing_more(dev: Path) -> None:
    found = find({}, dev)
    assert found is not None
    assert [Path(path).name for path in found.devices] == ["nvidiactl", "nvidia-uvm", "nvidia0", "nvidia10"]
    assert found.visible == "0"


@pytest.mark.parametrize(("told", "visible"), [("3", "3"), ("2,1", "2"), ("GPU-ab12,GPU-cd34", "GPU-ab12")])
def test_of_several_one_is_used_and_whose_turn_it_is_is_kept(dev: Path, told: str, visible: str) -> None:
    found = find({"CUDA_VISIBLE_DEVICES": told}, dev)
    assert found is not None and found.environment["CUDA_VISIBLE_DEVICES"] == visible


def test_there_is_none_without_its_files_and_where_it_is_hidden(dev: Path, tmp_path: Path) -> None:
    assert find({"CUDA_VISIBLE_DEVICES": ""}, dev) is None
    (dev / "nvidia0").unlink()
    (dev / "nvidia10").unlink()
    assert find({}, dev) is None
    assert find({}, tmp_path / "none") is None


def test_the_loader_is_told_of_folders_with_the_driver_only(dev: Path, tmp_path: Path) -> None:
    driver = tmp_path / "driver"
    driver.mkdir()
    (driver / gpu.LIBRARY).touch()
    found = find({"LD_LIBRARY_PATH": f"/usr/lib/nowhere::{driver}:{driver}"}, dev)
    assert found is not None and str(driver) in found.drivers
    assert found.environment["LD_LIBRARY_PATH"].split(":").count(str(driver)) == 1
    assert "/usr/lib/nowhere" not in found.environment["LD_LIBRARY_PATH"]


def test_workers_for_the_cpu_are_shown_no_gpu(nursery: Plain) -> None:
    assert environment(None) == HIDDEN == {"CUDA_VISIBLE_DEVICES": ""}
    told = Path(f"/proc/{nursery._process.pid}/environ")
    assert not told.exists() or b"CUDA_VISIBLE_DEVICES=\0" in told.read_bytes()


def test_without_one_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpu_of("cpu") is None
    assert gpu.words() == "no GPU"
    with pytest.raises(SandboxError, match="no CUDA device: this machine has no NVIDIA GPU"):
        gpu_of("cuda")


def test_a_device_that_is_none_is_told_with_its_reason() -> None:
    assert survey("cpu").problem == ""
    assert survey("abacus").problem


def test_what_a_fork_needs_is_said_where_it_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.worker import device

    device.stay_untouched()
    assert not is_touched()
    monkeypatch.setattr(device, "IN_SIGHT", True)
    with open("/dev/full") as open_device:
        monkeypatch.setattr(device, "MEMORY_DEVICE", open_device.name)
        assert device.is_touched()
        with pytest.raises(RuntimeError, match="CUDA was initialised"):
            device.stay_untouched()
    assert not device.is_touched()
    monkeypatch.setattr(device, "_is_initialized", lambda: True)
    with pytest.raises(RuntimeError, match="CUDA was initialised"):
        device.stay_untouched()


def test_a_gpu_names_the_variables_that_a_cage_expects() -> None:
    assert set(GPU(("/dev/nvidiactl",), ("/a",)).environment) == {
        "CUDA_VISIBLE_DEVICES",
        "CUDA_CACHE_DISABLE",
        "LD_LIBRARY_PATH",
    }
