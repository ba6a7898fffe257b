"""Clauses of a small instance as candidates for the instance that is asked about.

A clause along an order that excludes what it should at four places of the order often does so at any number of places (A. Goel,
K. Sakallah, On symmetry and quantification: a new approach to verify distributed protocols, NFM 2021: finite convergence). The
candidates prove nothing: those that are not inductive at the size that is asked about are dropped there.
"""

from __future__ import annotations

from collections.abc import Iterable

from verifier.kernel.errors import VerifyError
from verifier.kernel.sorts import RangeSort, ScalarSort, Sort, inner_sorts
from verifier.proof.engines.families import order, ordered
from verifier.semantics.ground.clausal import Clausal, wide
from verifier.semantics.scope.finite import FiniteScope, finite_scope

Cube = tuple[int, ...]

FEW = 4
"""The most members of an ordered sort in the small instance: with three, too many clauses are about the first or the last."""


def smaller(clausal: Clausal) -> FiniteScope | None:
    """The scope with few members in the ordered sorts that have more, except in those that index variables; None if none has."""
    scope, along, indices = clausal.ground.scope, set[str](), set[str]()
    for fact in clausal.facts.all:
        indices.update(*(_parameters(index.sort) for index in fact.indices))
        if fact.kind == "ordinal" and not wide(fact) and ordered(order(fact)):
            along |= _parameters(order(fact))
    shrunk = {name: FEW for name in along - indices if scope.parameters[name] > FEW}
    if not shrunk:
        return None
    labels = {
        sort.parameter: "{" + ",".join(scope.labels[sort.name]) + "}"
        for sort in scope.model.sorts
        if isinstance(sort, ScalarSort)
    }
    try:
        return finite_scope(scope.model, {**scope.parameters, **labels, **shrunk})
    except VerifyError:
        return None


def _parameters(sort: Sort) -> set[str]:
    """The parameters that are the sizes of the ordered sorts in a sort."""
    return {inner.parameter for inner in inner_sorts(sort) if isinstance(inner, RangeSort) and inner.parameter is not None}


def transferred(cubes: Iterable[Cube], source: Clausal, target: Clausal) -> list[Cube]:
    """The cubes of one instance in the atoms of another, by the values in them."""
    facts = {(fact.path, tuple(index.value for index in fact.indices)): fact for fact in target.facts.all}

    def moved(literal: int) -> int:
        atom = source.atom(abs(literal))
        fact = facts[atom.fact.path, tuple(index.value for index in atom.fact.indices)]
        code = atom.code if atom.wide else target.facts.code(fact, source.facts.value(atom.fact, atom.code))
        return target.variable(fact, code) * (1 if literal > 0 else -1)

    return [tuple(sorted(map(moved, cube), key=abs)) for cube in cubes]
