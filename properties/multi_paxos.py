"""Properties of Multi-Paxos."""

from __future__ import annotations

from verifier.encodings.multi_paxos import (
    Acceptor,
    Proposal,
    Quorum,
    Round,
    State,
    Value,
    chosen,
    ge_accepted,
    ge_promised,
    multi_paxos,
)
from verifier.kernel import Bool, Temporal, eventually, exists, forall, forall_in, implies, violated

multi_paxos.type_ok(variables=["promised", "accepted", "proposerAttempt", "learned"])


@multi_paxos.invariant(short="Paxos-1", expected={"composite": violated(7)})
def Agreement(s: State) -> Bool:
    """At most one value is learned in a round."""
    return forall(Round, Value, Value, lambda r, v1, v2: implies(
        s.learned[r].contains(v1) & s.learned[r].contains(v2), v1 == v2
    ))  # fmt: skip


@multi_paxos.invariant(short="Paxos-2", vacuous="it is a matter of types: nothing records which values were proposed")
def Validity(s: State) -> Bool:
    """Learned values are values."""
    return forall(Round, lambda r: forall_in(s.learned[r], lambda v: exists(Value, lambda w: v == w)))


@multi_paxos.invariant(
    short="Paxos-3",
    vacuous="its premise is false in every state: two quorums share an acceptor, and an acceptor stores one pair",
)
def Consistency(s: State) -> Bool:
    """Quorums that accepted two proposals of a round accepted the same value."""
    return forall(Round, lambda r: forall(Proposal, Proposal, Value, Value, lambda p1, p2, v1, v2: implies(
        (p1 < p2) & chosen(s, r, p1, v1) & chosen(s, r, p2, v2), v1 == v2
    )))  # fmt: skip


@multi_paxos.invariant(short="Paxos-4")
def PromiseIntegrity(s: State) -> Bool:
    """An acceptor has promised at least what it accepted."""
    return forall(Acceptor, Round, lambda a, r: implies(
        s.accepted[a][r].is_some,
        s.promised[a][r].is_some & (s.promised[a][r].value >= s.accepted[a][r].value.proposal),
    ))  # fmt: skip


@multi_paxos.action_property()
def PromisesRise(s: State, after: State) -> Bool:
    """Promises never go back; the source says so in a comment."""
    return forall(Acceptor, Round, lambda a, r: implies(
        s.promised[a][r].is_some, after.promised[a][r].is_some & ge_promised(s, after.promised[a][r].value, a, r)
    ))  # fmt: skip


@multi_paxos.action_property()
def AcceptsRise(s: State, after: State) -> Bool:
    """Accepted proposals never go back; the source says so in a comment."""
    return forall(Acceptor, Round, lambda a, r: implies(
        s.accepted[a][r].is_some,
        after.accepted[a][r].is_some & ge_accepted(s, after.accepted[a][r].value.proposal, a, r),
    ))  # fmt: skip


@multi_paxos.liveness(
    "Paxos-L",
    expected={"composite": violated(4, loop=2), "unfair": violated(0, loop=0)},
    bounded="with attempts without end proposers may outbid each other forever",
)
def Liveness(s: State) -> Temporal:
    """In every round a value is learned at last; commented out in the published model."""
    return forall(Round, lambda r: eventually(~s.learned[r].is_empty()))


@multi_paxos.lemma("whoever accepts for a proposal looks at what others accepted for it")
def OneValuePerProposal(s: State) -> Bool:
    def agree(r: Round, a: Acceptor, b: Acceptor) -> Bool:
        left, right = s.accepted[a][r], s.accepted[b][r]
        both = left.is_some & right.is_some
        return implies(both & (left.value.proposal == right.value.proposal), left.value.value == right.value.value)

    return forall(Round, Acceptor, Acceptor, agree)


@multi_paxos.lemma("a quorum had promised the proposal when it was first accepted, and promises only rise")
def AcceptedIsBacked(s: State) -> Bool:
    def backs(r: Round, b: Acceptor, p: Proposal) -> Bool:
        return s.promised[b][r].is_some & (s.promised[b][r].value >= p)

    return forall(Round, Acceptor, Quorum, lambda r, a, q: implies(s.accepted[a][r].is_some, exists(
        Acceptor, lambda b: q.contains(b) & backs(r, b, s.accepted[a][r].value.proposal)
    )))  # fmt: skip


@multi_paxos.lemma("a later proposal's quorum meets the one that chose, and takes over its value")
def ChosenIsFinal(s: State) -> Bool:
    def final(r: Round, q: Quorum, d: Acceptor, c: Acceptor) -> Bool:
        first, later = s.accepted[d][r], s.accepted[c][r]
        both = q.contains(d) & first.is_some & later.is_some
        higher = both & (later.value.proposal > first.value.proposal) & (later.value.value != first.value.value)
        return implies(higher, exists(Acceptor, lambda b: q.contains(b) & (
            s.accepted[b][r].is_none | (s.accepted[b][r].value.proposal != first.value.proposal)
        )))  # fmt: skip

    return forall(Round, Quorum, Acceptor, Acceptor, final)


@multi_paxos.lemma("a quorum had accepted the learned value, and whoever accepts later takes it over")
def LearnedIsAnchored(s: State) -> Bool:
    def anchor(r: Round, v: Value, b: Acceptor) -> Bool:
        def follows(c: Acceptor) -> Bool:
            higher = s.accepted[c][r].is_some & ge_accepted(s, s.accepted[c][r].value.proposal, b, r)
            return implies(higher, s.accepted[c][r].value.value == v)

        return s.accepted[b][r].is_some & forall(Acceptor, follows)

    return forall(Round, Value, Quorum, lambda r, v, q: implies(
        s.learned[r].contains(v), exists(Acceptor, lambda b: q.contains(b) & anchor(r, v, b))
    ))  # fmt: skip


multi_paxos.finding(
    "The attempt counter plays no part",
    "Acceptors promise and accept any proposal at any time; nothing but IncrementAttempt reads the counter. It multiplies the "
    "states: 12,429 without it, times 4.",
    command="verify explore multi-paxos --set Rounds=1 --set Attempts=2",
)
multi_paxos.finding(
    "Consistency is vacuous",
    "Two quorums share an acceptor, and an acceptor stores one pair, so two proposals are never accepted by quorums at the same "
    "time. Without the value rule Agreement breaks and Consistency does not.",
    command="verify explore multi-paxos --drop Accept.value-rule --set Rounds=1 --set Attempts=2",
)
multi_paxos.finding(
    "Validity is a matter of types",
    "Nothing records which values were proposed.",
    command="verify prove multi-paxos --property Validity --set Rounds=1 --set Attempts=2",
)
multi_paxos.finding(
    "Looking at what was accepted adds nothing to promises and accepts",
    "An acceptor has promised at least what it accepted, so the promise decides; without the second look the same states are "
    "reachable.",
    command="verify gaps multi-paxos --set Rounds=1 --set Attempts=2",
)
multi_paxos.finding(
    "The composite step of proposer and quorum breaks Agreement",
    "ProposeAndAccept is defined, and not part of the published next-state relation. It does not look for other values of its "
    "proposal.",
    command="verify explore multi-paxos:composite --set Rounds=1 --set Attempts=1",
)
