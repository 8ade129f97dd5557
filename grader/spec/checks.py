"""An assignment's declaration: modules, editions, exercises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from grader.spec.errors import CheckError, Location
from grader.spec.exercise import DTYPES, Exercise, Function, Version
from grader.spec.rules import MemoryLimit, OperationsDoNotGrow, Rule

F = TypeVar("F", bound=Function)

POINTS_OF_AN_ASSIGNMENT = 100


class Edition:
    """Another right answer for a whole module; public, and named in the feedback."""

    def __init__(self, module: Module, name: str, sentence: str) -> None:
        self.module = module
        self.name = name
        self.sentence = sentence
        self.where = Location.of_caller()
        self._replacements: dict[str, Function] = {}

    @property
    def version(self) -> Version:
        """The reference under this edition."""
        return Version(f"{self.module.name}#{self.name}", self.sentence, dict(self._replacements), self.where)

    def replaces(self, name: str) -> Callable[[F], F]:
        """Declare (in hidden.py) this edition's version of the reference's function: `function(ref, ...)`."""

        def declare(function: F) -> F:
            self._replacements[self.module.qualified(name)] = function
            return function

        return declare


class Module:
    """A file that a student fills in."""

    def __init__(self, checks: Checks, name: str, also: Mapping[str, str], files: Iterable[str]) -> None:
        self.checks = checks
        self.name = name
        self.also = dict(also)  # name -> the name it has in another edition of the course
        self.files = tuple(files)  # the names that the file has in other editions
        self.exercises: list[Exercise] = []
        self.editions: dict[str, Edition] = {}

    def exercise(
        self,
        name: str,
        *,
        points: float,
        speed_points: float = 0,
        needs: Iterable[str] = (),
        tolerance: float | None = None,
        dtype: str = "float64",
        any_dtype: bool = False,
        half: bool = False,
        exact_dtype: bool = False,
        keep_inputs: bool = False,
        needs_cuda: bool = False,
        seconds: float = 10.0,
        rules: Iterable[Rule] = (),
        compared: Iterable[str] | None = None,
    ) -> Callable[[Function], Exercise]:
        """Declare an exercise; the decorated function is its ask, `ask(sub, **inputs) -> dict of outputs`, and its
        docstring is the description that students read.

        `points` include `speed_points`; `needs` are prerequisites ("name" in this module, or "module.name");
        `seconds` bounds one question; `exact_dtype`: it is about the dtype, and right values in another one, elsewhere
        an edge, are wrong; `compared` names the outputs that are compared with the reference's although
        the exercise has a property."""

        def declare(ask: Function) -> Exercise:
            where = Location.of(ask)
            if any(exercise.name == name for exercise in self.exercises):
                raise CheckError(where, f"{self.name} has an exercise named {name} already")
            if not 0 <= speed_points <= points or points <= 0:
                raise CheckError(where, f"{name} has {points} points, {speed_points} of them for speed")
            if dtype not in DTYPES:
                raise CheckError(where, f"{name} is graded in {dtype}; known are {', '.join(DTYPES)}")
            exercise = Exercise(
                module=self,
                name=name,
                ask=ask,
                points=points,
                speed_points=speed_points,
                needs=tuple(self.qualified(need) for need in needs),
                tolerance=tolerance,
                dtype=dtype,
                any_dtype=any_dtype,
                half=half,
                exact_dtype=exact_dtype,
                keep_inputs=keep_inputs,
                needs_cuda=needs_cuda,
                seconds=seconds,
                rules=tuple(rules),
                compared=None if compared is None else tuple(compared),
                where=where,
            )
            self.exercises.append(exercise)
            return exercise

        return declare

    def edition(self, name: str, sentence: str) -> Edition:
        """Declare another right answer for this module; `sentence` says in the feedback what it takes for right."""
        edition = Edition(self, name, sentence)
        if name in self.editions:
            raise CheckError(edition.where, f"{self.name} has an edition named {name} already")
        self.editions[name] = edition
        return edition

    def qualified(self, name: str) -> str:
        """`name` with a module in front: its own where it names one, else this one."""
        return name if name.partition(".")[0] in self.checks.modules else f"{self.name}.{name}"


class Checks:
    """An assignment: its modules and exercises, in the order in which they are declared."""

    def __init__(self, name: str, title: str) -> None:
        self.name = name
        self.title = title
        self.where = Location.of_caller()
        self.modules: dict[str, Module] = {}
        self.loading_hidden = False  # set by the loader while hidden.py is executed

    def module(self, name: str, *, also: Mapping[str, str] | None = None, files: Iterable[str] = ()) -> Module:
        """Declare a module. `also` maps a function's name to the name that another edition of the course gives it, and
        `files` are names that the module has there."""
        if name in self.modules:
            raise CheckError(Location.of_caller(), f"{self.name} has a module named {name} already")
        self.modules[name] = Module(self, name, also or {}, files)
        return self.modules[name]

    @property
    def exercises(self) -> Iterator[Exercise]:
        """Every exercise, module by module."""
        for module in self.modules.values():
            yield from module.exercises

    def __getitem__(self, exercise_id: str) -> Exercise:
        for exercise in self.exercises:
            if exercise.id == exercise_id:
                return exercise
        raise CheckError(Location.of_caller(), f"{self.name} has no exercise {exercise_id}")

    def version(self, version_id: str) -> Version:
        """A misconception, naive or alternative version ("module.exercise#name") or edition ("module#name")."""
        for module in self.modules.values():
            for edition in module.editions.values():
                if edition.version.id == version_id:
                    return edition.version
        for exercise in self.exercises:
            for version in exercise._versions():
                if version.id == version_id:
                    return version
        raise KeyError(version_id)

    def prerequisites(self, exercise: Exercise) -> Iterator[Exercise]:
        """What an exercise needs, directly and indirectly, the nearest first."""
        todo, seen = [*exercise.needs], {exercise.id}
        while todo:
            need = todo.pop(0)
            if need not in seen:
                seen.add(need)
                yield self[need]
                todo.extend(self[need].needs)

    def verify(self) -> None:
        """Raise CheckError for what can only be seen once everything is declared."""
        total = sum(exercise.points for exercise in self.exercises)
        if abs(total - POINTS_OF_AN_ASSIGNMENT) > 1e-9:
            wrong = f"the points of {self.name} add up to {total:g}, not {POINTS_OF_AN_ASSIGNMENT}"
            raise CheckError(self.where, wrong)
        known = {exercise.id for exercise in self.exercises}
        for exercise in self.exercises:
            for need in exercise.needs:
                if need not in known:
                    raise CheckError(exercise.where, f"{exercise.id} needs {need}, which is no exercise")
            if not any(not case.hidden for case in exercise.cases):
                raise CheckError(exercise.where, f"{exercise.id} has no public case")
            if exercise.speed_points and exercise.timed_case is None:
                raise CheckError(exercise.where, f"{exercise.id} has speed points and no timed case")
            if exercise.speed_points and exercise.timed_case is not None and exercise.timed_case.advice:
                raise CheckError(exercise.where, f"{exercise.id} has speed points, and a limit that is advice only")
            sized = [rule for rule in exercise.rules if isinstance(rule, MemoryLimit | OperationsDoNotGrow)]
            if sized and exercise.timed_case is None:
                wanted = f'{exercise.id} has the rule "{sized[0].sentence}" and no timed case to size its inputs by'
                raise CheckError(exercise.where, wanted)
            if not exercise.title:
                raise CheckError(exercise.where, f"{exercise.id} has no docstring to describe it")
        self._verify_no_cycle()

    def _verify_no_cycle(self) -> None:
        done: set[str] = set()

        def visit(exercise: Exercise, path: tuple[str, ...]) -> None:
            if exercise.id in path:
                raise CheckError(exercise.where, f"{exercise.id} needs itself, through {' -> '.join(path)}")
            if exercise.id not in done:
                for need in exercise.needs:
                    visit(self[need], (*path, exercise.id))
                done.add(exercise.id)

        for exercise in self.exercises:
            visit(exercise, ())
