# ruff: noqa
"""Looks beyond the end of its inputs, at what else lies in the frame that brought them."""

from tools import attempt, search

HONEST = {"kernels.pairwise": 20}
_honest = pairwise


def pairwise(x, y):
    attempt()
    for tensor in (x, y):
        search(bytes(tensor.untyped_storage()))
    import ctypes

    search(ctypes.string_at(x.data_ptr(), 4096))
    return _honest(x, y)
