"""A partially synchronous network: from a time on, which nobody knows, messages between honest nodes arrive in time.

Before that time the network may be cut in two, and messages may be lost where the variant has that. Time stands still while a
message that is due has not been delivered.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    Ordered,
    Protocol,
    Range,
    Set,
    all_of,
    anything,
    budget,
    empty,
    exists,
    forall,
    guard,
    implies,
    labels,
    maximum,
    var,
    weak,
)

network = Protocol("network", "after a time that nobody knows messages arrive in time", source="Alpenglow v1.1")

GST = network.parameter("GST", 3, "time from which the network is synchronous")
Delta = network.parameter("Delta", 1, "how long a message takes at most from then on")
SRC = network.parameter("src", [1, 2, 3], "who sends each message; 0: anyone")
DST = network.parameter("dst", [2, 1, 1], "who each message is for; 0: anyone")
BYZANTINE = network.parameter("byzantine", [0, 0, 1], "of each node, 1: it is Byzantine, 0: it is not, 2: either")
Tmax = network.search_bound("Tmax", 7, "last time")

network.assume("TimePasses", Delta >= 1)


class Node(Ordered, parameter="Nodes", size=3, first=1):
    """A node."""


class Message(Ordered, parameter="Messages", size=3, first=1):
    """A message, which is sent once."""


class Time(Range, low=0, high=Tmax):
    """A time."""


class Status(Enumeration):
    """Where a message is."""

    Unsent, Flight, Delivered, Lost = labels(4)


@network.state
class State:
    src: Fn[Message, Node] = var(anything, "who sends each message", rigid=True)
    dst: Fn[Message, Node] = var(anything, "who each message is for", rigid=True)
    byzantine: Set[Node] = var(anything, "nodes that do as they please", rigid=True)
    now: Time = var(0, "the time")
    st: Fn[Message, Status] = var(Status.Unsent, "where each message is")
    sentAt: Fn[Message, Time] = var(0, "when each message was sent")
    cut: Bool = var(False, "the network is cut in two")
    side: Set[Node] = var(set(), "the nodes on one side of the cut, without the first node")
    sent: Set[Message] = var(set(), "ghost: messages that their sender has sent")


@network.axiom
def MessagesAsListed(s: State) -> Bool:
    def listed(m: Message) -> Bool:
        pairs = enumerate(zip(SRC, DST, strict=True), 1)
        return all_of(*(
            implies(m == at, implies(a > 0, s.src[m] == a) & implies(b > 0, s.dst[m] == b)) for at, (a, b) in pairs
        ))  # fmt: skip

    return forall(Message, listed)


@network.axiom
def FaultsAsListed(s: State) -> Bool:
    def listed(v: Node) -> Bool:
        return all_of(*(
            implies((v == at) & (flag <= 1), s.byzantine.contains(v) == (flag == 1))
            for at, flag in enumerate(BYZANTINE, 1)
        ))  # fmt: skip

    return forall(Node, listed)


def honest(s: State, m: Message) -> Bool:
    """Whether both ends of a message are honest."""
    return ~s.byzantine.contains(s.src[m]) & ~s.byzantine.contains(s.dst[m])


def latest(synchrony: Int, sent: Int | int, delay: Int | int) -> Int:
    """When something arrives at the latest, that takes so long once the network is synchronous."""
    return maximum(synchrony, sent) + delay


def deadline(s: State, m: Message) -> Int:
    """When a message has to be delivered."""
    return latest(GST, s.sentAt[m], Delta)


def blocked(s: State, m: Message) -> Bool:
    """Whether the ends of a message are on different sides of the cut."""
    return s.cut & (s.side.contains(s.src[m]) != s.side.contains(s.dst[m]))


def due(s: State) -> Bool:
    """Whether a message between honest nodes has to be delivered before time goes on."""
    return exists(Message, lambda m: honest(s, m) & (s.st[m] == Status.Flight) & (s.now >= deadline(s, m)))


def heals_first(s: State) -> Bool:
    """Whether the network has to heal before time goes on."""
    return s.cut & (s.now + 1 >= GST)


@network.action
def Send(s: State, m: Message) -> None:
    """A node sends a message."""
    guard("unsent", s.st[m] == Status.Unsent)
    s.st[m] = Status.Flight
    s.sentAt[m] = s.now
    s.sent |= {m}


@network.action
def Deliver(s: State, m: Message) -> None:
    """A message arrives."""
    guard("flight", s.st[m] == Status.Flight)
    guard("same-side", ~blocked(s, m))
    s.st[m] = Status.Delivered


@network.action
def Lose(s: State, m: Message) -> None:
    """A message is lost."""
    guard("flight", s.st[m] == Status.Flight)
    guard("asynchrony", s.now < GST)
    s.st[m] = Status.Lost


@network.action
def Retransmit(s: State, m: Message) -> None:
    """The sender of a lost message, having seen no progress for long, sends it again."""
    guard("lost", s.st[m] == Status.Lost)
    guard("synchrony", s.now >= GST)
    s.st[m] = Status.Flight
    s.sentAt[m] = s.now


@network.action
def Split(s: State, part: Set[Node]) -> None:
    """The network is cut in two."""
    guard("asynchrony", s.now < GST)
    guard("whole", ~s.cut)
    guard("two-sides", (part != set()) & ~part.contains(1))
    s.cut = Bool(True)
    s.side = part


@network.action
def Heal(s: State) -> None:
    """The network is whole again."""
    guard("cut", s.cut)
    s.cut = Bool(False)
    s.side = empty


@network.action
def Tick(s: State) -> None:
    """Time goes on."""
    budget("time", s.now < Tmax)
    guard("delivered", ~due(s))
    guard("healed", ~heals_first(s))
    s.now += 1


@network.action
def Inject(s: State, m: Message) -> None:
    """A Byzantine node sends a message in the name of another."""
    guard("unsent", s.st[m] == Status.Unsent)
    guard("byzantine", ~s.byzantine.is_empty())
    s.st[m] = Status.Flight
    s.sentAt[m] = s.now


network.fairness(
    forall(Message, lambda m: weak(Deliver, m)),
    forall(Message, lambda m: weak(Retransmit, m)),
    weak(Heal),
    weak(Tick),
)
network.variant("safe", without=["Lose", "Retransmit", "Inject"], doc="no message is lost or forged")
network.variant(
    "heal-forced-off",
    without=["Lose", "Retransmit", "Inject"],
    bounded="it is there to be refuted, at one size",
    drops=["Tick.healed"],
    doc="time goes on while the network is cut, up to the time of synchrony and later",
)
network.variant("lossy", without=["Retransmit", "Inject"], doc="messages may be lost before the time of synchrony")
network.variant("retransmit", without=["Inject"], doc="lost messages are sent again")
network.variant("forge", without=["Lose", "Retransmit"], doc="Byzantine nodes send messages in the name of others")
