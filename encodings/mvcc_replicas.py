"""MVCC on several nodes: what MVCC-3 is about (after elastickv, tla/mvcc/MVCC.tla).

Nodes apply one log in order, catch up from each other's snapshots, and compact for themselves. The model asks whether
two nodes answer a read alike where both may answer it, and as the log says.
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
    exists,
    fn,
    forall,
    forall_in,
    guard,
    implies,
    max_of,
    maximum,
    none,
    set_of,
    some,
    var,
)

mvcc_replicas = Protocol("mvcc-replicas", "version chains on several nodes", source="deeper model of MVCC-3")

MaxTs = mvcc_replicas.search_bound("MaxTs", 3, "entries of the log")


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    """A key."""


class Val(Scalarset, parameter="Vals", size=2, prefix="v"):
    """A value."""


class Timestamp(Range, low=0, high=MaxTs):
    """The number of a log entry, which is its commit timestamp; 0 stands for none."""


class Entry(Record):
    """A log entry."""

    key: Key
    value: Val


class Version(Record):
    """A version of a key."""

    commitTs: Timestamp
    value: Val


@mvcc_replicas.state
class State:
    log: Fn[Timestamp, Option[Entry]] = var(none, "committed entries, from 1; there is none of number 0")
    logLength: Timestamp = var(0, "number of log entries")
    applied: Fn[Node, Timestamp] = var(0, "how much of the log a node has applied")
    store: Fn[Node, Fn[Key, Set[Version]]] = var(set(), "the store of a node")
    minRetained: Fn[Node, Timestamp] = var(0, "watermark of a node; reads below it are not answerable")


def latest(versions: Set[Version], ts: Timestamp) -> Timestamp:
    """The largest commit timestamp up to `ts` among some versions; 0 if there is none."""
    return max_of(set_of(Timestamp, lambda c: (c == 0) | (c <= ts) & exists(
        Val, lambda value: versions.contains(Version(commitTs=c, value=value))
    )))  # fmt: skip


def is_latest(versions: Set[Version], ts: Timestamp, v: Version) -> Bool:
    """Whether a version is the one that a read at `ts` sees: it is there, and none up to `ts` is later."""
    return versions.contains(v) & (v.commitTs <= ts) & forall_in(
        versions, lambda w: implies(w.commitTs <= ts, w.commitTs <= v.commitTs)
    )  # fmt: skip


def is_latest_logged(s: State, k: Key, ts: Timestamp, v: Version) -> Bool:
    """Whether a version of a key is the one that a read at `ts` sees in the log."""
    return logged(s, k, v) & (v.commitTs <= ts) & forall(Timestamp, Val, lambda c, value: implies(
        (c <= ts) & logged(s, k, Version(commitTs=c, value=value)), c <= v.commitTs
    ))  # fmt: skip


def logged(s: State, k: Key, v: Version) -> Bool:
    """Whether a version of a key is in the log."""
    return s.log[v.commitTs] == Entry(key=k, value=v.value)


@mvcc_replicas.action
def Commit(s: State, k: Key, v: Val) -> None:
    """Appends an entry to the log."""
    budget("clock-budget", s.logLength < MaxTs)
    now = s.logLength + 1
    s.log[now] = some(Entry(key=k, value=v))
    s.logLength = now


@mvcc_replicas.action
def Apply(s: State, n: Node, i: Timestamp) -> None:
    """A node applies the next entry of the log."""
    guard("committed", (i >= 1) & (i <= s.logLength))
    guard("unapplied", i > s.applied[n])
    guard("in-order", i == s.applied[n] + 1)
    entry = s.log[i].value
    s.store[n][entry.key] |= {Version(commitTs=i, value=entry.value)}
    s.applied[n] = i


@mvcc_replicas.action
def InstallSnapshot(s: State, n: Node, m: Node) -> None:
    """A node takes over the store of another that has applied more."""
    guard("other", n != m)
    guard("newer", s.applied[m] > s.applied[n], log_is_newer=s.logLength > s.applied[n])
    s.store[n] = s.store[m]
    s.minRetained[n] = maximum(s.minRetained[n], s.minRetained[m])
    s.applied[n] = choice("honest-index", s.applied[m], s.logLength)


@mvcc_replicas.action
def Compact(s: State, n: Node, c: Timestamp) -> None:
    """A node moves its watermark up and drops what is older, but for the latest version below it of each key."""
    guard("advances", c > s.minRetained[n])
    guard("applied", c <= s.applied[n])
    store = s.store[n]
    s.store[n] = fn(Key, lambda k: set_of(Version, lambda v: store[k].contains(v) & (
        (v.commitTs >= c) | choice("retain-latest-below", v.commitTs == latest(store[k], c - 1), False)
    )))  # fmt: skip
    s.minRetained[n] = c


mvcc_replicas.variant(
    "dishonest-index",
    drops=["InstallSnapshot.honest-index"],
    replaces={"InstallSnapshot.newer": "log_is_newer"},
    doc="a node that installs a snapshot claims to have applied the whole log",
)
mvcc_replicas.variant("any-order", drops=["Apply.in-order"], doc="a node may apply any later entry")
mvcc_replicas.variant("gap", drops=["Compact.retain-latest-below"], doc="compaction keeps nothing below the watermark")
