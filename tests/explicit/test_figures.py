"""The published figures, and agreement with a naive search by the concrete semantics."""

from __future__ import annotations

import pytest

from tests.explicit import models
from tests.explicit.naive import naive_search
from tests.models.constructs import ALL
from verifier.catalog import load
from verifier.kernel.protocol import Protocol
from verifier.proof.engines.explicit import explore
from verifier.proof.engines.exploration import Exploration
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import FrozenMap, finite_scope

OURS = (models.wide, models.bounded, models.stuck, models.opened, models.containers, models.choosing)
PROTOCOLS: dict[str, Protocol] = {**ALL, **{found.name: found for found in (build() for build in OURS)}}
RUNS = [(name, variant) for name, protocol in PROTOCOLS.items() for variant in protocol.variants]


def ground_of(protocol: Protocol, variant: str | None = None, **settings: int) -> Ground:
    return Ground(finite_scope(protocol.model(variant), settings))


# Distinct, generated, diameter and orbits as published. The generated figures of the variants that drop a
# guard are not: theirs count a successor once for each disjunct of the guard.
PUBLISHED = [
    ("safe", (), 9_629, 13_315, 2_688, {}),
    ("gap", (), 9_785, None, 2_727, {"Composed-1": 4}),
    ("currentfence-gap", (), 9_789, None, 2_728, {"Composed-1a": 4}),
    ("gap", ("Commit.current-owner",), 11_305, None, 3_118, {"Composed-1": 3, "Composed-1a": 3}),
    ("first", (), 6_015, 10_671, 1_684, {}),
    ("first-gap", (), 7_045, None, 1_952, {"Composed-1": 3}),
]


@pytest.mark.parametrize(("variant", "drops", "distinct", "generated", "orbits", "violated"), PUBLISHED)
def test_the_published_figures(
    variant: str,
    drops: tuple[str, ...],
    distinct: int,
    generated: int | None,
    orbits: int,
    violated: dict[str, int],
) -> None:
    model = load("composed").model(variant, drops)
    found = explore(Ground(finite_scope(model)), symmetry=True)
    assert (found.distinct, found.diameter, found.orbits) == (distinct, 7, orbits)
    assert generated is None or found.generated == generated
    assert found.complete
    assert {violation.property.short: violation.steps for violation in found.violations} == violated


@pytest.mark.parametrize(("name", "variant"), RUNS)
def test_agrees_with_a_naive_search(name: str, variant: str) -> None:
    ground = ground_of(PROTOCOLS[name], variant)
    naive = naive_search(ground.scope)
    found = explore(ground)
    reached = {FrozenMap(ground.layout.decode(codes)) for codes in found.reached.packing.codes(found.reached.states)}
    assert reached == naive.states
    assert (found.distinct, found.generated) == (len(naive.states), naive.generated)
    # A search of no states, none of which could be stored, shows nothing.
    assert (found.diameter, found.complete) == (naive.diameter, bool(naive.generated))
    assert {violation.property.name: violation.steps for violation in found.violations} == naive.steps
    replay(ground, found)


def replay(ground: Ground, found: Exploration) -> None:
    """Every counterexample starts in an initial state, takes steps of the concrete semantics, and ends as it says."""
    machine = Machine(ground.scope)
    starts = set(machine.initial_states())
    for violation in found.violations:
        states = [FrozenMap(ground.layout.decode(step.codes)) for step in violation.path.steps]
        if ground.starts.outside:
            assert (violation.steps, len(states)) == (0, 1)
            continue
        assert states[0] in starts
        for before, after, taken in zip(states, states[1:], violation.path.steps[1:], strict=False):
            assert taken.instance is not None
            instance = ground.instances[taken.instance]
            assert machine.inside(before)
            step = machine.attempt(before, instance.action.name, instance.arguments)
            assert (step.outcome, step.state) == ("fired", after)
        steps = len(states) - 1
        if violation.path.attempt is not None:
            tried = ground.instances[violation.path.attempt]
            attempt = machine.attempt(states[-1], tried.action.name, tried.arguments)
            kind = violation.property.kind
            assert attempt.outcome == ("undefined" if kind == "defined" else "out of range")
            steps += kind != "defined"
            ends = (states[-1], attempt.state) if kind == "action" else (attempt.state or states[-1],)
            assert not machine.holds(violation.property, *ends)
        elif violation.property.kind == "action":
            assert not machine.holds(violation.property, states[-2], states[-1])
        elif violation.property.kind == "state":
            assert not machine.holds(violation.property, states[-1])
        assert violation.steps == steps


def test_larger_parameters_reach_more_words() -> None:
    ground = ground_of(load("composed"), Keys=3, Groups=3, TxnIds=3, MaxVersions=3, MaxTs=8, MaxOps=2)
    naive = naive_search(ground.scope)
    found = explore(ground)
    assert (found.distinct, found.generated, found.diameter) == (len(naive.states), naive.generated, naive.diameter)
    assert found.reached.packing.words > 1
