"""Gossip with a copy for each recipient: what delivery, at-most-once and convergence come to in the store of redis-rust.

Each change has a fresh stamp, a time of its maker's clock and the maker; every other replica is sent a copy of its own; a
receiver takes over what is newer than what it has, and moves its clock up to the stamp. The published gossip has one message for
everybody, ids that repeat, and replaces whatever is there.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    budget,
    choice,
    forall,
    guard,
    image,
    ite,
    maximum,
    none,
    pick,
    set_of,
    some,
    strong,
    var,
    weak,
)

gossip_copies = Protocol(
    "gossip-copies", "deltas travel between replicas, a copy for each", source="redis-rust src/replication/gossip.rs"
)

MaxSeq = gossip_copies.search_bound("MaxSeq", 1, "largest time of a clock at which a change is made")


class Replica(Scalarset, parameter="Replicas", size=3, prefix="r", ordered=True):
    """A replica; of two changes at one time, the one of the greater replica is newer."""


class Key(Scalarset, parameter="Keys", size=1, prefix="k"):
    """A key of the store."""


class Time(Range, low=0, high=MaxSeq):
    """A time of a clock."""


class Stamp(Record, ordered=True):
    """When a change was made, and by whom."""

    time: Time
    origin: Replica


class Delta(Record):
    """A change of a key; its value plays no part."""

    key: Key
    stamp: Stamp


class Copy(Record):
    """A delta on its way to one replica."""

    dst: Replica
    delta: Delta


@gossip_copies.state
class State:
    state: Fn[Replica, Fn[Key, Option[Delta]]] = var(none, "the newest change of each key")
    processed: Fn[Replica, Set[Delta]] = var(set(), "changes made or received")
    clock: Fn[Replica, Time] = var(0, "clock of each replica")
    network: Set[Copy] = var(set(), "copies on their way")


@gossip_copies.action
def Create(s: State, r: Replica, k: Key) -> None:
    """A replica changes a key, and sends everybody else a copy."""
    budget("seq-budget", s.clock[r] < MaxSeq)
    made = Delta(key=k, stamp=Stamp(time=Time(s.clock[r] + 1), origin=r))
    s.state[r][k] = some(made)
    s.processed[r] |= {made}
    s.clock[r] += 1
    others = set_of(Replica, lambda q: q != r)
    one = {Copy(dst=pick(Replica, lambda q: q != r), delta=made)}
    s.network = choice(
        "copy-for-each", s.network | image(others, Copy, lambda q: Copy(dst=q, delta=made)), s.network | one
    )


@gossip_copies.action
def Receive(s: State, m: Copy) -> None:
    """A copy arrives; what is new is taken over if it is newer than what is there."""
    guard("sent", s.network.contains(m))
    r, d = m.dst, m.delta
    held = s.state[r][d.key]
    fresh = ~s.processed[r].contains(d)
    newer = held.is_none | (held.value.stamp < d.stamp)
    s.network = s.network - {m}
    s.processed[r] |= {d}
    s.clock[r] = ite(fresh, choice("clock-merge", maximum(s.clock[r], d.stamp.time), s.clock[r]), s.clock[r])
    s.state[r][d.key] = ite(fresh & choice("newest", newer, Bool(True)), some(d), held)


@gossip_copies.action
def Lose(s: State, m: Copy) -> None:
    """A copy is lost."""
    guard("sent", s.network.contains(m))
    s.network = s.network - {m}


@gossip_copies.action
def Resend(s: State, m: Copy) -> None:
    """The maker of a change sends a copy to whoever has not said that it has it."""
    guard("made", s.processed[m.delta.stamp.origin].contains(m.delta))
    guard("not-acknowledged", ~s.processed[m.dst].contains(m.delta))
    s.network |= {m}


some_receive = gossip_copies.assume_fair("some-receive", weak(Receive))
each_receive = gossip_copies.assume_fair("each-receive", forall(Copy, lambda m: weak(Receive, m)))
insistent = gossip_copies.assume_fair(
    "insistent", forall(Copy, lambda m: strong(Receive, m)), forall(Copy, lambda m: weak(Resend, m))
)

gossip_copies.variant("safe", without=["Lose", "Resend"], doc="copies may be late, and are not lost")
gossip_copies.variant("resend", doc="copies may be lost, and are sent again until they are acknowledged")
