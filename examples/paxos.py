"""Paxos: acceptors choose one value by numbered ballots (Lamport, Paxos.tla). All messages that were sent are kept.

Whoever leads a ballot asks the acceptors to join it (1a, 1b) and proposes a value to them (2a): that of the latest vote
that a quorum of them reports, or any if they report none. They vote for it (2b), unless they have joined a later ballot.

    verify explore examples/paxos.py
    verify prove examples/paxos.py:deaf            a proposal ignores the votes: Agreement VIOLATED in 12 steps
"""

from verifier.kernel import (Bool, Fn, Option, Protocol, Quorums, Range, Record, Scalarset, Set, exists, exists_in,
    forall, forall_in, guard, implies, none, some, var, violated)  # fmt: skip

p = Protocol("paxos", "acceptors choose one value", source="Paxos.tla (tlaplus/Examples)")
MaxBallot = p.search_bound("MaxBallot", 1, "the last ballot")


class Acceptor(Scalarset, parameter="Acceptors", size=3, prefix="a"):
    """An acceptor."""


class Value(Scalarset, parameter="Values", size=2, prefix="v"):
    """A value."""


class Quorum(Quorums[Acceptor]):
    """Acceptors that suffice; any two quorums share one."""


class Ballot(Range, low=0, high=MaxBallot):
    """A ballot."""


class Latest(Range, low=-1, high=MaxBallot):
    """A ballot; -1: none yet."""


class Promise(Record):
    """A 1b message: an acceptor joins a ballot, and reports its last vote."""

    acc: Acceptor
    bal: Ballot
    mbal: Latest
    mval: Option[Value]


class Proposal(Record):
    """A 2a message: a ballot has a value."""

    bal: Ballot
    val: Value


class Vote(Record):
    """A 2b message."""

    acc: Acceptor
    bal: Ballot
    val: Value


@p.state
class State:
    maxBal: Fn[Acceptor, Latest] = var(-1, "the last ballot that each acceptor has joined")
    maxVBal: Fn[Acceptor, Latest] = var(-1, "the ballot of its last vote")
    maxVal: Fn[Acceptor, Option[Value]] = var(none, "the value of its last vote")
    msgs1a: Set[Ballot] = var(set(), "1a messages: ballots that have begun")
    msgs1b: Set[Promise] = var(set(), "1b messages")
    msgs2a: Set[Proposal] = var(set(), "2a messages")
    msgs2b: Set[Vote] = var(set(), "2b messages")


@p.action
def Phase1a(s: State, b: Ballot) -> None:
    """A ballot begins."""
    s.msgs1a |= {b}


@p.action
def Phase1b(s: State, a: Acceptor, b: Ballot) -> None:
    """An acceptor joins a ballot."""
    guard("begun", s.msgs1a.contains(b))
    guard("later", b > s.maxBal[a])
    s.maxBal[a] = Latest(b)
    s.msgs1b |= {Promise(acc=a, bal=b, mbal=s.maxVBal[a], mval=s.maxVal[a])}


@p.action
def Phase2a(s: State, b: Ballot, v: Value, q: Quorum) -> None:
    """A value is proposed that no earlier ballot contradicts, as a quorum says."""
    heard = s.msgs1b.where(lambda m: (m.bal == b) & q.contains(m.acc))
    votes = heard.where(lambda m: m.mbal >= 0)
    latest = votes.where(lambda m: forall_in(votes, lambda n: n.mbal <= m.mbal))
    guard("once", ~exists(Value, lambda w: s.msgs2a.contains(Proposal(bal=b, val=w))))
    guard("joined", forall(Acceptor, lambda a: implies(q.contains(a), exists_in(heard, lambda m: m.acc == a))))
    guard("safe", votes.is_empty() | exists_in(latest, lambda m: m.mval == some(v)))
    s.msgs2a |= {Proposal(bal=b, val=v)}


@p.action
def Phase2b(s: State, a: Acceptor, b: Ballot, v: Value) -> None:
    """An acceptor votes for a proposal."""
    guard("proposed", s.msgs2a.contains(Proposal(bal=b, val=v)))
    guard("not-late", b >= s.maxBal[a])
    s.maxBal[a] = Latest(b)
    s.maxVBal[a] = Latest(b)
    s.maxVal[a] = some(v)
    s.msgs2b |= {Vote(acc=a, bal=b, val=v)}


p.variant("deaf", drops=["Phase2a.safe"], doc="a proposal ignores earlier votes")


def chosen(s: State, v: Value) -> Bool:
    def voted(b: Ballot, q: Quorum) -> Bool:
        return forall(Acceptor, lambda a: implies(q.contains(a), s.msgs2b.contains(Vote(acc=a, bal=b, val=v))))

    return exists(Ballot, Quorum, voted)


@p.invariant(expected={"deaf": violated(12)})
def Agreement(s: State) -> Bool:
    """At most one value is chosen."""
    return forall(Value, Value, lambda v, w: implies(chosen(s, v) & chosen(s, w), v == w))
