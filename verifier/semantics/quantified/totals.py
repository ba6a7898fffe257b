"""What is known of numbers of elements: axioms that hold of all finite sets, for the numbers that an obligation reads.

A number is a symbol of its own. That it is the number of elements of its set cannot be said in first-order logic; what is said
compares sets: with the empty one, with one that has the same elements and others, with one that differs in one element or two,
with two that have its elements together. Each axiom is stated for all values of the variables around.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from verifier.kernel.printing import text
from verifier.kernel.sorts import INT, KeyedSort, ScalarSort, SetSort, Sort
from verifier.kernel.terms import Term, parameter_names, walk
from verifier.semantics.quantified.premises import Axiom
from verifier.semantics.quantified.shapes import Value
from verifier.semantics.quantified.smt import Ast
from verifier.semantics.quantified.values import Values

if TYPE_CHECKING:
    from verifier.semantics.quantified.lowering import Lowering

COUNTED = frozenset({"cardinality"})
"""The operators whose values are such numbers."""
MOST = 4
"""Sets of one sort that are compared three at a time; of more, only two at a time are."""
POINTS = 6
"""Elements at which two sets are compared."""


@dataclass(frozen=True, slots=True)
class Total:
    """The number of elements of the set that a term counts, or of all values of a scalarset whose size is a parameter."""

    element: Sort
    around: tuple[Term, ...] = ()
    term: Term | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A set and its number of elements, for some values of the variables around it."""

    number: Ast
    has: Callable[[Value], Ast]


class Comparison:
    """What is said of sets with elements of one sort; `points` are elements of which the sets speak."""

    def __init__(self, values: Values, element: Sort, points: Sequence[Value]) -> None:
        self.values = values
        self.smt = values.smt
        self.element = element
        self.points = points

    def all(self, body: Callable[..., Ast], names: str = "x") -> Ast:
        """The body for all elements, or values that might be."""
        bound = [(name, self.element) for name in names]
        return self.values.quantify(True, bound, lambda given: body(*given), ranged=False)

    def included(self, one: Counted, other: Counted) -> Ast:
        """All elements of one are in the other."""
        return self.all(lambda x: self.smt.implication(one.has(x), other.has(x)))

    def equal(self, left: Value, right: Value) -> Ast:
        """Whether two elements are one."""
        return self.values.equal(left, right, self.element)

    def one_if(self, condition: Ast) -> Ast:
        """1, or 0."""
        return self.smt.ite(condition, self.smt.integer(1), self.smt.integer(0))

    def sum(self, *parts: Ast) -> Ast:
        """The sum of some numbers."""
        total = parts[0]
        for part in parts[1:]:
            total = self.smt.arithmetic("add", total, part)
        return total


def _natural(at: Comparison, one: Counted) -> Ast:
    return at.smt.at_most(at.smt.integer(0), one.number)


def _empty(at: Comparison, one: Counted) -> Ast:
    none = at.all(lambda x: at.smt.negate(one.has(x)))
    return at.smt.equal(at.smt.equal(one.number, at.smt.integer(0)), none)


def _single(at: Comparison, one: Counted) -> Ast:
    same = at.all(lambda x, y: at.smt.implication(at.smt.conjunction([one.has(x), one.has(y)]), at.equal(x, y)), "xy")
    return at.smt.equal(at.smt.at_most(one.number, at.smt.integer(1)), same)


def _included(at: Comparison, one: Counted, other: Counted) -> Ast:
    smt = at.smt
    all_there = smt.implication(smt.equal(one.number, other.number), at.included(other, one))
    return smt.implication(at.included(one, other), smt.conjunction([smt.at_most(one.number, other.number), all_there]))


def _but_one(at: Comparison, one: Counted, other: Counted) -> Ast:
    smt = at.smt

    def but(p: Value) -> Ast:
        alike = at.all(lambda x: smt.disjunction([at.equal(x, p), smt.equal(one.has(x), other.has(x))]))
        left, right = at.sum(one.number, at.one_if(other.has(p))), at.sum(other.number, at.one_if(one.has(p)))
        return smt.implication(alike, smt.equal(left, right))

    return smt.conjunction(but(p) for p in at.points)


def _but_two(at: Comparison, one: Counted, other: Counted) -> Ast:
    smt = at.smt

    def but(p: Value, q: Value) -> Ast:
        alike = at.all(lambda x: smt.disjunction([at.equal(x, p), at.equal(x, q), smt.equal(one.has(x), other.has(x))]))
        left = at.sum(one.number, at.one_if(other.has(p)), at.one_if(other.has(q)))
        right = at.sum(other.number, at.one_if(one.has(p)), at.one_if(one.has(q)))
        return smt.implication(smt.conjunction([smt.negate(at.equal(p, q)), alike]), smt.equal(left, right))

    return smt.conjunction(but(p, q) for p, q in itertools.combinations(at.points, 2))


def _apart(at: Comparison, one: Counted, other: Counted, whole: Counted) -> Ast:
    smt = at.smt
    disjoint = at.all(lambda x: smt.negate(smt.conjunction([one.has(x), other.has(x)])))
    inside = smt.conjunction([disjoint, at.included(one, whole), at.included(other, whole)])
    return smt.implication(inside, smt.at_most(at.sum(one.number, other.number), whole.number))


def _together(at: Comparison, one: Counted, other: Counted, whole: Counted) -> Ast:
    smt = at.smt
    covered = at.all(lambda x: smt.implication(whole.has(x), smt.disjunction([one.has(x), other.has(x)])))
    return smt.implication(covered, smt.at_most(whole.number, at.sum(one.number, other.number)))


Rule = Callable[..., Ast]

RULES: dict[int, dict[str, Rule]] = {
    1: {
        "a number of elements is a natural number": _natural,
        "the empty set has 0 elements, and no other": _empty,
        "a set has at most 1 element if any two are equal, and only then": _single,
    },
    2: {
        "a subset has at most as many elements, and all if it has as many": _included,
        "sets that differ in one element at most differ by it": _but_one,
        "sets that differ in two elements at most differ by these": _but_two,
    },
    3: {
        "two disjoint subsets have at most as many elements together": _apart,
        "a set has at most as many elements as two that have all of them": _together,
    },
}
"""What is true of one, two and three finite sets."""


class Totals:
    """The axioms of one lowering; each is made once."""

    def __init__(self, lowering: Lowering) -> None:
        self._lowering = lowering
        self._known: dict[tuple[Total, ...], list[Axiom]] = {}

    def axioms(self, counted: Sequence[Term], read: Sequence[Term]) -> list[Axiom]:
        """The axioms of these numbers in an obligation that reads these terms."""
        totals = [Total(_element(term), self._lowering._around(term), term) for term in counted]
        found: list[Axiom] = []
        for sort in dict.fromkeys(total.element for total in totals):
            group = [total for total in totals if total.element == sort]
            if isinstance(sort, ScalarSort) and sort.parameter in parameter_names(*read):
                group.append(Total(sort))
            for some in _compared(group):
                if some not in self._known:
                    self._known[some] = [self._axiom(name, rule, some) for name, rule in RULES[len(some)].items()]
                found += self._known[some]
        return found

    def _axiom(self, name: str, rule: Rule, totals: tuple[Total, ...]) -> Axiom:
        values = self._lowering.values
        bound = [(v.data, v.sort) for total in totals for v in total.around]

        def body(given: list[Value]) -> Ast:
            rest = iter(given)
            around = [{v: next(rest) for v in total.around} for total in totals]
            counted = [self._counted(total, env) for total, env in zip(totals, around, strict=True)]
            named = [point for total, env in zip(totals, around, strict=True) for point in self._points(total, env)]
            return rule(Comparison(values, totals[0].element, self._once(named, totals[0].element)), *counted)

        vocabulary = self._lowering.scope.model.vocabulary
        which = ", ".join(f"all of {t.element}" if t.term is None else text(t.term, vocabulary) for t in totals)
        return Axiom(f"{name}: {which}", values.quantify(True, bound, body, ranged=False))

    def _once(self, points: Sequence[Value], element: Sort) -> list[Value]:
        """The first few points, each once."""
        values = self._lowering.values
        found = {tuple(map(values.smt.key, values.flatten(point, element))): point for point in points}
        return list(found.values())[:POINTS]

    def _points(self, total: Total, env: dict[Term, Value]) -> Iterator[Value]:
        """The elements that a set is made of or changed at: what is named in the term that counts it."""
        lowering, values = self._lowering, self._lowering.values
        kinds = [values.smt.identity(kind) for kind in values.components(total.element)]
        for term in walk(total.term) if total.term is not None else ():
            is_element = term.sort == total.element or (term.sort.is_integer and total.element.is_integer)
            if is_element and all(v in env or v in lowering.constants for v in lowering.free(term)):
                point = lowering.term(term, env)
                parts = values.flatten(point, total.element)
                # Over ordered sorts an integer need not be of the sort of the elements.
                if [values.smt.identity(values.smt.sort_of(part)) for part in parts] == kinds:
                    yield point

    def _counted(self, total: Total, env: dict[Term, Value]) -> Counted:
        lowering = self._lowering
        if total.term is None:
            size = Term("parameter", (), INT, cast(ScalarSort, total.element).parameter)
            return Counted(lowering.parameter(size), lambda x: lowering.smt.true)
        return Counted(lowering.term(total.term, env), lowering.term(total.term.args[0], env).has)


def _element(term: Term) -> Sort:
    """What the elements of a counted set are told apart by."""
    sort = cast("SetSort | KeyedSort", term.args[0].sort)
    return sort.key_sort if isinstance(sort, KeyedSort) else sort.element


def _compared(group: Sequence[Total]) -> Iterator[tuple[Total, ...]]:
    """The sets that are looked at together; one with variables around it is several, for different values of these."""
    for one in group:
        yield (one,)
    pairs = [pair for pair in itertools.product(group, repeat=2) if pair[0] is not pair[1] or pair[0].around]
    yield from pairs
    if len(group) <= MOST:
        yield from ((one, other, whole) for one, other in pairs for whole in group)
