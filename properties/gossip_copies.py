"""Properties of Gossip with a copy for each recipient."""

from __future__ import annotations

from verifier.encodings.gossip_copies import (
    Copy,
    Delta,
    Key,
    Replica,
    State,
    each_receive,
    gossip_copies,
    insistent,
    some_receive,
)
from verifier.kernel import (
    Bool,
    Temporal,
    always,
    eventually,
    forall,
    forall_in,
    implies,
    leads_to,
    violated,
)

gossip_copies.type_ok(variables=["state", "processed", "clock", "network"])

@gossip_copies.invariant(expected={"resend": violated(2)})
def DeliveredStrong(s: State) -> Bool:
    """Every delta that one replica has processed is at the others, too, or a copy is on its way to them."""
    return forall(Replica, Replica, lambda p, r: forall_in(
        s.processed[p], lambda d: s.processed[r].contains(d) | s.network.contains(Copy(dst=r, delta=d))
    ))  # fmt: skip


@gossip_copies.invariant(expected={"resend": violated(3)})
def Delivered(s: State) -> Bool:
    """When nothing is on its way, all replicas have processed the same."""
    return implies(s.network.is_empty(), forall(Replica, Replica, lambda r, p: s.processed[r] == s.processed[p]))


@gossip_copies.invariant()
def SEC(s: State) -> Bool:
    """Replicas that have processed the same deltas have the same registers: strong eventual convergence."""
    return forall(Replica, Replica, lambda r, p: implies(
        s.processed[r] == s.processed[p], forall(Key, lambda k: s.state[r][k] == s.state[p][k])
    ))  # fmt: skip


@gossip_copies.action_property()
def AtMostOnce(s: State, t: State) -> Bool:
    """A replica takes over only deltas that it had not processed."""
    return forall(Replica, Key, lambda r, k: implies(
        t.state[r][k] != s.state[r][k], t.state[r][k].is_some & ~s.processed[r].contains(t.state[r][k].value)
    ))  # fmt: skip


@gossip_copies.action_property()
def Newest(s: State, t: State) -> Bool:
    """A replica's registers never get older."""
    return forall(Replica, Key, lambda r, k: implies(
        s.state[r][k].is_some, t.state[r][k].is_some & (s.state[r][k].value.stamp <= t.state[r][k].value.stamp)
    ))  # fmt: skip


_BOUNDED = "replicas may make changes forever"


@gossip_copies.liveness(under=some_receive, expected={"resend": violated(1, loop=4)}, bounded=_BOUNDED)
def EventuallyDelivered(s: State) -> Temporal:
    """From some point on all replicas have processed the same, if copies are received one after the other."""
    return eventually(always(forall(Replica, Replica, lambda r, p: s.processed[r] == s.processed[p])))


@gossip_copies.liveness(under=insistent, bounded=_BOUNDED)
def EventuallyDeliveredResent(s: State) -> Temporal:
    """The same, if what is not acknowledged is sent again, and what is sent again and again arrives."""
    return eventually(always(forall(Replica, Replica, lambda r, p: s.processed[r] == s.processed[p])))


@gossip_copies.liveness(under=each_receive, expected={"resend": violated(1, loop=4)})
def CopyArrives(s: State) -> Temporal:
    """Every delta sent to a replica arrives there, if each copy that stays on its way long enough is received."""
    return forall(Copy, lambda m: leads_to(s.network.contains(m), s.processed[m.dst].contains(m.delta)))


@gossip_copies.lemma("whoever makes a change has processed it before a copy is sent")
def SentWasMade(s: State) -> Bool:
    return forall_in(s.network, lambda m: s.processed[m.delta.stamp.origin].contains(m.delta))


@gossip_copies.lemma("a receiver moves its clock up to the stamp, and a maker's clock is its latest stamp")
def StampsAreBehindClocks(s: State) -> Bool:
    return forall(Replica, lambda r: forall_in(s.processed[r], lambda d: (
        (d.stamp.time > 0) & (d.stamp.time <= s.clock[r]) & (d.stamp.time <= s.clock[d.stamp.origin])
    )))  # fmt: skip


@gossip_copies.lemma("every change has a stamp of its own")
def StampTellsKey(s: State) -> Bool:
    return forall(Replica, Replica, Delta, Delta, lambda r, p, d, e: implies(
        s.processed[r].contains(d) & s.processed[p].contains(e) & (d.stamp == e.stamp), d.key == e.key
    ))  # fmt: skip


@gossip_copies.lemma("the newest of what was processed is kept")
def StateIsNewest(s: State) -> Bool:
    def right(r: Replica, k: Key) -> Bool:
        held = s.state[r][k]
        return implies(held.is_some, (held.value.key == k) & s.processed[r].contains(held.value))

    return forall(Replica, Key, right) & forall(Replica, lambda r: forall_in(s.processed[r], lambda d: (
        s.state[r][d.key].is_some & (d.stamp <= s.state[r][d.key].value.stamp)
    )))  # fmt: skip


@gossip_copies.lemma("nothing is processed that its maker has not processed")
def ProcessedWasMade(s: State) -> Bool:
    return forall(Replica, lambda r: forall_in(s.processed[r], lambda d: s.processed[d.stamp.origin].contains(d)))


gossip_copies.finding(
    "Nothing that is lost is delivered, unless it is sent again, and then it takes a network that does not lose it forever",
    "The code drops the oldest of more than 10,000 messages that wait, and keeps no delta whose sending fails. Sending again "
    "what is not acknowledged is enough where each copy that is sent again and again arrives at last; a receiver that takes "
    "some copy again and again is not, as loss keeps disabling the others.",
    command="verify prove gossip-copies:resend --property EventuallyDelivered --property EventuallyDeliveredResent",
)
gossip_copies.finding(
    "A receiver has to move its clock, and to compare stamps",
    "Without either a replica's entry goes back in three steps, and replicas that processed the same differ in four.",
    command="verify explore gossip-copies --set Replicas=2 --set MaxSeq=2 --drop Receive.clock-merge",
)
