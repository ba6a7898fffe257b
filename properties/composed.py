"""Properties of Composed."""

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


@composed.action_property(short="Composed-3-step")
def Composed3_TsAction(s: State, after: State) -> Bool:
    """A commit advances the clock."""
    return forall(
        Txn,
        lambda t: implies(
            (s.txnState[t] == TxnState.Active) & (after.txnState[t] == TxnState.Committed),
            after.tsCounter > s.tsCounter,
        ),
    )


composed.finding(
    "Composed-2 is the constant TRUE",
    "The model has no store and no reads, so the property says nothing about reads across a split; composed-reads gives it "
    "content.",
    command="verify prove composed --property Composed-2",
)
composed.finding(
    "The counterexample of the first publication is one step too long",
    "It was given as the canonical one of four steps, with a route change. Without the current-version fence none is needed: "
    "begin, write, commit through a group that never owned the key.",
    command="verify prove composed:first-gap --property Composed-1",
)
composed.finding(
    "Composed-3 is structural",
    "The timestamps come from one counter that every commit advances; its proof uses no guard at all. The design mentions "
    "clocks of several groups that may collide; there are none in the model.",
    command="verify prove composed --property Composed-3 --explain",
)
composed.finding(
    "Composed-1 alone lets a group commit that has lost the key",
    "It asks about the version pinned at begin only, and holds without the current-version fence; hence Composed-1a.",
    command="verify prove composed:currentfence-gap",
)
composed.finding(
    "Symmetry by a union of permutation groups was never wrong",
    "The union is not closed under composition, but TLC takes what it is given as generators, so the figures never changed: "
    "the number of orbits is the same.",
    command="verify explore composed:first --symmetry",
)
