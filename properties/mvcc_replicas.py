"""Properties of MVCC on several nodes."""

from __future__ import annotations

from verifier.encodings.mvcc_replicas import (
    Key,
    Node,
    State,
    Timestamp,
    Version,
    is_latest,
    is_latest_logged,
    logged,
    mvcc_replicas,
)
from verifier.kernel import Bool, all_of, exists_in, forall, forall_in, implies, violated

mvcc_replicas.type_ok(variables=["log", "logLength", "applied", "store", "minRetained"])


@mvcc_replicas.invariant(
    short="MVCC-3", expected={"dishonest-index": violated(3), "any-order": violated(4), "gap": violated(6)}
)
def MVCC3_ReplicasAgree(s: State) -> Bool:
    """Two nodes show the same version of a key wherever both may answer."""

    def same(n: Node, m: Node, k: Key, ts: Timestamp) -> Bool:
        return forall(Version, lambda v: is_latest(s.store[n][k], ts, v) == is_latest(s.store[m][k], ts, v))

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
    return forall(Node, Key, Timestamp, Version, lambda n, k, ts, v: implies(
        (ts >= s.minRetained[n]) & (ts <= s.applied[n]),
        is_latest(s.store[n][k], ts, v) == is_latest_logged(s, k, ts, v),
    ))  # fmt: skip


@mvcc_replicas.lemma("entries are appended at the end, from 1")
def LogHasNoHoles(s: State) -> Bool:
    return forall(Timestamp, lambda i: s.log[i].is_some == ((i >= 1) & (i <= s.logLength)))


@mvcc_replicas.lemma("a node applies what is committed")
def AppliedIsCommitted(s: State) -> Bool:
    return forall(Node, lambda n: s.applied[n] <= s.logLength)


@mvcc_replicas.lemma("every version that a node stores it has applied, itself or through others")
def StoredIsLogged(s: State) -> Bool:
    return forall(Node, Key, lambda n, k: forall_in(
        s.store[n][k], lambda v: (v.commitTs <= s.applied[n]) & logged(s, k, v)
    ))  # fmt: skip


@mvcc_replicas.lemma("a node lacks what it compacted away, and then has a later version up to the watermark")
def MissingWasReplaced(s: State) -> Bool:
    return forall(Node, Key, Version, lambda n, k, v: implies(
        (v.commitTs <= s.applied[n]) & logged(s, k, v),
        s.store[n][k].contains(v) | exists_in(
            s.store[n][k], lambda w: (v.commitTs < w.commitTs) & (w.commitTs <= s.minRetained[n])
        ),
    ))  # fmt: skip
