"""A toy course, a nursery that every test of a session shares, and `grade`: files in, Result out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.course import Assignment, find_course
from grader.judge import Judge, Options
from grader.oracle import Oracle
from grader.result import ExerciseResult, Result
from grader.sandbox import Plain
from grader.submission import open_submission

collect_ignore = ["courses", "submissions"]
collect_ignore_glob = ["*/course/*"]  # courses of their own: what lies there is graded, not collected

ROOT = Path(__file__).parent.parent
TOY = ROOT / "tests" / "courses" / "toy"

Grade = Callable[..., Result]


@pytest.fixture(scope="session", autouse=True)
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test changes what the user who runs it has said to trust."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("configuration")))
        yield


@pytest.fixture(scope="session")
def toy() -> Assignment:
    """The toy assignment t1."""
    return find_course(TOY).assignment("t1")


@pytest.fixture(scope="session")
def nursery() -> Iterator[Plain]:
    """One process with torch imported, from which all workers of these tests are forked."""
    with Plain() as plain:
        yield plain


@pytest.fixture(scope="session")
def oracle(nursery: Plain, toy: Assignment) -> Oracle:
    """The toy's reference."""
    return Oracle(nursery, toy)


@pytest.fixture
def grade(nursery: Plain, oracle: Oracle, toy: Assignment, tmp_path: Path) -> Grade:
    """`grade(algebra="...", chance="...")`: the record of a toy submission with these modules; modules that are not
    given are the reference's."""

    def run(options: Options | None = None, **modules: str | bytes | None) -> Result:
        for name in toy.checks.modules:
            text = modules.get(name, (toy.solution / f"{name}.py").read_bytes())
            if text is not None:
                (tmp_path / f"{name}.py").write_bytes(text.encode() if isinstance(text, str) else text)
        for name, text in modules.items():
            if name not in toy.checks.modules and text is not None:
                (tmp_path / f"{name}.py").write_bytes(text.encode() if isinstance(text, str) else text)
        judge = Judge(toy, oracle, nursery, options or Options())
        return judge.grade(open_submission(tmp_path, toy.checks.modules), "none")

    return run


def one(result: Result, exercise: str) -> ExerciseResult:
    """The exercise whose id ends like this."""
    (found,) = [e for e in result.exercises if e.id.endswith(exercise)]
    return found


@pytest.fixture
def one_thread() -> Iterator[None]:
    """torch computes in one thread, as in a worker."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
