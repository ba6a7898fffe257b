"""Photon Ring's publication path for several producers (v2.5.0): a ring of slots with stamps, and a cursor that follows.

A producer claims a number, writes the slot of that number between an odd and an even stamp, and moves the cursor: by one
compare-and-swap, and if that fails by another one once its predecessor's slot is stamped. Whoever owns the place of the cursor
moves on over successors that are finished. Sequentially consistent; each action is one atomic operation on memory.

Nothing stops a producer from entering a slot whose last owner has not finished: with three producers a reader can be given what
belongs to another number. `slot-wait` is the repair.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    Protocol,
    Range,
    Scalarset,
    Set,
    budget,
    choice,
    enabled,
    forall,
    guard,
    implies,
    ite,
    labels,
    var,
)

mpmc = Protocol("mpmc", "several producers publish through one ring of stamped slots", source="photon-ring 2.5.0")

N = mpmc.parameter("N", 2, "slots of the ring")
MaxSeq = mpmc.search_bound("MaxSeq", 3, "last sequence number")
mpmc.assume("a ring", N >= 2)


class Producer(Scalarset, parameter="P", size=2, prefix="p"):
    """A producer."""


class Reader(Scalarset, parameter="R", size=1, prefix="r"):
    """A reader."""


class Slot(Range, low=0, high=N - 1):
    """A slot of the ring."""


class Message(Range, low=0, high=MaxSeq):
    """The sequence number of a message."""


class Number(Range, low=-1, high=MaxSeq):
    """A sequence number, or -1 for none. The payload of a message is its number."""


class Next(Range, low=0, high=MaxSeq + 1):
    """The number of a message that is still to come."""


class Stamp(Range, low=0, high=2 * MaxSeq + 2):
    """0: never written; 2q + 1: message q is being written; 2q + 2: it is finished."""


class Claims(Range, low=0, high=Producer.size):
    """How often a number was claimed."""


class At(Enumeration):
    """What a producer does next."""

    Idle, SlotWait, Claimed, Stamped, Written, FastCas, PredWait, RetryCas, Recheck, ScanClaim, ScanStamp, ScanCas = labels(12)


class ReaderAt(Enumeration):
    """What a reader does next."""

    Idle, Stamp1, Reading = labels(3)


@mpmc.state
class State:
    stamp: Fn[Slot, Stamp] = var(0, "stamps of the slots")
    value: Fn[Slot, Number] = var(-1, "what is in the slots")
    cursor: Number = var(-1, "best known published position")
    nextSeq: Next = var(0, "claim counter")
    pc: Fn[Producer, At] = var(At.Idle, "what each producer does next")
    seq: Fn[Producer, Number] = var(-1, "claimed number; keeps its value when idle")
    scan: Fn[Producer, Number] = var(-1, "place owned in the forward scan; keeps its value")
    finished: Set[Message] = var(set(), "ghost: numbers whose even stamp was stored by their producer")
    claims: Fn[Message, Claims] = var(0, "ghost: how often each number was claimed")
    readerPC: Fn[Reader, ReaderAt] = var(ReaderAt.Idle, "what each reader does next")
    readerCursor: Fn[Reader, Next] = var(0, "next message wanted")
    readStamp1: Fn[Reader, Stamp] = var(0, "stamp register")
    readValue: Fn[Reader, Number] = var(-1, "payload register")
    readResult: Fn[Reader, Number] = var(-1, "payload delivered last")
    consumed: Fn[Reader, Number] = var(-1, "ghost: the number that it was delivered as")


def done(q: Int) -> Int:
    """The stamp of a finished message."""
    return 2 * q + 2


# -- producers ---------------------------------------------------------------------------------------------------------


@mpmc.action
def Claim(s: State, p: Producer) -> None:
    """A producer takes the next number."""
    guard("idle", s.pc[p] == At.Idle)
    budget("numbers", s.nextSeq <= MaxSeq)
    s.seq[p] = s.nextSeq
    s.claims[s.nextSeq] += 1
    s.pc[p] = choice("at-once", At.Claimed, At.SlotWait)
    s.nextSeq += 1


@mpmc.action
def WaitSlot(s: State, p: Producer) -> None:
    """The repair: the slot's last owner has finished."""
    guard("waiting", s.pc[p] == At.SlotWait)
    guard("free", s.stamp[s.seq[p] % N] == ite(s.seq[p] < N, Stamp(0), Stamp(done(s.seq[p] - N))))
    s.pc[p] = At.Claimed


@mpmc.action
def StampOdd(s: State, p: Producer) -> None:
    """Says that a slot is being written."""
    guard("claimed", s.pc[p] == At.Claimed)
    s.stamp[s.seq[p] % N] = 2 * s.seq[p] + 1
    s.pc[p] = At.Stamped


@mpmc.action
def WriteData(s: State, p: Producer) -> None:
    """Writes the message."""
    guard("stamped", s.pc[p] == At.Stamped)
    s.value[s.seq[p] % N] = s.seq[p]
    s.pc[p] = At.Written


@mpmc.action
def StampEven(s: State, p: Producer) -> None:
    """Says that the slot is written."""
    guard("written", s.pc[p] == At.Written)
    s.stamp[s.seq[p] % N] = done(s.seq[p])
    s.finished |= {s.seq[p]}
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
        s.stamp[before % N] >= done(before),
        equality=s.stamp[before % N] == done(before),
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
    stamp = s.stamp[following % N]
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
    s.readStamp1[r] = s.stamp[s.readerCursor[r] % N]
    s.readerPC[r] = ReaderAt.Stamp1


@mpmc.action
def LoadValue(s: State, r: Reader) -> None:
    """Copies the slot, whose stamp is that of the wanted message."""
    guard("stamp", s.readerPC[r] == ReaderAt.Stamp1)
    guard("match", s.readStamp1[r] == done(s.readerCursor[r]))
    s.readValue[r] = s.value[s.readerCursor[r] % N]
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
    same = s.readStamp1[r] == s.stamp[wanted % N]
    s.readResult[r] = ite(same, s.readValue[r], s.readResult[r])
    s.consumed[r] = ite(same, wanted, s.consumed[r])
    s.readerCursor[r] = ite(same, wanted + 1, wanted)
    s.readerPC[r] = ReaderAt.Idle


# -- properties --------------------------------------------------------------------------------------------------------


def all_done(s: State) -> Bool:
    """Every producer is idle, and every number is used up."""
    return forall(Producer, lambda p: s.pc[p] == At.Idle) & (s.nextSeq == MaxSeq + 1)


def writing(s: State, p: Producer) -> Bool:
    """Whether a producer is between its stamps."""
    return (s.pc[p] == At.Stamped) | (s.pc[p] == At.Written)


def blocked(s: State, p: Producer) -> Bool:
    """Whether a producer waits, or has nothing left to publish."""
    waits = (s.pc[p] == At.PredWait) & ~enabled(WaitPred, p)
    return ((s.pc[p] == At.Idle) & (s.nextSeq > MaxSeq)) | waits | ((s.pc[p] == At.SlotWait) & ~enabled(WaitSlot, p))


@mpmc.invariant()
def NoTornReadC(s: State) -> Bool:
    """What is delivered is the payload of the message that the reader claims to have read."""
    return forall(Reader, lambda r: s.readResult[r] == s.consumed[r])


@mpmc.invariant()
def SlotExclusive(s: State) -> Bool:
    """No two producers are between their stamps in one slot."""
    return forall(Producer, Producer, lambda p, q: implies(
        (p != q) & writing(s, p) & writing(s, q), s.seq[p] % N != s.seq[q] % N
    ))  # fmt: skip


@mpmc.invariant()
def UniqueOwner(s: State) -> Bool:
    """No number is claimed twice."""
    return forall(Message, lambda q: s.claims[q] <= 1)


@mpmc.invariant()
def NoHole(s: State) -> Bool:
    """No number is left out."""
    return forall(Message, lambda q: (q < s.nextSeq) == (s.claims[q] > 0))


@mpmc.invariant()
def NoGap(s: State) -> Bool:
    """The cursor never passes a message that is not finished."""
    return forall(Message, lambda q: implies(q <= s.cursor, s.finished.contains(q)))


@mpmc.invariant()
def NoGapStamp(s: State) -> Bool:
    """What a test can observe of it: the stamps of the last lap."""
    return forall(Message, lambda q: implies(
        (s.cursor - N + 1 <= q) & (q <= s.cursor), s.stamp[q % N] >= done(q)
    ))  # fmt: skip


@mpmc.invariant()
def CursorBelowClaims(s: State) -> Bool:
    """The cursor stays behind the claims."""
    return s.cursor < s.nextSeq


@mpmc.invariant()
def NoProducerDeadlock(s: State) -> Bool:
    """Producers are never all blocked before everything is published."""
    return implies(forall(Producer, lambda p: blocked(s, p)), all_done(s))


@mpmc.invariant()
def CursorComplete(s: State) -> Bool:
    """At the end the cursor stands at the last message."""
    return implies(all_done(s), s.cursor == MaxSeq)


@mpmc.invariant()
def StampsComplete(s: State) -> Bool:
    """At the end no message of the last lap is lost."""
    return implies(all_done(s), forall(Message, lambda q: implies(
        q > MaxSeq - N, (s.stamp[q % N] == done(q)) & (s.value[q % N] == q)
    )))  # fmt: skip


@mpmc.invariant()
def NoReaderStuck(s: State) -> Bool:
    """At the end no reader waits for a message that it never gets."""
    def stuck(r: Reader) -> Bool:
        wanted = s.readerCursor[r]
        stamp = s.stamp[wanted % N]
        skips = (stamp % 2 == 0) & (stamp > done(wanted)) & (wanted < oldest(s))
        idle = (s.readerPC[r] == ReaderAt.Idle) & (wanted <= MaxSeq)
        return all_done(s) & idle & (stamp != done(wanted)) & ~skips

    return forall(Reader, lambda r: ~stuck(r))


@mpmc.action_property()
def StampMonotone(s: State, t: State) -> Bool:
    """No stamp ever falls."""
    return forall(Slot, lambda i: t.stamp[i] >= s.stamp[i])


@mpmc.action_property()
def CursorStep(s: State, t: State) -> Bool:
    """The cursor moves by one."""
    return t.cursor == s.cursor + 1


@mpmc.action_property()
def CursorMonotone(s: State, t: State) -> Bool:
    """The cursor never falls."""
    return t.cursor >= s.cursor


@mpmc.action_property()
def ProducerOrder(s: State, t: State) -> Bool:
    """The messages of each producer carry rising numbers."""
    return forall(Producer, lambda p: t.seq[p] >= s.seq[p])


@mpmc.action_property()
def ReaderMonotone(s: State, t: State) -> Bool:
    """A reader never goes back."""
    return forall(Reader, lambda r: t.readerCursor[r] >= s.readerCursor[r])


READERS = ["readerPC", "readerCursor", "readStamp1", "readValue", "readResult", "consumed"]
READING = ["LoadStamp1", "LoadValue", "RetryOdd", "Mismatch", "Verify"]

mpmc.variant("safe", without=["WaitSlot"], doc="as published, which is safe with two producers")
mpmc.variant("three", without=["WaitSlot"], settings={"P": 3, "MaxSeq": 2}, doc="as published, with three producers")
mpmc.variant("slot-wait", drops=["Claim.at-once"], doc="a producer waits until the slot's last owner has finished")
mpmc.variant("catch-up-equality", drops=["ScanStamp.ordering"], without=["WaitSlot"], doc="the scan of versions before 2.1.0")
mpmc.variant(
    "pred-wait-equality",
    replaces={"WaitPred.pred-done": "equality"},
    without=["WaitSlot"],
    settings={"MaxSeq": 2},
    doc="waits for the predecessor's stamp itself",
)
mpmc.variant("scan-ignores-stamp", drops=["ScanStamp.reads-stamp"], without=["WaitSlot"], doc="the scan does not look at stamps")
mpmc.variant("blind-retry", drops=["RetryCas.compare"], without=["WaitSlot"], doc="the second attempt stores")
mpmc.variant("no-scan", drops=["FastCas.fast-scan", "Recheck.late-scan"], without=["WaitSlot"], doc="nobody scans")
mpmc.variant("no-retry", drops=["WaitPred.retry"], without=["WaitSlot"], doc="an equivalent one: the second attempt is redundant")
