"""Initial states among very many candidates: functions get their values point by point, and candidates that cannot be initial are
left early.

Predicates are taken apart: into conjuncts, and universal statements into their instances. A part that is false at the points
that have a value already excludes the candidate, whatever values the other points get: its predicate is then false or has no
value. A part that reads a function other than at a point is evaluated only once the function has all its values. In the end the
whole predicates decide whether a state is initial.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from verifier.kernel.sorts import FunctionSort, Sort
from verifier.kernel.terms import Term, parts, state_names, walk
from verifier.semantics.concrete.operations import Undefined
from verifier.semantics.concrete.order import size
from verifier.semantics.scope.values import FrozenMap, NoValue

if TYPE_CHECKING:
    from verifier.semantics.concrete.machine import Machine, State
    from verifier.semantics.concrete.operations import Closure

TRIED = 100_000
"""How many times a point is given a value before the search ends."""

ROWS = 20_000
"""How many instances a part of a predicate may have and still be evaluated point by point."""

_UNKNOWN = NoValue("it is not chosen yet")


class TooManyPoints(Exception):
    """The search has ended before all candidates were decided."""


@dataclass(frozen=True, slots=True)
class _Instance:
    """A part of a predicate, for some values of the variables that are bound around it."""

    closure: Closure
    slots: tuple[int, ...]
    values: tuple[Any, ...]


class Pointwise:
    """The search among the candidates of a machine in which the variables of `given` have these values."""

    def __init__(self, machine: Machine, given: State) -> None:
        self._machine = machine
        self._given = given
        self._open = [declared for declared in machine.model.variables if declared.name not in given]
        self._points = [(v.name, path, of) for v in self._open for path, of in self._places(v.sort)]
        self._instances = list(self._excluding())
        self._tried = 0

    def states(self) -> Iterator[State]:
        """The initial states, in a fixed order. Raises TooManyPoints where that would take too long."""
        opened = {declared.name: self._empty(declared.sort) for declared in self._open}
        return self._chosen({**self._given, **opened}, 0, self._instances)

    def _chosen(self, values: dict[str, Any], number: int, waiting: list[_Instance]) -> Iterator[State]:
        """The initial states that have these values at the first points; `waiting` may still exclude some."""
        still = self._undecided(values, waiting)
        if still is None:
            return
        if number == len(self._points):
            state = FrozenMap({declared.name: values[declared.name] for declared in self._machine.model.variables})
            if all(self._machine.satisfies(named, state) is True for named in self._machine.model.initial):
                yield state
            return
        name, path, of = self._points[number]
        for value in self._machine.scope.domain(of):
            self._tried += 1
            if self._tried > TRIED:
                raise TooManyPoints
            yield from self._chosen({**values, name: _put(values[name], path, value)}, number + 1, still)

    def _undecided(self, values: dict[str, Any], waiting: list[_Instance]) -> list[_Instance] | None:
        """The instances that have no value yet; None if one of them is false."""
        frame, still = self._machine.frame(FrozenMap(values)), []
        for instance in waiting:
            for slot, value in zip(instance.slots, instance.values, strict=True):
                frame[slot] = value
            try:
                if not instance.closure(frame):
                    return None
            except Undefined:
                still.append(instance)
                frame = self._machine.frame(FrozenMap(values))
        return still

    # -- preparation -------------------------------------------------------------------------------------------------

    def _excluding(self) -> Iterator[_Instance]:
        """The instances that can exclude a candidate before all of it is chosen."""
        machine, names = self._machine, {declared.name for declared in self._open}
        for named in machine.model.initial:
            for part in parts(named.formula):
                bound: list[Term] = []
                while part.op == "forall":
                    bound += part.bound
                    part = part.args[0]
                rows = 1
                for variable in bound:
                    rows *= size(machine.scope, variable.sort)
                if rows > ROWS or not state_names(part) & names or not _pointwise(part):
                    continue
                slots = tuple(machine.evaluator.slot(variable) for variable in bound)
                closure = machine.evaluator.compile(part)
                for values in product(*(machine.scope.domain(variable.sort) for variable in bound)):
                    yield _Instance(closure, slots, values)

    def _places(self, sort: Sort) -> Iterator[tuple[tuple[Any, ...], Sort]]:
        """The points of a variable of this sort: for each the indices that lead there, and the sort of its value."""
        if isinstance(sort, FunctionSort):
            for index in self._machine.scope.domain(sort.index):
                yield from (((index, *path), of) for path, of in self._places(sort.value))
        else:
            yield (), sort

    def _empty(self, sort: Sort) -> Any:
        """A value of the sort at no point."""
        if not isinstance(sort, FunctionSort):
            return _UNKNOWN
        inner = isinstance(sort.value, FunctionSort)
        return FrozenMap({i: self._empty(sort.value) for i in self._machine.scope.domain(sort.index)} if inner else {})


def _put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """A function with another value at one point; the new value itself where the path is empty."""
    if not path:
        return new
    index, *rest = path
    return FrozenMap({**value, index: _put(value.get(index), tuple(rest), new)})


def _pointwise(formula: Term) -> bool:
    """Whether a formula reads functions at points alone."""
    for term in walk(formula):
        for place, arg in enumerate(term.args):
            if isinstance(arg.sort, FunctionSort) and not (term.op == "apply" and place == 0):
                return False
    return True
