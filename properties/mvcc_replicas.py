"""What must hold of MVCC on several nodes."""

from __future__ import annotations

from verifier.encodings.mvcc_replicas import (
    Entry,
    Key,
    Node,
    State,
    Timestamp,
    Val,
    Version,
    latest,
    latest_logged,
    logged,
    mvcc_replicas,
    same_value,
)
from verifier.kernel import Bool, all_of, exists, forall, forall_in, implies, violated

mvcc_replicas.type_ok(variables=["log", "logLength", "applied", "store", "minRetained"])


@mvcc_replicas.invariant(
    short="MVCC-3", expected={"dishonest-index": violated(3), "any-order": violated(4), "gap": violated(6)}
)
def MVCC3_ReplicasAgree(s: State) -> Bool:
    """Two nodes show the same version of a key wherever both may answer."""

    def same(n: Node, m: Node, k: Key, ts: Timestamp) -> Bool:
        found = latest(s.store[n][k], ts)
        return (found == latest(s.store[m][k], ts)) & same_value(s.store[n][k], s.store[m][k], found)

    return forall(Node, Node, Key, Timestamp, lambda n, m, k, ts: implies(
        all_of(
            ts >= s.minRetained[n], ts >= s.minRetained[m],
            ts <= s.applied[n], ts <= s.applied[m],
        ),
        same(n, m, k, ts),
    ))  # fmt: skip


@mvcc_replicas.invariant(
    short="MVCC-3c", expected={"dishonest-index": violated(2), "any-order": violated(3), "gap": violated(5)}
)
def MVCC3c_ReplicaShowsLog(s: State) -> Bool:
    """Where a node may answer, it shows the version of a key that the log says."""

    def same(n: Node, k: Key, ts: Timestamp) -> Bool:
        found = latest(s.store[n][k], ts)
        return (found == latest_logged(s, k, ts)) & forall(Val, lambda value: (
            s.store[n][k].contains(Version(commitTs=found, value=value))
            == (s.log[found] == Entry(key=k, value=value))
        ))  # fmt: skip

    return forall(Node, Key, Timestamp, lambda n, k, ts: implies(
        (ts >= s.minRetained[n]) & (ts <= s.applied[n]), same(n, k, ts)
    ))  # fmt: skip


@mvcc_replicas.lemma("entries are appended at the end, from 1")
def LogHasNoHoles(s: State) -> Bool:
    return forall(Timestamp, lambda i: s.log[i].is_some == ((i >= 1) & (i <= s.logLength)))


@mvcc_replicas.lemma("a node applies what is committed")
def AppliedIsCommitted(s: State) -> Bool:
    return forall(Node, lambda n: s.applied[n] <= s.logLength)


@mvcc_replicas.lemma("a node compacts what it has applied")
def RetainedIsApplied(s: State) -> Bool:
    return forall(Node, lambda n: s.minRetained[n] <= s.applied[n])


@mvcc_replicas.lemma("what a node stores it has applied, by itself or through others")
def StoredIsLogged(s: State) -> Bool:
    return forall(Node, Key, lambda n, k: forall_in(s.store[n][k], lambda v: (
        (v.commitTs <= s.applied[n]) & (s.log[v.commitTs] == Entry(key=k, value=v.value))
    )))  # fmt: skip


@mvcc_replicas.lemma("a node lacks what it compacted away, and then has a later entry of the key below the watermark")
def MissingWasReplaced(s: State) -> Bool:
    def replaced(n: Node, k: Key, c: Timestamp) -> Bool:
        return exists(Timestamp, lambda later: (c < later) & (later <= s.minRetained[n]) & logged(s, k, later))

    return forall(Node, Key, Timestamp, lambda n, k, c: implies(
        (c <= s.applied[n]) & logged(s, k, c),
        s.store[n][k].contains(Version(commitTs=c, value=s.log[c].value.value)) | replaced(n, k, c),
    ))  # fmt: skip
