"""The lowering to first-order logic agrees with the concrete semantics, on finite instances with the state
pinned.
"""

from __future__ import annotations

from functools import cache

import pytest

from tests.models import batches, chairs, constructs, corners, counting, elements, niches, ranked, sizes, weighed
from tests.quantified.instances import Instance, expressible, random_states
from verifier.kernel.protocol import Protocol

PROTOCOLS: dict[str, Protocol] = {
    **niches.ALL, **constructs.ALL, **corners.ALL, **elements.ALL, **chairs.ALL, **batches.ALL, **sizes.ALL, **ranked.ALL,
    **weighed.ALL,
    **{name: counting.ALL[name] for name in ("clockwork", "line")},
}  # fmt: skip


NAMES = list(PROTOCOLS)


@cache
def instance(name: str) -> Instance:
    return Instance(expressible(PROTOCOLS[name]))


def differences(name: str, seed: int, count: int) -> list[tuple[dict[str, object], list[str]]]:
    made = instance(name)
    states = random_states(made.scope, seed, count)
    return [(dict(state), wrong) for state in states if (wrong := list(made.differences(state)))]


def test_most_of_the_constructs_can_be_compared() -> None:
    assert len(NAMES) >= 7
    assert sum(len(expressible(PROTOCOLS[name]).actions) for name in NAMES) >= 30


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.nightly] * (name == "shelves")) for name in NAMES]
)
def test_formulas_steps_and_definedness_are_those_of_the_concrete_semantics(name: str) -> None:
    assert differences(name, seed=3, count=2) == []


@pytest.mark.nightly
@pytest.mark.full
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(1, 6))])
@pytest.mark.parametrize("name", NAMES)
def test_so_they_are_in_more_states(name: str, seed: int) -> None:
    assert differences(name, seed=100 + seed, count=5) == []
