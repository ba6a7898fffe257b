"""The seqlock ring of Photon Ring: one writer, slots with stamps, readers that never write (verification/seqlock.tla).

Message q lies in slot q mod RingSize, which carries a stamp: 0 for never written, 2q+1 while q is being written, 2q+2 once it
is complete. A reader loads the stamp, copies the slot, loads the stamp once more, and commits the copy only if both are 2q+2
for the message q that it wants. The writer never waits: whoever is too slow is lapped, and skips to the oldest message that
is left. Each action is one access to memory, and accesses are sequentially consistent.

A `SubscriberGroup` of the library shares one cursor, so that it is one reader of this model however many subscribers it has.
"""

from __future__ import annotations

from typing import cast

from verifier.kernel import (
    Bool,
    Enumeration,
    Fairness,
    Fn,
    Int,
    Protocol,
    Range,
    Scalarset,
    all_of,
    anything,
    choice,
    fn,
    forall,
    guard,
    implies,
    ite,
    labels,
    maximum,
    steps,
    var,
    weak,
)

seqlock = Protocol(
    "seqlock", "one writer, many readers, a ring of stamped slots", source="photon-ring verification/seqlock.tla"
)

RingSize = seqlock.parameter("RingSize", 2, "slots of the ring")
Watermark = seqlock.parameter("Watermark", 0, "slots that the writer of a bounded channel keeps free")
StampModulus = seqlock.parameter("StampModulus", 8, "the modulus of the stamps that readers load, where these wrap")
MaxSeq = seqlock.parameter("MaxSeq", 4, "number of the last message")

seqlock.assume("a ring", RingSize >= 2)
seqlock.assume("room for a message", Watermark < RingSize)
seqlock.assume("stamps tell written slots", StampModulus >= 2)


class Reader(Scalarset, parameter="NumReaders", size=2, prefix="r"):
    """A reader."""


class Slot(Range, low=0, high=RingSize - 1):
    """A slot of the ring."""


class Number(Range, low=0, high=MaxSeq + 1):
    """The number of a message, written or still to come."""


class Message(Range, low=-1, high=MaxSeq):
    """A message, which is its own payload; -1: none."""


class Stamp(Range, low=0, high=2 * MaxSeq + 2):
    """0: never written; 2q+1: message q is being written; 2q+2: it is complete."""


class WriterPC(Enumeration):
    """The writer's progress: nothing, stored the odd stamp, the payload, the even stamp."""

    Idle, Stamped, Written, Advance = labels(4)


class ReaderPC(Enumeration):
    """A reader's progress: nothing, loaded the first stamp, copied the slot."""

    Idle, Stamp1, Reading = labels(3)


@seqlock.state
class State:
    idx: Fn[Number, Slot] = var(anything, "the slot of each message", rigid=True)
    stamp: Fn[Slot, Stamp] = var(0, "stamp of a slot")
    value: Fn[Slot, Message] = var(-1, "payload of a slot")
    cursor: Message = var(-1, "last published message")
    writerPC: WriterPC = var(WriterPC.Idle, "the writer's progress")
    writerSeq: Number = var(0, "next message to publish")
    readerPC: Fn[Reader, ReaderPC] = var(ReaderPC.Idle, "a reader's progress")
    readerCursor: Fn[Reader, Number] = var(0, "next message that a reader wants")
    readStamp1: Fn[Reader, Stamp] = var(0, "register: stamp before the copy")
    readValue: Fn[Reader, Message] = var(-1, "register: the copy")
    readStamp2: Fn[Reader, Stamp] = var(0, "register: stamp after the copy; never read")
    readResult: Fn[Reader, Message] = var(-1, "last payload that was committed")
    consumed: Fn[Reader, Message] = var(-1, "ghost: the message that the last commit claimed to read")
    received: Fn[Reader, Number] = var(0, "ghost: how many messages a reader has committed")
    lagged: Fn[Reader, Number] = var(0, "ghost: how many messages a reader has skipped")
    tracker: Fn[Reader, Number] = var(0, "bounded channel: what the writer sees of readerCursor")


def done(message: Int) -> Int:
    """The stamp of a complete message."""
    return 2 * message + 2


def oldest(s: State) -> Int:
    """The oldest message in the ring, as far as the cursor tells."""
    return ite(s.cursor >= RingSize, s.cursor - RingSize + 1, Int(0))


@seqlock.initially
def SlotsInOrder(s: State) -> Bool:
    """The first lap goes through the slots in their order."""
    return forall(Number, lambda q: implies(q < RingSize, s.idx[q] == q))


@seqlock.initially
def SlotsRepeat(s: State) -> Bool:
    """Each lap takes the slots of the lap before."""
    return forall(Number, Number, lambda a, b: implies(b == a + RingSize, s.idx[a] == s.idx[b]))


@seqlock.initially
def SlotsAreApart(s: State) -> Bool:
    """Messages of one slot are at least a lap apart."""
    return forall(Number, Number, lambda a, b: implies((a < b) & (s.idx[a] == s.idx[b]), b >= a + RingSize))


@seqlock.initially(chosen=True)
def NothingYet(s: State) -> Bool:
    """Nothing is written or read; of the slots of messages nothing is said."""
    return all_of(
        forall(Slot, lambda i: (s.stamp[i] == 0) & (s.value[i] == -1)),
        (s.cursor == -1) & (s.writerPC == WriterPC.Idle) & (s.writerSeq == 0),
        forall(Reader, lambda r: (s.readerPC[r] == ReaderPC.Idle) & (s.readerCursor[r] == 0)),
        forall(Reader, lambda r: (s.readStamp1[r] == 0) & (s.readStamp2[r] == 0) & (s.readValue[r] == -1)),
        forall(Reader, lambda r: (s.readResult[r] == -1) & (s.consumed[r] == -1)),
        forall(Reader, lambda r: (s.received[r] == 0) & (s.lagged[r] == 0)),
    )


# -- the writer --------------------------------------------------------------------------------------------------------


@seqlock.action
def WriterBegin(s: State) -> None:
    """Stores the odd stamp."""
    guard("wb-idle", s.writerPC == WriterPC.Idle)
    guard("wb-bound", s.writerSeq <= MaxSeq)
    guard("wb-room", forall(Reader, lambda r: s.writerSeq < s.tracker[r] + RingSize - Watermark))
    i = s.idx[s.writerSeq]
    s.stamp[i] = choice("odd-stamp", 2 * s.writerSeq + 1, s.stamp[i])
    s.writerPC = WriterPC.Stamped


@seqlock.action
def WriterData(s: State) -> None:
    """Stores the payload."""
    i = s.idx[s.writerSeq]
    guard("wd-stamped", s.writerPC == WriterPC.Stamped)
    guard("wd-odd", s.stamp[i] == 2 * s.writerSeq + 1)
    payload = choice("payload-first", Bool(True), Bool(False))
    s.value[i] = ite(payload, s.writerSeq, s.value[i])
    s.stamp[i] = ite(payload, s.stamp[i], done(s.writerSeq))
    s.writerPC = WriterPC.Written


@seqlock.action
def WriterFinish(s: State) -> None:
    """Stores the even stamp, and the cursor."""
    i = s.idx[s.writerSeq]
    guard("wf-written", s.writerPC == WriterPC.Written)
    guard("wf-odd", s.stamp[i] == 2 * s.writerSeq + 1)
    stamp, at_once = choice("stamp-last", Bool(True), Bool(False)), choice("at-once", Bool(True), Bool(False))
    s.stamp[i] = ite(stamp, done(s.writerSeq), s.stamp[i])
    s.value[i] = ite(stamp, s.value[i], s.writerSeq)
    s.cursor = ite(at_once, cast(Message, s.writerSeq), s.cursor)
    s.writerSeq = ite(at_once, s.writerSeq + 1, s.writerSeq)
    s.writerPC = ite(at_once, WriterPC.Idle, WriterPC.Advance)


@seqlock.action
def WriterAdvance(s: State) -> None:
    """Stores the cursor, where that is a store of its own."""
    guard("wa-advance", s.writerPC == WriterPC.Advance)
    s.cursor = cast(Message, s.writerSeq)
    s.writerSeq += 1
    s.writerPC = WriterPC.Idle


# -- readers -----------------------------------------------------------------------------------------------------------


@seqlock.action
def ReaderLoadStamp1(s: State, r: Reader) -> None:
    """Loads the stamp of the slot of the wanted message."""
    idle = s.readerPC[r] == ReaderPC.Idle
    # With stamps that wrap a reader finds its number again and again, and would go on beyond the last one.
    guard("l1-idle", idle, numbered=idle & (s.readerCursor[r] <= MaxSeq))
    stamp = s.stamp[s.idx[s.readerCursor[r]]]
    s.readStamp1[r] = choice("l1-whole", stamp, stamp % StampModulus)
    s.readerPC[r] = ReaderPC.Stamp1


@seqlock.action
def ReaderLoadValue(s: State, r: Reader) -> None:
    """Copies the slot, whose stamp is that of the wanted message."""
    wanted = done(s.readerCursor[r])
    guard("lv-pc", s.readerPC[r] == ReaderPC.Stamp1)
    guard("lv-even", s.readStamp1[r] % 2 == 0)
    guard("lv-match", s.readStamp1[r] == wanted, wrapped=s.readStamp1[r] == wanted % StampModulus)
    s.readValue[r] = s.value[s.idx[s.readerCursor[r]]]
    s.readerPC[r] = ReaderPC.Reading


@seqlock.action
def ReaderRetryOdd(s: State, r: Reader) -> None:
    """Starts over, as the slot was being written."""
    guard("ro-pc", s.readerPC[r] == ReaderPC.Stamp1)
    guard("ro-odd", s.readStamp1[r] % 2 == 1)
    s.readerPC[r] = ReaderPC.Idle


@seqlock.action
def ReaderStampMismatch(s: State, r: Reader) -> None:
    """Starts over, as the slot held another message: at the oldest one, if the wanted one was overwritten."""
    wanted = s.readerCursor[r]
    guard("mm-pc", s.readerPC[r] == ReaderPC.Stamp1)
    guard("mm-even", s.readStamp1[r] % 2 == 0)
    guard("mm-differs", s.readStamp1[r] != done(wanted), wrapped=s.readStamp1[r] != done(wanted) % StampModulus)
    skips = choice("mm-lag", s.readStamp1[r] > done(wanted), True) & choice("mm-behind", wanted < oldest(s), True)
    target = choice("skip", choice("exact", oldest(s), oldest(s) + 1), wanted)
    s.readerPC[r] = ReaderPC.Idle
    s.readerCursor[r] = ite(skips, target, wanted)
    s.lagged[r] += ite(skips, target - wanted, Int(0))


@seqlock.action
def ReaderVerify(s: State, r: Reader) -> None:
    """Loads the stamp once more, and commits the copy if it has not changed."""
    wanted = s.readerCursor[r]
    stamp = s.stamp[s.idx[wanted]]
    guard("ve-pc", s.readerPC[r] == ReaderPC.Reading)
    second = choice("ve-whole", stamp, stamp % StampModulus)
    same = choice("ve-equal", s.readStamp1[r] == second, True)
    s.readStamp2[r] = second
    s.readerPC[r] = ReaderPC.Idle
    s.readResult[r] = ite(same, s.readValue[r], s.readResult[r])
    s.consumed[r] = ite(same, wanted, s.consumed[r])
    s.readerCursor[r] = ite(same, wanted + 1, wanted)
    s.received[r] += ite(same, Int(1), Int(0))


@seqlock.action
def StoreTracker(s: State, r: Reader) -> None:
    """The writer of a bounded channel comes to see where a reader is; the store is relaxed, so that it may take its time."""
    guard("st-behind", s.tracker[r] < s.readerCursor[r])
    s.tracker[r] = s.readerCursor[r]


# -- numbers without an end --------------------------------------------------------------------------------------------


@seqlock.action
def Renumber(s: State) -> None:
    """Calls each message by a number that is less by one, and turns the ring by one slot: the same state with other names."""
    guard("rn-slots", forall(Slot, lambda i: s.stamp[i] >= 3))
    guard("rn-readers", forall(Reader, lambda r: s.readerCursor[r] >= 2))
    guard("rn-stamps", forall(Reader, lambda r: (s.readerPC[r] == ReaderPC.Idle) | (s.readStamp1[r] >= 3)))
    following = fn(Slot, lambda i: ite(i == RingSize - 1, Slot(0), Slot(i + 1)))
    s.stamp = fn(Slot, lambda i: s.stamp[following[i]] - 2)
    s.value = fn(Slot, lambda i: maximum(s.value[following[i]] - 1, -1))
    s.cursor -= 1
    s.writerSeq -= 1
    s.readerCursor = fn(Reader, lambda r: s.readerCursor[r] - 1)
    s.readStamp1 = fn(Reader, lambda r: maximum(s.readStamp1[r] - 2, 0))
    s.readStamp2 = fn(Reader, lambda r: maximum(s.readStamp2[r] - 2, 0))
    s.readValue = fn(Reader, lambda r: maximum(s.readValue[r] - 1, -1))
    s.readResult = fn(Reader, lambda r: ite(s.readResult[r] > 0, s.readResult[r] - 1, s.readResult[r]))
    s.consumed = fn(Reader, lambda r: ite(s.consumed[r] > 0, s.consumed[r] - 1, s.consumed[r]))


# -- fairness ----------------------------------------------------------------------------------------------------------


def reads(r: Reader) -> Fairness:
    """A reader goes on."""
    loads = steps(ReaderLoadStamp1, r) | steps(ReaderLoadValue, r)
    return weak(loads | steps(ReaderRetryOdd, r) | steps(ReaderStampMismatch, r) | steps(ReaderVerify, r))


readers_run = forall(Reader, reads)
trackers_arrive = forall(Reader, lambda r: weak(StoreTracker, r))
writer_runs = weak(steps(WriterBegin) | steps(WriterData) | steps(WriterFinish) | steps(WriterAdvance))
writes_end = weak(steps(WriterData) | steps(WriterFinish) | steps(WriterAdvance))

seqlock.fairness(weak(all))
Readers = seqlock.assume_fair("Readers", readers_run)
Writer = seqlock.assume_fair("Writer", writer_runs)
WriterMid = seqlock.assume_fair("WriterMid", writes_end)
Trackers = seqlock.assume_fair("Trackers", trackers_arrive)

# -- findings ----------------------------------------------------------------------------------------------------------

seqlock.finding(
    "NoTornRead is violated in the published model",
    "It compares what a reader committed last with what it wants next, which a skip changes. It fails where there are two "
    "messages more than slots; what was read is right. NoTornReadC says what is meant, for any ring.",
    command="verify prove seqlock --property NoTornRead --property NoTornReadC",
)
seqlock.finding(
    "LagBound is violated, and no bound of states is true",
    "Nothing keeps the writer from going on while a reader is idle; the published configuration does not select it. The true "
    "statement is that a reader that skips gets exactly to the oldest message (SkipExact), and that it skips if it was lapped "
    "(LagReal).",
    command="verify prove seqlock --property LagBound --property SkipExact --property LagReal",
)
seqlock.finding(
    "ReaderProgress is violated under the published fairness",
    "Fairness of all actions together lets one reader poll forever while another, or a writer in mid-write, stands still. "
    "Readers that go on and a writer that ends what it has begun are enough for one message, a writer that goes on for all.",
    command="verify prove seqlock:live --property ReaderProgress --property ReaderProgressC_ReadersMid --property Drain_All",
)
seqlock.finding(
    "A writer that never pauses starves a reader",
    "In five steps the writer goes on by one message, and the reader skips to the one that is overwritten next.",
    command="verify prove seqlock:endless --property ReaderProgressC_All --property InReach",
)
seqlock.finding(
    "A bounded channel keeps what it promises to readers that are there from the start",
    "No message is lost, and the writer waits for nobody in vain, at any size; it may see late where readers are.",
    command="verify prove seqlock:bounded --property NothingLost --property WriterNotStuck --property LagBound",
)
