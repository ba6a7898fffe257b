"""Properties of selective gossip."""

from __future__ import annotations

from verifier.encodings.gossip_selective import Copy, Delta, Key, Replica, State, gossip_selective
from verifier.kernel import Bool, forall, forall_in, implies, violated

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


@gossip_selective.action_property()
def Newest(s: State, t: State) -> Bool:
    """A replica's registers never get older."""
    return forall(Replica, Key, lambda r, k: implies(
        s.state[r][k].is_some, t.state[r][k].is_some & (s.state[r][k].value.stamp <= t.state[r][k].value.stamp)
    ))  # fmt: skip


@gossip_selective.lemma("whoever makes a change has processed it before a copy is sent")
def SentWasMade(s: State) -> Bool:
    return forall_in(s.network, lambda m: s.processed[m.delta.stamp.origin].contains(m.delta))


@gossip_selective.lemma("a receiver moves its clock up to the stamp, and a maker's clock is its latest stamp")
def StampsAreBehindClocks(s: State) -> Bool:
    return forall(Replica, lambda r: forall_in(s.processed[r], lambda d: (
        (d.stamp.time > 0) & (d.stamp.time <= s.clock[r]) & (d.stamp.time <= s.clock[d.stamp.origin])
    )))  # fmt: skip


@gossip_selective.lemma("every change has a stamp of its own")
def StampTellsKey(s: State) -> Bool:
    return forall(Replica, Replica, Delta, Delta, lambda r, p, d, e: implies(
        s.processed[r].contains(d) & s.processed[p].contains(e) & (d.stamp == e.stamp), d.key == e.key
    ))  # fmt: skip


@gossip_selective.lemma("the newest of what was processed is kept")
def StateIsNewest(s: State) -> Bool:
    def right(r: Replica, k: Key) -> Bool:
        held = s.state[r][k]
        return implies(held.is_some, (held.value.key == k) & s.processed[r].contains(held.value))

    return forall(Replica, Key, right) & forall(Replica, lambda r: forall_in(s.processed[r], lambda d: (
        s.state[r][d.key].is_some & (d.stamp <= s.state[r][d.key].value.stamp)
    )))  # fmt: skip


@gossip_selective.lemma("nothing is processed that its maker has not processed")
def ProcessedWasMade(s: State) -> Bool:
    return forall(Replica, lambda r: forall_in(s.processed[r], lambda d: s.processed[d.stamp.origin].contains(d)))


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
