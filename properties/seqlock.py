"""The seqlock ring's variants, and what proofs of its properties need for any ring."""

from __future__ import annotations

from typing import Any

from verifier.encodings.seqlock import (
    MaxSeq,
    Message,
    Number,
    Reader,
    ReaderPC,
    RingSize,
    Slot,
    State,
    WriterPC,
    done,
    reads,
    seqlock,
    writer_runs,
    writes_end,
)
from verifier.kernel import (
    Bool,
    Fairness,
    Int,
    Ranks,
    all_of,
    exists,
    forall,
    implies,
    ite,
    maximum,
    one_of,
    ranks,
    when,
)
from verifier.properties._seqlock_claims import ENOUGH, FINITE, PROGRESS, complete

# -- variants ----------------------------------------------------------------------------------------------------------

_LOSSY = "WriterBegin.wb-room"
_COUNTS = ("received", "lagged")
_BOUNDED = ("tracker", "StoreTracker")
_OTHERS = (*_COUNTS, *_BOUNDED, "WriterAdvance", "Renumber", "InReach", "ReadsToTheEnd", *PROGRESS)
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
        "ReadsToTheEnd",
        *(each for each in _STATED if each not in ("NoTornRead", "LagBound")),
    ],
    settings=_ONE,
    doc="a bounded channel: the writer waits for the slowest reader, which it sees late",
)
_ring("live", has=PROGRESS, settings={"MaxSeq": 2}, bounded=FINITE, doc="three messages, as progress was measured")
_ring(
    "progress",
    has=(*(f"ReaderProgressC_{name}" for name in ENOUGH), "ReadsToTheEnd"),
    about=("NeverBack", "ReaderBound"),
    settings={**_ONE, "MaxSeq": 2},
    doc="what readers can count on in any ring, however many messages there are, as long as they end",
)
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


# -- of progress -------------------------------------------------------------------------------------------------------

_PROGRESS = ["progress", "bounded"]


@seqlock.lemma("the writer ends after the last message", variants=_PROGRESS)
def WriterEnds(s: State) -> Bool:
    return s.writerSeq <= MaxSeq + 1


@seqlock.lemma("stamp and cursor are stored in one step", variants=_PROGRESS)
def NothingToAdvance(s: State) -> Bool:
    return s.writerPC != WriterPC.Advance


@seqlock.lemma("the slot of a complete message has its stamp, or that of a later one", variants=_PROGRESS)
def StampsReach(s: State) -> Bool:
    return forall(Message, lambda q: implies((q >= 0) & (q < complete(s)), s.stamp[s.idx[q]] >= done(q)))


@seqlock.lemma("only the slot that is being written has an odd stamp", variants=_PROGRESS)
def OddIsInHand(s: State) -> Bool:
    return forall(Slot, lambda i: implies(s.stamp[i] % 2 == 1, all_of(
        s.writerPC != WriterPC.Idle, i == s.idx[s.writerSeq], s.stamp[i] == 2 * s.writerSeq + 1
    )))  # fmt: skip


@seqlock.lemma("who has committed nothing wants a message that is published, if any is", variants=_PROGRESS)
def SomethingToRead(s: State) -> Bool:
    return forall(Reader, lambda r: implies(s.consumed[r] == -1, s.readerCursor[r] <= maximum(s.cursor, 0)))


def writer_steps(s: State) -> Int:
    """How many steps the writer has left."""
    taken = ite(s.writerPC == WriterPC.Idle, Int(0), ite(s.writerPC == WriterPC.Stamped, Int(1), Int(2)))
    return 3 * (MaxSeq + 1 - s.writerSeq) - taken


def reader_steps(s: State, r: Reader) -> Int:
    """How many steps a reader has left until it commits a message or skips some, if the writer pauses."""
    # A ranking has to be defined by its form, so it names the message that is wanted, and its slot.
    same = exists(Number, Slot, lambda q, i: all_of(
        q == s.readerCursor[r], i == s.idx[q], s.stamp[i] == s.readStamp1[r]
    ))  # fmt: skip
    checked = ite(s.readerPC[r] == ReaderPC.Stamp1, ite(same, Int(2), Int(5)), ite(same, Int(1), Int(4)))
    return ite(s.readerPC[r] == ReaderPC.Idle, Int(3), checked)


def until_a_commit(s: State, r: Reader, writes: Fairness) -> Ranks:
    """The writer ends what it has begun, and a reader gets on while it pauses."""
    pauses = s.writerPC == WriterPC.Idle
    return ranks(
        writer_steps(s),
        MaxSeq + 1 - s.readerCursor[r],
        ite(pauses, reader_steps(s, r), Int(0)),
        pending=s.cursor >= 0,
        helped_by=[when(writes, ~pauses), when(reads(r), pauses)],
    )


@seqlock.ranking("ReaderProgressC_ReadersMid")
def UntilACommitMid(s: State, r: Reader) -> Ranks:
    return until_a_commit(s, r, writes_end)


@seqlock.ranking("ReaderProgressC_All")
def UntilACommitAll(s: State, r: Reader) -> Ranks:
    return until_a_commit(s, r, writer_runs)


@seqlock.ranking("ReadsToTheEnd")
def UntilTheEnd(s: State, r: Reader) -> Ranks:
    ended = (s.writerPC == WriterPC.Idle) & (s.writerSeq > MaxSeq)
    return ranks(
        writer_steps(s),
        MaxSeq + 1 - s.readerCursor[r],
        ite(ended, reader_steps(s, r), Int(0)),
        helped_by=[when(writer_runs, ~ended), when(reads(r), ended)],
    )
