"""Symbolic records, functions and sets; `values` shows what they look like."""

# ruff: noqa: D102 - what a method means is said once, in `Shape`.

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from verifier.kernel.sorts import FunctionSort, RecordSort, SetSort
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.values import VARIES, Key, Shape, Shapes, Value


class RecordShape(Shape):
    """Records."""

    def __init__(self, shapes: Shapes, sort: RecordSort) -> None:
        super().__init__(shapes, sort)
        self.names = [name for name, _ in sort.fields]
        self.parts = [shapes.of(of) for _, of in sort.fields]

    def _fields(self, *values: Value) -> Iterable[tuple[Any, ...]]:
        return zip(self.parts, *values, strict=True)

    def read(self, take: Callable[[], Node]) -> Value:
        return tuple([part.read(take) for part in self.parts])

    def write(self, value: Value) -> list[Node]:
        return [code for part, of in self._fields(value) for code in part.write(of)]

    @cached_property
    def lows(self) -> list[Node]:
        return [code for part in self.parts for code in part.lows]

    def key(self, value: Any) -> Key:
        return tuple([part.key(value[name]) for name, part in zip(self.names, self.parts, strict=True)])

    def fixed(self, value: Value) -> Key:
        return all_fixed([part.fixed(of) for part, of in self._fields(value)])

    def constant(self, key: Key) -> Value:
        return tuple([part.single(of) for part, of in self._fields(key)])

    def has_key(self, key: Key) -> bool:
        return all(part.has_key(of) for part, of in self._fields(key))

    def matches(self, value: Value) -> dict[Key, Node]:
        fields = [part.matches(of).items() for part, of in self._fields(value)]
        rows = ((tuple([key for key, _ in row]), [node for _, node in row]) for row in itertools.product(*fields))
        return {key: self.circuit.and_(nodes) for key, nodes in rows}

    def equal(self, left: Value, right: Value) -> Node:
        same: list[Node] = []
        for part, a, b in self._fields(left, right):
            same.append(part.equal(a, b))
            if same[-1] is self.circuit.false:
                return same[-1]
        return self.circuit.and_(same)

    def _merge(self, condition: Node, then: Value, otherwise: Value) -> Value:
        return tuple([part.merge(condition, a, b) for part, a, b in self._fields(then, otherwise)])

    def outside(self, value: Value) -> Node:
        return self.circuit.or_([part.outside(of) for part, of in self._fields(value)])

    def less(self, left: Value, right: Value, strict: bool) -> Node:
        circuit = self.circuit
        result = circuit.bool(not strict)
        for a, b in reversed(list(zip(left, right, strict=True))):
            result = circuit.or_((circuit.lt(a, b), circuit.and_((circuit.eq(a, b), result))))
        return result


class FunctionShape(Shape):
    """Total functions."""

    def __init__(self, shapes: Shapes, sort: FunctionSort) -> None:
        super().__init__(shapes, sort)
        self.index = shapes.of(sort.index)
        self.value = shapes.of(sort.value)

    def read(self, take: Callable[[], Node]) -> Value:
        return {key: self.value.read(take) for key in self.index.constants}

    def write(self, value: Value) -> list[Node]:
        return [code for of in value.values() for code in self.value.write(of)]

    @cached_property
    def lows(self) -> list[Node]:
        return self.value.lows * len(self.index.constants)

    def key(self, value: Any) -> Key:
        return tuple([self.value.key(value[index]) for index in self.scope.domain(self.sort.index)])

    def fixed(self, value: Value) -> Key:
        return all_fixed([self.value.fixed(of) for of in value.values()])

    def constant(self, key: Key) -> Value:
        return {index: self.value.constant(of) for index, of in zip(self.index.constants, key, strict=True)}

    def has_key(self, key: Key) -> bool:
        return all(self.value.has_key(of) for of in key)

    def equal(self, left: Value, right: Value) -> Node:
        return self.circuit.and_([self.value.equal(of, right[key]) for key, of in left.items()])

    def _merge(self, condition: Node, then: Value, otherwise: Value) -> Value:
        merge = self.value.merge
        return {key: merge(condition, of, otherwise[key]) for key, of in then.items()}

    def outside(self, value: Value) -> Node:
        return self.circuit.or_([self.value.outside(of) for of in value.values()])


class SetShape(Shape):
    """Sets."""

    def __init__(self, shapes: Shapes, sort: SetSort) -> None:
        super().__init__(shapes, sort)
        self.element = shapes.of(sort.element)

    def read(self, take: Callable[[], Node]) -> Value:
        return {key: take() for key in self.element.constants}

    def write(self, value: Value) -> list[Node]:
        if self.complete(value):
            return list(value.values())
        return [value.get(key, self.circuit.false) for key in self.element.constants]

    def complete(self, value: Value) -> bool:
        """Whether a node stands for each value of the element sort, in order, and for no other: as a set that is stored has."""
        constants = self.element.constants
        return len(value) == len(constants) and all(map(operator.is_, value, constants))

    @cached_property
    def lows(self) -> list[Node]:
        return [self.circuit.false] * len(self.element.constants)

    def key(self, value: Any) -> Key:
        return frozenset([self.element.key(element) for element in value])

    def fixed(self, value: Value) -> Key:
        if any(node.op != "const" for node in value.values()):
            return VARIES
        return frozenset([key for key, node in value.items() if node.value])

    def constant(self, key: Key) -> Value:
        return dict.fromkeys(key, self.circuit.true)

    def has_key(self, key: Key) -> bool:
        return all(self.element.has_key(element) for element in key)

    def _pairs(self, left: Value, right: Value) -> dict[Key, tuple[Node, Node]]:
        absent = self.circuit.false
        return {key: (left.get(key, absent), right.get(key, absent)) for key in {**left, **right}}

    def equal(self, left: Value, right: Value) -> Node:
        pairs = self._pairs(left, right).values()
        return self.circuit.and_([self.circuit.iff(a, b) for a, b in pairs if a is not b])

    def _merge(self, condition: Node, then: Value, otherwise: Value) -> Value:
        ite = self.circuit.ite
        return {key: ite(condition, a, b) for key, (a, b) in self._pairs(then, otherwise).items()}

    def outside(self, value: Value) -> Node:
        if self.element.listed and self.complete(value):
            return self.circuit.false
        return self.circuit.or_([node for key, node in value.items() if not self.element.has_key(key)])

    def contains(self, value: Value, element: Value) -> Node:
        """Whether `element` is an element of the set `value`."""
        circuit = self.circuit
        known = self.element.fixed(element)
        if known is not VARIES:
            node: Node = value.get(known, circuit.false)
            return node
        match = self.element.match
        return circuit.or_([circuit.and_((inside, match(element, key))) for key, inside in value.items()])


def all_fixed(keys: list[Key]) -> Key:
    """The tuple of the keys; `VARIES` if one of them does."""
    return VARIES if any(key is VARIES for key in keys) else tuple(keys)
