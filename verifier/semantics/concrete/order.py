"""Facts about the values of a sort at a finite scope, found without listing them: an order, their number, their range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verifier.kernel.operators import OPERATORS
from verifier.kernel.sorts import (
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
    has_range,
)
from verifier.kernel.terms import Term
from verifier.semantics.scope.finite import FiniteScope


def ordering(scope: FiniteScope, sort: Sort) -> Callable[[Any], Any]:
    """A sort key for the values of `sort`, out of range or not: labels in the order of the scope.

    Sets are ordered by their sorted elements, and so on, so that nothing printed depends on hashing.
    """
    match sort:
        case EnumSort() | ScalarSort():
            places = {label: place for place, label in enumerate(scope.domain(sort))}
            return places.__getitem__
        case FunctionSort(index=index, value=value):
            keys, of = scope.domain(index), ordering(scope, value)
            return lambda item: tuple(of(item[key]) for key in keys)
        case RecordSort(fields=fields):
            parts = [(name, ordering(scope, of)) for name, of in fields]
            return lambda item: tuple(of(item[name]) for name, of in parts)
        case SetSort(element=element):
            return _collection(ordering(scope, element))
        case KeyedSort(element=record):
            return _collection(ordering(scope, record))
        case QuorumSort(of=base):
            return _collection(ordering(scope, base))
        case OptionSort(element=element):
            inner = ordering(scope, element)
            return lambda item: () if item is None else (inner(item.value),)
        case SequenceSort(element=element):
            entry = ordering(scope, element)
            return lambda item: tuple(entry(part) for part in item)
    return lambda item: item


def _collection(key: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda items: (len(items), sorted(key(item) for item in items))


def size(scope: FiniteScope, sort: Sort) -> int:
    """The number of values of `sort`; `scope.domain` lists them, which is only wise where they are few."""
    match sort:
        case BoolSort():
            return 2
        case RangeSort():
            low, high = scope.bounds(sort)
            return high - low + 1
        case FunctionSort(index=index, value=value):
            return int(size(scope, value) ** size(scope, index))
        case SetSort(element=element):
            return int(2 ** size(scope, element))
        case OptionSort(element=element):
            return 1 + size(scope, element)
        case RecordSort(fields=fields):
            return _product([size(scope, of) for _, of in fields])
        case SequenceSort(element=element):
            return sum(int(size(scope, element) ** length) for length in range(scope.capacity(sort) + 1))
        case KeyedSort(element=record, key=key):
            others = _product([size(scope, of) for name, of in record.fields if name != key])
            return int((1 + others) ** size(scope, sort.key_sort))
    return len(scope.domain(sort))


POSITIONS = 8
"""How far counting up to a number is taken to go."""


def instances(scope: FiniteScope, term: Term) -> int:
    """For how many values of the variables that it binds a term is evaluated, about."""
    binder = OPERATORS[term.op].binder
    if binder is None:
        return 1
    if binder.over == "positions":
        return POSITIONS
    bound = term.bound if binder.over == "sorts" else term.bound[-1:]
    return _product([size(scope, variable.sort) for variable in bound])


def _product(numbers: list[int]) -> int:
    result = 1
    for number in numbers:
        result *= number
    return result


def in_range(scope: FiniteScope, sort: Sort) -> Callable[[Any], bool] | None:
    """The test whether a value is within `sort`; None where every well-typed value is."""
    if not has_range(sort):
        return None
    match sort:
        case RangeSort():
            low, high = scope.bounds(sort)
            return lambda value: bool(low <= value <= high)
        case FunctionSort(value=value):
            inner = _total(in_range(scope, value))
            return lambda item: all(inner(image) for image in item.values())
        case SetSort(element=element):
            return _every(in_range(scope, element))
        case KeyedSort(element=record):
            return _every(in_range(scope, record))
        case OptionSort(element=element):
            of = _total(in_range(scope, element))
            return lambda option: option is None or of(option.value)
        case RecordSort(fields=fields):
            parts = [(name, _total(in_range(scope, of))) for name, of in fields]
            return lambda item: all(of(item[name]) for name, of in parts)
        case SequenceSort(element=element):
            capacity, every = scope.capacity(sort), _every(in_range(scope, element))
            return lambda items: len(items) <= capacity and every(items)
    raise TypeError(f"{sort} has no range")


def _total(test: Callable[[Any], bool] | None) -> Callable[[Any], bool]:
    return test or (lambda value: True)


def _every(test: Callable[[Any], bool] | None) -> Callable[[Any], bool]:
    inner = _total(test)
    return lambda items: all(inner(item) for item in items)
