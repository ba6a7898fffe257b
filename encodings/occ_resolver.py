"""OCC with an asynchronous lock resolver (after elastickv, tla/occ/OCC.tla, and Percolator).

Each transaction has a primary key. Committing the primary writes a commit record and is the decision; other keys are
finished later, by the coordinator or by a resolver that looks at the primary. An undecided primary whose lock has
expired is rolled back by writing a rollback record first. This gives content to OCC-3, OCC-4 and atomicity.
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
    exists,
    fn,
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
)

occ_resolver = Protocol("occ-resolver", "transactions with a lock resolver", source="deeper model of OCC-3 and OCC-4")

MaxTs = occ_resolver.search_bound("MaxTs", 4, "largest value of the clock")
MaxOps = occ_resolver.search_bound("MaxOps", 3, "write intents of all transactions together")


class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    """A key."""


class Txn(Scalarset, parameter="TxnIds", size=2, prefix="t"):
    """A transaction."""


class Phase(Enumeration):
    """How far a transaction's coordinator has got."""

    Idle, Active, Decided, Done, Crashed = labels(5)


class Outcome(Enumeration):
    """The status in a transaction's record."""

    Committed, RolledBack = labels(2)


class Timestamp(Range, low=0, high=MaxTs):
    """A value of the abstract clock; 0 stands for none."""


class Operations(Range, low=0, high=MaxOps):
    """A number of operations."""


class Version(Record):
    """A committed version of a key."""

    commitTs: Timestamp
    owner: Txn


class CommitRecord(Record):
    """The decision about a transaction; the timestamp of a rollback is 0."""

    outcome: Outcome
    commitTs: Timestamp


@occ_resolver.state
class State:
    tsCounter: Timestamp = var(0, "abstract clock")
    phase: Fn[Txn, Phase] = var(Phase.Idle, "how far the coordinator has got")
    startTs: Fn[Txn, Timestamp] = var(0, "start and read timestamp; 0: not begun")
    writeSet: Fn[Txn, Set[Key]] = var(set(), "buffered writes")
    primary: Fn[Txn, Option[Key]] = var(none, "the key that decides")
    prewritten: Fn[Txn, Set[Key]] = var(set(), "keys that were locked")
    lock: Fn[Key, Option[Txn]] = var(none, "who locks a key")
    versions: Fn[Key, Set[Version]] = var(set(), "committed versions")
    record: Fn[Txn, Option[CommitRecord]] = var(none, "the decision")
    expired: Fn[Txn, Bool] = var(False, "whether the primary lock has expired")
    readObs: Fn[Txn, Fn[Key, Option[Timestamp]]] = var(none, "commit timestamp seen by the read; 0: nothing found")
    opCount: Operations = var(0, "search bound only")


def visible(s: State, k: Key, ts: Timestamp) -> Timestamp:
    """The largest commit timestamp up to `ts` among the versions of a key; 0 if there is none."""
    return max_of(set_of(Timestamp, lambda c: (c == 0) | (c <= ts) & exists(
        Txn, lambda owner: s.versions[k].contains(Version(commitTs=c, owner=owner))
    )))  # fmt: skip


def says(s: State, t: Txn, outcome: Outcome) -> Bool:
    """Whether a transaction's record says this."""
    return s.record[t].is_some & (s.record[t].value.outcome == outcome)


def recorded(s: State, t: Txn) -> Version:
    """The version that a committed transaction gives to its keys."""
    return Version(commitTs=s.record[t].value.commitTs, owner=t)


def without_primary_lock(s: State, t: Txn) -> Fn[Key, Option[Txn]]:
    """The locks but for that of a transaction on its primary, if it holds it."""
    return fn(Key, lambda k: ite((s.primary[t] == k) & (s.lock[k] == t), none, s.lock[k]))


@occ_resolver.action
def BeginTxn(s: State, t: Txn) -> None:
    """Starts a transaction at a fresh timestamp."""
    guard("idle", s.phase[t] == Phase.Idle)
    budget("clock-budget", s.tsCounter < MaxTs)
    now = s.tsCounter + 1
    s.tsCounter = now
    s.phase[t] = Phase.Active
    s.startTs[t] = now


@occ_resolver.action
def ReadKey(s: State, t: Txn, k: Key) -> None:
    """Reads a key before writing any, unless an older transaction might still bring a version below the snapshot."""
    guard("active", s.phase[t] == Phase.Active)
    guard("no-writes-yet", s.writeSet[t].is_empty())
    guard("not-read", s.readObs[t][k].is_none)
    guard("no-conflicting-lock", s.lock[k].is_none | (s.startTs[s.lock[k].value] > s.startTs[t]))
    s.readObs[t][k] = some(visible(s, k, s.startTs[t]))


@occ_resolver.action
def WriteIntent(s: State, t: Txn, k: Key) -> None:
    """Buffers a write of a key not yet written by the transaction."""
    guard("active", s.phase[t] == Phase.Active)
    guard("before-prewrite", s.prewritten[t].is_empty())
    guard("new-key", ~s.writeSet[t].contains(k))
    budget("op-budget", s.opCount < MaxOps)
    s.writeSet[t] |= {k}
    s.opCount += 1


@occ_resolver.action
def Prewrite(s: State, t: Txn, k: Key) -> None:
    """Locks one written key; the first is the primary."""
    guard("active", s.phase[t] == Phase.Active)
    guard("written", s.writeSet[t].contains(k))
    guard("not-prewritten", ~s.prewritten[t].contains(k))
    guard("unlocked", s.lock[k].is_none)
    guard("no-newer-version", forall_in(s.versions[k], lambda v: v.commitTs <= s.startTs[t]))
    guard("undecided", s.record[t].is_none)
    s.primary[t] = ite(s.primary[t].is_none, some(k), s.primary[t])
    s.lock[k] = some(t)
    s.prewritten[t] |= {k}


@occ_resolver.action
def CommitPrimary(s: State, t: Txn) -> None:
    """Decides to commit: writes the record, and the version of the primary."""
    guard("active", s.phase[t] == Phase.Active)
    guard("all-prewritten", (s.prewritten[t] == s.writeSet[t]) & ~s.writeSet[t].is_empty())
    guard("lock-still-held", s.record[t].is_none & (s.lock[s.primary[t].value] == t))
    budget("clock-budget", s.tsCounter < MaxTs)
    c = s.tsCounter + 1
    s.lock = without_primary_lock(s, t)
    s.versions[s.primary[t].value] |= {Version(commitTs=c, owner=t)}
    s.record[t] = some(CommitRecord(outcome=Outcome.Committed, commitTs=c))
    s.phase[t] = Phase.Decided
    s.tsCounter = c


@occ_resolver.action
def CommitSecondary(s: State, t: Txn, k: Key) -> None:
    """The coordinator finishes another key."""
    guard("decided", s.phase[t] == Phase.Decided)
    guard("locked", s.lock[k] == t)
    s.versions[k] |= {recorded(s, t)}
    s.lock[k] = none


@occ_resolver.action
def Finish(s: State, t: Txn) -> None:
    """The coordinator has finished all keys."""
    guard("decided", s.phase[t] == Phase.Decided)
    guard("holds-no-lock", ~exists(Key, lambda k: s.lock[k] == t))
    s.phase[t] = Phase.Done


@occ_resolver.action
def Crash(s: State, t: Txn) -> None:
    """The coordinator crashes, forever."""
    guard("running", one_of(s.phase[t], Phase.Active, Phase.Decided))
    s.phase[t] = Phase.Crashed


@occ_resolver.action
def Expire(s: State, t: Txn) -> None:
    """The lock of an undecided primary expires."""
    guard("prewritten", ~s.prewritten[t].is_empty())
    guard("undecided", s.record[t].is_none)
    guard("not-expired", ~s.expired[t])
    s.expired[t] = True


@occ_resolver.action
def ResolveCommit(s: State, k: Key, t: Txn) -> None:
    """The resolver finishes a key of a committed transaction."""
    guard("locked", s.lock[k] == t)
    guard("committed", says(s, t, Outcome.Committed))
    s.versions[k] |= {recorded(s, t)}
    s.lock[k] = none


@occ_resolver.action
def ResolveAbort(s: State, k: Key, t: Txn) -> None:
    """The resolver releases a key of a transaction that was rolled back."""
    guard("locked", s.lock[k] == t)
    guard("rolled-back", says(s, t, Outcome.RolledBack))
    s.lock[k] = none


@occ_resolver.action
def RollbackPrimary(s: State, t: Txn) -> None:
    """The resolver decides to roll back: writes the record, and releases the primary."""
    guard("undecided", s.record[t].is_none)
    guard("expired", s.expired[t])
    s.record[t] = some(CommitRecord(outcome=Outcome.RolledBack, commitTs=Timestamp(0)))
    s.lock = without_primary_lock(s, t)


@occ_resolver.action
def ResolveBlind(s: State, k: Key, t: Txn) -> None:
    """A resolver that does not look at the primary releases whatever has expired; only in the variant `blind`."""
    guard("locked", s.lock[k] == t)
    guard("expired", s.expired[t])
    s.lock[k] = none


occ_resolver.variant("safe", without=["ResolveBlind"], doc="the resolver looks at the primary")
occ_resolver.variant(
    "no-resolver",
    without=["ResolveBlind", "ResolveCommit", "ResolveAbort", "RollbackPrimary"],
    doc="nobody finishes what a crashed coordinator leaves",
)
occ_resolver.variant(
    "blind", without=["ResolveCommit", "ResolveAbort"], doc="the resolver does not look at the primary"
)
occ_resolver.variant(
    "lock-not-checked",
    drops=["CommitPrimary.lock-still-held"],
    without=["ResolveBlind"],
    doc="the primary is committed although it may have been rolled back",
)
occ_resolver.variant(
    "dirty-read",
    drops=["ReadKey.no-conflicting-lock"],
    without=["ResolveBlind"],
    doc="a read does not wait for the locks of older transactions",
)
