"""Chains of finalized blocks for any number of slots: what each guard is good for, and the proof for any size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.protocols.figures import Drop, Search, check_expectations, names
from verifier import api

NAMES = ["ChainConsistency", "FinalizedChainNotarized"]


SEARCHES = [Search("votor-slots", "safe", 1_528, 11, None)]

THREE = {"Blocks": 3}
GUARDS = [
    Drop("votor-slots", ("HonestVote.parent-ready",), {"ChainConsistency": 6}),
    Drop("votor-slots", ("Notarize.honest-vote",), {"ChainConsistency": 4}),
    Drop("votor-slots", ("Notarize.unique",), {"ChainConsistency": 5}),
    Drop("votor-slots", ("Notarize.parent-notarized",), {"FinalizedChainNotarized": 3}),
    Drop("votor-slots", ("FinalizeFast.notarized",), {"FinalizedChainNotarized": 1, "ChainConsistency": 2}),
    Drop("votor-slots", ("FinalizeFast.not-skipped",), {"ChainConsistency": 7}),
    Drop("votor-slots", ("Skip.none-finalized",), {"ChainConsistency": 7}),
    Drop("votor-slots", ("Finalize.notarized",), {"ChainConsistency": 7}),
    Drop("votor-slots", ("Finalize.not-skipped",), {"ChainConsistency": 7}),
    Drop("votor-slots", ("NotarizeByFallback.excluded",), {"ChainConsistency": 8}, THREE),
    Drop("votor-slots", ("FinalizeFast.alone",), {"ChainConsistency": 8}, THREE),
    Drop("votor-slots", ("Finalize.alone",), {"ChainConsistency": 8}, THREE),
]


@pytest.mark.parametrize("row", SEARCHES, ids=names)
def test_the_states_of_two_blocks_in_two_slots(row: Search) -> None:
    row.check()


def test_the_model_announces_what_a_search_finds() -> None:
    check_expectations("votor-slots", SEARCHES)


@pytest.mark.parametrize(
    "row", [pytest.param(row, marks=pytest.mark.nightly if row.settings else pytest.mark.full) for row in GUARDS], ids=names
)
def test_what_each_lemma_of_one_slot_is_good_for(row: Drop) -> None:
    row.check()


@pytest.mark.nightly
def test_one_chain_for_any_number_of_slots_and_blocks(tmp_path: Path) -> None:
    found = api.prove("votor-slots", scope="unbounded", properties=NAMES, certificates=str(tmp_path))
    assert {entry.name: entry.verdict for entry in found.properties if entry.name in NAMES} == dict.fromkeys(NAMES, "proved")
    certificates = api.check(sorted(tmp_path.iterdir()), rederive=True).certificates
    assert len(certificates) >= len(NAMES)
    assert all(one.valid for one in certificates)
