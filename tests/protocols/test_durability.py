"""What TLC measured of streaming persistence and the write-ahead log, and what breaks without single guards and choices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.protocols.figures import Search, check_expectations, names
from verifier import check, prove
from verifier.catalog import load

REFERENCE = {"MaxBufferSize": 1, "DeltaSize": 1, "MaxLength": 1, "PushMax": 3}
SECOND = {"MaxBufferSize": 3, "DeltaSize": 1, "MaxLength": 3, "PushMax": 1}
PUSHED = {"RecoveredStateValid": 1}
LOST = {**PUSHED, "DurabilityGuarantee": 3, "ManifestStored": 3}

STREAMING = [
    Search("streaming-persistence", "published", 23_577, 8, None, LOST, generated=90_887),
    Search("streaming-persistence", "kept", 28, 9, None, {**PUSHED, "WriteBufferBounded": 2}),
    Search("streaming-persistence", "whole", 28, 9, None, PUSHED),
    Search("streaming-persistence", "kept", 21_953, 6, None, PUSHED, generated=43_149, settings=REFERENCE),
    Search("streaming-persistence", "published", 105, 12, None, LOST, generated=311, settings=SECOND),
    # The published trigger, which nothing uses.
    Search(
        "streaming-persistence",
        "kept",
        168,
        21,
        None,
        PUSHED,
        settings={"MaxBufferSize": 6, "DeltaSize": 1, "MaxDeltas": 4, "MaxLength": 6, "PushMax": 1},
        drops=("FlushBuffer.any-time",),
    ),
    # The size of a delta does not divide that of the buffer.
    Search(
        "streaming-persistence",
        "published",
        52,
        9,
        None,
        {**LOST, "WriteBufferBounded": 2},
        settings={"MaxBufferSize": 3, "DeltaSize": 2, "MaxLength": 2, "PushMax": 1},
    ),
    Search(
        "streaming-persistence",
        "kept",
        344,
        21,
        None,
        {**PUSHED, "WriteBufferBounded": 4, "BufferBound": 4},
        settings={**SECOND, "MaxLength": 6},
        drops=("PushDelta.backpressure",),
    ),
    Search(
        "streaming-persistence",
        "kept",
        104,
        13,
        None,
        {**PUSHED, "CrashedIsEmpty": 2},
        settings=SECOND,
        drops=("PushDelta.up",),
    ),
    Search(
        "streaming-persistence",
        "kept",
        93,
        16,
        None,
        {**PUSHED, "BufferSizeConsistent": 2},
        settings=SECOND,
        drops=("FlushBuffer.reset-size",),
    ),
    # Generations then go on forever, which the type bounds.
    Search(
        "streaming-persistence",
        "kept",
        155,
        14,
        None,
        {
            **PUSHED,
            "IdStep": 4,
            "SegmentIdMonotonic": 4,
            "ManifestIsSegments": 4,
            "StoreShape": 4,
            "NoReuseStep": 7,
            "TypeOK": 8,
        },
        settings=SECOND,
        drops=("Recover.keep-id",),
    ),
    Search(
        "streaming-persistence",
        "kept",
        65,
        12,
        None,
        {**PUSHED, "ManifestIsSegments": 2},
        settings=SECOND,
        drops=("FlushBuffer.list",),
    ),
    Search(
        "streaming-persistence",
        "published",
        23_577,
        8,
        None,
        {**LOST, "RecoverStep": 5},
        drops=("Recover.manifest-readable",),
    ),
]

COVERED = {"CoveredBelowMark": 4}


def unrecoverable(steps: int) -> dict[str, int]:
    """What says that acknowledged entries can be recovered, and what is a conjunction with it."""
    return {"AcknowledgedRecoverable": steps, "RecoveryCompleteness": steps, "AllInvariants": steps}


CUT = {**unrecoverable(5), "CutSafeStep": 5, **COVERED}
LATE = {**unrecoverable(1), "BufferNotAcknowledged": 1, **COVERED}

WAL = [
    Search("wal-durability", "published", 620, 13, None, CUT, generated=1_958),
    Search("wal-durability", "cut-streamed", 788, 13, None, COVERED, generated=2_630),
    Search("wal-durability", "stream-in-order", 394, 13, None, generated=1_144),
    Search("wal-durability", "published", 173, 11, None, CUT, generated=445, settings={"MaxWrites": 3}),
    Search("wal-durability", "every-second", 788, 13, None, LATE),
    Search("wal-durability", "no-fsync", 788, 13, None, LATE),
    Search("wal-durability", "reply-anyway", 1_749, 15, None, {**unrecoverable(2), **COVERED}),
    Search("wal-durability", "published", 481, 12, None, CUT, drops=("WalTruncate.through-mark",)),
    Search(
        "wal-durability",
        "cut-streamed",
        841,
        14,
        None,
        {**unrecoverable(3), "RecoveryCompleteness": 4, "CutSafeStep": 3, **COVERED},
        drops=("Crash.log-survives",),
    ),
    Search(
        "wal-durability",
        "cut-streamed",
        1_269,
        14,
        None,
        {"HwmStep": 5, "HighWaterMarkConsistent": 5, "HwmExact": 5, "AllInvariants": 5, **COVERED},
        drops=("StreamFlush.mark-max",),
    ),
]

FLUSH = [
    Search("streaming-flush", "safe", 209, 15, None),
    Search("streaming-flush", "as-coded", 405, 15, None, {"NoSilentLoss": 3}),
    Search("streaming-flush", "volatile-id", 5_561, 33, None, {"NoSilentLoss": 9, "Immutable": 9}),
    Search("streaming-flush", "manifest-first", 400, 17, None, {"ManifestStored": 3, "Immutable": 4}),
    Search("streaming-flush", "blind-compactor", 1_230, 23, None, {"ManifestGrows": 6, "NoSilentLoss": 6}),
    Search("streaming-flush", "compactor", 439, 16, None),
]

DEEPER = [
    Search(
        "streaming-compaction",
        "as-coded",
        810,
        21,
        None,
        {"NoSilentLoss": 10, "ManifestStored": 12, "Immutable": 10, "StoredStaysStored": 10},
    ),
    Search(
        "streaming-compaction",
        "compared",
        603,
        19,
        None,
        {"NoSilentLoss": 10, "Immutable": 10, "StoredStaysStored": 10},
    ),
    Search(
        "streaming-compaction",
        "own-ids",
        683,
        15,
        None,
        {"NoSilentLoss": 11, "ManifestStored": 12, "Immutable": 12, "StoredStaysStored": 11},
    ),
    Search("streaming-compaction", "repaired", 667, 15, None),
    Search("wal-stamps", "cut-streamed", 355, 10, None, COVERED),
    Search(
        "wal-stamps",
        "stream-in-order",
        388,
        11,
        None,
        {"CoveredBelowMark": 5, "AcknowledgedRecoverable": 6, "CutSafeStep": 6},
    ),
    Search(
        "wal-replay",
        "above-mark",
        928,
        14,
        None,
        {"MemoryComplete": 6, "ReplayComplete": 4, "AcknowledgedRecoverable": 5},
    ),
    Search("wal-replay", "cut-streamed", 1_288, 14, None, {"MemoryComplete": 6, "ReplayComplete": 4}),
    Search("wal-replay", "replay-all", 788, 13, None, {"ReplayComplete": 4}),
    Search("wal-replay", "stream-in-order", 394, 13, None),
    # What follows was first counted here.
    Search("wal-torn", "safe", 992, 17, None),
    Search("wal-torn", "skips", 1_816, 17, None, {"RecoveredPrefix": 7}),
    Search("wal-torn", "early-ack", 2_300, 18, None, {"AckKept": 4}),
    Search("wal-torn", "safe", 1_740, 17, None, {"AckKept": 8}, drops=("Recover.cuts",)),
    Search("wal-torn", "safe", 1_224, 17, None, {"RecoveredAppended": 3}, drops=("Recover.checked", "Recover.stops")),
    Search("wal-shards", "one-mark", 674, 13, 349, {"AcknowledgedRecoverable": 5, "CoveredBelowMark": 4}),
    Search("wal-shards", "mark-per-shard", 576, 11, 300),
    Search("wal-shards", "cut-streamed", 729, 11, 378, COVERED),
    Search("wal-failed-sync", "as-coded", 612, 13, None, {"FailedStaysAway": 4, "FailedIsNotDurable": 4}),
    Search("wal-failed-sync", "cuts-back", 310, 11, None),
    Search("wal-failed-sync", "stops", 188, 11, None),
    Search("wal-rotation", "as-coded", 621, 14, None, {"AcknowledgedDurable": 3, "NoneLost": 4}),
    Search("wal-rotation", "sync-first", 138, 9, None),
]

SEARCHES = [*STREAMING, *WAL, *FLUSH, *DEEPER]
PROTOCOLS = sorted({row.protocol for row in SEARCHES})


@pytest.mark.parametrize("row", SEARCHES, ids=names)
def test_figures_and_violations(row: Search) -> None:
    row.check()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_variant_is_searched_and_expects_what_is_found(name: str) -> None:
    check_expectations(name, SEARCHES)


def verdicts(name: str, variant: str | None, **options: Any) -> dict[str, tuple[str, int | None, int | None]]:
    """The verdicts on the liveness properties, with the stem and the loop of a lasso."""
    asked = [prop.name for prop in load(name).model(variant).stated if prop.kind == "liveness"]
    found = prove(name, variant=variant, properties=asked, in_process=True, **options)
    return {result.name: (result.verdict, result.steps, result.loop) for result in found.properties}


LIVE = [(name, variant) for name in PROTOCOLS for variant in load(name).variants if name in ("wal-durability", "streaming-flush")]
LIVE += [("streaming-persistence", "published"), ("streaming-persistence", "kept"), ("streaming-persistence", "whole")]
FAST = {("wal-durability", "published"), ("wal-durability", "cut-streamed"), ("streaming-flush", "safe")}


@pytest.mark.parametrize(
    ("name", "variant"),
    [pytest.param(*pair, marks=pytest.mark.full if pair in FAST else pytest.mark.nightly) for pair in LIVE],
)
def test_progress_is_what_the_model_announces(name: str, variant: str) -> None:
    announced = {
        prop.short or prop.name: prop.expectation(variant)
        for prop in load(name).model(variant).stated
        if prop.kind == "liveness"
    }
    assert verdicts(name, variant) == {
        name: (expected.verdict, expected.steps, expected.loop) for name, expected in announced.items()
    }


@pytest.mark.nightly
def test_progress_without_what_it_rests_on() -> None:
    """A small buffer waits forever for the published trigger; without a failing sync what is in the buffer is acknowledged."""
    small = {"MaxBufferSize": 6, "DeltaSize": 1, "MaxDeltas": 4, "MaxLength": 6, "PushMax": 1}
    waiting = verdicts("streaming-persistence", "kept", drop=["FlushBuffer.any-time"], settings=small)
    assert waiting["EventualFlushB"] == ("violated", 1, 0)
    assert verdicts("streaming-persistence", None, drop=["Recover.manifest-readable"])["RecoveryCompleteness"][0] == "proved"
    full = verdicts("wal-durability", "cut-streamed", settings={"MaxSegments": 1})
    assert full["EventualStreamingC"][0] == "violated"
    unfair = verdicts("streaming-persistence", "kept", drop=["fairness.FlushBuffer", "fairness.Recover"])
    assert (unfair["EventualFlushB"], unfair["RecoveryIfKept"]) == (("violated", 1, 0), ("violated", 1, 0))


ANY_SIZE = [(name, variant) for name in PROTOCOLS for variant in load(name).variants]
OPEN = {("wal-durability", "no-fsync", "BufferDrains")}
"""What is not decided at any size: a lasso is not looked for."""
DAILY = ("wal-torn", "safe")
CERTIFIED = {
    ("streaming-flush", "compactor"),
    ("streaming-compaction", "repaired"),
    ("wal-durability", "stream-in-order"),
    ("wal-torn", "safe"),
}


@pytest.mark.parametrize(
    ("name", "variant"),
    [pytest.param(*pair, marks=pytest.mark.full if pair == DAILY else pytest.mark.nightly) for pair in ANY_SIZE],
)
def test_any_size(name: str, variant: str, tmp_path: Path) -> None:
    """Everything that is stated has the verdict that the model announces, and what is proved has a certificate."""
    found = prove(name, variant=variant, scope="unbounded", in_process=True, certificates=tmp_path)
    announced = {prop.name: prop.expectation(variant) for prop in load(name).model(variant).properties}
    for result in found.properties:
        if (name, variant, result.name) in OPEN:
            assert result.verdict == "unknown"
        elif result.name in announced and (name, result.name) != ("streaming-persistence", "WriteBufferBounded"):
            assert (result.verdict, result.steps) == (announced[result.name].verdict, announced[result.name].steps)
    if (name, variant) in CERTIFIED:
        assert check(sorted(tmp_path.glob("*.cert.json")), solver="z3", in_process=True).valid
