"""Properties of Gossip."""

from __future__ import annotations

from verifier.encodings.gossip import (
    Delta,
    DeltaBatch,
    Key,
    Replica,
    State,
    TargetedDelta,
    gossip,
    in_flight,
)
from verifier.kernel import Bool, all_of, exists, forall, forall_in, implies, violated

gossip.type_ok(
    variables=["local_state", "processed_deltas", "gossip_epoch", "network", "routing_table", "selective_mode"]
)


def _held(s: State, d: Delta) -> Bool:
    """Whether some replica has taken over a delta, and has not replaced it."""
    return exists(Replica, lambda r: s.local_state[r][d.id.key] == d)


def _sent(s: State, d: Delta) -> Bool:
    """Whether a message with a delta is on its way."""
    return exists(Replica, lambda r: s.network.batches.contains(DeltaBatch(source=r, delta=d))) | exists(
        Replica, Replica, lambda r, q: s.network.targeted.contains(TargetedDelta(source=r, target=q, delta=d))
    )


# -- as published ------------------------------------------------------------------------------------------------------


@gossip.invariant(vacuous="it is a matter of types")
def SourceCorrectInvariant(s: State) -> Bool:
    """The source of a message is a replica."""
    return all_of(
        forall_in(s.network.batches, lambda m: exists(Replica, lambda r: m.source == r)),
        forall_in(s.network.targeted, lambda m: exists(Replica, lambda r: m.source == r)),
        forall_in(s.network.heartbeats, lambda m: exists(Replica, lambda r: m.source == r)),
    )


@gossip.invariant(vacuous="it is a matter of types here, where only such messages have a target")
def TargetedMessageValid(s: State) -> Bool:
    """A message for one replica names a replica."""
    return forall_in(s.network.targeted, lambda m: exists(Replica, lambda r: m.target == r))


@gossip.invariant()
def NoSelfTarget(s: State) -> Bool:
    """No replica sends a message to itself."""
    return forall_in(s.network.targeted, lambda m: m.target != m.source)


@gossip.invariant(vacuous="it is a matter of types, and does not say that anything grows")
def ProcessedDeltasGrow(s: State) -> Bool:
    """Ids that were seen are ids of deltas."""
    return forall(Replica, lambda r: forall_in(
        s.processed_deltas[r], lambda i: exists(Key, Replica, lambda k, o: (i.key == k) & (i.origin == o))
    ))  # fmt: skip


@gossip.invariant(bounded="it is false with two keys")
def EventualDelivery(s: State) -> Bool:
    """When nothing is on its way, whoever has seen anything has something for every key that anybody has something for.

    Published as a temporal property, which it is not. With one key it is vacuous.
    """
    return implies(in_flight(s) == 0, forall(Replica, Replica, Key, lambda r, q, k: implies(
        s.local_state[r][k].is_some, s.local_state[q][k].is_some | s.processed_deltas[q].is_empty()
    )))  # fmt: skip


# -- as it should be ---------------------------------------------------------------------------------------------------


@gossip.action_property()
def ProcessedStep(s: State, t: State) -> Bool:
    """A replica forgets no id."""
    return forall(Replica, lambda r: s.processed_deltas[r] <= t.processed_deltas[r])


@gossip.action_property()
def EpochStep(s: State, t: State) -> Bool:
    """No epoch goes back."""
    return forall(Replica, lambda r: s.gossip_epoch[r] <= t.gossip_epoch[r])


@gossip.action_property()
def AtMostOnce(s: State, t: State) -> Bool:
    """A delta that a replica takes over is its own, or has an id that it had not seen."""
    def rightly(r: Replica, k: Key) -> Bool:
        new = t.local_state[r][k]
        own = new.value.id.origin == r
        return implies(new != s.local_state[r][k], new.is_some & (own | ~s.processed_deltas[r].contains(new.value.id)))

    return forall(Replica, Key, rightly)


@gossip.invariant()
def SourceIsOrigin(s: State) -> Bool:
    """Deltas are sent by the replicas that made them; nobody passes them on."""
    return all_of(
        forall_in(s.network.batches, lambda m: m.delta.id.origin == m.source),
        forall_in(s.network.targeted, lambda m: m.delta.id.origin == m.source),
    )


@gossip.invariant()
def LocalKnown(s: State) -> Bool:
    """A replica has seen the ids of what it has taken over."""
    return forall(Replica, Key, lambda r, k: implies(
        s.local_state[r][k].is_some, s.processed_deltas[r].contains(s.local_state[r][k].value.id)
    ))  # fmt: skip


@gossip.invariant()
def OwnEpoch(s: State) -> Bool:
    """The number of a delta is the epoch in which it was made, which its maker has reached."""
    def right(d: Delta) -> Bool:
        return (d.id.seq == d.epoch) & (d.epoch <= s.gossip_epoch[d.id.origin])

    return all_of(
        forall_in(s.network.batches, lambda m: right(m.delta)),
        forall_in(s.network.targeted, lambda m: right(m.delta)),
        forall(Replica, Key, lambda r, k: implies(
            s.local_state[r][k].is_some, right(s.local_state[r][k].value)
        )),
    )  # fmt: skip


@gossip.invariant(expected={"broadcast": violated(2)}, bounded="it is false with two values: see broadcast")
def UniqueId(s: State) -> Bool:
    """Deltas with one id are one delta."""
    def exists_somewhere(d: Delta) -> Bool:
        return _sent(s, d) | _held(s, d)

    return forall(Delta, Delta, lambda d, e: implies(
        (d.id == e.id) & (d != e), ~(exists_somewhere(d) & exists_somewhere(e))
    ))  # fmt: skip


@gossip.invariant(expected=dict.fromkeys(("safe", "broadcast", "reliable"), violated(2)))
def DeliveryPlain(s: State) -> Bool:
    """When nothing is on its way, everybody has something for every key that anybody has something for."""
    return implies(in_flight(s) == 0, forall(Replica, Replica, Key, lambda r, q, k: implies(
        s.local_state[r][k].is_some, s.local_state[q][k].is_some
    )))  # fmt: skip


gossip.finding(
    "Two of three replicas never hear of a change, and no message is lost",
    "A broadcast is one message, which the first receiver takes out of the network. The code sends to every peer separately: the "
    "model is more pessimistic than what it describes, and cannot show delivery. gossip-copies has a copy for each receiver.",
    command="verify explore gossip:reliable",
)
gossip.finding(
    "Two changes of a key in one epoch have one id",
    "The id of a delta contains the epoch, and creating a delta does not move that. Whoever has processed the first change "
    "ignores the second forever: at-most-once holds, and is why updates are lost.",
    command="verify explore gossip:broadcast",
)
gossip.finding(
    "EventualDelivery is a formula of states",
    "It is published as a temporal property, which TLC looks at in the initial state alone. As an invariant it is vacuous with "
    "one key, as whoever has processed anything has processed that key, and false with two: also without any loss, where "
    "a key is routed to the replica itself.",
    command="verify explore gossip --set Keys=2 --set MaxMessages=1",
)
gossip.finding(
    "Nothing is delivered for certain",
    "A message may be lost at any time, and nothing is sent twice.",
    command="verify prove gossip --property DeliveryPlain",
)
gossip.finding(
    "Nobody checks that a broadcast is not one's own",
    "No property needs it: a replica that takes its own broadcast has processed it. It swallows the message for everybody, "
    "though.",
    command="verify explore gossip:broadcast --drop ReceiveGossip.not-own",
)
gossip.finding(
    "Heartbeats and the queue of outgoing messages change nothing",
    "Nothing reads the queue, or the epoch in a heartbeat. Heartbeats only use up the bound on messages, and multiply states.",
    command="verify explore gossip",
)
