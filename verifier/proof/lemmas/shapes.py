"""The library of rankings: the pending condition, the helpers and the measure, as the form of a property and the state suggest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, permutations, product
from typing import cast

from verifier.kernel.fairness import Condition
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.ranking import Helper, Ranking, measures
from verifier.kernel.sorts import BOOL, INT, BoolSort, FunctionSort, RangeSort, RecordSort, SetSort, Sort
from verifier.kernel.temporal import Case, of_steps
from verifier.kernel.terms import TRUE, Term, alike, conjunction, conjuncts, negation, state, variable


def offered(model: Model, prop: Property, number: int) -> Iterator[Ranking]:
    """All arguments against a case that a model gives, and those of the library with at most two parts."""
    yield from (one for one in model.rankings if one.property == prop.name and one.number == number)
    parts = list(library(model, prop.cases[number]))
    for shape in shapes(prop, number):
        yield shape
        yield from (replace(shape, measure=(part,)) for part in parts)
    for shape in shapes(prop, number):
        yield from (replace(shape, measure=pair) for pair in permutations(parts, 2))


def shapes(prop: Property, number: int) -> Iterator[Ranking]:
    """Arguments without a measure: one fair step is enough, of a condition that helps all the time, or wherever it is enabled."""
    case = prop.cases[number]
    pending = [TRUE] if case.trigger is TRUE or of_steps(case.trigger) else [_waiting(case), TRUE]
    helpers = [(Helper(one, TRUE),) for condition in prop.fair for one in instances(condition, case)]
    for here, helped in product(pending, [*helpers, ()]):
        yield Ranking(prop.name, number, case.bound, here, (), helped)


def _waiting(case: Case) -> Term:
    """The condition from which a case waits, without conjuncts that hold during the whole wait."""
    held = list(conjuncts(case.hold))
    return conjunction(part for part in conjuncts(case.trigger) if not any(alike(part, other) for other in held))


def instances(condition: Condition, case: Case) -> Iterator[Condition]:
    """A condition for those values of its variables that the variables of a case are."""
    choices = [[other for other in case.bound if other.sort == bound.sort] for bound in condition.bound]
    for chosen in product(*choices):
        values = dict(zip(condition.bound, chosen, strict=True))
        parts = (
            replace(part, arguments=tuple(values.get(term, term) if term else None for term in part.arguments))
            for part in condition.parts
        )
        yield replace(condition, parts=tuple(parts), bound=())


def library(model: Model, case: Case) -> Iterator[Term]:
    """Values in the state that can serve as a measure: numbers, distances to an end, sums of two numbers in a record, sets."""
    for declared in model.variables:
        if not declared.rigid:
            yield from _parts(state(declared.name, declared.sort), case)


def _parts(term: Term, case: Case) -> Iterator[Term]:
    match term.sort:
        case RangeSort() as sort:
            yield term
            yield Term("sub", (sort.high, term), INT)
        case SetSort(element=element):
            yield term
            yield _all(element, lambda x: negation(Term("member", (x, term), BOOL)))
        case RecordSort(fields=fields):
            inner = [Term("field", (term,), of, name) for name, of in fields]
            numbers = [part for part in inner if part.sort.is_integer]
            yield from (part for one in inner for part in _parts(one, case))
            yield from (Term("add", pair, INT) for pair in combinations(numbers, 2))
        case FunctionSort(index=index, value=value):
            for one in case.bound:
                if one.sort == index:
                    yield from _parts(_applied(term, one), case)
            if isinstance(value, BoolSort):
                yield _all(index, lambda x: _applied(term, x))
                yield _all(index, lambda x: negation(_applied(term, x)))
            elif measures(term.sort):
                yield term


def _all(sort: Sort, holds: Callable[[Term], Term]) -> Term:
    x = variable("x", sort)
    return Term("set", (holds(x),), SetSort(sort), (x,))


def _applied(function: Term, index: Term) -> Term:
    return Term("apply", (function, index), cast(FunctionSort, function.sort).value)
