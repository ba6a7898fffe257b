"""Termination detection on a ring where messages travel (Safra; Dijkstra's EWD 998; EWD998.tla).

Each node counts what it has sent less what it has received. The token sums up these counters on its way around the ring,
and turns black where a message has arrived since its last visit. When it comes back white and the sum is 0, all is over.

    verify explore examples/ewd998.py              1,520,618 states
    verify prove examples/ewd998.py:colorblind     a node that receives a message stays white: VIOLATED in 8 steps
"""

from verifier.kernel import (Bool, Enumeration, Fn, Protocol, Range, Record, Temporal, all_of, any_of, anything,
    choice, exists, forall, guard, implies, ite, labels, leads_to, steps, sum_of, var, violated, weak)  # fmt: skip

p = Protocol("ewd998", "termination detection on a ring", source="EWD998.tla (tlaplus/Examples)")
N = p.parameter("N", 3, "nodes")
p.assume("some-nodes", N >= 1)
Most = p.search_bound("Most", 3, "states with larger counters are not expanded")


class Node(Range, low=0, high=N - 1):
    """A node of the ring."""


class Color(Enumeration):
    """White until a message arrives."""

    White, Black = labels(2)


class Counter(Range, low=-N * Most, high=Most + 1):
    """Messages sent minus messages received."""


class Pending(Range, low=0, high=Most + 1):
    """Messages on their way to a node."""


class Count(Range, low=-N * N * Most, high=2 * N * Most):
    """The token's count."""


class Token(Record):
    """The token: where it is, what it has counted, its color."""

    pos: Node
    q: Count
    color: Color


@p.state
class State:
    active: Fn[Node, Bool] = var(anything, "activation status of nodes")
    color: Fn[Node, Color] = var(anything, "color of nodes")
    counter: Fn[Node, Counter] = var(0, "messages sent minus messages received")
    pending: Fn[Node, Pending] = var(0, "messages in transit to a node")
    token: Token = var(anything, "the token")


@p.initially
def Init(s: State) -> Bool:
    return all_of(s.token.q == 0, s.token.color == Color.Black)


@p.constraint
def StateConstraint(s: State) -> Bool:
    return all_of(
        forall(Node, lambda i: (s.counter[i] <= Most) & (s.pending[i] <= Most)),
        s.token.q <= 3 * Most,
    )


@p.action
def InitiateProbe(s: State) -> None:
    guard("at-first", s.token.pos == 0)
    black = (s.token.color == Color.Black) | (s.color[Node(0)] == Color.Black)
    guard("not-conclusive", black | (s.counter[Node(0)] + s.token.q > 0))
    s.token = Token(pos=Node(N - 1), q=Count(0), color=Color.White)
    s.color[Node(0)] = Color.White


@p.action
def PassToken(s: State, i: Node) -> None:
    guard("not-first", i != 0)
    guard("here", s.token.pos == i)
    guard("inactive", ~s.active[i])
    color = ite(s.color[i] == Color.Black, Color.Black, s.token.color)
    s.token = Token(pos=i - 1, q=s.token.q + s.counter[i], color=color)
    s.color[i] = Color.White


@p.action
def SendMsg(s: State, i: Node, j: Node) -> None:
    guard("active", s.active[i])
    guard("other", i != j)
    s.counter[i] += 1
    s.pending[j] += 1


@p.action
def RecvMsg(s: State, i: Node) -> None:
    guard("some", s.pending[i] > 0)
    s.pending[i] -= 1
    s.counter[i] -= 1
    s.color[i] = choice("black", Color.Black, s.color[i])
    s.active[i] = Bool(True)


@p.action
def Deactivate(s: State, i: Node) -> None:
    guard("active", s.active[i])
    s.active[i] = Bool(False)


p.fairness(weak(steps(InitiateProbe) | steps(PassToken)))
p.variant("colorblind", drops=["RecvMsg.black"], doc="a node that receives a message stays white")


@p.invariant()
def InTransit(s: State) -> Bool:
    """The counters of all nodes sum up to the messages in transit."""
    return sum_of(Node, lambda i: s.counter[i]) == sum_of(Node, lambda i: s.pending[i])


@p.invariant(expected={"colorblind": violated(6)})
def Inv(s: State) -> Bool:
    """Behind the token all are idle and counted, unless messages reach those before it, or something is black."""
    pos, q = s.token.pos, s.token.q
    return any_of(
        forall(Node, lambda i: implies(i > pos, ~s.active[i]))
        & (q == sum_of(Node, lambda i: ite(i > pos, s.counter[i], 0))),
        sum_of(Node, lambda i: ite(i <= pos, s.counter[i], 0)) + q > 0,
        exists(Node, lambda i: (i <= pos) & (s.color[i] == Color.Black)),
        s.token.color == Color.Black,
    )


def Termination(s: State) -> Bool:
    return forall(Node, lambda i: ~s.active[i] & (s.pending[i] == 0))


def terminationDetected(s: State) -> Bool:
    conclusive = (s.token.color == Color.White) & (s.color[Node(0)] == Color.White)
    balanced = (s.token.q + s.counter[Node(0)] == 0) & ~s.active[Node(0)]
    return (s.token.pos == 0) & conclusive & balanced


@p.invariant(expected={"colorblind": violated(8)})
def TerminationDetection(s: State) -> Bool:
    """When the token comes back white with a balance of 0, no node is active and no message is under way."""
    return implies(terminationDetected(s), Termination(s))


@p.liveness()
def Liveness(s: State) -> Temporal:
    """When all is over, that is detected in the end."""
    return leads_to(Termination(s), terminationDetected(s))
