"""Properties of Gossip with a copy for each recipient."""

from __future__ import annotations

from verifier.encodings._gossip import Copy, Key, Replica
from verifier.encodings.gossip_copies import State, each_receive, gossip_copies, insistent, some_receive
from verifier.kernel import Bool, Temporal, always, eventually, forall, forall_in, implies, leads_to, violated
from verifier.properties._gossip import Newest, declare_lemmas

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


gossip_copies.action_property()(Newest)


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


declare_lemmas(gossip_copies)

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
