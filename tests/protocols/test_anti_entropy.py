"""What TLC measured of the anti-entropy of redis-rust, and what single guards and choices are good for."""

from __future__ import annotations

import pytest

from tests.protocols.figures import Search, check_expectations, names
from verifier.catalog import load
from verifier.proof.engines.explicit import Search as Run
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope

ONE = {"MaxValue": 1}
LATER = {"MaxTimestamp": 2, "MaxValue": 1}
PUBLISHED = {
    "EventualConvergence": 1,
    "BucketFresh": 1,
    "RootFresh": 6,
    "DigestSound": 1,
    "ExchangeFlags": 2,
    "ClearStep": 4,
    "ClearReceipt": 6,
}
TWICE = {**PUBLISHED, "RootFresh": 2}
FRESH = tuple(
    f"{action}.{name}" for action in ("LocalWrite", "HandleSyncResponse") for name in ("stale-bucket", "stale-root")
)


def of(
    distinct: int,
    diameter: int,
    violated: dict[str, int],
    settings: dict[str, int],
    *drops: str,
    orbits: int | None = None,
    generated: int | None = None,
) -> Search:
    return Search("anti-entropy", "safe", distinct, diameter, orbits, violated, generated, settings, drops)


SEARCHES = [
    of(7_264, 28, {**PUBLISHED, "StampUnique": 2}, {}, orbits=3_676, generated=38_971),
    of(2_334, 28, PUBLISHED, ONE, generated=12_173),
    of(14_826, 28, {**PUBLISHED, "StampUnique": 2}, {"MaxValue": 3}, generated=80_561),
    of(47_442, 44, {**TWICE, "TimeStep": 8}, LATER, orbits=23_789, generated=262_523),
    of(13_952, 42, PUBLISHED, {**ONE, "LastKey": 2}, generated=69_875),
    of(5_136, 35, {**PUBLISHED, "RootFresh": 13}, {**ONE, "LastKey": 2, "NumBuckets": 2}, generated=25_983),
    # A key that is 0 hashes to 0: nothing is ever found to differ.
    of(
        832,
        11,
        {
            "EventualConvergence": 1,
            "DigestSound": 1,
            "ExchangeFlags": 2,
            "ClearStep": 4,
            "ClearReceipt": 6,
            "StampUnique": 2,
        },
        {"FirstKey": 0, "LastKey": 0},
        generated=4_723,
    ),
    # Hashes of the new state.
    of(562, 15, {"EventualConvergence": 1, "ClearStep": 6, "ClearReceipt": 6}, ONE, *FRESH),
    of(
        1_576,
        15,
        {
            "EventualConvergence": 1,
            "DigestSound": 2,
            "ExchangeFlags": 3,
            "ClearStep": 6,
            "ClearReceipt": 6,
            "StampUnique": 2,
        },
        {},
        *FRESH,
    ),
    of(
        302,
        11,
        {"EventualConvergence": 1, "DigestSound": 1, "ExchangeFlags": 2, "ClearStep": 4, "ClearReceipt": 6},
        {**ONE, "FirstKey": 0, "LastKey": 0},
        *FRESH,
    ),
    of(
        1_812,
        19,
        {"EventualConvergence": 1, "DigestSound": 1, "ExchangeFlags": 2, "ClearStep": 4, "ClearReceipt": 6},
        {**ONE, "LastKey": 2, "NumBuckets": 2},
        *FRESH,
    ),
    of(
        2_114,
        20,
        {"EventualConvergence": 1, "DigestSound": 6, "ExchangeFlags": 7, "ClearStep": 6, "ClearReceipt": 6},
        {**ONE, "LastKey": 2},
        *FRESH,
    ),
    of(
        58_328,
        33,
        {**PUBLISHED, "NoSelfDivergence": 2, "SyncRequestsValid": 3, "ResponseConnected": 5},
        ONE,
        "CreatePartition.distinct",
        "HealPartition.distinct",
    ),
    of(
        7_870,
        27,
        {**PUBLISHED, "RootFresh": 4, "SyncRequestsValid": 1, "ResponseConnected": 3},
        ONE,
        "InitiateSync.flagged",
    ),
    of(3_940, 28, {**PUBLISHED, "PartitionSymmetric": 1}, ONE, "CreatePartition.both-ways"),
    of(
        26,
        5,
        {"EventualConvergence": 1, "PartitionHealTriggers": 2, "BucketFresh": 1, "DigestSound": 1, "ExchangeFlags": 2},
        ONE,
        "HealPartition.heal-flags",
        "HealPartition.heal-flags-peer",
    ),
    of(2_628, 28, {**PUBLISHED, "PartitionHealTriggers": 2}, ONE, "HealPartition.heal-flags-peer"),
    of(
        3_848,
        29,
        {**PUBLISHED, "RequestConnected": 4, "ResponseConnected": 5},
        ONE,
        "CreatePartition.drop-in-flight",
    ),
    of(2_334, 28, PUBLISHED, ONE, "HandleSyncRequest.connected", generated=12_173),
    of(101_302, 50, {**TWICE, "MergeStep": 8, "TimeStep": 8}, LATER, "HandleSyncResponse.newer"),
    # With a clock that receipts move on, no step makes an entry older.
    of(14_610, 36, TWICE, LATER, "HandleSyncResponse.own-writes-only"),
]

ROWS = [row if row.settings == ONE and not row.drops else pytest.param(row, marks=pytest.mark.full) for row in SEARCHES]


@pytest.mark.parametrize("row", ROWS, ids=names)
def test_figures_and_violations(row: Search) -> None:
    row.check()


def test_every_variant_is_searched_and_expects_what_is_found() -> None:
    check_expectations("anti-entropy", SEARCHES)


@pytest.mark.nightly
def test_two_slots_hold_what_a_set_of_two_messages_holds() -> None:
    model = load("anti-entropy").model()
    ground = Ground(finite_scope(model, {**ONE, "MaxSyncs": 2}))
    run = Run(ground, model.properties, None)
    for _ in run.run(stop=False):
        pass
    assert run.complete
    sets = set()
    for level in run.levels:
        for part in level:
            for codes in run.packing.codes(part):
                state = ground.layout.decode(codes)
                held = frozenset(state.pop("pending_syncs").values())
                sets.add((tuple(state.values()), held))
    assert run.seen.count == 41_252
    # An empty slot is a member, unless both slots are taken.
    lows = ground.layout.codec(model.variable("pending_syncs").sort).lows
    [free] = set(ground.layout.codec(model.variable("pending_syncs").sort).decode(iter(lows)).values())
    assert len({(rest, held - {free}) for rest, held in sets}) == 21_114
