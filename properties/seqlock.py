"""Properties of the seqlock ring: as published, put right, and what readers and the writer can count on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verifier.encodings.seqlock import (
    MaxSeq,
    Number,
    Reader,
    ReaderPC,
    Readers,
    RingSize,
    Slot,
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
    all_of,
    always,
    eventually,
    exists,
    forall,
    implies,
    ite,
    leads_to,
    one_of,
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

_FINITE = "it is about finitely many messages; a writer that never pauses starves a reader, see the variant endless"
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


@seqlock.liveness(bounded=_FINITE, expected={"safe": violated(7, loop=2), **_lassos(_STARVED, 1)})
def ReaderProgress(s: State) -> Temporal:
    """Once a message is published, every reader commits one: published under the fairness of all actions together."""
    return forall(Reader, lambda r: leads_to(s.cursor >= 0, s.readResult[r] != -1))


for _row, (_name, _under) in enumerate(_ASSUMED.items()):

    @seqlock.liveness(name=f"ReaderProgressC_{_name}", under=_under, bounded=_FINITE, expected=_lassos(_STARVED, _row))
    def ReaderProgressC(s: State) -> Temporal:
        """Once a message is published, every reader commits one."""
        return forall(Reader, lambda r: leads_to(s.cursor >= 0, s.consumed[r] != -1))

    @seqlock.liveness(name=f"Drain_{_name}", under=_under, bounded=_FINITE, expected=_lassos(_UNREAD, _row))
    def Drain(s: State) -> Temporal:
        """Every reader comes to have read everything."""
        return forall(Reader, lambda r: eventually(always(s.readerCursor[r] == MaxSeq + 1)))


@seqlock.liveness(under=_ASSUMED["All"], bounded=_FINITE, expected={"endless": violated(12, loop=6)})
def InReach(s: State) -> Temporal:
    """Again and again a reader is about to load the stamp that it wants: else no fairness of what follows helps it."""
    return forall(Reader, lambda r: always(eventually(
        (s.readerPC[r] == ReaderPC.Idle) & (s.stamp[s.idx[s.readerCursor[r]]] == done(s.readerCursor[r]))
    )))  # fmt: skip


PROGRESS = ("ReaderProgress", *(f"{each}_{name}" for each in ("ReaderProgressC", "Drain") for name in _ASSUMED))


# -- lemmas ------------------------------------------------------------------------------------------------------------


def held(stamp: Int) -> Int:
    """The message of an even stamp."""
    return stamp // 2 - 1


def written(stamp: Int) -> Bool:
    """Whether a stamp is that of a complete message."""
    return (stamp % 2 == 0) & (stamp > 0)


@seqlock.lemma("the writer counts messages, and so does the cursor")
def CursorFollows(s: State) -> Bool:
    return s.cursor == s.writerSeq - 1


@seqlock.lemma("a slot with an even stamp holds the message of that stamp")
def SlotsHold(s: State) -> Bool:
    return forall(Slot, lambda i: implies(
        written(s.stamp[i]), (s.value[i] == held(s.stamp[i])) & (held(s.stamp[i]) < complete(s))
    ))  # fmt: skip


@seqlock.lemma("the writer has done what it has done")
def SlotInHand(s: State) -> Bool:
    i = s.idx[s.writerSeq]
    return all_of(
        implies(one_of(s.writerPC, WriterPC.Stamped, WriterPC.Written), s.stamp[i] == 2 * s.writerSeq + 1),
        implies(s.writerPC == WriterPC.Written, s.value[i] == s.writerSeq),
        implies(s.writerPC != WriterPC.Idle, s.writerSeq <= MaxSeq),
    )


@seqlock.lemma("a stamp that matches is that of a complete message")
def MatchIsComplete(s: State) -> Bool:
    return forall(Reader, lambda r: implies(
        (s.readerPC[r] == ReaderPC.Stamp1) & (s.readStamp1[r] == done(s.readerCursor[r])), s.readerCursor[r] < complete(s)
    ))  # fmt: skip


@seqlock.lemma("as long as the stamp stays, the copy is the message; once it has changed it never comes back")
def CopyIsMessage(s: State) -> Bool:
    return forall(Reader, lambda r: implies(s.readerPC[r] == ReaderPC.Reading, all_of(
        (s.readStamp1[r] == done(s.readerCursor[r])) & (s.readerCursor[r] < complete(s)),
        implies(s.stamp[s.idx[s.readerCursor[r]]] == s.readStamp1[r], s.readValue[r] == s.readerCursor[r]),
    )))  # fmt: skip


@seqlock.lemma("each lap takes the slots of the lap before")
def LapsRepeat(s: State) -> Bool:
    return forall(Number, Number, lambda a, b: implies(b == a + RingSize, s.idx[a] == s.idx[b]))


@seqlock.lemma("messages of one slot are at least a lap apart")
def LapsApart(s: State) -> Bool:
    return forall(Number, Number, lambda a, b: implies((a < b) & (s.idx[a] == s.idx[b]), b >= a + RingSize))


@seqlock.lemma("a slot holds a message of its own, from the last lap")
def SlotsAreRecent(s: State) -> Bool:
    return forall(Slot, lambda i: implies(
        written(s.stamp[i]), (s.idx[held(s.stamp[i])] == i) & (held(s.stamp[i]) >= complete(s) - RingSize)
    ))  # fmt: skip


@seqlock.lemma("a message that is being written does not overwrite one that the writer does not know to be read")
def RoomInHand(s: State) -> Bool:
    return forall(Reader, lambda r: s.writerSeq < s.tracker[r] + RingSize + ite(s.writerPC == WriterPC.Idle, Int(1), 0))


@seqlock.lemma("who has skipped nothing has committed each message before the one that it wants")
def Consecutive(s: State) -> Bool:
    return forall(Reader, lambda r: implies(s.lagged[r] == 0, s.consumed[r] == s.readerCursor[r] - 1))


@seqlock.lemma("the writer sees no more than readers have read")
def TrackersFollow(s: State) -> Bool:
    return forall(Reader, lambda r: s.tracker[r] <= s.readerCursor[r])


# -- variants ----------------------------------------------------------------------------------------------------------

_LOSSY = "WriterBegin.wb-room"
_COUNTS = ("received", "lagged")
_BOUNDED = ("tracker", "StoreTracker")
_OTHERS = (*_COUNTS, *_BOUNDED, "WriterAdvance", "Renumber", "InReach", *PROGRESS)
_ONE = {"NumReaders": 1}


_STATED: tuple[str, ...] = (
    "NoTornRead",
    "ResultIsValid",
    "LagBound",
    "NoTornReadC",
    "Published",
    "Monotone",
    "NeverBack",
    "ReaderBound",
)
_STATED += ("FreshCommit", "SkipExact", "LagReal")


def _ring(
    name: str, *drops: str, doc: str, has: tuple[str, ...] = (), about: tuple[str, ...] = _STATED, **more: Any
) -> None:
    """A variant of the published ring, which has some of what this one lacks, and is about some of its properties."""
    left_out = [each for each in (*_OTHERS, *_STATED) if each not in (*has, *about)]
    seqlock.variant(name, drops=[_LOSSY, *drops], without=left_out, doc=doc, **{"settings": _ONE, **more})


def _wrong(name: str, *drops: str, doc: str, **more: Any) -> None:
    _ring(name, *drops, doc=doc, bounded="its faults show in a ring of two slots", **more)


_ring("safe", settings={}, has=("ReaderProgress",), doc="as published: stamp and cursor are stored in one step")
_ring(
    "split-finish",
    "WriterFinish.at-once",
    has=("WriterAdvance",),
    about=("NoTornReadC", "Published", "ReaderBound", "FreshCommit", "SkipExact", "LagReal"),
    doc="stamp and cursor are two stores, as in Rust",
)
_ring(
    "any-slots",
    has=_COUNTS,
    about=("NoTornReadC", "Published", "FreshCommit", "LagReal"),
    initially=["NothingYet"],
    settings={**_ONE, "MaxSeq": 2},
    doc="messages lie in any slots whatever; readers count what they receive and what they skip",
)
seqlock.variant(
    "bounded",
    without=[
        "WriterAdvance",
        "Renumber",
        "InReach",
        *(each for each in _STATED if each not in ("NoTornRead", "LagBound")),
    ],
    settings=_ONE,
    doc="a bounded channel: the writer waits for the slowest reader, which it sees late",
)
_ring("live", has=PROGRESS, settings={"MaxSeq": 2}, bounded=_FINITE, doc="three messages, as progress was measured")
_ring(
    "endless",
    has=("Renumber", "InReach", *PROGRESS),
    bounded="numbers are kept small by calling messages by other ones",
    doc="the writer never ends",
)
_wrong("skip-second-check", "ReaderVerify.ve-equal", doc="a reader commits whatever the second stamp is")
_wrong(
    "skip-odd-stamp",
    *("WriterBegin.odd-stamp", "WriterData.wd-odd", "WriterFinish.wf-odd"),
    doc="the writer does not say that it writes",
)
_wrong(
    "stamp-before-data",
    *("WriterData.payload-first", "WriterFinish.stamp-last", "WriterFinish.wf-odd"),
    doc="the even stamp is stored before the payload",
)
for _modulus in (8, 4):
    _wrong(
        f"stamp-wrap-{_modulus}",
        *("ReaderLoadStamp1.l1-whole", "ReaderVerify.ve-whole"),
        replaces={
            "ReaderLoadStamp1.l1-idle": "numbered",
            "ReaderLoadValue.lv-match": "wrapped",
            "ReaderStampMismatch.mm-differs": "wrapped",
        },
        settings={**_ONE, "StampModulus": _modulus},
        doc=f"stamps wrap: they are seen modulo {_modulus}",
    )
_wrong("no-skip", "ReaderStampMismatch.skip", has=PROGRESS, doc="a reader that is lapped stays where it is")
_wrong(
    "skip-one-too-far", "ReaderStampMismatch.exact", doc="a reader that is lapped skips a message that is still there"
)
