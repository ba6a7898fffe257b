"""Leader election on a ring, started by some of its nodes (Chang and Roberts 1979; ChangRoberts.tla).

A node that starts sends its identity to the next node. A candidate that receives a smaller identity has lost and passes it on,
and keeps larger ones back; a node that has lost passes on everything. A node that receives its own identity has won. Here nodes
are numbered along the ring, and their numbers are their identities; ring_leader has any order.

    verify explore examples/chang_roberts.py           137 states
    verify prove examples/chang_roberts.py:polite      candidates pass on larger identities: Correctness VIOLATED in 6 steps
"""

from verifier.kernel import (Bool, Enumeration, Fn, Protocol, Range, Set, Temporal, anything, choice, exists, forall,
    guard, implies, ite, labels, leads_to, steps, var, violated, weak)  # fmt: skip

p = Protocol("chang-roberts", "the smallest identity wins", source="ChangRoberts.tla (tlaplus/Examples)")
N = p.parameter("N", 3, "nodes")
p.assume("some-nodes", N >= 1)


class Node(Range, low=1, high=N):
    """A node of the ring, and its identity."""


class Standing(Enumeration):
    """How a node stands in the election."""

    cand, lost, won = labels(3)


@p.state
class State:
    msgs: Fn[Node, Set[Node]] = var(set(), "identities sent to each node")
    started: Fn[Node, Bool] = var(False, "nodes that have started")
    initiator: Fn[Node, Bool] = var(anything, "nodes that want to be the leader")
    state: Fn[Node, Standing] = var(anything, "how each node stands")


@p.initially
def Init(s: State) -> Bool:
    return forall(Node, lambda n: s.state[n] == ite(s.initiator[n], Standing.cand, Standing.lost))


def sent(kept: Fn[Node, Set[Node]], n: Node, id: Node, when: Bool) -> Fn[Node, Set[Node]]:
    """The messages on their way when node n has sent an identity to the next, or has not."""
    to = ite(n == N, Node(1), n + 1)
    return kept.updated(to, ite(when, kept[to] | {id}, kept[to]))


@p.action
def n0(s: State, n: Node) -> None:
    """A node starts, and sends its identity if it wants to be the leader."""
    guard("once", ~s.started[n])
    s.started[n] = Bool(True)
    s.msgs = sent(s.msgs, n, n, s.initiator[n])


@p.action
def n1(s: State, n: Node, id: Node) -> None:
    """A node receives an identity."""
    guard("started", s.started[n])
    guard("received", s.msgs[n].contains(id))
    state = s.state[n]
    smaller, lost = id < n, state == Standing.lost
    s.state[n] = ite(lost, state, ite(smaller, Standing.lost, ite(id == n, Standing.won, state)))
    passes = lost | choice("smaller", smaller, id != n)
    s.msgs = sent(s.msgs.updated(n, s.msgs[n] - {id}), n, id, passes)


p.fairness(forall(Node, lambda n: weak(steps(n0, n) | steps(n1, n, ...))))


@p.may_stop
def Decided(s: State) -> Bool:
    return forall(Node, lambda n: s.started[n] & s.msgs[n].is_empty())


p.variant("polite", drops=["n1.smaller"], doc="candidates pass on larger identities, too")


@p.invariant(expected={"polite": violated(6)})
def Correctness(s: State) -> Bool:
    """The winner has started, and has the smallest identity of all that have; all others know that they have lost."""
    def wins(n: Node) -> Bool:
        beaten = forall(Node, lambda m: implies(
            m != n, (s.state[m] == Standing.lost) & implies(s.initiator[m], m > n)
        ))  # fmt: skip
        return s.initiator[n] & beaten

    return forall(Node, lambda n: implies(s.state[n] == Standing.won, wins(n)))


@p.liveness(expected={"polite": violated(4, loop=3)})
def Liveness(s: State) -> Temporal:
    """Where somebody wants to be the leader, somebody wins in the end."""
    return leads_to(exists(Node, lambda n: s.state[n] == Standing.cand), exists(Node, lambda n: s.state[n] == Standing.won))
