"""Last-writer-wins registers on replicas that lose each other: the common part of the models of replication."""

from __future__ import annotations

from typing import Any, Protocol

from verifier.kernel import Bool, Fn, Option, Range, Record, Scalarset, Set, guard
from verifier.lib.parameters import parameter_called

MaxTime = parameter_called("MaxTime")


class Replica(Scalarset, parameter="Replicas", size=2, prefix="r", ordered=True):
    """A replica; its place in the order breaks ties."""


class Key(Scalarset, parameter="Keys", size=1, prefix="k"):
    """A key."""


class Value(Scalarset, parameter="Values", size=2, prefix="v"):
    """A value; NULL is none of them."""


class Time(Range, low=0, high=MaxTime):
    """A Lamport time."""


class Stamp(Record, ordered=True):
    """When, and by whom: ordered by time, then replica."""

    time: Time
    replica: Replica


class Register(Record):
    """The value of a key: NULL where it was never written, and where it is deleted."""

    value: Option[Value]
    ts: Stamp
    tombstone: Bool


class Replicas(Protocol):
    """The variables that each model declares, with sorts of its own for messages and registers."""

    lww_registers: Fn[Replica, Fn[Key, Any]]
    network: Set[Any]
    partitioned: Fn[Replica, Fn[Replica, Bool]]


def _between(m: Any, a: Replica, b: Replica) -> Bool:
    """Whether a message is on its way between two replicas, either way."""
    result: Bool = ((m.src == a) & (m.dst == b)) | ((m.src == b) & (m.dst == a))
    return result


def part(s: Replicas, r1: Replica, r2: Replica) -> Set[Any]:
    """Two replicas cannot reach each other any more. The result is what is not on its way between them."""
    guard("distinct", r1 != r2)
    guard("connected", ~s.partitioned[r1][r2])
    s.partitioned[r1][r2] = True
    s.partitioned[r2][r1] = True
    return s.network.where(lambda m: ~_between(m, r1, r2))


def heal(s: Replicas, r1: Replica, r2: Replica) -> None:
    """Two replicas reach each other again."""
    guard("distinct", r1 != r2)
    guard("cut", s.partitioned[r1][r2])
    s.partitioned[r1][r2] = False
    s.partitioned[r2][r1] = False
