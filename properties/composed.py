"""What must hold of Composed."""

from __future__ import annotations

from verifier.encodings.composed import Key, State, Txn, TxnState, composed
from verifier.kernel import Bool, forall, implies, violated

composed.type_ok(variables=[
    "catalogVersion", "routes", "tsCounter", "txnState", "txnStartTs", "txnObservedVer", "txnWriteSet", "txnCommitTs",
    "txnCommitGroup", "currentVersionAtCommit", "opCount",
])  # fmt: skip


@composed.invariant(short="Composed-1", expected={"gap": violated(4), "first-gap": violated(3)})
def Composed1_CommitToOwningGroup(s: State) -> Bool:
    """The group that accepted a commit owned every written key at the version pinned at begin."""
    return forall(
        Txn,
        Key,
        lambda t, k: implies(
            (s.txnState[t] == TxnState.Committed) & s.txnWriteSet[t].contains(k),
            s.routes[s.txnObservedVer[t]][k] == s.txnCommitGroup[t],
        ),
    )


@composed.invariant(short="Composed-1a", expected={"currentfence-gap": violated(4)})
def Composed1a_CommitToCurrentOwner(s: State) -> Bool:
    """The group that accepted a commit owned every written key at the version current when the commit was applied."""
    return forall(
        Txn,
        Key,
        lambda t, k: implies(
            (s.txnState[t] == TxnState.Committed) & s.txnWriteSet[t].contains(k),
            s.routes[s.currentVersionAtCommit[t]][k] == s.txnCommitGroup[t],
        ),
    )


@composed.invariant(short="Composed-2", vacuous="it is the constant TRUE: the model has no store and no reads")
def Composed2_ReadAcrossSplitRange(s: State) -> bool:
    """Reads across a range split see what was written; published as a placeholder."""
    return True


@composed.invariant(short="Composed-3")
def Composed3_DistinctCommitTs(s: State) -> Bool:
    """Two committed transactions have different commit timestamps."""
    return forall(
        Txn,
        Txn,
        lambda t1, t2: implies(
            (t1 != t2) & (s.txnState[t1] == TxnState.Committed) & (s.txnState[t2] == TxnState.Committed),
            s.txnCommitTs[t1] != s.txnCommitTs[t2],
        ),
    )


@composed.action_property()
def Composed_CatalogMonotonic(s: State, after: State) -> Bool:
    """The catalogue version never goes back."""
    return after.catalogVersion >= s.catalogVersion


@composed.action_property()
def Composed_TsMonotonic(s: State, after: State) -> Bool:
    """The clock never goes back."""
    return after.tsCounter >= s.tsCounter


@composed.action_property(short="Composed-3 (step)")
def Composed3_TsAction(s: State, after: State) -> Bool:
    """A commit advances the clock."""
    return forall(
        Txn,
        lambda t: implies(
            (s.txnState[t] == TxnState.Active) & (after.txnState[t] == TxnState.Committed),
            after.tsCounter > s.tsCounter,
        ),
    )
