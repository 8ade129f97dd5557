"""Stand-ins for third-party modules that are not installed here.

Students import matplotlib, cv2 or google.colab at the top of files whose graded functions never use them. Such an
import succeeds; using what it gave fails and names the module.
"""

from __future__ import annotations

import ast
import importlib.machinery
import linecache
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

from grader.worker import libraries

SHARED = {"google"}  # names under which many packages lie: the next name tells which one is missing


def package(path: str) -> str:
    """The package that a name belongs to: "google.colab.drive" -> "google.colab", "cv2.imread" -> "cv2"."""
    first, *rest = path.split(".")
    return f"{first}.{rest[0]}" if first in SHARED and rest else first


class PlaceholderUsed(ImportError):
    """Something of a module that is not installed was used."""

    def __init__(self, module: str) -> None:
        super().__init__(f"{module} is not installed here", name=module)


class Placeholder:
    """An attribute of a missing module: may be passed around, subclassed and looked into, not used."""

    def __init__(self, path: str) -> None:
        object.__setattr__(self, "_path", path)

    def _used(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise PlaceholderUsed(package(self._path))

    def __call__(self, *args: Any, **kwargs: Any) -> Placeholder:
        """What a module does when it is imported (mounts a drive, chooses a style) is not what is asked of it."""
        if sys._getframe(1).f_code.co_name != "<module>":
            self._used()
        return Placeholder(f"{self._path}()")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self._path}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        pass  # plt.rcParams.x = ...: configuration of what is never used

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (_PlaceholderBase,)

    __getitem__ = __iter__ = __len__ = __bool__ = __enter__ = _used
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _used
    __lt__ = __gt__ = __le__ = __ge__ = __contains__ = _used


class _PlaceholderBase:
    """What a class that derives from a placeholder derives from instead."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise PlaceholderUsed("the base class")


class PlaceholderModule(ModuleType):
    """A missing module; each of its attributes is a Placeholder."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self.__all__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self.__name__}.{name}")


class PlaceholderFinder(MetaPathFinder, Loader):
    """The last finder: gives a placeholder for what no other finder found, when a file under `folder` imports it.

    Not for the course's own modules (`siblings`), which are missed by name, nor inside a `try` that catches the
    ImportError: there the student's own fallback is the better answer."""

    def __init__(self, folder: Path, siblings: Sequence[str]) -> None:
        self._folder = str(folder)
        self._siblings = frozenset(siblings)
        self.made: list[str] = []  # as they are told
        self._tops: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top in self._siblings or top in sys.stdlib_module_names:
            return None
        if "." in fullname and not isinstance(sys.modules.get(fullname.rpartition(".")[0]), PlaceholderModule):
            return None  # a missing part of a module that is there
        importer = self._importer()
        if importer is None or _is_guarded(importer):
            return None
        self._tops.add(top)
        name = package(fullname)
        if name != top and top in self.made:  # which was looked for on the way to it
            self.made.remove(top)
        if name not in self.made:
            self.made.append(name)
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def forget(self) -> None:
        """Let the next importer of what is missing be noted as the first."""
        if self.made:  # else not even a look at the names, see grader.worker.entries
            for name in [name for name in sys.modules if name.partition(".")[0] in self._tops]:
                del sys.modules[name]
        self.made = []
        self._tops.clear()

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return PlaceholderModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass

    def _importer(self) -> FrameType | None:
        for frame in _frames():
            name = frame.f_code.co_filename
            if "importlib" not in name and name not in (__file__, libraries.__file__):
                return frame if name.startswith(self._folder) else None
        return None


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_guarded(frame: FrameType) -> bool:
    """Whether the line that the frame is at stands in a `try` whose handlers catch an ImportError."""
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any(_catches_import_error(handler) for handler in node.handlers):
            first, last = node.body[0].lineno, node.body[-1].end_lineno or node.body[-1].lineno
            if first <= frame.f_lineno <= last:
                return True
    return False


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    wanted = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    return any(name is None or (isinstance(name, ast.Name) and name.id in wanted) for name in names)
