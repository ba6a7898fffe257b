"""Properties of the network."""

from __future__ import annotations

from verifier.encodings.network import (
    GST,
    Deliver,
    Heal,
    Message,
    Retransmit,
    State,
    Status,
    Tick,
    blocked,
    deadline,
    due,
    heals_first,
    honest,
    network,
)
from verifier.kernel import (
    Bool,
    Ranks,
    Temporal,
    enabled,
    forall,
    implies,
    leads_to,
    ranks,
    strong,
    violated,
    weak,
    when,
)


@network.invariant(short="Net-1", expected={"forge": violated(1)})
def NoForgery(s: State) -> Bool:
    """A message of an honest node that is on its way was sent by it."""
    return forall(Message, lambda m: implies(
        (s.st[m] != Status.Unsent) & ~s.byzantine.contains(s.src[m]), s.sent.contains(m)
    ))  # fmt: skip


@network.invariant(short="Net-2")
def BoundedDelivery(s: State) -> Bool:
    """No message between honest nodes is on its way longer than it may be."""
    return forall(Message, lambda m: implies(
        honest(s, m) & (s.st[m] == Status.Flight), s.now <= deadline(s, m)
    ))  # fmt: skip


@network.invariant(short="Net-3", expected={"heal-forced-off": violated(4)})
def HealedByGST(s: State) -> Bool:
    """From the time of synchrony on the network is whole."""
    return implies(s.now >= GST, ~s.cut)


@network.invariant(
    short="Net-4", vacuous="only the cut holds up a message, and a cut can heal at any time"
)
def TimeNotLocked(s: State) -> Bool:
    """Whatever time waits for can happen."""
    return implies(due(s) | heals_first(s), enabled(Deliver) | enabled(Heal))


@network.invariant(short="Net-4a", expected={"heal-forced-off": violated(6)})
def DueIsDeliverable(s: State) -> Bool:
    """No message that is due is held up by the cut."""
    return forall(Message, lambda m: implies(
        honest(s, m) & (s.st[m] == Status.Flight) & (s.now >= deadline(s, m)), ~blocked(s, m)
    ))  # fmt: skip


@network.action_property(short="Net-5")
def PartitionIsolation(s: State, after: State) -> Bool:
    """No message is delivered across the cut."""
    return forall(Message, lambda m: implies(
        blocked(s, m) & (s.st[m] == Status.Flight), after.st[m] != Status.Delivered
    ))  # fmt: skip


def _delivered(s: State) -> Temporal:
    return forall(Message, lambda m: leads_to(
        honest(s, m) & (s.st[m] == Status.Flight), s.st[m] == Status.Delivered
    ))  # fmt: skip


_CUT_AGAIN = violated(3, loop=2)


@network.liveness(
    "Net-6",
    expected=dict.fromkeys(("safe", "lossy", "retransmit", "forge"), _CUT_AGAIN),
    bounded="it is not a theorem",
)
def EventualDelivery(s: State) -> Temporal:
    """A message between honest nodes that is sent arrives at last; under the published fairness, which is weak."""
    return _delivered(s)


_time_goes_on = network.assume_fair(
    "time_goes_on",
    forall(Message, lambda m: weak(Deliver, m)),
    forall(Message, lambda m: weak(Retransmit, m)),
    weak(Heal),
    strong(Tick),
)


@network.liveness(
    "Net-6a",
    under=_time_goes_on,
    expected={"lossy": violated(9, loop=0)},
    bounded="it rests on strong fairness of time, and a ranking uses weak fairness alone",
)
def EventualDeliveryInTime(s: State) -> Temporal:
    """The same, where time goes on however often the network is cut and heals."""
    return _delivered(s)


@network.liveness("Net-6b")
def DeliveryOnceSynchronous(s: State) -> Temporal:
    """From the time of synchrony on, a message on its way between honest nodes arrives, under the published fairness."""
    return forall(Message, lambda m: leads_to(
        honest(s, m) & (s.st[m] == Status.Flight) & (s.now >= GST), s.st[m] == Status.Delivered
    ))  # fmt: skip


@network.ranking("Net-6b")
def DeliveryIsLeft(s: State, m: Message) -> Ranks:
    return ranks(pending=(s.st[m] == Status.Flight) & (s.now >= GST), helped_by=[when(weak(Deliver, m), True)])


@network.lemma("time was never sent ahead")
def SentInThePast(s: State) -> Bool:
    return forall(Message, lambda m: s.sentAt[m] <= s.now)


@network.lemma("only a network that is cut has sides")
def WholeHasNoSides(s: State) -> Bool:
    return implies(~s.cut, s.side.is_empty())


network.finding(
    "Messages between honest nodes need not arrive under the published fairness",
    "Weak fairness of delivery, healing and time does not suffice: a moment before the time of synchrony the network is cut and "
    "heals again and again, so that time, which waits for it to heal, never has to go on. With strong fairness of time it holds.",
    command="verify prove network --property EventualDelivery --property EventualDeliveryInTime",
)
network.finding(
    "TimeNotLocked holds by its form",
    "A message that is due can be delivered or is behind the cut, and a cut can heal. That the cut heals before the time of "
    "synchrony is what DueIsDeliverable rests on.",
    command="verify prove network --drop Tick.healed --property TimeNotLocked --property DueIsDeliverable",
)
