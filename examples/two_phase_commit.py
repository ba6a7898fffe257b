"""Two-phase commit, as in Gray and Lamport, "Consensus on Transaction Commit" (2006), module TwoPhase.

A transaction manager asks resource managers whether they can commit. It decides to commit once all of them are
prepared, and to abort at any time before; each resource manager then does what was decided. Messages may be lost or
arrive late: what was sent stays sent, and is received at any time or never.

    verify prove examples/two_phase_commit.py            all properties PROVED
    verify prove examples/two_phase_commit.py:hasty      the manager does not wait: TCConsistent VIOLATED in 3 steps
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Protocol,
    Scalarset,
    Set,
    all_of,
    any_of,
    exists,
    forall,
    guard,
    implies,
    labels,
    one_of,
    var,
    violated,
)

p = Protocol("two-phase-commit", "a transaction commits everywhere or nowhere", source="Gray and Lamport, TwoPhase.tla")


class RM(Scalarset, parameter="RMs", size=3, prefix="r"):
    """A resource manager."""


class RMState(Enumeration):
    """A resource manager's state."""

    Working, Prepared, Committed, Aborted = labels(4)


class TMState(Enumeration):
    """The transaction manager's decision."""

    Undecided, Committed, Aborted = labels(3)


class Decision(Enumeration):
    """The message that the transaction manager sends to everyone."""

    Commit, Abort = labels(2)


@p.state
class State:
    rmState: Fn[RM, RMState] = var(RMState.Working, "state of each resource manager")
    tmState: TMState = var(TMState.Undecided, "decision of the transaction manager")
    tmPrepared: Set[RM] = var(set(), "resource managers whose Prepared message has arrived")
    sentPrepared: Set[RM] = var(set(), "Prepared messages sent")
    sentDecision: Set[Decision] = var(set(), "Commit and Abort messages sent, each to everyone")


@p.action
def TMRcvPrepared(s: State, r: RM) -> None:
    """The transaction manager receives a Prepared message."""
    guard("undecided", s.tmState == TMState.Undecided)
    guard("sent", s.sentPrepared.contains(r))
    s.tmPrepared |= {r}


@p.action
def TMCommit(s: State) -> None:
    """The transaction manager decides to commit."""
    guard("undecided", s.tmState == TMState.Undecided)
    guard("all-prepared", forall(RM, lambda r: s.tmPrepared.contains(r)))
    s.tmState = TMState.Committed
    s.sentDecision |= {Decision.Commit}


@p.action
def TMAbort(s: State) -> None:
    """The transaction manager decides to abort, for whatever reason."""
    guard("undecided", s.tmState == TMState.Undecided)
    s.tmState = TMState.Aborted
    s.sentDecision |= {Decision.Abort}


@p.action
def RMPrepare(s: State, r: RM) -> None:
    """A resource manager prepares, and says so."""
    guard("working", s.rmState[r] == RMState.Working)
    s.rmState[r] = RMState.Prepared
    s.sentPrepared |= {r}


@p.action
def RMChooseToAbort(s: State, r: RM) -> None:
    """A resource manager that has not prepared aborts on its own."""
    guard("working", s.rmState[r] == RMState.Working)
    s.rmState[r] = RMState.Aborted


@p.action
def RMRcvCommitMsg(s: State, r: RM) -> None:
    """A resource manager receives the decision to commit."""
    guard("sent", s.sentDecision.contains(Decision.Commit))
    s.rmState[r] = RMState.Committed


@p.action
def RMRcvAbortMsg(s: State, r: RM) -> None:
    """A resource manager receives the decision to abort."""
    guard("sent", s.sentDecision.contains(Decision.Abort))
    s.rmState[r] = RMState.Aborted


p.variant("hasty", drops=["TMCommit.all-prepared"], doc="the manager commits without waiting for everyone")


@p.invariant(short="TC", expected={"hasty": violated(3)})
def TCConsistent(s: State) -> Bool:
    """No resource manager has aborted while another has committed."""
    return ~exists(RM, RM, lambda a, c: (s.rmState[a] == RMState.Aborted) & (s.rmState[c] == RMState.Committed))


@p.invariant(expected={"hasty": violated(2)})
def CommitNeedsAll(s: State) -> Bool:
    """Where one resource manager has committed, every other is prepared at least."""
    return forall(
        RM,
        RM,
        lambda c, r: implies(
            s.rmState[c] == RMState.Committed, one_of(s.rmState[r], RMState.Prepared, RMState.Committed)
        ),
    )


@p.action_property(expected={"hasty": violated(3)})
def DecisionsAreFinal(s: State, after: State) -> Bool:
    """A resource manager that has committed stays committed, and one that has aborted stays aborted."""
    return forall(
        RM,
        lambda r: implies(one_of(s.rmState[r], RMState.Committed, RMState.Aborted), after.rmState[r] == s.rmState[r]),
    )


# Hints for an induction: each is proved like a property, and none is needed at small sizes.


@p.lemma("the manager learns only of messages that were sent")
def PreparedWasSent(s: State) -> Bool:
    return s.tmPrepared <= s.sentPrepared


@p.lemma("the manager sends what it decides, and decides once")
def DecisionIsSent(s: State) -> Bool:
    return all_of(
        s.sentDecision.contains(Decision.Commit) == (s.tmState == TMState.Committed),
        s.sentDecision.contains(Decision.Abort) == (s.tmState == TMState.Aborted),
    )


@p.lemma("the manager commits only once everyone is prepared")
def CommitNeedsPrepared(s: State) -> Bool:
    return implies(s.tmState == TMState.Committed, forall(RM, lambda r: s.tmPrepared.contains(r)))


@p.lemma("nobody commits without the message to do so")
def CommittedWasTold(s: State) -> Bool:
    return forall(RM, lambda r: implies(s.rmState[r] == RMState.Committed, s.tmState == TMState.Committed))


@p.lemma("who has prepared waits for the decision")
def PreparedWaits(s: State) -> Bool:
    return forall(
        RM,
        lambda r: implies(
            s.sentPrepared.contains(r),
            any_of(
                s.rmState[r] == RMState.Prepared,
                (s.rmState[r] == RMState.Committed) & (s.tmState == TMState.Committed),
                (s.rmState[r] == RMState.Aborted) & (s.tmState == TMState.Aborted),
            ),
        ),
    )
