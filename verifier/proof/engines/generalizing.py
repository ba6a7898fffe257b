"""Clauses of an instance as formulas for any size: their numbers become variables, in the order that the numbers have.

A number that a clause names, as an index or as a threshold, is one of few in the instance; for any size the clause is about all
numbers in the same order. It has several readings: at least 3 is at least some number, or more than 2 if the clause names 2 too,
or the number 3 itself; and the order may not matter. All are guesses, the strongest first. Members of scalarsets become
variables as they do at a finite scope.

Source: A. Goel, K. Sakallah, Towards an automatic proof of Lamport's Paxos, FMCAD 2021, where the numbers of a clause become
quantified variables of an ordered domain.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.kernel.sorts import BOOL, INT, OptionSort, RangeSort, RecordSort, ScalarSort, Sort
from verifier.kernel.terms import (
    TRUE,
    Term,
    conjunction,
    equal,
    forall,
    free_variables,
    implication,
    parameter_names,
    rewrite,
    variable,
    walk,
)
from verifier.proof.engines.families import order
from verifier.proof.engines.wording import Member, Part, Unsaid, Wording, letter
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.facts import Fact
from verifier.semantics.scope import Some

READINGS = 24
"""Readings of one clause that are considered."""

Point = tuple[str, int]
"""A line, and a place on it: sorts whose numbers are compared have one line."""


@dataclass(frozen=True, slots=True)
class _Threshold:
    """A part of a cube that says how a number compares with a point; `part` is its number among the parts."""

    part: int
    fact: Fact
    how: str
    point: Point


Reading = str
"""How a point is read: as a `free` variable, as the `fixed` number that it is, or as all that comes `after` the point before."""


class Generalizing(Wording):
    """The readings of clauses over one instance."""

    def __init__(self, clausal: Clausal) -> None:
        super().__init__(clausal)
        self._lines = _lines(self._scope.model.sorts)
        self._alike_sorts: dict[str, int] = {}
        """The ranges whose numbers are only told apart in the present reading, and how many there are of each."""

    def readings(self, cube: Sequence[int]) -> list[Term]:
        """The formulas that a cube suggests, the strongest first; none of literals that are not of this model."""
        result: list[Term] = []
        if not all(abs(literal) in self._clausal.current for literal in cube):
            return result
        try:
            parts = self._parts(cube)
            covered = self._covered(parts)
            for alike in ({}, covered) if covered else ({},):
                self._alike_sorts = alike
                result += itertools.islice(self._readings(parts), READINGS)
        except Unsaid:
            pass
        finally:
            self._alike_sorts = {}
        return [reading for term in result for reading in (positioned(term), term) if reading is not None]

    def _covered(self, parts: Sequence[Part]) -> dict[str, int]:
        """The ranges of which all numbers, of two or more, are indices in a cube: of several of them something exists."""
        found: dict[Sort, set[Any]] = {}
        for fact, _, _ in parts:
            for index in fact.indices:
                for sort, value in self._inside(index.sort, index.value):
                    if isinstance(sort, RangeSort):
                        found.setdefault(sort, set()).add(value)
        return {str(sort): len(values) for sort, values in found.items() if 1 < len(values) == self._scope.size(sort)}

    def _named(self) -> dict[str, int]:
        return {**super()._named(), **self._alike_sorts}

    def _readings(self, parts: list[Part]) -> Iterator[Term]:
        anchors = self._anchors(parts)
        thresholds = list(self._thresholds(parts))
        cuts = list(dict.fromkeys(threshold.point for threshold in thresholds))
        points = dict.fromkeys((*anchors, *cuts))
        choices: list[list[Reading]] = []
        for point in points:
            alone = not any(other[0] == point[0] for other in points if other != point)
            choices.append(list(self._choices(point, points, anchors, thresholds, alone=alone)))
        for chosen in itertools.product(*choices):
            readings = dict(zip(points, chosen, strict=True))
            for ordered in (False, True):
                term = self._read(parts, thresholds, anchors, readings, ordered=ordered)
                if term is not None:
                    yield term

    # -- points ------------------------------------------------------------------------------------------------------

    def _members(self, sort: Sort, value: Any) -> Iterable[Member]:
        """Members of an ordered sort are points, unless the present reading only tells them apart."""
        if isinstance(sort, RangeSort) and sort.name in self._alike_sorts:
            return [(sort.name, value)]
        return () if isinstance(sort, ScalarSort) and sort.ordered else super()._members(sort, value)

    def _point(self, sort: Sort, value: Any) -> Point | None:
        """The place of a value; None if its sort has no order, or no name."""
        match sort:
            case RangeSort() if sort.is_declared and sort.name not in self._alike_sorts:
                return self._lines[sort.name], value
            case ScalarSort(ordered=True) | RecordSort(ordered=True):
                return f"{sort}'s", self._scope.domain(sort).index(value)
        return None

    def _inside(self, sort: Sort, value: Any) -> Iterator[tuple[Sort, Any]]:
        """The values with a point in an index."""
        if self._point(sort, value) is not None:
            yield sort, value
        elif isinstance(sort, OptionSort) and value is not None:
            yield from self._inside(sort.element, value.value)
        elif isinstance(sort, RecordSort):
            for name, of in sort.fields:
                yield from self._inside(of, value[name])

    def _anchors(self, parts: Sequence[Part]) -> dict[Point, dict[Sort, Any]]:
        """The points that a cube is about, by their sorts: indices with their values, and numbers that something is."""
        result: dict[Point, dict[Sort, Any]] = {}
        numbers: list[tuple[Sort, Point]] = []
        for fact, how, code in parts:
            for index in fact.indices:
                for sort, value in self._inside(index.sort, index.value):
                    point = self._point(sort, value)
                    assert point is not None
                    result.setdefault(point, {})[sort] = value
            if fact.kind == "ordinal" and how == "is":
                point = self._point(order(fact), self._number(fact, code))
                if point is not None:
                    numbers.append((order(fact), point))
        for sort, point in numbers:
            result.setdefault(point, {sort: None})
        return result

    def _number(self, fact: Fact, code: int | Term) -> Any:
        """The value of the order of a fact that a code stands for."""
        assert isinstance(code, int)
        value = self._clausal.facts.value(fact, code)
        return value.value if isinstance(value, Some) else value

    def _thresholds(self, parts: Sequence[Part]) -> Iterator[_Threshold]:
        for number, (fact, how, code) in enumerate(parts):
            if fact.kind == "ordinal" and how != "is":
                point = self._point(order(fact), self._number(fact, code))
                if point is not None:
                    yield _Threshold(number, fact, how, point)

    # -- readings ----------------------------------------------------------------------------------------------------

    def _choices(
        self,
        point: Point,
        points: Container[Point],
        anchors: Mapping[Point, Mapping[Sort, Any]],
        thresholds: Sequence[_Threshold],
        *,
        alone: bool,
    ) -> Iterator[Reading]:
        """The readings of a point, which may be `alone` on its line."""
        line, place = point
        about = [one for one in thresholds if one.point == point]
        if point in anchors:
            numbers = all(value is None for value in anchors[point].values())
            if not (numbers and alone) or about:
                yield "free"
            if numbers and (alone or self._is_low(anchors[point], place)):
                yield "fixed"
            return
        if (line, place - 1) in points:
            yield "after"
        if (line, place - 1) not in anchors and (len(about) > 1 or not alone):
            yield "free"
        # Of the numbers themselves the least ones matter at every size.
        if (alone and len(about) == 1) or self._is_low([order(one.fact) for one in about], place - 1):
            yield "fixed"

    def _is_low(self, sorts: Iterable[Sort], place: int) -> bool:
        """Whether a place is one of the first two of a sort."""
        return any(place <= self._least(sort) + 1 for sort in sorts)

    def _least(self, sort: Sort) -> int:
        point = self._point(sort, self._scope.domain(sort)[0])
        assert point is not None
        return point[1]

    def _read(
        self,
        parts: Sequence[Part],
        thresholds: Sequence[_Threshold],
        anchors: Mapping[Point, Mapping[Sort, Any]],
        readings: Mapping[Point, Reading],
        *,
        ordered: bool,
    ) -> Term | None:
        """The formula of a reading, in which the order of numbers does not matter, or does; None if there is none to matter."""
        terms: dict[Point, Term] = {}
        variables: list[Term] = []
        known: dict[tuple[str, Any], Term] = {}
        same: list[Term] = []
        sorts: dict[Point, dict[Sort, Any]] = {point: dict(of) for point, of in anchors.items()}
        for threshold in thresholds:
            sorts.setdefault(threshold.point, {order(threshold.fact): None})
        for point in sorted(point for point, reading in readings.items() if reading != "after"):
            for sort, value in sorts[point].items():
                if readings[point] == "fixed":
                    terms.setdefault(point, self._value(sort, self._at(sort, point), {}))
                    continue
                variables.append(variable(letter(len(variables)), sort))
                if point in terms:
                    same.append(equal(terms[point], variables[-1]))
                terms.setdefault(point, variables[-1])
                if value is not None:
                    known[str(sort), value] = variables[-1]
        if any(reading == "after" and (line, place - 1) not in terms for (line, place), reading in readings.items()):
            return None
        relations = []
        for (low, one), (high, other) in itertools.pairwise(terms.items()):
            if low[0] == high[0] and not (one.op == other.op == "literal"):
                relations.append(Term("lt", (one, other), BOOL))
        if ordered and not relations:
            return None
        said = list(parts)
        for threshold in thresholds:
            line, place = threshold.point
            after = readings[threshold.point] == "after"
            word = "above" if after else "least"
            value_at = terms[line, place - 1] if after else terms[threshold.point]
            said[threshold.part] = threshold.fact, f"not {word}" if threshold.how.startswith("not") else word, value_at
        for number, (fact, how, code) in enumerate(parts):
            if fact.kind == "ordinal" and how == "is":
                at = self._point(order(fact), self._number(fact, code))
                said[number] = (fact, how, code) if at is None else (fact, how, terms[at])
        return self._formula(said, variables, [*(relations if ordered else ()), *same], known)

    def _at(self, sort: Sort, point: Point) -> Any:
        """The value of a sort at a point."""
        return point[1] if isinstance(sort, RangeSort) else self._scope.domain(sort)[point[1]]


def _lines(sorts: Iterable[Sort]) -> dict[str, str]:
    """For each range the name of its line: ranges whose ends read the same parameter are on one, and those without any."""
    result: dict[str, str] = {}
    of_parameter: dict[str, str] = {}
    for sort in sorts:
        if isinstance(sort, RangeSort):
            read = sorted(parameter_names(*sort.ends)) or ["numbers"]
            line = next((of_parameter[name] for name in read if name in of_parameter), read[0])
            of_parameter.update(dict.fromkeys(read, line))
            result[sort.name] = line
    return result


def positioned(term: Term) -> Term | None:
    """A formula about one or two positions of one sequence, for all its positions in that order; None if it is not about those.
    """
    found = {(at.args[0], at.args[1].data) for at in walk(term) if at.op == "at" and at.args[1].op == "literal"}
    sequences = {sequence for sequence, _ in found}
    if len(sequences) != 1 or len(found) > 2:
        return None
    [sequence] = sequences
    if free_variables(sequence)[id(sequence)]:
        return None
    positions = {place: variable(name, INT) for place, name in zip(sorted(place for _, place in found), "ij", strict=False)}

    def rule(part: Term) -> Term | None:
        match part.op:
            case "at" if part.args[0] is sequence:
                return Term("at", (sequence, positions[part.args[1].data]), part.sort, None, part.at)
            case "lt" | "le" if part.args[0].op == "literal" and part.args[1].op == "length" and part.args[1].args[0] is sequence:
                return TRUE if part.args[0].data + (part.op == "lt") <= max(positions) else None
            case "and":
                return conjunction(part.args)
            case "implies" if part.args[0] is TRUE:
                return part.args[1]
        return None

    body = rewrite(term.args[0] if term.op == "forall" else term, rule)
    if len(positions) > 1:
        body = implication(Term("lt", tuple(positions.values()), BOOL), body)
    for position in reversed(positions.values()):
        body = Term("forall_upto", (Term("length", (sequence,), INT), body), BOOL, (position,))
    return forall(term.bound, body)
