"""One attack: a file of student code with a few constants, which are read and never executed on this side.

the docstring's first sentence      what it tries
HONEST      {exercise: points}      what it may earn where it cheats; every other exercise keeps all of its points
ADMITTED    {level: reason}         levels on which it is known to succeed; there it must, or the entry is stale.
                                    A reason that begins with "as root," holds for root, with "as an ordinary
                                    user," for everybody else; one that says
                                    "perhaps:" allows it to fail
MODULE      "kernels"               the module that it takes part in
ALONE       False                   True: it is the whole module; else it follows a right one, and redefines
FILES       {name: text}            further files of the submission; "{solutions}" and the like are filled in
LINKS       {name: target}          symbolic links in the submission
FIFOS       (name, ...)             named pipes in the submission
COMPILED    {name: source}          bytecode that claims to be up to date whatever its source
REPEATED    {name: [text, times]}   large files
SECONDS     None                    the wall limit of a question, and of an import, where it is to run into it
TWICE       False                   it is handed in twice, and the second time reaps what the first has sown
SILENT      ""                      why it cannot say that it has acted
VERDICTS    ()                      the verdicts that the exercises in HONEST may get; empty: any
FOLDER      ""                      the name of the submission's folder
HEAVY       False                   it takes much memory or many processes: never two of them at a time
LONG        False                   it takes half a minute, most of it waiting: in `make proofs` only
"""

from __future__ import annotations

import ast
import importlib.util
import marshal
import os
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NOT_KINDS = {"course", "__pycache__"}
COURSE = HERE / "course"
MODULES = ("kernels", "chance")


@dataclass(frozen=True)
class Attack:
    """See the module's docstring."""

    path: Path
    sentence: str
    honest: dict[str, float]
    admitted: dict[str, str] = field(default_factory=dict)
    module: str = "kernels"
    alone: bool = False
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    fifos: tuple[str, ...] = ()
    compiled: dict[str, str] = field(default_factory=dict)
    repeated: dict[str, tuple[str, int]] = field(default_factory=dict)
    seconds: float | None = None
    twice: bool = False
    silent: str = ""
    verdicts: tuple[str, ...] = ()
    folder: str = ""
    heavy: bool = False
    long: bool = False

    @property
    def kind(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.path.stem}"

    def admitted_under(self, level: str) -> bool:
        """Whether it is known to succeed there."""
        reason = self.admitted.get(level)
        if reason is None:
            return False
        return not reason.startswith("as an ordinary user," if os.geteuid() == 0 else "as root,")

    def must_succeed_under(self, level: str) -> bool:
        """Whether it shows there that it works at all."""
        return self.admitted_under(level) and "perhaps:" not in self.admitted[level]

    def hand_in(self, folder: Path, told: dict[str, Any]) -> None:
        """Write the submission; `told` is what target.py says, and what fills the braces of FILES and LINKS."""
        folder.mkdir(parents=True)
        own = self.path.read_text(encoding="utf-8")
        for module in MODULES:
            right = (COURSE / "submission" / f"{module}.py").read_text(encoding="utf-8")
            text = right if module != self.module else own if self.alone else f"{right}\n\n{own}"
            if f"{module}.py" not in (*self.links, *self.fifos):
                (folder / f"{module}.py").write_text(text, encoding="utf-8")
        constants = "".join(f"{name} = {value!r}\n" for name, value in told.items())
        (folder / "target.py").write_text(constants, encoding="utf-8")
        (folder / "tools.py").write_bytes((HERE / "tools.py").read_bytes())
        for name, text in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(fill(text, told), encoding="utf-8")
        for name, (text, times) in self.repeated.items():
            (folder / name).write_text(text * times, encoding="utf-8")
        for name, source in self.compiled.items():
            path = folder / name.replace("{cache_tag}", sys.implementation.cache_tag)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(bytecode(source, folder / f"{path.name.partition('.')[0]}.py"))
        for name, to in self.links.items():
            (folder / name).symlink_to(fill(to, told))
        for name in self.fifos:
            os.mkfifo(folder / name)


def fill(text: str, told: dict[str, Any]) -> str:
    """`text` with {names} replaced by what is told; other braces stay."""
    for name, value in told.items():
        text = text.replace("{" + name.lower() + "}", str(value))
    return text


def bytecode(source: str, file: Path) -> bytes:
    """A .pyc that is never compared with its source (PEP 552)."""
    unchecked = (0b01).to_bytes(4, "little") + bytes(8)
    return importlib.util.MAGIC_NUMBER + unchecked + marshal.dumps(compile(source, str(file), "exec"))


def load(path: Path) -> Attack:
    """The attack in a file. Raises ValueError where a constant is unknown or the docstring is missing."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = {f.name.upper() for f in fields(Attack)} - {"PATH", "SENTENCE"}
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in known:
            found[node.targets[0].id.lower()] = ast.literal_eval(node.value)
    sentence = (ast.get_docstring(tree) or "").split("\n\n")[0].replace("\n", " ")
    if not sentence or "honest" not in found:
        raise ValueError(f"{path}: an attack has a docstring and says in HONEST what it may earn")
    return Attack(path, sentence, **found)


def all_attacks() -> list[Attack]:
    """Every attack, by kind and name."""
    kinds = sorted(folder for folder in HERE.iterdir() if folder.is_dir() and folder.name not in NOT_KINDS)
    return [load(path) for folder in kinds for path in sorted(folder.glob("*.py"))]
