"""Narrows existential quantifiers over values built by an update: miniscoping, and the one-point rule.

After a step a goal often says that some element of `(old - {a}) | {b}` has a property. Asked like that, a solver has to guess
the witness b. Taken apart it reads: b has the property, or some element of `old` other than a has. Equivalent formulas, of
which the second needs no guess (A. Nonnengart, C. Weidenbach, Computing small clause normal forms, Handbook of Automated
Reasoning 2001, section 3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from verifier.kernel.sorts import BOOL, FunctionSort, RecordSort, SetSort
from verifier.kernel.terms import (
    Term,
    conjunction,
    conjuncts,
    disjunction,
    equal,
    exists,
    negation,
    rewrite,
    substitute,
    walk,
)
from verifier.semantics.quantified.definedness import Definedness

LARGEST_NUMBER = 16
"""Disjuncts that one quantifier is spread over; one that would need more stays as it is."""


def narrowed(formula: Term, definedness: Definedness) -> Term:
    """An equivalent formula with the existential quantifiers narrowed."""
    return _Narrowing(definedness).apply(formula)


class _Narrowing:
    def __init__(self, definedness: Definedness) -> None:
        self._within = definedness.within

    def apply(self, formula: Term) -> Term:
        return rewrite(formula, self._rule)

    def _rule(self, term: Term) -> Term | None:
        match term.op:
            case "member" if isinstance(term.args[1].sort, SetSort):
                return self._member(term.args[0], term.args[1])
            case "field":
                return _field(term.args[0], term)
            case "apply":
                return _applied(term.args[0], term.args[1], term)
            case "exists":
                return self._spread(term)
        return None

    def _member(self, item: Term, collection: Term) -> Term:
        """Membership; in a combination of sets, as memberships in these sets."""
        if collection.op == "ite":
            condition, then, other = collection.args
            return Term("ite", (condition, self._member(item, then), self._member(item, other)), BOOL)
        if collection.op == "set":
            body = substitute(collection.args[0], {collection.bound[0]: item})
            element = cast(SetSort, collection.sort).element
            return conjunction([self._within(item, element), self.apply(body)])
        return Term("member", (item, collection), BOOL)

    def _spread(self, term: Term) -> Term | None:
        cases = []
        for case in _cases(term.args[0], term.bound):
            cases.append(self._case(list(term.bound), case))
            if len(cases) > LARGEST_NUMBER:
                return None
        return disjunction(cases)

    def _case(self, bound: list[Term], parts: list[Term]) -> Term:
        """Some values of the bound variables satisfy all parts; a variable that equals a term is that term."""
        outside: list[Term] = []
        while (result := _point(bound, parts)) is not None:
            place, one, value = result
            outside.append(self._within(value, one.sort))
            del parts[place]
            parts = [self.apply(substitute(part, {one: value})) for part in parts]
            bound = [other for other in bound if other is not one]
        outside += [part for part in parts if not _mentions(part, bound)]
        inside = [part for part in parts if _mentions(part, bound)]
        # Variables that nothing mentions stay: their sort might have no value in range.
        return conjunction([*outside, exists(tuple(bound), conjunction(inside)) if bound else conjunction(inside)])


def _cases(formula: Term, bound: tuple[Term, ...]) -> Iterator[list[Term]]:
    """A formula as alternatives, each a list of conjuncts; only parts that mention the variables are taken apart."""
    parts = list(conjuncts(formula))
    for place, part in enumerate(parts):
        if part.op not in ("or", "ite") or not _mentions(part, bound):
            continue
        rest = [*parts[:place], *parts[place + 1 :]]
        if part.op == "or":
            alternatives = list(part.args)
        else:
            condition, then, other = part.args
            alternatives = [conjunction([condition, then]), conjunction([negation(condition), other])]
        for alternative in alternatives:
            yield from _cases(conjunction([alternative, *rest]), bound)
        return
    yield parts


def _point(bound: list[Term], parts: list[Term]) -> tuple[int, Term, Term] | None:
    """The place of an equation between a bound variable and a term without any, the variable, and the term."""
    for place, part in enumerate(parts):
        if part.op == "eq":
            for one, value in (part.args, part.args[::-1]):
                if any(one is other for other in bound) and not _mentions(value, bound):
                    return place, one, value
    return None


def _mentions(term: Term, bound: list[Term] | tuple[Term, ...]) -> bool:
    return any(part is one for part in walk(term) if part.op == "bound" for one in bound)


def _field(record: Term, term: Term) -> Term | None:
    if record.op != "record":
        return None
    names = [name for name, _ in cast(RecordSort, record.sort).fields]
    return record.args[names.index(term.data)]


def _applied(function: Term, point: Term, term: Term) -> Term | None:
    """The value of an updated function: the new one at the place of the update, elsewhere the old one's."""
    if function.op != "update":
        return None
    old, place, new = function.args
    value = cast(FunctionSort, function.sort).value
    before = _applied(old, point, term) or Term("apply", (old, point), value)
    return Term("ite", (equal(point, place), new, before), value)
