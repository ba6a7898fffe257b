"""Properties of selective gossip."""

from __future__ import annotations

from verifier.encodings._gossip import Copy, Delta, Key, Replica
from verifier.encodings.gossip_selective import State, gossip_selective
from verifier.kernel import Bool, forall, forall_in, implies, violated
from verifier.properties._gossip import Newest, declare_lemmas

gossip_selective.type_ok(variables=["state", "processed", "clock", "network", "targets"])


@gossip_selective.invariant(expected=dict.fromkeys(("as-coded", "from-one", "redirected"), violated(2)))
def DeliveredStrong(s: State) -> Bool:
    """Every delta that one replica has processed is at all targets of its key, or a copy is on its way to them."""
    return forall(Replica, Replica, lambda p, r: forall_in(s.processed[p], lambda d: implies(
        s.targets[d.key].contains(r), s.processed[r].contains(d) | s.network.contains(Copy(dst=r, delta=d))
    )))  # fmt: skip


@gossip_selective.invariant(expected={"as-coded": violated(2), "from-one": violated(3), "redirected": violated(2)})
def Delivered(s: State) -> Bool:
    """When nothing is on its way, every target has processed all changes of its key."""
    return implies(s.network.is_empty(), forall(Replica, Replica, lambda p, r: forall_in(s.processed[p], lambda d: implies(
        s.targets[d.key].contains(r), s.processed[r].contains(d)
    ))))  # fmt: skip


@gossip_selective.invariant()
def SEC(s: State) -> Bool:
    """Replicas that have processed the same deltas of a key have the same register, whether they are targets or not."""
    def alike(r: Replica, p: Replica, k: Key) -> Bool:
        return forall(Delta, lambda d: implies(d.key == k, s.processed[r].contains(d) == s.processed[p].contains(d)))

    return forall(Replica, Replica, Key, lambda r, p, k: implies(alike(r, p, k), s.state[r][k] == s.state[p][k]))


@gossip_selective.action_property(expected={"redirected": violated(3)})
def OnlyAddressed(s: State, t: State) -> Bool:
    """A replica takes over its own changes, and what was sent to it: nothing is redirected."""
    return forall(Replica, lambda r: forall_in(t.processed[r], lambda d: (
        s.processed[r].contains(d) | (d.stamp.origin == r) | s.network.contains(Copy(dst=r, delta=d))
    )))  # fmt: skip


gossip_selective.action_property()(Newest)

declare_lemmas(gossip_selective)

gossip_selective.finding(
    "A replica that becomes a target of a key never gets what was changed before",
    "Nothing hands it over: a change is sent to the targets of the moment at which it is made, once. To hand over what one "
    "target has is not enough while copies are on their way to that one; what any replica has is.",
    command="verify explore gossip-selective:as-coded",
)
gossip_selective.finding(
    "A copy has to go to whom it was sent",
    "If a target of the moment at which it arrives may take it, the one that it was for never gets it.",
    command="verify explore gossip-selective:redirected",
)
