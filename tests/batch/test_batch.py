"""A class, graded: who gets what, what is told, what is done once."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from grader.batch import BatchError, changes
from grader.batch import batch as batching
from grader.course import Assignment, find_course
from grader.gradebook import Gradebook, GradebookError
from grader.result import Verdict
from tests.batch.classroom import ADDED, ALGEBRA, CHANCE, HALF, RIGHT, entries, grade_all, hand_in, results
from tests.conftest import ROOT, TOY
from tests.engine.dask_cluster import cluster
from tests.submission.archives import zipped


@pytest.fixture(scope="module")
def graded(toy: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a batch over a mixed class has been graded into."""
    root = tmp_path_factory.mktemp("class")
    hand_in(root / "in", "ada")
    hand_in(root / "in", "bob", ADDED)
    hand_in(root / "in", "cy", chance=None)
    hand_in(root / "in", "dan", "def broken(:\n", None)
    hand_in(root / "in", "eve", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    (root / "in" / "flo.zip").write_bytes(b"no archive")
    zipped(root / "in" / "gil.zip", {"hw/algebra.py": ALGEBRA.encode()})
    told = grade_all(toy, root / "in", root / "out", jobs=2)
    assert (told.batch.graded, told.batch.problems, told.batch.faults) == (6, 1, 0)
    assert sorted(one.work.handed.student for one in told.ended) == ["ada", "bob", "cy", "dan", "eve", "flo", "gil"]
    return root


def test_everybody_has_the_grade_that_is_due(graded: Path) -> None:
    found = entries(graded / "out")
    assert {name: entry.result and entry.result.points for name, entry in found.items()} == {
        **{"ada": RIGHT, "bob": 50.0, "cy": HALF, "dan": 0.0, "eve": 30.0, "flo": None, "gil": HALF},
    }
    assert found["flo"].problem == "flo.zip cannot be unpacked: it is damaged, or no archive (File is not a zip file)"
    assert not any(entry.is_ungraded for entry in found.values())
    assert all(entry.result.out_of == 100 for entry in found.values() if entry.result)


def test_a_module_that_is_missing_is_worth_nothing_and_named(graded: Path) -> None:
    result = entries(graded / "out")["cy"].result
    away = [one for one in result.exercises if one.id.startswith("chance.")]
    assert {one.verdict for one in away} == {Verdict.NOT_ATTEMPTED}
    assert {one.sentence for one in away} == {"chance.py was not handed in"}
    assert [module.name for module in result.modules] == ["algebra", "chance"]


def test_what_ends_its_process_is_tried_twice_and_gains_nothing(graded: Path) -> None:
    entry = entries(graded / "out")["eve"]
    assert entry.attempts == 2
    assert {one.verdict for one in entry.result.exercises if one.id.startswith("algebra.")} == {Verdict.CRASHED}


TURNS = """
import os, signal

def turn():
    register, mine = {register!r}, os.path.dirname(os.path.abspath(__file__)) + "\\n"
    with open(register, "a+") as file:
        file.seek(0)
        known = file.readlines()
        if mine not in known:
            file.write(mine)
            known.append(mine)
    return known.index(mine)

def die():
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_two_gradings_in_which_different_exercises_crash_are_no_crash(toy: Assignment, tmp_path: Path) -> None:
    """Neither crash has happened twice: somebody else has ended those processes."""
    first = "return die() if turn() == 0 else x * factor"
    second = "return die() if turn() == 1 else int((x > self.above).sum())"
    algebra = ALGEBRA.replace("scale(x, 2)", "2 * x").replace("return x * factor", first)
    algebra = algebra.replace("return int((x > self.above).sum())", second)
    hand_in(tmp_path / "in", "ada", algebra + TURNS.format(register=str(tmp_path / "register")))
    grade_all(toy, tmp_path / "in", tmp_path / "out")
    entry = entries(tmp_path / "out")["ada"]
    assert (entry.attempts, entry.result.points) == (2, RIGHT)


def test_a_second_grading_answers_only_for_what_had_crashed(toy: Assignment, tmp_path: Path) -> None:
    """A crash buys no other try for what was wrong beside it."""
    crash = "return die() if turn() == 0 else int((x > self.above).sum())"
    coin = "return x * factor + (turn() == 0)"
    algebra = ALGEBRA.replace("return int((x > self.above).sum())", crash).replace("scale(x, 2)", "2 * x")
    algebra = algebra.replace("return x * factor", coin)
    hand_in(tmp_path / "in", "eve", algebra + TURNS.format(register=str(tmp_path / "register")))
    grade_all(toy, tmp_path / "in", tmp_path / "out")
    entry = entries(tmp_path / "out")["eve"]
    verdicts = {one.id: one.verdict for one in entry.result.exercises}
    assert (verdicts["algebra.scale"], verdicts["algebra.Counter.count"]) == (Verdict.WRONG, Verdict.RIGHT)
    assert (entry.attempts, entry.result.points) == (2, RIGHT - 20)


def test_the_secret_is_beside_the_gradebook_and_in_no_record(graded: Path) -> None:
    secret = (graded / "out" / "secrets" / "t1").read_bytes()
    for path in (graded / "out").iterdir():
        assert not path.is_file() or secret not in path.read_bytes(), path
    assert {entry.result.seed for entry in entries(graded / "out").values() if entry.result} != {"public"}


def test_a_second_batch_needs_to_be_told_to_go_on(toy: Assignment, graded: Path) -> None:
    with pytest.raises(BatchError, match="--resume"):
        grade_all(toy, graded / "in", graded / "out")


def test_resuming_grades_only_what_is_new(toy: Assignment, graded: Path, tmp_path: Path) -> None:
    shutil.copytree(graded, tmp_path / "copy")
    submissions, out = tmp_path / "copy" / "in", tmp_path / "copy" / "out"
    before = entries(out)
    assert grade_all(toy, submissions, out, resume=True).ended == []
    hand_in(submissions, "bob")
    hand_in(submissions, "zoe", chance=None)
    told = grade_all(toy, submissions, out, resume=True)
    assert sorted(one.work.handed.student for one in told.ended) == ["bob", "zoe"]
    after = entries(out)
    assert after["bob"].result.points == RIGHT and after["zoe"].result.points == HALF
    assert {name: after[name] for name in before if name != "bob"} == {n: e for n, e in before.items() if n != "bob"}
    assert results(out)["bob"] == 2


def test_only_some(toy: Assignment, graded: Path, tmp_path: Path) -> None:
    told = grade_all(toy, graded / "in", tmp_path / "out", only=("flo",))
    assert [one.work.handed.student for one in told.ended] == ["flo"]
    with pytest.raises(BatchError, match="nobody called zed"):
        grade_all(toy, graded / "in", tmp_path / "out", only=("zed",), resume=True)


def test_a_change_of_the_checks_grades_again_with_the_same_inputs_and_tells_what_it_changes(
    graded: Path, tmp_path: Path
) -> None:
    shutil.copytree(graded / "out", tmp_path / "out")
    shutil.copytree(TOY, tmp_path / "toy")
    checks = tmp_path / "toy" / "assignments" / "t1" / "checks.py"
    text = (
        checks.read_text()
        .replace('"scale", points=20', '"scale", points=10')
        .replace('"Counter.count", points=20', '"Counter.count", points=30')
    )
    checks.write_text(text)
    changed = find_course(tmp_path / "toy").assignment("t1")
    old = entries(tmp_path / "out")
    told = grade_all(changed, graded / "in", tmp_path / "out", resume=True, only=("ada", "bob", "flo"))
    assert len(told.ended) == 3
    with Gradebook.open(tmp_path / "out") as book:
        assert len(book.history("t1", "bob")) == 2
        found = {change.student: change for change in changes(book, "t1")}
    assert found["bob"].points == (50.0, 60.0)
    assert found["bob"].before == old["bob"]
    assert found["bob"].after.result.seed == old["bob"].result.seed
    assert [new.id for _, new in found["bob"].exercises] == ["algebra.scale", "algebra.Counter.count"]
    assert found["ada"].points == (100.0, 100.0), "its exercises' points have changed, its sum has not"
    assert "flo" not in found and "cy" not in found


# Writes a hidden input into the shape of a wrong answer, which the record tells.
CARRIED_OUT = ALGEBRA.replace(
    "return x * factor",
    "return x * factor if x.shape != (6, 2) else x.new_zeros(int(1e4 * x[0, 0].abs()))",
)


def test_what_was_carried_out_of_one_hand_in_is_worth_nothing_in_the_next(toy: Assignment, tmp_path: Path) -> None:
    """ATTACKS 43: a hidden input, kept for the next hand-in."""

    def carried(student: str, course: Assignment = toy, **how: bool) -> str | None:
        grade_all(course, tmp_path / "in", tmp_path / "out", **how)
        result = entries(tmp_path / "out")[student].result
        assert result is not None
        (found,) = [one for one in result.exercises if one.id == "algebra.scale"]
        return found.sentence

    for student in ("ada", "bob"):
        hand_in(tmp_path / "in", student, CARRIED_OUT)
    first = carried("ada")
    assert first is not None and "has the shape (" in first
    assert first == carried("bob", resume=True), "answers are computed once for a class"
    hand_in(tmp_path / "in", "ada", f"{CARRIED_OUT}\n# the second one\n")
    second = carried("ada", resume=True)
    assert second is not None and "has the shape (" in second and second != first
    shutil.copytree(TOY, tmp_path / "toy")
    checks = tmp_path / "toy" / "assignments" / "t1" / "checks.py"
    text = checks.read_text().replace('"scale", points=20', '"scale", points=10')
    checks.write_text(text.replace('"Counter.count", points=20', '"Counter.count", points=30'))
    changed = find_course(tmp_path / "toy").assignment("t1")
    assert carried("ada", changed, resume=True) == second, "graded again, it is asked the same"
    assert carried("bob", changed, resume=True) == first


def test_settings_are_told_in_json(graded: Path) -> None:
    (settings,) = {entry.settings for entry in entries(graded / "out").values()}
    assert set(json.loads(settings)) == {"version", "device", "seed", "timed"}


# -- what goes wrong ---------------------------------------------------------------------------------------------


def test_a_fault_is_tried_again_then_reported_and_never_a_zero(
    toy: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(tmp_path / "in", "ada")
    hand_in(tmp_path / "in", "bob")
    real, calls = batching.SlotMaker, []

    from grader.batch.slot import GradingSlot
    from grader.oracle import OracleFault

    grade = GradingSlot._graded

    def failing(self: GradingSlot, work, folder, again):
        if work.handed.student == "ada":
            calls.append(work)
            raise OracleFault("the reference is gone")
        return grade(self, work, folder, again)

    monkeypatch.setattr(GradingSlot, "_graded", failing)
    told = grade_all(toy, tmp_path / "in", tmp_path / "out")
    assert (told.batch.graded, told.batch.faults) == (1, 1)
    ada = entries(tmp_path / "out")["ada"]
    assert (ada.result, ada.problem, ada.fault, ada.attempts) == (None, None, "the reference is gone", 3)
    assert ada.is_ungraded and len(calls) == 3
    assert grade_all(toy, tmp_path / "in", tmp_path / "out", resume=True).ended == [], "faults wait to be asked for"
    monkeypatch.undo()
    assert real is batching.SlotMaker
    grade_all(toy, tmp_path / "in", tmp_path / "out", retry_faults=True)
    ada = entries(tmp_path / "out")["ada"]
    assert (ada.result.points, ada.fault, ada.attempts) == (RIGHT, None, 4)


def test_a_full_disk_ends_the_batch_in_a_sentence_and_loses_nothing(
    toy: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "bob", "cy"):
        hand_in(tmp_path / "in", name)
    from grader.batch import slot

    real, calls = slot.prepare, []

    def full(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/somewhere")
        return real(*args, **kwargs)

    monkeypatch.setattr(slot, "prepare", full)
    with pytest.raises(BatchError, match="No space left on device"):
        grade_all(toy, tmp_path / "in", tmp_path / "out")
    found = entries(tmp_path / "out")
    assert found["ada"].result.points == RIGHT
    assert not any(entry.fault or entry.problem for entry in found.values())
    monkeypatch.undo()
    grade_all(toy, tmp_path / "in", tmp_path / "out", resume=True)
    assert {entry.result.points for entry in entries(tmp_path / "out").values()} == {RIGHT}
    assert set(results(tmp_path / "out").values()) == {1}


def test_a_gradebook_on_a_full_disk_ends_in_a_sentence_and_loses_nothing(toy: Assignment, tmp_path: Path) -> None:
    for name in ("ada", "bob", "cy"):
        hand_in(tmp_path / "in", name)
    books: list[Gradebook] = []
    real = Gradebook.open

    def opened(path: Path, *, create: bool = False) -> Gradebook:
        books.append(real(path, create=create))
        return books[-1]

    def fill(ended) -> None:
        if ended is not None:  # no page can be added to the file from now on
            books[0]._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            pages = books[0]._connection.execute("PRAGMA page_count").fetchone()[0]
            books[0]._connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Gradebook, "open", opened)
        with pytest.raises(GradebookError, match="the disk is full"):
            grade_all(toy, tmp_path / "in", tmp_path / "out", fill)
    done = [name for name, entry in entries(tmp_path / "out").items() if entry.result]
    assert done and len(done) < 3
    grade_all(toy, tmp_path / "in", tmp_path / "out", resume=True)
    assert set(results(tmp_path / "out").values()) == {1}


def test_an_output_that_cannot_be_written_is_a_sentence(toy: Assignment, tmp_path: Path) -> None:
    hand_in(tmp_path / "in", "ada")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((OSError, GradebookError)):
        grade_all(toy, tmp_path / "in", tmp_path / "file" / "out")
    with pytest.raises((OSError, GradebookError)):
        grade_all(toy, tmp_path / "in", Path("/proc/sys"))


def test_two_batches_at_once_grade_everybody_once(toy: Assignment, tmp_path: Path) -> None:
    """Two processes; this one's batch starts the other when it has begun."""
    names = [f"s{number:02}" for number in range(12)]
    for name in names:
        hand_in(tmp_path / "in", name, chance=None)
    code = """
import sys
from pathlib import Path
from grader.course import find_course
from tests.batch.classroom import grade_all
told = grade_all(find_course(Path(sys.argv[1])).assignment("t1"), Path(sys.argv[2]), Path(sys.argv[3]), resume=True)
print(len(told.ended))
"""
    started: list[subprocess.Popen[str]] = []

    def start(ended) -> None:
        if ended is None:
            command = [sys.executable, "-c", code, str(TOY), str(tmp_path / "in"), str(tmp_path / "out")]
            started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT))

    told = grade_all(toy, tmp_path / "in", tmp_path / "out", start)
    theirs, _ = started[0].communicate(timeout=300)
    assert started[0].returncode == 0
    assert len(told.ended) + int(theirs) == len(names)
    assert results(tmp_path / "out") == dict.fromkeys(names, 1)
    assert {entry.result.points for entry in entries(tmp_path / "out").values()} == {HALF}


def test_a_batch_that_is_stopped_ends_what_is_in_hand_and_leaves_no_claim(toy: Assignment, tmp_path: Path) -> None:
    from grader.batch import Batch, Request, run_batch

    for name in ("ada", "bob", "cy"):
        hand_in(tmp_path / "in", name, chance=None)
    state = Batch()
    request = Request(toy, tmp_path / "in", tmp_path / "out", jobs=1, levels=("none",), timed=False)
    run_batch(request, state, lambda ended: ended and state.stopped.set())
    assert 1 <= state.graded < 3 and state.waiting == 3 - state.graded
    with Gradebook.open(tmp_path / "out") as book:
        assert book._rows("SELECT * FROM claims") == []
    assert threading.active_count() < 50


def test_strangers_code_is_not_run_where_there_is_no_cage(
    toy: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.batch import slot
    from grader.sandbox import SandboxError

    def none(level: str, **kinds: object):
        raise SandboxError(f"level {level}: bubblewrap is missing")

    monkeypatch.setattr(slot, "open_sandbox", none)
    hand_in(tmp_path / "in", "ada")
    with pytest.raises(BatchError, match="--no-sandbox"):
        grade_all(toy, tmp_path / "in", tmp_path / "out", levels=("warm", "cold", "user"))
    assert entries(tmp_path / "out")["ada"].is_ungraded


def test_a_class_on_a_cluster(toy: Assignment, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="grader[cluster] is not installed")
    for name in ("ada", "bob", "cy"):
        hand_in(tmp_path / "in", name, chance=None)
    (tmp_path / "in" / "flo.zip").write_bytes(b"no archive")
    (tmp_path / "dask").mkdir()
    with cluster(tmp_path / "dask") as address:
        told = grade_all(toy, tmp_path / "in", tmp_path / "out", engine=f"dask://{address}")
    assert (told.batch.graded, told.batch.problems, told.batch.faults) == (3, 1, 0)
    assert [entry.result and entry.result.points for entry in entries(tmp_path / "out").values()] == [HALF] * 3 + [None]
    assert not list((tmp_path / "out").glob("grader-batch-*"))


def test_a_killed_batch_leaves_no_file_behind_that_the_next_does_not_remove(
    toy: Assignment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(tmp_path / "in", "ada", chance=None)
    (tmp_path / "tmp").mkdir()
    code = """
import os, signal, sys
from pathlib import Path
from grader.course import find_course
from tests.batch.classroom import grade_all
die = lambda ended: ended and os.kill(os.getpid(), signal.SIGKILL)
grade_all(find_course(Path(sys.argv[1])).assignment("t1"), Path(sys.argv[2]), Path(sys.argv[3]), die)
"""
    command = [sys.executable, "-c", code, str(TOY), str(tmp_path / "in"), str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path / "tmp")}, check=False)
    assert done.returncode == -signal.SIGKILL
    assert list((tmp_path / "tmp").iterdir()) != []
    hand_in(tmp_path / "in", "bob", chance=None)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    grade_all(toy, tmp_path / "in", tmp_path / "out", resume=True)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert results(tmp_path / "out") == {"ada": 1, "bob": 1}


def test_an_export_is_graded_by_student_and_what_looks_wrong_is_told(toy: Assignment, tmp_path: Path) -> None:
    """Canvas's files are brought together; files that nobody can bring together are a warning."""
    canvas, flat = tmp_path / "canvas", tmp_path / "flat"
    for folder, names in (
        (canvas, ["lovelaceada_101_9001_", "lovelaceada_101_9002_", "o_brienpat_LATE_102_9003_"]),
        (flat, ["ada_", "bob_", "cy_"]),
    ):
        folder.mkdir()
        for begins, (module, text) in zip(names, [("algebra", ALGEBRA), ("chance", CHANCE)] * 2, strict=False):
            (folder / f"{begins}{module}.py").write_text(text)
    (canvas / "hopper_103_9004_algebra.txt").write_text(ALGEBRA)
    told = grade_all(toy, canvas, tmp_path / "out")
    assert told.batch.remarks == ["read as what Canvas hands out: 3 students"] and told.batch.alone == 1
    assert told.batch.doubtful == "2 of 3 submissions hold one module at most"
    found = entries(tmp_path / "out")
    assert {name: one.result.points if one.result else one.problem for name, one in found.items()} == {
        **{"101": RIGHT, "102": HALF},
        "103": "it has no algebra.py or chance.py: only algebra.txt",
    }
    assert found["102"].notes == ("handed in late",)
    told = grade_all(toy, flat, tmp_path / "out2")
    assert (told.batch.remarks, told.batch.alone, told.batch.problems) == ([], 0, 3)
    assert told.batch.doubtful == "3 of 3 submissions hold one module at most"
