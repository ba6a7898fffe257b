"""Written lemmas that follow from the invariant, one after the other, where solvers give up on their consecution."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verifier import api
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.kernel.terms import Term
from verifier.proof.lemmas.unbounded import Invariants
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.discharge import Discharge
from verifier.proof.strategy.recheck import rederive
from verifier.proof.strategy.workbench.unbounded import UnboundedChecking
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Outcome, Quantified, check
from verifier.semantics.scope.unbounded import unbounded


def stairs() -> Protocol:
    """A counter: its limit is inductive, the rest is to follow step by step."""
    p = Protocol("stairs", "a counter")

    class Count(Range, low=0, high=1000):
        pass

    @p.state
    class State:
        x: Count = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("below", s.x < 10)
        s.x += 1

    @p.lemma("the guard says so")
    def Limit(s: State) -> Bool:
        return s.x <= 10

    @p.lemma("a step above the limit")
    def Second(s: State) -> Bool:
        return s.x <= 11

    @p.lemma("a step above that")
    def Third(s: State) -> Bool:
        return s.x <= 12

    @p.invariant()
    def Fourth(s: State) -> Bool:
        return s.x <= 13

    return p


NEEDS = {"Second": "Limit", "Third": "Second", "Fourth": "Third"}


def formulas(quantified: Quantified) -> dict[str, Term]:
    model = quantified.model
    stated = {stated.name: stated.formula for stated in (*model.lemmas, *model.properties)}
    return {name: stated[name] for name in ("Limit", *NEEDS)}


@pytest.fixture
def stubborn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that gives up on consecution, except that of the limit, and sees what follows only from the step before."""
    ask = Invariants._ask

    def asked(self: Invariants, obligation: Obligation, effort: Any) -> Outcome:
        known = {formula: name for name, formula in formulas(self.quantified).items()}
        goals = {known.get(goal.term) for goal in obligation.goals} & NEEDS.keys()
        if not goals or obligation.kind == "initiation":
            return ask(self, obligation, effort)
        before = {NEEDS[str(goal)] for goal in goals}
        seen = tuple(premise for premise in obligation.premises if known.get(premise.term) in before)
        if obligation.kind == "consecution" or not seen:
            return Outcome(Answer.UNKNOWN, "none", reason="it had enough")
        return ask(self, replace(obligation, premises=seen), effort)

    monkeypatch.setattr(Invariants, "_ask", asked)


def proved(directory: Path) -> dict[str, Any]:
    request = ProveRequest(stairs(), scope="unbounded", properties=["Fourth"], certificates=str(directory))
    [entry] = prove(request, lambda event: None)["properties"]
    return dict(entry)


@pytest.mark.usefixtures("stubborn")
def test_a_property_follows_from_the_invariant_in_steps_and_its_certificate_says_so(tmp_path: Path) -> None:
    entry = proved(tmp_path)
    assert (entry["verdict"], entry["method"]) == ("proved", "lemmas"), entry["reason"]
    assert entry["lemmas"] == ["x <= 10", "x <= 11", "x <= 12"]
    [path] = tmp_path.glob("*.Fourth.cert.json")
    certificate = json.loads(path.read_text())
    assert certificate["invariant"] == ["x <= 10"]
    assert certificate["uses"] == ["x <= 11", "x <= 12", "x <= 13"]
    assert [one.valid for one in api.check([str(path)], in_process=True).certificates] == [True]
    assert [found for found in rederive(certificate, stairs(), lambda text: None) if not found["passed"]] == []


@pytest.mark.usefixtures("stubborn")
def test_the_workbench_is_not_asked_about_lemmas_that_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(UnboundedChecking, "_finding", lambda self, one: asked.append(one.name))
    document = prove(ProveRequest(stairs(), scope="unbounded"), lambda event: None)
    found = {entry["name"]: (entry["status"], entry["with"]) for entry in document["lemma_report"]}
    assert found["Third"] == ("inductive", ["Second"])
    assert found["Second"] == ("inductive", ["Limit"])
    assert not asked


@pytest.mark.usefixtures("stubborn")
@pytest.mark.parametrize("order", [[12, 11, 13], [11, 13, 12], [10, 12, 13]])
def test_other_steps_are_not_those_of_the_certificate(order: list[int], tmp_path: Path) -> None:
    proved(tmp_path)
    [path] = tmp_path.glob("*.Fourth.cert.json")
    certificate = json.loads(path.read_text()) | {"uses": [f"x <= {limit}" for limit in order]}
    assert [found for found in rederive(certificate, stairs(), lambda text: None) if not found["passed"]]


def discharged(implied: Sequence[str], uses: Sequence[str], ask: Callable[[Obligation], Outcome] = check) -> bool:
    quantified = Quantified(unbounded(stairs().model()))
    terms = formulas(quantified)
    parts = [terms[name] for name in uses], (), [terms[name] for name in implied]
    return Discharge(quantified, ask).failure([], [], *parts) is None


def test_no_step_assumes_itself_or_a_later_one() -> None:
    assert not discharged(["Limit"], [])
    assert not discharged(["Second", "Limit"], [])
    assert not discharged([], ["Fourth"])


def test_each_step_and_use_assumes_the_steps_before_it() -> None:
    given: list[int] = []

    def noted(obligation: Obligation) -> Outcome:
        given.append(sum(premise.tag == "hypothesis" for premise in obligation.premises))
        return Outcome(Answer.UNSAT, "none")

    assert discharged(["Limit", "Second", "Third"], ["Fourth"], noted)
    assert given == [0, 1, 2, 3]
