"""What a dictionary held is told by its bytes as it is by its values."""

from __future__ import annotations

import json
import types
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grader.worker import entries
from grader.worker.entries import Entries

NAMES = st.sampled_from([f"name{number}" for number in range(12)])
STEPS = st.lists(st.tuples(st.sampled_from(["set", "module", "again", "delete", "swap"]), NAMES, NAMES), max_size=12)


def test_tables_are_read_here() -> None:
    """Else the tests below would compare one way with itself."""
    assert entries.IS_READABLE


@given(begin=st.lists(NAMES, unique=True), steps=STEPS)
def test_both_ways_tell_the_same(begin: list[str], steps: list[tuple[str, str, str]]) -> None:
    holder = types.ModuleType("holder")
    for name in begin:
        setattr(holder, name, object())
    by_table, by_values = Entries(vars(holder)), _by_values(vars(holder))
    removed = []  # kept, as nobody else's address is to be theirs
    for what, name, other in steps:
        if what == "set":
            removed.append(vars(holder).get(name))
            setattr(holder, name, object())
        elif what == "module":
            removed.append(vars(holder).get(name))
            setattr(holder, name, json)
        elif what == "again":
            setattr(holder, name, vars(holder).get(name, json))
        elif what == "delete" and name in vars(holder):
            removed.append(vars(holder)[name])
            delattr(holder, name)
        elif what == "swap" and name in vars(holder) and other in vars(holder):
            first, second = vars(holder)[name], vars(holder)[other]
            setattr(holder, name, second)
            setattr(holder, other, first)
        assert by_table.are_kept == by_values.are_kept


def _by_values(mapping: Any) -> Entries:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(entries, "IS_READABLE", False)
        return Entries(mapping)


@pytest.mark.parametrize("holder", [torch, torch.Tensor, torch.nn.Module, np, np.linalg, types.SimpleNamespace])
def test_use_changes_nothing_and_a_replacement_something(holder: Any) -> None:
    kept = Entries(vars(holder))
    torch.nn.Linear(2, 2)(torch.ones(1, 2))
    np.linalg.norm(np.ones(3))
    assert kept.are_kept
    if holder is types.SimpleNamespace:  # of C: nobody can
        return
    name, value = next((name, value) for name, value in vars(holder).items() if callable(value))
    setattr(holder, name, len)
    try:
        assert not kept.are_kept
    finally:
        setattr(holder, name, value)
    assert kept.are_kept
