"""Files that have the name of another edition of the course."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grader.spec import Checks
from grader.submission import SubmissionError, open_submission, prepare

checks = Checks("t9", "Editions")
CAPTIONS = checks.module("captions", files=["rnn_captions", "words"])
OTHER = checks.module("other")
MODULES = checks.modules


@CAPTIONS.exercise("say", points=100)
def say(sub):
    """Says something."""


def test_a_folder_with_another_name_is_copied_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "rnn_captions.py").write_text("SAID = 1")
    (tmp_path / "helper.py").write_text("x = 1")
    opened = open_submission(tmp_path, MODULES)
    assert opened.modules == ("captions", "other")
    assert opened.notes == ("rnn_captions.py is taken for captions.py",)
    assert (opened.folder / "captions.py").read_text() == "SAID = 1"
    assert (opened.folder / "helper.py").read_text() == "x = 1"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["helper.py", "rnn_captions.py"]


def test_our_own_name_counts_first(tmp_path: Path) -> None:
    (tmp_path / "rnn_captions.py").write_text("SAID = 1")
    (tmp_path / "captions.py").write_text("SAID = 2")
    opened = open_submission(tmp_path, MODULES)
    assert opened.folder == tmp_path and opened.notes == ()


def test_a_single_file_with_another_name(tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text("SAID = 3")
    (tmp_path / "rnn_captions.py").write_text("SAID = 1")
    opened = open_submission(tmp_path / "words.py", MODULES)
    assert opened.modules == ("captions",)
    assert (opened.folder / "captions.py").read_text() == "SAID = 3"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "secret.py").write_text("SECRET = 1")
    (tmp_path / "mine" / "words.py").symlink_to(tmp_path / "secret.py")
    with pytest.raises(SubmissionError, match="has none of"):
        open_submission(tmp_path / "mine", MODULES)


@pytest.mark.parametrize("notebook", ["{", "def hear(): pass"], ids=["broken", "of-something-else"])
def test_a_notebook_beside_it_that_is_of_no_use(notebook: str, tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text("SAID = 3")
    cells = [{"cell_type": "code", "metadata": {}, "source": notebook, "outputs": []}]
    whole = json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells})
    (tmp_path / "notes.ipynb").write_text(notebook if notebook == "{" else whole)
    opened = open_submission(tmp_path, MODULES)
    assert (opened.folder / "captions.py").read_text() == "SAID = 3"
    assert opened.notes[-1] == "words.py is taken for captions.py"
    assert sum("notes.ipynb" in note for note in opened.notes) == 1  # other.py is missing: this may be why


def test_what_is_handed_in_by_a_class(tmp_path: Path) -> None:
    source, target = tmp_path / "ada", tmp_path / "target"
    (source / "A5").mkdir(parents=True)
    target.mkdir()
    (source / "A5" / "rnn_captions.py").write_text("SAID = 1")
    (source / "A5" / "other.py").write_text("x = 1")
    found = prepare("ada", [("ada", source)], MODULES, target)
    assert found.submission.modules == ("captions", "other")
    assert found.submission.folder == target / "A5"
    assert (target / "A5" / "captions.py").read_text() == "SAID = 1"
    assert found.notes == ("A5/rnn_captions.py is taken for captions.py",)
