"""Composed: transactions across route changes (elastickv, tla/composed/Composed.tla).

A transaction pins the catalogue version that it sees when it begins and later commits through one Raft group. The model
asks whether that group owned every written key: at the pinned version, and at the version current at the commit.
"""

from __future__ import annotations

from verifier.kernel import (
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    Set,
    budget,
    constant,
    forall,
    guard,
    implies,
    labels,
    none,
    some,
    var,
)

composed = Protocol("composed", "transactions across route changes", source="elastickv tla/composed/Composed.tla")

MaxVersions = composed.search_bound("MaxVersions", 2, "largest catalogVersion")
MaxTs = composed.search_bound("MaxTs", 4, "largest value of the clock")
MaxOps = composed.search_bound("MaxOps", 4, "route changes, begins and write intents together")


class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    """A key."""


class Group(Scalarset, parameter="Groups", size=2, prefix="g"):
    """A Raft group; InitGroup owns every key at version 0."""

    InitGroup = constant()


class Txn(Scalarset, parameter="TxnIds", size=2, prefix="t"):
    """A transaction."""


class TxnState(Enumeration):
    """The life cycle of a transaction."""

    Idle, Active, Committed, Aborted = labels(4)


class Version(Range, low=0, high=MaxVersions):
    """A version of the route catalogue."""


class Timestamp(Range, low=0, high=MaxTs):
    """A value of the abstract clock."""


class Operations(Range, low=0, high=MaxOps):
    """A number of operations."""


@composed.state
class State:
    catalogVersion: Version = var(0, "latest durable catalogue version")
    routes: Fn[Version, Fn[Key, Group]] = var(Group.InitGroup, "owner map per version; later ones keep the initial map")
    tsCounter: Timestamp = var(0, "abstract clock")
    txnState: Fn[Txn, TxnState] = var(TxnState.Idle, "life cycle")
    txnStartTs: Fn[Txn, Timestamp] = var(0, "start timestamp")
    txnObservedVer: Fn[Txn, Version] = var(0, "catalogue version pinned at begin")
    txnWriteSet: Fn[Txn, Set[Key]] = var(set(), "written keys")
    txnCommitTs: Fn[Txn, Timestamp] = var(0, "commit timestamp")
    txnCommitGroup: Fn[Txn, Option[Group]] = var(none, "group that accepted the commit")
    currentVersionAtCommit: Fn[Txn, Version] = var(0, "catalogue version when the commit was applied")
    opCount: Operations = var(0, "search bound only")


@composed.action
def ProposeRouteChange(s: State, k: Key, g: Group) -> None:
    """Moves a key to a group (perhaps its present owner) in a new catalogue version."""
    budget("op-budget", s.opCount < MaxOps)
    budget("version-budget", s.catalogVersion < MaxVersions)
    w = s.catalogVersion + 1
    s.routes[w] = s.routes[s.catalogVersion].updated(k, g)
    s.catalogVersion = w
    s.opCount += 1


@composed.action
def BeginTxn(s: State, t: Txn) -> None:
    """Starts a transaction, which pins the current catalogue version."""
    guard("idle", s.txnState[t] == TxnState.Idle)
    budget("clock-budget", s.tsCounter < MaxTs)
    budget("op-budget", s.opCount < MaxOps)
    now = s.tsCounter + 1
    s.txnState[t] = TxnState.Active
    s.txnStartTs[t] = now
    s.txnObservedVer[t] = s.catalogVersion
    s.tsCounter = now
    s.opCount += 1


@composed.action
def WriteIntent(s: State, t: Txn, k: Key) -> None:
    """Buffers a write of a key not yet written by the transaction."""
    guard("active", s.txnState[t] == TxnState.Active)
    guard("new-key", ~s.txnWriteSet[t].contains(k))
    budget("op-budget", s.opCount < MaxOps)
    s.txnWriteSet[t] |= {k}
    s.opCount += 1


@composed.action
def Commit(s: State, t: Txn, g: Group) -> None:
    """Commits a transaction through a group that owns all its keys, at the pinned and at the current version."""
    guard("active", s.txnState[t] == TxnState.Active)
    budget("clock-budget", s.tsCounter < MaxTs)
    written = s.txnWriteSet[t]
    pinned = s.routes[s.txnObservedVer[t]]
    current = s.routes[s.catalogVersion]
    guard("observed-owner", forall(Key, lambda k: implies(written.contains(k), pinned[k] == g)))
    guard("current-owner", forall(Key, lambda k: implies(written.contains(k), current[k] == g)))
    now = s.tsCounter + 1
    s.txnState[t] = TxnState.Committed
    s.txnCommitTs[t] = now
    s.txnCommitGroup[t] = some(g)
    s.currentVersionAtCommit[t] = s.catalogVersion
    s.tsCounter = now


@composed.action
def Abort(s: State, t: Txn) -> None:
    """Gives up an active transaction."""
    guard("active", s.txnState[t] == TxnState.Active)
    s.txnState[t] = TxnState.Aborted


composed.variant(
    "gap", drops=["Commit.observed-owner"], doc="the group need not have owned the keys at the pinned version"
)
composed.variant(
    "currentfence-gap",
    drops=["Commit.current-owner"],
    doc="the group need not own the keys when the commit is applied",
)
composed.variant(
    "first",
    drops=["Commit.current-owner"],
    without=["currentVersionAtCommit"],
    doc="as first published, without the current-version fence",
)
composed.variant(
    "first-gap",
    drops=["Commit.current-owner", "Commit.observed-owner"],
    without=["currentVersionAtCommit"],
    doc="as first published, and the observed-owner check off",
)
