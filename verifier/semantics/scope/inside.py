"""Terms that are known from their form to lie within a range at every size.

A value that was stored lies within the sort that it was stored in, an argument or bound variable within its own. The sort
of any other term says nothing: arithmetic, a choice and the field of a record that was just made may be outside.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Literal, cast

from verifier.kernel.fitting import at_most
from verifier.kernel.sorts import (
    FunctionSort,
    KeyedSort,
    OptionSort,
    RangeSort,
    RecordSort,
    SequenceSort,
    Sort,
    held_sorts,
)
from verifier.kernel.terms import Term, integer, walk

Side = Literal["low", "high"]
SIDES: tuple[Side, ...] = ("low", "high")
Sides = Callable[[RangeSort], frozenset[Side]]


def end(sort: RangeSort, side: Side) -> Term:
    """The lower or the upper end of a range."""
    return sort.low if side == "low" else sort.high


def reads(term: Term, variables: Collection[Term]) -> bool:
    """Whether a term reads one of the bound variables."""
    return bool(variables) and any(part in variables for part in walk(term))


def respects(limit: Term, sort: RangeSort, side: Side) -> bool:
    """Whether a term over parameters never passes this end of a range, as far as their form shows.

    No range is empty, so that the other end does not pass it either.
    """
    ends = (sort.low, sort.high)
    return any(at_most(limit, other) if side == "high" else at_most(other, limit) for other in ends)


class Inside:
    """Whether terms respect the ends of sorts that `sides` names; other ends do not matter.

    The answer holds where the term has a value, the state holds values of its sorts, and arguments and bound variables are within
    theirs. `loose` are bound variables that need not be: members of keyed sets that were not stored. Nothing is known about an
    operator that is not named here. `sets`: whether comprehensions are known to hold nothing beyond these ends; else they hold
    whatever enters them.
    """

    def __init__(self, sides: Sides, *, sets: bool) -> None:
        self.sides = sides
        self.sets = sets
        self.loose: set[Term] = set()

    def of(self, term: Term, sort: Sort, free: Collection[Term] = ()) -> bool:
        """Whether every integer in the term's value respects the ends of `sort`; it must not read the variables `free`."""
        return not reads(term, free) and all(self._made(term, sort, side) for side in SIDES)

    def covers(self, sort: Sort, wanted: Sort) -> bool:
        """Whether values within `sort` respect the ends of `wanted`."""
        return all(self._covers(sort, wanted, side) for side in SIDES)

    def _covers(self, sort: Sort, wanted: Sort, side: Side) -> bool:
        return all(
            isinstance(one, RangeSort) and respects(end(one, side), other, side)
            for one, other in zip(held_sorts(sort), held_sorts(wanted), strict=True)
            if isinstance(other, RangeSort) and side in self.sides(other)
        )

    def _made(self, term: Term, sort: Sort, side: Side) -> bool:
        if self._covers_anything(sort, side):
            return True
        args = term.args
        match term.op:
            case "state" | "next":
                return self._covers(term.sort, sort, side)
            case "bound":
                return term not in self.loose and self._covers(term.sort, sort, side)
            case "set":
                entered = [part for part in walk(term) if part.op == "within"]
                checked = self.sets or all(self._made(part.args[0], part.sort, side) for part in entered)
                return checked and self._covers(term.sort, sort, side)
            case "ite":
                return all(self._made(arg, sort, side) for arg in args[1:])
            case "apply":
                # Beyond an end of its index a function holds anything.
                function = cast(FunctionSort, args[0].sort)
                return self._made(args[0], FunctionSort(function.index, sort), side) and self.of(
                    args[1], function.index
                )
            case "payload":
                return self._made(args[0], OptionSort(sort), side)
            case "within":
                return self._made(args[0], sort, side)
            case "field" | "lookup" | "minimum" | "maximum" | "at":
                return self._made(args[0], args[0].sort, side) and self._covers(term.sort, sort, side)
            case "length" if isinstance(sort, RangeSort):
                return self._is_length(args[0], sort, side)
            case "none" | "keyed":
                return True
        match sort:
            case RangeSort():
                step = {"low": "add", "high": "sub"}[side]
                further = term.op == step and args[1].op == "literal" and args[1].data >= 0
                return self._made(args[0], sort, side) if further else respects(term, sort, side)
            case FunctionSort(value=value) if term.op == "function":
                return self._made(args[0], value, side)
            case FunctionSort(value=value) if term.op == "update":
                return self._made(args[0], sort, side) and self._made(args[2], value, side)
            case OptionSort(element=element) if term.op == "some":
                return self._made(args[0], element, side)
            case RecordSort(fields=fields) if term.op == "record":
                return all(self._made(arg, of, side) for arg, (_, of) in zip(args, fields, strict=True))
            case KeyedSort(element=record) if term.op == "insert":
                return self._made(args[0], sort, side) and self._made(args[1], record, side)
            case KeyedSort() if term.op == "remove":
                return self._made(args[0], sort, side)
            case SequenceSort(element=element) if term.op == "tabulate":
                return self._made(args[1], element, side)
            case SequenceSort(element=element) if term.op == "sequence":
                return all(self._made(arg, element, side) for arg in args)
            case SequenceSort(element=element) if term.op in ("append", "put"):
                return self._made(args[0], sort, side) and self._made(args[-1], element, side)
            case SequenceSort() if term.op == "tail":
                return self._made(args[0], sort, side)
        return False

    def _is_length(self, sequence: Term, sort: RangeSort, side: Side) -> bool:
        """Whether the length of a sequence respects an end: of one that was stored it is at most the capacity."""
        if side == "low":
            return respects(integer(0), sort, side)
        return self._stored(sequence) and respects(cast(SequenceSort, sequence.sort).capacity, sort, side)

    def _stored(self, term: Term) -> bool:
        """Whether a value is one that some variable or argument holds, or no longer than one."""
        args = term.args
        match term.op:
            case "state" | "next":
                return True
            case "bound":
                return term not in self.loose
            case "ite":
                return all(self._stored(arg) for arg in args[1:])
            case "apply":
                return self._stored(args[0]) and self.of(args[1], cast(FunctionSort, args[0].sort).index)
            case "field" | "payload" | "lookup" | "put" | "tail":
                return self._stored(args[0])
        return False

    def _covers_anything(self, sort: Sort, side: Side) -> bool:
        """Whether no end of the sort counts."""
        return not any(side in self.sides(inner) for inner in held_ranges(sort))


def held_ranges(sort: Sort) -> Iterator[RangeSort]:
    """The ranges of the integers that a value of the sort holds; the indices of functions are not held."""
    return (inner for inner in held_sorts(sort) if isinstance(inner, RangeSort))
