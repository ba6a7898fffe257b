"""Properties of OCC."""

from __future__ import annotations

from verifier.encodings.occ import Key, State, Txn, TxnState, Version, locked, occ, visible
from verifier.kernel import Bool, Temporal, always, eventually, forall, forall_in, implies, leads_to, one_of, violated

occ.type_ok(variables=[
    "tsCounter", "txnState", "startTs", "commitTs", "writeSet", "readObs", "lockMap", "versions", "opCount",
])  # fmt: skip


@occ.invariant(short="OCC-1", expected={"gap": violated(4)})
def OCC1_CommitTsAboveStart(s: State) -> Bool:
    """A transaction commits above its start timestamp."""
    return forall(Txn, lambda t: implies(s.txnState[t] == TxnState.Committed, s.commitTs[t] > s.startTs[t]))


@occ.invariant(short="OCC-2", expected={"gap": violated(8)})
def OCC2_NoWriteWriteConflict(s: State) -> Bool:
    """Of two committed transactions that wrote the same key, one started after the other had committed."""
    return forall(Txn, Txn, lambda t1, t2: implies(
        (t1 != t2)
        & (s.txnState[t1] == TxnState.Committed)
        & (s.txnState[t2] == TxnState.Committed)
        & ~(s.writeSet[t1] & s.writeSet[t2]).is_empty(),
        (s.commitTs[t1] != s.commitTs[t2])
        & ((s.commitTs[t1] <= s.startTs[t2]) | (s.commitTs[t2] <= s.startTs[t1])),
    ))  # fmt: skip


@occ.invariant(short="OCC-3", expected={"gap": violated(9)})
def OCC3_ReadSnapshotStability(s: State) -> Bool:
    """The values that a transaction read are those that its snapshot still shows."""
    return forall(Txn, Key, lambda t, k: implies(
        one_of(s.txnState[t], TxnState.Active, TxnState.Prepared, TxnState.Committed) & (s.readObs[t][k] != 0),
        s.readObs[t][k] == visible(s, k, s.startTs[t]),
    ))  # fmt: skip


@occ.invariant(short="OCC-4")
def OCC4_NoStrandedLockAtQuiescence(s: State) -> Bool:
    """When no transaction is under way, no key is locked."""
    quiet = forall(Txn, lambda t: one_of(s.txnState[t], TxnState.Idle, TxnState.Committed, TxnState.Aborted))
    return implies(quiet, forall(Key, lambda k: ~locked(s, k)))


@occ.invariant(short="OCC-5")
def OCC5_StartTsConsistency(s: State) -> Bool:
    """A read sees nothing that was committed after the start timestamp."""
    return forall(Txn, Key, lambda t, k: implies(s.readObs[t][k] != 0, s.readObs[t][k] <= s.startTs[t]))


@occ.action_property(short="OCC-5-step")
def OCC5_Action(s: State, after: State) -> Bool:
    """A start timestamp never changes."""
    return forall(Txn, lambda t: implies(s.startTs[t] != 0, after.startTs[t] == s.startTs[t]))


@occ.action_property()
def CommitTsAssignedOnce(s: State, after: State) -> Bool:
    """A commit timestamp never changes."""
    return forall(Txn, lambda t: implies(s.commitTs[t] != 0, after.commitTs[t] == s.commitTs[t]))


@occ.liveness(
    "OCC-L1",
    expected={"unfair": violated(1, loop=0)},
    bounded="of any number of transactions it is said one by one, by OCC-L1u",
)
def OCC_L1_TxnTerminates(s: State) -> Temporal:
    """From some point on, no transaction is under way forever."""
    def settled(t: Txn) -> Bool:
        return one_of(s.txnState[t], TxnState.Idle, TxnState.Committed, TxnState.Aborted)

    return eventually(always(forall(Txn, settled)))


@occ.liveness("OCC-L1u", expected={"unfair": violated(1, loop=0)})
def TxnEnds(s: State) -> Temporal:
    """A transaction that is under way commits or aborts in the end."""
    return forall(Txn, lambda t: leads_to(
        one_of(s.txnState[t], TxnState.Active, TxnState.Prepared), one_of(s.txnState[t], TxnState.Committed, TxnState.Aborted)
    ))  # fmt: skip


@occ.lemma("the clock is never behind a timestamp that it gave")
def StartIsPast(s: State) -> Bool:
    return forall(Txn, lambda t: s.startTs[t] <= s.tsCounter)


@occ.lemma("preparing takes the locks of all written keys, and only their owner gives them up")
def PreparedHoldsItsLocks(s: State) -> Bool:
    return forall(Txn, lambda t: implies(
        s.txnState[t] == TxnState.Prepared, forall_in(s.writeSet[t], lambda k: s.lockMap[k].owner == t)
    ))  # fmt: skip


@occ.lemma("locks are taken by preparing and given up by committing and aborting")
def LockOwnerIsPrepared(s: State) -> Bool:
    return forall(Key, lambda k: implies(
        locked(s, k), s.lockMap[k].owner.is_some & (s.txnState[s.lockMap[k].owner.value] == TxnState.Prepared)
    ))  # fmt: skip


@occ.lemma("committing installs a version of every written key")
def CommittedWasInstalled(s: State) -> Bool:
    return forall(Txn, lambda t: implies(s.txnState[t] == TxnState.Committed, forall_in(
        s.writeSet[t], lambda k: s.versions[k].contains(Version(commitTs=s.commitTs[t], owner=t))
    )))  # fmt: skip


@occ.lemma("preparing looks for newer versions, and its locks then keep them away")
def PreparedHasNoNewerVersion(s: State) -> Bool:
    return forall(Txn, lambda t: implies(s.txnState[t] == TxnState.Prepared, forall_in(
        s.writeSet[t], lambda k: forall_in(s.versions[k], lambda v: v.commitTs <= s.startTs[t])
    )))  # fmt: skip


@occ.lemma("a transaction reads after it has begun")
def IdleHasNotRead(s: State) -> Bool:
    return forall(Txn, Key, lambda t, k: implies(s.txnState[t] == TxnState.Idle, s.readObs[t][k] == 0))


@occ.lemma("commit timestamps come from the clock, which has ticked by then")
def VersionIsPast(s: State) -> Bool:
    return forall(Key, lambda k: forall_in(
        s.versions[k], lambda v: (v.commitTs >= 1) & (v.commitTs <= s.tsCounter)
    ))  # fmt: skip


@occ.lemma("a transaction gets its start timestamp when it begins")
def IdleHasNotStarted(s: State) -> Bool:
    return forall(Txn, lambda t: implies(s.txnState[t] == TxnState.Idle, s.startTs[t] == 0))


@occ.lemma("a transaction gets its commit timestamp when it commits")
def UncommittedHasNoCommitTs(s: State) -> Bool:
    return forall(Txn, lambda t: implies(s.txnState[t] != TxnState.Committed, s.commitTs[t] == 0))


occ.finding(
    "The published depth counts states",
    "A counterexample of depth about 5 is announced; it has four steps: begin, write, prepare, commit.",
    command="verify prove occ:gap --property OCC-1",
)
occ.finding(
    "The safety toggle replaces an update",
    "It is described as the removal of a guard. It changes the commit timestamp: the present value of the clock in "
    "place of the next one.",
    command="verify prove occ --drop Commit.fresh-commit-ts --property OCC-1",
)
occ.finding(
    "Locks do not protect reads here",
    "A version appears in the step that gives it its timestamp, above every start timestamp so far. So the reader's look at "
    "locks is idle, and OCC-3 holds without it; occ-resolver, where versions come later than their timestamp, needs it.",
    command="verify explore occ --drop ReadKey.no-conflicting-lock",
)
occ.finding(
    "OCC-4 is structural",
    "Commit and abort release all locks in the same step, and no single guard is needed for it; there is no lock resolver. "
    "occ-resolver has one.",
    command="verify gaps occ",
)
