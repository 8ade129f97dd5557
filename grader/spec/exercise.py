"""An exercise and what is declared about it: cases, properties, versions, oracle, rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from grader.spec.errors import CheckError, Location
from grader.spec.rules import Rule

if TYPE_CHECKING:
    from grader.spec.checks import Module

Function = Callable[..., Any]
F = TypeVar("F", bound=Function)

FALSE_ALARM_AT_MOST = 1e-6  # of one statistical property of one exercise
DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Case:
    """One set of inputs: `make(draw)` returns them by name."""

    name: str
    make: Function
    hidden: bool
    worth: float | None  # share of the points that failing it costs; None: all of them
    where: Location

    @property
    def description(self) -> str:
        return first_line(self.make) or self.name.replace("_", " ")


@dataclass(frozen=True)
class TimedCase:
    """Inputs of a size at which the reference takes 5-50 ms: `make(draw, n=...)`; `n` is the size."""

    name: str
    make: Function
    hidden: bool
    at_most: float  # times the reference's own time
    where: Location
    advice: bool = False  # being slower is told, and costs nothing

    @property
    def size(self) -> int:
        """The size that the declaration gives."""
        return int(inspect.signature(self.make).parameters["n"].default)


@dataclass(frozen=True)
class Property:
    """A trusted function of the raw answer and the inputs, `judge(ref, answer, **inputs)`, that yields claims:
    pairs (evidence, sentence), see `grader.property`."""

    name: str
    judge: Function
    false_alarm: float  # probability that a right solution fails it; 0: it is not statistical
    where: Location


@dataclass(frozen=True)
class Library:
    """A library's function whose time is known to be a certain part of the reference's: `call(**inputs)`."""

    name: str
    call: Function
    where: Location


@dataclass(frozen=True)
class Version:
    """The reference with some functions replaced; each replacement is called with `ref`, the unreplaced reference
    module, before its own arguments. Misconceptions, editions, naive and alternative solutions are versions."""

    id: str
    sentence: str
    replacements: dict[str, Function]  # "module.name" or "module.Class.name" -> function
    where: Location


@dataclass
class Exercise:
    """A scored unit. `ask(sub, **inputs)` calls the submission and returns named outputs."""

    module: Module
    name: str
    ask: Function
    points: float
    speed_points: float
    needs: tuple[str, ...]
    tolerance: float | None  # relative to the output's scale; None: by dtype
    dtype: str
    any_dtype: bool  # an output's values count, its dtype does not
    half: bool  # an output may be float16 or bfloat16, and is compared as such a one
    exact_dtype: bool  # it is about the dtype: right values in another one are wrong
    keep_inputs: bool  # changing an input in place is an error, not a note
    needs_cuda: bool
    seconds: float  # wall limit of one question
    rules: tuple[Rule, ...]
    compared: tuple[str, ...] | None  # outputs that are compared where there is a property; None: see `compares`
    where: Location
    cases: list[Case] = field(default_factory=list)
    timed_case: TimedCase | None = None
    library: Library | None = None  # what its speed is told by where the reference is not at hand
    properties: list[Property] = field(default_factory=list)
    misconceptions: list[Version] = field(default_factory=list)
    naive_version: Version | None = None
    alternatives: list[Version] = field(default_factory=list)
    oracle_function: Function | None = None
    equivalents: dict[str, str] = field(default_factory=dict)  # a mutant's changed statement -> why it is no mistake

    @property
    def id(self) -> str:
        """What identifies it for ever: `module.name`."""
        return f"{self.module.name}.{self.name}"

    @property
    def functions(self) -> list[str]:
        """The names of the function that it is about: its own, and what other editions of the course call it."""
        also = self.module.also.get(self.name)
        return [self.name, also] if also else [self.name]

    @property
    def title(self) -> str:
        """The first line of the ask's docstring."""
        return first_line(self.ask)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names that a case has to draw."""
        return tuple(inspect.signature(self.ask).parameters)[1:]

    @property
    def kept(self) -> frozenset[str]:
        """The names that a case has to keep back for the properties."""
        taken = {name for one in self.properties for name in tuple(inspect.signature(one.judge).parameters)[2:]}
        return frozenset(taken - set(self.inputs))

    def compares(self, output: str) -> bool:
        """Whether this output is compared with the reference's (else only properties judge it)."""
        if self.compared is not None:
            return output in self.compared
        return not self.properties

    # -- declarations -------------------------------------------------------------------------------------------

    def case(self, function: Function | None = None, /, *, worth: float | None = None) -> Any:
        """Declare a case: `function(draw)` returns a dict of inputs. Public in checks.py, hidden in hidden.py.

        It may return two dicts, (inputs, kept): what is kept back never reaches a submission and goes to the
        exercise's properties by name (the labels of held-out images, say).
        `worth`: the share of the exercise's points that failing only this case costs; all of them by default."""

        def declare(make: F) -> F:
            where = Location.of(make)
            if worth is not None and not 0 < worth <= 1:
                raise CheckError(where, f"the case {make.__name__} is worth {worth}; a worth is a share in (0, 1]")
            self._new_case_name(make.__name__, where)
            self.cases.append(Case(make.__name__, make, self.module.checks.loading_hidden, worth, where))
            return make

        return declare if function is None else declare(function)

    def timed(self, *, at_most: float, advice: bool = False) -> Callable[[F], F]:
        """Declare the timed case: `function(draw, n=SIZE)`; `at_most` is the limit in units of the reference's time.

        If it is `advice`, being slower is told in a note and costs nothing."""

        def declare(make: F) -> F:
            where = Location.of(make)
            if self.timed_case is not None:
                raise CheckError(where, f"{self.id} has a timed case already")
            parameter = inspect.signature(make).parameters.get("n")
            if parameter is None or not isinstance(parameter.default, int):
                raise CheckError(where, f"the timed case {make.__name__} needs a size with a default: (draw, n=500)")
            if at_most < 1:
                raise CheckError(where, f"a limit of {at_most} times the reference's time fails the reference itself")
            self._new_case_name(make.__name__, where)
            hidden = self.module.checks.loading_hidden
            self.timed_case = TimedCase(make.__name__, make, hidden, at_most, where, advice)
            return make

        return declare

    def yardstick(self, name: str) -> Callable[[F], F]:
        """Declare what a timed exercise is measured against where there is no reference: `function(**inputs)`, which
        calls a library for about the same work; `name` is what students read ("torch.cdist")."""

        def declare(call: F) -> F:
            where = Location.of(call)
            if self.timed_case is None:
                raise CheckError(where, f"{self.id} has a yardstick and no timed case above it")
            if set(inspect.signature(call).parameters) != set(self.inputs):
                raise CheckError(where, f"the yardstick of {self.id} takes {', '.join(self.inputs)}, like its ask")
            self.library = Library(name, call, where)
            return call

        return declare

    def property(self, *, false_alarm: float = 0.0) -> Callable[[F], F]:
        """Declare a property: `function(ref, answer, **inputs, **kept)` yields (evidence, sentence); `kept` is what the
        cases keep back (see `case`)."""

        def declare(judge: F) -> F:
            where = Location.of(judge)
            if not 0 <= false_alarm <= FALSE_ALARM_AT_MOST:
                raise CheckError(where, f"a false-alarm probability of {false_alarm} is above {FALSE_ALARM_AT_MOST}")
            missing = set(self.inputs) - set(tuple(inspect.signature(judge).parameters)[2:])
            if missing:
                raise CheckError(where, f"{judge.__name__} does not take the input {', '.join(sorted(missing))}")
            self.properties.append(Property(judge.__name__, judge, false_alarm, where))
            return judge

        return declare

    def misconception(self, sentence: str, *, of: str | None = None) -> Callable[[F], F]:
        """Declare a known wrong version: `function(ref, ...)` takes the place of the reference's function `of`
        (the exercise's own by default; "other_module.name" reaches across). `sentence` is what the student reads:
        it names the mistake, not the cure. The function may raise."""

        def declare(function: F) -> F:
            self.misconceptions.append(self._version(function, sentence, of))
            return function

        return declare

    def naive(self, function: F) -> F:
        """Declare the slow solution that speed-ups are told against: `function(ref, ...)`, right but slow."""
        self.naive_version = self._version(function, "the naive version", None)
        return function

    def alternative(self, function: F) -> F:
        """Declare another right formulation, `function(ref, ...)`; `grader validate` shows that it passes with room."""
        self.alternatives.append(self._version(function, "another right formulation", None))
        return function

    def oracle(self, function: F) -> F:
        """Declare an independent way to the outputs, `function(ref, **inputs)`: say, a library's or autograd."""
        self.oracle_function = function
        return function

    def equivalent(self, statement: str, reason: str) -> None:
        """Declare (in hidden.py) that a mutant is no mistake: `statement` is the changed statement as it is listed."""
        self.equivalents[statement] = reason

    # -- helpers ------------------------------------------------------------------------------------------------

    def _new_case_name(self, name: str, where: Location) -> None:
        taken = {case.name for case in self.cases} | ({self.timed_case.name} if self.timed_case else set())
        if name in taken:
            raise CheckError(where, f"{self.id} has a case named {name} already")

    def _version(self, function: Function, sentence: str, of: str | None) -> Version:
        where = Location.of(function)
        version_id = f"{self.id}#{function.__name__}"
        if any(version.id == version_id for version in self._versions()):
            raise CheckError(where, f"{self.id} has a version named {function.__name__} already")
        return Version(version_id, sentence, {self.module.qualified(of or self.name): function}, where)

    def _versions(self) -> Iterable[Version]:
        yield from self.misconceptions
        yield from self.alternatives
        if self.naive_version:
            yield self.naive_version


def first_line(function: Function) -> str:
    """The first line of a docstring, without its full stop."""
    return (inspect.getdoc(function) or "").partition("\n")[0].rstrip(".")
