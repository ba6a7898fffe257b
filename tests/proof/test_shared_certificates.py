"""The certificates of a model at unbounded scope share the search for witnesses and the forms of obligations, and no text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.proof import models
from verifier.evidence.grammar import Script
from verifier.evidence.solvers import Asker, Said
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.kernel.terms import FALSE, implication
from verifier.proof.strategy import ProveRequest, prove, unbounded_scripts
from verifier.proof.strategy.errors import Unanswered
from verifier.proof.strategy.unbounded_scripts import EASY, Scripts
from verifier.proof.strategy.unbounded_witnesses import ANY_NUMBER, Search, UnboundedWitnesses
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Outcome, Quantified, check
from verifier.semantics.quantified.checking import PORTFOLIO
from verifier.semantics.scope.unbounded import unbounded


def two() -> Protocol:
    """Two counters that know nothing of each other."""
    p = Protocol("two", "two counters")

    class Count(Range, low=0, high=9):
        pass

    @p.state
    class State:
        x: Count = var(0)
        y: Count = var(0)

    @p.action
    def Left(s: State) -> None:
        guard("low", s.x < 5)
        s.x += 1

    @p.action
    def Right(s: State) -> None:
        guard("low", s.y < 5)
        s.y += 1

    @p.invariant()
    def LeftLow(s: State) -> Bool:
        return s.x <= 5

    @p.invariant()
    def RightLow(s: State) -> Bool:
        return s.y <= 5

    return p


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scripts that solvers are asked about."""
    result: list[str] = []
    ask = Asker.ask

    def noted(self: Asker, solver: str, script: Script, **options: Any) -> Said:
        result.append(script.text)
        return ask(self, solver, script, **options)

    monkeypatch.setattr(Asker, "ask", noted)
    return result


def invariants(*names: str) -> tuple[Any, list[Any]]:
    scope = unbounded(two().model())
    return scope, [scope.model.find_property(name).formula for name in names]


def test_witnesses_are_searched_for_once_for_all_certificates(asked: list[str]) -> None:
    scope, both = invariants("LeftLow", "RightLow")
    witnesses = UnboundedWitnesses(scope, both)
    texts = [[entry["smtlib"] for entry in witnesses.of(Quantified(scope), [one])] for one in both]
    assert len(asked) == 3
    assert [len(some) for some in texts] == [3, 3]
    # Each is about its own invariant, and every solver finds values for it.
    assert not set(texts[0][1:]) & set(texts[1][1:])
    assert {Search().size(text)[1] for some in texts for text in some} == {Answer.SAT}


def test_an_invariant_that_is_no_part_of_them_has_a_search_of_its_own(asked: list[str]) -> None:
    scope, (left, right) = invariants("LeftLow", "RightLow")
    UnboundedWitnesses(scope, [left]).of(Quantified(scope), [right])
    assert len(asked) == 3


def test_an_action_that_cannot_fire_together_with_all_may_fire_with_some() -> None:
    scope, (left, never) = invariants("LeftLow", "RightLow")
    quantified = Quantified(scope)


    dead = implication(never, FALSE)
    answers = {entry["name"]: entry["expected"] for entry in UnboundedWitnesses(scope, [left, dead]).of(quantified, [left])}
    assert set(answers.values()) == {"sat"}


def test_a_search_in_vain_is_not_repeated_with_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    patience: list[bool] = []

    def silent(self: Asker, solver: str, script: Script, *, patient: bool, expected: str) -> Said:
        patience.append(patient)
        return Said(Answer.UNKNOWN, "it was starved")

    monkeypatch.setattr(Asker, "ask", silent)
    search = Search()
    for patient in (True, False):
        assert search.size("(declare-sort S 0)\n(assert true)") == (ANY_NUMBER, Answer.UNKNOWN)
        assert (True in patience) is patient
        patience.clear()
    scope, both = invariants("LeftLow", "RightLow")
    with pytest.raises(Unanswered, match="no solver finds values for the witness 'initial and invariant'"):
        UnboundedWitnesses(scope, both).of(Quantified(scope), both)


def test_a_certificate_without_witnesses_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Search, "size", lambda self, script, easily=False: (0, Answer.UNKNOWN))
    request = ProveRequest(models.counter(), scope="unbounded", properties=("AtMostLimit",), certificates=str(tmp_path))
    document = prove(request, lambda event: None)
    [entry] = [entry for entry in document["properties"] if entry["name"] == "AtMostLimit"]
    assert (entry["verdict"], entry["certificate"]) == ("proved", None)
    warnings = (document["statistics"] or {})["warnings"]
    assert "no certificate for AtMostLimit: no solver finds values for the witness 'initial and invariant'" in warnings


@pytest.mark.parametrize(
    ("outcome", "again"),
    [
        (Outcome(Answer.UNSAT, PORTFOLIO[0].name, effort=EASY), False),
        (Outcome(Answer.UNSAT, PORTFOLIO[0].name, effort=EASY + 1), True),
        (Outcome(Answer.UNKNOWN, PORTFOLIO[0].name, effort=EASY), True),
        (None, True),
    ],
)
def test_only_what_was_shown_easily_is_not_asked_again(
    outcome: Outcome | None, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope, (left, _) = invariants("LeftLow", "RightLow")
    asked: list[str] = []

    def noted(obligation: Any, **options: Any) -> Outcome:
        asked.append(obligation.name)
        return check(obligation, **options)

    monkeypatch.setattr(unbounded_scripts, "check", noted)
    quantified = Quantified(scope)
    obligation = quantified.consecution(quantified.model.action("Left"), [left], [left])
    scripts = Scripts({} if outcome is None else {(obligation.name, (left,)): outcome})
    assert scripts.of(obligation) == scripts.of(obligation)
    assert asked == ([obligation.name] * 2 if again else [])
