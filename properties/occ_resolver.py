"""Properties of OCC with a lock resolver."""

from __future__ import annotations

from verifier.encodings.occ_resolver import (
    Expire,
    Key,
    Outcome,
    Phase,
    ResolveAbort,
    ResolveBlind,
    ResolveCommit,
    RollbackPrimary,
    State,
    Txn,
    occ_resolver,
    recorded,
    says,
    visible,
)
from verifier.kernel import Bool, any_of, enabled, forall, forall_in, implies, ite, one_of, violated

occ_resolver.type_ok(variables=[
    "tsCounter", "phase", "startTs", "writeSet", "primary", "prewritten", "lock", "versions", "record", "expired",
    "readObs", "opCount",
])  # fmt: skip


@occ_resolver.invariant(short="OCC-3", expected={"dirty-read": violated(9)})
def OCC3_ReadSnapshotStability(s: State) -> Bool:
    """The values that a transaction read, or their absence, are those that its snapshot still shows."""
    return forall(Txn, Key, lambda t, k: implies(
        s.readObs[t][k].is_some, s.readObs[t][k].value == visible(s, k, s.startTs[t])
    ))  # fmt: skip


@occ_resolver.invariant(short="OCC-4", expected={"no-resolver": violated(5), "blind": violated(7)})
def OCC4_NoStrandedLockAtQuiescence(s: State) -> Bool:
    """When no coordinator runs and no lock can expire or be resolved, no key is locked."""
    running = ~forall(Txn, lambda t: ~one_of(s.phase[t], Phase.Active, Phase.Decided))
    resolving = any_of(
        enabled(Expire), enabled(ResolveCommit), enabled(ResolveAbort), enabled(RollbackPrimary), enabled(ResolveBlind)
    )
    return running | resolving | forall(Key, lambda k: s.lock[k].is_none)


@occ_resolver.invariant(expected={"blind": violated(8), "lock-not-checked": violated(9)})
def AllOrNothing(s: State) -> Bool:
    """A committed transaction has installed each of its keys or still locks it; any other has installed none."""

    def whole(t: Txn) -> Bool:
        version = recorded(s, t)
        return forall_in(s.writeSet[t], lambda k: s.versions[k].contains(version) | (s.lock[k] == t))

    def nothing(t: Txn) -> Bool:
        return forall(Key, lambda k: forall_in(s.versions[k], lambda v: v.owner != t))

    return forall(Txn, lambda t: ite(says(s, t, Outcome.Committed), whole(t), nothing(t)))


@occ_resolver.action_property(expected={"lock-not-checked": violated(6)})
def RecordOnce(s: State, after: State) -> Bool:
    """A decision never changes."""
    return forall(Txn, lambda t: implies(s.record[t].is_some, after.record[t] == s.record[t]))


@occ_resolver.lemma("the clock is never behind a timestamp that it gave")
def StartIsPast(s: State) -> Bool:
    return forall(Txn, lambda t: s.startTs[t] <= s.tsCounter)


@occ_resolver.lemma("a transaction reads after it has begun")
def IdleHasNotRead(s: State) -> Bool:
    return forall(Txn, Key, lambda t, k: implies(s.phase[t] == Phase.Idle, s.readObs[t][k].is_none))


@occ_resolver.lemma("only prewriting locks")
def LockedIsPrewritten(s: State) -> Bool:
    return forall(Txn, Key, lambda t, k: implies(s.lock[k] == t, s.prewritten[t].contains(k)))


@occ_resolver.lemma("no lock is released before the decision")
def UndecidedHoldsItsLocks(s: State) -> Bool:
    return forall(Txn, lambda t: implies(
        s.record[t].is_none, forall_in(s.prewritten[t], lambda k: s.lock[k] == t)
    ))  # fmt: skip


@occ_resolver.lemma("the first key that is prewritten is the primary")
def PrewrittenHasPrimary(s: State) -> Bool:
    return forall(Txn, lambda t: s.prewritten[t].is_empty() | s.primary[t].is_some)


@occ_resolver.lemma("the coordinator leaves phase Active by committing the primary, or crashes")
def CommittedByCoordinator(s: State) -> Bool:
    return forall(Txn, lambda t: ite(
        says(s, t, Outcome.Committed),
        ~one_of(s.phase[t], Phase.Idle, Phase.Active),
        ~one_of(s.phase[t], Phase.Decided, Phase.Done),
    ))  # fmt: skip


@occ_resolver.lemma("a commit takes a fresh tick of the clock")
def CommittedAboveStart(s: State) -> Bool:
    return forall(Txn, lambda t: implies(
        says(s, t, Outcome.Committed),
        (s.startTs[t] < s.record[t].value.commitTs) & (s.record[t].value.commitTs <= s.tsCounter),
    ))  # fmt: skip


@occ_resolver.lemma("versions are written as recorded")
def VersionIsRecorded(s: State) -> Bool:
    return forall(Key, lambda k: forall_in(s.versions[k], lambda v: (
        says(s, v.owner, Outcome.Committed) & (s.record[v.owner].value.commitTs == v.commitTs)
    )))  # fmt: skip


@occ_resolver.lemma("a lock that a read did not wait for is of a transaction that commits above the snapshot")
def UnfinishedIsAboveReads(s: State) -> Bool:
    return forall(Txn, Txn, Key, lambda t, other, k: implies(
        s.readObs[t][k].is_some & (s.lock[k] == other) & says(s, other, Outcome.Committed),
        s.record[other].value.commitTs > s.startTs[t],
    ))  # fmt: skip
