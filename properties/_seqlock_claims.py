"""The claims about the seqlock ring: as published, put right, and the guarantees for readers and the writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verifier.encodings.seqlock import (
    MaxSeq,
    Reader,
    ReaderPC,
    Readers,
    RingSize,
    State,
    Trackers,
    Watermark,
    Writer,
    WriterMid,
    WriterPC,
    done,
    seqlock,
)
from verifier.kernel import (
    Bool,
    Int,
    Temporal,
    always,
    eventually,
    exists,
    forall,
    implies,
    ite,
    leads_to,
    violated,
)


def complete(s: State) -> Int:
    """How many messages are complete in the ring; where the cursor is stored later, one more than are published."""
    return ite(s.writerPC == WriterPC.Advance, s.writerSeq + 1, s.writerSeq)


def _violated(**steps: int) -> dict[str, Any]:
    """The shortest counterexamples of variants, whose names have hyphens."""
    return {name.replace("_", "-"): violated(number) for name, number in steps.items()}


seqlock.type_ok(
    variables=[
        *("stamp", "value", "cursor", "writerSeq", "readerCursor"),
        *("readStamp1", "readValue", "readStamp2", "readResult", "consumed"),
    ],
)


# -- as published ------------------------------------------------------------------------------------------------------


@seqlock.invariant(
    expected=_violated(
        safe=17,
        skip_second_check=11,
        skip_odd_stamp=11,
        stamp_before_data=17,
        stamp_wrap_8=18,
        stamp_wrap_4=12,
        skip_one_too_far=17,
        endless=17,
    )
)
def NoTornRead(s: State) -> Bool:
    """A reader's committed value is the message before the one that it wants: wrong after a skip."""
    return forall(Reader, lambda r: implies(s.readResult[r] != -1, s.readResult[r] == s.readerCursor[r] - 1))


@seqlock.invariant(vacuous="it restates the type of readResult, and holds of torn reads, too")
def ResultIsValid(s: State) -> Bool:
    """A reader's committed value is some message: true of torn reads, too."""
    return forall(
        Reader, lambda r: implies(s.readResult[r] != -1, (s.readResult[r] >= 0) & (s.readResult[r] <= MaxSeq))
    )


@seqlock.invariant(
    expected=_violated(
        safe=9,
        live=9,
        skip_second_check=9,
        skip_odd_stamp=9,
        stamp_before_data=9,
        stamp_wrap_8=9,
        stamp_wrap_4=9,
        no_skip=9,
        skip_one_too_far=9,
        endless=9,
    )
)
def LagBound(s: State) -> Bool:
    """A reader that is idle is less than a lap behind: nothing keeps the writer from going on."""
    return forall(Reader, lambda r: implies(
        s.cursor >= 0, (s.cursor - s.readerCursor[r] < RingSize) | (s.readerPC[r] != ReaderPC.Idle)
    ))  # fmt: skip


# -- put right ---------------------------------------------------------------------------------------------------------


@seqlock.invariant(
    expected=_violated(skip_second_check=11, skip_odd_stamp=11, stamp_before_data=5, stamp_wrap_8=18, stamp_wrap_4=9)
)
def NoTornReadC(s: State) -> Bool:
    """A reader's committed value is the payload of the message that it claims to have read."""
    return forall(Reader, lambda r: s.readResult[r] == s.consumed[r])


@seqlock.invariant(expected=_violated(stamp_before_data=5, stamp_wrap_4=9))
def Published(s: State) -> Bool:
    """Only complete messages are committed."""
    return forall(Reader, lambda r: s.consumed[r] < complete(s))


@seqlock.invariant()
def Monotone(s: State) -> Bool:
    """No message is committed twice, or after a later one."""
    return forall(Reader, lambda r: s.consumed[r] < s.readerCursor[r])


@seqlock.action_property(expected=_violated(endless=14))
def NeverBack(s: State, after: State) -> Bool:
    """The message that a reader wants never goes back."""
    return forall(Reader, lambda r: after.readerCursor[r] >= s.readerCursor[r])


@seqlock.invariant(expected=_violated(stamp_before_data=5, stamp_wrap_4=9))
def ReaderBound(s: State) -> Bool:
    """A reader wants a message that is complete, or the next one."""
    return forall(Reader, lambda r: s.readerCursor[r] <= complete(s))


@seqlock.action_property(expected=_violated(skip_second_check=12, stamp_wrap_8=18, stamp_wrap_4=12, any_slots=12))
def FreshCommit(s: State, after: State) -> Bool:
    """A message that was overwritten is never committed, and after a commit the next message is wanted."""
    return forall(Reader, lambda r: implies(
        (s.readerPC[r] == ReaderPC.Reading) & (after.readerPC[r] == ReaderPC.Idle) & (after.consumed[r] != s.consumed[r]),
        (s.cursor - s.readerCursor[r] < RingSize) & (after.readerCursor[r] == s.readerCursor[r] + 1),
    ))  # fmt: skip


@seqlock.action_property(expected=_violated(skip_one_too_far=11))
def SkipExact(s: State, after: State) -> Bool:
    """A reader that skips gets to the oldest message that is left, which is a later one."""
    return forall(Reader, lambda r: implies(
        (s.readerPC[r] == ReaderPC.Stamp1)
        & (after.readerPC[r] == ReaderPC.Idle)
        & (after.readerCursor[r] != s.readerCursor[r]),
        (after.readerCursor[r] > s.readerCursor[r]) & (after.readerCursor[r] == s.cursor - RingSize + 1),
    ))  # fmt: skip


@seqlock.invariant(expected=_violated(stamp_before_data=9, any_slots=7))
def LagReal(s: State) -> Bool:
    """A reader that sees a stamp of a later message wants one that was overwritten, so that it can skip."""
    return forall(Reader, lambda r: implies(
        (s.readerPC[r] == ReaderPC.Stamp1) & (s.readStamp1[r] % 2 == 0) & (s.readStamp1[r] > done(s.readerCursor[r])),
        s.readerCursor[r] < complete(s) - RingSize,
    ))  # fmt: skip


# -- what readers and the writer of a bounded channel can count on -----------------------------------------------------


@seqlock.invariant()
def NoSilentLoss(s: State) -> Bool:
    """Each message before the one that a reader wants was received, or is counted as skipped."""
    return forall(Reader, lambda r: s.received[r] + s.lagged[r] == s.readerCursor[r])


@seqlock.invariant(expected=_violated(any_slots=11))
def NothingLost(s: State) -> Bool:
    """No reader skips a message."""
    return forall(Reader, lambda r: s.lagged[r] == 0)


@seqlock.invariant()
def NoLap(s: State) -> Bool:
    """No message is overwritten, or about to be, that some reader has not received."""
    return forall(Reader, lambda r: s.writerSeq <= s.tracker[r] + RingSize)


@seqlock.invariant()
def WriterNotStuck(s: State) -> Bool:
    """Where the writer waits, some reader has a message to read, or the writer is to see that it has read one."""
    waits = exists(Reader, lambda r: s.writerSeq >= s.tracker[r] + RingSize - Watermark)
    return implies(
        (s.writerPC == WriterPC.Idle) & waits,
        exists(Reader, lambda r: (s.readerCursor[r] <= s.cursor) | (s.tracker[r] < s.readerCursor[r])),
    )


# -- progress ----------------------------------------------------------------------------------------------------------

FINITE = "it is about finitely many messages; a writer that never pauses starves a reader, see the variant endless"
_ASSUMED = {
    "None": [],
    "Next": None,
    "Readers": [Readers],
    "Writer": [Writer],
    "ReadersMid": [Readers, WriterMid],
    "All": [Readers, Writer, Trackers],
}
# Stem and loop of the shortest lasso under each of these, where there is one.
_Rows = Mapping[str, Sequence[tuple[int, int] | None]]
_STARVED: _Rows = {
    "live": [(3, 0), (7, 2), (9, 4), (9, 0), None, None],
    "no-skip": [(3, 0), (8, 2), (8, 2), (15, 0), (10, 2), (16, 2)],
    "endless": [(3, 0), (8, 2), (8, 2), (11, 6), (11, 6), (11, 6)],
    "bounded": [(3, 0), None, None, (6, 0), None, None],
}
_UNREAD: _Rows = {
    "live": [(0, 0), (0, 2), (0, 4), (9, 0), (0, 4), None],
    "no-skip": [(0, 0), (0, 2), (0, 2), (15, 0), (0, 2), (16, 2)],
    "endless": [(0, 0), (0, 2), (0, 2), (7, 7), (0, 2), (7, 7)],
    "bounded": [(0, 0), (0, 2), (0, 2), (6, 0), (0, 2), None],
}


def _lassos(table: _Rows, row: int) -> dict[str, Any]:
    shortest = {variant: rows[row] for variant, rows in table.items()}
    return {variant: violated(found[0], loop=found[1]) for variant, found in shortest.items() if found}


@seqlock.liveness(bounded=FINITE, expected={"safe": violated(7, loop=2), **_lassos(_STARVED, 1)})
def ReaderProgress(s: State) -> Temporal:
    """Once a message is published, every reader commits one: published under the fairness of all actions together."""
    return forall(Reader, lambda r: leads_to(s.cursor >= 0, s.readResult[r] != -1))


ENOUGH = ("ReadersMid", "All")
"""The assumptions under which every reader commits a message."""

for _row, (_name, _under) in enumerate(_ASSUMED.items()):
    _bounded = None if _name in ENOUGH else FINITE

    @seqlock.liveness(name=f"ReaderProgressC_{_name}", under=_under, bounded=_bounded, expected=_lassos(_STARVED, _row))
    def ReaderProgressC(s: State) -> Temporal:
        """Once a message is published, every reader commits one."""
        return forall(Reader, lambda r: leads_to(s.cursor >= 0, s.consumed[r] != -1))

    @seqlock.liveness(name=f"Drain_{_name}", under=_under, bounded=FINITE, expected=_lassos(_UNREAD, _row))
    def Drain(s: State) -> Temporal:
        """Every reader comes to have read everything."""
        return forall(Reader, lambda r: eventually(always(s.readerCursor[r] == MaxSeq + 1)))


@seqlock.liveness(under=_ASSUMED["All"])
def ReadsToTheEnd(s: State) -> Temporal:
    """Every reader comes to have read everything, and by NeverBack and ReaderBound that stays so, as Drain_All says."""
    return forall(Reader, lambda r: eventually(s.readerCursor[r] == MaxSeq + 1))


@seqlock.liveness(under=_ASSUMED["All"], bounded=FINITE, expected={"endless": violated(12, loop=6)})
def InReach(s: State) -> Temporal:
    """Again and again a reader is about to load the stamp that it wants: else no fairness of what follows helps it."""
    return forall(Reader, lambda r: always(eventually(
        (s.readerPC[r] == ReaderPC.Idle) & (s.stamp[s.idx[s.readerCursor[r]]] == done(s.readerCursor[r]))
    )))  # fmt: skip


PROGRESS = ("ReaderProgress", *(f"{each}_{name}" for each in ("ReaderProgressC", "Drain") for name in _ASSUMED))
