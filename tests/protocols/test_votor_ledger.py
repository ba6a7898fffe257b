"""Votor as laws over ledgers: the second decider, which finds of every toggle what the search of the steps finds."""

from __future__ import annotations

import pytest

from tests.protocols.test_votor import VARIANTS
from verifier import api
from verifier.catalog import load

FOUND = {row.variant: row for row in VARIANTS if not row.settings}
TOGGLES = {
    "any-order": ["final-after-fallback", "fallback-after-final"],
    **{name: [name] for name in FOUND if name in load("votor-ledger").variants},
}
FAST = {"byz20"}


def verdicts(variant: str | None = None, *, scope: str = "published", settings: tuple[str, ...] = ()) -> dict[str, str]:
    found = api.prove("votor-ledger", variant=variant, scope=scope, settings=settings)
    return {entry.name: entry.verdict for entry in found.properties}


def test_every_variant_is_a_toggle() -> None:
    assert {"safe", *TOGGLES} == set(load("votor-ledger").variants)


@pytest.mark.parametrize("variant", [pytest.param(v, marks=() if v in FAST else pytest.mark.nightly) for v in TOGGLES])
def test_both_deciders_agree_on_every_toggle(variant: str) -> None:
    found = verdicts(variant)
    broken = {name for name, verdict in found.items() if verdict == "violated"}
    assert set(found.values()) <= {"violated", "proved"}
    for steps in TOGGLES[variant]:
        assert broken == set(FOUND[steps].violated)


def test_the_model_announces_what_is_violated() -> None:
    for variant, (steps, *_) in ((v, s) for v, s in TOGGLES.items() if s):
        model = load("votor-ledger").model(variant)
        announced = {law.name for law in model.laws if law.expectation(variant).verdict == "violated"}
        assert announced == set(FOUND[steps].violated)


@pytest.mark.full
def test_at_most_three_of_four_blocks_are_safe_to_support() -> None:
    found = api.prove("votor-ledger", scope="unbounded", properties=["MaxThreeFallback"])
    assert found["MaxThreeFallback"].verdict == "proved"


@pytest.mark.nightly
def test_what_holds_of_any_stakes() -> None:
    found = verdicts(scope="unbounded")
    assert {"NoConflictingFinalization4", "SettledIsDecided", "CorrectLeaderIsFinal"} <= found.keys()
    assert len(found) == 13
    assert set(found.values()) == {"proved"}


@pytest.mark.nightly
def test_the_published_rules_hold_of_every_ledger() -> None:
    assert set(verdicts().values()) == {"proved"}


@pytest.mark.nightly
@pytest.mark.parametrize(("honest", "byzantine"), [(5, 1), (6, 1), (9, 2)])
def test_equal_validators(honest: int, byzantine: int) -> None:
    """One of six, one of seven and two of eleven are less than a fifth; one of five is not."""
    stakes = (f"Validators={honest}", f"F={byzantine}", *(f"stake_{number}=1" for number in range(1, honest + 1)))
    assert set(verdicts("fast60", settings=("fast_1=4", *stakes)).values()) == {"proved"}
