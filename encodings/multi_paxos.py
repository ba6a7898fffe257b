"""Multi-Paxos: one consensus instance for each round of the log (MultiPaxos.tla of a Rust log-replication library).

The model keeps what acceptors store, not messages: promises, accepted pairs, learned values. Agreement in each round is
what the replicated log rests on.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Ordered,
    Protocol,
    Quorums,
    Record,
    Scalarset,
    Set,
    budget,
    exists,
    fn,
    forall,
    guard,
    implies,
    ite,
    none,
    some,
    var,
    weak,
    witness,
)

multi_paxos = Protocol("multi-paxos", "single-decree Paxos for each round of a log", source="MultiPaxos.tla")


class Proposer(Ordered, parameter="Proposers", size=2, first=1):
    """A proposer; its number breaks ties between attempts."""


class Acceptor(Scalarset, parameter="Acceptors", size=3, prefix="a"):
    """An acceptor."""


class Round(Ordered, parameter="Rounds", size=2, first=1):
    """A round: a slot of the log."""


class Attempt(Ordered, parameter="Attempts", size=3):
    """An attempt of a proposer in a round."""


class Value(Scalarset, parameter="Values", size=2, prefix="v"):
    """A value."""


class Quorum(Quorums[Acceptor]):
    """A majority of the acceptors."""


class Proposal(Record, ordered=True):
    """A proposal, ordered by round, attempt, proposer."""

    round: Round
    attempt: Attempt
    node: Proposer


class Accepted(Record):
    """An accepted pair."""

    proposal: Proposal
    value: Value


@multi_paxos.state
class State:
    promised: Fn[Acceptor, Fn[Round, Option[Proposal]]] = var(none, "highest promise")
    accepted: Fn[Acceptor, Fn[Round, Option[Accepted]]] = var(none, "latest accepted pair; it overwrites earlier ones")
    proposerAttempt: Fn[Proposer, Fn[Round, Attempt]] = var(0, "attempt counter")
    learned: Fn[Round, Set[Value]] = var(set(), "values learned so far")


def ge_promised(s: State, p: Proposal, a: Acceptor, r: Round) -> Bool:
    """Whether a proposal is not below what an acceptor has promised."""
    return s.promised[a][r].is_none | (s.promised[a][r].value <= p)


def ge_accepted(s: State, p: Proposal, a: Acceptor, r: Round) -> Bool:
    """Whether a proposal is not below what an acceptor has accepted."""
    return s.accepted[a][r].is_none | (s.accepted[a][r].value.proposal <= p)


def best(s: State, q: Quorum, r: Round, b: Acceptor) -> Bool:
    """Whether a member of a quorum has accepted the highest proposal that any member has accepted."""
    return q.contains(b) & s.accepted[b][r].is_some & forall(Acceptor, lambda c: implies(
        q.contains(c), ge_accepted(s, s.accepted[b][r].value.proposal, c, r)
    ))  # fmt: skip


def value_rule(s: State, q: Quorum, r: Round, v: Value) -> Bool:
    """Whether no member of a quorum has accepted anything, or the best of them with this value.

    That value is unique in every reachable state.
    """
    nothing = forall(Acceptor, lambda b: implies(q.contains(b), s.accepted[b][r].is_none))
    return nothing | exists(Acceptor, lambda b: best(s, q, r, b) & (s.accepted[b][r].value.value == v))


def chosen(s: State, r: Round, p: Proposal, v: Value) -> Bool:
    """Whether all members of some quorum have accepted a pair."""
    pair = some(Accepted(proposal=p, value=v))
    return exists(Quorum, lambda q: forall(Acceptor, lambda a: implies(q.contains(a), s.accepted[a][r] == pair)))


@multi_paxos.action
def Promise(s: State, a: Acceptor, p: Proposal) -> None:
    """An acceptor promises to accept nothing below a proposal."""
    r = p.round
    guard("ge-promised", ge_promised(s, p, a, r))
    guard("ge-accepted", ge_accepted(s, p, a, r))
    s.promised[a][r] = some(p)


@multi_paxos.action
def Accept(s: State, a: Acceptor, p: Proposal, v: Value) -> None:
    """An acceptor accepts a value for a proposal that a quorum has promised, as that quorum's past decides."""
    r = p.round
    guard("ge-promised", ge_promised(s, p, a, r))
    guard("ge-accepted", ge_accepted(s, p, a, r))
    guard("one-value-per-proposal", forall(Acceptor, lambda b: (
        s.accepted[b][r].is_none | (s.accepted[b][r].value.proposal != p) | (s.accepted[b][r].value.value == v)
    )))  # fmt: skip
    q = witness("q", Quorum)
    guard("quorum-promised", forall(Acceptor, lambda b: implies(q.contains(b), s.promised[b][r] == p)))
    guard("value-rule", value_rule(s, q, r, v))
    s.accepted[a][r] = some(Accepted(proposal=p, value=v))
    s.promised[a][r] = some(p)


@multi_paxos.action
def Learn(s: State, r: Round, v: Value) -> None:
    """A learner learns a value that all members of a quorum have accepted for one proposal."""
    guard("quorum-accepted", exists(Proposal, lambda p: chosen(s, r, p, v)))
    s.learned[r] |= {v}


@multi_paxos.action
def IncrementAttempt(s: State, p: Proposer, r: Round) -> None:
    """A proposer goes on to its next attempt."""
    following = s.proposerAttempt[p][r] + 1
    budget("attempt-budget", exists(Attempt, lambda attempt: attempt == following))
    s.proposerAttempt[p][r] = following


@multi_paxos.action
def ProposeAndAccept(s: State, p: Proposer, r: Round, q: Quorum, v: Value) -> None:
    """A quorum promises and accepts a proposer's present attempt in one step; not part of the published relation.

    It does not look for other values of its proposal, so that two can be accepted, and Agreement fails.
    """
    own = Proposal(round=r, attempt=s.proposerAttempt[p][r], node=p)
    guard("ge-promised", forall(Acceptor, lambda b: implies(q.contains(b), ge_promised(s, own, b, r))))
    guard("ge-accepted", forall(Acceptor, lambda b: implies(q.contains(b), ge_accepted(s, own, b, r))))
    guard("value-rule", value_rule(s, q, r, v))
    pair = some(Accepted(proposal=own, value=v))
    s.promised = fn(Acceptor, lambda b: ite(q.contains(b), s.promised[b].updated(r, some(own)), s.promised[b]))
    s.accepted = fn(Acceptor, lambda b: ite(q.contains(b), s.accepted[b].updated(r, pair), s.accepted[b]))


multi_paxos.fairness(weak(all))

multi_paxos.variant("safe", without=["ProposeAndAccept"], doc="the published next-state relation")
multi_paxos.variant("composite", doc="with the composite step, which the published next-state relation leaves out")
multi_paxos.variant(
    "unfair",
    without=["ProposeAndAccept"],
    drops=["fairness.Next"],
    doc="the published next-state relation, of which no step has to be taken",
)
