"""What TLC measured of streaming persistence and the write-ahead log, and what breaks without single guards and choices."""

from __future__ import annotations

import pytest

from tests.protocols.figures import Search, check_expectations, names

SECOND = {"MaxBufferSize": 3, "MaxLength": 3, "PushMax": 1}
PUSHED = {"RecoveredStateValid": 1}
LOST = {**PUSHED, "DurabilityGuarantee": 3, "ManifestStored": 3}

STREAMING = [
    Search("streaming-persistence", "published", 23_577, 8, None, LOST, generated=90_887),
    Search("streaming-persistence", "kept", 21_953, 6, None, PUSHED, generated=43_149),
    Search("streaming-persistence", "published", 105, 12, None, LOST, generated=311, settings=SECOND),
    Search("streaming-persistence", "size-trigger", 168, 21, None, PUSHED),
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
        {**PUSHED, "WriteBufferBounded": 4, "BufferBound": 4, "WriteBufferBoundedIfDivides": 4},
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
    # Generations then go on for ever, which the type bounds.
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

SEARCHES = [*STREAMING, *WAL]
PROTOCOLS = sorted({row.protocol for row in SEARCHES})


@pytest.mark.parametrize("row", SEARCHES, ids=names)
def test_figures_and_violations(row: Search) -> None:
    row.check()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_variant_is_searched_and_expects_what_is_found(name: str) -> None:
    check_expectations(name, SEARCHES)
