"""Orbit counts against brute force, the action of permutations on packed states, and the check of symmetry."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest

from tests.explicit import models
from tests.explicit.test_figures import PROTOCOLS, RUNS, ground_of
from verifier.catalog import load
from verifier.kernel.model import Model
from verifier.kernel.sorts import (
    FunctionSort,
    KeyedSort,
    OptionSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import TRUE, Term, literal, variable
from verifier.proof.engines.explicit import decide, explore
from verifier.proof.engines.statesets import StateSet
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.orbits import (
    Columns,
    Permutation,
    class_size,
    count_orbits,
    cycle_types,
    generators,
    with_cycles,
)
from verifier.semantics.ground.packing import Packing
from verifier.semantics.scope import FiniteScope, FrozenMap, Some, finite_scope
from verifier.semantics.scope.renamed import Renaming, movable, renamed
from verifier.semantics.scope.symmetry import symmetry_of


def renamings(scope: FiniteScope) -> list[Renaming]:
    """Every permutation of every scalarset that fixes its named constants."""
    groups = movable(scope)
    images = [[dict(zip(old, new, strict=True)) for new in permutations(old)] for old in groups.values()]
    return [dict(zip(groups, chosen, strict=True)) for chosen in product(*images)]


def renamed_state(scope: FiniteScope, state: dict[str, Any], renaming: Renaming) -> dict[str, Any]:
    return {v.name: renamed(state[v.name], v.sort, renaming) for v in scope.model.variables}


def brute_force(ground: Ground, codes: list[tuple[int, ...]]) -> int:
    """The number of different least members of the states' classes, from renamed values."""
    scope, layout = ground.scope, ground.layout
    group = renamings(scope)
    states = [layout.decode(row) for row in codes]
    return len({min(layout.encode(renamed_state(scope, state, g)) for g in group) for state in states})


@pytest.mark.full
@pytest.mark.parametrize(("name", "variant"), [run for run in RUNS if run[0] not in ("wide", "bounded")])
def test_as_many_classes_as_by_brute_force(name: str, variant: str) -> None:
    ground = ground_of(PROTOCOLS[name], variant)
    found = explore(ground, symmetry=True)
    if found.orbits is None:
        assert found.orbits_reason is not None
        return
    codes = found.reached.packing.codes(found.reached.states)
    assert found.orbits == brute_force(ground, codes)


@pytest.mark.full
def test_three_groups_move_all_but_the_constant() -> None:
    ground = ground_of(load("composed"), Groups=3, Keys=2, TxnIds=3, MaxOps=2, MaxTs=2)
    found = explore(ground, symmetry=True)
    codes = found.reached.packing.codes(found.reached.states)
    assert found.orbits == brute_force(ground, codes) < found.distinct


def test_without_names_each_state_is_its_own_class() -> None:
    found = explore(ground_of(models.bounded()), symmetry=True)
    assert found.orbits == found.distinct


def some_value(scope: FiniteScope, sort: Sort, chance: random.Random) -> Any:
    """A random value of a sort whose domain is too large to list."""
    match sort:
        case FunctionSort(index=index, value=value):
            return FrozenMap({key: some_value(scope, value, chance) for key in scope.domain(index)})
        case SetSort(element=element):
            return frozenset(value for value in scope.domain(element) if chance.random() < 0.5)
        case OptionSort(element=element):
            return None if chance.random() < 0.4 else Some(some_value(scope, element, chance))
        case RecordSort(fields=fields):
            return FrozenMap({name: some_value(scope, of, chance) for name, of in fields})
        case SequenceSort(element=element):
            length = chance.randint(0, scope.capacity(sort))
            return tuple(some_value(scope, element, chance) for _ in range(length))
        case KeyedSort(element=record, key=key):
            present = [value for value in scope.domain(sort.key_sort) if chance.random() < 0.6]
            rest = [(name, of) for name, of in record.fields if name != key]
            return frozenset(
                FrozenMap({n: k if n == key else some_value(scope, dict(rest)[n], chance) for n, _ in record.fields})
                for k in present
            )
    return chance.choice(scope.domain(sort))


@pytest.mark.parametrize("name", ["containers", "opened", "vote", "log", "partial", "grid"])
def test_permuting_codes_is_renaming_values(name: str) -> None:
    ground = ground_of(PROTOCOLS[name])
    scope, layout = ground.scope, ground.layout
    packing, chance = Packing(layout), random.Random(0)
    states = [{v.name: some_value(scope, v.sort, chance) for v in scope.model.variables} for _ in range(60)]
    packed = packing.of([layout.encode(state) for state in states])
    for renaming in renamings(scope):
        moved = Permutation(layout, renaming)
        wanted = [layout.encode(renamed_state(scope, state, renaming)) for state in states]
        assert packing.codes(moved.apply(packing, packed)) == wanted
        unmoved = sum(layout.encode(state) == row for state, row in zip(states, wanted, strict=True))
        assert moved.fixed(Columns(packing, packed.words)) == unmoved


@pytest.mark.parametrize("size", [0, 1, 2, 5, 7])
def test_cycle_types_make_up_the_group(size: int) -> None:
    types = list(cycle_types(size))
    assert sum(class_size(cycles) for cycles in types) == math.factorial(size)
    members = [f"m{i}" for i in range(size)]
    assert all(sorted(with_cycles(members, cycles).values()) == sorted(members) for cycles in types)


@pytest.mark.parametrize(("sizes", "few"), [((3,), 2), ((2, 2), 2), ((3, 3), 2), ((2, 3, 3), 3), ((4, 3), 3), ((1, 4), 2)])
def test_few_renamings_make_up_all(sizes: tuple[int, ...], few: int) -> None:
    groups = {f"S{n}": tuple(f"{n}{i}" for i in range(size)) for n, size in enumerate(sizes)}
    members = [member for group in groups.values() for member in group]
    made = [{old: new for part in renaming.values() for old, new in part.items()} for renaming in generators(groups)]
    reached = waiting = {tuple(members)}
    while waiting:
        waiting = {tuple(step.get(one, one) for one in row) for row in waiting for step in made} - reached
        reached = reached | waiting
    assert len(reached) == math.prod(math.factorial(size) for size in sizes)
    assert len(made) == few


def test_a_set_that_is_not_closed_is_refused() -> None:
    ground = ground_of(load("composed"))
    reached = explore(ground).reached
    packing, swap = reached.packing, {"Txn": {"t1": "t2", "t2": "t1"}}
    moved = Permutation(ground.layout, swap).apply(packing, reached.states)
    lonely = int(np.argmin(moved.same(reached.states)))
    fewer = StateSet.holding(packing, reached.states[np.arange(len(reached)) != lonely])
    with pytest.raises(ValueError, match="not closed"):
        count_orbits(ground.layout, packing, fewer.states, fewer.index)


def test_classes_are_not_counted_where_the_search_is_cut_short() -> None:
    found = explore(ground_of(load("composed")), symmetry=True, max_states=100)
    assert (found.orbits, found.orbits_reason) == (None, "the search is not complete")


def test_a_choice_must_be_unique() -> None:
    found = explore(ground_of(models.choosing()), symmetry=True)
    assert found.orbits is None
    assert "choice" in (found.orbits_reason or "")
    careful = ground_of(models.choosing(), "careful")
    unchecked = [p for p in careful.scope.model.properties if p.kind != "defined"]
    assert explore(careful, unchecked, symmetry=True).orbits is None
    found = explore(careful, symmetry=True)
    assert found.orbits == brute_force(careful, found.reached.packing.codes(found.reached.states))


def with_guard(model: Model, condition: Term) -> Model:
    """The model with one more guard on its first action."""
    first, *others = model.actions
    changed = replace(first, guards=(*first.guards, replace(first.guards[0], name="odd", condition=condition)))
    return replace(model, actions=(changed, *others))


def test_what_tells_names_apart_is_noticed() -> None:
    model = load("composed").model()
    sort = next(sort for sort in model.sorts if isinstance(sort, ScalarSort))
    name = model.actions[0].arguments[0].variable
    assert isinstance(name.sort, ScalarSort)
    order = Term("le", (name, name), model.actions[0].guards[0].condition.sort)
    stranger = Term("eq", (name, literal("k2", sort)), order.sort)
    first = Term("eq", (name, Term("pick", (TRUE,), sort, (variable("k", sort),))), order.sort)
    assert symmetry_of(model).reason is None
    for odd in (order, stranger, first):
        broken = with_guard(model, odd)
        assert symmetry_of(broken).reason is not None
    found = next(p for p in model.properties if p.kind == "state")
    assert symmetry_of(model, [replace(found, formula=stranger)]).reason is not None


def test_a_broken_symmetry_is_given_as_the_reason() -> None:
    model = load("composed").model()
    name = model.actions[0].arguments[0].variable
    assert isinstance(name.sort, ScalarSort)
    sort = replace(name.sort, constants=("Only",))
    odd = Term("eq", (name, literal("Only", name.sort)), model.actions[0].guards[0].condition.sort)
    assert symmetry_of(with_guard(model, odd)).reason is not None
    named = Term("eq", (name, literal("Only", sort)), odd.sort)
    assert symmetry_of(with_guard(model, named)).reason is None


def test_deciding_counts_no_classes() -> None:
    ground = Ground(finite_scope(models.containers().model()))
    assert decide(ground, ground.scope.model.properties).orbits is None
