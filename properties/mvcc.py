"""Properties of MVCC."""

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
    """Writes stay in the ghost."""
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


mvcc.finding(
    "The described counterexample is not a run of the model",
    "One write at 1 followed by Compact(2) is what was published. After one write the clock is at 1, and compaction may not "
    "be ahead of it; a second write, of another key, has to come between: three steps.",
    command="verify prove mvcc:gap --property MVCC-4",
)
mvcc.finding(
    "With a single key the gap variant does not lose anything",
    "The newest version of the only key is always at the clock, so never below the watermark, whatever the bounds.",
    command="verify explore mvcc:gap --set Keys=1",
)
mvcc.finding(
    "MVCC-4 is named after snapshots that the model does not install",
    "There is compaction only; mvcc-replicas has several nodes and snapshots.",
    command="verify show mvcc",
)
mvcc.finding(
    "MVCC-1 is structural",
    "Every write takes a fresh tick of the clock, and no guard is needed for that.",
    command="verify prove mvcc --property MVCC-1 --explain",
)
mvcc.finding(
    "Nothing depends on the watermark staying behind the clock",
    "Without that guard compaction may promise more than was written, and no property notices: no read is refused below the "
    "watermark, since there are no reads.",
    command="verify gaps mvcc",
)
