"""How long a question is on its way: `python -m benchmarks.transport`.

A worker sums its input and answers with the sum. The question is encoded once and asked again and again, as it is in a
grading (submission, reference, repeats); "judge" is the judge's own CPU time for one round trip.
"""

from __future__ import annotations

import os
import platform
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from grader import wire
from grader.peer import Peer
from grader.worker.tensors import from_wire, to_leaf

SECONDS = 60.0


def main() -> None:
    """Measure and print the table."""
    torch.set_num_threads(1)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, torch {torch.__version__}"
    )
    print(f"{'question':<32}{'encode once':>14}{'round trip':>14}{'judge':>12}")
    with _worker() as peer:
        _row(peer, "null", wire.Null(), None, repeats=5000)
        for megabytes, repeats in ((0.012, 500), (1.2, 100), (12, 40), (120, 8)):
            x = np.random.default_rng(0).standard_normal(int(megabytes * 1e6 / 8))
            for name, sealed in (("in the frame", False), ("sealed memory", True)):
                if sealed and x.nbytes < wire.SEALED_FROM:
                    continue
                _row(peer, f"{megabytes:g} MB {name}", "sum", x, repeats, sealed)
        for megabytes, repeats in ((12, 20), (120, 5)):
            x = np.zeros(int(megabytes * 1e6 / 8))
            _row(peer, f"{megabytes:g} MB, and back as an answer", "same", x, repeats)


def _row(peer: Peer, name: str, ask: str | wire.Null, x: np.ndarray | None, repeats: int, sealed: bool = True) -> None:
    begun = time.perf_counter()
    packer = wire.Packer()
    request = ask if isinstance(ask, wire.Null) else wire.Ask(ask, packer.pack({"x": x}), 0)
    frame = wire.encode(request, packer, sealed=sealed)
    encoding = time.perf_counter() - begun
    walls, cpus = [], []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        reply, data = peer.call_encoded(frame, seconds=SECONDS)
        if isinstance(reply, wire.Answer):
            wire.unpack(reply.outputs, data)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    told = [_time(encoding), _time(statistics.median(walls)), _time(statistics.median(cpus))]
    print(f"{name:<32}{told[0]:>14}{told[1]:>14}{told[2]:>12}", flush=True)


def _time(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


@contextmanager
def _worker() -> Iterator[Peer]:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if not pid:
        ours.close()
        try:
            _serve(theirs)
        finally:
            os._exit(0)
    theirs.close()
    peer = Peer(ours)
    try:
        yield peer
    finally:
        peer.close()
        os.waitpid(pid, 0)


def _serve(sock: socket.socket) -> None:
    while True:
        try:
            head, data, _ = wire.receive(sock, 1)
        except EOFError:
            return
        request = wire.decode_request(head)
        if not isinstance(request, wire.Ask):
            wire.send(sock, wire.encode(wire.Done()))
            continue
        x = from_wire(wire.unpack(request.inputs, data, trusted=True))["x"]
        packer = wire.Packer(to_leaf)
        answer = packer.pack({"x": x.sum() if request.exercise == "sum" else x})
        wire.send(sock, wire.encode(wire.Answer(answer), packer))


if __name__ == "__main__":
    main()
