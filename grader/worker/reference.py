"""What only the reference worker does: versions of the reference, properties and oracles. Trusted code."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from grader.property import failing
from grader.spec import Checks, Version
from grader.spec.exercise import Exercise, Function
from grader.worker.subject import forget


def patch(module: str, siblings: list[str], versions: Iterable[Version]) -> ModuleType:
    """Import `module` again with each version's replacements in place, one version upon the other.

    A replacement's `ref` is the module as it was before its own version. Modules that import the replaced function by
    name get the replaced one, since the owner is imported and patched first."""
    for version in versions:
        before = {name: importlib.import_module(name) for name in {owner(t) for t in version.replacements}}
        forget(siblings)
        for target, function in version.replacements.items():
            name = owner(target)
            _replace(importlib.import_module(name), target.removeprefix(f"{name}."), function, before[name])
        importlib.import_module(module)
    return sys.modules[module]


def owner(target: str) -> str:
    """The module of a replaced function: "knn.KnnClassifier.predict" -> "knn"."""
    return target.partition(".")[0]


def _replace(module: ModuleType, path: str, function: Function, ref: ModuleType) -> None:
    *classes, name = path.split(".")
    holder: Any = module
    for part in classes:
        holder = getattr(holder, part)
    original = vars(holder).get(name)
    plain = original.__func__ if isinstance(original, staticmethod | classmethod) else original

    @functools.wraps(plain if callable(plain) else function)
    def replacement(*args: Any, **kwargs: Any) -> Any:
        return function(ref, *args, **kwargs)

    wrapped: Any = type(original)(replacement) if isinstance(original, staticmethod | classmethod) else replacement
    setattr(holder, name, wrapped)


ABSENT = "the reference is not at hand"


class Absent:
    """Stands for the reference module where there is none."""

    def __getattr__(self, name: str) -> Any:
        raise LookupError(ABSENT)


def failed_claims(exercise: Exercise, ref: Any, answer: dict[str, Any], inputs: dict[str, Any]) -> list[str]:
    """The sentences of the properties that the answer does not have."""
    return [
        sentence
        for judged in exercise.properties
        for sentence in failing(judged.judge(ref, answer, **inputs), judged.false_alarm)
    ]


def versions(checks: Checks, ids: list[str]) -> list[Version]:
    """The versions with these ids."""
    return [checks.version(version_id) for version_id in ids]
