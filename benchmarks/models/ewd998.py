"""Termination detection on a ring, Safra's version (EWD 998; EWD998.tla): about 1.3 million states with three nodes."""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Ordered,
    Protocol,
    Range,
    Record,
    all_of,
    any_of,
    anything,
    forall,
    guard,
    implies,
    ite,
    labels,
    var,
)

p = Protocol("ewd998", "termination detection on a ring", source="EWD998.tla")
Most = p.search_bound("Most", 3, "states with larger counters are not expanded")


class Node(Ordered, parameter="N", size=3, first=0):
    """A node of the ring."""


class Color(Enumeration):
    """White until a message arrives."""

    White, Black = labels(2)


class Counter(Range, low=-3 * Most, high=Most + 1):
    """Messages sent minus messages received."""


class Pending(Range, low=0, high=Most + 1):
    """Messages on their way to a node."""


class Count(Range, low=-9 * Most, high=6 * Most):
    """What the token has counted."""


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
def Fresh(s: State) -> Bool:
    return (s.token.q == 0) & (s.token.color == Color.Black)


@p.constraint
def StateConstraint(s: State) -> Bool:
    return forall(Node, lambda i: (s.counter[i] <= Most) & (s.pending[i] <= Most)) & (s.token.q <= 3 * Most)


@p.action
def InitiateProbe(s: State, last: Node) -> None:
    guard("at-first", s.token.pos == Node(0))
    guard("last", forall(Node, lambda i: i <= last))
    guard(
        "not-conclusive",
        any_of(
            s.token.color == Color.Black,
            s.color[Node(0)] == Color.Black,
            s.counter[Node(0)] + s.token.q > 0,
        ),
    )
    s.token = Token(pos=last, q=0, color=Color.White)
    s.color[Node(0)] = Color.White


@p.action
def PassToken(s: State, i: Node, before: Node) -> None:
    guard("inactive", ~s.active[i])
    guard("here", s.token.pos == i)
    guard("not-first", i != Node(0))
    guard("next", i == before + 1)
    color = ite(s.color[i] == Color.Black, Color.Black, s.token.color)
    s.token = Token(pos=before, q=s.token.q + s.counter[i], color=color)
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
    s.color[i] = Color.Black
    s.active[i] = True


@p.action
def Deactivate(s: State, i: Node) -> None:
    guard("active", s.active[i])
    s.active[i] = False


@p.invariant()
def TerminationDetection(s: State) -> Bool:
    detected = all_of(
        s.token.pos == Node(0),
        s.token.color == Color.White,
        s.token.q + s.counter[Node(0)] == 0,
        s.color[Node(0)] == Color.White,
        ~s.active[Node(0)],
    )
    return implies(detected, forall(Node, lambda i: ~s.active[i] & (s.pending[i] == 0)))
