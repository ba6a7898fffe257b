"""Consensus in one round: each node votes once, and a value that a quorum voted for is decided (Padon and others, Paxos
made EPR, OOPSLA 2017; mypyvy's toy_consensus_epr.pyv).

    verify prove examples/toy_consensus.py --scope unbounded    Agreement PROVED for any number of nodes, values and quorums
    verify prove examples/toy_consensus.py:fickle  nodes vote again: Agreement VIOLATED in 6 steps
"""

from verifier.kernel import (Bool, Fn, Option, Protocol, Quorums, Scalarset, Set, exists, forall, guard, implies, none,
    some, var, violated)  # fmt: skip

p = Protocol("toy-consensus", "a quorum decides in one round", source="toy_consensus_epr.pyv (mypyvy)")


class Node(Scalarset, parameter="Nodes", size=3, prefix="n"):
    """A node."""


class Value(Scalarset, parameter="Values", size=2, prefix="v"):
    """A value."""


class Quorum(Quorums[Node]):
    """Nodes that decide; any two quorums share one."""


@p.state
class State:
    vote: Fn[Node, Option[Value]] = var(none, "each node's vote")
    decided: Set[Value] = var(set(), "values that are decided")


@p.action
def cast_vote(s: State, n: Node, v: Value) -> None:
    """A node votes."""
    guard("once", s.vote[n].is_none)
    s.vote[n] = some(v)


def voted(s: State, q: Quorum, v: Value) -> Bool:
    return forall(Node, lambda n: implies(q.contains(n), s.vote[n] == some(v)))


@p.action
def decide(s: State, v: Value, q: Quorum) -> None:
    """A quorum has voted for a value."""
    guard("voted", voted(s, q, v))
    s.decided |= {v}


p.variant("fickle", drops=["cast_vote.once"], doc="a node may vote again")


@p.invariant(expected={"fickle": violated(6)})
def Agreement(s: State) -> Bool:
    """At most one value is decided."""
    return forall(Value, Value, lambda v, w: implies(s.decided.contains(v) & s.decided.contains(w), v == w))


@p.lemma("a decided value has the votes of a quorum")
def DecidedByQuorum(s: State) -> Bool:
    return forall(Value, lambda v: implies(s.decided.contains(v), exists(Quorum, lambda q: voted(s, q, v))))
