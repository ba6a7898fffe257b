"""Protocols that are written with the library: networks of each kind, crashes, timers, quorums.

`ALL` maps names to the protocols, like `constructs.ALL`.
"""

from __future__ import annotations

from collections.abc import Callable

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    Sequence,
    Set,
    anything,
    empty,
    forall,
    guard,
    implies,
    ite,
    labels,
    none,
    set_of,
    some,
    table,
    var,
    violated,
)
from verifier.lib.crashes import crashes
from verifier.lib.litmus import litmus
from verifier.lib.memory import RC11
from verifier.lib.networks import broadcast, deliverable, duplicating, lossy, quiet, received, send
from verifier.lib.programs import Program, all_equal, read, write
from verifier.lib.quorums import all_but, majority, more_than
from verifier.lib.timers import expired, running, ticking


def letters(kind: str, *, loses: bool = False, doubles: bool = False) -> Protocol:
    """Two letters are posted, one after the other; the network is a set, a bag or a channel."""
    p = Protocol(f"letters-{kind}", "two letters are posted")

    class Letter(Enumeration):
        First, Second = labels(2)

    class Count(Range, low=0, high=3):
        pass

    class Channel(Sequence[Letter], capacity=3):
        pass

    network = {"set": (Set[Letter], set()), "bag": (Fn[Letter, Count], 0), "channel": (Channel, empty)}[kind]

    class State:
        net: object = var(network[1], "letters on their way")
        posted: Count = var(0, "how many have been posted")
        opened: Option[Letter] = var(none, "the letter that was opened first")
        got: Set[Letter] = var(set(), "letters that have arrived")

    State.__annotations__["net"] = network[0]
    p.state(State)

    @p.action
    def Post(s: State) -> None:
        guard("left", s.posted < 2)
        s.net = send(s.net, ite(s.posted == 0, Letter.First, Letter.Second))
        s.posted += 1

    @p.action
    def Open(s: State, x: Letter) -> None:
        guard("here", deliverable(s.net, x))
        s.net = received(s.net, x)
        s.opened = ite(s.opened.is_some, s.opened, some(x))
        s.got |= {x}

    if loses:
        lossy(p, "net")
    if doubles:
        duplicating(p, "net")

    @p.invariant()
    def InOrder(s: State) -> Bool:
        """Only a channel keeps the order."""
        return implies(s.opened.is_some, s.opened.value == Letter.First)

    @p.invariant()
    def Arrives(s: State) -> Bool:
        """Fails where letters are lost."""
        return implies((s.posted == 2) & quiet(s.net), s.got.contains(Letter.First) & s.got.contains(Letter.Second))

    return p


def rumours() -> Protocol:
    """Each node tells all others once, over a channel for each; a node that is down forgets what it has heard."""
    p = Protocol("rumours", "everyone hears from everyone")

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Inbox(Sequence[Node], capacity=2):
        pass

    @p.state
    class State:
        inbox: Fn[Node, Inbox] = var(empty, "what each node has still to hear")
        told: Set[Node] = var(set(), "nodes that have told all others")
        heard: Fn[Node, Set[Node]] = var(set(), "from whom each node has heard")
        alive: Set[Node] = var(anything, "nodes that are up")

    @p.initially
    def AllUp(s: State) -> Bool:
        return forall(Node, lambda n: s.alive.contains(n))

    @p.action
    def Tell(s: State, n: Node) -> None:
        guard("up", s.alive.contains(n))
        guard("once", ~s.told.contains(n))
        s.inbox = broadcast(s.inbox, Node, lambda m: n)
        s.told |= {n}

    @p.action
    def Hear(s: State, n: Node, m: Node) -> None:
        guard("up", s.alive.contains(n))
        guard("next", deliverable(s.inbox[n], m))
        s.inbox[n] = received(s.inbox[n], m)
        s.heard[n] |= {m}

    crashes(p, Node, up="alive", forgets={"heard": set()}, at_most=1)
    lossy(p, "inbox")
    p.variant("reliable", without=["Lose", "Crash", "Recover"])

    @p.invariant()
    def HeardWasTold(s: State) -> Bool:
        return forall(Node, lambda n: s.heard[n] <= s.told)

    @p.invariant(expected={"safe": violated(6)})
    def NobodyMisses(s: State) -> Bool:
        """Fails with losses and crashes."""
        everyone = forall(Node, Node, lambda n, m: s.heard[n].contains(m))
        return implies(quiet(s.inbox) & forall(Node, lambda n: s.told.contains(n)), everyone)

    return p


def leases() -> Protocol:
    """A lease runs out at its holder before the servers that granted it grant another; a majority of servers grants it."""
    p = Protocol("leases", "one client holds the lease")

    class Server(Scalarset, parameter="Servers", size=3):
        pass

    class Client(Scalarset, parameter="Clients", size=2):
        pass

    class Time(Range, low=0, high=2):
        pass

    @p.state
    class State:
        granted: Fn[Server, Option[Client]] = var(none, "to whom each server has granted the lease")
        timer: Fn[Server, Option[Time]] = var(none, "how long the grant of each server counts")
        running: Set[Server] = var(anything, "servers that are up")

    @p.initially
    def AllUp(s: State) -> Bool:
        return forall(Server, lambda x: s.running.contains(x))

    def holds(s: State, c: Client) -> Bool:
        return majority(set_of(Server, lambda x: s.granted[x] == some(c)), Server)

    @p.action
    def Grant(s: State, x: Server, c: Client) -> None:
        guard("up", s.running.contains(x))
        guard("free", s.granted[x].is_none)
        s.granted[x] = some(c)
        s.timer[x] = some(Time(2))

    @p.action
    def RunOut(s: State, x: Server) -> None:
        guard("expired", expired(s.timer[x]))
        s.granted[x] = none
        s.timer[x] = none

    ticking(p, "timer", Server)
    crashes(p, Server, up="running", recovers=False, at_most=1, names=("Stop", ""))

    @p.invariant()
    def OneHolder(s: State) -> Bool:
        return forall(Client, Client, lambda a, b: implies(holds(s, a) & holds(s, b), a == b))

    @p.invariant()
    def GrantsAreTimed(s: State) -> Bool:
        return forall(Server, lambda x: s.granted[x].is_some == (running(s.timer[x]) | expired(s.timer[x])))

    return p


def stakes() -> Protocol:
    """Votes count by stake; what has more than two thirds is final. Voting is open for a while."""
    p = Protocol("stakes", "votes by stake")

    class Node(Enumeration):
        Small, Middle, Large = labels(3)

    class Value(Scalarset, parameter="Values", size=2):
        pass

    class Time(Range, low=0, high=2):
        pass

    @p.state
    class State:
        vote: Fn[Node, Option[Value]] = var(none, "what each node has voted for")
        final: Set[Value] = var(set(), "values with enough votes")
        open: Fn[Node, Option[Time]] = var(some(Time(2)), "how long each node may vote")

    stake = table(Node, [1, 2, 4])

    def voters(s: State, v: Value) -> Set[Node]:
        return set_of(Node, lambda n: s.vote[n] == some(v))

    @p.action
    def Vote(s: State, n: Node, v: Value) -> None:
        guard("once", s.vote[n].is_none)
        guard("open", running(s.open[n]))
        s.vote[n] = some(v)

    @p.action
    def Finalise(s: State, v: Value) -> None:
        guard("enough", more_than(2, 3, voters(s, v), Node, weight=lambda n: stake[n]))
        s.final |= {v}

    ticking(p, "open", Node, urgent=False)

    @p.invariant()
    def OneFinal(s: State) -> Bool:
        return forall(Value, Value, lambda a, b: implies(s.final.contains(a) & s.final.contains(b), a == b))

    @p.invariant()
    def LargeDecides(s: State) -> Bool:
        """What is final has the vote of the large node, and at most the middle one is missing."""

        def agrees(v: Value) -> Bool:
            return (s.vote[Node.Large] == some(v)) & all_but(2, voters(s, v), Node, weight=lambda n: stake[n])

        return forall(Value, lambda v: implies(s.final.contains(v), agrees(v)))

    return p


MAKERS: list[Callable[[], Protocol]] = [rumours, leases, stakes]
ALL: dict[str, Protocol] = {p.name: p for p in (letters("set"), letters("bag"), letters("channel"), *(m() for m in MAKERS))}

MESSAGES = Program([[write("data", 1), write("flag", 1, "rel")], [read("flag", "a", "acq"), read("data", "b")]])
LITMUS: dict[str, Protocol] = {"messages": litmus("messages", MESSAGES, all_equal({"1:a": 1, "1:b": 0}), [RC11])}
"""A model that has states and no actions: its initial states are executions."""
