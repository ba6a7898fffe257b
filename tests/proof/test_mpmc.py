"""Photon Ring with several producers: figures of TLC, and counterexamples that are deeper than unrolling gets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models import mpmc
from verifier.evidence.replay import replay
from verifier.proof.engines.explicit import explore
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import finite_scope
from verifier.semantics.scope.slicing import Cones


def producers(variant: str, settings: dict[str, str | int]) -> Ground:
    """The ring without readers: a slice, as nothing that a producer does depends on them."""
    model = mpmc.mpmc.model(variant)
    kept = [variable.name for variable in model.variables if variable.name not in mpmc.READERS]
    return Ground(Cones(model).slice(kept).at(finite_scope(model, settings)))


@pytest.mark.parametrize(
    ("variant", "settings", "states", "generated", "diameter"),
    [
        ("safe", {}, 2_363, 4_197, 40),
        ("safe", {"MaxSeq": 5}, 9_543, 17_653, 62),
        ("slot-wait", {}, 2_745, 4_913, 44),
        ("slot-wait", {"P": 3, "MaxSeq": 2}, 9_412, 20_950, 34),
        ("three", {}, 21_511, None, 31),
        ("catch-up-equality", {}, 2_377, None, 40),
        ("no-retry", {}, 1_503, None, None),
    ],
)
def test_producers_alone_have_the_figures_of_tlc(
    variant: str, settings: dict[str, str | int], states: int, generated: int | None, diameter: int | None
) -> None:
    found = explore(producers(variant, settings), ())
    assert found.distinct == states
    assert generated in (None, found.generated)
    assert diameter in (None, found.diameter - 1)


def test_a_reader_beside_them_has_the_figures_of_tlc() -> None:
    found = explore(Ground(finite_scope(mpmc.mpmc.model("safe"), {"MaxSeq": 2})))
    assert (found.distinct, found.generated, found.diameter - 1) == (24_010, 62_783, 39)
    assert not found.violations


@pytest.mark.full
@pytest.mark.parametrize(
    ("variant", "settings", "states", "generated", "diameter"),
    [("safe", {}, 134_616, 359_393, 51), ("slot-wait", {}, 145_364, 389_787, 55)],
)
def test_more_states_have_the_figures_of_tlc(
    variant: str, settings: dict[str, str | int], states: int, generated: int, diameter: int
) -> None:
    found = explore(Ground(finite_scope(mpmc.mpmc.model(variant), settings)))
    assert (found.distinct, found.generated, found.diameter - 1) == (states, generated, diameter)
    assert not found.violations


def found_violated(variant: str, name: str, settings: dict[str, str | int] | None = None) -> dict[str, Any]:
    """The entry of a property that the usual stages find violated, with a trace that is replayed."""
    document = prove(ProveRequest(mpmc.mpmc, variant=variant, properties=[name], settings=settings or {}), lambda event: None)
    [entry] = document["properties"]
    assert entry["verdict"] == "violated"
    outcome = replay(entry["trace"], mpmc.mpmc)
    assert (outcome.valid, outcome.violated) == (True, True)
    return dict(entry)


def test_a_deadlock_20_steps_away_is_found() -> None:
    entry = found_violated("pred-wait-equality", "NoProducerDeadlock")
    assert (entry["steps"], entry["shortest"]) == (20, True)


@pytest.mark.full
@pytest.mark.parametrize(
    ("variant", "name", "steps"),
    [
        ("three", "NoTornReadC", 11),
        ("three", "StampsComplete", 20),
        ("catch-up-equality", "CursorComplete", 31),
        ("scan-ignores-stamp", "NoGap", 9),
        ("blind-retry", "CursorStep", 11),
        ("blind-retry", "CursorMonotone", 13),
        ("no-scan", "CursorComplete", 23),
    ],
)
def test_counterexamples_are_as_short_as_tlc_has_them(variant: str, name: str, steps: int) -> None:
    entry = found_violated(variant, name)
    assert (entry["steps"], entry["shortest"]) == (steps, True)
