"""A state of a small instance as assumptions at unbounded scope: the members of sorts, the parameters, the values of variables.

A solver that searches for values of formulas with quantifiers can search for long, and in vain; where these assumptions fix the
values, it only evaluates. They are never needed: what has no form here is left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from verifier.kernel.sorts import (
    BOOL,
    INT,
    BoolSort,
    EnumSort,
    FunctionSort,
    OptionSort,
    RecordSort,
    ScalarSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import Term, disjunction, equal, forall, integer, literal, negation, state, variable
from verifier.proof.strategy.unbounded_scripts import script_of
from verifier.semantics.quantified import Quantified
from verifier.semantics.scope.finite import FiniteScope


class Pinned:
    """The assumptions about one instance, as scripts."""

    def __init__(self, quantified: Quantified, scope: FiniteScope) -> None:
        self._quantified = quantified
        self._scope = scope
        self._members: dict[Sort, dict[str, Term]] = {}
        for sort in quantified.model.sorts:
            if isinstance(sort, ScalarSort):
                labels = enumerate(scope.labels[sort.name])
                self._members[sort] = {label: self._member(sort, place, label) for place, label in labels}
        self._ends = [*self._sizes(), *self._parameters()]

    def _member(self, sort: ScalarSort, place: int, label: str) -> Term:
        if place < len(sort.constants):
            return literal(sort.constants[place], sort)
        result = variable(label, sort)
        self._quantified.lowering.declare(result, "size", sort.name, place)
        return result

    def _sizes(self) -> Iterator[Term]:
        for sort, members in self._members.items():
            x = variable("x", sort)
            yield forall((x,), disjunction(equal(x, member) for member in members.values()))
            yield from (negation(equal(a, b)) for a, b in combinations(members.values(), 2))

    def _parameters(self) -> Iterator[Term]:
        for name in self._quantified.model.parameters:
            yield equal(Term("parameter", (), INT, name), integer(self._scope.parameters[name]))

    def start(self, values: Mapping[str, Any]) -> str:
        """An initial state as a script: the values of variables that are open there."""
        return self._script(self._state(values, initial=True))

    def step(self, values: Mapping[str, Any], action: str, arguments: Mapping[str, Any]) -> str:
        """A step out of a state as a script: the values of variables and arguments."""
        return self._script([*self._state(values, initial=False), *self._arguments(action, arguments)])

    def _script(self, terms: Iterable[Term]) -> str:
        lowering = self._quantified.lowering
        return script_of(lowering.smt, [lowering.formula(term) for term in (*self._ends, *terms)])

    def _state(self, values: Mapping[str, Any], *, initial: bool) -> Iterator[Term]:
        for declared in self._quantified.model.variables:
            if declared.name in values and (declared.initial is None or not initial):
                yield from self._is(state(declared.name, declared.sort), declared.sort, values[declared.name])

    def _arguments(self, action: str, values: Mapping[str, Any]) -> Iterator[Term]:
        declared = self._quantified.model.action(action)
        for argument in (*declared.arguments, *declared.witnesses):
            if argument.name in values:
                yield from self._is(argument.variable, argument.sort, values[argument.name])

    def _is(self, term: Term, sort: Sort, value: Any) -> Iterator[Term]:
        """That a term has this value, part by part."""
        known = self._value(sort, value)
        if known is not None:
            yield equal(term, known)
            return
        match sort:
            case FunctionSort(index=index, value=of) if self._atomic(index) and self._atomic(of):
                x = variable("x", INT if index.is_integer else index)
                places = zip(self._places(index, value), self._places(of, value.values()), strict=True)
                yield forall((x,), equal(Term("apply", (term, x), of), _chosen(x, list(places))))
            case FunctionSort(index=index, value=of):
                for key, image in value.items():
                    place = self._value(index, key)
                    if place is not None:
                        yield from self._is(Term("apply", (term, place), of), of, image)
            case SetSort(element=element) if self._atomic(element):
                x = variable("x", INT if element.is_integer else element)
                some = disjunction(equal(x, place) for place in self._places(element, sorted(value, key=str)))
                yield forall((x,), equal(Term("member", (x, term), BOOL), some))
            case RecordSort(fields=fields):
                for name, of in fields:
                    yield from self._is(Term("field", (term,), of, name), of, value[name])
            case OptionSort():
                there = Term("is_some", (term,), BOOL)
                yield there if value is not None else negation(there)

    def _atomic(self, sort: Sort) -> bool:
        return isinstance(sort, BoolSort | EnumSort) or sort.is_integer or sort in self._members

    def _places(self, sort: Sort, values: Iterable[Any]) -> list[Term]:
        """The terms of values of an atomic sort."""
        return [place for value in values if (place := self._value(sort, value)) is not None]

    def _value(self, sort: Sort, value: Any) -> Term | None:
        """The term of a value; None where a value of this sort has none."""
        if isinstance(sort, BoolSort) or sort.is_integer:
            return literal(value, BOOL if isinstance(sort, BoolSort) else INT)
        if isinstance(sort, EnumSort):
            return literal(value, sort)
        return self._members[sort].get(value) if sort in self._members else None


def _chosen(x: Term, images: Sequence[tuple[Term, Term]]) -> Term:
    """The image of `x`, by the indices of the instance; the last image for anything else."""
    *others, (_, result) = images
    for place, image in reversed(others):
        result = Term("ite", (equal(x, place), image, result), image.sort)
    return result
