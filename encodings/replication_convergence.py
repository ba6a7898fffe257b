"""ReplicationConvergence: last-writer-wins registers under partitions (redis-rust, specs/tla/ReplicationConvergence.tla).

Each replica keeps a register for each key, stamps what it writes with a Lamport clock, and sends it to the replicas that it
can reach. Messages arrive in any order, or are lost in a partition. The model asks whether replicas end up with the same
values. The published file does not parse; this is the least repair: a message to every other replica that is not cut off,
NULL as a constant beside the values, and replicas with an order.
"""

from __future__ import annotations

from typing import cast

from verifier.encodings._replication import Key, MaxTime, Replica, Value, heal, part
from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Set,
    budget,
    choice,
    fn,
    forall,
    guard,
    image,
    implies,
    ite,
    maximum,
    none,
    set_of,
    some,
    var,
    weak,
)
from verifier.lib.lattices import latest

replication_convergence = Protocol(
    "replication-convergence",
    "last-writer-wins registers under partitions",
    source="redis-rust specs/tla/ReplicationConvergence.tla",
)

replication_convergence.search_bound("MaxTime", 2, "a replica writes only while its clock is below it")


class Time(Range, low=0, high=MaxTime * Replica.size):
    """A Lamport time: receipts move a clock beyond MaxTime, once for each message that others send."""


class WriteTime(Range, low=0, high=MaxTime):
    """A time of a write."""


class Clock(Record):
    """A Lamport clock; its replica never changes."""

    time: Time
    replica: Replica


class Stamp(Record, ordered=True):
    """When, and by whom: ordered by time, then replica."""

    time: WriteTime
    replica: Replica


class Register(Record):
    """The value of a key: NULL where it was never written, and where it is deleted."""

    value: Option[Value]
    ts: Stamp
    tombstone: Bool


class Message(Record):
    """A delta on its way."""

    src: Replica
    dst: Replica
    key: Key
    reg: Register


def initial(r: Replica) -> Register:
    """The register of a key that a replica knows nothing of; its stamp names the owner."""
    return Register(value=none, ts=Stamp(time=WriteTime(0), replica=r), tombstone=Bool(False))


@replication_convergence.state
class State:
    lww_registers: Fn[Replica, Fn[Key, Register]] = var(
        fn(Replica, lambda r: fn(Key, lambda k: initial(r))), "current registers"
    )
    lamport_clocks: Fn[Replica, Clock] = var(fn(Replica, lambda r: Clock(time=Time(0), replica=r)), "Lamport clocks")
    network: Set[Message] = var(set(), "deltas on their way; two that are equal are one")
    partitioned: Fn[Replica, Fn[Replica, Bool]] = var(False, "which replicas cannot reach each other")
    seen: Fn[Replica, Fn[Key, Set[Register]]] = var(set(), "ghost: what a replica has written or received of a key")
    lossless: Bool = var(True, "ghost: no message was destroyed or withheld")


def merge(x: Register, y: Register) -> Register:
    """The register with the later stamp; the first one where stamps are equal."""
    return latest(x, y, lambda register: register.ts)


def write(s: State, r: Replica, k: Key, now: Time, reg: Register) -> None:
    """A replica stores a register, and sends it to everybody whom it reaches."""
    reached = set_of(Replica, lambda r2: (r2 != r) & choice("send-filter", ~s.partitioned[r][r2], Bool(True)))
    s.lamport_clocks[r] = s.lamport_clocks[r].replace(time=now)
    s.lww_registers[r][k] = reg
    s.network = s.network | image(reached, Message, lambda r2: Message(src=r, dst=r2, key=k, reg=reg))
    s.seen[r][k] |= {reg}
    s.lossless = s.lossless & forall(Replica, lambda r2: implies(r2 != r, reached.contains(r2)))


@replication_convergence.action(name="Set")
def set_key(s: State, r: Replica, k: Key, v: Value) -> None:
    """A client sets a key."""
    budget("time-budget", s.lamport_clocks[r].time < MaxTime)
    now = choice("tick", s.lamport_clocks[r].time + 1, s.lamport_clocks[r].time)
    write(s, r, k, now, Register(value=some(v), ts=Stamp(time=cast(WriteTime, now), replica=r), tombstone=Bool(False)))


@replication_convergence.action
def Delete(s: State, r: Replica, k: Key) -> None:
    """A client deletes a key, which the replica may never have had."""
    budget("time-budget", s.lamport_clocks[r].time < MaxTime)
    now = choice("tick", s.lamport_clocks[r].time + 1, s.lamport_clocks[r].time)
    value = choice("clear-value", none, s.lww_registers[r][k].value)
    write(s, r, k, now, Register(value=value, ts=Stamp(time=cast(WriteTime, now), replica=r), tombstone=Bool(True)))


@replication_convergence.action
def ReceiveDelta(s: State, r: Replica, m: Message) -> None:
    """A replica receives a delta: it merges the register, and moves its clock beyond the stamp."""
    guard("in-flight", s.network.contains(m))
    guard("addressed", m.dst == r)
    guard("not-partitioned", ~s.partitioned[m.src][r])
    old, clock = s.lww_registers[r][m.key], s.lamport_clocks[r].time
    later = choice("tie-break", old.ts < m.reg.ts, old.ts.time < m.reg.ts.time)
    s.lww_registers[r][m.key] = ite(choice("compare", later, Bool(True)), m.reg, old)
    caught_up = maximum(clock, m.reg.ts.time)
    s.lamport_clocks[r] = s.lamport_clocks[r].replace(
        time=choice("clock-update", choice("receipt-tick", caught_up + 1, caught_up), clock)
    )
    s.network -= {m}
    s.seen[r][m.key] |= {m.reg}


@replication_convergence.action
def CreatePartition(s: State, r1: Replica, r2: Replica) -> None:
    """Two replicas cannot reach each other any more; what is on its way between them is lost."""
    left = choice("drop-in-flight", part(s, r1, r2), s.network)
    s.lossless = s.lossless & (s.network <= left)
    s.network = left


@replication_convergence.action
def HealPartition(s: State, r1: Replica, r2: Replica) -> None:
    """Two replicas reach each other again. Nothing is sent."""
    heal(s, r1, r2)


received = replication_convergence.assume_fair("received", weak(ReceiveDelta))
healed = replication_convergence.assume_fair("healed", weak(HealPartition))

PARTITIONS = ["CreatePartition", "HealPartition"]

replication_convergence.variant("safe", without=["seen", "lossless"], doc="as published")
replication_convergence.variant(
    "ghosts", doc="as published, with what replicas have seen and whether anything was lost"
)
replication_convergence.variant("whole", without=["seen", *PARTITIONS], doc="there are no partitions")
replication_convergence.variant(
    "queueing",
    drops=["Set.send-filter", "Delete.send-filter", "CreatePartition.drop-in-flight"],
    without=["seen"],
    doc="messages wait until the partition is healed",
)
