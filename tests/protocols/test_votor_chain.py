"""Votor over several slots: the counts of the dossier, toggles, what can be reached, and chains of any length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.protocols.figures import Drop, Search, check_expectations, names, reachable
from verifier.kernel import exists, some

U5 = {"Validators": 4, "stake_1": 21, "stake_2": 20, "stake_3": 20, "stake_4": 20, "Slots": 2}

FIGURES = [
    Search("votor-chain", "safe", 15_180, 13, None),
    Search("votor-chain", "window", 5_797, 13, None),
]

TOGGLES = [
    Search("votor-chain", "no-parent-ready", 804, 9, None, {"ChainConsistency": 4, "VotesFollowParents": 1}),
    Search(
        "votor-chain",
        "no-parent-vote",
        20_662,
        13,
        None,
        {"ChainConsistency": 4, "FinalizedChainNotarized": 2, "VotesFollowParents": 1, "CertificatesFollowParents": 1},
    ),
    Search("votor-chain", "fast60", 524, 9, None, {"ChainConsistency": 4, "FastFinalExcludesSkip": 3}),
]

LARGER = [
    Search(
        "votor-chain", "sn-no-parent", 3_812_390, 19, None,
        {"ChainConsistency": 8, "VotesFollowParents": 4, "CertificatesFollowParents": 4},
    ),
    Search(
        "votor-chain", "sn-no-parent", 7_386, 13, None, {"VotesFollowParents": 4, "CertificatesFollowParents": 4},
        settings={"Slots": 2},
    ),
    Search(
        "votor-chain", "window", 5_797, 13, None, {"ChainConsistency": 4, "FastFinalExcludesSkip": 3},
        settings={"fast_1": 3},
    ),
    Search(
        "votor-chain", "safe", 478_154, 17, None, {"ChainConsistency": 10, "SlowFinalExcludesSkip": 7},
        settings={**U5, "final_1": 1, "final_2": 2},
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", FIGURES + TOGGLES, ids=names)
def test_the_counts_and_what_each_toggle_breaks(row: Search) -> None:
    row.check()


@pytest.mark.nightly
@pytest.mark.parametrize("row", LARGER, ids=names)
def test_thresholds_over_several_slots(row: Search) -> None:
    row.check()


def test_the_model_announces_what_a_search_finds() -> None:
    check_expectations("votor-chain", FIGURES + TOGGLES + LARGER)


def test_final_votes_after_fallback_votes_break_the_chain() -> None:
    broken = {"ChainConsistency": 6, "SlowFinalExcludesSkip": 4, "FinalVoteExclusive": 4}
    Drop("votor-chain", ("FinalVote.no-fallback",), broken, {"Slots": 2}).check()


def test_a_window_can_start_because_nobody_skips_without_a_block_to_build_on() -> None:
    Drop("votor-chain", ("SkipVote.parent-ready",), {"WindowProgress": 1}).check()


def both_final(m: Any, s: Any) -> Any:
    return exists(m.Name, m.Name, lambda a, b: m.slot(s, number(m, 1)).finalized(a) & m.slot(s, number(m, 2)).finalized(b))


def skipped_then_final(m: Any, s: Any) -> Any:
    return exists(m.Name, lambda b: m.slot(s, number(m, 1)).skip() & m.slot(s, number(m, 2)).finalized(b))


def fallback_parent(m: Any, s: Any) -> Any:
    """A block with a notar-fallback certificate alone is the parent of a finalized block of the next window."""

    def of(a: Any, b: Any) -> Any:
        second, third = m.slot(s, number(m, 2)), m.slot(s, number(m, 3))
        parent = s.parent[number(m, 3)][b] == some(m.Block(slot=number(m, 2), name=a))
        return parent & second.fallback(a) & ~second.notar(a) & third.finalized(b)

    return exists(m.Name, m.Name, of)


def number(m: Any, n: int) -> Any:
    return m.SlotNumber(n)


@pytest.mark.parametrize("says", [both_final, skipped_then_final])
def test_what_two_slots_can_come_to(says: Callable[[Any, Any], Any]) -> None:
    """None of the properties holds because nothing is ever finalized."""
    assert reachable("votor-chain", {"Slots": 2}, says)


def test_a_fallback_certificate_is_enough_to_build_on() -> None:
    assert reachable("votor-chain", {"Window": 2}, fallback_parent)
