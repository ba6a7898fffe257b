"""Replication with resynchronisation: the repair of ReplicationConvergence (redis-rust, specs/tla/ReplicationConvergence.tla).

When two replicas reach each other again, each sends the other its registers. Clocks catch up with the stamps received and do not
count the receipt, as they would grow without end. The model asks whether replicas then end up with the same values.
"""

from __future__ import annotations

from verifier.encodings._replication import Key, MaxTime, Register, Replica, Stamp, Time, Value, heal, part
from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Record,
    Set,
    budget,
    choice,
    fn,
    guard,
    image,
    ite,
    maximum,
    none,
    set_of,
    some,
    var,
    weak,
)

replication_resync = Protocol(
    "replication-resync",
    "last-writer-wins registers, sent again when a partition heals",
    source="repair of redis-rust specs/tla/ReplicationConvergence.tla",
)

replication_resync.search_bound("MaxTime", 2, "a replica writes only while its clock is below it")


class Message(Record):
    """A register on its way."""

    src: Replica
    dst: Replica
    key: Key
    reg: Register


def initial(r: Replica) -> Register:
    """The register of a key that a replica knows nothing of."""
    return Register(value=none, ts=Stamp(time=Time(0), replica=r), tombstone=Bool(False))


@replication_resync.state
class State:
    lww_registers: Fn[Replica, Fn[Key, Register]] = var(
        fn(Replica, lambda r: fn(Key, lambda k: initial(r))), "current registers"
    )
    lamport_clocks: Fn[Replica, Time] = var(0, "times of the Lamport clocks")
    network: Set[Message] = var(set(), "registers on their way; two that are equal are one")
    partitioned: Fn[Replica, Fn[Replica, Bool]] = var(False, "which replicas cannot reach each other")


def write(s: State, r: Replica, k: Key, value: Option[Value], tombstone: Bool) -> None:
    """A replica stores a register, and sends it to everybody whom it reaches."""
    now = s.lamport_clocks[r] + 1
    reg = Register(value=value, ts=Stamp(time=now, replica=r), tombstone=tombstone)
    reached = set_of(Replica, lambda r2: (r2 != r) & ~s.partitioned[r][r2])
    s.lamport_clocks[r] = now
    s.lww_registers[r][k] = reg
    s.network = s.network | image(reached, Message, lambda r2: Message(src=r, dst=r2, key=k, reg=reg))


@replication_resync.action(name="Set")
def set_key(s: State, r: Replica, k: Key, v: Value) -> None:
    """A client sets a key."""
    budget("time-budget", s.lamport_clocks[r] < MaxTime)
    write(s, r, k, some(v), Bool(False))


@replication_resync.action
def Delete(s: State, r: Replica, k: Key) -> None:
    """A client deletes a key, which the replica may never have had."""
    budget("time-budget", s.lamport_clocks[r] < MaxTime)
    write(s, r, k, none, Bool(True))


@replication_resync.action
def ReceiveDelta(s: State, r: Replica, m: Message) -> None:
    """A replica receives a register: it merges it, and its clock catches up."""
    guard("in-flight", s.network.contains(m))
    guard("addressed", m.dst == r)
    old = s.lww_registers[r][m.key]
    later = choice("tie-break", old.ts < m.reg.ts, old.ts.time < m.reg.ts.time)
    s.lww_registers[r][m.key] = ite(later, m.reg, old)
    s.lamport_clocks[r] = maximum(s.lamport_clocks[r], m.reg.ts.time)
    s.network -= {m}


@replication_resync.action
def CreatePartition(s: State, r1: Replica, r2: Replica) -> None:
    """Two replicas cannot reach each other any more; what is on its way between them is lost."""
    s.network = part(s, r1, r2)


@replication_resync.action
def HealPartition(s: State, r1: Replica, r2: Replica) -> None:
    """Two replicas reach each other again, and each sends the other what it has."""
    heal(s, r1, r2)
    forth = image(Key, Message, lambda k: Message(src=r1, dst=r2, key=k, reg=s.lww_registers[r1][k]))
    back = image(Key, Message, lambda k: Message(src=r2, dst=r1, key=k, reg=s.lww_registers[r2][k]))
    s.network = s.network | choice("forth", forth, set()) | choice("back", back, set())


received = replication_resync.assume_fair("received", weak(ReceiveDelta))
