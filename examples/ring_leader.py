"""Leader election on a ring (Chang and Roberts 1979; mypyvy's ring_leader_election.pyv).

Each node sends its identifier to the next node, and passes on those that are larger than its own. Whoever receives its own is
the leader. The ring is a rigid relation: `btw[x][y][z]` says that on the way from x to z one passes y.

    verify prove examples/ring_leader.py --scope unbounded      OneLeader PROVED for rings of every size
    verify prove examples/ring_leader.py:patient        smaller identifiers are passed on, too: OneLeader VIOLATED in 8 steps
"""

from verifier.kernel import (Bool, Fn, Protocol, Scalarset, Set, all_of, any_of, anything, forall, guard, implies, var,
    violated)  # fmt: skip

p = Protocol("ring-leader", "one leader on a ring", source="ring_leader_election.pyv (mypyvy)")


class Node(Scalarset, parameter="Nodes", size=3, prefix="n"):
    """A node."""


class Id(Scalarset, parameter="Ids", size=3, prefix="i", ordered=True):
    """An identifier."""


@p.state
class State:
    btw: Fn[Node, Fn[Node, Fn[Node, Bool]]] = var(anything, "the order of the ring", rigid=True)
    id: Fn[Node, Id] = var(anything, "the identifiers of the nodes", rigid=True)
    pending: Fn[Node, Set[Id]] = var(set(), "identifiers sent to each node")
    leader: Set[Node] = var(set(), "nodes that know themselves to be the leader")


@p.axiom
def UniqueIds(s: State) -> Bool:
    return forall(Node, Node, lambda m, n: implies(s.id[m] == s.id[n], m == n))


@p.axiom
def Ring(s: State) -> Bool:
    btw = s.btw
    return forall(
        Node,
        Node,
        Node,
        lambda x, y, z: all_of(
            implies(btw[x][y][z], btw[y][z][x] & ~btw[x][z][y]),
            any_of(x == y, y == z, x == z, btw[x][y][z], btw[x][z][y]),
            forall(Node, lambda w: implies(btw[w][x][y] & btw[w][y][z], btw[w][x][z])),
        ),
    )


def send(s: State, i: Id, n: Node, m: Node) -> None:
    guard("next", (n != m) & forall(Node, lambda z: (z == n) | (z == m) | s.btw[n][m][z]))
    s.pending[m] |= {i}


@p.action
def Send(s: State, n: Node, m: Node) -> None:
    """A node sends its identifier to the next."""
    send(s, s.id[n], n, m)


@p.action
def Forward(s: State, i: Id, n: Node, m: Node) -> None:
    """A node passes an identifier on."""
    guard("received", s.pending[n].contains(i))
    guard("larger", i > s.id[n])
    send(s, i, n, m)


@p.action
def Elect(s: State, n: Node) -> None:
    """A node receives its own identifier."""
    guard("received", s.pending[n].contains(s.id[n]))
    s.leader |= {n}


p.variant("patient", drops=["Forward.larger"], doc="every identifier is passed on")


@p.invariant(expected={"patient": violated(8)})
def OneLeader(s: State) -> Bool:
    """There is at most one leader."""
    return forall(Node, Node, lambda m, n: implies(s.leader.contains(m) & s.leader.contains(n), m == n))


@p.lemma("a leader has the largest identifier")
def LeaderIsLargest(s: State) -> Bool:
    return forall(Node, Node, lambda m, n: implies(s.leader.contains(n), s.id[m] <= s.id[n]))


@p.lemma("an identifier comes back only if it is the largest")
def ComesBack(s: State) -> Bool:
    return forall(Node, Node, lambda m, n: implies(s.pending[n].contains(s.id[n]), s.id[m] <= s.id[n]))


@p.lemma("an identifier has passed only smaller ones")
def HasPassed(s: State) -> Bool:
    return forall(
        Node, Node, Node, lambda x, y, z: implies(s.btw[x][y][z] & s.pending[z].contains(s.id[x]), s.id[y] <= s.id[x])
    )
