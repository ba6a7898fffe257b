"""Draws values and initial states at random where there are too many to enumerate. Every value drawn is within its sort."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any

from verifier.kernel.errors import UsageError
from verifier.kernel.sorts import (
    FunctionSort,
    KeyedSort,
    OptionSort,
    RangeSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.order import size
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.scope.values import FrozenMap, Some

NEAR = 2
"""Half of the integers drawn are at most this far from an end of their range."""


def open_values(machine: Machine) -> int:
    """How many combinations of values the variables without an initial value have."""
    combinations = 1
    for declared in machine.model.variables:
        if declared.initial is None:
            combinations *= size(machine.scope, declared.sort)
    return combinations


def some_initial_states(machine: Machine, most: int) -> list[State]:
    """The first initial states; as many as are found where there are too many candidates to enumerate.

    Raises UsageError if none is found among them.
    """
    result: list[State] = []
    try:
        for state in islice(machine.initial_states(), most):
            result.append(state)
    except UsageError:
        if not result:
            raise
    return result


def initial_states(machine: Machine, chance: random.Random, tries: int) -> Iterator[State]:
    """Initial states among this many candidates drawn; the same one may occur again."""
    model = machine.model
    if any(True for _ in machine.undefined_initially()):
        return
    given = {v.name: machine.initial_value(v) for v in model.variables if v.initial is not None}
    for _ in range(tries):
        drawn = {v.name: value(machine.scope, v.sort, chance) for v in model.variables if v.name not in given}
        state = FrozenMap({v.name: {**given, **drawn}[v.name] for v in model.variables})
        if all(machine.satisfies(named, state) is True for named in model.initial):
            yield state


def value(scope: FiniteScope, sort: Sort, chance: random.Random) -> Any:
    """A value of a sort; ends of ranges, and small collections, more often than by chance alone."""
    match sort:
        case RangeSort():
            low, high = scope.bounds(sort)
            if chance.random() < 0.5:
                near = chance.randint(0, min(NEAR, high - low))
                return chance.choice((low + near, high - near))
            return chance.randint(low, high)
        case FunctionSort(index=index, value=of):
            return FrozenMap({place: value(scope, of, chance) for place in scope.domain(index)})
        case SetSort(element=element):
            return frozenset(value(scope, element, chance) for _ in range(chance.randint(0, NEAR)))
        case OptionSort(element=element):
            return None if chance.random() < 0.5 else Some(value(scope, element, chance))
        case RecordSort(fields=fields):
            return FrozenMap({name: value(scope, of, chance) for name, of in fields})
        case SequenceSort(element=element):
            length = chance.randint(0, min(NEAR, scope.capacity(sort)))
            return tuple(value(scope, element, chance) for _ in range(length))
        case KeyedSort(element=record, key=key):
            drawn = (value(scope, record, chance) for _ in range(chance.randint(0, NEAR)))
            return frozenset({item[key]: item for item in drawn}.values())
    return chance.choice(scope.domain(sort))
