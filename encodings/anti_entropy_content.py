"""Anti-entropy with content: fresh digests, syncs with an addressee, unique stamps.

It keeps the promises of the published anti-entropy of redis-rust, and needs for that digests of the store as it is, a pull that
only the replica takes that asked, and stamps that a merge can order. A stamp stands for the write, and for its value.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    anything,
    budget,
    choice,
    empty,
    exists,
    fn,
    forall,
    guard,
    ite,
    labels,
    max_of,
    none,
    pick,
    set_of,
    some,
    var,
    weak,
)

content = Protocol(
    "anti-entropy-content",
    "digests are compared, and what differs is pulled, until the stores are equal",
    source="redis-rust src/replication/anti_entropy.rs",
)

FirstKey = content.parameter("FirstKey", 1, "least key")
LastKey = content.parameter("LastKey", 1, "greatest key")
NumBuckets = content.parameter("NumBuckets", 1, "buckets; a key is in that of its remainder")
MaxTime = content.search_bound("MaxTime", 1, "largest time at which something is written")
content.assume("some key", FirstKey <= LastKey)
content.assume("some bucket", NumBuckets >= 1)


class Replica(Scalarset, parameter="Replicas", size=2, prefix="r", ordered=True):
    """A replica; of two writes at one time, that of the greater replica is newer."""


class Key(Range, low=FirstKey, high=LastKey):
    """A key of the store."""


class Bucket(Range, low=0, high=NumBuckets - 1):
    """A bucket of keys."""


class Clock(Range, low=0, high=MaxTime):
    """A time of a clock."""


class Time(Range, low=1, high=MaxTime):
    """A time of a write."""


class Stamp(Record, ordered=True):
    """When something was written, and by whom."""

    time: Time
    replica: Replica


class Phase(Enumeration):
    """How far a pull has come."""

    Idle, Request, Response = labels(3)


class Sync(Record):
    """A pull: what is on its way. A request has the digests of the replica that asks, a response what the peer has."""

    phase: Phase
    stamps: Fn[Key, Option[Stamp]]
    buckets: Set[Bucket]


@content.state
class State:
    kv: Fn[Replica, Fn[Key, Option[Stamp]]] = var(none, "the stores")
    clock: Fn[Replica, Clock] = var(0, "clock of each replica")
    digest: Fn[Replica, Fn[Key, Option[Stamp]]] = var(none, "the input of the hash of a bucket, by key")
    divergent: Fn[Replica, Set[Replica]] = var(set(), "peers to pull from")
    part: Fn[Replica, Fn[Replica, Bool]] = var(False, "who cannot reach whom")
    sync: Fn[Replica, Fn[Replica, Sync]] = var(
        Sync(phase=Phase.Idle, stamps=fn(Key, lambda k: none), buckets=empty), "the pull of the first from the second"
    )
    owed: Fn[Replica, Fn[Replica, Fn[Key, Option[Stamp]]]] = var(
        none, "ghost: the second's store at the latest exchange or heal of the two"
    )
    bucket_of: Fn[Key, Bucket] = var(anything, "the bucket of each key, which never changes")


@content.initially
def BucketsAreRemainders(s: State) -> Bool:
    """A key is in the bucket of its remainder. Said of initial states alone, it is in nobody's way at any size."""
    return forall(Key, lambda k: s.bucket_of[k] == k % NumBuckets)


def idle() -> Sync:
    """No pull."""
    return Sync(phase=Phase.Idle, stamps=fn(Key, lambda k: none), buckets=empty)


def at_least(new: Option[Stamp], old: Option[Stamp]) -> Bool:
    """Whether a stamp is at least as new as another; nothing is oldest."""
    return old.is_none | (new.is_some & (old.value <= new.value))


def hashed(s: State, store: Fn[Key, Option[Stamp]], k: Key) -> Option[Stamp]:
    """The part of a key that the hash of a bucket covers: the stamp. The hash is ideal: no two inputs collide."""
    stamp = store[k].value
    anonymous = Stamp(time=stamp.time, replica=pick(Replica, lambda q: q == q))
    read = choice("hash-replica", store[k], ite(store[k].is_some, some(anonymous), none))
    before = exists(Key, lambda j: (j < k) & (s.bucket_of[j] == s.bucket_of[k]) & store[j].is_some)
    return choice("hash-every-key", read, ite(before, none, read))


@content.action
def Write(s: State, r: Replica, k: Key) -> None:
    """A replica writes a key, with a stamp of its own."""
    budget("time-budget", s.clock[r] < MaxTime)
    now = s.clock[r] + 1
    old = s.kv[r]
    store = old.updated(k, some(Stamp(time=Time(now), replica=r)))
    read = choice("digest-on-write", store, old)
    mine = s.bucket_of[k]
    s.digest[r] = fn(Key, lambda j: ite(s.bucket_of[j] == mine, hashed(s, read, j), s.digest[r][j]))
    s.kv[r] = store
    s.clock[r] = now


@content.action
def Exchange(s: State, r: Replica, p: Replica) -> None:
    """Two replicas compare digests, and flag each other if they differ."""
    guard("pair", r < p)
    guard("connected", ~s.part[r][p])
    guard("idle-pair", (s.sync[r][p].phase == Phase.Idle) & (s.sync[p][r].phase == Phase.Idle))
    differ = exists(Key, lambda k: s.digest[r][k] != s.digest[p][k])
    ours, theirs = s.divergent[r], s.divergent[p]
    s.divergent[r] = ite(differ, ours | {p}, ours - {p})
    s.divergent[p] = ite(differ, theirs | {r}, theirs - {r})
    s.owed[r][p] = s.kv[p]
    s.owed[p][r] = s.kv[r]


@content.action
def Request(s: State, r: Replica, p: Replica) -> None:
    """A replica asks a flagged peer for what differs, and sends its digests."""
    guard("flagged", s.divergent[r].contains(p))
    guard("connected", ~s.part[r][p])
    guard("one-sync", s.sync[r][p].phase == Phase.Idle)
    differing = set_of(
        Bucket, lambda b: exists(Key, lambda k: (s.bucket_of[k] == b) & (s.digest[r][k] != s.digest[p][k]))
    )
    asked = Sync(phase=Phase.Request, stamps=s.digest[r], buckets=empty)
    chosen = Sync(phase=Phase.Request, stamps=fn(Key, lambda k: none), buckets=differing)
    flags = s.divergent[r]
    s.sync[r][p] = choice("digests-sent", asked, chosen)
    s.divergent[r] = choice("keeps-flag", flags, flags - {p})


@content.action
def Respond(s: State, r: Replica, p: Replica) -> None:
    """A peer answers with what it has in the buckets that differ from the digests that it was sent."""
    guard("request", s.sync[r][p].phase == Phase.Request)
    guard("connected", ~s.part[r][p])
    asked = s.sync[r][p]

    differing = set_of(
        Bucket, lambda b: exists(Key, lambda k: (s.bucket_of[k] == b) & (asked.stamps[k] != s.digest[p][k]))
    )
    wanted = choice("digests-compared", differing, asked.buckets)

    def sent(k: Key) -> Bool:
        earlier = exists(Key, lambda j: (j < k) & wanted.contains(s.bucket_of[j]) & s.kv[p][j].is_some)
        return choice("every-key", Bool(True), ~earlier) & wanted.contains(s.bucket_of[k])

    values = fn(Key, lambda k: ite(sent(k), s.kv[p][k], none))
    s.sync[r][p] = Sync(phase=Phase.Response, stamps=values, buckets=empty)


def _merged(held: Option[Stamp], sent: Option[Stamp]) -> Option[Stamp]:
    newer = sent.is_some & (held.is_none | (held.value < sent.value))
    later = sent.is_some & (held.is_none | (held.value.time < sent.value.time))
    return ite(choice("newest", choice("whole-stamp", newer, later), sent.is_some), sent, held)


@content.action
def Receive(s: State, q: Replica, r: Replica, p: Replica) -> None:
    """The replica that asked merges the answer."""
    guard("addressed", q == r)
    guard("response", s.sync[r][p].phase == Phase.Response)
    guard("connected", ~s.part[r][p])
    values = s.sync[r][p].stamps
    times = set_of(Clock, lambda t: (t == s.clock[q]) | exists(Key, lambda k: values[k].is_some & (values[k].value.time == t)))
    store = fn(Key, lambda k: _merged(s.kv[q][k], values[k]))
    flags = s.divergent[q]
    s.kv[q] = store
    s.clock[q] = choice("clock-merge", max_of(times), s.clock[q])
    s.digest[q] = choice("digest-on-merge", fn(Key, lambda k: hashed(s, store, k)), s.digest[q])
    s.divergent[q] = choice("clear-on-receipt", flags - {p}, flags)
    s.sync[r][p] = idle()


@content.action
def Cut(s: State, r: Replica, p: Replica) -> None:
    """Two replicas lose each other, and what is on its way between them."""
    guard("pair", r < p)
    guard("connected", ~s.part[r][p])
    s.part[r][p] = True
    s.part[p][r] = True

    drops_requests = choice("drop-requests", Bool(True), Bool(False))
    drops_responses = choice("drop-responses", Bool(True), Bool(False))

    def left(pull: Sync) -> Sync:
        gone = ((pull.phase == Phase.Request) & drops_requests) | ((pull.phase == Phase.Response) & drops_responses)
        return ite(gone, idle(), pull)

    ours, theirs = left(s.sync[r][p]), left(s.sync[p][r])
    s.sync[r][p] = ours
    s.sync[p][r] = theirs


@content.action
def Heal(s: State, r: Replica, p: Replica) -> None:
    """Two replicas find each other again, and flag each other."""
    guard("pair", r < p)
    guard("cut", s.part[r][p])
    ours, theirs = s.divergent[r], s.divergent[p]
    s.part[r][p] = False
    s.part[p][r] = False
    s.divergent[r] = choice("heal-flags", ours | {p}, ours)
    s.divergent[p] = choice("heal-flags-peer", theirs | {r}, theirs)
    s.owed[r][p] = s.kv[p]
    s.owed[p][r] = s.kv[r]


each_pair = content.assume_fair(
    "each-pair",
    forall(Replica, Replica, lambda r, p: weak(Exchange, r, p)),
    forall(Replica, Replica, lambda r, p: weak(Request, r, p)),
    forall(Replica, Replica, lambda r, p: weak(Respond, r, p)),
    forall(Replica, Replica, lambda r, p: weak(Receive, ..., r, p)),
)
some_pair = content.assume_fair("some-pair", weak(Exchange), weak(Request), weak(Respond), weak(Receive))
