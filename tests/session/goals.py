"""What can be reached: at once, after some steps, never, only outside the constraint, only by leaving a range."""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Protocol,
    Range,
    Scalarset,
    Set,
    exists,
    forall,
    guard,
    unreachable,
    var,
)

p = Protocol("goals", "a counter, and nodes that are done")
Top = p.parameter("Top", 4)


class Count(Range, low=0, high=Top):
    """A number."""


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


@p.state
class State:
    count: Count = var(0)
    done: Set[Node] = var(set())


@p.constraint
def Low(s: State) -> Bool:
    return s.count <= 2


@p.action
def Up(s: State) -> None:
    guard("low", s.count <= 2)
    s.count += 1


@p.action
def Finish(s: State, n: Node) -> None:
    guard("one", s.count == 1)
    guard("first", ~exists(Node, lambda m: s.done.contains(m)))
    s.done = s.done | {n}


@p.action
def Leap(s: State) -> None:
    guard("never", s.count > 9)
    s.count += 5


p.never_fires("Leap", "its guard is there to be dropped")
p.variant("free", drops=["Finish.first"], doc="every node can be done")
p.variant("leaping", drops=["Leap.never"], doc="the counter leaves its range")


@p.invariant()
def Fine(s: State) -> Bool:
    return s.count <= 9


@p.reachable(short="R-0")
def AtOnce(s: State) -> Bool:
    """The counter begins at 0."""
    return s.count == 0


@p.reachable()
def SomeDone(s: State) -> Bool:
    """Some node is done."""
    return exists(Node, lambda n: s.done.contains(n))


@p.reachable(expected={"safe": unreachable, "leaping": unreachable})
def AllDone(s: State) -> Bool:
    """All nodes are done."""
    return forall(Node, lambda n: s.done.contains(n))


@p.reachable()
def Outside(s: State) -> Bool:
    """The counter is where the constraint does not hold."""
    return s.count == 3


@p.reachable(expected={"safe": unreachable, "free": unreachable})
def Beyond(s: State) -> Bool:
    """The counter is where its range ends: only a step that leaves it comes so far."""
    return s.count > 4
