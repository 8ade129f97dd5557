"""Writes the submissions of a class that never was, for pictures and for trying things out:

    python scripts/made_up_class.py a1 FOLDER [STUDENTS]

Each function of a submission is the reference's, the one of a half-right submission (tests/submissions), a mutant's or
the untouched stub's: whose it is, is drawn by chance with a fixed seed. Two hand in
something else, so there are eight at least.
"""

from __future__ import annotations

import ast
import random
import sys
from pathlib import Path

from grader.course import find_course
from grader.validate.mutants import mutants

ROOT = Path(__file__).resolve().parent.parent
NAMES = (
    "Ada Alan Alonzo Barbara Carl David Donald Edsger Emmy Evelyn Fei Geoffrey Grace Hedy Ida Jean John Joan Kathleen"
)
NAMES += " Kurt Leslie Lynn Margaret Mary Noether Olga Peter Radia Rosa Shafi Sofia Stephen Tim Ursula Vera Yoshua"


def parts(text: str) -> dict[str, ast.stmt]:
    """The functions and classes of a module."""
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def made_up(reference: str, others: list[tuple[float, str]], skill: float, chance: random.Random) -> str:
    """A module in which each part is the reference's with probability `skill`, else one of the others'."""
    tree = ast.parse(reference)
    imports = [
        node for _, text in others for node in ast.parse(text).body if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    texts, weights = [parts(text) for _, text in others], [weight for weight, _ in others]
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and chance.random() > skill:
            (other,) = chance.choices(texts, weights)
            tree.body[index] = other.get(node.name, node)
    tree.body[1:1] = imports  # behind the docstring
    return ast.unparse(tree)


def main(name: str, folder: Path, students: int) -> None:
    """Write them."""
    assignment = find_course(ROOT).assignment(name)
    chance = random.Random(20260301)
    people = [f"{first} {chance.choice('ABCDEFGHIJKLMNOPRSTVW')}." for first in NAMES.split()]
    people += [f"Student {number}" for number in range(len(people), students)]
    for student in people[:students]:
        skill = chance.betavariate(3, 1.2)
        (folder / student).mkdir(parents=True)
        for module in assignment.checks.modules:
            reference = (assignment.solution / f"{module}.py").read_text(encoding="utf-8")
            stub = (assignment.folder / f"{module}.py").read_text(encoding="utf-8")
            half = ROOT / "tests" / "submissions" / name / "half" / f"{module}.py"
            others = [(0.2, stub), (0.5, half.read_text(encoding="utf-8") if half.is_file() else stub)]
            others += [(0.05, mutant.source) for mutant in chance.sample(mutants(module, reference), 6)]
            text = made_up(reference, others, skill, chance)
            (folder / student / f"{module}.py").write_text(text, encoding="utf-8")
    (folder / people[3] / f"{module}.py").write_text("def predict(self, x:\n", encoding="utf-8")
    for path in (folder / people[7]).iterdir():
        path.rename(path.with_suffix(".txt"))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), max(int(sys.argv[3]), 8) if len(sys.argv) > 3 else 36)
