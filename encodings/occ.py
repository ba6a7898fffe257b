"""OCC: Percolator-style optimistic transactions (elastickv, tla/occ/OCC.tla).

Transactions commit in two phases over locks of single keys: they buffer writes, lock every written key (prepare), then
install versions at a commit timestamp, or abort. The model asks about the order of timestamps, write-write conflicts,
the stability of snapshots and the release of locks, for one store with an abstract clock.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
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
    ite,
    labels,
    max_of,
    none,
    one_of,
    set_of,
    some,
    var,
    weak,
)

occ = Protocol("occ", "optimistic transactions with per-key locks", source="elastickv tla/occ/OCC.tla")

MaxTs = occ.search_bound("MaxTs", 6, "largest value of the clock")
MaxOps = occ.search_bound("MaxOps", 3, "write intents of all transactions together")


class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    """A key."""


class Txn(Scalarset, parameter="TxnIds", size=2, prefix="t"):
    """A transaction."""


class TxnState(Enumeration):
    """The life cycle of a transaction."""

    Idle, Active, Prepared, Committed, Aborted = labels(5)


class Timestamp(Range, low=0, high=MaxTs):
    """A value of the abstract clock; 0 stands for none."""


class Operations(Range, low=0, high=MaxOps):
    """A number of operations."""


class Lock(Record):
    """An entry of the lock table."""

    owner: Option[Txn]
    lockTs: Timestamp


class Version(Record):
    """A committed version of a key."""

    commitTs: Timestamp
    owner: Txn


NoLock = Lock(owner=none, lockTs=Timestamp(0))


@occ.state
class State:
    tsCounter: Timestamp = var(0, "abstract clock")
    txnState: Fn[Txn, TxnState] = var(TxnState.Idle, "life cycle")
    startTs: Fn[Txn, Timestamp] = var(0, "start and read timestamp; 0: not begun")
    commitTs: Fn[Txn, Timestamp] = var(0, "commit timestamp; 0: not committed")
    writeSet: Fn[Txn, Set[Key]] = var(set(), "buffered writes; kept after commit or abort")
    readObs: Fn[Txn, Fn[Key, Timestamp]] = var(0, "commit timestamp seen by the read; 0: not read, or nothing found")
    lockMap: Fn[Key, Lock] = var(NoLock, "lock table")
    versions: Fn[Key, Set[Version]] = var(set(), "committed versions")
    opCount: Operations = var(0, "search bound only")


def locked(s: State, k: Key) -> Bool:
    """Whether a key is locked."""
    return s.lockMap[k] != NoLock


def visible(s: State, k: Key, ts: Timestamp) -> Timestamp:
    """The largest commit timestamp up to `ts` among the versions of a key; 0 if there is none."""
    return max_of(set_of(Timestamp, lambda c: (c == 0) | (c <= ts) & exists(
        Txn, lambda owner: s.versions[k].contains(Version(commitTs=c, owner=owner))
    )))  # fmt: skip


def released(s: State, t: Txn) -> Fn[Key, Lock]:
    """The lock table without the locks of a transaction."""
    return fn(Key, lambda k: ite(s.lockMap[k].owner == t, NoLock, s.lockMap[k]))


@occ.action
def BeginTxn(s: State, t: Txn) -> None:
    """Starts a transaction at a fresh timestamp."""
    guard("idle", s.txnState[t] == TxnState.Idle)
    budget("clock-budget", s.tsCounter < MaxTs)
    now = s.tsCounter + 1
    s.tsCounter = now
    s.txnState[t] = TxnState.Active
    s.startTs[t] = now


@occ.action
def ReadKey(s: State, t: Txn, k: Key) -> None:
    """Reads a key at the start timestamp, unless an older lock might still bring a version below it."""
    guard("active", s.txnState[t] == TxnState.Active)
    guard("not-read", s.readObs[t][k] == 0)
    guard("no-conflicting-lock", ~(locked(s, k) & (s.lockMap[k].lockTs <= s.startTs[t])))
    s.readObs[t][k] = visible(s, k, s.startTs[t])


@occ.action
def WriteIntent(s: State, t: Txn, k: Key) -> None:
    """Buffers a write of a key not yet written by the transaction."""
    guard("active", s.txnState[t] == TxnState.Active)
    guard("new-key", ~s.writeSet[t].contains(k))
    budget("op-budget", s.opCount < MaxOps)
    s.writeSet[t] |= {k}
    s.opCount += 1


@occ.action
def Prepare(s: State, t: Txn) -> None:
    """Locks every written key, if none is locked and none has a version newer than the snapshot."""
    guard("active", s.txnState[t] == TxnState.Active)
    written, start = s.writeSet[t], s.startTs[t]
    guard("writes-something", ~written.is_empty())
    guard("unlocked", forall_in(written, lambda k: ~locked(s, k)))
    guard("no-newer-version", forall_in(written, lambda k: forall_in(s.versions[k], lambda v: v.commitTs <= start)))
    s.txnState[t] = TxnState.Prepared
    s.lockMap = fn(Key, lambda k: ite(written.contains(k), Lock(owner=some(t), lockTs=start), s.lockMap[k]))


@occ.action
def Commit(s: State, t: Txn) -> None:
    """Installs the written versions at a fresh commit timestamp and releases the locks."""
    guard("prepared", s.txnState[t] == TxnState.Prepared)
    budget("clock-budget", s.tsCounter < MaxTs)
    written = s.writeSet[t]
    c = choice("fresh-commit-ts", s.tsCounter + 1, s.tsCounter)
    version = Version(commitTs=c, owner=t)
    s.tsCounter = c
    s.commitTs[t] = c
    s.txnState[t] = TxnState.Committed
    s.versions = fn(Key, lambda k: ite(written.contains(k), s.versions[k] | {version}, s.versions[k]))
    s.lockMap = released(s, t)


@occ.action
def Abort(s: State, t: Txn) -> None:
    """Gives up a transaction and releases its locks."""
    guard("active-or-prepared", one_of(s.txnState[t], TxnState.Active, TxnState.Prepared))
    s.txnState[t] = TxnState.Aborted
    s.lockMap = released(s, t)


occ.fairness(forall(Txn, lambda t: weak(Abort, t)))


@occ.constraint
def StateConstraint(s: State) -> Bool:
    return (s.tsCounter <= MaxTs) & (s.opCount <= MaxOps)


occ.variant(
    "gap",
    drops=["Commit.fresh-commit-ts", "Commit.clock-budget"],
    doc="a commit takes the present value of the clock",
)
occ.variant(
    "unfair",
    drops=["fairness.Abort"],
    settings={"MaxTs": 4},
    doc="live, and no transaction has to end",
)
occ.variant("live", settings={"MaxTs": 4}, doc="the constants that liveness was published with")
