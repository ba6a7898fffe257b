"""Properties of Anti-entropy with content."""

from __future__ import annotations

from verifier.encodings.anti_entropy_content import (
    Key,
    Phase,
    Replica,
    Stamp,
    State,
    Time,
    at_least,
    content,
    each_pair,
    some_pair,
)
from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Temporal,
    always,
    eventually,
    exists,
    forall,
    implies,
    leads_to,
    some,
    violated,
)

content.type_ok(variables=["kv", "clock", "digest", "divergent", "part", "sync", "owed", "bucket_of"])


def _same(s: State, r: Replica, p: Replica) -> Bool:
    return forall(Key, lambda k: s.kv[r][k] == s.kv[p][k])


def _all_same(s: State) -> Bool:
    return forall(Replica, Replica, lambda r, p: _same(s, r, p))


def _has(s: State, r: Replica, stamps: Fn[Key, Option[Stamp]]) -> Bool:
    return forall(Key, lambda k: at_least(s.kv[r][k], stamps[k]))


@content.invariant()
def MerkleConsistency(s: State) -> Bool:
    """Digests are those of the store."""
    return forall(Replica, Key, lambda r, k: s.digest[r][k] == s.kv[r][k])


@content.invariant()
def DigestSound(s: State) -> Bool:
    """Replicas with the same digests have the same store."""
    return forall(Replica, Replica, lambda r, p: implies(
        forall(Key, lambda k: s.digest[r][k] == s.digest[p][k]), _same(s, r, p)
    ))  # fmt: skip


@content.invariant()
def SyncCompleteness(s: State) -> Bool:
    """A replica that does not flag a peer has everything that the peer had at their latest exchange or heal."""
    return forall(Replica, Replica, lambda r, p: implies(
        (r != p) & ~s.divergent[r].contains(p), _has(s, r, s.owed[r][p])
    ))  # fmt: skip


@content.action_property()
def PartitionHealing(s: State, t: State) -> Bool:
    """A peer that is connected again is flagged, and owes everything that it has."""
    return forall(Replica, Replica, lambda r, p: implies(
        s.part[r][p] & ~t.part[r][p],
        t.divergent[r].contains(p) & forall(Key, lambda k: t.owed[r][p][k] == s.kv[p][k]),
    ))  # fmt: skip


@content.action_property()
def Newer(s: State, t: State) -> Bool:
    """Nothing that is stored gets older."""
    return forall(Replica, Key, lambda r, k: at_least(t.kv[r][k], s.kv[r][k]))


@content.invariant()
def Converged(s: State) -> Bool:
    """Two replicas that do not flag each other, and have not written since their latest exchange or heal, have equal stores.

    So all stores are equal where that is so of all pairs.
    """
    def settled(r: Replica, p: Replica) -> Bool:
        return ~s.divergent[r].contains(p) & forall(Key, lambda k: s.owed[r][p][k] == s.kv[p][k])

    return forall(Replica, Replica, lambda r, p: implies(settled(r, p) & settled(p, r), _same(s, r, p)))


@content.action_property()
def OnlyWritesPart(s: State, t: State) -> Bool:
    """Of equal stores one changes only because its replica writes."""
    def writes(r: Replica) -> Bool:
        return exists(Key, lambda k: t.kv[r][k] == some(Stamp(time=Time(t.clock[r]), replica=r))) & (t.clock[r] == s.clock[r] + 1)

    changes = exists(Replica, Key, lambda r, k: s.kv[r][k] != t.kv[r][k])
    return implies(_all_same(s) & changes, exists(Replica, writes))


_BOUNDED = "replicas may write forever"


def _equal(s: State) -> Temporal:
    connected = forall(Replica, Replica, lambda r, p: ~s.part[r][p])
    return always(eventually(~connected | _all_same(s)))


def _clear(s: State) -> Temporal:
    return forall(Replica, Replica, lambda r, p: leads_to(
        s.divergent[r].contains(p), ~s.divergent[r].contains(p) | s.part[r][p]
    ))  # fmt: skip


@content.liveness(under=each_pair, bounded=_BOUNDED)
def EventuallyEqual(s: State) -> Temporal:
    """Unless partitions come again and again, all stores are equal in the end: as writes are bounded, and nothing else parts
    equal stores (OnlyWritesPart), forever.
    """
    return _equal(s)


@content.liveness(under=each_pair, bounded=_BOUNDED)
def FlagsClear(s: State) -> Temporal:
    """A flagged peer is eventually no longer flagged, or cut off."""
    return _clear(s)


@content.liveness(under=some_pair, bounded=_BOUNDED, expected={"safe": violated(2, loop=4)})
def EventuallyEqualSome(s: State) -> Temporal:
    """EventuallyEqual, under the published fairness: of each action, for some replicas."""
    return _equal(s)


@content.liveness(under=some_pair, bounded=_BOUNDED, expected={"safe": violated(2, loop=4)})
def FlagsClearSome(s: State) -> Temporal:
    """FlagsClear, under the published fairness."""
    return _clear(s)


@content.lemma("a receipt moves the clock on")
def StoredIsPast(s: State) -> Bool:
    return forall(Replica, Key, lambda r, k: implies(s.kv[r][k].is_some, s.kv[r][k].value.time <= s.clock[r]))


@content.lemma("stores only get newer")
def OwedIsThere(s: State) -> Bool:
    return forall(Replica, Replica, lambda r, p: implies(r != p, _has(s, p, s.owed[r][p])))


@content.lemma("stores only get newer, and a digest is that of the store")
def AskedIsThere(s: State) -> Bool:
    return forall(Replica, Replica, lambda r, p: implies(
        (r != p) & (s.sync[r][p].phase == Phase.Request), _has(s, r, s.sync[r][p].stamps)
    ))  # fmt: skip


@content.lemma("the asking replica already had every entry that is not sent")
def OwedArrives(s: State) -> Bool:
    def arrives(r: Replica, p: Replica, k: Key) -> Bool:
        owed = s.owed[r][p][k]
        return at_least(s.kv[r][k], owed) | at_least(s.sync[r][p].stamps[k], owed)

    return forall(Replica, Replica, Key, lambda r, p, k: implies(
        (r != p) & (s.sync[r][p].phase == Phase.Response), arrives(r, p, k)
    ))  # fmt: skip


@content.lemma("a cut drops what is on its way")
def CutIsIdle(s: State) -> Bool:
    return forall(Replica, Replica, lambda r, p: (
        (s.part[r][p] == s.part[p][r]) & ~s.part[r][r] & implies(s.part[r][p], s.sync[r][p].phase == Phase.Idle)
    ))  # fmt: skip


@content.lemma("nobody flags itself, and so asks itself")
def NoSelfSync(s: State) -> Bool:
    return forall(Replica, lambda r: ~s.divergent[r].contains(r) & (s.sync[r][r].phase == Phase.Idle))


@content.lemma("every entry on its way was stored, and stores only get newer")
def SentIsThere(s: State) -> Bool:
    return forall(Replica, Replica, lambda r, p: implies(
        s.sync[r][p].phase == Phase.Response, _has(s, p, s.sync[r][p].stamps)
    ))  # fmt: skip


content.finding(
    "Every rule of the exchange matters but three",
    "A second request while one is under way, an answer across a cut, and a flag that stays after a receipt change nothing: a "
    "cut drops what is on its way, and the next exchange clears flags. Of what a cut drops the requests may stay.",
    command="verify explore anti-entropy-content --drop Receive.clear-on-receipt",
)
content.finding(
    "Nobody may exchange digests while a pull is under way",
    "The exchange takes note of what the peer has now, and the receipt of what it had before clears the flag.",
    command="verify explore anti-entropy-content --drop Exchange.idle-pair",
)
content.finding(
    "A limit on the keys of a response loses what the flag stood for",
    "The code sends 1,000 keys at most. The flag is cleared when they arrive, whatever is left; the next exchange finds it.",
    command="verify explore anti-entropy-content --set LastKey=2 --drop Respond.every-key",
)
content.finding(
    "The published fairness is not enough",
    "It is about each action as a whole: one replica may pull again and again, and the other never.",
    command="verify prove anti-entropy-content --property EventuallyEqual --property EventuallyEqualSome",
)
