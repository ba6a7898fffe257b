"""What must hold of MVCC."""

from __future__ import annotations

from verifier.encodings.mvcc import Key, State, Timestamp, Version, is_latest, mvcc
from verifier.kernel import Bool, exists_in, forall, forall_in, implies, violated

mvcc.type_ok(variables=["versions", "originalVersions", "tsCounter", "minRetained", "opCount"])


@mvcc.invariant(short="MVCC-1")
def MVCC1_VisibleVersionUnique(s: State) -> Bool:
    """No two versions of a key have the same commit timestamp."""
    return forall(Key, lambda k: forall_in(s.versions[k], lambda v: forall_in(
        s.versions[k], lambda w: implies(v.commitTs == w.commitTs, v == w)
    )))  # fmt: skip


@mvcc.invariant(short="MVCC-4", expected={"gap": violated(3)})
def MVCC4_NoLostCommitOnSnapshotInstall(s: State) -> Bool:
    """A read at or above the watermark sees what it would have seen without compaction."""
    return forall(Key, Timestamp, Version, lambda k, ts, v: implies(
        ts >= s.minRetained, is_latest(s.versions[k], ts, v) == is_latest(s.originalVersions[k], ts, v)
    ))  # fmt: skip


@mvcc.action_property()
def MVCC_TsMonotonic(s: State, after: State) -> Bool:
    """The clock never goes back."""
    return after.tsCounter >= s.tsCounter


@mvcc.action_property()
def MVCC_GhostMonotonic(s: State, after: State) -> Bool:
    """What was written stays in the ghost."""
    return forall(Key, lambda k: s.originalVersions[k] <= after.originalVersions[k])


@mvcc.lemma("compaction only drops, and a write goes into both")
def StoreIsPartOfHistory(s: State) -> Bool:
    return forall(Key, lambda k: s.versions[k] <= s.originalVersions[k])


@mvcc.lemma("commit timestamps come from the clock, which has ticked by then")
def HistoryIsPast(s: State) -> Bool:
    return forall(Key, lambda k: forall_in(
        s.originalVersions[k], lambda v: (v.commitTs >= 1) & (v.commitTs <= s.tsCounter)
    ))  # fmt: skip


@mvcc.lemma("compaction keeps the latest version below the new watermark, so what it drops has a later one")
def DroppedWasReplaced(s: State) -> Bool:
    return forall(Key, lambda k: forall_in(s.originalVersions[k], lambda v: s.versions[k].contains(v) | exists_in(
        s.versions[k], lambda w: (v.commitTs < w.commitTs) & (w.commitTs <= s.minRetained)
    )))  # fmt: skip
