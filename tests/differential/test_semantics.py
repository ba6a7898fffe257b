"""All semantics of the published scope agree: concrete, z3, columns, and the reference evaluation of the circuit.

For random well-typed states, reachable or not, every action instance does the same (the successor, the guard
that refuses, the position that is undefined, the variables out of range), and every formula is the same.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.differential import subjects
from tests.differential.behaviour import BACK_ENDS, Behaviour, Circuits, Oracle, Pair, Sample
from verifier.kernel.terms import walk
from verifier.semantics.ground.ground import HANDLERS, Ground


def test_the_models_use_every_operator() -> None:
    roots = []
    for name in subjects.OWN:
        model = subjects.sample(name).scope.model
        roots += [declared.initial for declared in model.variables if declared.initial is not None]
        roots += [named.formula for named in (*model.initial, *model.constraints, *model.properties)]
        for action in model.actions:
            roots += [guard.condition for guard in action.guards]
            roots += [update.value for update in action.updates]
    assert {term.op for term in walk(*roots)} == set(HANDLERS)


@cache
def back_ends(name: str, variant: str) -> dict[str, Circuits]:
    """The back ends of one circuit."""
    ground = Ground(subjects.sample(name, variant).scope)
    return {kind: make(ground) for kind, make in BACK_ENDS.items()}


@cache
def oracle(name: str, variant: str) -> Oracle:
    return Oracle(subjects.sample(name, variant))


@cache
def pool(name: str, variant: str) -> list[Pair]:
    """States of a model, fewer where there are many action instances."""
    sample = subjects.sample(name, variant)
    return sample.pairs(max(5, min(60, 2000 // max(1, len(sample.machine.instances())))), seed=3)


@cache
def expected(name: str, variant: str) -> list[Behaviour]:
    """What the states of the pool do by the concrete semantics."""
    return [oracle(name, variant).behaviour(pair) for pair in pool(name, variant)]


@st.composite
def pairs(draw: Any, sample: Sample, known: list[Pair]) -> Pair:
    """Two states: each any codes, or a known state with some fields changed."""

    def state(near: tuple[int, ...]) -> tuple[int, ...]:
        fields = sample.layout.fields
        if draw(st.booleans()):
            return sample.canonical(draw(st.integers(field.low, field.high)) for field in fields)
        codes = list(near)
        for number in draw(st.lists(st.sampled_from(range(len(fields))), max_size=4)):
            codes[number] = draw(st.integers(fields[number].low, fields[number].high))
        return sample.canonical(codes)

    first, second = draw(st.sampled_from(known))
    one = state(first)
    return one, sample.kept(one, state(second))


Z3_PAIRS = 5
"""How many pairs of a pool z3 is asked about: it finds every successor by a search."""


@pytest.mark.parametrize(("name", "variant"), subjects.tiered())
def test_every_back_end_agrees_with_the_concrete_semantics(name: str, variant: str) -> None:
    for kind, back_end in back_ends(name, variant).items():
        asked = Z3_PAIRS if kind == "z3" else None
        assert back_end.behaviours(pool(name, variant)[:asked]) == expected(name, variant)[:asked], kind


@pytest.mark.full
@pytest.mark.parametrize(
    ("kinds", "examples", "size"),
    [(("circuit", "columns"), 12, 3), pytest.param(("z3",), 10, 2, marks=pytest.mark.nightly)],
)
@pytest.mark.parametrize("name", subjects.by_night())
def test_back_ends_agree_on_drawn_states(name: str, kinds: tuple[str, ...], examples: int, size: int) -> None:
    variant = subjects.protocol(name).default_variant
    sample, known = subjects.sample(name, variant), pool(name, variant)
    examples = max(3, min(examples, 1500 // max(1, len(sample.machine.instances()))))
    checks = [HealthCheck.data_too_large, HealthCheck.too_slow, HealthCheck.large_base_example]

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=checks
    )
    @given(st.lists(pairs(sample, known), min_size=1, max_size=size))
    def agree(drawn: list[Pair]) -> None:
        wanted = [oracle(name, variant).behaviour(pair) for pair in drawn]
        for kind in kinds:
            assert back_ends(name, variant)[kind].behaviours(drawn) == wanted, kind

    agree()
