"""A well-formed report: each of its invariants, and what an entry is made of."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from verifier.catalog import load
from verifier.documents import Property
from verifier.documents.result import Vacuity
from verifier.documents.scenario import AGREE, CrossValidation, Deciding, ScenarioConfig, ScenarioReport
from verifier.report.layout import laid_out
from verifier.report.scenario import scenario_text
from verifier.scenario.ask import BY_TIME, Answer, Limits, _conditional, ask
from verifier.scenario.deciding import Decision
from verifier.scenario.names import ALIASES, PROFILES, SCENARIOS
from verifier.scenario.plan import GAPS, Question, questions
from verifier.scenario.reading import Model, Reading
from verifier.scenario.report import Clock, failed, report
from verifier.scenario.workers import Common, Crew

READING = Reading(ScenarioConfig.model_validate(PROFILES["boundary"]))
MODEL = Model("m")
FOR, AGAINST = Decision("verify prove n", "proved"), Decision("verify prove n", "violated")


def answer(name: str, verdict: str = "proved", *, expected: str = "proved", states: int = 0, **more: Any) -> Answer:
    facts: dict[str, Any] = {
        "proved": {"method": "exhaustive", "k": 3},
        "violated": {"steps": 2, "shortest": True, "trace": {"#meta": {"protocol": "m"}, "vars": [], "states": [{}, {}, {}]}},
        "unknown": {"reason": "gave up"},
    }[verdict]
    entry = Property(name=name, verdict=verdict, **facts)
    return Answer(Question(name, MODEL, name, "m", expected), verdict, more.pop("error", None), entry, states, **more)


def made(*answers: Answer, compared: bool = False, scenario: str = "safety_properties") -> ScenarioReport:
    return report(scenario, READING, list(answers), Clock(), compared=compared)


def well_formed() -> dict[str, Any]:
    good = answer("NoConflictingFinalization", states=7)
    return made(good, answer("Gap", "violated", expected="violated"), answer("Bad", "violated", states=2)).to_document()


def test_a_report_adds_up_and_round_trips() -> None:
    document = well_formed()
    read = ScenarioReport.model_validate(document)
    assert read.to_document() == document
    assert (read.properties_checked, read.violations, read.success, read.states_explored) == (3, 1, False, 9)
    assert read.config == READING.config
    assert read.metrics.coverage.state_space_coverage == 1.0
    assert read.metrics.coverage.of["code_coverage"] == "not measured"
    assert read.timestamp.endswith("Z")


@pytest.mark.parametrize(
    ("field", "value"),
    [("violations", 0), ("success", True), ("properties_checked", 2), ("states_explored", 8), ("duration_ms", -1)],
)
def test_a_sum_that_is_wrong_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        ScenarioReport.model_validate({**well_formed(), field: value})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1.5])
def test_numbers_are_finite_and_measured(value: float) -> None:
    document = well_formed()
    with pytest.raises(ValidationError):
        ScenarioReport.model_validate({**document, "metrics": {**document["metrics"], "states_per_second": value}})
    coverage = {**document["metrics"]["coverage"], "state_space_coverage": value}
    with pytest.raises(ValidationError):
        ScenarioReport.model_validate({**document, "metrics": {**document["metrics"], "coverage": coverage}})


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (0, {"counterexample_length": 3}),
        (0, {"verdict": "violated"}),
        (0, {"verdict": "bounded", "conclusive": False}),
        (0, {"conclusive": False}),
        (1, {"counterexample_length": 2}),
        (1, {"expected": "proved"}),
    ],
)
def test_an_entry_that_contradicts_itself_is_refused(place: int, change: dict[str, Any]) -> None:
    document = well_formed()
    document["property_results"][place] |= change
    with pytest.raises(ValidationError):
        ScenarioReport.model_validate(document)


def test_a_counterexample_has_a_length_only_where_the_entry_did_not_pass() -> None:
    _, gap, bad = ScenarioReport.model_validate(well_formed()).property_results
    assert (gap.passed, gap.counterexample_length, gap.error) == (True, None, None)
    assert (bad.passed, bad.counterexample_length, bad.error) == (False, 2, "violated, expected proved")
    assert gap.trace is not None


@pytest.mark.parametrize("results", [(True, True), (False, False), (True, None), (None, None), (True, False)])
def test_results_are_consistent_if_all_that_are_known_are_equal(results: tuple[bool | None, bool | None]) -> None:
    local, external = results
    consistent = len({*results} - {None}) <= 1
    assert CrossValidation(local_result=local, external_result=external, consistent=consistent, details="")
    with pytest.raises(ValidationError):
        CrossValidation(local_result=local, external_result=external, consistent=not consistent, details="")


def test_an_entry_that_cannot_fail_says_so() -> None:
    one = answer("P")
    assert one.entry is not None
    one.entry = one.entry.model_copy(update={"vacuous": Vacuity(kind="declared", reason="its type says so")})
    found = made(one, answer("Q"))
    assert [entry.vacuous for entry in found.property_results] == ["its type says so", None]
    assert any("vacuous: its type says so" in line.plain for line in laid_out(scenario_text(found), None))


def test_a_disagreement_fails_an_entry_that_passed() -> None:
    found = made(
        answer("P", decisions=(AGAINST,), differs="Local/External Stateright mismatch; "),
        answer("Q", decisions=(FOR,)),
        answer("R", "unknown", error=BY_TIME),
        compared=True,
    )
    one, two, three = found.property_results
    assert (one.passed, one.error, found.success) == (False, "Local/External Stateright mismatch; ", False)
    assert one.cross_validation == CrossValidation(
        local_result=True,
        external_result=False,
        consistent=False,
        details="Local/External Stateright mismatch; ",
        deciders=(Deciding(command="verify prove n", result=False),),
    )
    assert two.cross_validation is not None
    assert two.cross_validation.details == AGREE
    assert three.cross_validation is not None
    assert three.cross_validation.local_result is None


def test_what_is_not_decided_has_not_passed() -> None:
    found = made(answer("P", "unknown", error=BY_TIME), answer("Gap", "unknown", expected="violated"))
    assert [entry.passed for entry in found.property_results] == [False, False]
    assert (found.metrics.timeouts, found.success, found.property_results[0].error) == (1, False, "timeout")
    assert found.metrics.coverage.state_space_coverage == 0.0


def test_a_run_without_time_says_so_of_every_property() -> None:
    asked = questions("safety_properties", READING)
    found = report("safety_properties", READING, ask(asked, Limits(0, None, 5), Crew(Common())), Clock(), compared=False)
    assert found.metrics.timeouts == found.violations == len(asked)
    assert not found.success


def test_an_error_is_one_entry_and_is_counted_once() -> None:
    found = failed("safety_properties", READING, "it broke", Clock())
    assert (found.violations, found.properties_checked, found.success) == (1, 1, False)
    assert (found.property_results[0].name, found.property_results[0].error) == ("Verification", "it broke")


def test_a_proof_that_rests_on_what_is_violated_is_none() -> None:
    resting = Answer(Question("Chain", MODEL, "Chain", "m", rests_on=("P", "Q")), "proved")
    _conditional(resting, [answer("P", "violated"), answer("Q"), resting])
    assert (resting.verdict, resting.passed) == ("unknown", False)
    assert "P is violated" in str(resting.error)
    alone = Answer(Question("Chain", MODEL, "Chain", "m", rests_on=("P", "Q")), "proved")
    _conditional(alone, [answer("P"), alone])
    assert (alone.verdict, alone.passed) == ("unknown", False)
    assert "Q is not asked" in str(alone.error)
    fine = Answer(Question("Chain", MODEL, "Chain", "m", rests_on=("P",)), "proved")
    _conditional(fine, [answer("P"), fine])
    assert fine.passed


@pytest.mark.parametrize("scenario", SCENARIOS.values())
def test_a_published_name_is_an_alias_or_not_modelled(scenario: str) -> None:
    reading = Reading(ScenarioConfig.model_validate(PROFILES["stress"]))
    asked = [answer(question.name, expected="proved") for question in questions(scenario, reading)]
    found = report(scenario, reading, asked, Clock(), compared=False)
    named = [alias for entry in found.property_results for alias in entry.aliases]
    assert sorted([*named, *found.not_modelled]) == sorted(ALIASES[scenario])
    assert len({question.name for question in questions(scenario, reading)}) == found.properties_checked


@pytest.mark.parametrize("scenario", SCENARIOS.values())
def test_a_scenario_asks_the_same_model_in_one_call(scenario: str) -> None:
    models = [question.model for question in questions(scenario, READING)]
    runs = [model for place, model in enumerate(models) if place == 0 or models[place - 1] != model]
    assert len(runs) == len(set(runs))


@pytest.mark.parametrize("profile", PROFILES)
def test_safety_asks_for_every_safety_property_of_votor_and_rotor(profile: str) -> None:
    reading = Reading(ScenarioConfig.model_validate(PROFILES[profile]))
    asked = {question.says for question in questions("safety_properties", reading)}
    models = [load(name).model() for name in ("votor", "rotor", "rotor-block")]
    stated = {prop.name for model in models for prop in model.properties if prop.kind in ("state", "action")}
    assert stated - asked == {"NothingLeftUndone"}  # progress, as a question about states
    assert {"CertificateValidity", "MaxThreeFallback", "ChainConsistency", "FinalizedChainNotarized"} <= asked


def test_what_is_too_weak_is_expected_to_break() -> None:
    expected = {question.name: question.expected for question in questions("byzantine_resilience", READING)}
    assert {name for name, verdict in expected.items() if verdict == "violated"} == {f"{v}/{p}" for v, p in GAPS.items()}
