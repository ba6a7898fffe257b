"""The sights of a model's runs: every action, and every label of an enumeration that the state has a place for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from verifier.kernel.sorts import (
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
    inner_sorts,
)
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.trace_steps import TraceStep
from verifier.semantics.scope.values import NoValue


class Sights:
    """The sights seen so far, each with the shortest beginning of a run that shows it."""

    def __init__(self, machine: Machine) -> None:
        variables = machine.model.variables
        self._sorts = {v.name: v.sort for v in variables if any(isinstance(one, EnumSort) for one in inner_sorts(v.sort))}
        sorts = dict.fromkeys(one for sort in self._sorts.values() for one in inner_sorts(sort) if isinstance(one, EnumSort))
        self._labels = [f"{sort.name}.{label}" for sort in sorts for label in sort.labels]
        self._known: dict[State, frozenset[str]] = {}
        self._first: dict[str, tuple[TraceStep, ...]] = {}
        self.all = (*(action.name for action in machine.model.actions), *self._labels)

    def look(self, path: Sequence[TraceStep]) -> None:
        """Records the sights of a run."""
        seen: set[str] = set()
        for place, step in enumerate(path):
            new = ({step.action} if place else set()) | self._of(step.state)
            for sight in new - seen:
                known = self._first.get(sight)
                if known is None or place + 1 < len(known):
                    self._first[sight] = tuple(path[: place + 1])
            seen |= new

    def shown(self, path: Sequence[TraceStep]) -> set[str]:
        """The sights in a run."""
        result = {step.action for step in path[1:]}
        return result.union(*(self._of(step.state) for step in path))

    def missing(self) -> tuple[str, ...]:
        """The sights that no run has shown."""
        return tuple(sight for sight in self.all if sight not in self._first)

    def samples(self) -> Iterator[tuple[tuple[TraceStep, ...], tuple[str, ...]]]:
        """A few runs that together show every sight seen, each with those that it is the first to show; the shortest first."""
        waiting = [sight for sight in self.all if sight in self._first]
        chosen: list[tuple[TraceStep, ...]] = []
        while waiting:
            # The longest run shows most on its way.
            path = max((self._first[sight] for sight in waiting), key=len)
            chosen.append(path)
            shown = self.shown(path)
            waiting = [sight for sight in waiting if sight not in shown]
        seen: set[str] = set()
        for path in sorted(chosen, key=len):
            shows = tuple(sight for sight in self.all if sight in self.shown(path) - seen)
            seen |= set(shows)
            if shows:
                yield path, shows

    def _of(self, state: State) -> frozenset[str]:
        """The labels in a state."""
        known = self._known.get(state)
        if known is None:
            found = (label for name, sort in self._sorts.items() for label in _labels(state[name], sort))
            known = self._known[state] = frozenset(found)
        return known


def _labels(value: Any, sort: Sort) -> Iterator[str]:
    """The labels of enumerations in a value."""
    if isinstance(value, NoValue):
        return
    match sort:
        case EnumSort(name=name):
            yield f"{name}.{value}"
        case FunctionSort(value=of):
            for image in set(value.values()):
                yield from _labels(image, of)
        case RecordSort(fields=fields):
            for name, of in fields:
                yield from _labels(value[name], of)
        case SetSort(element=element) | SequenceSort(element=element) | KeyedSort(element=element):
            for item in value:
                yield from _labels(item, element)
        case OptionSort(element=element):
            if value is not None:
                yield from _labels(value.value, element)
