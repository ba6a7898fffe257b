"""Properties of the ring with several producers."""

from __future__ import annotations

from typing import Any

from verifier.encodings.mpmc import (
    At,
    Claims,
    MaxSeq,
    Message,
    N,
    Producer,
    Reader,
    ReaderAt,
    Slot,
    State,
    WaitPred,
    WaitSlot,
    before_lap,
    done,
    mpmc,
    oldest,
    open_slot,
    unwritten,
    writing,
)
from verifier.kernel import (
    Bool,
    Temporal,
    all_of,
    always,
    any_of,
    enabled,
    eventually,
    exists,
    forall,
    implies,
    ite,
    one_of,
    violated,
)


def all_done(s: State) -> Bool:
    """Every producer is idle, and every number is used up."""
    return forall(Producer, lambda p: s.pc[p] == At.Idle) & (s.nextSeq == MaxSeq + 1)


def blocked(s: State, p: Producer) -> Bool:
    """Whether a producer waits, as the variant has it wait, or has nothing left to publish."""
    for_pred = (s.pc[p] == At.PredWait) & ~enabled(WaitPred, p)
    for_slot = (s.pc[p] == At.SlotWait) & ~enabled(WaitSlot, p)
    return ((s.pc[p] == At.Idle) & (s.nextSeq > MaxSeq)) | for_pred | for_slot


@mpmc.invariant(expected={"three": violated(11), "scan-ignores-stamp": violated(27), "split-claim": violated(26)})
def NoTornReadC(s: State) -> Bool:
    """The delivered payload is that of the message that the reader claims to have read."""
    return forall(Reader, lambda r: s.readResult[r] == s.consumed[r])


@mpmc.invariant(expected={"three": violated(5), "scan-ignores-stamp": violated(19), "split-claim": violated(6)})
def SlotExclusive(s: State) -> Bool:
    """No two producers are between their stamps in one slot."""
    return forall(Producer, Producer, lambda p, q: implies(
        (p != q) & writing(s, p) & writing(s, q), s.idx[s.seq[p]] != s.idx[s.seq[q]]
    ))  # fmt: skip


@mpmc.invariant(expected={"split-claim": violated(4)})
def UniqueOwner(s: State) -> Bool:
    """No number is claimed twice."""
    return forall(Message, lambda q: s.claims[q] <= 1)


@mpmc.invariant(expected={"split-claim": violated(11)})
def NoHole(s: State) -> Bool:
    """The numbers that were claimed are those below the counter."""
    return forall(Message, lambda q: (q < s.nextSeq) == (s.claims[q] > 0))


@mpmc.invariant(expected={"scan-ignores-stamp": violated(9)})
def NoGap(s: State) -> Bool:
    """The cursor never passes a message that is not finished."""
    return forall(Message, lambda q: implies(q <= s.cursor, s.finished.contains(q)))


@mpmc.invariant(expected={"three": violated(15), "scan-ignores-stamp": violated(9), "split-claim": violated(9)})
def NoGapStamp(s: State) -> Bool:
    """The part of it that a test can observe: the stamps of the last lap."""
    return forall(Message, lambda q: implies(
        (s.cursor - N + 1 <= q) & (q <= s.cursor), s.stamp[s.idx[q]] >= done(q)
    ))  # fmt: skip


@mpmc.invariant(expected={"three": violated(3), "scan-ignores-stamp": violated(17)})
def OneAhead(s: State) -> Bool:
    """The claims are at most one number ahead of a message that is not finished: true of two producers alone."""
    return forall(Message, lambda q: implies((q < s.nextSeq) & ~s.finished.contains(q), s.nextSeq <= q + 2))


@mpmc.invariant(expected={"split-claim": violated(15)})
def CursorBelowClaims(s: State) -> Bool:
    """The cursor stays behind the claims."""
    return s.cursor < s.nextSeq


@mpmc.invariant(expected={"pred-wait-equality": violated(20)})
def NoProducerDeadlock(s: State) -> Bool:
    """Producers are never all blocked before everything is published."""
    return implies(forall(Producer, lambda p: blocked(s, p)), all_done(s))


@mpmc.invariant(expected={"three": violated(22), "catch-up-equality": violated(31), "no-scan": violated(23)})
def CursorComplete(s: State) -> Bool:
    """At the end the cursor stands at the last message."""
    return implies(all_done(s), s.cursor == MaxSeq)


@mpmc.invariant(expected={"three": violated(20), "scan-ignores-stamp": violated(29), "split-claim": violated(29)})
def StampsComplete(s: State) -> Bool:
    """At the end no message of the last lap is lost."""
    return implies(all_done(s), forall(Message, lambda q: implies(
        q > MaxSeq - N, (s.stamp[s.idx[q]] == done(q)) & (s.value[s.idx[q]] == q)
    )))  # fmt: skip


_STUCK = {
    "three": violated(25),
    "catch-up-equality": violated(31),
    "scan-ignores-stamp": violated(34),
    "split-claim": violated(34),
    "no-scan": violated(25),
}


@mpmc.invariant(expected=_STUCK)
def NoReaderStuck(s: State) -> Bool:
    """At the end no reader waits for a message that it never gets."""

    def stuck(r: Reader) -> Bool:
        wanted = s.readerCursor[r]
        stamp = s.stamp[s.idx[wanted]]
        skips = (stamp % 2 == 0) & (stamp > done(wanted)) & (wanted < oldest(s))
        idle = (s.readerPC[r] == ReaderAt.Idle) & (wanted <= MaxSeq)
        return all_done(s) & idle & (stamp != done(wanted)) & ~skips

    return forall(Reader, lambda r: ~stuck(r))


@mpmc.action_property(expected={"three": violated(5), "scan-ignores-stamp": violated(19), "split-claim": violated(8)})
def StampMonotone(s: State, after: State) -> Bool:
    """No stamp ever falls."""
    return forall(Slot, lambda i: after.stamp[i] >= s.stamp[i])


@mpmc.action_property(expected={"blind-retry": violated(11)})
def CursorStep(s: State, after: State) -> Bool:
    """The cursor moves by one."""
    return after.cursor == s.cursor + 1


@mpmc.action_property(expected={"blind-retry": violated(13)})
def CursorMonotone(s: State, after: State) -> Bool:
    """The cursor never falls."""
    return after.cursor >= s.cursor


@mpmc.action_property(expected={"split-claim": violated(24)})
def ProducerOrder(s: State, after: State) -> Bool:
    """The messages of each producer carry rising numbers."""
    return forall(Producer, lambda p: after.seq[p] >= s.seq[p])


@mpmc.action_property()
def ReaderMonotone(s: State, after: State) -> Bool:
    """A reader never goes back; with ProducerOrder it sees the messages of each producer in their order."""
    return forall(Reader, lambda r: after.readerCursor[r] >= s.readerCursor[r])


@mpmc.liveness(expected={"pred-wait-equality": violated(29, loop=2)})
def Terminate(s: State) -> Temporal:
    """At last everything is published."""
    return eventually(always(all_done(s)))


@mpmc.liveness(expected={
    "catch-up-equality": violated(32, loop=2), "no-scan": violated(26, loop=2), "three": violated(29, loop=2),
})  # fmt: skip
def CursorReaches(s: State) -> Temporal:
    """At last the cursor stands at the last message."""
    return eventually(always(s.cursor == MaxSeq))


@mpmc.liveness(expected={
    "catch-up-equality": violated(32, loop=2), "no-scan": violated(26, loop=2), "three": violated(26, loop=2),
    "scan-ignores-stamp": violated(35, loop=2), "split-claim": violated(35, loop=2),
})  # fmt: skip
def ReaderDrain(s: State) -> Temporal:
    """At last every reader has read, or skipped, every message."""
    return forall(Reader, lambda r: eventually(always(s.readerCursor[r] == MaxSeq + 1)))


# -- variants ----------------------------------------------------------------------------------------------------------

PUBLISHED = ["ClaimStore", "WaitSlot", "other"]
"""Options that the published code does not have, and what says that there are two producers."""

_TWO = "its behaviour depends on the number of producers; that of mpmc:two and of mpmc:slot-wait does not"

mpmc.variant("safe", without=PUBLISHED, bounded=_TWO, doc="as published, which is safe with two producers")
mpmc.variant(
    "two",
    without=["ClaimStore", "WaitSlot", "NoProducerDeadlock", "NoReaderStuck"],
    settings={"MaxSeq": 2},
    doc="as published, with two producers: what is proved of any ring and any number of messages",
)
mpmc.variant(
    "three",
    without=PUBLISHED,
    settings={"P": 3, "MaxSeq": 2},
    bounded="a violation has a size",
    doc="as published, with three producers",
)
mpmc.variant(
    "slot-wait",
    drops=["Claim.at-once"],
    without=["ClaimStore", "other", "OneAhead"],
    doc="the repair: a producer waits until the slot's last owner has finished",
)
mpmc.variant(
    "slot-wait-two",
    drops=["Claim.at-once"],
    without=["ClaimStore", "NoReaderStuck"],
    doc="the repair, with two producers: what it leaves true of two alone, with any ring and any number of messages",
)


def _toggle(name: str, doc: str, **changes: Any) -> None:
    """A change of the published code; its figures are those of two producers."""
    mpmc.variant(name, doc=doc, bounded=_TWO, **{"without": PUBLISHED, **changes})


_toggle(
    "catch-up-equality",
    "before 2.1.0: the scan goes on only from the very stamp that it expects",
    drops=["ScanStamp.ordering"],
)
_toggle(
    "pred-wait-equality",
    "a producer waits for the very stamp of its predecessor",
    replaces={"WaitPred.pred-done": "equality"},
    settings={"MaxSeq": 2},
)
_toggle("scan-ignores-stamp", "the scan does not look at stamps", drops=["ScanStamp.reads-stamp"])
_toggle(
    "split-claim",
    "a claim is a load and a store",
    drops=["Claim.fetch-add"],
    without=["WaitSlot", "other"],
    settings={"MaxSeq": 2},
)
_toggle("blind-retry", "the second attempt stores, whatever is there", drops=["RetryCas.compare"])
_toggle("no-scan", "nobody scans", drops=["FastCas.fast-scan", "Recheck.late-scan"])
_toggle("no-retry", "no second attempt, which is redundant", drops=["WaitPred.retry"])


# -- what induction needs ----------------------------------------------------------------------------------------------


@mpmc.lemma("a producer that is not idle holds a number, which was claimed")
def HoldsClaimed(s: State) -> Bool:
    return forall(Producer, lambda p: (s.seq[p] < s.nextSeq) & implies(s.pc[p] != At.Idle, s.seq[p] >= 0))


@mpmc.lemma("a claim raises the counter, so that no two producers ever hold one number")
def HeldOnce(s: State) -> Bool:
    return forall(Producer, Producer, lambda p, q: implies((p != q) & (s.seq[p] == s.seq[q]), s.seq[p] < 0))


@mpmc.lemma("numbers are claimed in their order, once each")
def ClaimedInOrder(s: State) -> Bool:
    return forall(Message, lambda q: s.claims[q] == ite(q < s.nextSeq, Claims(1), Claims(0)))


@mpmc.lemma("a number that is held is finished once its even stamp is stored")
def FinishedWhenWritten(s: State) -> Bool:
    return forall(Producer, lambda p: implies(s.seq[p] >= 0, s.finished.contains(s.seq[p]) == ~unwritten(s, p)))


@mpmc.lemma("only what was claimed is finished")
def FinishedIsClaimed(s: State) -> Bool:
    return forall(Message, lambda q: implies(s.finished.contains(q), q < s.nextSeq))


@mpmc.lemma("every sequence number claimed and not finished is held")
def HeldUntilFinished(s: State) -> Bool:
    return forall(Message, lambda q: implies(
        (q < s.nextSeq) & ~s.finished.contains(q), exists(Producer, lambda p: unwritten(s, p) & (s.seq[p] == q))
    ))  # fmt: skip


def published(s: State, p: Producer) -> Bool:
    """Whether a producer has finished its message, and seen its predecessor finished."""
    return ~unwritten(s, p) & ~one_of(s.pc[p], At.FastCas, At.PredWait)


@mpmc.lemma("whoever stops publishing has seen its predecessor finished, or moved the cursor past it")
def PredecessorIsFinished(s: State) -> Bool:
    return forall(Producer, lambda p: implies(published(s, p) & (s.seq[p] > 0), s.finished.contains(s.seq[p] - 1)))


@mpmc.lemma("the message whose turn it is lies in the slot")
def TurnInSlot(s: State) -> Bool:
    return forall(Slot, lambda i: s.idx[s.turn[i]] == i)


@mpmc.lemma("no message is stamped before it is claimed")
def TurnIsClaimed(s: State) -> Bool:
    return forall(Slot, lambda i: all_of(
        s.turn[i] < s.nextSeq + N,
        implies(s.stamp[i] == 2 * s.turn[i] + 1, s.turn[i] < s.nextSeq),
    ))  # fmt: skip


@mpmc.lemma("a slot has the stamp of the message before, or the odd stamp of the one whose turn it is")
def StampOfTurn(s: State) -> Bool:
    return forall(Slot, lambda i: one_of(s.stamp[i], before_lap(s.turn[i]), 2 * s.turn[i] + 1))


@mpmc.lemma("the messages of a slot are finished in their order, and the next one has its turn")
def FinishedInTurn(s: State) -> Bool:
    return forall(Message, lambda q: s.finished.contains(q) == (q < s.turn[s.idx[q]]))


@mpmc.lemma("a message is not finished while it has its turn")
def TurnIsUnfinished(s: State) -> Bool:
    return forall(Slot, lambda i: implies(s.turn[i] <= MaxSeq, ~s.finished.contains(s.turn[i])))


@mpmc.lemma(
    "while one of two producers has still to write, the other waits at the next number", variants=["two", "slot-wait-two"]
)
def NextWaits(s: State) -> Bool:
    def waits(p: Producer) -> Bool:
        q = s.other[p]
        before_pred = unwritten(s, q) | one_of(s.pc[q], At.FastCas, At.PredWait)
        return before_pred & (s.seq[q] == s.seq[p] + 1) & (s.nextSeq == s.seq[p] + 2)

    return forall(Producer, lambda p: implies(unwritten(s, p), (s.nextSeq == s.seq[p] + 1) | waits(p)))


@mpmc.lemma("a producer that entered a slot has its turn there")
def OwnersInTurn(s: State) -> Bool:
    return forall(Producer, lambda p: implies(open_slot(s, p), s.turn[s.idx[s.seq[p]]] == s.seq[p]))


@mpmc.lemma("a slot that was entered keeps the stamp of the last lap until its owner stamps it")
def SlotIsFree(s: State) -> Bool:
    return forall(Producer, lambda p: implies(
        s.pc[p] == At.Claimed, s.stamp[s.idx[s.seq[p]]] == before_lap(s.seq[p])
    ))  # fmt: skip


@mpmc.lemma("nobody else stamps the slot of an owner")
def OddStampStays(s: State) -> Bool:
    return forall(Producer, lambda p: implies(writing(s, p), s.stamp[s.idx[s.seq[p]]] == 2 * s.seq[p] + 1))


@mpmc.lemma("nobody else writes the slot of an owner")
def PayloadStays(s: State) -> Bool:
    return forall(Producer, lambda p: implies(s.pc[p] == At.Written, s.value[s.idx[s.seq[p]]] == s.seq[p]))


@mpmc.lemma("the stamp of its slot shows whether a message is finished")
def StampTells(s: State) -> Bool:
    return forall(Message, lambda q: s.finished.contains(q) == (s.stamp[s.idx[q]] >= done(q)))


@mpmc.lemma("a slot with an even stamp holds the payload of its message")
def PayloadOfStamp(s: State) -> Bool:
    return forall(Slot, lambda i: implies(
        (s.turn[i] >= N) & (s.stamp[i] == done(s.turn[i] - N)), s.value[i] == s.turn[i] - N
    ))  # fmt: skip


@mpmc.lemma("nobody else stamps a message of which the slot is not yet stamped")
def NotYetStamped(s: State) -> Bool:
    return forall(Producer, lambda p: implies(
        one_of(s.pc[p], At.SlotWait, At.Claimed), s.stamp[s.idx[s.seq[p]]] <= 2 * s.seq[p]
    ))  # fmt: skip


def moves(s: State, p: Producer) -> Bool:
    """Whether a producer whose message is not finished can go on."""
    free = s.stamp[s.idx[s.seq[p]]] == before_lap(s.seq[p])
    return open_slot(s, p) | ((s.pc[p] == At.SlotWait) & free)


@mpmc.lemma("a producer whose message has its turn can go on")
def TurnMoves(s: State) -> Bool:
    return forall(Slot, lambda i: implies(
        s.turn[i] < s.nextSeq, exists(Producer, lambda p: (s.seq[p] == s.turn[i]) & moves(s, p))
    ))  # fmt: skip


@mpmc.lemma("while a message is not finished some producer can go on")
def SomeoneMoves(s: State) -> Bool:
    waits = exists(Message, lambda q: (q < s.nextSeq) & ~s.finished.contains(q))
    return implies(waits, exists(Producer, lambda p: moves(s, p)))


@mpmc.lemma("whoever scans has seen the stamp of the next message")
def ScannedIsFinished(s: State) -> Bool:
    return forall(Producer, lambda p: implies(s.pc[p] == At.ScanCas, s.finished.contains(s.scan[p] + 1)))


@mpmc.lemma("while the message after the cursor is finished, someone has yet to move the cursor there")
def HandOver(s: State) -> Bool:
    def moves(p: Producer) -> Bool:
        return any_of(
            one_of(s.pc[p], At.FastCas, At.PredWait, At.RetryCas) & (s.seq[p] == s.cursor + 1),
            one_of(s.pc[p], At.ScanClaim, At.ScanStamp, At.ScanCas) & (s.scan[p] == s.cursor),
            (s.pc[p] == At.Recheck) & (s.seq[p] == s.cursor),
        )

    return implies((s.cursor < MaxSeq) & s.finished.contains(s.cursor + 1), exists(Producer, moves))


@mpmc.lemma("a matching stamp was stored when the message was finished; while it stands, so does the payload")
def CopyIsWhole(s: State) -> Bool:
    def whole(r: Reader) -> Bool:
        wanted = s.readerCursor[r]
        matches = (s.readerPC[r] != ReaderAt.Idle) & (s.readStamp1[r] == done(wanted))
        reading = s.readerPC[r] == ReaderAt.Reading
        stands = s.stamp[s.idx[wanted]] == s.readStamp1[r]
        return all_of(
            implies(matches, s.finished.contains(wanted)),
            implies(reading, s.readStamp1[r] == done(wanted)),
            implies(reading & stands, s.readValue[r] == wanted),
        )

    return forall(Reader, whole)
