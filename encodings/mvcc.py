"""MVCC: version chains and compaction (elastickv, tla/mvcc/MVCC.tla).

Each key holds a set of versions; compaction moves a retention watermark up and drops old versions. The model asks
whether a read at or above the watermark still sees what it would have seen without compaction. One node, an abstract
clock.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    budget,
    choice,
    exists,
    fn,
    forall_in,
    guard,
    implies,
    max_of,
    set_of,
    var,
)

mvcc = Protocol("mvcc", "version chains and compaction", source="elastickv tla/mvcc/MVCC.tla")

MaxTs = mvcc.search_bound("MaxTs", 4, "largest value of the clock, and of the watermark")
MaxOps = mvcc.search_bound("MaxOps", 3, "writes")


class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    """A key."""


class Val(Scalarset, parameter="Vals", size=2, prefix="v"):
    """A value."""


class Timestamp(Range, low=0, high=MaxTs):
    """A value of the abstract clock; 0 stands for none."""


class Watermark(Timestamp, low=1, high=MaxTs):
    """A timestamp to compact at."""


class Operations(Range, low=0, high=MaxOps):
    """A number of operations."""


class Version(Record):
    """A version of a key."""

    commitTs: Timestamp
    value: Val


@mvcc.state
class State:
    versions: Fn[Key, Set[Version]] = var(set(), "the store")
    originalVersions: Fn[Key, Set[Version]] = var(set(), "ghost: everything ever written, never pruned")
    tsCounter: Timestamp = var(0, "clock")
    minRetained: Timestamp = var(0, "watermark; reads below it are not answerable")
    opCount: Operations = var(0, "search bound only")


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


@mvcc.action
def Write(s: State, k: Key, v: Val) -> None:
    """Writes a version of a key at a fresh timestamp."""
    budget("op-budget", s.opCount < MaxOps)
    budget("clock-budget", s.tsCounter < MaxTs)
    now = s.tsCounter + 1
    written = Version(commitTs=now, value=v)
    s.versions[k] |= {written}
    s.originalVersions[k] |= {written}
    s.tsCounter = now
    s.opCount += 1


@mvcc.action
def Compact(s: State, newMin: Watermark) -> None:
    """Moves the watermark up and drops what is older, but for the latest version below it of each key."""
    guard("advances", newMin > s.minRetained)
    guard("not-ahead-of-clock", newMin <= s.tsCounter)
    s.versions = fn(Key, lambda k: set_of(Version, lambda v: s.versions[k].contains(v) & (
        (v.commitTs >= newMin)
        | choice("retain-latest-below", v.commitTs == latest(s.versions[k], newMin - 1), False)
    )))  # fmt: skip
    s.minRetained = newMin


@mvcc.constraint
def StateConstraint(s: State) -> Bool:
    return (s.tsCounter <= MaxTs) & (s.minRetained <= MaxTs) & (s.opCount <= MaxOps)


mvcc.variant("gap", drops=["Compact.retain-latest-below"], doc="compaction keeps nothing below the watermark")
