"""Facts of a state: the contents of its fields in the words of the model, so that clauses can be printed, copied and renamed.

A fact is about one place of the state, and has positive atoms: it is true (a Bool), it is at least a code (an integer; a value of
an ordered sort; an ordered record, whose fields are one number), or it is a code (a label, a name). An atom says "present and
so": none holds for an option without a value, an element beyond the length or a record that is not in its set, whatever codes
stand there. Every renaming of scalarset members thereby treats absent values alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from verifier.kernel.sorts import (
    BOOL,
    INT,
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
from verifier.kernel.terms import Term, conjunction, equal, integer, negation, state
from verifier.semantics.ground.cnf import NARROW
from verifier.semantics.ground.layout import Field, Layout

Kind = Literal["bool", "ordinal", "nominal"]
How = Literal["least", "above", "is"]
Test = Callable[[Term], Term]
Within = Callable[[Sequence[Term], Test], Term]
"""From the terms of the indices and a test of the value at a place, the formula that the place is there and passes the test."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index on the way to a place: a value of a sort."""

    sort: Sort
    value: Any


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about one place. `path` names the place without its indices; `sort` is that of its values.

    The value is present where field `guard` holds more than `beyond`. `fields` are its fields, those of an ordered record from
    the most significant on; `rank`: it also counts whether the value is there, `guard` being a field of its own, as code 0.
    `low..high` are the codes of its atoms: an ordinal has one for each code above `low`, a nominal one for each.
    """

    number: int
    path: str
    indices: tuple[Index, ...]
    sort: Sort
    kind: Kind
    fields: tuple[Field, ...]
    low: int
    high: int
    guard: int | None
    beyond: int
    rank: bool
    within: Within

    @property
    def codes(self) -> range:
        """The codes of its atoms."""
        return range(self.low + 1, self.high + 1) if self.kind != "nominal" else range(self.low, self.high + 1)

    @property
    def constant(self) -> bool:
        """Whether the fields leave it only one code."""
        return self.low == self.high


class Facts:
    """The facts of a layout, which together determine its state."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.scope = layout.scope
        self.all: list[Fact] = []
        for declared in self.scope.model.variables:
            place = _Place(declared.name, (), None, 0, _at(state(declared.name, declared.sort)))
            self._add(declared.sort, layout.of(declared.name), place)
        self.of_field: dict[int, tuple[Fact, int]] = {}
        """For each field the fact that has it, and the place among the fact's fields; -1: the guard of a rank."""
        for fact in self.all:
            for number, field in enumerate(fact.fields):
                self.of_field[field.number] = fact, number
            if fact.rank:
                assert fact.guard is not None
                self.of_field[fact.guard] = fact, -1

    def _width(self, sort: Sort) -> int:
        return len(self.layout.codec(sort).lows)

    def _put(self, kind: Kind, sort: Sort, fields: Sequence[Field], place: _Place, *, rank: bool = False) -> None:
        low, high = fields[0].low, fields[0].high
        if len(fields) > 1 or rank:
            size = math.prod(field.high - field.low + 1 for field in fields)
            low, high = 0, size - 1 + int(rank)
        self.all.append(
            Fact(
                len(self.all), place.path, place.indices, sort, kind, tuple(fields), low, high, place.guard, place.beyond, rank,
                place.within,
            )
        )  # fmt: skip

    def _add(self, sort: Sort, fields: Sequence[Field], place: _Place, skip: int = 0) -> None:
        """Adds the facts of a value of `sort` that is stored in these fields; the first `skip` fields have theirs already."""
        match sort:
            case _ if skip and self._width(sort) == skip:
                return
            case BoolSort():
                self._put("bool", sort, fields, place)
            case RangeSort() | ScalarSort(ordered=True):
                self._put("ordinal", sort, fields, place)
            case EnumSort() | ScalarSort():
                self._put("nominal", sort, fields, place)
            case OptionSort(element=RangeSort() | ScalarSort(ordered=True)):
                self._put("ordinal", sort, fields, place)
            case OptionSort(element=BoolSort() | EnumSort() | ScalarSort()):
                self._put("nominal", sort, fields, place)
            case OptionSort(element=element):
                self._option(element, fields, place)
            case RecordSort() if self._lexicographic(sort):
                self._put("ordinal", sort, fields, place)
            case RecordSort(fields=parts):
                for name, of in parts:
                    width = self._width(of)
                    self._add(of, fields[:width], place.under(f".{name}", _field(name, of)), skip)
                    fields, skip = fields[width:], 0
            case FunctionSort(index=index, value=of):
                width = self._width(of)
                for number, value in enumerate(self.scope.domain(index)):
                    self._add(of, fields[number * width : (number + 1) * width], place.indexed(Index(index, value), of))
            case SetSort(element=element):
                for number, value in enumerate(self.scope.domain(element)):
                    self._put("bool", BOOL, [fields[number]], place.member(Index(element, value)))
            case SequenceSort(element=element):
                size = RangeSort("Int", integer(0), integer(self.scope.capacity(sort)), declaration=0)
                self._put("ordinal", size, fields[:1], place.under(".length", lambda value: Term("length", (value,), INT)))
                width = self._width(element)
                for number in range(self.scope.capacity(sort)):
                    part = fields[1 + number * width : 1 + (number + 1) * width]
                    self._add(element, part, place.element(fields[0].number, number, element))
            case KeyedSort():
                self._keyed(sort, fields, place)
            case _:
                raise TypeError(f"{sort} cannot be stored")

    def _option(self, element: Sort, fields: Sequence[Field], place: _Place) -> None:
        """Whether there is a value counts with the first number in it, if that comes first: the lowest code is none's."""
        inner, width, first = place.option(fields[0].number, element), 0, element
        within = inner
        while isinstance(first, RecordSort) and not self._lexicographic(first):
            name, first = first.fields[0]
            within = within.under(f".{name}", _field(name, first))
        if isinstance(first, RangeSort) or self._lexicographic(first):
            width = self._width(first)
            self._put("ordinal", first, fields[1 : 1 + width], within, rank=True)
        else:
            self._put("bool", BOOL, fields[:1], place.under(".is_some", lambda value: Term("is_some", (value,), BOOL)))
        self._add(element, fields[1:], inner, skip=width)

    def _keyed(self, sort: KeyedSort, fields: Sequence[Field], place: _Place) -> None:
        record, rest = sort.element, [(name, of) for name, of in sort.element.fields if name != sort.key]
        for value in self.scope.domain(sort.key_sort):
            index = Index(sort.key_sort, value)
            self._put("bool", BOOL, fields[:1], place.has_key(index))
            inner = place.keyed(fields[0].number, index, sort, record)
            fields = fields[1:]
            for name, of in rest:
                width = self._width(of)
                self._add(of, fields[:width], inner.under(f".{name}", _field(name, of)))
                fields = fields[width:]

    def _lexicographic(self, sort: Sort) -> bool:
        """Whether values are records that are compared by their integers, one after the other."""
        if not (isinstance(sort, RecordSort) and sort.ordered and all(isinstance(of, RangeSort) for _, of in sort.fields)):
            return False
        return self.scope.size(sort) < NARROW

    # -- values ------------------------------------------------------------------------------------------------------

    def value(self, fact: Fact, code: int) -> Any:
        """The value of the sort of a fact that a code of an atom stands for."""
        if fact.sort == BOOL:
            return True
        codes = [code]
        if len(fact.fields) > 1 or fact.rank:
            codes, left = [], code - int(fact.rank)
            for field in reversed(fact.fields):
                left, digit = divmod(left, field.high - field.low + 1)
                codes.insert(0, field.low + digit)
        return self.layout.codec(fact.sort).decode(iter(codes))

    def code(self, fact: Fact, value: Any) -> int:
        """The code of an atom of a fact that stands for a value."""
        if fact.sort == BOOL:
            return 1
        codes: list[int] = []
        self.layout.codec(fact.sort).encode(value, codes)
        if len(fact.fields) == 1 and not fact.rank:
            return codes[0]
        result = 0
        for field, digit in zip(fact.fields, codes, strict=True):
            result = result * (field.high - field.low + 1) + digit - field.low
        return result + int(fact.rank)

    def digits(self, fact: Fact, place: int) -> Iterator[tuple[int, int, int]]:
        """The runs of codes of a fact with one digit in a field: the digit, the first code and the last.

        Absent values have the least digits.
        """
        below = math.prod(field.high - field.low + 1 for field in fact.fields[place + 1 :])
        field = fact.fields[place]
        size, start = field.high - field.low + 1, int(fact.rank)
        if fact.rank:
            yield field.low, 0, 0
        for code in range(start, fact.high + 1, below):
            yield field.low + (code - start) // below % size, code, code + below - 1


@dataclass(frozen=True, slots=True)
class _Place:
    """A place on the way down into a variable."""

    path: str
    indices: tuple[Index, ...]
    guard: int | None
    beyond: int
    within: Within

    def under(self, name: str, read: Callable[[Term], Term]) -> _Place:
        """A part of the value, which is there where the value is."""
        within = self.within
        return _Place(
            self.path + name, self.indices, self.guard, self.beyond, lambda terms, test: within(terms, lambda v: test(read(v)))
        )

    def indexed(self, index: Index, of: Sort) -> _Place:
        """The value of a function."""
        within, place = self.within, len(self.indices)

        def at(terms: Sequence[Term], test: Test) -> Term:
            return within(terms, lambda value: test(Term("apply", (value, terms[place]), of)))

        return _Place(self.path + "[]", (*self.indices, index), self.guard, self.beyond, at)

    def member(self, index: Index) -> _Place:
        """Whether a value is a member of a set."""
        within, place = self.within, len(self.indices)

        def at(terms: Sequence[Term], test: Test) -> Term:
            return within(terms, lambda value: test(Term("member", (terms[place], value), BOOL)))

        return _Place(self.path + "{}", (*self.indices, index), self.guard, self.beyond, at)

    def option(self, guard: int, element: Sort) -> _Place:
        """The payload of an option."""
        within = self.within

        def at(terms: Sequence[Term], test: Test) -> Term:
            def present(value: Term) -> Term:
                return conjunction([Term("is_some", (value,), BOOL), test(Term("payload", (value,), element))])

            return within(terms, present)

        return _Place(self.path + ".value", self.indices, guard, 0, at)

    def element(self, guard: int, number: int, element: Sort) -> _Place:
        """An element of a sequence; the first has number 0."""
        within = self.within

        def at(terms: Sequence[Term], test: Test) -> Term:
            def present(value: Term) -> Term:
                long = Term("lt", (integer(number), Term("length", (value,), INT)), BOOL)
                return conjunction([long, test(Term("at", (value, integer(number + 1)), element))])

            return within(terms, present)

        return _Place(f"{self.path}.{number + 1}", self.indices, guard, number, at)

    def has_key(self, index: Index) -> _Place:
        """Whether a keyed set has a record with a key."""
        within, place = self.within, len(self.indices)

        def at(terms: Sequence[Term], test: Test) -> Term:
            return within(terms, lambda value: test(Term("has_key", (value, terms[place]), BOOL)))

        return _Place(self.path + "()", (*self.indices, index), self.guard, self.beyond, at)

    def keyed(self, guard: int, index: Index, sort: KeyedSort, record: RecordSort) -> _Place:
        """The record of a keyed set that has a key."""
        within, place = self.within, len(self.indices)

        def at(terms: Sequence[Term], test: Test) -> Term:
            def present(value: Term) -> Term:
                there = Term("has_key", (value, terms[place]), BOOL)
                return conjunction([there, test(Term("lookup", (value, terms[place]), record))])

            return within(terms, present)

        return _Place(self.path + "()", (*self.indices, index), guard, 0, at)


def _at(term: Term) -> Within:
    return lambda terms, test: test(term)


def _field(name: str, of: Sort) -> Callable[[Term], Term]:
    return lambda value: Term("field", (value,), of, name)


def atom(fact: Fact, indices: Sequence[Term], value: Term | None, how: How = "least") -> Term:
    """The formula of an atom: with these terms for the indices of the place, and this one for the value; None: no value, which
    an option of a label or a name has as an atom. `how`: an ordinal is at least the value, above it, or it is the value.
    """
    if fact.kind == "bool":
        return fact.within(indices, lambda held: held)
    optional = isinstance(fact.sort, OptionSort)
    how = "is" if fact.kind == "nominal" else how

    def compared(held: Term) -> Term:
        assert value is not None
        return equal(held, value) if how == "is" else Term("le" if how == "least" else "lt", (value, held), BOOL)

    def payload(held: Term) -> Term:
        assert isinstance(fact.sort, OptionSort)
        there = Term("is_some", (held,), BOOL)
        if value is None:
            return negation(there)
        return conjunction([there, compared(Term("payload", (held,), fact.sort.element))])

    return fact.within(indices, payload if optional else compared)
