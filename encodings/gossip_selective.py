"""Selective gossip: changes of a key are sent to its targets alone, and targets change (after redis-rust, gossip_router.rs).

Each key has targets, the replicas that are to have it. A change is sent to those of the moment at which it is made, a copy for
each, and a receiver takes over what is newer than what it has, as in gossip with copies. The model asks whether the targets end
up with everything when others join them, and what a new target has to be sent: a copy that is on its way knows nothing of it.
"""

from __future__ import annotations

from verifier.encodings._gossip import MAX_SEQ, Copy, Delta, Key, Replica, Store, caught_up, change, newer, take
from verifier.kernel import Bool, Fn, Protocol, Set, anything, choice, empty, exists, forall, guard, image, set_of, var

gossip_selective = Protocol(
    "gossip-selective",
    "deltas travel to the targets of their keys",
    source="redis-rust specs/tla/GossipProtocol.tla, src/replication/gossip_router.rs",
    default_variant="fixed",
)

gossip_selective.search_bound("MaxSeq", 1, MAX_SEQ)


@gossip_selective.state
class State(Store):
    targets: Fn[Key, Set[Replica]] = var(anything, "the replicas that are to have a key")


@gossip_selective.initially
def EveryKeyHasTargets(s: State) -> Bool:
    """Every key has some target."""
    return forall(Key, lambda k: ~s.targets[k].is_empty())


@gossip_selective.action
def Create(s: State, r: Replica, k: Key) -> None:
    """A replica, which need not be a target, changes a key, and sends the other targets a copy."""
    made = change(s, r, k)
    s.network = s.network | image(s.targets[k] - {r}, Copy, lambda q: Copy(dst=q, delta=made))


@gossip_selective.action
def Receive(s: State, m: Copy, r: Replica) -> None:
    """A copy arrives where it was sent; what is new is taken over if it is newer than what is there."""
    guard("sent", s.network.contains(m))
    guard("addressed", r == m.dst, redirected=s.targets[m.delta.key].contains(r))
    take(s, r, m, clock=caught_up(s, r, m.delta), suits=newer(s, r, m.delta))


@gossip_selective.action
def Join(s: State, k: Key, q: Replica, p: Replica) -> None:
    """A replica becomes a target; what the others have of the key is sent to it, or what one of the targets has."""
    guard("new", ~s.targets[k].contains(q))
    guard("target", s.targets[k].contains(p))
    known = choice(
        "from-all",
        set_of(Delta, lambda d: exists(Replica, lambda o: s.processed[o].contains(d))),
        s.processed[p],
    )
    missing = known.where(lambda d: (d.key == k) & ~s.processed[q].contains(d))
    s.network = s.network | choice("hand-over", image(missing, Copy, lambda d: Copy(dst=q, delta=d)), empty)
    s.targets[k] |= {q}


@gossip_selective.action
def Leave(s: State, k: Key, q: Replica) -> None:
    """A target is none any more, unless it is the last one; it keeps what it has."""
    guard("target", s.targets[k].contains(q))
    guard("not-the-last", exists(Replica, lambda p: (p != q) & s.targets[k].contains(p)))
    s.targets[k] -= {q}


gossip_selective.variant("fixed", without=["Join", "Leave"], doc="targets do not change")
gossip_selective.variant(
    "as-coded", drops=["Join.hand-over"], doc="targets change, and a new one is sent what is changed from then on"
)
gossip_selective.variant(
    "from-one", drops=["Join.from-all"], doc="a new target is sent what one of the targets has; that is not enough"
)
gossip_selective.variant("handed-over", doc="a repair: a new target is sent what any replica has")
gossip_selective.variant(
    "redirected",
    replaces={"Receive.addressed": "redirected"},
    doc="a copy goes to a target of the moment at which it arrives, whomever it was sent to",
)
