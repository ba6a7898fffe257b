"""The certificates of a model at unbounded scope share the search for witnesses and the scripts of obligations."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.proof import models
from verifier import check as check_certificates
from verifier.evidence.certificate import seal
from verifier.evidence.check import answer_witnesses
from verifier.evidence.grammar import Script, script
from verifier.evidence.remembered import Remembered
from verifier.evidence.solvers import SOLVERS, Asker, Said
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.kernel.terms import FALSE, TRUE, implication
from verifier.proof.strategy import ProveRequest, prove, unbounded_scripts
from verifier.proof.strategy.errors import Unanswered
from verifier.proof.strategy.unbounded_questions import Question
from verifier.proof.strategy.unbounded_scripts import EASY, Scripts
from verifier.proof.strategy.unbounded_witnesses import ANY_NUMBER, Search, UnboundedWitnesses
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Outcome, Quantified, check
from verifier.semantics.quantified.checking import PORTFOLIO
from verifier.semantics.quantified.smt import Ast, Smt
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


def both_low() -> Protocol:
    """The same, and what both do not exceed."""
    p = two()

    @p.invariant()
    def BothLow(s: Any) -> Bool:
        return (s.x <= 5) & (s.y <= 5)

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
    texts = [[entry["smtlib"] for entry in witnesses.of([one])] for one in both]
    assert len(asked) == 3
    assert [len(some) for some in texts] == [3, 3]
    # Each is about its own invariant, and every solver finds values for it.
    assert not set(texts[0][1:]) & set(texts[1][1:])
    assert {Search().size(text)[1] for some in texts for text in some} == {Answer.SAT}


def test_an_invariant_that_is_no_part_of_them_has_a_search_of_its_own(asked: list[str]) -> None:
    scope, (left, right) = invariants("LeftLow", "RightLow")
    UnboundedWitnesses(scope, [left]).of([right])
    assert len(asked) == 3


def test_an_action_that_cannot_fire_together_with_all_may_fire_with_some() -> None:
    scope, (left, never) = invariants("LeftLow", "RightLow")
    dead = implication(never, FALSE)
    answers = {entry["name"]: entry["expected"] for entry in UnboundedWitnesses(scope, [left, dead]).of([left])}
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
        UnboundedWitnesses(scope, both).of(both)


def test_a_certificate_without_witnesses_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Search, "satisfied", lambda self, script: False)
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
        (Outcome(Answer.UNSAT, PORTFOLIO[0].name, alone=EASY), False),
        (Outcome(Answer.UNSAT, PORTFOLIO[0].name, alone=EASY + 1), True),
        (Outcome(Answer.UNSAT, PORTFOLIO[0].name, effort=9 * EASY, alone=EASY), False),
        (Outcome(Answer.UNSAT, "case by case", alone=EASY), True),
        (Outcome(Answer.UNSAT, "another seed", alone=EASY), True),
        (Outcome(Answer.UNSAT, "near assumptions", alone=EASY), True),
        (Outcome(Answer.UNKNOWN, PORTFOLIO[0].name, alone=EASY), True),
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
    question = Question((left,), lambda some: quantified.consecution(quantified.model.action("Left"), some, [left]))
    scripts = Scripts(lambda obligation: None if outcome is None else replace(outcome, used=(left,)))
    first, again_the_same = scripts.of(question), scripts.of(question)
    assert first == again_the_same
    assert set(asked) == ({"consecution of Left"} if again else set())


def kept_by_right(*support: Any) -> Question:
    """That Right preserves the first formula."""
    quantified = Quantified(unbounded(two().model()))
    return Question(support, lambda some: quantified.consecution(quantified.model.action("Right"), some, [support[0]]))


def test_a_script_states_what_its_refutation_used_and_is_the_same_in_every_certificate() -> None:
    _, (left, right) = invariants("LeftLow", "RightLow")
    used = Outcome(Answer.UNSAT, PORTFOLIO[0].name, used=(left,), alone=EASY)
    scripts = Scripts(lambda obligation: used)
    alone, with_both = scripts.of(kept_by_right(left)), scripts.of(kept_by_right(left, right))
    assert alone == (with_both[0], None)
    assert with_both[1] == [1]
    assert "(<= state.y 5)" not in with_both[0]


def test_what_was_used_and_may_not_be_assumed_or_is_not_enough_is_not_all_that_a_script_states() -> None:
    _, (left, right) = invariants("LeftLow", "RightLow")
    for used in ((left, TRUE), ()):
        known = Outcome(Answer.UNSAT, PORTFOLIO[0].name, used=used, alone=EASY + 1)
        text, assumed = Scripts(lambda obligation, known=known: known).of(kept_by_right(left, right))
        assert assumed is None
        assert text.count("(<= state.y 5)") == 1


def test_certificates_of_one_model_have_scripts_in_common_and_are_derived_again(tmp_path: Path) -> None:
    request = ProveRequest(both_low(), scope="unbounded", certificates=str(tmp_path))
    prove(request, lambda event: None)
    written = [json.loads(path.read_text(encoding="utf-8")) for path in tmp_path.glob("*.cert.json")]
    by_name = {document["property"]: document for document in written}
    left, both = (
        {entry["name"]: entry for entry in by_name[name]["obligations"] if entry["kind"] == "consecution"}
        for name in ("LeftLow", "BothLow")
    )
    assert [entry["assumed"] for entry in both.values() if "assumed" in entry]
    assert script(left["consecution of formula 1 by Right"]["smtlib"]) in [script(entry["smtlib"]) for entry in both.values()]
    assert check_certificates(written, rederive=True, protocol=both_low(), in_process=True).valid
    entry = next(entry for entry in by_name["BothLow"]["obligations"] if entry.get("assumed"))
    for assumed, reason in (([9], "the numbers of what it assumes"), ([], "another script"), (None, "another script")):
        changed = copy.deepcopy(by_name["BothLow"])
        changed["obligations"][by_name["BothLow"]["obligations"].index(entry)]["assumed"] = assumed
        found = check_certificates(seal(changed), rederive=True, protocol=both_low(), in_process=True)
        assert any(reason in str(failure.reason) for one in found.certificates for failure in one.failures)


def test_a_script_names_the_constants_of_an_enumeration_and_depends_on_its_formulas_alone() -> None:
    smt = Smt()
    sort, (one, other) = smt.enumeration("sort.Phase", ["label.One", "label.Other"])
    formulas = [smt.equal(smt.constant("state.phase", sort), one), smt.less(smt.integer(1), smt.integer(2))]
    first = smt.benchmark(formulas)
    smt.negate(smt.equal(one, other)), smt.negate(formulas[0])
    assert smt.benchmark(formulas) == first
    assert "(= state.phase label.One)" in first


def certified(folder: Path) -> dict[str, Any]:
    """Certificates of the two counters, by their properties."""
    prove(ProveRequest(two(), scope="unbounded", certificates=str(folder)), lambda event: None)
    written = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.cert.json")]
    return {document["property"]: document for document in written}


def kept(certificates: Sequence[Any], *, relay: bool = False) -> Remembered:
    """The answers about witnesses that certificates have in common."""
    answers = Remembered()
    answer_witnesses(certificates, SOLVERS, answers, relay=relay)
    return answers


def said(answers: Remembered, certificate: Any) -> list[set[str]]:
    """Which solvers' values satisfy each witness."""
    texts = [script(entry["smtlib"]).text for entry in certificate["witnesses"]]
    known = [{solver: answers.said(solver, text, patient=False) for solver in SOLVERS} for text in texts]
    return [{solver for solver, one in each.items() if one == Said(Answer.SAT)} for each in known]


def test_values_that_satisfy_the_witnesses_of_all_certificates_are_asked_for_once(tmp_path: Path, asked: list[str]) -> None:
    by_name = certified(tmp_path)
    pair = by_name["LeftLow"], by_name["RightLow"]
    asked.clear()
    answers = kept(pair)
    # The initial state is the same in both.
    assert len(asked) == 2 * 2
    assert [said(answers, one) for one in pair] == [[set(), set(SOLVERS), set(SOLVERS)]] * 2
    answer_witnesses(pair, SOLVERS, answers)
    assert len(asked) == 2 * 2
    assert said(kept(pair, relay=True), pair[0]) == [set(), {SOLVERS[0]}, {SOLVERS[0]}]
    assert len(asked) == 3 * 2


@pytest.mark.parametrize(
    "given",
    [
        ("(declare-fun x () Int)\n(assert (= x 1))", "(declare-fun x () Int)\n(assert (= x 2))"),
        ("(declare-fun x () Int)\n(assert (= x 1))", "(declare-fun x () Bool)\n(assert x)"),
        ("(declare-fun x () Int)\n(assert (= x 1))", "(assert false)"),
    ],
)
def test_witnesses_that_contradict_each_other_are_asked_about_alone(given: Sequence[str], tmp_path: Path) -> None:
    by_name = certified(tmp_path)
    pair = by_name["LeftLow"], by_name["RightLow"]
    for one, text in zip(pair, given, strict=True):
        one["witnesses"][1]["smtlib"] = text
    assert [said(kept(pair), one)[1:] for one in pair] == [[set(), set(SOLVERS)]] * 2


def test_witnesses_of_other_models_have_nothing_in_common(tmp_path: Path) -> None:
    by_name = certified(tmp_path)
    elsewhere = {**by_name["RightLow"], "variant": "other"}
    assert kept([by_name["LeftLow"], elsewhere]).new() == {}


def test_a_false_witness_among_true_ones_is_found(tmp_path: Path) -> None:
    by_name = certified(tmp_path)
    by_name["LeftLow"]["witnesses"][1]["smtlib"] += "\n(assert false)"
    found = check_certificates([seal(one) for one in by_name.values()], in_process=True)
    assert [one.property for one in found.certificates if not one.valid] == ["LeftLow"]


def phases(smt: Smt, *labels: str) -> list[Ast]:
    """That some phase is neither of the first two, with large parts that z3 prints once."""
    sort, values = smt.enumeration("sort.Phase", [f"label.{label}" for label in labels])
    phase = smt.constant("phase", sort)
    one = smt.disjunction(smt.equal(phase, value) for value in values[:2])
    return [smt.disjunction([smt.negate(one), smt.conjunction([one, smt.equal(phase, values[1])])]), smt.negate(one)]


def test_models_whose_enumerations_have_one_name_are_printed_each_with_its_own_values() -> None:
    texts = []
    for labels in (("A", "B"), ("A", "B", "C"), ("B", "A"), ("A", "B")):
        smt = Smt()
        texts.append(smt.benchmark(phases(smt, *labels)))
        declared = " ".join(f"(label.{label})" for label in labels)
        assert f"((sort.Phase 0)) (({declared}))" in texts[-1]
    assert texts[0] != texts[1]


def test_an_assertion_is_written_in_the_same_way_whatever_is_printed_before() -> None:
    smt = Smt()
    low, high = smt.constant("low", smt.int_sort), smt.constant("high", smt.int_sort)
    part = smt.disjunction([smt.less(low, high), smt.equal(low, high)])
    others = [smt.less(low, smt.integer(number)) for number in range(20)]
    for formulas in ([smt.disjunction([part, smt.negate(part)])], phases(smt, "A", "B")):
        first = unbounded_scripts.script_of(smt, formulas).splitlines()[-len(formulas) :]
        assert [line.count("(($x0 ") for line in first] == [1] * len(formulas)
        assert unbounded_scripts.script_of(smt, [*others, *formulas]).splitlines()[-len(formulas) :] == first


def test_obligations_beside_others_have_the_text_that_they_have_alone() -> None:
    scope, (left, right) = invariants("LeftLow", "RightLow")
    alone = [unbounded_scripts.commands(Quantified(scope).initiation([formula])) for formula in (left, right)]
    first = Quantified(scope)
    first.initiation([right])
    for formula, text in zip((left, right), alone, strict=True):
        beside = Quantified(scope, beside=first)
        assert beside.lowering.smt.context is first.lowering.smt.context
        assert unbounded_scripts.commands(beside.initiation([formula])) == text


def test_an_enumeration_has_the_same_values_wherever_a_context_is_shared() -> None:
    smt = Smt()
    sort, [value] = smt.enumeration("sort.Phase", ["label.One"])
    again, [same] = Smt(smt).enumeration("sort.Phase", ["label.One"])
    assert smt.identity(again) == smt.identity(sort)
    assert smt.same(same, value)
    with pytest.raises(ValueError, match="declared twice"):
        smt.enumeration("sort.Phase", ["label.One"])
    with pytest.raises(ValueError, match="other constants"):
        Smt(smt).enumeration("sort.Phase", ["label.Other"])
