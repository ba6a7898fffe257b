"""Orbits: how many classes a set of states falls into under the permutations of scalarsets, exactly.

A permutation renames the members of every scalarset, apart from its named constants. On the packed view it moves fields
(a function indexed by the scalarset) and maps codes (a value of the scalarset). For a set closed under all permutations
the number of classes is the mean number of states that a permutation fixes (Cauchy and Frobenius), and permutations of
the same cycle type fix equally many: one for each combination of cycle types is enough. That the set is closed is
checked on the set itself, with generators of all permutations: renaming is one to one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from verifier.kernel.sorts import (
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import Array, chunks, type_of
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.layout import Layout
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.states import Bools, States, joined
from verifier.semantics.scope import FiniteScope
from verifier.semantics.scope.renamed import Renaming, movable, renamed

# The states that are renamed and looked up together.
CLOSED = 1 << 20

# Among this many states at a time those that a permutation leaves unchanged are found: most drop out at the first fields.
FIXED = 1 << 16


@dataclass(frozen=True, slots=True)
class Move:
    """How a field gets its code under a permutation.

    It is the code of field `source`, mapped by `codes` if there are any (indexed by `code - low`); where field `guard`
    holds no more than `beyond`, the source is absent and its least code stays.
    """

    source: int
    codes: tuple[int, ...] | None = None
    guard: int | None = None
    beyond: int = 0


class Permutation:
    """One permutation, as moves of the fields of a layout."""

    def __init__(self, layout: Layout, renaming: Renaming) -> None:
        self.layout = layout
        self.scope: FiniteScope = layout.scope
        self.renaming = renaming
        self.moves: list[Move] = []
        for variable in self.scope.model.variables:
            self._add(variable.sort, len(self.moves), None, 0)
        #: The fields that the permutation may change.
        self.changes = [n for n, move in enumerate(self.moves) if move.source != n or move.codes is not None]

    def _width(self, sort: Sort) -> int:
        return len(self.layout.codec(sort).lows)

    def _order(self, sort: Sort) -> Iterator[int]:
        """For each value of `sort`, in order, the position of the value that is renamed to it."""
        values = self.scope.domain(sort)
        origin = {renamed(value, sort, self.renaming): number for number, value in enumerate(values)}
        return (origin[value] for value in values)

    def _add(self, sort: Sort, start: int, guard: int | None, beyond: int) -> None:
        """Appends the moves of the fields of one value, which come from the value stored at field `start`."""
        match sort:
            case BoolSort() | RangeSort() | EnumSort():
                self.moves.append(Move(start))
            case ScalarSort():
                self._map(sort, start, guard, beyond)
            case OptionSort(element=BoolSort() | EnumSort() | RangeSort()):
                self.moves.append(Move(start))
            case OptionSort(element=ScalarSort()):
                self._map(sort, start, None, 0)
            case OptionSort(element=element):
                self.moves.append(Move(start))
                self._add(element, start + 1, start, 0)
            case RecordSort(fields=fields):
                for _, of in fields:
                    self._add(of, start, guard, beyond)
                    start += self._width(of)
            case FunctionSort(index=index, value=value):
                for origin in self._order(index):
                    self._add(value, start + origin * self._width(value), guard, beyond)
            case SetSort(element=element):
                self.moves.extend(Move(start + origin) for origin in self._order(element))
            case SequenceSort(element=element):
                self.moves.append(Move(start))
                for place in range(self.scope.capacity(sort)):
                    self._add(element, start + 1 + place * self._width(element), start, place)
            case KeyedSort(element=record, key=key):
                rest = [of for name, of in record.fields if name != key]
                width = 1 + sum(self._width(of) for of in rest)
                for origin in self._order(sort.key_sort):
                    present = start + origin * width
                    self.moves.append(Move(present))
                    at = present + 1
                    for of in rest:
                        self._add(of, at, present, 0)
                        at += self._width(of)
            case _:
                raise TypeError(f"{sort} cannot be stored")

    def _map(self, sort: Sort, source: int, guard: int | None, beyond: int) -> None:
        values = self.scope.domain(sort)
        codes = {value: code for code, value in enumerate(values)}
        mapped = tuple(codes[renamed(value, sort, self.renaming)] for value in values)
        if mapped == tuple(range(len(mapped))):
            self.moves.append(Move(source))
        else:
            self.moves.append(Move(source, mapped, guard, beyond))

    def column(self, before: Columns, number: int) -> Array:
        """The codes of one field after the permutation, from the codes before it."""
        move = self.moves[number]
        source = before[move.source]
        if move.codes is None:
            return source
        mapped = np.array(move.codes, type_of(self.layout.fields[number]))[source]
        if move.guard is not None:
            mapped = np.where(before[move.guard] > move.beyond, mapped, source)
        return mapped

    def node(self, ground: Ground, number: int) -> Node:
        """The code of one field after the permutation, as a node over the fields before it."""
        circuit, move = ground.circuit, self.moves[number]
        source = ground.field_node(move.source)
        if move.codes is None:
            return source
        low, mapped = self.layout.fields[move.source].low, source
        for code, other in enumerate(move.codes, low):
            if code != other:
                mapped = circuit.ite(circuit.eq(source, circuit.int(code)), circuit.int(other), mapped)
        if move.guard is None:
            return mapped
        guard = ground.field_node(move.guard)
        present = guard if guard.is_bool else circuit.not_(circuit.le(guard, circuit.int(move.beyond)))
        return circuit.ite(present, mapped, source)

    def apply(self, packing: Packing, states: States) -> States:
        """The packed states with their scalarset members renamed."""
        kept = [2**64 - 1 - mask for mask in packing.masks(self.changes)]
        parts = [packing.empty()]
        for part in chunks(states):
            before = Columns(packing, part.words)
            after = [word & np.uint64(mask) for word, mask in zip(before.words, kept, strict=True)]
            for number in self.changes:
                packing.put(after, number, self.column(before, number))
            parts.append(States(tuple(after)))
        return joined(parts)

    def fixed(self, before: Columns) -> int:
        """How many of the states the permutation leaves as they are."""
        for number in self.changes:
            same = self.column(before, number) == before[number]
            before = before.only(same)
            if not len(before):
                break
        return len(before)


class Columns:
    """The columns of a batch, unpacked as they are asked for."""

    def __init__(self, packing: Packing, words: Sequence[Array]) -> None:
        self.packing = packing
        self.words = words
        self._known: dict[int, Array] = {}

    def __len__(self) -> int:
        return len(self.words[0])

    def __getitem__(self, number: int) -> Array:
        result = self._known.get(number)
        if result is None:
            result = self._known[number] = self.packing.column(self.words, number)
        return result

    def only(self, rows: Bools) -> Columns:
        """The batch with only the rows that are marked."""
        if rows.all():
            return self
        places = np.flatnonzero(rows)
        return Columns(self.packing, [word.take(places) for word in self.words])


def cycle_types(size: int, greatest: int | None = None) -> Iterator[tuple[int, ...]]:
    """The partitions of `size`: the lengths of a permutation's cycles, the longest first."""
    if size == 0:
        yield ()
        return
    for first in range(min(size, greatest or size), 0, -1):
        for rest in cycle_types(size - first, first):
            yield (first, *rest)


def class_size(cycles: Sequence[int]) -> int:
    """How many permutations have these cycle lengths."""
    repeats = Counter(cycles)
    alike = math.prod(int(k**n) * math.factorial(n) for k, n in repeats.items())
    return math.factorial(sum(cycles)) // alike


def with_cycles(members: Sequence[str], cycles: Sequence[int]) -> dict[str, str]:
    """A permutation of the members that has these cycle lengths."""
    result: dict[str, str] = {}
    start = 0
    for length in cycles:
        cycle = members[start : start + length]
        result.update((name, cycle[(i + 1) % length]) for i, name in enumerate(cycle))
        start += length
    return result


def generators(groups: Mapping[str, Sequence[str]]) -> list[Renaming]:
    """Renamings, few of them, such that a set closed under each is closed under all.

    Of each group of members a swap of two and a cycle of all are enough. Those of several groups are made one renaming where
    their orders have no common factor: each is then a power of it.
    """
    found: list[tuple[int, Renaming]] = []
    for name, members in groups.items():
        if len(members) < 2:
            continue
        for order in sorted({2, len(members)}):
            cycles = (order, *[1] * (len(members) - order))
            added = {name: with_cycles(members, cycles)}
            for place, (other, renaming) in enumerate(found):
                if name not in renaming and math.gcd(order, other) == 1:
                    found[place] = order * other, {**renaming, **added}
                    break
            else:
                found.append((order, added))
    return [renaming for _, renaming in found]


def count_orbits(layout: Layout, packing: Packing, states: States, index: Callable[[States], Array]) -> int:
    """The number of classes of `states` (packed, each once) under all permutations.

    `index` finds the place of states among them, -1 for others. Raises NotClosedError if the set is not closed under the
    permutations: renaming members of some state gives one that is not in it.
    """
    enough, weighed = permutations(layout)
    for permutation in enough:
        if any((index(permutation.apply(packing, part)) < 0).any() for part in chunks(states, CLOSED)):
            raise NotClosedError([permutation])
    total = 0
    for part in chunks(states, FIXED):
        # Each column is unpacked once for all permutations.
        columns = Columns(packing, part.words)
        total += sum(weight * permutation.fixed(columns) for weight, permutation in weighed)
    return total // sum(weight for weight, _ in weighed)


class NotClosedError(ValueError):
    """Renaming members of some state, by one of some permutations, gives one that is not among the states."""

    def __init__(self, some: Sequence[Permutation]) -> None:
        names = ", ".join(dict.fromkeys(name for permutation in some for name in permutation.renaming))
        super().__init__(f"the states are not closed under renaming members of {names}")


def permutations(layout: Layout) -> tuple[list[Permutation], list[tuple[int, Permutation]]]:
    """Permutations such that a set closed under them is closed under all; one of each cycle type, and how many are like it."""
    groups = movable(layout.scope)
    enough = [Permutation(layout, renaming) for renaming in generators(groups)]
    weighed = []
    for kinds in product(*(list(cycle_types(len(members))) for members in groups.values())):
        renaming = {n: with_cycles(m, cycles) for (n, m), cycles in zip(groups.items(), kinds, strict=True)}
        weighed.append((math.prod(class_size(cycles) for cycles in kinds), Permutation(layout, renaming)))
    return enough, weighed
