"""Properties of Anti-entropy."""

from __future__ import annotations

from verifier.encodings.anti_entropy import (
    Bucket,
    Entry,
    Key,
    Replica,
    Slot,
    State,
    anti_entropy,
    bucket_hash,
    free,
    root_of,
)
from verifier.kernel import (
    Bool,
    Option,
    Temporal,
    always,
    eventually,
    exists,
    forall,
    implies,
    leads_to,
    violated,
)

anti_entropy.type_ok(
    variables=[
        "kv_state",
        "generation",
        "merkle_buckets",
        "merkle_root",
        "peer_digests",
        "divergent_peers",
        "pending_syncs",
        "partitioned",
        "bucket_of",
    ]
)


def _same(s: State, r: Replica, p: Replica) -> Bool:
    return forall(Key, lambda k: s.kv_state[r][k] == s.kv_state[p][k])


def _all_same(s: State) -> Bool:
    return forall(Replica, Replica, lambda r, p: _same(s, r, p))


def _all_connected(s: State) -> Bool:
    return forall(Replica, Replica, lambda r, p: ~s.partitioned[r][p])


def _at_least(new: Option[Entry], old: Option[Entry]) -> Bool:
    """Whether an entry is at least as new as another."""
    return implies(old.is_some, new.is_some & (new.value.timestamp >= old.value.timestamp))


def _cleared(s: State, t: State) -> Bool:
    """Whether every flag that is cleared leaves a store at least as new as the peer's."""
    return forall(Replica, Replica, lambda r, p: implies(
        s.divergent_peers[r].contains(p) & ~t.divergent_peers[r].contains(p),
        forall(Key, lambda k: _at_least(t.kv_state[r][k], t.kv_state[p][k])),
    ))  # fmt: skip


# -- as published ------------------------------------------------------------------------------------------------------


@anti_entropy.invariant(vacuous="it is a matter of types")
def MerkleConsistent(s: State) -> Bool:
    """The root hash is a natural number."""
    return forall(Replica, lambda r: s.merkle_root[r] >= 0)


@anti_entropy.invariant(vacuous="it is a matter of types")
def GenerationMonotonic(s: State) -> Bool:
    """The generation is a natural number; it does not say that it grows."""
    return forall(Replica, lambda r: s.generation[r] >= 0)


@anti_entropy.invariant()
def NoSelfDivergence(s: State) -> Bool:
    """No replica flags itself."""
    return forall(Replica, lambda r: ~s.divergent_peers[r].contains(r))


@anti_entropy.invariant()
def PartitionSymmetric(s: State) -> Bool:
    """Partitions cut both ways."""
    return forall(Replica, Replica, lambda r, p: s.partitioned[r][p] == s.partitioned[p][r])


@anti_entropy.invariant()
def SyncRequestsValid(s: State) -> Bool:
    """No replica asks itself."""
    return forall(Slot, lambda m: implies(
        s.pending_syncs[m].request.is_some,
        s.pending_syncs[m].request.value.source != s.pending_syncs[m].request.value.to,
    ))  # fmt: skip


@anti_entropy.invariant(expected={"safe": violated(1)})
def EventualConvergence(s: State) -> Bool:
    """Where nobody is cut off and nothing is on its way, all stores are equal. Published as a temporal property."""
    return implies(_all_connected(s) & forall(Slot, lambda m: free(s, m)), _all_same(s))


@anti_entropy.action_property()
def PartitionHealTriggers(s: State, t: State) -> Bool:
    """A peer that is connected again is flagged."""
    return forall(Replica, Replica, lambda r, p: implies(
        s.partitioned[r][p] & ~t.partitioned[r][p], t.divergent_peers[r].contains(p)
    ))  # fmt: skip


@anti_entropy.liveness(
    expected={"safe": violated(2, loop=2)},
    bounded="it is violated with a bound",
)
def SyncCompletenessC(s: State) -> Temporal:
    """A peer that is flagged and connected is eventually no longer flagged.

    The published SyncCompleteness quantifies over a variable outside the temporal operator.
    """
    return forall(Replica, Replica, lambda r, p: leads_to(
        s.divergent_peers[r].contains(p) & ~s.partitioned[r][p], ~s.divergent_peers[r].contains(p)
    ))  # fmt: skip


# -- as it should be ---------------------------------------------------------------------------------------------------


@anti_entropy.invariant(expected={"safe": violated(1)})
def BucketFresh(s: State) -> Bool:
    """The hash of a bucket is that of the store."""
    return forall(Replica, Bucket, lambda r, b: s.merkle_buckets[r][b] == bucket_hash(s, s.kv_state[r], b))


@anti_entropy.invariant(expected={"safe": violated(6)})
def RootFresh(s: State) -> Bool:
    """The root hash is that of the hashes of the buckets."""
    return forall(Replica, lambda r: s.merkle_root[r] == root_of(s.merkle_buckets[r]))


@anti_entropy.invariant(expected={"safe": violated(1)})
def DigestSound(s: State) -> Bool:
    """Replicas with the same root hash have the same store."""
    return forall(Replica, Replica, lambda r, p: implies(s.merkle_root[r] == s.merkle_root[p], _same(s, r, p)))


@anti_entropy.action_property(expected={"safe": violated(2)})
def ExchangeFlags(s: State, t: State) -> Bool:
    """An exchange of digests flags whoever has another store."""
    return forall(Replica, Replica, lambda r, p: implies(
        (s.peer_digests[r][p] != t.peer_digests[r][p]) & ~_same(s, r, p), t.divergent_peers[r].contains(p)
    ))  # fmt: skip


@anti_entropy.action_property(expected={"safe": violated(4)})
def ClearStep(s: State, t: State) -> Bool:
    """A flag is cleared only where the store is at least as new as the peer's."""
    return _cleared(s, t)


@anti_entropy.action_property(expected={"safe": violated(6)})
def ClearReceipt(s: State, t: State) -> Bool:
    """The same, of steps that take messages."""
    return implies(exists(Slot, lambda m: s.pending_syncs[m] != t.pending_syncs[m]), _cleared(s, t))


@anti_entropy.action_property()
def GenerationStep(s: State, t: State) -> Bool:
    """No generation falls."""
    return forall(Replica, lambda r: s.generation[r] <= t.generation[r])


def _nothing_older(s: State, t: State) -> Bool:
    return forall(Replica, Key, lambda r, k: _at_least(t.kv_state[r][k], s.kv_state[r][k]))


@anti_entropy.action_property()
def MergeStep(s: State, t: State) -> Bool:
    """Nothing but a write makes an entry older."""
    return implies(forall(Replica, lambda r: s.generation[r] == t.generation[r]), _nothing_older(s, t))


@anti_entropy.action_property(bounded="it is false with two writes of a replica")
def TimeStep(s: State, t: State) -> Bool:
    """Nothing makes an entry older."""
    return _nothing_older(s, t)


@anti_entropy.invariant(expected={"safe": violated(2)})
def StampUnique(s: State) -> Bool:
    """Two replicas' entries for a key with one timestamp are one entry."""
    def same(r: Replica, p: Replica, k: Key) -> Bool:
        ours, theirs = s.kv_state[r][k], s.kv_state[p][k]
        both = ours.is_some & theirs.is_some
        return implies(both & (ours.value.timestamp == theirs.value.timestamp), ours == theirs)

    return forall(Replica, Replica, Key, same)


@anti_entropy.invariant()
def RequestConnected(s: State) -> Bool:
    """No request is on its way between replicas that are cut off."""
    return forall(Slot, lambda m: implies(
        s.pending_syncs[m].request.is_some,
        ~s.partitioned[s.pending_syncs[m].request.value.source][s.pending_syncs[m].request.value.to],
    ))  # fmt: skip


@anti_entropy.invariant(bounded="it is false with three replicas")
def ResponseConnected(s: State) -> Bool:
    """No response is on its way from a replica that somebody is cut off from."""
    return forall(Slot, Replica, lambda m, r: implies(
        s.pending_syncs[m].response.is_some, ~s.partitioned[s.pending_syncs[m].response.value.source][r]
    ))  # fmt: skip


@anti_entropy.liveness(
    expected={"safe": violated(2, loop=0)}, bounded="it is violated with a bound"
)
def EventuallyEqual(s: State) -> Temporal:
    """Unless partitions come again and again, all stores are equal again and again."""
    return always(eventually(~_all_connected(s) | _all_same(s)))


@anti_entropy.liveness(
    expected={"safe": violated(10, loop=3)},
    bounded="it is violated with a bound",
)
def FlagsClear(s: State) -> Temporal:
    """A flagged peer is eventually no longer flagged, or cut off."""
    return forall(Replica, Replica, lambda r, p: leads_to(
        s.divergent_peers[r].contains(p), ~s.divergent_peers[r].contains(p) | s.partitioned[r][p]
    ))  # fmt: skip


anti_entropy.finding(
    "A partition heals, and the replicas stay different: the next exchange of digests clears the flags",
    "Both digests are computed from the state before the step: the hash of a bucket is one write behind, the root two. After a "
    "write, a cut and a heal both roots are still 0, so that ExchangeDigest undoes what HealPartition flagged.",
    command="verify prove anti-entropy --property ClearStep --property DigestSound",
)
anti_entropy.finding(
    "Fresh digests are not enough",
    "The hash of a bucket reads one of its keys, and not the value; key 0 hashes to 0; the root reads one bucket. With two "
    "values, with key 0, with two keys or two buckets, equal roots do not mean equal stores.",
    command="verify explore anti-entropy --drop LocalWrite.stale-bucket --drop LocalWrite.stale-root "
    "--drop HandleSyncResponse.stale-bucket --drop HandleSyncResponse.stale-root",
)
anti_entropy.finding(
    "A write can put an older timestamp over a newer one",
    "The number of own writes is the timestamp, and a receipt does not move it: a replica that took over timestamp 2 writes "
    "timestamp 1 over it. Two replicas' first writes have one timestamp, and never converge, as a merge keeps the local one.",
    command="verify explore anti-entropy --set MaxTimestamp=2 --set MaxValue=1",
)
anti_entropy.finding(
    "A response may be taken by its own sender, or by a third replica",
    "It names no addressee. Whoever takes it clears its flag, although the buckets were chosen for another.",
    command="verify prove anti-entropy --property FlagsClear",
)
anti_entropy.finding(
    "With three replicas a response crosses a partition",
    "A replica answers one that it reaches while it is cut off from a third, which may take the response; a cut drops only what "
    "is on its way then. ResponseConnected holds of two replicas alone.",
    command="verify prove anti-entropy --set Replicas=3 --set MaxValue=1 --property ResponseConnected",
)
anti_entropy.finding(
    "SyncCompleteness cannot be checked as published, and is false as meant",
    "It quantifies over a variable outside the temporal operator. Under the published fairness partitions may come and go, and a "
    "response may be taken by its own sender, forever; the stores of connected replicas need not become equal.",
    command="verify prove anti-entropy --property SyncCompletenessC --property EventuallyEqual",
)
anti_entropy.finding(
    "MerkleConsistent and GenerationMonotonic are matters of types, EventualConvergence is a formula of states",
    "None says what its name does. TLC looks at the last in the initial state alone; as an invariant the first write breaks it.",
    command="verify prove anti-entropy --property MerkleConsistent --property GenerationMonotonic "
    "--property EventualConvergence",
)
anti_entropy.finding(
    "Whether the two are connected need not be asked when a request is answered",
    "A cut drops the requests between the two, so that none is there.",
    command="verify explore anti-entropy --drop HandleSyncRequest.connected",
)
