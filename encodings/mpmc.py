"""Several producers publish through one ring of stamped slots (Photon Ring 2.5.0).

A producer claims a number, writes the slot of that number, and moves the cursor or leaves that to whoever scans behind it; a
reader compares stamps. Memory is sequentially consistent, and each action is one atomic operation of the code. As published
a slot may be entered before its last owner has finished, which is harmless with two producers and no other number; `slot-wait`
is the repair.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import cast

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    Protocol,
    Range,
    Scalarset,
    Set,
    anything,
    choice,
    fn,
    forall,
    guard,
    implies,
    ite,
    labels,
    one_of,
    steps,
    var,
    weak,
)

mpmc = Protocol("mpmc", "several producers publish through one ring of stamped slots", source="photon-ring 2.5.0")

N = mpmc.parameter("N", 2, "slots of the ring")
MaxSeq = mpmc.parameter("MaxSeq", 3, "last sequence number")
mpmc.assume("a ring", N >= 2)


class Producer(Scalarset, parameter="P", size=2, prefix="p"):
    """A producer."""


class Reader(Scalarset, parameter="R", size=1, prefix="r"):
    """A reader."""


class Slot(Range, low=0, high=N - 1):
    """A slot of the ring."""


class Place(Range, low=-N, high=MaxSeq + N):
    """A number that has a slot; those below 0, and those beyond MaxSeq, are never claimed."""


class Message(Range, low=0, high=MaxSeq):
    """The sequence number of a message."""


class Number(Range, low=-1, high=MaxSeq):
    """A sequence number, or -1 for none. The payload of a message is its number."""


class Next(Range, low=0, high=MaxSeq + 1):
    """The number of a message that is still to come."""


class Turn(Range, low=0, high=MaxSeq + N):
    """The message that is written in a slot, or is to be written there next; it may never be claimed."""


class Stamp(Range, low=0, high=2 * MaxSeq + 2):
    """0: never written; 2q + 1: message q is being written; 2q + 2: it is finished."""


class Claims(Range, low=0, high=Producer.size * (MaxSeq + 1)):
    """How often a number was claimed."""


class At(Enumeration):
    """A producer's next step."""

    Idle, Claiming, SlotWait, Claimed, Stamped, Written, FastCas = labels(7)
    PredWait, RetryCas, Recheck, ScanClaim, ScanStamp, ScanCas = labels(6)


class ReaderAt(Enumeration):
    """A reader's next step."""

    Idle, Stamp1, Reading = labels(3)


@mpmc.state
class State:
    idx: Fn[Place, Slot] = var(anything, "the slot of a number: the remainder of its division by N", rigid=True)
    stamp: Fn[Slot, Stamp] = var(0, "stamps of the slots")
    value: Fn[Slot, Number] = var(-1, "the content of the slots")
    turn: Fn[Slot, Turn] = var(fn(Slot, lambda i: i), "ghost: the message that is written in a slot, or comes next there")
    cursor: Number = var(-1, "best known published position")
    nextSeq: Next = var(0, "claim counter")
    pc: Fn[Producer, At] = var(At.Idle, "each producer's next step")
    other: Fn[Producer, Producer] = var(anything, "the other one of two producers", rigid=True)
    seq: Fn[Producer, Number] = var(-1, "claimed number; keeps its value when idle")
    scan: Fn[Producer, Number] = var(-1, "place owned in the forward scan; keeps its value")
    finished: Set[Message] = var(set(), "ghost: numbers whose even stamp was stored by their producer")
    claims: Fn[Message, Claims] = var(0, "ghost: how often each number was claimed")
    readerPC: Fn[Reader, ReaderAt] = var(ReaderAt.Idle, "each reader's next step")
    readerCursor: Fn[Reader, Next] = var(0, "next message wanted")
    readStamp1: Fn[Reader, Stamp] = var(0, "stamp register")
    readValue: Fn[Reader, Number] = var(-1, "payload register")
    readResult: Fn[Reader, Number] = var(-1, "payload delivered last")
    consumed: Fn[Reader, Number] = var(-1, "ghost: the number that it was delivered as")


# The three say what a remainder is, without a product of two unknown numbers. The third follows from the others by an induction.


@mpmc.axiom
def FirstLap(s: State) -> Bool:
    return forall(Place, lambda q: implies((q >= 0) & (q < N), s.idx[q] == q))


@mpmc.axiom
def Laps(s: State) -> Bool:
    return forall(Place, lambda q: implies(q >= 0, s.idx[q] == s.idx[q - N]))


@mpmc.axiom
def OncePerLap(s: State) -> Bool:
    return forall(Place, Place, lambda q, later: implies((q < later) & (s.idx[q] == s.idx[later]), q + N <= later))


@mpmc.axiom
def TwoProducers(s: State) -> Bool:
    """There are two producers, each the other one of the other."""
    return forall(Producer, lambda p: s.other[p] != p) & forall(Producer, Producer, lambda p, q: implies(
        p != q, (s.other[p] == q) & (s.other[q] == p)
    ))  # fmt: skip


def done(q: Int) -> Int:
    """The stamp of a finished message."""
    return 2 * q + 2


def before_lap(q: Int) -> Int:
    """The stamp that the slot of a message has before it is stamped for that."""
    return ite(q < N, Int(0), done(q - N))


def writing(s: State, p: Producer) -> Bool:
    """Whether a producer is between its stamps."""
    return one_of(s.pc[p], At.Stamped, At.Written)


def open_slot(s: State, p: Producer) -> Bool:
    """Whether a producer may write its slot, or writes it."""
    return (s.pc[p] == At.Claimed) | writing(s, p)


def unwritten(s: State, p: Producer) -> Bool:
    """Whether a producer holds a number that is not finished."""
    return (s.pc[p] == At.SlotWait) | open_slot(s, p)


# -- producers ---------------------------------------------------------------------------------------------------------


@mpmc.action
def Claim(s: State, p: Producer) -> None:
    """A producer takes the next number."""
    guard("idle", s.pc[p] == At.Idle)
    guard("numbers", s.nextSeq <= MaxSeq)
    number = s.nextSeq
    adds = choice("fetch-add", Bool(True), Bool(False))
    s.seq[p] = number
    s.claims[number] = ite(adds, s.claims[number] + 1, s.claims[number])
    s.nextSeq = ite(adds, number + 1, number)
    s.pc[p] = ite(adds, choice("at-once", At.Claimed, At.SlotWait), At.Claiming)


@mpmc.action
def ClaimStore(s: State, p: Producer) -> None:
    """Of a claim in two steps, the second: stores the next number."""
    guard("claiming", s.pc[p] == At.Claiming)
    s.claims[s.seq[p]] += 1
    s.nextSeq = cast(Next, s.seq[p] + 1)
    s.pc[p] = At.Claimed


@mpmc.action
def WaitSlot(s: State, p: Producer) -> None:
    """The repair: the slot's last owner has finished."""
    guard("waiting", s.pc[p] == At.SlotWait)
    guard("free", s.stamp[s.idx[s.seq[p]]] == before_lap(s.seq[p]))
    s.pc[p] = At.Claimed


@mpmc.action
def StampOdd(s: State, p: Producer) -> None:
    """Says that a slot is being written."""
    guard("claimed", s.pc[p] == At.Claimed)
    s.stamp[s.idx[s.seq[p]]] = 2 * s.seq[p] + 1
    s.turn[s.idx[s.seq[p]]] = s.seq[p]
    s.pc[p] = At.Stamped


@mpmc.action
def WriteData(s: State, p: Producer) -> None:
    """Writes the message."""
    guard("stamped", s.pc[p] == At.Stamped)
    s.value[s.idx[s.seq[p]]] = s.seq[p]
    s.pc[p] = At.Written


@mpmc.action
def StampEven(s: State, p: Producer) -> None:
    """Says that the slot is written."""
    guard("written", s.pc[p] == At.Written)
    s.stamp[s.idx[s.seq[p]]] = done(s.seq[p])
    s.turn[s.idx[s.seq[p]]] = s.seq[p] + N
    s.finished |= {cast(Message, s.seq[p])}
    s.pc[p] = At.FastCas


@mpmc.action
def FastCas(s: State, p: Producer) -> None:
    """Moves the cursor if it stands at the predecessor."""
    guard("fast", s.pc[p] == At.FastCas)
    wins = s.cursor == s.seq[p] - 1
    s.cursor = ite(wins, s.seq[p], s.cursor)
    s.scan[p] = ite(wins, s.seq[p], s.scan[p])
    waits = ite(s.seq[p] == 0, At.RetryCas, At.PredWait)
    s.pc[p] = ite(wins, choice("fast-scan", At.ScanClaim, At.Idle), waits)


@mpmc.action
def WaitPred(s: State, p: Producer) -> None:
    """The predecessor's slot is stamped."""
    guard("waiting", s.pc[p] == At.PredWait)
    before = s.seq[p] - 1
    guard(
        "pred-done",
        s.stamp[s.idx[before]] >= done(before),
        equality=s.stamp[s.idx[before]] == done(before),
    )
    s.pc[p] = choice("retry", At.RetryCas, At.Idle)


@mpmc.action
def RetryCas(s: State, p: Producer) -> None:
    """Tries once more to move the cursor."""
    guard("retry", s.pc[p] == At.RetryCas)
    s.cursor = ite(choice("compare", s.cursor == s.seq[p] - 1, s.cursor == s.cursor), s.seq[p], s.cursor)
    s.pc[p] = At.Recheck


@mpmc.action
def Recheck(s: State, p: Producer) -> None:
    """Owns the cursor's place if it is there, whoever moved it."""
    guard("recheck", s.pc[p] == At.Recheck)
    owns = s.cursor == s.seq[p]
    s.scan[p] = ite(owns, s.seq[p], s.scan[p])
    s.pc[p] = ite(owns, choice("late-scan", At.ScanClaim, At.Idle), At.Idle)


@mpmc.action
def ScanClaim(s: State, p: Producer) -> None:
    """Is the successor claimed?"""
    guard("scanning", s.pc[p] == At.ScanClaim)
    s.pc[p] = ite(s.scan[p] + 1 < s.nextSeq, At.ScanStamp, At.Idle)


@mpmc.action
def ScanStamp(s: State, p: Producer) -> None:
    """Is it finished?"""
    guard("scanning", s.pc[p] == At.ScanStamp)
    following = s.scan[p] + 1
    stamp = s.stamp[s.idx[following]]
    finished = choice("ordering", stamp >= done(following), stamp == done(following))
    s.pc[p] = ite(choice("reads-stamp", finished, s.nextSeq >= 0), At.ScanCas, At.Idle)


@mpmc.action
def ScanCas(s: State, p: Producer) -> None:
    """Moves the cursor to it."""
    guard("scanning", s.pc[p] == At.ScanCas)
    wins = s.cursor == s.scan[p]
    s.cursor = ite(wins, s.scan[p] + 1, s.cursor)
    s.scan[p] = ite(wins, s.scan[p] + 1, s.scan[p])
    s.pc[p] = ite(wins, At.ScanClaim, At.Idle)


# -- readers -----------------------------------------------------------------------------------------------------------


def oldest(s: State) -> Int:
    """The oldest message that the ring still holds, by the cursor."""
    return ite(s.cursor >= N, s.cursor - N + 1, Int(0))


@mpmc.action
def LoadStamp1(s: State, r: Reader) -> None:
    """Loads the stamp of the slot of the wanted message."""
    guard("idle", s.readerPC[r] == ReaderAt.Idle)
    s.readStamp1[r] = s.stamp[s.idx[s.readerCursor[r]]]
    s.readerPC[r] = ReaderAt.Stamp1


@mpmc.action
def LoadValue(s: State, r: Reader) -> None:
    """Copies the slot, whose stamp is that of the wanted message."""
    guard("stamp", s.readerPC[r] == ReaderAt.Stamp1)
    guard("match", s.readStamp1[r] == done(s.readerCursor[r]))
    s.readValue[r] = s.value[s.idx[s.readerCursor[r]]]
    s.readerPC[r] = ReaderAt.Reading


@mpmc.action
def RetryOdd(s: State, r: Reader) -> None:
    """The slot is being written."""
    guard("stamp", s.readerPC[r] == ReaderAt.Stamp1)
    guard("odd", s.readStamp1[r] % 2 == 1)
    s.readerPC[r] = ReaderAt.Idle


@mpmc.action
def Mismatch(s: State, r: Reader) -> None:
    """The slot holds another message: a reader that lags skips to the oldest one."""
    guard("stamp", s.readerPC[r] == ReaderAt.Stamp1)
    guard("even", s.readStamp1[r] % 2 == 0)
    wanted = s.readerCursor[r]
    guard("differs", s.readStamp1[r] != done(wanted))
    skips = (s.readStamp1[r] > done(wanted)) & (wanted < oldest(s))
    s.readerCursor[r] = ite(skips, oldest(s), wanted)
    s.readerPC[r] = ReaderAt.Idle


@mpmc.action
def Verify(s: State, r: Reader) -> None:
    """Delivers the copy if the stamp has not changed."""
    guard("reading", s.readerPC[r] == ReaderAt.Reading)
    wanted = s.readerCursor[r]
    same = s.readStamp1[r] == s.stamp[s.idx[wanted]]
    s.readResult[r] = ite(same, s.readValue[r], s.readResult[r])
    s.consumed[r] = ite(same, wanted, s.consumed[r])
    s.readerCursor[r] = ite(same, wanted + 1, wanted)
    s.readerPC[r] = ReaderAt.Idle


PUBLISHING = [Claim, ClaimStore, WaitSlot, StampOdd, WriteData, StampEven, FastCas, WaitPred, RetryCas, Recheck]
SCANNING = [ScanClaim, ScanStamp, ScanCas]
READING = [LoadStamp1, LoadValue, RetryOdd, Mismatch, Verify]

mpmc.fairness(
    forall(Producer, lambda p: weak(reduce(or_, (steps(action, p) for action in [*PUBLISHING, *SCANNING])))),
    forall(Reader, lambda r: weak(reduce(or_, (steps(action, r) for action in READING)))),
)
