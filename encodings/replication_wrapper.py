"""The state that redis-rust replicates beside the register: kinds, expiries and a second stamp.

It is that of src/replication/state/replicated_value.rs.

A replicated value is wrapped: it is of a kind, may expire, and has a stamp of its own. Merging keeps the later of two registers.
Between kinds it is the wrapper's stamp that decides, of which a merge takes the greater time and leaves the replica as it is. Of
two expiries the larger one is kept, or the only one, while a local write replaces it. The model asks whether replicas that have
seen the same show the same. Nothing is ever lost.
"""

from __future__ import annotations

from verifier.encodings._replication import MaxTime, Replica
from verifier.kernel import (
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Set,
    budget,
    choice,
    guard,
    image,
    ite,
    labels,
    maximum,
    none,
    set_of,
    some,
    var,
)
from verifier.lib.lattices import latest

replication_wrapper = Protocol(
    "replication-wrapper",
    "kinds, expiries and a second stamp, merged as the code does",
    source="redis-rust src/replication/state/replicated_value.rs, crdt_value.rs, shard_state.rs",
)

replication_wrapper.search_bound("MaxTime", 2, "a replica writes only while its clock is below it")


class Time(Range, low=0, high=MaxTime * Replica.size):
    """A Lamport time."""


class WriteTime(Range, low=1, high=MaxTime):
    """A time of a write."""


class Deadline(Range, low=1, high=1):
    """When a key expires; one is enough."""


class Kind(Enumeration):
    """The kind of a value: a string, or a hash, here of one field."""

    String, Hash = labels(2)


class Stamp(Record, ordered=True):
    """When, and by whom: ordered by time, then replica."""

    time: WriteTime
    replica: Replica


class Wrapped(Record):
    """A replicated value. The register, or field, is known by the stamp of the write that it is from."""

    kind: Kind
    written: Stamp
    expiry: Option[Deadline]
    ts: Stamp


class Delta(Record):
    """A value on its way."""

    dst: Replica
    value: Wrapped


@replication_wrapper.state
class State:
    replicated: Fn[Replica, Option[Wrapped]] = var(none, "the value of the key; none where nothing is known of it")
    clock: Fn[Replica, Time] = var(0, "Lamport clocks")
    network: Set[Delta] = var(set(), "deltas on their way")
    seen: Fn[Replica, Set[Stamp]] = var(set(), "ghost: the writes that a replica made or received, by their stamps")


def record(s: State, r: Replica, kind: Kind, expiry: Option[Deadline]) -> None:
    """A replica writes the key, and sends it to everybody."""
    now = Stamp(time=WriteTime(s.clock[r] + 1), replica=r)
    value = Wrapped(kind=kind, written=now, expiry=expiry, ts=now)
    s.clock[r] = now.time
    s.replicated[r] = some(value)
    s.network = s.network | image(set_of(Replica, lambda q: q != r), Delta, lambda q: Delta(dst=q, value=value))
    s.seen[r] |= {now}


@replication_wrapper.action
def RecordWrite(s: State, r: Replica, expiry: Option[Deadline]) -> None:
    """SET, with or without an expiry: replaces both."""
    budget("time-budget", s.clock[r] < MaxTime)
    record(s, r, Kind.String, expiry)


@replication_wrapper.action
def RecordHashWrite(s: State, r: Replica) -> None:
    """HSET: replaces the field and leaves the expiry as it is."""
    budget("time-budget", s.clock[r] < MaxTime)
    old = s.replicated[r]
    record(s, r, Kind.Hash, ite(old.is_some, old.value.expiry, none))


@replication_wrapper.action
def ApplyRemoteDelta(s: State, r: Replica, d: Delta) -> None:
    """A replica receives a value: it takes it where it has none, and merges it otherwise."""
    guard("in-flight", s.network.contains(d))
    guard("addressed", d.dst == r)
    local, other = s.replicated[r].value, d.value
    by_register = latest(local, other, lambda value: value.written)
    by_wrapper = latest(local, other, lambda value: value.ts)
    kept = ite(local.kind == other.kind, by_register, by_wrapper)
    either = ite(local.expiry.is_some, local.expiry, other.expiry)
    both = local.expiry.is_some & other.expiry.is_some
    larger = ite(both, some(maximum(local.expiry.value, other.expiry.value)), either)
    mixed = Stamp(time=maximum(local.ts.time, other.ts.time), replica=local.ts.replica)
    merged = kept.replace(
        expiry=choice("expiry-merge", larger, kept.expiry),
        ts=choice("own-stamp", mixed, maximum(local.ts, other.ts)),
    )
    s.replicated[r] = some(ite(s.replicated[r].is_none, other, merged))
    s.clock[r] = maximum(s.clock[r], other.ts.time) + 1
    s.network -= {d}
    s.seen[r] |= {other.written}


_FALSE = "its violations are shown at the sizes at which they take the fewest steps"

replication_wrapper.variant("safe", bounded=_FALSE, doc="as the code does; two replicas, two writes of each")
replication_wrapper.variant(
    "three", settings={"Replicas": 3, "MaxTime": 1}, bounded=_FALSE, doc="three replicas, one write of each"
)
replication_wrapper.variant(
    "repaired",
    drops=["ApplyRemoteDelta.expiry-merge", "ApplyRemoteDelta.own-stamp"],
    doc="the expiry is that of the write which is kept, and the wrapper's stamp the later of the two",
)
