"""Gossip: how changes travel between the replicas of a store (redis-rust, specs/tla/GossipProtocol.tla).

A replica sends each of its changes, a delta, to everybody, or in selective mode to the one replica that its routing table names
for the key. The model asks whether every delta reaches everybody, is applied at most once, and goes where it should; a delta that
is received replaces the local one.

The published file does not pass the parser. As repaired here, NULL is declared, and ProcessedDeltasGrow nests its quantifiers.
The queue `outbound_queue`, which nothing changes and nothing reads, is left out. A published delta carries its key and its origin
twice, in its id and beside it, and a message repeats the epoch of its delta; here they are stated once. The network has a set for
each kind of message.
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
    budget,
    choice,
    constant,
    empty,
    guard,
    ite,
    none,
    some,
    var,
)

gossip = Protocol("gossip", "deltas travel between replicas", source="redis-rust specs/tla/GossipProtocol.tla")

MaxEpoch = gossip.search_bound("MaxEpoch", 1, "largest epoch; deltas are made below it")
MaxMessages = gossip.search_bound("MaxMessages", 2, "messages on their way")
MaxValue = gossip.search_bound("MaxValue", 1, "values are 1 to MaxValue")
MoreNumbers = gossip.search_bound("MoreNumbers", 0, "room in ids for other numbers than epochs; numbered alone needs it")
gossip.assume("some epoch has deltas", MaxEpoch >= 1)


class Replica(Scalarset, parameter="Replicas", size=2, prefix="r"):
    """A replica; every routing table starts with the first one."""

    First = constant()


class Key(Scalarset, parameter="Keys", size=1, prefix="k"):
    """A key of the store."""


class Value(Range, low=1, high=MaxValue):
    """A value."""


class Epoch(Range, low=0, high=MaxEpoch):
    """An epoch of a replica."""


class DeltaEpoch(Range, low=0, high=MaxEpoch - 1):
    """An epoch in which a delta may be made."""


class Number(Range, low=0, high=MaxEpoch - 1 + MoreNumbers):
    """The number in the id of a delta: its epoch."""


class DeltaId(Record):
    """The identity by which receivers distinguish deltas."""

    key: Key
    seq: Number
    origin: Replica


class Delta(Record):
    """A change of a key."""

    id: DeltaId
    value: Value
    epoch: DeltaEpoch


class DeltaBatch(Record):
    """A message for everybody, which the first receiver takes."""

    source: Replica
    delta: Delta


class TargetedDelta(Record):
    """A message for one replica."""

    source: Replica
    target: Replica
    delta: Delta


class Heartbeat(Record):
    """A message without a delta."""

    source: Replica
    epoch: Epoch


class Network(Record):
    """The messages on their way, by kind."""

    batches: Set[DeltaBatch]
    targeted: Set[TargetedDelta]
    heartbeats: Set[Heartbeat]


@gossip.state
class State:
    local_state: Fn[Replica, Fn[Key, Option[Delta]]] = var(none, "latest delta taken over for the key")
    processed_deltas: Fn[Replica, Set[DeltaId]] = var(set(), "ids seen")
    gossip_epoch: Fn[Replica, Epoch] = var(0, "epoch of each replica")
    network: Network = var(Network(batches=empty, targeted=empty, heartbeats=empty), "messages on their way")
    routing_table: Fn[Replica, Fn[Key, Replica]] = var(Replica.First, "where each replica sends changes of a key")
    selective_mode: Fn[Replica, Bool] = var(False, "whether it sends them there alone")


def in_flight(s: State) -> Int:
    """How many messages are on their way."""
    return s.network.batches.size() + s.network.targeted.size() + s.network.heartbeats.size()


@gossip.action
def CreateDelta(s: State, r: Replica, k: Key, v: Value) -> None:
    """A replica changes a key and sends the delta. Neither the epoch nor a counter moves."""
    budget("epoch-budget", s.gossip_epoch[r] < MaxEpoch)
    budget("message-budget", in_flight(s) < MaxMessages)
    number = choice("epoch-is-number", s.gossip_epoch[r], s.processed_deltas[r].where(lambda i: i.origin == r).size())
    budget("number-budget", number < MaxEpoch + MoreNumbers)
    made = Delta(id=DeltaId(key=k, seq=Number(number), origin=r), value=v, epoch=DeltaEpoch(s.gossip_epoch[r]))
    s.local_state[r][k] = some(made)
    s.processed_deltas[r] = choice("records-own", s.processed_deltas[r] | {made.id}, s.processed_deltas[r])
    target = s.routing_table[r][k]
    sent = s.network.targeted | {TargetedDelta(source=r, target=target, delta=made)}
    alone = ite(choice("not-self", target != r, Bool(True)), sent, s.network.targeted)
    everybody = s.network.batches | {DeltaBatch(source=r, delta=made)}
    selective = s.selective_mode[r]
    s.network = s.network.replace(
        batches=ite(selective, s.network.batches, everybody), targeted=ite(selective, alone, s.network.targeted)
    )


def _take_over(s: State, r: Replica, d: Delta) -> None:
    """A replica takes over a delta whose id it has not seen, whatever it has itself."""
    fresh = choice("dedup", ~s.processed_deltas[r].contains(d.id), Bool(True))
    known = s.processed_deltas[r] | {d.id}
    s.local_state[r][d.id.key] = ite(fresh, some(d), s.local_state[r][d.id.key])
    s.processed_deltas[r] = choice("keeps-ids", known, known - s.processed_deltas[r])


@gossip.action
def ReceiveGossip(s: State, r: Replica, m: DeltaBatch) -> None:
    """A replica takes a message for everybody: nobody else gets it."""
    guard("sent", s.network.batches.contains(m))
    guard("not-own", m.source != r)
    _take_over(s, r, m.delta)
    s.network = s.network.replace(batches=choice("takes", s.network.batches - {m}, s.network.batches))


@gossip.action
def ReceiveGossipTargeted(s: State, r: Replica, m: TargetedDelta) -> None:
    """ReceiveGossip, of a message for one replica."""
    guard("sent", s.network.targeted.contains(m))
    guard("addressed", m.target == r)
    guard("not-own", m.source != r)
    _take_over(s, r, m.delta)
    s.network = s.network.replace(targeted=s.network.targeted - {m})


@gossip.action
def ReceiveGossipHeartbeat(s: State, r: Replica, m: Heartbeat) -> None:
    """ReceiveGossip, of a message without a delta."""
    guard("sent", s.network.heartbeats.contains(m))
    guard("not-own", m.source != r)
    s.network = s.network.replace(heartbeats=s.network.heartbeats - {m})


@gossip.action
def AdvanceEpoch(s: State, r: Replica) -> None:
    """A replica goes on to its next epoch."""
    budget("epoch-budget", s.gossip_epoch[r] < MaxEpoch)
    s.gossip_epoch[r] += 1


@gossip.action
def SendHeartbeat(s: State, r: Replica) -> None:
    """A replica sends its epoch, which nobody reads."""
    budget("message-budget", in_flight(s) < MaxMessages)
    beats = s.network.heartbeats | {Heartbeat(source=r, epoch=s.gossip_epoch[r])}
    s.network = s.network.replace(heartbeats=beats)


@gossip.action
def EnableSelectiveMode(s: State, r: Replica) -> None:
    """A replica sends changes to one replica only, from now on forever."""
    guard("not-selective", ~s.selective_mode[r])
    s.selective_mode[r] = True


@gossip.action
def UpdateRouting(s: State, r: Replica, k: Key, t: Replica) -> None:
    """A replica sends changes of a key elsewhere."""
    guard("not-self", t != r)
    s.routing_table[r][k] = t


@gossip.action
def MessageLoss(s: State, m: DeltaBatch) -> None:
    """A message for everybody is lost."""
    guard("sent", s.network.batches.contains(m))
    s.network = s.network.replace(batches=s.network.batches - {m})


@gossip.action
def MessageLossTargeted(s: State, m: TargetedDelta) -> None:
    """MessageLoss, of a message for one replica."""
    guard("sent", s.network.targeted.contains(m))
    s.network = s.network.replace(targeted=s.network.targeted - {m})


@gossip.action
def MessageLossHeartbeat(s: State, m: Heartbeat) -> None:
    """MessageLoss, of a message without a delta."""
    guard("sent", s.network.heartbeats.contains(m))
    s.network = s.network.replace(heartbeats=s.network.heartbeats - {m})


_SELECTIVE = ["EnableSelectiveMode", "UpdateRouting", "ReceiveGossipTargeted", "MessageLossTargeted"]

gossip.variant(
    "broadcast",
    without=_SELECTIVE,
    settings={"MaxValue": 2},
    doc="as published, with two values and without the selective mode",
)
gossip.variant(
    "reliable",
    without=[*_SELECTIVE, "MessageLoss", "MessageLossHeartbeat"],
    settings={"Replicas": 3, "MaxMessages": 1},
    doc="three replicas, without the selective mode, and no message is lost",
)
