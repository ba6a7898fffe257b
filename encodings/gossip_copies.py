"""Gossip with a copy for each recipient: what delivery, at-most-once and convergence come to in the store of redis-rust.

Each change has a fresh stamp, a time of its maker's clock and the maker; every other replica is sent a copy of its own; a
receiver takes over what is newer than what it has, and moves its clock up to the stamp. The published gossip has one message for
everybody, ids that repeat, and replaces whatever is there.
"""

from __future__ import annotations

from verifier.encodings._gossip import MAX_SEQ, Copy, Key, Replica, Store, caught_up, change, newer, take
from verifier.kernel import Bool, Protocol, choice, forall, guard, image, pick, set_of, strong, weak

gossip_copies = Protocol(
    "gossip-copies", "deltas travel between replicas, a copy for each", source="redis-rust src/replication/gossip.rs"
)

gossip_copies.search_bound("MaxSeq", 1, MAX_SEQ)


@gossip_copies.state
class State(Store):
    """The shared variables, and no others."""


@gossip_copies.action
def Create(s: State, r: Replica, k: Key) -> None:
    """A replica changes a key, and sends everybody else a copy."""
    made = change(s, r, k)
    others = set_of(Replica, lambda q: q != r)
    one = {Copy(dst=pick(Replica, lambda q: q != r), delta=made)}
    s.network = choice(
        "copy-for-each", s.network | image(others, Copy, lambda q: Copy(dst=q, delta=made)), s.network | one
    )


@gossip_copies.action
def Receive(s: State, m: Copy) -> None:
    """A copy arrives; what is new is taken over if it is newer than what is there."""
    guard("sent", s.network.contains(m))
    r, d = m.dst, m.delta
    moved = choice("clock-merge", caught_up(s, r, d), s.clock[r])
    take(s, r, m, clock=moved, suits=choice("newest", newer(s, r, d), Bool(True)))


@gossip_copies.action
def Lose(s: State, m: Copy) -> None:
    """A copy is lost."""
    guard("sent", s.network.contains(m))
    s.network = s.network - {m}


@gossip_copies.action
def Resend(s: State, m: Copy) -> None:
    """The maker of a change sends a copy to whoever has not said that it has it."""
    guard("made", s.processed[m.delta.stamp.origin].contains(m.delta))
    guard("not-acknowledged", ~s.processed[m.dst].contains(m.delta))
    s.network |= {m}


some_receive = gossip_copies.assume_fair("some-receive", weak(Receive))
each_receive = gossip_copies.assume_fair("each-receive", forall(Copy, lambda m: weak(Receive, m)))
insistent = gossip_copies.assume_fair(
    "insistent", forall(Copy, lambda m: strong(Receive, m)), forall(Copy, lambda m: weak(Resend, m))
)

gossip_copies.variant("safe", without=["Lose", "Resend"], doc="copies may be late, and are not lost")
gossip_copies.variant("resend", doc="copies may be lost, and are sent again until they are acknowledged")
