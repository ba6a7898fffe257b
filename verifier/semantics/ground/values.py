"""Symbolic values: the form of kernel terms at a finite scope, and the operations that depend on its sort alone.

| sort | symbolic value |
|---|---|
| Bool, integers | a node |
| enumeration, scalarset, quorum | a node: the position in the sort's domain |
| option of one of those | (code, base): 0 for none, else value - base + 1 |
| option of anything else | (present, value); the value is None where the option is known to be none |
| record | a tuple, in the order of the fields |
| function | a dictionary from keys to values |
| set | a dictionary from keys to Bool nodes; other keys are not elements |
| sequence | (length, elements); elements beyond the length mean nothing |
| keyed set | a tuple of (present, record); present records have different keys |

A *key* stands for a constant of a sort: the node's integer where the value is one node; a tuple of keys for records,
functions (in the order of the domain) and sequences; a frozenset of keys for sets and keyed sets; for options None or a
tuple of one key. Integers have their full width everywhere: nothing wraps, and a value may lie outside its sort.
"""

# ruff: noqa: D102 - what a method means is said once, in `Shape`.

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Protocol

from verifier.kernel.sorts import (
    OptionSort,
    RangeSort,
    Sort,
)
from verifier.semantics.ground.circuit import Circuit, Node
from verifier.semantics.scope import FiniteScope

Value = Any
Key = Any

VARIES: Key = object()
"""Stands in place of the key of a value that is not a constant."""


class Shapes(Protocol):
    """Where the shape of every sort at one scope, over one circuit, is found."""

    scope: FiniteScope
    circuit: Circuit

    def of(self, sort: Sort) -> Shape:
        """The shape of `sort`."""
        ...


class Shape:
    """The operations on symbolic values of one sort. `atom`: the value is one node."""

    atom = False

    def __init__(self, shapes: Shapes, sort: Any) -> None:
        self.shapes = shapes
        self.circuit = shapes.circuit
        self.scope = shapes.scope
        self.sort = sort
        self._single: dict[Key, Value] = {}

    def read(self, take: Callable[[], Node]) -> Value:
        """The value that is stored in the next fields, which `take` yields one by one."""
        raise NotImplementedError

    def write(self, value: Value) -> list[Node]:
        """The codes under which a value of the sort is stored; they mean nothing where it is outside the sort."""
        raise NotImplementedError

    @property
    def lows(self) -> list[Node]:
        """The codes that stand where a value is absent."""
        raise NotImplementedError

    @cached_property
    def default(self) -> Value:
        """Some value of the sort, for where any will do."""
        codes = iter(self.lows)
        return self.read(lambda: next(codes))

    def key(self, value: Any) -> Key:
        """The key of a concrete value, which may be outside the sort."""
        raise NotImplementedError

    def fixed(self, value: Value) -> Key:
        """The key of a value that is a constant; `VARIES` for any other."""
        raise NotImplementedError

    def constant(self, key: Key) -> Value:
        """The constant of this key, which may be outside the sort."""
        raise NotImplementedError

    def single(self, key: Key) -> Value:
        """The constant of this key; one object for each key, as its identity shows which value is read."""
        if key not in self._single:
            self._single[key] = self.constant(key)
        return self._single[key]

    @cached_property
    def constants(self) -> dict[Key, Value]:
        """Every value of the sort by its key, in the order of the domain."""
        keys = [self.key(value) for value in self.scope.domain(self.sort)]
        return {key: self.single(key) for key in keys}

    @property
    def listed(self) -> bool:
        """Whether the values of the sort have been listed: those of a sort without ends cannot be."""
        return "constants" in vars(self)

    def has_key(self, key: Key) -> bool:
        """Whether a key stands for a value of the sort."""
        return key in self.constants

    def match(self, value: Value, key: Key) -> Node:
        """Whether `value` is the constant of this key, which may be outside the sort."""
        constant = self.constants[key] if self.has_key(key) else self.constant(key)
        return self.equal(value, constant)

    def matches(self, value: Value) -> dict[Key, Node]:
        """When `value` is each of the constants that it can be, in the order of the domain."""
        known = self.fixed(value)
        if known is not VARIES:
            return {known: self.circuit.true} if known in self.constants else {}
        result = {key: self.match(value, key) for key in self.constants}
        return {key: node for key, node in result.items() if node is not self.circuit.false}

    def equal(self, left: Value, right: Value) -> Node:
        """Whether two values are equal."""
        raise NotImplementedError

    def merge(self, condition: Node, then: Value, otherwise: Value) -> Value:
        """`then` where `condition` holds, else `otherwise`."""
        if then is otherwise or condition is self.circuit.true:
            return then
        return otherwise if condition is self.circuit.false else self._merge(condition, then, otherwise)

    def _merge(self, condition: Node, then: Value, otherwise: Value) -> Value:
        raise NotImplementedError

    def outside(self, value: Value) -> Node:
        """Whether `value` is not a value of the sort: an integer out of its range somewhere, a sequence too long."""
        raise NotImplementedError

    def select(self, index: Value, table: Mapping[Key, Value], values: Shape) -> Value:
        """The entry of `table` for an index of this sort; any value where there is none."""
        known = self.fixed(index)
        if known is not VARIES:
            if known in table:
                return table[known]
            return values.default
        result: Value = None
        for key in reversed(table):
            here = self.match(index, key)
            if here is not self.circuit.false:
                result = table[key] if result is None else values.merge(here, table[key], result)
        return values.default if result is None else result

    def less(self, left: Value, right: Value, strict: bool) -> Node:
        """Whether `left` is below `right`, or equal unless `strict`; only for integers, ordered records and ordered names."""
        raise TypeError(f"{self.sort} is not ordered")


class Atom(Shape):
    """Values that are one node."""

    atom = True

    def read(self, take: Callable[[], Node]) -> Value:
        return take()

    def write(self, value: Value) -> list[Node]:
        return [value]

    def key(self, value: Any) -> Key:
        return int(value)

    def fixed(self, value: Value) -> Key:
        return value.value if value.op == "const" else VARIES

    def constant(self, key: Key) -> Value:
        return self.circuit.int(key)

    def match(self, value: Value, key: Key) -> Node:
        return self.circuit.eq(value, self.circuit.int(key))

    def equal(self, left: Value, right: Value) -> Node:
        return self.circuit.eq(left, right)

    def merge(self, condition: Node, then: Value, otherwise: Value) -> Value:
        return self.circuit.ite(condition, then, otherwise)

    def outside(self, value: Value) -> Node:
        return self.circuit.false


class BoolShape(Atom):
    """Truth values."""

    @property
    def lows(self) -> list[Node]:
        return [self.circuit.false]

    def constant(self, key: Key) -> Value:
        return self.circuit.bool(bool(key))

    def match(self, value: Value, key: Key) -> Node:
        return value if key else self.circuit.not_(value)

    def equal(self, left: Value, right: Value) -> Node:
        return self.circuit.true if left is right else self.circuit.iff(left, right)


class IntShape(Atom):
    """Integers of any size; never stored, never enumerated."""

    def has_key(self, key: Key) -> bool:
        return True

    @property
    def lows(self) -> list[Node]:
        return [self.circuit.int(0)]

    def less(self, left: Value, right: Value, strict: bool) -> Node:
        return self.circuit.lt(left, right) if strict else self.circuit.le(left, right)


class RangeShape(IntShape):
    """Integers of a range."""

    def __init__(self, shapes: Shapes, sort: RangeSort) -> None:
        super().__init__(shapes, sort)
        self.low, self.high = self.scope.bounds(sort)

    @property
    def lows(self) -> list[Node]:
        return [self.circuit.int(self.low)]

    def has_key(self, key: Key) -> bool:
        return bool(self.low <= key <= self.high)

    def outside(self, value: Value) -> Node:
        if self.low <= value.low and value.high <= self.high:
            return self.circuit.false
        low, high = self.circuit.int(self.low), self.circuit.int(self.high)
        return self.circuit.or_((self.circuit.lt(value, low), self.circuit.lt(high, value)))


class LabelShape(Atom):
    """Labels of an enumeration or scalarset, and quorums."""

    @cached_property
    def _positions(self) -> dict[Any, int]:
        return {value: code for code, value in enumerate(self.scope.domain(self.sort))}

    @property
    def lows(self) -> list[Node]:
        return [self.circuit.int(0)]

    def key(self, value: Any) -> Key:
        return self._positions[value]

    def less(self, left: Value, right: Value, strict: bool) -> Node:
        """Whether one name comes before another; only for ordered scalarsets."""
        return self.circuit.lt(left, right) if strict else self.circuit.le(left, right)


class AtomOption(Shape):
    """Options whose values are atoms: one code, so that comparing two of them is one comparison."""

    def __init__(self, shapes: Shapes, sort: OptionSort) -> None:
        super().__init__(shapes, sort)
        self.element = shapes.of(sort.element)
        self.is_bool = isinstance(self.element, BoolShape)
        self.base = self.element.low if isinstance(self.element, RangeShape) else 0

    def none(self) -> Value:
        """The option without a value."""
        return self.circuit.int(0), self.base

    def some(self, value: Value) -> Value:
        """The option with this value."""
        circuit = self.circuit
        number = circuit.ite(value, circuit.int(1), circuit.int(0)) if self.is_bool else value
        base = min(self.base, number.low)
        return circuit.add(number, circuit.int(1 - base)), base

    def present(self, value: Value) -> Node:
        """Whether there is a value."""
        return self.circuit.not_(self.circuit.eq(value[0], self.circuit.int(0)))

    def payload(self, value: Value) -> Value:
        """The value; anything where there is none."""
        code, base = value
        if self.is_bool:
            return self.circuit.eq(code, self.circuit.int(2))
        return self.circuit.add(code, self.circuit.int(base - 1))

    def _at(self, value: Value, base: int) -> Node:
        code: Node = value[0]
        circuit = self.circuit
        if value[1] == base:
            return code
        zero, moved = circuit.int(0), circuit.add(code, circuit.int(value[1] - base))
        return circuit.ite(circuit.eq(code, zero), zero, moved)

    def read(self, take: Callable[[], Node]) -> Value:
        return take(), self.base

    def write(self, value: Value) -> list[Node]:
        return [self._at(value, self.base)]

    @property
    def lows(self) -> list[Node]:
        return [self.circuit.int(0)]

    def key(self, value: Any) -> Key:
        return None if value is None else (self.element.key(value.value),)

    def has_key(self, key: Key) -> bool:
        return key is None or self.element.has_key(key[0])

    def match(self, value: Value, key: Key) -> Node:
        return self.equal(value, self.constant(key))

    def fixed(self, value: Value) -> Key:
        code, base = value
        if code.op != "const":
            return VARIES
        return (code.value + base - 1,) if code.value else None

    def constant(self, key: Key) -> Value:
        return self.none() if key is None else self.some(self.element.constant(key[0]))

    def equal(self, left: Value, right: Value) -> Node:
        base = min(left[1], right[1])
        return self.circuit.eq(self._at(left, base), self._at(right, base))

    def _merge(self, condition: Node, then: Value, otherwise: Value) -> Value:
        base = min(then[1], otherwise[1])
        return self.circuit.ite(condition, self._at(then, base), self._at(otherwise, base)), base

    def outside(self, value: Value) -> Node:
        if not isinstance(self.element, RangeShape):
            return self.circuit.false
        code, base = value
        least, most = self.element.low - base + 1, self.element.high - base + 1
        if code.high <= most and (least <= 1 or code.low >= least):
            return self.circuit.false
        between = self.circuit.and_((self.present(value), self.circuit.lt(code, self.circuit.int(least))))
        return self.circuit.or_((between, self.circuit.lt(self.circuit.int(most), code)))
