"""What compares with a parameter is looked at for other values of parameters, before anything is inferred for it."""

from __future__ import annotations

import pytest

from verifier import prove
from verifier.kernel import Bool, Fn, Ordered, Protocol, Range, Scalarset, forall, guard, var
from verifier.proof.lemmas import refuting
from verifier.proof.lemmas.refuting import OtherSizes, other_sizes, smaller_sizes
from verifier.proof.strategy import unbounded
from verifier.semantics.scope import finite_scope


def filling() -> Protocol:
    """A vessel is filled in steps while it is not full."""
    p = Protocol("filling", "a vessel")
    limit = p.parameter("Limit", 2)
    step = p.parameter("Step", 1)
    p.search_bound("Unused", 1)
    p.assume("steps", step > 0)

    class Level(Range, low=0, high=limit + step):
        pass

    @p.state
    class State:
        level: Level = var(0)

    @p.action
    def Fill(s: State) -> None:
        guard("room", s.level < limit)
        s.level += step

    @p.invariant()
    def NeverTooFull(s: State) -> Bool:
        return s.level <= limit

    return p


def test_only_the_parameters_that_are_named_get_other_values() -> None:
    scopes = other_sizes(finite_scope(filling().model()), {"Step"})
    assert [dict(scope.parameters) for scope in scopes] == [
        {"Limit": 2, "Step": 2, "Unused": 1}, {"Limit": 2, "Step": 3, "Unused": 1}
    ]  # fmt: skip


def test_a_scope_that_takes_long_to_encode_gets_no_short_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unbounded, "UNBOUNDED", [stage for stage in unbounded.UNBOUNDED if stage.name == "other parameters"])
    for rows, verdict in ((refuting.LIGHT, "violated"), (3, "unknown")):
        monkeypatch.setattr(refuting, "LIGHT", rows)
        found = prove(filling(), scope="unbounded", properties=["NeverTooFull"], in_process=True).properties
        assert [entry.verdict for entry in found if entry.name == "NeverTooFull"] == [verdict]


def test_it_is_refuted_without_the_search_at_other_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OtherSizes, "run", lambda self, task, budget: iter(()))
    found = prove(filling(), scope="unbounded", properties=["NeverTooFull"], in_process=True).properties
    [result] = [entry for entry in found if entry.name == "NeverTooFull"]
    assert (result.verdict, result.trace is not None) == ("violated", True)


def voting() -> Protocol:
    """In each round somebody may vote three times, in each ballot."""
    p = Protocol("voting", "votes in rounds")

    class Round(Ordered, parameter="Rounds", size=3):
        pass

    class Ballot(Ordered, parameter="Ballots", size=2):
        pass

    class Voter(Scalarset, parameter="Voters", size=2, prefix="v"):
        pass

    class Count(Range, low=0, high=3):
        pass

    @p.state
    class State:
        votes: Fn[Round, Fn[Ballot, Fn[Voter, Count]]] = var(0)

    @p.action
    def Vote(s: State, r: Round, b: Ballot, v: Voter) -> None:
        guard("fewer", s.votes[r][b][v] < 3)
        s.votes[r][b][v] += 1

    @p.invariant()
    def NotAllThree(s: State) -> Bool:
        return forall(Round, Ballot, Voter, Voter, lambda r, b, v, w: (v == w) | (s.votes[r][b][v] + s.votes[r][b][w] < 6))

    return p


def test_ordered_sorts_are_small_where_few_states_are_searched() -> None:
    scopes = smaller_sizes(finite_scope(voting().model()))
    assert [dict(scope.parameters) for scope in scopes] == [
        {"Rounds": rounds, "Ballots": ballots, "Voters": 2} for rounds, ballots in ((1, 1), (1, 2), (3, 1))
    ]  # fmt: skip


def test_what_is_deep_is_refuted_at_smaller_sizes_before_lemmas_are_inferred(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [stage.name for stage in unbounded.UNBOUNDED]
    assert names.index("smaller sizes") < names.index("inferred lemmas")
    monkeypatch.setattr(unbounded, "UNBOUNDED", [stage for stage in unbounded.UNBOUNDED if stage.name == "smaller sizes"])
    found = prove(voting(), scope="unbounded", properties=["NotAllThree"], in_process=True).properties
    [result] = [entry for entry in found if entry.name == "NotAllThree"]
    assert (result.verdict, result.steps) == ("violated", 6)
    assert result.reason == "rebuilt at Rounds=1, Ballots=1, Voters=2"
