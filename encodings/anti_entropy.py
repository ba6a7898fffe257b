"""Anti-entropy: digests are compared, and what differs is pulled (redis-rust, specs/tla/AntiEntropy.tla).

Replicas that missed writes in a partition compare digests of their stores, a root hash over hashes of buckets, mark peers with
another root as divergent, and pull the keys of the buckets that differ. Both hashes are computed from the state before the step:
the hash of a bucket is one write behind, the root two.

The published file does not pass the parser. As repaired here, NULL is declared, and SyncCompleteness nests its quantifiers. The
digest in a message names the replica that sends it, which the message does as well; that is stated once. Messages are in slots,
MaxSyncs of them, which bounds how many are on their way: a bound that the published model lacks. No two slots hold one message.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    anything,
    budget,
    choice,
    exists,
    fn,
    forall,
    guard,
    image,
    ite,
    max_of,
    min_of,
    none,
    set_of,
    some,
    var,
    weak,
)

anti_entropy = Protocol("anti-entropy", "digests are compared, and what differs is pulled", source="AntiEntropy.tla")

FirstKey = anti_entropy.parameter("FirstKey", 1, "least key")
LastKey = anti_entropy.parameter("LastKey", 1, "greatest key")
NumBuckets = anti_entropy.parameter("NumBuckets", 1, "buckets; a key is in that of its remainder")
MaxTimestamp = anti_entropy.search_bound("MaxTimestamp", 1, "writes of a replica")
MaxValue = anti_entropy.search_bound("MaxValue", 2, "values are 1 to MaxValue")
anti_entropy.assume("some key", FirstKey <= LastKey)
anti_entropy.assume("some bucket", NumBuckets >= 1)


class Replica(Scalarset, parameter="Replicas", size=2, prefix="r"):
    """A replica."""


class Slot(Scalarset, parameter="MaxSyncs", size=1, prefix="m"):
    """A place for a message on its way."""


class Key(Range, low=FirstKey, high=LastKey):
    """A key of the store."""


class Bucket(Range, low=0, high=NumBuckets - 1):
    """A bucket of keys."""


class Value(Range, low=1, high=MaxValue):
    """A value."""


class Generation(Range, low=0, high=MaxTimestamp):
    """How often a replica has written."""


class Timestamp(Range, low=1, high=MaxTimestamp):
    """The generation of the write of a value."""


class Hash(Range, low=0, high=LastKey * MaxTimestamp):
    """The hash of a bucket, or of all of them."""


class Entry(Record):
    """The entry stored for a key."""

    value: Value
    timestamp: Timestamp


class Digest(Record):
    """A replica's digest of its store."""

    root_hash: Hash
    generation: Generation


class Request(Record):
    """A message that asks for the keys of some buckets."""

    source: Replica
    to: Replica
    digest: Digest
    buckets: Set[Bucket]


class Response(Record):
    """A message with these keys. It names no addressee."""

    source: Replica
    deltas: Fn[Key, Option[Entry]]
    digest: Digest


class Message(Record):
    """The content of a slot: at most one of both."""

    request: Option[Request]
    response: Option[Response]


@anti_entropy.state
class State:
    kv_state: Fn[Replica, Fn[Key, Option[Entry]]] = var(none, "the stores")
    generation: Fn[Replica, Generation] = var(0, "own writes so far, used as a clock")
    merkle_buckets: Fn[Replica, Fn[Bucket, Hash]] = var(0, "hashes of the buckets, out of date")
    merkle_root: Fn[Replica, Hash] = var(0, "root hash, out of date once more")
    peer_digests: Fn[Replica, Fn[Replica, Option[Digest]]] = var(none, "last digest seen; never read")
    divergent_peers: Fn[Replica, Set[Replica]] = var(set(), "peers to pull from")
    pending_syncs: Fn[Slot, Message] = var(Message(request=none, response=none), "messages on their way")
    partitioned: Fn[Replica, Fn[Replica, Bool]] = var(False, "who cannot reach whom")
    bucket_of: Fn[Key, Bucket] = var(anything, "the bucket of each key, which never changes")


@anti_entropy.initially
def BucketsAreRemainders(s: State) -> Bool:
    """A key is in the bucket of its remainder. Said of initial states alone, it is in nobody's way at any size."""
    return forall(Key, lambda k: s.bucket_of[k] == k % NumBuckets)


def bucket_hash(s: State, store: Fn[Key, Option[Entry]], b: Int) -> Int:
    """The hash of a bucket: that of its least key that has an entry."""
    held = set_of(Key, lambda k: (s.bucket_of[k] == b) & store[k].is_some)
    return ite(held.is_empty(), Int(0), min_of(held) * store[min_of(held)].value.timestamp)


def root_of(buckets: Fn[Bucket, Hash]) -> Hash:
    """The root hash: that of one bucket, here the least hash."""
    return min_of(image(Bucket, Hash, lambda b: buckets[b]) | {buckets[0]})


def digest(s: State, r: Replica) -> Digest:
    """A replica's digest of its store."""
    return Digest(root_hash=s.merkle_root[r], generation=s.generation[r])


def free(s: State, m: Slot) -> Bool:
    """Whether a slot holds no message."""
    return s.pending_syncs[m].request.is_none & s.pending_syncs[m].response.is_none


@anti_entropy.action
def LocalWrite(s: State, r: Replica, k: Key, v: Value) -> None:
    """A replica writes a key. The number of its own writes is the timestamp."""
    budget("time-budget", s.generation[r] < MaxTimestamp)
    now = s.generation[r] + 1
    b = s.bucket_of[k]
    store = s.kv_state[r].updated(k, some(Entry(value=v, timestamp=Timestamp(now))))
    hashed = bucket_hash(s, choice("stale-bucket", s.kv_state[r], store), b)
    buckets = s.merkle_buckets[r].updated(b, Hash(hashed))
    s.kv_state[r] = store
    s.generation[r] = now
    s.merkle_root[r] = root_of(choice("stale-root", s.merkle_buckets[r], buckets))
    s.merkle_buckets[r] = buckets


@anti_entropy.action
def ExchangeDigest(s: State, r: Replica, p: Replica) -> None:
    """Two replicas exchange digests, and flag each other if the roots differ."""
    guard("distinct", r != p)
    guard("connected", ~s.partitioned[r][p])
    s.peer_digests[r][p] = some(digest(s, p))
    s.peer_digests[p][r] = some(digest(s, r))
    differ = s.merkle_root[r] != s.merkle_root[p]
    ours, theirs = s.divergent_peers[r], s.divergent_peers[p]
    s.divergent_peers[r] = ite(differ, ours | {p}, ours - {p})
    s.divergent_peers[p] = ite(differ, theirs | {r}, theirs - {r})


@anti_entropy.action
def InitiateSync(s: State, r: Replica, p: Replica, m: Slot) -> None:
    """A replica asks a flagged peer for the buckets that differ; it reads the peer's hashes directly."""
    guard("flagged", s.divergent_peers[r].contains(p))
    guard("connected", ~s.partitioned[r][p])
    guard("free", free(s, m))
    differing = set_of(Bucket, lambda b: s.merkle_buckets[r][b] != s.merkle_buckets[p][b])
    asked = Request(source=r, to=p, digest=digest(s, r), buckets=differing)
    guard("not-sent", ~exists(Slot, lambda n: s.pending_syncs[n].request == asked))
    s.pending_syncs[m] = Message(request=some(asked), response=none)


@anti_entropy.action
def HandleSyncRequest(s: State, m: Slot) -> None:
    """A replica answers a request with the keys of its buckets."""
    guard("request", s.pending_syncs[m].request.is_some)
    asked = s.pending_syncs[m].request.value
    p = asked.to
    guard("connected", ~s.partitioned[p][asked.source])
    deltas = fn(Key, lambda k: ite(asked.buckets.contains(s.bucket_of[k]), s.kv_state[p][k], none))
    answer = Response(source=p, deltas=deltas, digest=digest(s, p))
    sent = exists(Slot, lambda n: s.pending_syncs[n].response == answer)
    s.pending_syncs[m] = Message(request=none, response=ite(sent, none, some(answer)))


def _merged(held: Option[Entry], sent: Option[Entry]) -> Option[Entry]:
    newer = choice("newer", sent.value.timestamp > held.value.timestamp, Bool(True))
    return ite(held.is_none | (sent.is_some & newer), sent, held)


@anti_entropy.action
def HandleSyncResponse(s: State, m: Slot, r: Replica) -> None:
    """Some replica, whichever it is, merges what a response has."""
    guard("response", s.pending_syncs[m].response.is_some)
    answer = s.pending_syncs[m].response.value
    store = fn(Key, lambda k: _merged(s.kv_state[r][k], answer.deltas[k]))
    hashed = choice("stale-bucket", s.kv_state[r], store)
    buckets = fn(Bucket, lambda b: Hash(bucket_hash(s, hashed, b)))
    times = set_of(Generation, lambda t: (t == s.generation[r]) | exists(
        Key, lambda k: answer.deltas[k].is_some & (answer.deltas[k].value.timestamp == t)
    ))  # fmt: skip
    s.kv_state[r] = store
    s.generation[r] = choice("own-writes-only", s.generation[r], max_of(times))
    s.merkle_root[r] = root_of(choice("stale-root", s.merkle_buckets[r], buckets))
    s.merkle_buckets[r] = buckets
    s.divergent_peers[r] = s.divergent_peers[r] - {answer.source}
    s.pending_syncs[m] = Message(request=none, response=none)


@anti_entropy.action
def CreatePartition(s: State, r: Replica, p: Replica) -> None:
    """Two replicas lose each other, and what is on its way between them is dropped: so is any response of either."""
    guard("distinct", r != p)
    guard("connected", ~s.partitioned[r][p])
    back = choice("both-ways", Bool(True), s.partitioned[p][r])
    s.partitioned[r][p] = True
    s.partitioned[p][r] = back

    def kept(message: Message) -> Message:
        asked, answer = message.request, message.response
        between = asked.is_some & (
            ((asked.value.source == r) & (asked.value.to == p)) | ((asked.value.source == p) & (asked.value.to == r))
        )
        theirs = answer.is_some & ((answer.value.source == r) | (answer.value.source == p))
        return Message(request=ite(between, none, asked), response=ite(theirs, none, answer))

    s.pending_syncs = choice("drop-in-flight", fn(Slot, lambda m: kept(s.pending_syncs[m])), s.pending_syncs)


@anti_entropy.action
def HealPartition(s: State, r: Replica, p: Replica) -> None:
    """Two replicas find each other again, and flag each other."""
    guard("distinct", r != p)
    guard("cut", s.partitioned[r][p])
    s.partitioned[r][p] = False
    s.partitioned[p][r] = False
    ours, theirs = s.divergent_peers[r], s.divergent_peers[p]
    s.divergent_peers[r] = choice("heal-flags", ours | {p}, ours)
    s.divergent_peers[p] = choice("heal-flags-peer", theirs | {r}, theirs)


anti_entropy.fairness(weak(ExchangeDigest), weak(InitiateSync), weak(HandleSyncRequest), weak(HandleSyncResponse))
