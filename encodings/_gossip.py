"""Deltas with stamps, and a copy of each for every recipient: the common part of the models of gossip with copies.

A change has a fresh stamp, a time of its maker's clock and the maker. A receiver takes over what is newer than what it has, and
moves its clock up to the stamp. Each model decides which replicas are sent a copy, and which may take it.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Range,
    Record,
    Scalarset,
    Set,
    budget,
    ite,
    maximum,
    none,
    some,
    var,
)
from verifier.lib.parameters import parameter_called

MaxSeq = parameter_called("MaxSeq")
MAX_SEQ = "largest time of a clock at which a change is made"


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


class Store:
    """The state that the models have in common."""

    state: Fn[Replica, Fn[Key, Option[Delta]]] = var(none, "the newest change of each key")
    processed: Fn[Replica, Set[Delta]] = var(set(), "changes made or received")
    clock: Fn[Replica, Time] = var(0, "clock of each replica")
    network: Set[Copy] = var(set(), "copies on their way")


def change(s: Store, r: Replica, k: Key) -> Delta:
    """A replica changes a key; sending copies of the delta is left to the model."""
    budget("seq-budget", s.clock[r] < MaxSeq)
    made = Delta(key=k, stamp=Stamp(time=Time(s.clock[r] + 1), origin=r))
    s.state[r][k] = some(made)
    s.processed[r] |= {made}
    s.clock[r] += 1
    return made


def newer(s: Store, r: Replica, d: Delta) -> Bool:
    """Whether a delta is newer than what a replica has of its key."""
    held = s.state[r][d.key]
    return held.is_none | (held.value.stamp < d.stamp)


def caught_up(s: Store, r: Replica, d: Delta) -> Time:
    """The clock of a replica, moved up to the stamp of a delta."""
    return maximum(s.clock[r], d.stamp.time)


def take(s: Store, r: Replica, m: Copy, *, clock: Time, suits: Bool) -> None:
    """A replica takes a copy off the network; a delta that is new to it moves its clock, and is taken over if it `suits`."""
    d = m.delta
    held = s.state[r][d.key]
    fresh = ~s.processed[r].contains(d)
    s.network = s.network - {m}
    s.processed[r] |= {d}
    s.clock[r] = ite(fresh, clock, s.clock[r])
    s.state[r][d.key] = ite(fresh & suits, some(d), held)
