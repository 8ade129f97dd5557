"""What Python and torch are made of on this machine: all that a cage has to show of the file system."""

from __future__ import annotations

import importlib.util
import os
import site
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

SYSTEM = (Path("/"), Path("/usr"), Path("/usr/local"))
LOADER = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
STORES = ("/nix/store", "/gnu/store")
NEEDED = ("torch", "numpy", "msgspec")


@dataclass
class Libraries:
    """Files and folders to show where they are, and symbolic links to make (link -> target)."""

    paths: list[Path] = field(default_factory=list)
    links: dict[Path, str] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Show a path; a link is made, and what it points to shown."""
        for _ in range(40):
            if self.shows(path) or path in self.links:
                return
            if not path.is_symlink():
                if path.exists():
                    self.paths = [p for p in self.paths if not p.is_relative_to(path)] + [path]
                return
            self.links[path] = os.readlink(path)
            path = Path(os.path.normpath(path.parent / self.links[path]))

    def shows(self, path: Path) -> bool:
        """Whether a path is shown with a folder above it."""
        return any(path.is_relative_to(shown) for shown in self.paths)


def libraries() -> Libraries:
    """What the interpreter that runs this needs to run torch. Symbolic links inside are kept as they are."""
    found = Libraries()
    for folder in ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", *LOADER):
        found.add(Path(folder))
    for prefix in (Path(sys.base_prefix), Path(sys.base_exec_prefix), Path(sys.prefix)):
        own = prefix.resolve() not in SYSTEM
        for name in ("lib", "lib64", "pyvenv.cfg", *(["bin"] if own else [])):
            found.add(prefix / name)
        for store in STORES:
            if prefix.resolve().is_relative_to(store):
                found.add(Path(store))
    for packages in _packages():
        found.add(packages)
    found.add(Path(sys.executable))
    found.add(Path(os.path.realpath(sys.executable)))
    return found


def own_package() -> Path | None:
    """This package's folder, where it lies among the libraries and would be shown with them."""
    folder = Path(__file__).resolve().parent.parent
    return folder if libraries().shows(folder) else None


def _packages() -> Iterable[Path]:
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *site.getsitepackages()}:
        yield Path(folder)
    for name in NEEDED:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent.parent
