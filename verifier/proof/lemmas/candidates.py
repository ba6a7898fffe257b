"""Candidate lemmas, read off the sorts of a model: the relations that protocols usually maintain.

Three families, each over the places where a value of an atomic sort is stored (`txnObservedVer[t]`): orderings between integers
of one sort; consequences of a value of an enumeration for other places (`txnState[t] = Idle => txnStartTs[t] = 0`); values that
at most one index has. Candidates are only guesses: those that are used are proved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verifier.kernel.model import Model
from verifier.kernel.sorts import (
    BOOL,
    BoolSort,
    EnumSort,
    FunctionSort,
    OptionSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import (
    Term,
    alike,
    conjunction,
    conjuncts,
    equal,
    forall,
    implication,
    literal,
    negation,
    state,
    substitute,
    variable,
    walk,
)

MOST_INDICES = 2
"""Places with more indices than this are left out; they cost most and serve least."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the state that stores one atomic value: `term`, of the sort `term.sort`, read where `present` holds."""

    term: Term
    present: tuple[Term, ...]

    @property
    def indices(self) -> tuple[Term, ...]:
        """The bound variables that the place is indexed by."""
        return tuple(node for node in walk(self.term) if node.op == "bound")


class Indices:
    """The bound variables that places are indexed by: the same variable for the same sort, so that places relate."""

    def __init__(self) -> None:
        self._known: dict[tuple[Sort, int], Term] = {}

    def get(self, sort: Sort, occurrence: int) -> Term:
        """The variable for the given occurrence (0: the first index of this sort in a place)."""
        key = (sort, occurrence)
        if key not in self._known:
            letter = str(sort)[0].lower()
            self._known[key] = variable(letter + ("" if occurrence == 0 else str(occurrence + 1)), sort)
        return self._known[key]


def places(model: Model, indices: Indices) -> list[Place]:
    """Every place of the model that stores a Bool, an integer, or a label."""
    result: list[Place] = []
    for declared in model.variables:
        result += _inside(state(declared.name, declared.sort), (), indices, {})
    return result


def _inside(term: Term, present: tuple[Term, ...], indices: Indices, used: dict[Sort, int]) -> Iterator[Place]:
    match term.sort:
        case BoolSort() | RangeSort() | EnumSort() | ScalarSort():
            yield Place(term, present)
        case FunctionSort(index=index, value=value) if sum(used.values()) < MOST_INDICES:
            position = indices.get(index, used.get(index, 0))
            inner = Term("apply", (term, position), value)
            yield from _inside(inner, present, indices, {**used, index: used.get(index, 0) + 1})
        case SetSort(element=element) if sum(used.values()) < MOST_INDICES:
            yield Place(Term("member", (indices.get(element, used.get(element, 0)), term), BOOL), present)
        case OptionSort(element=element):
            some = Term("is_some", (term,), BOOL)
            yield Place(some, present)
            yield from _inside(Term("payload", (term,), element), (*present, some), indices, used)
        case RecordSort(fields=fields):
            for name, of in fields:
                yield from _inside(Term("field", (term,), of, name), present, indices, used)


def closed(premises: list[Term], conclusion: Term) -> Term:
    """The formula for all values of the bound variables that are free in it."""
    body = implication(conjunction(premises), conclusion)
    inner = {id(bound) for node in walk(body) for bound in node.bound}
    free = {id(node): node for node in walk(body) if node.op == "bound" and id(node) not in inner}
    return forall(tuple(free.values()), body)


def orderings(outcome: list[Place]) -> list[Term]:
    """`a <= b` for all pairs of different places that store integers of one sort."""
    result = []
    integers = [place for place in outcome if isinstance(place.term.sort, RangeSort)]
    for left in integers:
        for right in integers:
            if left is not right and left.term.sort == right.term.sort:
                relation = Term("le", (left.term, right.term), BOOL)
                result.append(closed([*left.present, *right.present], relation))
    return result


def in_state(model: Model, outcome: list[Place]) -> list[Term]:
    """Candidates that relate a label of an enumeration to the other places: their initial value, an ordering, presence."""
    result = []
    modes = [place for place in outcome if isinstance(place.term.sort, EnumSort) and not place.present]
    for mode in modes:
        sort = mode.term.sort
        if not isinstance(sort, EnumSort):
            continue
        related = [place for place in outcome if place is not mode]
        for label in sort.labels:
            test = equal(mode.term, literal(label, sort))
            for premise in (test, negation(test)):
                for conclusion, present in _facts(model, related):
                    result.append(closed([premise, *present], conclusion))
    return result


def _facts(model: Model, related: list[Place]) -> Iterator[tuple[Term, tuple[Term, ...]]]:
    for place in related:
        sort = place.term.sort
        if isinstance(sort, BoolSort):
            yield place.term, place.present
            yield negation(place.term), place.present
        elif isinstance(sort, RangeSort):
            zero = Term("literal", (), sort, 0)
            yield equal(place.term, zero), place.present
            yield Term("lt", (zero, place.term), BOOL), place.present
    integers = [place for place in related if isinstance(place.term.sort, RangeSort)]
    for left in integers:
        for right in integers:
            if left is not right and left.term.sort == right.term.sort:
                for op in ("lt", "le"):
                    yield Term(op, (left.term, right.term), BOOL), (*left.present, *right.present)


def at_most_one(model: Model, outcome: list[Place]) -> list[Term]:
    """At most one index has a label, a Bool, or (among those with a label) a given integer."""
    result: list[Term] = []
    for place in outcome:
        own = place.indices
        if len(own) != 1 or place.present or not isinstance(own[0].sort, ScalarSort):
            continue
        other = variable(own[0].data + "2", own[0].sort)
        twin = substitute(place.term, {own[0]: other})
        distinct = negation(equal(own[0], other))
        sort = place.term.sort
        if isinstance(sort, BoolSort):
            result.append(closed([distinct, place.term], negation(twin)))
        elif isinstance(sort, EnumSort):
            for label in sort.labels:
                value = literal(label, sort)
                result.append(closed([distinct, equal(place.term, value)], negation(equal(twin, value))))
        else:
            result.append(closed([distinct], negation(equal(place.term, twin))))
    return result


def covers(one: Term, other: Term) -> bool:
    """Whether a candidate says what another one does, and where that says nothing, too: by their form, as far as that tells."""
    premises, conclusion = _opened(one)
    others, same = _opened(other)
    if len(premises) > len(others) or not alike(conclusion, same):
        return False
    given = [any(_entails(known, premise) for known in others) for premise in premises]
    back = [any(_entails(known, premise) for known in premises) for premise in others]
    return all(given) and not all(back)


def _opened(term: Term) -> tuple[tuple[Term, ...], Term]:
    """The premises and the conclusion of a candidate."""
    body = term.args[0] if term.op == "forall" else term
    return (conjuncts(body.args[0]), body.args[1]) if body.op == "implies" else ((), body)


def _entails(premise: Term, other: Term) -> bool:
    """Whether a premise is another one, or says that a place has a label, and the other that it has not a different one."""
    if premise.op == "eq" and other.op == "not" and other.args[0].op == "eq":
        (place, label), (same, different) = premise.args, other.args[0].args
        return place is same and label.op == different.op == "literal" and label.data != different.data
    return alike(premise, other)


def candidates(model: Model) -> Iterator[list[Term]]:
    """The candidates in families, cheapest first; each is tried with the survivors of those before it."""
    result = places(model, Indices())
    yield orderings(result)
    yield in_state(model, result)
    yield at_most_one(model, result)
