"""Symbolic values with parts that may be absent: options, sequences, keyed sets; `values` shows them."""

# ruff: noqa: D102 - what a method means is said once, in `Shape`.

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

from verifier.kernel.sorts import KeyedSort, OptionSort, SequenceSort
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.containers import RecordShape, all_fixed
from verifier.semantics.ground.values import VARIES, Key, Shape, Shapes, Value


class Sparse(Shape):
    """Values with fields that may be absent.

    The fields of an absent part hold the least code. A value that is stored as it was read keeps its own fields, so an unchanged
    value is not a write.
    """

    def __init__(self, shapes: Shapes, sort: Any) -> None:
        super().__init__(shapes, sort)
        self._stored: dict[int, tuple[Value, list[Node]]] = {}

    def read(self, take: Callable[[], Node]) -> Value:
        fields: list[Node] = []

        def record() -> Node:
            fields.append(take())
            return fields[-1]

        value = self._read(record)
        self._stored[id(value)] = (value, fields)
        return value

    def write(self, value: Value) -> list[Node]:
        stored = self._stored.get(id(value))
        return stored[1] if stored is not None else self.canonical(value)

    def canonical(self, value: Value) -> list[Node]:
        """The codes of `value`, with the least code wherever something is absent."""
        raise NotImplementedError

    def _read(self, take: Callable[[], Node]) -> Value:
        raise NotImplementedError

    def _where(self, condition: Node, shape: Shape, value: Value) -> list[Node]:
        lows = shape.lows
        if condition is self.circuit.false or value is None:
            return list(lows)
        codes = zip(shape.write(value), lows, strict=True)
        return [self.circuit.ite(condition, code, low) for code, low in codes]

    def _either(self, condition: Node, shape: Shape, then: Value, otherwise: Value) -> Value:
        if then is None or otherwise is None:
            return otherwise if then is None else then
        return shape.merge(condition, then, otherwise)


class OptionShape(Sparse):
    """Options whose values are not single nodes."""

    def __init__(self, shapes: Shapes, sort: OptionSort) -> None:
        super().__init__(shapes, sort)
        self.element = shapes.of(sort.element)

    def none(self) -> Value:
        """The option without a value."""
        return self.circuit.false, None

    def some(self, value: Value) -> Value:
        """The option with this value."""
        return self.circuit.true, value

    def present(self, value: Value) -> Node:
        """Whether there is a value."""
        node: Node = value[0]
        return node

    def payload(self, value: Value) -> Value:
        """The value; anything where there is none."""
        return self.element.default if value[1] is None else value[1]

    def _read(self, take: Callable[[], Node]) -> Value:
        return take(), self.element.read(take)

    def canonical(self, value: Value) -> list[Node]:
        return [value[0], *self._where(value[0], self.element, value[1])]

    @cached_property
    def lows(self) -> list[Node]:
        return [self.circuit.false, *self.element.lows]

    def key(self, value: Any) -> Key:
        return None if value is None else (self.element.key(value.value),)

    def fixed(self, value: Value) -> Key:
        if value[0].op != "const":
            return VARIES
        return all_fixed([self.element.fixed(value[1])]) if value[0].value else None

    def constant(self, key: Key) -> Value:
        return self.none() if key is None else self.some(self.element.constant(key[0]))

    def has_key(self, key: Key) -> bool:
        return key is None or self.element.has_key(key[0])

    def equal(self, left: Value, right: Value) -> Node:
        same = self.circuit.not_(self.circuit.or_((left[0], right[0])))
        if left[1] is None or right[1] is None:
            return same
        both = self.circuit.and_((left[0], right[0], self.element.equal(left[1], right[1])))
        return self.circuit.or_((same, both))

    def _merge(self, condition: Node, then: Value, otherwise: Value) -> Value:
        present = self.circuit.ite(condition, then[0], otherwise[0])
        return present, self._either(condition, self.element, then[1], otherwise[1])

    def outside(self, value: Value) -> Node:
        if value[1] is None:
            return self.circuit.false
        return self.circuit.and_((value[0], self.element.outside(value[1])))


class SequenceShape(Sparse):
    """Sequences."""

    def __init__(self, shapes: Shapes, sort: SequenceSort) -> None:
        super().__init__(shapes, sort)
        self.element = shapes.of(sort.element)
        self.capacity = self.scope.capacity(sort)

    def _read(self, take: Callable[[], Node]) -> Value:
        return take(), tuple([self.element.read(take) for _ in range(self.capacity)])

    def within(self, value: Value, position: int) -> Node:
        """Whether there is an element at `position`, from 0."""
        return self.circuit.lt(self.circuit.int(position), value[0])

    def canonical(self, value: Value) -> list[Node]:
        codes = [value[0]]
        for i, element in enumerate(value[1][: self.capacity]):
            codes += self._where(self.within(value, i), self.element, element)
        return codes + self.element.lows * (self.capacity - len(value[1]))

    @cached_property
    def lows(self) -> list[Node]:
        return [self.circuit.int(0), *self.element.lows * self.capacity]

    def key(self, value: Any) -> Key:
        return tuple([self.element.key(element) for element in value])

    def fixed(self, value: Value) -> Key:
        if value[0].op != "const":
            return VARIES
        return all_fixed([self.element.fixed(element) for element in value[1][: value[0].value]])

    def constant(self, key: Key) -> Value:
        return self.circuit.int(len(key)), tuple([self.element.constant(element) for element in key])

    def has_key(self, key: Key) -> bool:
        return len(key) <= self.capacity and all(self.element.has_key(element) for element in key)

    def equal(self, left: Value, right: Value) -> Node:
        circuit = self.circuit
        parts = [circuit.eq(left[0], right[0])]
        for i, (a, b) in enumerate(zip(left[1], right[1], strict=False)):
            parts.append(circuit.implies(self.within(left, i), self.element.equal(a, b)))
        return circuit.and_(parts)

    def _merge(self, condition: Node, then: Value, otherwise: Value) -> Value:
        shorter, longer = sorted((then[1], otherwise[1]), key=len)
        merged = [self.element.merge(condition, a, b) for a, b in zip(then[1], otherwise[1], strict=False)]
        length = self.circuit.ite(condition, then[0], otherwise[0])
        return length, (*merged, *longer[len(shorter) :])

    def outside(self, value: Value) -> Node:
        circuit = self.circuit
        parts = [circuit.lt(circuit.int(self.capacity), value[0])]
        for i, element in enumerate(value[1]):
            parts.append(circuit.and_((self.within(value, i), self.element.outside(element))))
        return circuit.or_(parts)


class KeyedShape(Sparse):
    """Keyed sets."""

    def __init__(self, shapes: Shapes, sort: KeyedSort) -> None:
        super().__init__(shapes, sort)
        record = shapes.of(sort.element)
        assert isinstance(record, RecordShape)
        self.record = record
        self.place = self.record.names.index(sort.key)
        self.keys = self.record.parts[self.place]
        self.others = [part for i, part in enumerate(self.record.parts) if i != self.place]

    def key_of(self, record: Value) -> Value:
        """The key of a record."""
        return record[self.place]

    def with_key(self, record: Value, key: Value) -> Value:
        """The record with another key."""
        return (*record[: self.place], key, *record[self.place + 1 :])

    def _read(self, take: Callable[[], Node]) -> Value:
        return tuple([self._entry(key, take) for key in self.keys.constants.values()])

    def _entry(self, key: Value, take: Callable[[], Node]) -> Value:
        present = take()
        fields = [part.read(take) for part in self.others]
        return present, (*fields[: self.place], key, *fields[self.place :])

    def canonical(self, value: Value) -> list[Node]:
        codes: list[Node] = []
        for key in self.keys.constants:
            present, record = self.find(value, partial(self._has, key))
            codes.append(present)
            for i, part in enumerate(self.record.parts):
                if i != self.place:
                    codes += self._where(present, part, None if record is None else record[i])
        return codes

    def _has(self, key: Key, held: Value) -> Node:
        return self.keys.match(held, key)

    def find(self, value: Value, matches: Callable[[Value], Node]) -> tuple[Node, Value]:
        """Whether the key of some record matches, and that record.

        It is any record where none matches, None if none ever can.
        """
        nodes: list[Node] = []
        result: Value = None
        for present, record in value:
            here = self.circuit.and_((present, matches(record[self.place])))
            if here is not self.circuit.false:
                nodes.append(here)
                result = record if result is None else self.record.merge(here, record, result)
        return self.circuit.or_(nodes), result

    @cached_property
    def lows(self) -> list[Node]:
        absent = [self.circuit.false, *(low for part in self.others for low in part.lows)]
        return absent * len(self.keys.constants)

    def key(self, value: Any) -> Key:
        return frozenset([self.record.key(record) for record in value])

    def fixed(self, value: Value) -> Key:
        if any(present.op != "const" for present, _ in value):
            return VARIES
        records = all_fixed([self.record.fixed(record) for present, record in value if present.value])
        return VARIES if records is VARIES else frozenset(records)

    def constant(self, key: Key) -> Value:
        order = {of: place for place, of in enumerate(self.keys.constants)}
        records = sorted(key, key=lambda record: order.get(record[self.place], len(order)))
        return tuple([(self.circuit.true, self.record.constant(record)) for record in records])

    def has_key(self, key: Key) -> bool:
        return len({record[self.place] for record in key}) == len(key) and all(self.record.has_key(of) for of in key)

    def contains(self, value: Value, record: Value) -> Node:
        """Whether `record` is a member."""
        same = self.record.equal
        return self.circuit.or_([self.circuit.and_((present, same(held, record))) for present, held in value])

    def equal(self, left: Value, right: Value) -> Node:
        circuit = self.circuit
        parts = []
        for one, other in ((left, right), (right, left)):
            parts += [circuit.implies(present, self.contains(other, record)) for present, record in one]
        return circuit.and_(parts)

    def _merge(self, condition: Node, then: Value, otherwise: Value) -> Value:
        circuit = self.circuit
        unless = circuit.not_(condition)
        merged = []
        for (p, a), (q, b) in zip(then, otherwise, strict=False):
            if a[self.place] is b[self.place]:
                merged.append((circuit.ite(condition, p, q), self.record.merge(condition, a, b)))
            else:
                merged += [(circuit.and_((condition, p)), a), (circuit.and_((unless, q)), b)]
        common = min(len(then), len(otherwise))
        merged += [(circuit.and_((condition, p)), a) for p, a in then[common:]]
        merged += [(circuit.and_((unless, q)), b) for q, b in otherwise[common:]]
        return tuple(merged)

    def outside(self, value: Value) -> Node:
        outside = self.record.outside
        return self.circuit.or_([self.circuit.and_((present, outside(record))) for present, record in value])
