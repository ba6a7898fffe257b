"""A sequence lock: one writer, a ring of stamped slots, readers that check the stamp before and after they copy a slot.

The published progress properties under each of the published assumptions of fairness, with the lassos that were measured.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Protocol,
    Range,
    Scalarset,
    Temporal,
    always,
    eventually,
    forall,
    guard,
    implies,
    ite,
    labels,
    leads_to,
    steps,
    var,
    weak,
)

seqlock = Protocol("seqlock", "one writer publishes messages in a ring, readers poll it", source="Photon Ring")

RingSize = seqlock.parameter("RingSize", 2, "slots of the ring")
MaxSeq = seqlock.parameter("MaxSeq", 2, "number of the last message")


class Reader(Scalarset, parameter="NumReaders", size=1, prefix="r"):
    """A reader."""


class Slot(Range, low=0, high=RingSize - 1):
    """A slot of the ring."""


class Stamp(Range, low=0, high=2 * MaxSeq + 2):
    """Twice a message's number, plus 1 while the message is written, plus 2 once it is."""


class Message(Range, low=-1, high=MaxSeq):
    """A message, which is its own payload; -1: none."""


class Number(Range, low=0, high=MaxSeq + 1):
    """The number of the next message."""


class Writing(Enumeration):
    Idle, Stamped, Written = labels(3)


class Reading(Enumeration):
    Idle, Stamped, Loaded = labels(3)


@seqlock.state
class State:
    stamp: Fn[Slot, Stamp] = var(0, "stamp of a slot")
    value: Fn[Slot, Message] = var(-1, "payload of a slot")
    cursor: Message = var(-1, "last published message")
    writerPC: Writing = var(Writing.Idle, "where the writer is")
    writerSeq: Number = var(0, "next message to publish")
    readerPC: Fn[Reader, Reading] = var(Reading.Idle, "where a reader is")
    readerCursor: Fn[Reader, Number] = var(0, "next message that a reader wants")
    readStamp1: Fn[Reader, Stamp] = var(0, "stamp before the copy")
    readValue: Fn[Reader, Message] = var(-1, "the copy")
    readStamp2: Fn[Reader, Stamp] = var(0, "stamp after the copy")
    readResult: Fn[Reader, Message] = var(-1, "last payload that was committed")
    consumed: Fn[Reader, Message] = var(-1, "the message that the last commit claims to be")


@seqlock.action
def WriterBegin(s: State) -> None:
    guard("wb-idle", s.writerPC == Writing.Idle)
    guard("wb-bound", s.writerSeq <= MaxSeq)
    s.stamp[s.writerSeq % RingSize] = 2 * s.writerSeq + 1
    s.writerPC = Writing.Stamped


@seqlock.action
def WriterData(s: State) -> None:
    guard("wd-stamped", s.writerPC == Writing.Stamped)
    s.value[s.writerSeq % RingSize] = s.writerSeq
    s.writerPC = Writing.Written


@seqlock.action
def WriterFinish(s: State) -> None:
    guard("wf-written", s.writerPC == Writing.Written)
    published = s.writerSeq
    s.stamp[published % RingSize] = 2 * published + 2
    s.cursor = published
    s.writerSeq = published + 1
    s.writerPC = Writing.Idle


@seqlock.action
def ReaderLoadStamp1(s: State, r: Reader) -> None:
    guard("l1-idle", s.readerPC[r] == Reading.Idle)
    s.readStamp1[r] = s.stamp[s.readerCursor[r] % RingSize]
    s.readerPC[r] = Reading.Stamped


@seqlock.action
def ReaderLoadValue(s: State, r: Reader) -> None:
    guard("lv-pc", s.readerPC[r] == Reading.Stamped)
    guard("lv-match", s.readStamp1[r] == 2 * s.readerCursor[r] + 2)
    s.readValue[r] = s.value[s.readerCursor[r] % RingSize]
    s.readerPC[r] = Reading.Loaded


@seqlock.action
def ReaderRetryOdd(s: State, r: Reader) -> None:
    guard("ro-pc", s.readerPC[r] == Reading.Stamped)
    guard("ro-odd", s.readStamp1[r] % 2 == 1)
    s.readerPC[r] = Reading.Idle


@seqlock.action
def ReaderStampMismatch(s: State, r: Reader) -> None:
    guard("mm-pc", s.readerPC[r] == Reading.Stamped)
    guard("mm-even", s.readStamp1[r] % 2 == 0)
    guard("mm-differs", s.readStamp1[r] != 2 * s.readerCursor[r] + 2)
    wanted = s.readerCursor[r]
    oldest = ite(s.cursor >= RingSize, s.cursor - RingSize + 1, 0)
    lags = (s.readStamp1[r] > 2 * wanted + 2) & (wanted < oldest)
    s.readerPC[r] = Reading.Idle
    s.readerCursor[r] = ite(lags, oldest, wanted)


@seqlock.action
def ReaderVerify(s: State, r: Reader) -> None:
    guard("ve-pc", s.readerPC[r] == Reading.Loaded)
    wanted = s.readerCursor[r]
    stamp = s.stamp[wanted % RingSize]
    equal = s.readStamp1[r] == stamp
    s.readStamp2[r] = stamp
    s.readerPC[r] = Reading.Idle
    s.readResult[r] = ite(equal, s.readValue[r], s.readResult[r])
    s.consumed[r] = ite(equal, wanted, s.consumed[r])
    s.readerCursor[r] = ite(equal, wanted + 1, wanted)


@seqlock.invariant()
def NoTornRead(s: State) -> Bool:
    """What a reader has committed is the message that it wanted."""
    return forall(Reader, lambda r: implies(s.consumed[r] >= 0, s.readResult[r] == s.consumed[r]))


_readers = forall(
    Reader,
    lambda r: weak(
        steps(ReaderLoadStamp1, r)
        | steps(ReaderLoadValue, r)
        | steps(ReaderRetryOdd, r)
        | steps(ReaderStampMismatch, r)
        | steps(ReaderVerify, r)
    ),
)
_writer = weak(steps(WriterBegin) | steps(WriterData) | steps(WriterFinish))
_mid = weak(steps(WriterData) | steps(WriterFinish))

ASSUMPTIONS = {
    "nothing": (),
    "next": (weak(all),),
    "readers": (_readers,),
    "writer": (_writer,),
    "readers_mid": (_readers, _mid),
    "everyone": (_readers, _writer),
}
"""What the published rows assume: the readers go on, the writer finishes what it has begun, or goes on."""

for _name, _conditions in ASSUMPTIONS.items():
    _under = [seqlock.assume_fair(_name, *_conditions)] if _conditions else []

    @seqlock.liveness(name=f"Progress_{_name}", under=_under)
    def ReaderProgressC(s: State) -> Temporal:
        """Once something is published, every reader commits something."""
        return forall(Reader, lambda r: leads_to(s.cursor >= 0, s.consumed[r] != -1))

    @seqlock.liveness(name=f"Drain_{_name}", under=_under)
    def Drain(s: State) -> Temporal:
        """Every reader comes to have read everything."""
        return forall(Reader, lambda r: eventually(always(s.readerCursor[r] == MaxSeq + 1)))
