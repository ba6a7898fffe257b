"""How Raft elects its leaders (Ongaro and Ousterhout 2014): at most one in each term, although servers crash.

A server that hears of no leader begins a term and asks for votes. A server votes once in each term, for the first that asks,
and keeps its term and its vote through a crash. With the votes of a quorum a candidate is elected.

    verify prove examples/raft_election.py --scope unbounded    ElectionSafety PROVED for any number of servers and terms
    verify prove examples/raft_election.py:forgetful    a crash loses the vote: ElectionSafety VIOLATED in 7 steps
"""

from verifier.kernel import (Bool, Enumeration, Fn, Option, Protocol, Quorums, Range, Record, Scalarset, Set, budget,
    choice, exists, forall, forall_in, guard, implies, labels, none, some, var, violated)  # fmt: skip

p = Protocol("raft-election", "one leader in each term", source="Ongaro and Ousterhout 2014")
MaxTerm = p.search_bound("MaxTerm", 2, "the last term")


class Server(Scalarset, parameter="Servers", size=3, prefix="s"):
    """A server."""


class Quorum(Quorums[Server]):
    """Servers that elect; any two quorums share one."""


class Term(Range, low=0, high=MaxTerm):
    """A term; nobody is elected in 0."""


class Role(Enumeration):
    """A server's role in its term."""

    Follower, Candidate, Leader = labels(3)


class Vote(Record):
    """A message: a server votes for a candidate."""

    voter: Server
    candidate: Server
    term: Term


@p.state
class State:
    currentTerm: Fn[Server, Term] = var(0, "the term of each server")
    votedFor: Fn[Server, Option[Server]] = var(none, "for whom it has voted in that term")
    role: Fn[Server, Role] = var(Role.Follower, "its role")
    votes: Set[Vote] = var(set(), "votes sent")


@p.action
def Timeout(s: State, i: Server) -> None:
    """A server begins a term, and votes for itself."""
    budget("term", s.currentTerm[i] < MaxTerm)
    guard("no-leader", s.role[i] != Role.Leader)
    s.votes |= {Vote(voter=i, candidate=i, term=s.currentTerm[i] + 1)}
    s.currentTerm[i] += 1
    s.votedFor[i] = some(i)
    s.role[i] = Role.Candidate


@p.action
def GrantVote(s: State, i: Server, c: Server, t: Term) -> None:
    """A server votes for a candidate that asks for it; a vote for itself is such a request."""
    guard("asked", s.votes.contains(Vote(voter=c, candidate=c, term=t)))
    guard("once", (t > s.currentTerm[i]) | ((t == s.currentTerm[i]) & s.votedFor[i].is_none))
    s.votes |= {Vote(voter=i, candidate=c, term=t)}
    s.currentTerm[i] = t
    s.votedFor[i] = some(c)
    s.role[i] = Role.Follower


def elects(s: State, q: Quorum, c: Server, t: Term) -> Bool:
    return forall(Server, lambda n: implies(q.contains(n), s.votes.contains(Vote(voter=n, candidate=c, term=t))))


@p.action
def BecomeLeader(s: State, i: Server, q: Quorum) -> None:
    """A candidate has the votes of a quorum."""
    guard("candidate", s.role[i] == Role.Candidate)
    guard("quorum", elects(s, q, i, s.currentTerm[i]))
    s.role[i] = Role.Leader


@p.action
def Crash(s: State, i: Server) -> None:
    """A server crashes, and begins again with what it has on disk."""
    s.role[i] = Role.Follower
    s.votedFor[i] = choice("on-disk", s.votedFor[i], none)


p.variant("forgetful", drops=["Crash.on-disk"], doc="the vote is lost in a crash")


@p.invariant(expected={"forgetful": violated(7)})
def ElectionSafety(s: State) -> Bool:
    """There are never two leaders of the same term."""

    def leads(i: Server, t: Term) -> Bool:
        return (s.role[i] == Role.Leader) & (s.currentTerm[i] == t)

    return forall(Server, Server, Term, lambda i, j, t: implies(leads(i, t) & leads(j, t), i == j))


@p.lemma("a server has voted in no later term, and in its own as it knows")
def KnowsItsVote(s: State) -> Bool:
    def known(v: Vote) -> Bool:
        term = s.currentTerm[v.voter]
        return (v.term < term) | ((v.term == term) & (s.votedFor[v.voter] == some(v.candidate)))

    return forall_in(s.votes, known)


@p.lemma("a server votes once in each term")
def OneVote(s: State) -> Bool:
    def one(v: Vote, w: Vote) -> Bool:
        return implies((v.voter == w.voter) & (v.term == w.term), v == w)

    return forall_in(s.votes, lambda v: forall_in(s.votes, lambda w: one(v, w)))


@p.lemma("a leader was elected by a quorum")
def Elected(s: State) -> Bool:
    def elected(i: Server) -> Bool:
        return exists(Quorum, lambda q: elects(s, q, i, s.currentTerm[i]))

    return forall(Server, lambda i: implies(s.role[i] == Role.Leader, elected(i)))
