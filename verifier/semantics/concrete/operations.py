"""The operators that bind nothing, as closures over a frame: functions of the values of their arguments."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from verifier.kernel.errors import Position
from verifier.kernel.sorts import KeyedSort, RecordSort, SetSort, Sort
from verifier.kernel.terms import Term
from verifier.semantics.scope.values import FrozenMap, Some

Frame = list[Any]
Closure = Callable[[Frame], Any]


class Undefined(Exception):
    """A partial operation was used where it has no value. Never leaves the semantics."""

    def __init__(self, term: Term) -> None:
        super().__init__(term.op)
        self.term = term

    @property
    def position(self) -> Position | None:
        """The line of the model that holds the operation."""
        return self.term.at


def element_sort(sort: Sort) -> Sort:
    """The sort of the elements of a set or a keyed set."""
    assert isinstance(sort, (SetSort, KeyedSort))
    return sort.element


def _and(term: Term, args: list[Closure]) -> Closure:
    if len(args) == 2:
        first, second = args
        return lambda frame: first(frame) and second(frame)
    return lambda frame: all(arg(frame) for arg in args)


def _or(term: Term, args: list[Closure]) -> Closure:
    if len(args) == 2:
        first, second = args
        return lambda frame: first(frame) or second(frame)
    return lambda frame: any(arg(frame) for arg in args)


def _not(term: Term, args: list[Closure]) -> Closure:
    (arg,) = args
    return lambda frame: not arg(frame)


def _implies(term: Term, args: list[Closure]) -> Closure:
    premise, conclusion = args
    return lambda frame: not premise(frame) or conclusion(frame)


def _ite(term: Term, args: list[Closure]) -> Closure:
    test, then, otherwise = args
    return lambda frame: then(frame) if test(frame) else otherwise(frame)


def _apply(term: Term, args: list[Closure]) -> Closure:
    function, index = args

    def apply(frame: Frame) -> Any:
        images, place = function(frame), index(frame)
        try:
            return images[place]
        except KeyError:
            raise Undefined(term) from None

    return apply


def _update(term: Term, args: list[Closure]) -> Closure:
    function, index, new = args

    def update(frame: Frame) -> FrozenMap:
        old, place, value = function(frame), index(frame), new(frame)
        if place not in old:
            raise Undefined(term)
        return FrozenMap({**old, place: value})

    return update


def _record(term: Term, args: list[Closure]) -> Closure:
    assert isinstance(term.sort, RecordSort)
    fields = [(name, arg) for (name, _), arg in zip(term.sort.fields, args, strict=True)]
    return lambda frame: FrozenMap({name: arg(frame) for name, arg in fields})


def _field(term: Term, args: list[Closure]) -> Closure:
    (record,), name = args, term.data
    return lambda frame: record(frame)[name]


def _payload(term: Term, args: list[Closure]) -> Closure:
    (option,) = args

    def payload(frame: Frame) -> Any:
        value = option(frame)
        if value is None:
            raise Undefined(term)
        return value.value

    return payload


def _at(term: Term, args: list[Closure]) -> Closure:
    sequence, index = args

    def at(frame: Frame) -> Any:
        items, place = sequence(frame), index(frame)
        if not 1 <= place <= len(items):
            raise Undefined(term)
        return items[place - 1]

    return at


def _put(term: Term, args: list[Closure]) -> Closure:
    sequence, index, new = args

    def put(frame: Frame) -> tuple[Any, ...]:
        items, place, value = sequence(frame), index(frame), new(frame)
        if not 1 <= place <= len(items):
            raise Undefined(term)
        return (*items[: place - 1], value, *items[place:])

    return put


def _tail(term: Term, args: list[Closure]) -> Closure:
    (sequence,) = args

    def tail(frame: Frame) -> tuple[Any, ...]:
        items: tuple[Any, ...] = sequence(frame)
        if not items:
            raise Undefined(term)
        return items[1:]

    return tail


def _key(term: Term) -> str:
    sort = term.args[0].sort
    assert isinstance(sort, KeyedSort)
    return sort.key


def _insert(term: Term, args: list[Closure]) -> Closure:
    (records, new), key = args, _key(term)

    def insert(frame: Frame) -> frozenset[Any]:
        items, value = records(frame), new(frame)
        if any(item[key] == value[key] and item != value for item in items):
            raise Undefined(term)
        return frozenset((*items, value))

    return insert


def _remove(term: Term, args: list[Closure]) -> Closure:
    (records, wanted), key = args, _key(term)

    def remove(frame: Frame) -> frozenset[Any]:
        items, place = records(frame), wanted(frame)
        return frozenset(item for item in items if item[key] != place)

    return remove


def _has_key(term: Term, args: list[Closure]) -> Closure:
    (records, wanted), key = args, _key(term)

    def has_key(frame: Frame) -> bool:
        items, place = records(frame), wanted(frame)
        return any(item[key] == place for item in items)

    return has_key


def _lookup(term: Term, args: list[Closure]) -> Closure:
    (records, wanted), key = args, _key(term)

    def lookup(frame: Frame) -> Any:
        items, place = records(frame), wanted(frame)
        for item in items:
            if item[key] == place:
                return item
        raise Undefined(term)

    return lookup


def _binary(operation: Callable[[Any, Any], Any]) -> Callable[[Term, list[Closure]], Closure]:
    def build(term: Term, args: list[Closure]) -> Closure:
        first, second = args
        return lambda frame: operation(first(frame), second(frame))

    return build


def _dividing(operation: Callable[[int, int], int]) -> Callable[[Term, list[Closure]], Closure]:
    def build(term: Term, args: list[Closure]) -> Closure:
        first, second = args

        def divided(frame: Frame) -> int:
            number, divisor = first(frame), second(frame)
            if divisor == 0:
                raise Undefined(term)
            return operation(number, divisor)

        return divided

    return build


def _unary(operation: Callable[[Any], Any]) -> Callable[[Term, list[Closure]], Closure]:
    def build(term: Term, args: list[Closure]) -> Closure:
        (arg,) = args
        return lambda frame: operation(arg(frame))

    return build


def _constant(value: Any) -> Callable[[Term, list[Closure]], Closure]:
    return lambda term, args: lambda frame: value


def _sequence(term: Term, args: list[Closure]) -> Closure:
    return lambda frame: tuple([arg(frame) for arg in args])


OPERATIONS: dict[str, Callable[[Term, list[Closure]], Closure]] = {
    "and": _and,
    "or": _or,
    "not": _not,
    "implies": _implies,
    "ite": _ite,
    "eq": _binary(operator.eq),
    "add": _binary(operator.add),
    "sub": _binary(operator.sub),
    "mul": _binary(operator.mul),
    "div": _dividing(operator.floordiv),
    "mod": _dividing(operator.mod),
    "member": _binary(lambda item, items: item in items),
    "append": _binary(lambda items, item: (*items, item)),
    "cardinality": _unary(len),
    "length": _unary(len),
    "some": _unary(Some),
    "is_some": _unary(lambda option: option is not None),
    "none": _constant(None),
    "keyed": _constant(frozenset()),
    "sequence": _sequence,
    "apply": _apply,
    "update": _update,
    "record": _record,
    "field": _field,
    "payload": _payload,
    "at": _at,
    "put": _put,
    "tail": _tail,
    "insert": _insert,
    "remove": _remove,
    "has_key": _has_key,
    "lookup": _lookup,
}
