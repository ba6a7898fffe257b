"""What TLC measured of the anti-entropy of redis-rust, and what single guards and choices are good for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.protocols.figures import Search, check_expectations, names
from verifier import check, prove
from verifier.catalog import load
from verifier.proof.engines.explicit import Search as Run
from verifier.proof.engines.explicit import explore
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

WIDE = {"LastKey": 2}
BUCKETS = {**WIDE, "NumBuckets": 2}
TWO = {"MaxTime": 2}


def deeper(
    distinct: int,
    diameter: int,
    violated: dict[str, int],
    settings: dict[str, int],
    *drops: str,
    generated: int | None = None,
) -> Search:
    return Search("anti-entropy-content", "safe", distinct, diameter, None, violated, generated, settings, drops)


CONTENT = [
    deeper(297, 13, {}, {}, generated=851),
    deeper(1_806, 16, {}, TWO),
    deeper(1_014, 17, {}, WIDE),
    deeper(1_002, 17, {}, BUCKETS),
    deeper(20_610, 21, {}, {**BUCKETS, **TWO}),
    deeper(
        2_843,
        26,
        {"MerkleConsistency": 1, "DigestSound": 1, "SyncCompleteness": 2, "Converged": 2},
        TWO,
        "Write.digest-on-write",
    ),
    # MerkleConsistency is about the ideal hash.
    deeper(
        1_843,
        16,
        {"MerkleConsistency": 1, "DigestSound": 2, "SyncCompleteness": 3, "Converged": 3},
        TWO,
        "Write.hash-replica",
        "Receive.hash-replica",
    ),
    deeper(
        1_020,
        17,
        {"MerkleConsistency": 6, "DigestSound": 6, "SyncCompleteness": 7, "Converged": 7},
        WIDE,
        "Write.hash-every-key",
        "Receive.hash-every-key",
    ),
    deeper(461, 13, {"SyncCompleteness": 7, "Converged": 10}, {}, "Exchange.idle-pair"),
    deeper(
        154,
        11,
        {"PartitionHealing": 2, "SyncCompleteness": 3, "Converged": 3},
        {},
        "Heal.heal-flags",
        "Heal.heal-flags-peer",
    ),
    deeper(184, 13, {"PartitionHealing": 2, "SyncCompleteness": 3, "Converged": 6}, {}, "Heal.heal-flags-peer"),
    deeper(704, 15, {"SyncCompleteness": 8, "Converged": 11}, {}, "Cut.drop-requests", "Cut.drop-responses"),
    deeper(478, 15, {"SyncCompleteness": 8, "Converged": 11}, {}, "Cut.drop-responses"),
    deeper(447, 14, {}, {}, "Cut.drop-requests"),
    deeper(292, 13, {"SyncCompleteness": 6, "Converged": 9}, {}, "Receive.whole-stamp"),
    deeper(3_100, 25, {"Newer": 6, "SyncCompleteness": 9, "OnlyWritesPart": 9}, TWO, "Receive.newest"),
    deeper(2_716, 18, {"Newer": 6, "SyncCompleteness": 6}, TWO, "Receive.clock-merge"),
    deeper(
        305,
        13,
        {"SyncCompleteness": 3, "Converged": 4},
        {},
        "Request.keeps-flag",
        "Receive.clear-on-receipt",
    ),
    deeper(333, 15, {"MerkleConsistency": 5}, {}, "Receive.digest-on-merge"),
    deeper(1_012, 17, {"SyncCompleteness": 9, "Converged": 13}, WIDE, "Respond.every-key"),
    deeper(18_860, 21, {"SyncCompleteness": 6, "Converged": 13}, {**WIDE, **TWO}, "Respond.every-key"),
    deeper(297, 13, {}, {}, "Request.one-sync"),
    deeper(297, 13, {}, {}, "Respond.connected", "Receive.connected"),
    deeper(256, 12, {}, {}, "Receive.clear-on-receipt"),
    deeper(303, 13, {}, {}, "Request.digests-sent", "Respond.digests-compared"),
]



def tier(row: Search) -> list[pytest.MarkDecorator]:
    if not row.drops:
        return [] if row.settings in (ONE, {}) else [pytest.mark.full]
    return [pytest.mark.nightly if row.protocol == "anti-entropy-content" else pytest.mark.full]


ROWS = [pytest.param(row, marks=tier(row)) for row in [*SEARCHES, *CONTENT]]


@pytest.mark.parametrize("row", ROWS, ids=names)
def test_figures_and_violations(row: Search) -> None:
    row.check()


@pytest.mark.parametrize("name", ["anti-entropy", "anti-entropy-content"])
def test_every_variant_is_searched_and_expects_what_is_found(name: str) -> None:
    check_expectations(name, [*SEARCHES, *CONTENT])


# The protocol, its sizes, and what is reached without partitions.
@pytest.mark.parametrize(
    ("name", "gone", "settings", "distinct", "diameter"),
    [
        # Up to two writes, stale digests are equal wherever stores are not: no flag is ever set.
        ("anti-entropy", ("CreatePartition", "HealPartition"), ONE, 13, 4),
        ("anti-entropy", ("CreatePartition", "HealPartition"), LATER, 45, 6),
        pytest.param(
            "anti-entropy-content", ("Cut", "Heal"), {"Replicas": 3}, 1_088_004, 29, marks=pytest.mark.nightly
        ),
    ],
)
def test_without_partitions(
    name: str, gone: tuple[str, ...], settings: dict[str, int], distinct: int, diameter: int
) -> None:
    model = load(name).model()
    model = replace(model, actions=tuple(action for action in model.actions if action.name not in gone))
    found = explore(Ground(finite_scope(model, settings)))
    assert (found.complete, found.distinct, found.diameter) == (True, distinct, diameter)
    if name == "anti-entropy-content":
        assert not found.violations


# What a wrong rule, or less fairness, makes of progress; lassos as stem and loop.
PROGRESS = {
    (): {"EventuallyEqual": None, "FlagsClear": None, "EventuallyEqualSome": (2, 4), "FlagsClearSome": (2, 4)},
    ("each-pair.Exchange",): {"EventuallyEqual": (1, 0), "FlagsClear": None},
    ("Receive.whole-stamp",): {"EventuallyEqual": (3, 7), "FlagsClear": None},
    ("Heal.heal-flags", "Heal.heal-flags-peer"): {"EventuallyEqual": None, "FlagsClear": None},
    ("Receive.clear-on-receipt",): {"EventuallyEqual": None, "FlagsClear": (2, 6)},
}


@pytest.mark.nightly
@pytest.mark.parametrize(("drops", "wanted"), PROGRESS.items(), ids=lambda value: "+".join(value) or "as it is")
def test_progress(drops: tuple[str, ...], wanted: dict[str, tuple[int, int] | None]) -> None:
    result = prove("anti-entropy-content", drop=drops, properties=tuple(wanted))
    lassos = {entry.name: entry for entry in result.properties if entry.name in wanted}
    found = {name: None if entry.verdict == "proved" else (entry.steps, entry.loop) for name, entry in lassos.items()}
    assert found == wanted


@pytest.mark.nightly
def test_a_response_that_any_replica_takes() -> None:
    result = prove(
        "anti-entropy-content",
        drop=("Receive.addressed",),
        settings=("Replicas=3", "LastKey=2", "NumBuckets=2"),
        properties=("SyncCompleteness",),
    )
    [entry] = [entry for entry in result.properties if entry.name == "SyncCompleteness"]
    assert (entry.verdict, entry.steps) == ("violated", 7)


@pytest.mark.nightly
def test_a_response_crosses_a_partition_of_three_replicas() -> None:
    """A response that was asked for across no partition is there for whoever takes it."""
    result = prove("anti-entropy", settings=("Replicas=3", "MaxValue=1"), properties=("ResponseConnected",), in_process=True)
    [entry] = [entry for entry in result.properties if entry.name == "ResponseConnected"]
    assert (entry.verdict, entry.steps) == ("violated", 5)


@pytest.mark.nightly
@pytest.mark.parametrize(("name", "proved"), [("anti-entropy", 10), ("anti-entropy-content", 8)])
def test_any_size(name: str, proved: int, tmp_path: Path) -> None:
    result = prove(name, scope="unbounded", certificates=str(tmp_path))
    assert [entry.verdict for entry in result.properties].count("proved") == proved
    expected = load(name).model().properties
    violated = {prop.name for prop in expected if prop.expectation("safe").verdict == "violated"}
    assert {entry.published_name for entry in result.properties if entry.verdict == "violated"} == violated
    assert check([str(path) for path in tmp_path.glob("*.cert.json")], rederive=True).complete


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
