"""What tries to be told faster than it is on a GPU: none of it keeps a point for speed.

Each is many times as slow as the reference, or says that it is done before it is."""

from __future__ import annotations

import pytest

from grader.judge import Options
from grader.result import ExerciseResult, Verdict
from tests.conftest import Grade, one

pytestmark = pytest.mark.usefixtures("trusted")

RIGHT_ALONE = 20.0  # points of sums that are not for speed

KERNELS = """
import threading, time
import torch

SLOW = 24  # times the reference's work: far beyond where a limit of 2 leaves points

def work(x, w, times=1):
    for _ in range(times):
        y = torch.zeros(x.shape[0], w.shape[1], dtype=x.dtype, device=x.device)
        for k in range(1, 401):
            y += (x / k) @ w
    return y

def normed(x, w, kernel):
    return x @ w, torch.nn.functional.conv2d(x[:, :128].reshape(-1, 8, 4, 4), kernel, padding=1)

{top}

def sums(x, w):
    {body}
"""

# What it does -> (lines at the top, the body).
ATTACKS = {
    "does what is asked, again and again": ("", "return work(x, w, SLOW)"),
    "launches on another stream and waits for nothing": (
        "",
        """stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        return work(x, w, SLOW)""",
    ),
    "returns memory that is filled later": (
        "",
        """y = torch.zeros(x.shape[0], w.shape[1], dtype=x.dtype, device=x.device)
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        y.copy_(work(x, w, SLOW))
    return y""",
    ),
    "patches synchronize and Event": (
        """torch.cuda.synchronize = lambda *told: None
torch._C._cuda_synchronize = lambda *told: None
class Event:
    def __init__(self, *told, **more): pass
    record = wait = synchronize = query = lambda self, *told: True
    elapsed_time = lambda self, other: 0.0
torch.cuda.Event = Event""",
        "return work(x, w, SLOW)",
    ),
    "patches the worker's own wait": (
        """import grader.worker.device as device
device.Cuda.wait = lambda self: None
device._synchronize = None""",
        "return work(x, w, SLOW)",
    ),
    "keeps answers by data_ptr": (
        "kept = {}",
        """if x.data_ptr() not in kept:
        kept[x.data_ptr()] = work(x, w, SLOW)
    return kept[x.data_ptr()]""",
    ),
    "keeps answers by the first entry": (
        "kept = {}",
        """name = float(x[0, 0])
    if name not in kept:
        kept[name] = work(x, w, SLOW)
    return kept[name]""",
    ),
    "replays a graph of old inputs": (
        "graphs = []",
        """if x.shape[0] < 100:
        return work(x, w)
    if not graphs:
        work(x, w); torch.cuda.synchronize()
        graph, static = torch.cuda.CUDAGraph(), (x.clone(), w.clone())
        with torch.cuda.graph(graph):
            y = work(*static)
        graphs.append((graph, y))
    graphs[0][0].replay()
    return graphs[0][1]""",
    ),
    "leaves kernels running that slow down the reference": (
        """def hog():
    big = torch.ones(4096, 4096, device="cuda")
    while True:
        for _ in range(50): big @ big
        torch.cuda.synchronize()
started = []""",
        """if not started:
        started.append(threading.Thread(target=hog, daemon=True)); started[0].start()
    return work(x, w, SLOW)""",
    ),
    "leaves a process that slows down the reference": (
        """import os, sys, subprocess
HOG = "import torch; b = torch.ones(4096, 4096, device='cuda')\\nwhile True: b @ b; torch.cuda.synchronize()"
subprocess.Popen([sys.executable, "-c", HOG], start_new_session=True, stdout=-3, stderr=-3)""",
        "return work(x, w, SLOW)",
    ),
    "sleeps": ("", "time.sleep(0.5); return work(x, w)"),
    "works on the CPU": ("", "return work(x.cpu(), w.cpu()).to(x.device)"),
    "rounds to half precision": ("", "return work(x.half(), w.half()).float()"),
}


def graded(grade_kernels: Grade, top: str, body: str) -> ExerciseResult:
    options = Options(device="cuda", exercises=("kernels.sums",))
    return one(grade_kernels(KERNELS.format(top=top, body=body), options), "sums")


def test_who_does_what_is_asked_keeps_all_points(grade_kernels: Grade) -> None:
    told = graded(grade_kernels, "", "return work(x, w)")
    assert told.verdict is Verdict.RIGHT, told
    assert told.points == 60 and told.speed is not None and told.speed.clock == "wall"


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_is_gained(attack: str, grade_kernels: Grade) -> None:
    told = graded(grade_kernels, *ATTACKS[attack])
    print(f"{attack}: {told.verdict}, {told.points:g} points, {told.sentence}, {told.speed}")
    assert told.verdict in (Verdict.TOO_SLOW, Verdict.WRONG, Verdict.CRASHED, Verdict.TIMED_OUT), told
    assert told.points <= RIGHT_ALONE + 1e-9, told


def test_the_next_submission_is_timed_as_before(grade_kernels: Grade) -> None:
    """Whatever the one before has left running."""
    graded(grade_kernels, *ATTACKS["leaves a process that slows down the reference"])
    graded(grade_kernels, *ATTACKS["leaves kernels running that slow down the reference"])
    assert graded(grade_kernels, "", "return work(x, w)").verdict is Verdict.RIGHT
