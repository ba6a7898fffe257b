"""Clauses of a small instance as candidates for the instance that is asked about.

A clause along an order that excludes what it should at four places of the order often does so at any number of places (A. Goel,
K. Sakallah, On symmetry and quantification: a new approach to verify distributed protocols, NFM 2021: finite convergence). One
about the only index of an ordered sort often holds for every index, where all variables have it. The candidates prove nothing:
those that are not inductive at the size that is asked about are dropped there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import prod
from typing import Any

from verifier.kernel.errors import VerifyError
from verifier.kernel.sorts import OptionSort, RangeSort, RecordSort, ScalarSort, Sort, inner_sorts
from verifier.proof.engines.families import order, ordered
from verifier.semantics.ground.clausal import Clausal, wide
from verifier.semantics.ground.facts import Fact, Facts
from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.scope.values import FrozenMap, Some

Cube = tuple[int, ...]

FEW = 4
"""The most members of an ordered sort in the small instance: with three, too many clauses are about the first or the last."""

IMAGES = 16
"""A clause about the only indices is a candidate for at most this many tuples of indices."""


def smaller(facts: Facts) -> FiniteScope | None:
    """The scope with four members in ordered sorts that have more and index no variable, and one in those that index all of them;
    None if there are no such sorts.
    """
    scope, along = facts.scope, orders(facts)
    indices = [_indices(fact) for fact in facts.all]
    everywhere = set[str].intersection(*indices) if indices else set[str]()
    least = {**dict.fromkeys(along, FEW), **dict.fromkeys(everywhere, 1)}
    shrunk = {name: size for name, size in least.items() if scope.parameters[name] > size}
    if not shrunk or prod(scope.parameters[name] for name in everywhere) > IMAGES:
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


def orders(facts: Facts) -> set[str]:
    """The sizes of ordered sorts that thresholds go along, and that index no variable."""
    kinds = [order(fact) for fact in facts.all if fact.kind == "ordinal" and not wide(fact) and ordered(order(fact))]
    return {name for sort in kinds for name in _sizes(sort)}.difference(*map(_indices, facts.all))


def _indices(fact: Fact) -> set[str]:
    """The sizes of the ordered sorts that a fact has as indices."""
    return {name for index in fact.indices for name in _sizes(index.sort)}


def _sizes(sort: Sort) -> dict[str, RangeSort]:
    """The ordered sorts in a sort, by the parameters that are their sizes."""
    return {
        inner.parameter: inner
        for inner in inner_sorts(sort)
        if isinstance(inner, RangeSort) and inner.parameter is not None
    }


def transferred(cubes: Iterable[Cube], source: Clausal, target: Clausal) -> list[Cube]:
    """The cubes of an instance in the atoms of a larger one, for all indices of it."""
    facts = {(fact.path, tuple(index.value for index in fact.indices)): fact for fact in target.facts.all}

    def moved(literal: int, places: Places) -> int:
        atom = source.atom(abs(literal))
        fact = facts[atom.fact.path, tuple(_placed(index.value, index.sort, places) for index in atom.fact.indices)]
        code = atom.code
        if not atom.wide:
            code = target.facts.code(fact, _placed(source.facts.value(atom.fact, code), atom.fact.sort, places))
        return target.variable(fact, code) * (1 if literal > 0 else -1)

    images = list(_images(source, target))
    return list({
        tuple(sorted((moved(literal, places) for literal in cube), key=abs)): None for cube in cubes for places in images
    })  # fmt: skip


Places = Mapping[str, Mapping[int, int]]
"""For the name of a sort that has one member in the small instance, the member of the target in its place."""


def _images(source: Clausal, target: Clausal) -> Iterator[Places]:
    """The places in the target of the members of sorts that index variables and have shrunk to one."""
    small, large = source.ground.scope, target.ground.scope
    sorts: dict[str, RangeSort] = {}
    for fact in source.facts.all:
        sorts.update((sort.name, sort) for index in fact.indices for sort in _sizes(index.sort).values())
    single = [sort for sort in sorts.values() if small.size(sort) == 1 < large.size(sort)]
    for members in product(*(large.domain(sort) for sort in single)):
        yield {sort.name: {small.domain(sort)[0]: member} for sort, member in zip(single, members, strict=True)}


def _placed(value: Any, sort: Sort, places: Places) -> Any:
    """A value with other members of sorts in it."""
    match sort:
        case RangeSort(name=name):
            return places.get(name, {}).get(value, value)
        case OptionSort(element=element):
            return None if value is None else Some(_placed(value.value, element, places))
        case RecordSort(fields=fields):
            return FrozenMap({name: _placed(value[name], of, places) for name, of in fields})
    return value
