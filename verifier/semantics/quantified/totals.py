"""Facts about totals, that is, numbers of elements and sums: axioms that hold for all finite sets, for the totals that are read.

A total is a symbol of its own. First-order logic cannot say that it counts the elements of its set, or adds up the values of its
body; the axioms compare totals: with 0, with one that has the same summands and others, with one that differs at one element or
two, with two that are one together. Each axiom is stated for all values of the variables around.
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

TOTALS = frozenset({"cardinality", "sum"})
"""The operators whose values are totals."""
MOST = 4
"""Totals over one sort that are compared three at a time; of more, only two at a time are."""
POINTS = 6
"""Elements at which two totals are compared."""
_INDEXED = frozenset({"apply", "update"})
_COMPARED = frozenset({"eq", "lt", "le"})


@dataclass(frozen=True, slots=True)
class Total:
    """The total that a term is, or the number of all values of a scalarset whose size is a parameter."""

    element: Sort
    around: tuple[Term, ...] = ()
    term: Term | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Summed:
    """A total, for some values of the variables around it: the number, and the summand of each element.

    Of a set, whose summands are 1 or 0, `has` says which elements it has.
    """

    number: Ast
    summand: Callable[[Value], Ast]
    has: Callable[[Value], Ast] | None = None


class Comparison:
    """Compares totals over one sort; `points` are elements that they mention."""

    def __init__(self, values: Values, element: Sort, points: Sequence[Value]) -> None:
        self.values = values
        self.smt = values.smt
        self.element = element
        self.points = points

    def set(self, number: Ast, has: Callable[[Value], Ast]) -> Summed:
        """The number of elements of a set."""
        one, none = self.smt.integer(1), self.smt.integer(0)
        return Summed(number, lambda x: self.smt.ite(has(x), one, none), has)

    def all(self, body: Callable[..., Ast], names: str = "x") -> Ast:
        """The body for all elements, or values that might be."""
        bound = [(name, self.element) for name in names]
        return self.values.quantify(True, bound, lambda given: body(*given), ranged=False)

    def at_most(self, one: Summed, other: Summed) -> Ast:
        """No summand of one is greater than that of the other."""
        if one.has is not None and other.has is not None:
            left, right = one.has, other.has
            return self.all(lambda x: self.smt.implication(left(x), right(x)))
        return self.all(lambda x: self.smt.at_most(one.summand(x), other.summand(x)))

    def alike(self, one: Summed, other: Summed, x: Value) -> Ast:
        """The summands of an element are the same."""
        if one.has is not None and other.has is not None:
            return self.smt.equal(one.has(x), other.has(x))
        return self.smt.equal(one.summand(x), other.summand(x))

    def equal(self, left: Value, right: Value) -> Ast:
        """Whether two elements are one."""
        return self.values.equal(left, right, self.element)

    def sum(self, *parts: Ast) -> Ast:
        """The sum of some numbers."""
        total = parts[0]
        for part in parts[1:]:
            total = self.smt.arithmetic("add", total, part)
        return total

    def natural(self, one: Summed) -> Ast:
        """No summand is negative."""
        if one.has is not None:
            return self.smt.true
        return self.all(lambda x: self.smt.at_most(self.smt.integer(0), one.summand(x)))


def _natural(at: Comparison, one: Summed) -> Ast:
    return at.smt.implication(at.natural(one), at.smt.at_most(at.smt.integer(0), one.number))


def _zero(at: Comparison, one: Summed) -> Ast:
    smt, zero = at.smt, at.smt.integer(0)
    has = one.has
    if has is not None:
        return smt.equal(smt.equal(one.number, zero), at.all(lambda x: smt.negate(has(x))))
    none, is_zero = at.all(lambda x: smt.equal(one.summand(x), zero)), smt.equal(one.number, zero)
    only = smt.implication(smt.conjunction([at.natural(one), is_zero]), none)
    return smt.conjunction([smt.implication(none, is_zero), only])


def _single(at: Comparison, one: Summed) -> Ast:
    smt, has = at.smt, one.has
    if has is None:
        each = at.all(lambda x: smt.at_most(one.summand(x), one.number))
        return smt.implication(at.natural(one), each)
    same = at.all(lambda x, y: smt.implication(smt.conjunction([has(x), has(y)]), at.equal(x, y)), "xy")
    return smt.equal(smt.at_most(one.number, smt.integer(1)), same)


def _at_most(at: Comparison, one: Summed, other: Summed) -> Ast:
    smt = at.smt
    same = smt.implication(smt.equal(one.number, other.number), at.at_most(other, one))
    return smt.implication(at.at_most(one, other), smt.conjunction([smt.at_most(one.number, other.number), same]))


def _but_one(at: Comparison, one: Summed, other: Summed) -> Ast:
    smt = at.smt

    def but(p: Value) -> Ast:
        elsewhere = at.all(lambda x: smt.disjunction([at.equal(x, p), at.alike(one, other, x)]))
        left, right = at.sum(one.number, other.summand(p)), at.sum(other.number, one.summand(p))
        return smt.implication(elsewhere, smt.equal(left, right))

    return smt.conjunction(but(p) for p in at.points)


def _but_two(at: Comparison, one: Summed, other: Summed) -> Ast:
    smt = at.smt

    def but(p: Value, q: Value) -> Ast:
        elsewhere = at.all(lambda x: smt.disjunction([at.equal(x, p), at.equal(x, q), at.alike(one, other, x)]))
        left = at.sum(one.number, other.summand(p), other.summand(q))
        right = at.sum(other.number, one.summand(p), one.summand(q))
        return smt.implication(smt.conjunction([smt.negate(at.equal(p, q)), elsewhere]), smt.equal(left, right))

    return smt.conjunction(but(p, q) for p, q in itertools.combinations(at.points, 2))


def _apart(at: Comparison, one: Summed, other: Summed, whole: Summed) -> Ast:
    smt, left, right = at.smt, one.has, other.has
    if left is not None and right is not None and whole.has is not None:
        disjoint = at.all(lambda x: smt.negate(smt.conjunction([left(x), right(x)])))
        below = smt.conjunction([disjoint, at.at_most(one, whole), at.at_most(other, whole)])
    else:
        below = at.all(lambda x: smt.at_most(at.sum(one.summand(x), other.summand(x)), whole.summand(x)))
    return smt.implication(below, smt.at_most(at.sum(one.number, other.number), whole.number))


def _together(at: Comparison, one: Summed, other: Summed, whole: Summed) -> Ast:
    smt, left, right, all_of = at.smt, one.has, other.has, whole.has
    if left is not None and right is not None and all_of is not None:
        covered = at.all(lambda x: smt.implication(all_of(x), smt.disjunction([left(x), right(x)])))
    else:
        covered = at.all(lambda x: smt.at_most(whole.summand(x), at.sum(one.summand(x), other.summand(x))))
    return smt.implication(covered, smt.at_most(whole.number, at.sum(one.number, other.number)))


Rule = Callable[..., Ast]

RULES: dict[int, dict[str, Rule]] = {
    1: {
        "a total of natural numbers is one": _natural,
        "a total of zeros is 0, of natural numbers no other": _zero,
        "a total of natural numbers is at least each; there is at most 1 element exactly if all are equal": _single,
    },
    2: {
        "a total of numbers that are at most those of another is at most that, and all are the same if it is": _at_most,
        "totals that differ at one element at most differ by it": _but_one,
        "totals that differ at two elements at most differ by these": _but_two,
    },
    3: {
        "two totals of numbers that are at most those of a third together are at most that together": _apart,
        "a total of numbers that are at most those of two others together is at most these together": _together,
    },
}
"""Facts about one, two and three totals over one sort."""


class Totals:
    """The axioms of one lowering; each is made once."""

    def __init__(self, lowering: Lowering) -> None:
        self._lowering = lowering
        self._known: dict[tuple[Total, ...], list[Axiom]] = {}
        self._texts: dict[Total, str] = {}

    def axioms(self, terms: Sequence[Term], read: Sequence[Term]) -> list[Axiom]:
        """The axioms of these totals in an obligation that reads these terms."""
        totals = [Total(element_of(term), self._lowering._around(term), term) for term in terms]
        result: list[Axiom] = []
        for sort in dict.fromkeys(total.element for total in totals):
            group = [total for total in totals if total.element == sort]
            if isinstance(sort, ScalarSort) and sort.parameter in parameter_names(*read):
                group.append(Total(sort))
            for some in _compared(group):
                if some not in self._known:
                    self._known[some] = [self._axiom(name, rule, some) for name, rule in RULES[len(some)].items()]
                result += self._known[some]
        return result

    def counted(self, terms: Sequence[Term], elements: Callable[[Sort], Sequence[Value] | None]) -> list[Ast]:
        """Each total, where it adds up these elements alone, as an equation; none for one whose elements are None."""
        smt, values = self._lowering.smt, self._lowering.values
        result = []
        for term in terms:
            total = Total(element_of(term), self._lowering._around(term), term)
            own = elements(total.element)
            if own is not None:
                at = Comparison(values, total.element, ())
                around = {v: values.variable(v.data, v.sort) for v in total.around}
                bound = [ast for v, value in around.items() for ast in values.flat_constants(value, v.sort)]
                one = self._summed(at, total, around)
                whole = at.sum(smt.integer(0), *map(one.summand, own))
                result.append(smt.quantified(True, bound, smt.equal(one.number, whole)))
        return result

    def _axiom(self, name: str, rule: Rule, totals: tuple[Total, ...]) -> Axiom:
        values = self._lowering.values
        bound = [(v.data, v.sort) for total in totals for v in total.around]

        def body(given: list[Value]) -> Ast:
            rest = iter(given)
            around = [{v: next(rest) for v in total.around} for total in totals]
            named = [point for total, env in zip(totals, around, strict=True) for point in self._points(total, env)]
            at = Comparison(values, totals[0].element, self._once(named, totals[0].element))
            return rule(at, *(self._summed(at, total, env) for total, env in zip(totals, around, strict=True)))

        which = ", ".join(map(self._text, totals))
        return Axiom(f"{name}: {which}", values.quantify(True, bound, body, ranged=False))

    def _text(self, total: Total) -> str:
        """The total, for people."""
        if total.term is None:
            return f"all of {total.element}"
        if total not in self._texts:
            self._texts[total] = text(total.term, self._lowering.scope.model.vocabulary)
        return self._texts[total]

    def _once(self, points: Sequence[Value], element: Sort) -> list[Value]:
        """The first few points, each once."""
        values = self._lowering.values
        result = {tuple(map(values.smt.key, values.flatten(point, element))): point for point in points}
        return list(result.values())[:POINTS]

    def _points(self, total: Total, env: dict[Term, Value]) -> Iterator[Value]:
        """The elements that a total's summands are made of or changed at: those that its term names."""
        lowering, values = self._lowering, self._lowering.values
        kinds = [values.smt.identity(kind) for kind in values.components(total.element)]
        for term in elements_named(total):
            if all(v in env or v in lowering.constants for v in lowering.free(term)):
                point = lowering.term(term, env)
                parts = values.flatten(point, total.element)
                # Over ordered sorts an integer need not be of the sort of the elements.
                if [values.smt.identity(values.smt.sort_of(part)) for part in parts] == kinds:
                    yield point

    def _summed(self, at: Comparison, total: Total, env: dict[Term, Value]) -> Summed:
        lowering, term = self._lowering, total.term
        if term is None:
            size = Term("parameter", (), INT, cast(ScalarSort, total.element).parameter)
            return at.set(lowering.parameter(size), lambda x: at.smt.true)
        number, body = lowering.term(term, env), term.args[0]
        if term.op == "cardinality":
            return at.set(number, lowering.term(body, env).has)
        zero, variable = at.smt.integer(0), term.bound[0]

        def summand(x: Value) -> Ast:
            inside = at.values.domain(x, total.element)
            return at.smt.ite(inside, lowering.term(body, {**env, variable: x}), zero)

        return Summed(number, summand)


def elements_named(total: Total) -> Iterator[Term]:
    """The terms that stand for elements in the term of a total: of their sort, or an index or a number to compare with where they
    stand.

    Any other integer, such as a summand, is not an element, though elements are integers: each point makes axioms.
    """
    element = total.element
    for term in walk(total.term) if total.term is not None else ():
        if term.sort == element:
            yield term
        if element.is_integer:
            indices = [term.args[1]] if term.op in _INDEXED and term.args[0].sort.parts[0] == element else []
            compared = term.args if term.op in _COMPARED else ()
            yield from (x for x in (*indices, *compared) if x.sort.is_integer and x.sort != element)


def element_of(term: Term) -> Sort:
    """The sort whose values distinguish the elements of a total."""
    if term.op == "sum":
        return term.bound[0].sort
    sort = cast("SetSort | KeyedSort", term.args[0].sort)
    return sort.key_sort if isinstance(sort, KeyedSort) else sort.element


def _compared(group: Sequence[Total]) -> Iterator[tuple[Total, ...]]:
    """The totals that are compared; one with variables around it is several, for different values of these."""
    for one in group:
        yield (one,)
    pairs = [pair for pair in itertools.product(group, repeat=2) if pair[0] is not pair[1] or pair[0].around]
    yield from pairs
    if len(group) <= MOST:
        yield from ((one, other, whole) for one, other in pairs for whole in group)
