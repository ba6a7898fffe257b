"""Describes the parts of a value that lie outside their sorts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
from verifier.semantics.concrete.order import in_range, ordering
from verifier.semantics.concrete.printing import value_text
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.scope.values import NoValue


def misfit(value: Any, sort: Sort, scope: FiniteScope) -> str:
    """Why a value does not fit where an element, or a set, of `sort` is needed."""
    return next(outside("the set" if isinstance(sort, SetSort) else "an element", value, sort, scope))


def outside(place: str, value: Any, sort: Sort, scope: FiniteScope) -> Iterator[str]:
    """The parts of a value that are out of range: `count = 4 is outside Count, 0..3`; nothing if it is within its sort."""
    if isinstance(value, NoValue):
        yield f"{place} has no value: {value.reason}"
        return
    test = in_range(scope, sort)
    if test is None or test(value):
        return
    match sort:
        case RangeSort():
            low, high = scope.bounds(sort)
            yield f"{place} = {value} is outside {sort}, {low}..{high}"
        case FunctionSort(index=index, value=of):
            for key, image in value.items():
                yield from outside(f"{place}[{value_text(key, index, scope)}]", image, of, scope)
        case RecordSort(fields=fields):
            for name, of in fields:
                yield from outside(f"{place}.{name}", value[name], of, scope)
        case OptionSort(element=element):
            yield from outside(f"{place}.value", value.value, element, scope)
        case SequenceSort(element=element):
            if len(value) > scope.capacity(sort):
                yield f"{place} has {len(value)} elements, more than the {scope.capacity(sort)} of {sort}"
            for number, item in enumerate(value, 1):
                yield from outside(f"{place}[{number}]", item, element, scope)
        case SetSort(element=element):
            yield from _members_outside(place, value, element, scope)
        case KeyedSort(element=record):
            yield from _members_outside(place, value, record, scope)


def _members_outside(place: str, items: Any, element: Sort, scope: FiniteScope) -> Iterator[str]:
    for item in sorted(items, key=ordering(scope, element)):
        for line in outside("an element", item, element, scope):
            yield f"{line} in {place}"
