"""Whether a formula that holds in every well-typed state at one size does so at others, too: a few of them are tried.

A formula that reads no part of the state, or that the sorts alone make true, is not vacuous if it is false as soon as a
sort has one value more, or only one. Nothing but the formula is lowered: its model has no actions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from verifier.kernel.errors import VerifyError
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.sorts import RangeSort, ScalarSort, SequenceSort, Sort, inner_sorts
from verifier.kernel.terms import Term, parameter_names, walk
from verifier.proof.engines.walks import falsified_at_random
from verifier.semantics.answers import Answer
from verifier.semantics.concrete.order import instances
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import FiniteScope, finite_scope

LARGEST = 20_000
"""Instances of nested quantifiers up to which a size is tried."""

STEPS = 200_000
"""The budget of one question, in z3's steps."""


def dependence(scope: FiniteScope, prop: Property, *, solver: bool = True) -> str | None:
    """Names the size on which a formula depends: it holds in every well-typed state of a scope, but not at another size.

    None if it holds at the sizes that were tried, as far as that is easily decided: with a `solver`, or by random states alone.
    """
    model = scope.model
    for name, what in _read(model, prop.formula).items():
        for value in _values(scope, prop.formula, name):
            try:
                other = finite_scope(_bare(model, prop), {**scope.parameters, name: value})
            except VerifyError:
                continue  # There is no such instance.
            if _fails(other, prop, solver) is Answer.SAT:
                return f"holds at this {what}"
    return None


def _read(model: Model, formula: Term) -> Mapping[str, str]:
    """The parameters that a formula depends on, directly or through the sorts of its parts; each with its description for people.
    """
    terms = list(walk(formula))
    sorts = {inner: None for term in terms for inner in inner_sorts(term.sort)}
    sorts |= {inner: None for term in terms for bound in term.bound for inner in inner_sorts(bound.sort)}
    result: dict[str, str] = {}
    for sort in sorts:
        for name in sorted(_parameters(sort)):
            result.setdefault(name, f"size of {sort}")
    for name in sorted(parameter_names(formula)):
        result.setdefault(name, f"value of {name}")
    return {name: what for name, what in result.items() if name in model.parameters}


def _parameters(sort: Sort) -> set[str]:
    match sort:
        case ScalarSort(parameter=name):
            return {name}
        case RangeSort(low=low, high=high):
            return parameter_names(low, high) | ({sort.parameter} if sort.parameter else set())
        case SequenceSort(capacity=capacity):
            return parameter_names(capacity)
    return set()


def _values(scope: FiniteScope, formula: Term, name: str) -> Iterator[int]:
    """Other values of a parameter: few, one more, and as many as the formula has variables over the sort."""
    present = scope.parameters[name]
    bound = [variable for term in walk(formula) for variable in term.bound]
    variables = sum(name in _parameters(variable.sort) for variable in bound)
    yield from sorted({0, 1, present + 1, max(variables, present + 1)} - {present})


def _bare(model: Model, prop: Property) -> Model:
    """The model without anything but its sorts, variables of any value, and one property."""
    open_ = tuple(replace(declared, initial=None) for declared in model.variables)
    return replace(model, variables=open_, initial=(), constraints=(), actions=(), properties=(prop,), lemmas=())


def _fails(scope: FiniteScope, prop: Property, solver: bool) -> Answer:
    """Whether some well-typed state, or pair of states, falsifies the formula."""
    if _instances(scope, prop.formula) > LARGEST:
        return Answer.UNKNOWN
    ground = Ground(scope)
    fails = ground.circuit.not_(ground.holds(prop))
    if fails.op == "const":
        return Answer.SAT if fails.value else Answer.UNSAT
    if falsified_at_random(ground.layout, ground.canonical, {prop.name: fails}):
        return Answer.SAT
    if not solver:
        return Answer.UNKNOWN
    from verifier.proof.strategy.vacuity_solver import VacuitySolver
    from verifier.semantics.ground.smt import Encoding

    return VacuitySolver(Encoding(ground), steps=STEPS).possible(fails, of_steps=prop.kind == "action")


def _instances(scope: FiniteScope, formula: Term) -> int:
    """How many instances a formula has when its quantifiers are expanded, at most."""
    counts: dict[int, int] = {}
    for term in walk(formula):
        inner = max((counts[id(arg)] for arg in term.args), default=1)
        counts[id(term)] = inner * instances(scope, term)
    return counts[id(formula)]
