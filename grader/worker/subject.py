"""The module that is asked: imported from a folder, with the course's own helpers in front of it."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Mapping
from functools import partial
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, ClassVar

from grader.worker.failure import MissingName
from grader.worker.notebooks import given as helpers
from grader.worker.notebooks import guard
from grader.worker.placeholders import PlaceholderFinder

LIBRARIES = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}  # looked up once, not in each fork


class Subject:
    """`sub` in an ask: the submission's module. A name that it does not define is reported as missing.

    `also` gives the names that a function has in other editions of the course."""

    def __init__(self, module: ModuleType, also: Mapping[str, str]) -> None:
        self._module = module
        self._also = also

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name, None)
        if found is None and name in self._also:
            found = getattr(self._module, self._also[name], None)
        if found is None:
            raise MissingName(name)
        return found


class Source(SourceFileLoader):
    """Compiles what stands in the file, whatever bytecode lies beside it; once, as long as the same stands there."""

    _compiled: ClassVar[dict[str, tuple[bytes, CodeType]]] = {}
    is_ahead: ClassVar[bool] = False

    @classmethod
    def compile_ahead(cls, folder: Path, seen_at: Path) -> None:
        """Compile all that lies in a folder for processes that are forked from this one and see it elsewhere."""
        for file in folder.rglob("*.py"):
            path = str(seen_at / file.relative_to(folder))
            try:
                source = file.read_bytes()
                cls._compiled[path] = source, cls("", path).source_to_code(source, path)
                cls.is_ahead = True
            except (OSError, SyntaxError, ValueError):
                continue  # whoever imports it will tell

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        known = self._compiled.get(path)
        if known is None or known[0] != source:
            known = self._compiled[path] = source, self.source_to_code(source, path)
        return known[1]

    def exec_module(self, module: ModuleType) -> None:
        source = self.get_data(self.path)
        if guard.is_made_of_cells(source):
            guard.run(source, self.path, vars(module))
        else:
            super().exec_module(module)


class SourceFinder(FileFinder):
    """Finds a folder's source files before anything else of their names: a package or bytecode that was handed in
    beside a module would otherwise run in its place, and another source would be read for its rules."""

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        file = Path(self.path) / f"{fullname.rpartition('.')[2]}.py"
        if file.is_file():
            return spec_from_file_location(fullname, file, loader=Source(fullname, str(file)))
        return super().find_spec(fullname, target)


def prepare_path(folder: Path, given: Path, siblings: list[str]) -> PlaceholderFinder:
    """Let imports find the given helpers first, then the folder, both behind the standard library (a submitted
    random.py shadows nothing) and before site-packages; what nobody has becomes a placeholder."""
    sys.dont_write_bytecode = True
    helpers.folder = given
    at = next((i for i, entry in enumerate(sys.path) if entry in LIBRARIES), len(sys.path))
    sys.path[at:at] = [str(given), str(folder)]
    for entry in (str(given), str(folder)):
        sys.path_importer_cache.pop(entry, None)  # what was found there before, if anything
    sys.path_hooks.insert(0, partial(_finder, str(given), str(folder)))
    finder = PlaceholderFinder(folder, siblings)
    sys.meta_path.append(finder)
    return finder


def _finder(given: str, folder: str, path: str) -> SourceFinder:
    """The finder for these folders and the packages in them; raises ImportError for any other."""
    if path == folder:
        return SourceFinder(path, (Source, SOURCE_SUFFIXES))
    if f"{path}/".startswith((f"{given}/", f"{folder}/")):
        return SourceFinder(path, (ExtensionFileLoader, EXTENSION_SUFFIXES), (Source, SOURCE_SUFFIXES))
    raise ImportError("none of ours")


def anew(name: str, folder: Path) -> ModuleType:
    """Execute a folder's module again, without looking for it."""
    file = str(folder / f"{name}.py")
    spec = spec_from_file_location(name, file, loader=Source(name, file))
    assert spec is not None and spec.loader is not None
    sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def forget(names: list[str]) -> None:
    """Drop these modules, so that the next import executes them again."""
    for name in names:
        sys.modules.pop(name, None)
