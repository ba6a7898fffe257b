"""The packed view of states: each field takes as many bits as its codes need, in 64-bit words.

A batch of packed states is one array for each word. A field of at most 64 bits does not straddle words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from verifier.semantics.ground.columns import Array, type_of
from verifier.semantics.ground.layout import Field, Layout
from verifier.semantics.ground.states import Bools, States

WORD = 64


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of a field stands in a packed state: `bits` bits of its code less its least one, from bit `skip` on.

    They are the bits `shift` and up of word `word`.
    """

    word: int
    shift: int
    bits: int
    skip: int

    @property
    def mask(self) -> int:
        """The bits that the part takes in its word."""
        return ((1 << self.bits) - 1) << self.shift


class Packing:
    """The packed view of a layout: `words` 64-bit words for each state; the last has `used` bits.

    Fields go in their order, each into the first word that has room; one of more than 64 bits into several. A field of a
    single code takes no bits.
    """

    def __init__(self, layout: Layout) -> None:
        self.fields = layout.fields
        self._free: list[int] = []
        self.places = tuple(tuple(self._placed(field.bits)) for field in self.fields)
        self.words = max(1, len(self._free))
        self._kinds = [type_of(field) for field in self.fields]
        self._wide = [_is_wide(field) for field in self.fields]
        self.used = WORD - self._free[-1] if self._free else 0

    def _placed(self, bits: int) -> Iterable[Place]:
        for skip in range(0, bits, WORD):
            part = min(WORD, bits - skip)
            word = next((number for number, room in enumerate(self._free) if room >= part), len(self._free))
            if word == len(self._free):
                self._free.append(WORD)
            yield Place(word, WORD - self._free[word], part, skip)
            self._free[word] -= part

    def empty(self) -> States:
        """No state at all."""
        return States(tuple([np.empty(0, np.uint64) for _ in range(self.words)]))

    def masks(self, numbers: Iterable[int]) -> list[int]:
        """The bits that some fields take, for each word."""
        masks = [0] * self.words
        for number in numbers:
            for place in self.places[number]:
                masks[place.word] |= place.mask
        return masks

    def column(self, words: Sequence[Array], number: int) -> Array:
        """The codes of one field, from the words of packed states."""
        field, kind = self.fields[number], self._kinds[number]
        if not self.places[number]:
            return np.full(len(words[0]), field.low, kind)
        parts = []
        for place in self.places[number]:
            if field.is_bool:
                truth: Bools = (words[place.word] & np.uint64(place.mask)) != 0
                return truth
            stored = words[place.word] >> np.uint64(place.shift)
            stored &= np.uint64((1 << place.bits) - 1)
            if not self._wide[number]:
                return stored.astype(kind) if field.low == 0 else (stored.astype(np.int64) + field.low).astype(kind)
            parts.append(stored.astype(object) << place.skip)
        return np.asarray(sum(parts[1:], parts[0]) + field.low, object).astype(kind)

    def columns(self, states: States) -> list[Array]:
        """The codes of every field, one array for each."""
        return [self.column(states.words, number) for number in range(len(self.fields))]

    def put(self, words: Sequence[Array], number: int, codes: Array) -> None:
        """Sets the codes of one field, whose bits are clear, in the words of packed states."""
        low = self.fields[number].low
        for place in self.places[number]:
            if self._wide[number]:
                codes = codes.astype(object)
                stored = ((codes - low) >> place.skip) & ((1 << place.bits) - 1)
            else:
                stored = codes if low == 0 and not codes.dtype.hasobject else codes.astype(np.int64) - np.int64(low)
            words[place.word][...] |= stored.astype(np.uint64) << np.uint64(place.shift)

    def bits(self, number: int, code: int) -> list[int]:
        """The bits that stand for one code of a field, for each word."""
        bits = [0] * self.words
        for place in self.places[number]:
            part = (int(code) - self.fields[number].low) >> place.skip
            bits[place.word] |= (part & ((1 << place.bits) - 1)) << place.shift
        return bits

    def pack(self, columns: Sequence[Array]) -> States:
        """The packed states with these codes, one array for each field."""
        count = len(columns[0]) if columns else 0
        words = [np.zeros(count, np.uint64) for _ in range(self.words)]
        for number, column in enumerate(columns):
            self.put(words, number, np.asarray(column))
        return States(tuple(words))

    def codes(self, states: States) -> list[tuple[int, ...]]:
        """The field codes of each packed state."""
        return [tuple(int(code) for code in row) for row in zip(*self.columns(states), strict=True)]

    def of(self, codes: Iterable[Sequence[int]]) -> States:
        """The packed states with these field codes."""
        rows = list(codes)
        columns = zip(*rows, strict=True) if rows else ([] for _ in self.fields)
        return self.pack([np.array(column, kind) for column, kind in zip(columns, self._kinds, strict=True)])


def _is_wide(field: Field) -> bool:
    """Whether a code, or a code less the least one, may exceed the integers of numpy."""
    return not field.is_bool and (field.bits >= WORD or type_of(field).hasobject)
