"""Termination detection on a ring (Dijkstra, Feijen and van Gasteren, EWD 840; EWD840.tla).

A token goes around the ring. A node that activates one behind the token turns black, and blackens the token when it comes;
when the token comes back white to a white and idle node 0, nobody is active.

    verify explore examples/ewd840.py --set N=4    1,566 states
    verify prove examples/ewd840.py --scope unbounded      TerminationDetection PROVED for rings of every size
    verify prove examples/ewd840.py --scope unbounded --property Liveness      so is Liveness, by the ranking below
    verify prove examples/ewd840.py:white          nobody turns black: TerminationDetection VIOLATED in 5 steps
"""

from verifier.kernel import (Bool, Enumeration, Fn, Int, Protocol, Range, Ranks, Temporal, any_of, anything, choice, exists,
    forall, guard, implies, ite, labels, leads_to, ranks, steps, var, violated, weak)  # fmt: skip

p = Protocol("ewd840", "termination detection on a ring", source="EWD840.tla (tlaplus/Examples)")
N = p.parameter("N", 3, "nodes")
p.assume("some-nodes", N >= 1)


class Node(Range, low=0, high=N - 1):
    """A node of the ring."""


class Color(Enumeration):
    """Black: not conclusive."""

    White, Black = labels(2)


@p.state
class State:
    active: Fn[Node, Bool] = var(anything, "nodes that work")
    color: Fn[Node, Color] = var(anything, "color of nodes")
    tpos: Node = var(anything, "where the token is")
    tcolor: Color = var(Color.Black, "color of the token")


@p.action
def InitiateProbe(s: State) -> None:
    guard("at-first", s.tpos == 0)
    guard("not-conclusive", (s.tcolor == Color.Black) | (s.color[Node(0)] == Color.Black))
    s.tpos = Node(N - 1)
    s.tcolor = Color.White
    s.color[Node(0)] = Color.White


@p.action
def PassToken(s: State, i: Node) -> None:
    guard("not-first", i != 0)
    guard("here", s.tpos == i)
    guard("idle-or-black", ~s.active[i] | (s.color[i] == Color.Black) | (s.tcolor == Color.Black))
    s.tpos = i - 1
    s.tcolor = ite(s.color[i] == Color.Black, s.color[i], s.tcolor)
    s.color[i] = Color.White


@p.action
def SendMsg(s: State, i: Node, j: Node) -> None:
    guard("active", s.active[i])
    guard("other", i != j)
    s.active[j] = Bool(True)
    s.color[i] = ite(choice("upwards", j > i, Bool(False)), Color.Black, s.color[i])


@p.action
def Deactivate(s: State, i: Node) -> None:
    guard("active", s.active[i])
    s.active[i] = Bool(False)


@p.may_stop
def Detected(s: State) -> Bool:
    return (s.tpos == 0) & (s.tcolor == Color.White) & (s.color[Node(0)] == Color.White) & ~s.active[Node(0)]


p.fairness(weak(steps(InitiateProbe) | steps(PassToken)))
p.variant("white", drops=["SendMsg.upwards"], doc="who activates a node behind the token stays white")


def Terminated(s: State) -> Bool:
    return forall(Node, lambda i: ~s.active[i])


@p.invariant(expected={"white": violated(5)})
def TerminationDetection(s: State) -> Bool:
    """When the token comes back white to a white idle node, no node is active."""
    return implies(Detected(s), Terminated(s))


@p.liveness()
def Liveness(s: State) -> Temporal:
    """When no node is active, that is detected in the end."""
    return leads_to(Terminated(s), Detected(s))


@p.ranking("Liveness")
def Rounds(s: State) -> Ranks:
    """How many rounds the token has still to begin, and how far it has to go in this one."""
    clean = forall(Node, lambda i: s.color[i] == Color.White) & (s.tcolor == Color.White)
    behind = forall(Node, lambda i: implies(i > s.tpos, s.color[i] == Color.White))
    return ranks(ite(clean, Int(0), ite(behind, Int(1), Int(2))), s.tpos, pending=Terminated(s))


@p.lemma("behind the token all are idle, unless something is black")
def Inv(s: State) -> Bool:
    return any_of(
        forall(Node, lambda i: implies(s.tpos < i, ~s.active[i])),
        exists(Node, lambda j: (j <= s.tpos) & (s.color[j] == Color.Black)),
        s.tcolor == Color.Black,
    )
