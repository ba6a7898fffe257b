"""Random models: what their instances do, the unbounded model does, and what is proved of every size holds at small ones."""

from __future__ import annotations

import random

import pytest

from tests.quantified.brute import proved, refuted
from tests.quantified.simulation import Simulation, protocol
from verifier.semantics.scope.unbounded import unbounded


def steps_lost(seeds: range) -> tuple[list[str], int]:
    """What instances do and the unbounded model does not; how many questions were decided."""
    found: list[str] = []
    decided = 0
    for seed in seeds:
        made = protocol(seed)
        if made is None:
            continue
        scope = unbounded(made.model())
        for limit in (1, 2):
            simulation = Simulation(made, scope, limit)
            states = simulation.states(random.Random(seed), 3)
            found += [f"seed {seed}, Limit={limit}: {line}" for line in simulation.differences(states)]
            decided += simulation.decided
    return found, decided


def false_proofs(seeds: range) -> tuple[list[str], int]:
    """What is proved of every size and false at a small one; how many properties were proved."""
    found: list[str] = []
    claims = 0
    for seed in seeds:
        made = protocol(seed, total=True)
        if made is None:
            continue
        claimed = proved(made, lemmas=False, k=2)
        claims += len(claimed)
        model, scope = made.model(), unbounded(made.model())
        for limit in (1, 2, 3):
            found += [f"seed {seed}: {line}" for line in refuted(model, scope, claimed, {"Limit": limit})]
    return found, claims


def test_no_step_of_an_instance_is_lost() -> None:
    found, decided = steps_lost(range(25))
    assert found == []
    assert decided > 200


@pytest.mark.nightly
def test_what_is_proved_of_every_size_holds_at_small_ones() -> None:
    found, claims = false_proofs(range(12))
    assert found == []
    assert claims > 10


@pytest.mark.nightly
@pytest.mark.full
def test_so_it_is_with_more_models() -> None:
    assert steps_lost(range(100, 160))[0] == []
    assert false_proofs(range(100, 120))[0] == []


@pytest.mark.nightly
def test_so_it_is_with_many_models() -> None:
    assert steps_lost(range(1000, 6000))[0] == []
    assert false_proofs(range(1000, 2500))[0] == []
