"""The re-check at unbounded scope is handed wrong proofs, each wrong in one part, and answers that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verifier.kernel import Bool, Fn, Option, Protocol, Range, Scalarset, forall, guard, implies, none, some, var
from verifier.kernel.properties import Property
from verifier.kernel.terms import Term
from verifier.proof.lemmas.any_size import AnySize
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.discharge import Discharge
from verifier.proof.strategy.unbounded_judge import UnboundedJudge
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.proof import Failure
from verifier.semantics.quantified import Obligation, Outcome, Quantified, check
from verifier.semantics.scope.unbounded import unbounded


def turns() -> Protocol:
    """A token that is passed on; the formulas below are wrong in one way each."""
    p = Protocol("turns", "a token")

    class N(Scalarset, parameter="Ns", size=2, prefix="n"):
        """A name."""

    class C(Range, low=0, high=1000):
        """A number."""

    @p.state
    class State:
        x: C = var(0)
        done: Bool = var(False)
        held: Fn[N, Bool] = var(False)
        last: Option[N] = var(none)

    @p.action
    def Take(s: State, n: N) -> None:
        guard("free", forall(N, lambda m: ~s.held[m]))
        s.held[n] = True
        s.last = some(n)

    @p.action
    def Drop(s: State, n: N) -> None:
        guard("held", s.held[n])
        s.held[n] = False

    @p.action
    def Up(s: State) -> None:
        guard("below", s.x < 10)
        s.x = s.x + 1

    @p.invariant()
    def Inductive(s: State) -> Bool:
        return forall(N, lambda n: implies(s.held[n], s.last.is_some))

    @p.invariant()
    def Low(s: State) -> Bool:
        return s.x >= 0

    @p.invariant()
    def NotInitial(s: State) -> Bool:
        return s.x >= 1

    @p.invariant()
    def NotPreserved(s: State) -> Bool:
        return s.x <= 0

    @p.invariant()
    def Unimplied(s: State) -> Bool:
        return s.last.is_none

    @p.action_property()
    def Grows(s: State, after: State) -> Bool:
        return after.x >= s.x

    @p.action_property()
    def Stays(s: State, after: State) -> Bool:
        return after.x == s.x

    return p


class Checked:
    """A discharge of the model above; `spoiled` turns the answers to some obligations into none."""

    def __init__(self, spoiled: Callable[[Obligation], bool] = lambda obligation: False) -> None:
        self.quantified = Quantified(unbounded(turns().model()))
        self.asked: list[str] = []
        self._spoiled = spoiled
        self.discharge = Discharge(self.quantified, self.ask)

    def ask(self, obligation: Obligation) -> Outcome:
        self.asked.append(obligation.name)
        if self._spoiled(obligation):
            return Outcome(Answer.UNKNOWN, "none", reason="it had enough")
        return check(obligation)

    def __getitem__(self, name: str) -> Term:
        return self.quantified.model.find_property(name).formula

    def failure(self, support: list[str], steps: list[str], uses: list[str]) -> Failure | None:
        parts = [[self[name] for name in names] for names in (support, steps, uses)]
        return self.discharge.failure(*parts)


def test_a_right_proof_is_confirmed() -> None:
    assert Checked().failure(["Inductive", "Low"], ["Grows"], ["Low"]) is None


@pytest.mark.parametrize(
    ("support", "steps", "uses", "part"),
    [
        (["NotInitial"], [], [], "initiation"),
        (["Low", "NotInitial"], ["Grows"], [], "initiation"),
        (["NotPreserved"], [], [], "consecution of Up"),
        (["Low"], ["Stays"], [], "step of Up"),
        (["Low"], [], ["Unimplied"], "safety"),
    ],
)
def test_a_wrong_one_has_a_counterexample(support: list[str], steps: list[str], uses: list[str], part: str) -> None:
    failure = Checked().failure(support, steps, uses)
    assert failure is not None
    assert failure.answer is Answer.SAT
    assert failure.obligation.startswith(part)


@pytest.mark.parametrize("kind", ["initiation", "consecution", "step", "safety"])
def test_an_answer_that_is_none_confirms_nothing(kind: str) -> None:
    checked = Checked(lambda obligation: obligation.kind == kind)
    failure = checked.failure(["Inductive", "Low"], ["Grows"], ["Low"])
    assert failure is not None
    assert failure.answer is Answer.UNKNOWN
    assert failure.obligation.startswith(kind)
    assert failure.reason == "it had enough"


def test_what_was_not_shown_to_hold_initially_is_asked_again() -> None:
    answers = iter([True])
    checked = Checked(lambda obligation: obligation.kind == "initiation" and next(answers, False))
    assert checked.failure(["Low"], [], []) is not None
    assert checked.failure(["Low"], [], []) is None
    assert checked.asked.count("initiation") == 2
    assert checked.failure(["Low"], [], []) is None
    assert checked.asked.count("initiation") == 2


def test_what_a_part_of_the_support_preserves_is_not_asked_again() -> None:
    checked = Checked()
    assert checked.failure(["Low"], [], []) is None
    assert checked.asked.count("consecution of Up") == 1
    assert checked.failure(["Inductive", "Low"], [], []) is None
    assert checked.asked.count("consecution of Up") == 1
    assert checked.asked.count("consecution of Take") == 1
    # Fewer assumptions may prove less.
    assert checked.failure(["Inductive"], [], []) is None
    assert checked.asked.count("consecution of Take") == 2


def test_what_was_not_shown_to_be_preserved_is_asked_again() -> None:
    answers = iter([True])
    checked = Checked(lambda obligation: obligation.kind == "consecution" and next(answers, False))
    assert checked.failure(["Low"], [], []) is not None
    assert checked.failure(["Low"], [], []) is None
    assert checked.asked.count("consecution of Up") == 2


def test_one_that_failed_does_not_vouch_for_the_others() -> None:
    checked = Checked()
    for _ in range(2):
        failure = checked.failure(["Low", "NotInitial"], [], [])
        assert failure is not None
        assert failure.obligation == "initiation"


def test_every_proof_is_handed_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    unasked = Failure("everything", Answer.UNKNOWN, "it was not asked")
    monkeypatch.setattr(Discharge, "failure", lambda self, *parts: unasked)
    document = prove(ProveRequest(turns(), scope="unbounded", properties=("Low", "Grows")), lambda event: None)
    assert {entry["verdict"] for entry in document["properties"]} == {"unknown"}
    reasons = {entry["reason"].partition(";")[0] for entry in document["properties"]}
    assert reasons == {"the re-check gave up on everything: it was not asked"}


def test_nothing_is_proved_beside_an_undefined_use_at_other_sizes() -> None:
    p = Protocol("copies", "a use that is undefined initially")

    class N(Scalarset, parameter="Ns", size=2):
        """A name."""

    @p.state
    class State:
        one: Option[N] = var(none)
        off: Bool = var(True)
        last: Option[N] = var(none)

    @p.action
    def Copy(s: State) -> None:
        s.last = some(s.one.value)

    @p.action
    def Choose(s: State, n: N) -> None:
        s.one = some(n)

    @p.invariant()
    def StaysOff(s: State) -> Bool:
        return s.off

    document = prove(ProveRequest(p, scope="unbounded"), lambda event: None)
    found = {entry["name"]: (entry["verdict"], entry["reason"]) for entry in document["properties"]}
    assert found["StaysOff"] == ("unknown", "Defined is violated in 0 steps")
    assert found["Defined"][0] == "violated"


def test_only_what_is_asked_for_is_proved_with_what_it_rests_on(monkeypatch: pytest.MonkeyPatch) -> None:
    p = turns()

    @p.invariant()
    def Small(s: Any) -> Bool:
        return s.x <= 10

    @p.invariant()
    def Natural(s: Any) -> Bool:
        return s.x >= 0

    proved: list[str] = []
    recheck = UnboundedJudge.recheck

    def noted(self: UnboundedJudge, prop: Property, evidence: AnySize) -> Failure | None:
        proved.append(prop.name)
        return recheck(self, prop, evidence)

    monkeypatch.setattr(UnboundedJudge, "recheck", noted)
    document = prove(ProveRequest(p, scope="unbounded", properties=["Small"]), lambda event: None)
    assert [(entry["name"], entry["verdict"]) for entry in document["properties"]] == [("Small", "proved")]
    assert "Small" in proved
    assert "Natural" not in proved


def test_a_guess_outside_the_support_is_not_assumed() -> None:
    checked = Checked()
    stray = Discharge(checked.quantified, checked.ask, lambda formula, support, given: [checked["NotInitial"], *support])
    assert stray.failure([checked["Low"]], [], [checked["Low"]]) is None
    failure = stray.failure([checked["Low"]], [], [checked["NotInitial"]])
    assert failure is not None
    assert failure.answer is Answer.SAT


def test_what_a_proof_used_is_tried_before_the_whole_support_and_shown_for_every_larger_one() -> None:
    checked = Checked()
    asked: list[tuple[str, int]] = []

    def easily(obligation: Obligation) -> Outcome:
        asked.append((obligation.name, sum(1 for premise in obligation.premises if premise.tag == "hypothesis")))
        return check(obligation)

    formulas = [checked[name] for name in ("Inductive", "Low")]
    discharge = Discharge(checked.quantified, checked.ask, used=lambda formula, action: [formula], ask_easy=easily)
    for support in (formulas[:1], formulas):
        assert discharge.failure(support, [], []) is None
    assert asked == [("consecution of Take", 1), ("consecution of Drop", 1), ("consecution of Up", 1)]
    assert not [name for name in checked.asked if name.startswith("consecution")]


@pytest.mark.parametrize("named", [["NotPreserved", "NotInitial"], []], ids=["outside the support", "nothing"])
def test_what_a_proof_is_said_to_have_used_is_not_trusted(named: list[str]) -> None:
    checked = Checked()
    wrong = Discharge(checked.quantified, checked.ask, used=lambda formula, action: [checked[name] for name in named])
    failure = wrong.failure([checked["NotPreserved"]], [], [])
    assert failure is not None
    assert (failure.obligation, failure.answer) == ("consecution of Up", Answer.SAT)
