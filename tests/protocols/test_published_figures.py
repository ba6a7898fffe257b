"""What TLC measured of the published models, and which cells of the published tables are violated, in how many steps.

Each row is one search: distinct states, diameter and orbits as TLC counts them, all violations with their steps.
TLC's "generated" counts a successor once for each way of satisfying a disjunction, so it is only compared where the
published guards have none.
"""

from __future__ import annotations

import pytest

from tests.protocols.figures import Drop, Search, check_expectations, names

SMALL = [
    Search("routes", "safe", 80, 6, 55, generated=331),
    Search("routes", "gap", 187, 7, 111, {"Routes-4": 3}, generated=782),
    Search("routes", "live", 48, 5, 35, generated=185),
    Search("routes", "gap", 107, 7, None, {"Routes-4": 3}, settings={"MaxVersions": 2}),
    Search("routes", "first", 40, 5, 29, generated=91),
    Search("routes", "first-gap", 52, 5, 35, {"Routes-4": 3}, generated=113),
    Search("occ", "safe", 537, 12, 150, generated=1_477),
    Search("occ", "gap", 673, 12, 185, {"OCC-1": 4, "OCC-2": 8, "OCC-3": 9}, generated=1_675),
    Search("occ", "live", 537, 12, 150, generated=1_477),
    Search("mvcc", "safe", 313, 5, 79, generated=665),
    Search("mvcc", "gap", 313, 5, 79, {"MVCC-4": 3}, generated=665),
    # With one key the newest version is never below the watermark, whatever the bounds.
    Search("mvcc", "gap", 49, 5, None, settings={"Keys": 1}),
    Search("composed", "safe", 9_629, 7, 2_688, generated=13_315),
    Search("composed", "gap", 9_785, 7, 2_727, {"Composed-1": 4}),
    Search("composed", "currentfence-gap", 9_789, 7, 2_728, {"Composed-1a": 4}),
    Search(
        "composed", "gap", 11_305, 7, 3_118, {"Composed-1": 3, "Composed-1a": 3}, drops=("Commit.current-owner",)
    ),
    Search("composed", "first", 6_015, 7, 1_684, generated=10_671),
    Search("composed", "first-gap", 7_045, 7, 1_952, {"Composed-1": 3}),
    Search("multi-paxos", "safe", 573, 10, None, generated=4_252, settings={"Rounds": 1, "Attempts": 1}),
]

LARGE = [
    Search("hlc", "safe", 18_277, 19, 3_594, generated=56_836),
    Search("hlc", "gap", 67_198, 19, 12_967, {"HLC-4": 4}),
    Search("multi-paxos", "safe", 49_716, 17, 5_008, generated=474_437, settings={"Rounds": 1, "Attempts": 2}),
    # Rounds are independent: 573 * 573 states, and twice the 9 steps.
    Search("multi-paxos", "safe", 573**2, 19, None, settings={"Rounds": 2, "Attempts": 1}),
]

# Variants of the published protocols that were not published, or not with figures.
UNPUBLISHED = [
    Search("multi-paxos", "composite", 1_125, 12, None, {"Paxos-1": 7}, settings={"Rounds": 1, "Attempts": 1}),
]

# The deeper models: the numbers of steps are those of prototypes, the numbers of states were first found here.
DEEPER = [
    Search("routes-ranges", "safe", 541, 5, None),
    Search("routes-ranges", "stale-write", 1_461, 6, None, {"Routes-2c": 2}),
    Search("routes-ranges", "any-point", 6_379, 5, None, {"Routes-2a": 1, "Routes-2c": 2}),
    Search("routes-ranges", "half-split", 203, 5, None, {"Routes-2b": 1}),
    Search("routes-records", "safe", 164, 8, None),
    Search(
        "routes-records", "gap", 348_456, 17, None, {"Routes-3a": 2, "Routes-3b": 3, "Routes-2b": 2, "Routes-2c": 2}
    ),
    Search("composed-reads", "safe", 220, 16, None),
    Search("composed-reads", "no-write-fence", 856, 16, None, {"Composed-2": 7, "Composed-2s": 5}),
    Search("composed-reads", "open-fence", 1_006, 18, None, {"Composed-2": 8, "Composed-2s": 6}),
    Search("composed-reads", "no-delta-copy", 856, 16, None, {"Composed-2": 7, "Composed-2s": 5}),
    Search("composed-reads", "no-write-fence-no-delta-copy", 706, 14, None, {"Composed-2": 6, "Composed-2s": 4}),
    Search("composed-reads", "no-read-fence", 362, 18, None, {"Composed-2": 7}),
    Search("mvcc-ceiling", "safe", 1_247, 14, None),
    Search("mvcc-ceiling", "safe", 1_247, 14, None, drops=("Write.ceiling-fence",)),
    Search("mvcc-ceiling", "no-floor", 4_917, 14, None, {"MVCC-2a": 3}),
    Search("mvcc-ceiling", "no-overflow-fence", 2_189, 14, None, {"MVCC-2b": 5}),
    Search("mvcc-replicas", "safe", 7_013, 10, None),
    Search("mvcc-replicas", "dishonest-index", 89_109, 12, None, {"MVCC-3": 3, "MVCC-3c": 2}),
    Search("mvcc-replicas", "any-order", 39_765, 11, None, {"MVCC-3": 4, "MVCC-3c": 3}),
    Search("mvcc-replicas", "gap", 7_525, 11, None, {"MVCC-3": 6, "MVCC-3c": 5}),
    Search("occ-resolver", "safe", 122_369, 20, None),
    Search("occ-resolver", "no-resolver", 76_929, 20, None, {"OCC-4": 5}),
    Search("occ-resolver", "blind", 203_089, 20, None, {"OCC-4": 7, "AllOrNothing": 8}),
    Search("occ-resolver", "lock-not-checked", 178_737, 21, None, {"RecordOnce": 6, "AllOrNothing": 9}),
    Search("occ-resolver", "dirty-read", 130_433, 20, None, {"OCC-3": 9}),
    Search("hlc-lagging", "safe", 38_332, 19, None),
    Search("hlc-lagging", "no-barrier", 46_696, 18, None, {"HLC-4": 5}),
    Search("hlc-ceiling", "safe", 909, 15, None),
    Search("hlc-ceiling", "safe", 909, 15, None, drops=("IssueTimestamp.ceiling-fence",)),
    Search("hlc-ceiling", "no-serving-fence", 1_299, 15, None, {"HLC-4": 5}),
    Search("hlc-ceiling", "no-election-bump", 879, 15, None, {"HLC-4": 6}),
    Search("hlc-ceiling", "no-overflow-fence", 2_313, 14, None, {"HLC-4": 7}),
]

ROWS = [*SMALL, *UNPUBLISHED, *(pytest.param(row, marks=pytest.mark.full) for row in [*LARGE, *DEEPER])]
SEARCHES = [*SMALL, *LARGE, *UNPUBLISHED, *DEEPER]
PROTOCOLS = sorted({row.protocol for row in SEARCHES})


@pytest.mark.parametrize("row", ROWS, ids=names)
def test_figures_and_violations(row: Search) -> None:
    row.check()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_variant_is_searched_and_expects_what_is_found(name: str) -> None:
    # Without fairness alone the states are the same.
    check_expectations(name, SEARCHES, unsearched=frozenset({"unfair"}))


PAXOS = {"Rounds": 1, "Attempts": 2}

# What the published material, or the study of it, says of single guards.
DROPS = [
    # The lock clause of OCC-3 is inert.
    Drop("occ", ("ReadKey.no-conflicting-lock",)),
    # What the watermark keeps needs the clock above it.
    Drop("mvcc", ("Compact.retain-latest-below",), {"MVCC-4": 3}),
    # No property says that what a node routes by is durable.
    Drop("routes", ("CatalogWatcherSync.published",)),
]
SLOW_DROPS = [
    # The handoff alone keeps timestamps from going back: neither the fence nor the bounded skew is needed for it.
    Drop("hlc", ("IssueTimestamp.ceiling-fence",)),
    Drop("hlc", ("TickWall.skew-ahead",)),
    Drop("hlc", ("TickWall.skew-behind",)),
    Drop("hlc", ("TickWall.skew-ahead", "TickWall.skew-behind")),
    # It is implied by the promise of whoever accepted.
    Drop("multi-paxos", ("Promise.ge-accepted",), settings=PAXOS),
    Drop("multi-paxos", ("Accept.ge-accepted",), settings=PAXOS),
    # Without the value rule Agreement fails, and Consistency, being vacuous, does not.
    Drop("multi-paxos", ("Accept.value-rule",), {"Paxos-1": 10}, settings=PAXOS),
]


DROPPED = [*DROPS, *(pytest.param(row, marks=pytest.mark.full) for row in SLOW_DROPS)]


@pytest.mark.parametrize("row", DROPPED, ids=names)
def test_what_single_guards_are_good_for(row: Drop) -> None:
    row.check()
