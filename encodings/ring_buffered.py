"""The ring of Photon Ring on a machine with a store buffer: x86-TSO, and PSO, which may store to different places in any order.

The writer puts its stores into a first-in, first-out buffer, from which they reach memory some time later; readers load from
memory. The writer never loads and readers never store, so that no load is answered from the buffer. On x86-TSO stores arrive in
their order; on PSO only those to one place do, unless a fence waits for the buffer to be empty.
"""

from __future__ import annotations

from typing import cast

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    Protocol,
    Range,
    Record,
    Scalarset,
    Sequence,
    any_of,
    budget,
    choice,
    empty,
    forall_upto,
    guard,
    implies,
    ite,
    labels,
    var,
)

ring_buffered = Protocol(
    "ring-buffered",
    "the seqlock ring behind a store buffer",
    source="photon-ring src/slot.rs; Owens, Sarkar, Sewell: x86-TSO",
)

RingSize = ring_buffered.parameter("RingSize", 2, "slots of the ring")
Words = ring_buffered.parameter("Words", 1, "words of a payload")
MaxSeq = ring_buffered.search_bound("MaxSeq", 2, "number of the last message")
Capacity = ring_buffered.search_bound("Capacity", 4, "stores that the buffer holds")

ring_buffered.assume("a ring", RingSize >= 2)
ring_buffered.assume("a payload", Words >= 1)


class Reader(Scalarset, parameter="NumReaders", size=1, prefix="r"):
    """A reader."""


class Slot(Range, low=0, high=RingSize - 1):
    """A slot of the ring."""


class Word(Range, low=0, high=Words - 1):
    """A word of a payload."""


class Count(Range, low=0, high=Words):
    """How many words are stored or copied."""


class Number(Range, low=0, high=MaxSeq + 1):
    """The number of a message, written or still to come."""


class Message(Range, low=-1, high=MaxSeq):
    """A message, which is each word of its own payload; -1: none."""


class Stamp(Range, low=0, high=2 * MaxSeq + 2):
    """0: never written; 2q+1: message q is being written; 2q+2: it is complete."""


class Place(Enumeration):
    """The stored values."""

    AStamp, AWord, TheCursor = labels(3)


class Store(Record):
    """A store on its way to memory; slot and word are 0 where they mean nothing."""

    place: Place
    slot: Slot
    word: Word
    stored: Stamp


class Buffer(Sequence[Store], capacity=Capacity):
    """The writer's stores that have not reached memory, oldest first."""


class Position(Range, low=1, high=Capacity):
    """A position in the buffer."""


class WriterPC(Enumeration):
    """The writer's next step."""

    Odd, FenceOdd, Payload, FenceEven, Even, Publish = labels(6)


class ReaderPC(Enumeration):
    """A reader's progress: nothing, loaded the first stamp, begun to copy the slot."""

    Idle, Stamp1, Reading = labels(3)


@ring_buffered.state
class State:
    stamp: Fn[Slot, Stamp] = var(0, "stamp of a slot, in memory")
    value: Fn[Slot, Fn[Word, Message]] = var(-1, "payload of a slot, in memory")
    cursor: Message = var(-1, "last published message, in memory")
    buffer: Buffer = var(empty, "the writer's store buffer")
    writerPC: WriterPC = var(WriterPC.Odd, "the writer's next step")
    writerSeq: Number = var(0, "next message to publish")
    put: Count = var(0, "words of it that are stored")
    readerPC: Fn[Reader, ReaderPC] = var(ReaderPC.Idle, "a reader's progress")
    readerCursor: Fn[Reader, Number] = var(0, "next message that a reader wants")
    readStamp1: Fn[Reader, Stamp] = var(0, "register: stamp before the copy")
    readValue: Fn[Reader, Fn[Word, Message]] = var(-1, "registers: the copy")
    copied: Fn[Reader, Count] = var(0, "words that are copied")
    readResult: Fn[Reader, Fn[Word, Message]] = var(-1, "last payload that was committed")
    consumed: Fn[Reader, Message] = var(-1, "ghost: the message that the last commit claimed to read")


def done(message: Int) -> Int:
    """The stamp of a complete message."""
    return 2 * message + 2


def store(place: Place, stored: Int, *, slot: Int | int = 0, word: Int | int = 0) -> Store:
    """A store on its way to memory."""
    return Store(place=place, slot=cast(Slot, slot), word=cast(Word, word), stored=cast(Stamp, stored))


# -- the writer --------------------------------------------------------------------------------------------------------


@ring_buffered.action
def StoreOdd(s: State) -> None:
    """Stores the odd stamp."""
    guard("so-odd", s.writerPC == WriterPC.Odd)
    budget("so-bound", s.writerSeq <= MaxSeq)
    budget("so-room", s.buffer.length() < Capacity)
    s.buffer = s.buffer.append(store(Place.AStamp, 2 * s.writerSeq + 1, slot=s.writerSeq % RingSize))
    s.writerPC = choice("no-odd-fence", WriterPC.Payload, WriterPC.FenceOdd)


@ring_buffered.action
def FenceAfterOdd(s: State) -> None:
    """Waits until the odd stamp has reached memory."""
    guard("fo-fence", s.writerPC == WriterPC.FenceOdd)
    guard("fo-empty", s.buffer.length() == 0)
    s.writerPC = WriterPC.Payload


@ring_buffered.action
def StoreWord(s: State) -> None:
    """Stores a word of the payload."""
    guard("sw-payload", s.writerPC == WriterPC.Payload)
    budget("sw-room", s.buffer.length() < Capacity)
    s.buffer = s.buffer.append(store(Place.AWord, s.writerSeq, slot=s.writerSeq % RingSize, word=s.put))
    last = s.put + 1 == Words
    s.put = ite(last, Count(0), s.put + 1)
    s.writerPC = ite(last, choice("no-even-fence", WriterPC.Even, WriterPC.FenceEven), WriterPC.Payload)


@ring_buffered.action
def FenceBeforeEven(s: State) -> None:
    """Waits until the payload has reached memory, as the release order of the even stamp does."""
    guard("fe-fence", s.writerPC == WriterPC.FenceEven)
    guard("fe-empty", s.buffer.length() == 0)
    s.writerPC = WriterPC.Even


@ring_buffered.action
def StoreEven(s: State) -> None:
    """Stores the even stamp."""
    guard("se-even", s.writerPC == WriterPC.Even)
    budget("se-room", s.buffer.length() < Capacity)
    s.buffer = s.buffer.append(store(Place.AStamp, done(s.writerSeq), slot=s.writerSeq % RingSize))
    s.writerPC = WriterPC.Publish


@ring_buffered.action
def StoreCursor(s: State) -> None:
    """Stores the cursor, and goes on to the next message."""
    guard("sc-publish", s.writerPC == WriterPC.Publish)
    budget("sc-room", s.buffer.length() < Capacity)
    s.buffer = s.buffer.append(store(Place.TheCursor, s.writerSeq))
    s.writerSeq += 1
    s.writerPC = WriterPC.Odd


@ring_buffered.action
def Flush(s: State, i: Position) -> None:
    """A store reaches memory: on x86-TSO the oldest, on PSO the oldest to its place."""
    guard("fl-there", i <= s.buffer.length())
    flushed = s.buffer.at(i)

    def other(j: Int) -> Bool:
        earlier = s.buffer.at(j)
        return any_of(earlier.place != flushed.place, earlier.slot != flushed.slot, earlier.word != flushed.word)

    guard("fl-oldest", i == 1, of_place=forall_upto(s.buffer.length(), lambda j: implies(j < i, other(j))))
    words = s.value[flushed.slot]
    s.stamp[flushed.slot] = ite(flushed.place == Place.AStamp, flushed.stored, s.stamp[flushed.slot])
    s.value[flushed.slot] = ite(flushed.place == Place.AWord, words.updated(flushed.word, flushed.stored), words)
    s.cursor = ite(flushed.place == Place.TheCursor, cast(Message, flushed.stored), s.cursor)
    s.buffer = s.buffer.remove_at(i)


# -- readers -----------------------------------------------------------------------------------------------------------


@ring_buffered.action
def LoadStamp1(s: State, r: Reader) -> None:
    """Loads the stamp of the slot of the wanted message."""
    guard("l1-idle", s.readerPC[r] == ReaderPC.Idle)
    s.readStamp1[r] = s.stamp[s.readerCursor[r] % RingSize]
    s.readerPC[r] = ReaderPC.Stamp1


@ring_buffered.action
def LoadWord(s: State, r: Reader) -> None:
    """Copies a word of the slot, whose stamp is that of the wanted message."""
    wanted = s.readerCursor[r]
    matches = (s.readerPC[r] == ReaderPC.Stamp1) & (s.readStamp1[r] == done(wanted))
    guard("lw-match", matches | (s.readerPC[r] == ReaderPC.Reading))
    guard("lw-left", s.copied[r] < Words)
    word = s.copied[r]
    s.readValue[r] = s.readValue[r].updated(word, s.value[wanted % RingSize][word])
    s.copied[r] += 1
    s.readerPC[r] = ReaderPC.Reading


@ring_buffered.action
def RetryOdd(s: State, r: Reader) -> None:
    """Starts over, as the slot was being written."""
    guard("ro-pc", s.readerPC[r] == ReaderPC.Stamp1)
    guard("ro-odd", s.readStamp1[r] % 2 == 1)
    s.readerPC[r] = ReaderPC.Idle


@ring_buffered.action
def StampMismatch(s: State, r: Reader) -> None:
    """Starts over, as the slot held another message: at the oldest one, if the wanted one was overwritten."""
    wanted = s.readerCursor[r]
    guard("mm-pc", s.readerPC[r] == ReaderPC.Stamp1)
    guard("mm-even", s.readStamp1[r] % 2 == 0)
    guard("mm-differs", s.readStamp1[r] != done(wanted))
    oldest = ite(s.cursor >= RingSize, s.cursor - RingSize + 1, Int(0))
    s.readerPC[r] = ReaderPC.Idle
    s.readerCursor[r] = ite((s.readStamp1[r] > done(wanted)) & (wanted < oldest), oldest, wanted)


@ring_buffered.action
def Verify(s: State, r: Reader) -> None:
    """Loads the stamp once more, and commits the copy if it has not changed."""
    wanted = s.readerCursor[r]
    guard("ve-pc", s.readerPC[r] == ReaderPC.Reading)
    guard("ve-whole", s.copied[r] == Words)
    same = choice("ve-equal", s.readStamp1[r] == s.stamp[wanted % RingSize], True)
    s.readerPC[r] = ReaderPC.Idle
    s.copied[r] = 0
    s.readResult[r] = ite(same, s.readValue[r], s.readResult[r])
    s.consumed[r] = ite(same, wanted, s.consumed[r])
    s.readerCursor[r] = ite(same, wanted + 1, wanted)


# -- variants ----------------------------------------------------------------------------------------------------------

_FENCES = {"FenceAfterOdd": "StoreOdd.no-odd-fence", "FenceBeforeEven": "StoreWord.no-even-fence"}


def _machine(name: str, *fences: str, pso: bool = True, doc: str) -> None:
    ring_buffered.variant(
        name,
        drops=[_FENCES[fence] for fence in fences],
        replaces={"Flush.fl-oldest": "of_place"} if pso else {},
        without=[fence for fence in _FENCES if fence not in fences],
        bounded="no lemma describes the content of the buffer, a piece of the writer's program, for any size",
        doc=doc,
    )


_machine("safe", pso=False, doc="x86-TSO: stores reach memory in their order")
_machine("pso", doc="PSO without fences")
_machine("pso-after-odd", "FenceAfterOdd", doc="PSO with a fence after the odd stamp")
_machine("pso-before-even", "FenceBeforeEven", doc="PSO with a fence before the even stamp")
_machine("pso-fenced", *_FENCES, doc="PSO with both fences")
