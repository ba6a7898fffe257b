"""Votor by classes of votes: its counts, its simulation of validators, and its proof for any number of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.protocols.figures import Search, check_expectations, names
from verifier.api import check, prove
from verifier.catalog import load
from verifier.proof.engines.explicit import explore
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope

NAMES = ("U", "N1", "N1B", "N1K", "N1BK", "N1F", "N2", "N2A", "N2K", "N2AK", "N2F", "S", "SA", "SB", "SAB")

AT_A_FIFTH = {
    "NotarizationUnique": 2,
    "CertificateUniqueness": 2,
    "CertifiedHasHonestNotar": 2,
    "NoConflictingFinalization": 3,
    "FastFinalExcludesSkip": 3,
    "FastFinalExcludesOtherNotarFallback": 3,
    "SlowFinalExcludesSkip": 3,
    "SlowFinalExcludesOtherNotarFallback": 3,
}

ABOVE_HALF = {
    "NoConflictingFinalization": 0,
    "NotarizationUnique": 0,
    "CertificateUniqueness": 0,
    "FastFinalUnique": 2,
    "FastFinalExcludesOtherNotar": 1,
    "FastFinalExcludesOtherNotarFallback": 1,
    "FastFinalExcludesSkip": 1,
    "SlowFinalExcludesOtherNotarFallback": 0,
    "SlowFinalExcludesSkip": 0,
    "CertifiedHasHonestNotar": 0,
}

# Five units of honest stake in 15 classes; then four, beside a Byzantine one; then two, beside three.
FIGURES = [
    Search("votor-classes", "safe", 2_965, 11, None),
    Search("votor-classes", "fifth", 2_050, 11, None, AT_A_FIFTH),
    Search("votor-classes", "any-share", 120, 7, None, ABOVE_HALF),
]


@pytest.mark.parametrize("row", FIGURES, ids=names)
def test_figures(row: Search) -> None:
    row.check()


def test_the_model_announces_what_a_search_finds() -> None:
    check_expectations("votor-classes", FIGURES)


def reached(name: str, variant: str, settings: Mapping[str, int]) -> list[dict[str, Any]]:
    """All reachable states of an instance."""
    ground = Ground(finite_scope(load(name).model(variant), settings))
    found = explore(ground)
    assert found.complete
    return [ground.layout.decode(codes) for codes in found.reached.set.packing.codes(found.reached.states)]


def classed(state: Mapping[str, Any], stakes: list[int]) -> tuple[int, ...]:
    """How much stake each class of votes has in a state of `votor`."""
    held = dict.fromkeys(NAMES, 0)
    for i, stake in enumerate(stakes, 1):
        notar, fallback = sorted(state["notar"][i]), sorted(state["notarFallback"][i])
        name = f"N{notar[0][1:]}" if notar else "S" if i in state["skip"] else "U"
        name += "".join({"b1": "A", "b2": "B"}[b] for b in fallback)
        name += "K" * (i in state["skipFallback"]) + "F" * (i in state["final"])
        held[name] += stake
    return tuple(held.values())


@pytest.mark.parametrize(
    ("variant", "units", "byzantine"),
    [("safe", 3, 0), pytest.param("fifth", 4, 1, marks=pytest.mark.nightly)],
)
def test_equal_validators_reach_exactly_these_classes(variant: str, units: int, byzantine: int) -> None:
    """Validators with one unit of stake each: what they reach by single votes, classes reach by moves, and nothing else."""
    stakes = [1] * units
    settings = {"Validators": units, "F": byzantine, **{f"stake_{i + 1}": 1 for i in range(units)}}
    validators = {classed(state, stakes) for state in reached("votor", "safe", settings)}
    classes = reached("votor-classes", variant, {"Honest": units, "Byzantine": byzantine})
    assert validators == {tuple(state["stake"][name] for name in NAMES) for state in classes}


@pytest.mark.nightly
def test_any_number_of_validators_and_any_stakes(tmp_path: Path) -> None:
    result = prove("votor-classes", scope="unbounded", certificates=tmp_path, in_process=True)
    assert [entry.verdict for entry in result.properties] == 13 * ["proved"]
    assert check(sorted(tmp_path.glob("*.json")), solver="z3", in_process=True).valid


@pytest.mark.nightly
def test_a_fifth_is_too_much_at_any_size() -> None:
    result = prove("votor-classes", variant="fifth", scope="unbounded", in_process=True)
    assert {entry.name: entry.steps for entry in result.properties if entry.verdict == "violated"} == AT_A_FIFTH
