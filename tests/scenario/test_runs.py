"""Scenarios from end to end: what they are read as, and the verdicts on the published profiles."""

from __future__ import annotations

import json
from collections.abc import Collection
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.command import run, verify
from verifier import api
from verifier.documents.scenario import ScenarioConfig, ScenarioReport, read_config
from verifier.scenario.ask import Limits, ask
from verifier.scenario.names import PROFILES
from verifier.scenario.plan import SAME_SLOT, Question, questions
from verifier.scenario.reading import Reading
from verifier.scenario.run import run as run_scenario
from verifier.scenario.workers import Common, Crew

SILENT = {"CertifiedHasHonestNotar"}
MAY_CRASH = {
    "NoConflictingFinalization",
    "NotarizationUnique",
    "FastFinalExcludesOtherNotarFallback",
    "FastFinalExcludesSkip",
    "SlowFinalExcludesOtherNotarFallback",
    "SlowFinalExcludesSkip",
    "CertifiedHasHonestNotar",
}
RED = ("small", "medium", "large", "stress")


def reading(profile: str, **more: Any) -> Reading:
    return Reading(ScenarioConfig.model_validate(PROFILES[profile]), **more)


def same_slot(of: Reading, names: Collection[str] = SAME_SLOT) -> list[Question]:
    return [question for question in questions("safety_properties", of) if question.name in names]


def broken(of: Reading, names: Collection[str] = SAME_SLOT, *, compare: bool = False) -> set[str]:
    with Common() as common:
        answers = ask(same_slot(of, names), Limits(280, None, 100), Crew(common), compare=compare)
    assert all(answer.conclusive and not answer.differs for answer in answers)
    if compare:
        assert all({one.verdict for one in answer.decisions} == {answer.verdict} for answer in answers)
        assert all((answer.replayed is not None) == (answer.verdict == "violated") for answer in answers)
    return {answer.question.name for answer in answers if answer.verdict == "violated"}


def test_a_configuration_is_read_as_it_says() -> None:
    stakes = {"0": 3, "1": 10, "2": 0, "3": 4, "4": 5}
    config = read_config(json.dumps({**PROFILES["small"], "stake_distribution": stakes}))
    first, largest = Reading(config), Reading(config, byzantine="largest")
    assert (first.traitors, first.absent, first.stake_of(first.traitors)) == ((0,), (1,), 3)
    assert (largest.traitors, largest.absent, largest.stake_of(largest.traitors)) == ((1,), (0,), 10)
    assert (first.voters(silent=True), first.voters(silent=False)) == ([4, 5], [10, 4, 5])
    assert first.shares == (Fraction(67, 100), Fraction(51, 100))
    assert Reading(config, thresholds="published").shares == (Fraction(4, 5), Fraction(3, 5))
    each, counted = first.each(silent=True), first.counted(silent=True)
    assert each is not None
    assert {"Validators=2", "F=3", "Offline=10", "stake_1=4", "stake_2=5", "fast_1=67", "notar_2=100"} <= set(each.settings)
    assert counted is not None
    assert {"Groups=2", "Most=1", "F=3", "Offline=10", "stake_1=4", "members_1=1", "members_2=1"} <= set(counted.settings)


def test_stakes_are_counted_in_what_divides_them_all() -> None:
    one, many = ({str(i): scale * (i % 3) for i in range(5)} for scale in (1, 10**15))
    small, large = (Reading(read_config(json.dumps({**PROFILES["small"], "stake_distribution": s}))) for s in (one, many))
    assert small.each(silent=True) == large.each(silent=True)
    assert small.counted(silent=False) == large.counted(silent=False)
    assert large.stake_of(large.absent) == 10**15


def test_assumptions_that_are_violated_are_warned_of() -> None:
    assert reading("boundary", thresholds="published").warnings() == []
    assert len(reading("boundary").warnings()) == 2
    assert "20 %" in reading("small", thresholds="published").warnings()[0]
    config = ScenarioConfig.model_validate({**PROFILES["boundary"], "leader_window_size": 0, "max_rounds": 0})
    assert [line.split()[0] for line in Reading(config, "published").warnings()] == ["leader_window_size", "max_rounds"]
    config = ScenarioConfig.model_validate({**PROFILES["boundary"], "leader_window_size": 9})
    assert [line.split()[0] for line in Reading(config, "published").warnings()] == ["leader_window_size"]


def test_what_no_model_has_room_for_is_a_report_of_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stakes = {str(i): i + 1 for i in range(20)}
    source, target = tmp_path / "c.json", tmp_path / "report.json"
    source.write_text(json.dumps({**PROFILES["large"], "stake_distribution": stakes}), encoding="utf-8")
    assert run(["scenario", "safety", "--config", str(source), "--output", str(target), "--offline=may-crash"]) == 1
    found = ScenarioReport.model_validate_json(target.read_bytes())
    assert (found.violations, found.property_results[0].name) == (1, "Verification")
    assert "there is no model" in " ".join(capsys.readouterr().out.split())


@pytest.mark.full
def test_a_scenario_from_the_command_line(tmp_path: Path) -> None:
    source, target = tmp_path / "c.json", tmp_path / "new" / "report.json"
    source.write_text(json.dumps(PROFILES["small"]), encoding="utf-8")
    done = verify("scenario", "adaptive_timeouts", f"--config={source}", "--output", str(target), "-v", "--timeout", "60")
    assert done.returncode == 0, done.stdout
    found = ScenarioReport.model_validate_json(target.read_bytes())
    assert found.success
    assert found.scenario == "adaptive_timeouts"
    assert found.config == ScenarioConfig.model_validate(PROFILES["small"])
    assert found.metrics.cpu_time_ms > 0
    assert found.metrics.peak_memory_bytes > 1 << 20
    assert found.states_explored > 0
    assert "timeouts: " in done.stderr


@pytest.mark.full
def test_a_depth_that_no_engine_has_is_not_asked_for() -> None:
    """The published profile stress has one. What is decided completely needs none."""
    of = reading("stress", thresholds="published")
    assert "exploration_depth is 20000" in of.warnings()[1]
    assert run_scenario("vrf_leader_selection", of).success
    assert run_scenario("vrf_leader_selection", of, depth=10**9).success


@pytest.mark.full
def test_a_fifth_is_red() -> None:
    names = ("NoConflictingFinalization", "CertifiedHasHonestNotar")
    assert broken(reading("small", thresholds="published", offline="silent"), names) == SILENT
    assert broken(reading("small", thresholds="published", offline="may-crash"), names) == {*names}


@pytest.mark.nightly
@pytest.mark.parametrize("profile", RED)
@pytest.mark.parametrize(("offline", "expected"), [("silent", SILENT), ("may-crash", MAY_CRASH)])
def test_four_profiles_are_red(profile: str, offline: str, expected: set[str]) -> None:
    assert broken(reading(profile, thresholds="published", offline=offline)) == expected


@pytest.mark.nightly
@pytest.mark.parametrize("profile", ["small", "boundary", "medium"])
@pytest.mark.parametrize("offline", ["silent", "may-crash"])
@pytest.mark.parametrize("thresholds", ["guide", "published"])
def test_both_deciders_agree(profile: str, offline: str, thresholds: str) -> None:
    found = broken(reading(profile, thresholds=thresholds, offline=offline), compare=True)
    assert bool(found) == (profile != "boundary" or (thresholds, offline) == ("guide", "may-crash"))


@pytest.mark.nightly
@pytest.mark.parametrize("offline", ["silent", "may-crash"])
def test_boundary_is_green(offline: str, tmp_path: Path) -> None:
    target = tmp_path / "results"
    done = verify(
        *("scenario", "run", "--config", "boundary", "--scenarios", "safety_properties,liveness,byzantine", "--report"),
        *("--thresholds", "published", f"--offline={offline}", f"--output={target}"),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    summary = json.loads((target / "stateright_summary.json").read_text(encoding="utf-8"))
    assert summary["results"] == dict.fromkeys(("safety", "liveness", "byzantine"), "PASS")
    assert summary["metrics"]["total_violations_found"] == 0
    for name in summary["scenarios_tested"]:
        found = ScenarioReport.model_validate_json((target / f"stateright_{name}.json").read_bytes())
        assert found.success


@pytest.mark.nightly
@pytest.mark.parametrize("scenario", ["integration", "economic", "vrf"])
def test_the_other_scenarios_pass(scenario: str, tmp_path: Path) -> None:
    source, target = tmp_path / "c.json", tmp_path / "report.json"
    source.write_text(json.dumps(PROFILES["small"]), encoding="utf-8")
    done = verify("scenario", scenario, f"--config={source}", f"--output={target}", "--timeout=200", "--cross-validate")
    assert done.returncode == 0, done.stdout


@pytest.mark.nightly
def test_progress_by_counting_is_progress_by_steps() -> None:
    """Half of 62 % for each block leaves a slot undecided, as `votor:split` finds by its steps; one block is finalized."""
    halves = ("Groups=1", "Most=2", "stake_1=31", "members_1=2", "F=18", "Offline=20")
    counted = api.prove("votor-groups", settings=halves, properties=["SettledIsDecided", "CorrectLeaderIsFinal"])
    assert counted["SettledIsDecided"].violated
    assert counted["CorrectLeaderIsFinal"].proved
    assert api.prove("votor:split", properties=["SettledIsDecided"])["SettledIsDecided"].violated
    assert api.prove("votor:correct-leader", properties=["SettledIsFinal"])["SettledIsFinal"].proved
