"""The files that sum up several scenarios: they count what the reports say, and know what nobody has looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import verify
from tests.scenario.test_report import AGAINST, FOR, answer, made
from verifier.documents.scenario import ScenarioConfig, ScenarioReport
from verifier.scenario.ask import BY_TIME
from verifier.scenario.names import PROFILES
from verifier.scenario.wrapper import Ran, Wanted, _files, _outcome, _short

GOOD = made(answer("P", decisions=(FOR,), states=4), compared=True)
BAD = made(answer("P", "violated", decisions=(AGAINST,)), compared=True)
DIFFERENT = made(answer("P", decisions=(AGAINST,), differs="Local/External Stateright mismatch; "), compared=True)
LATE = made(answer("P", "unknown", error=BY_TIME), answer("Q"))
ALONE = made(answer("P"))


def files(*ran: Ran, **more: Any) -> dict[str, Any]:
    config = ScenarioConfig.model_validate(PROFILES["small"])
    return _files(Wanted("small", **more), config, list(ran), "2026-01-01T00:00:00Z", 1.5)


@pytest.mark.parametrize(("report", "outcome"), [(GOOD, "PASS"), (BAD, "FAIL"), (LATE, "TIMEOUT"), (None, "FAIL")])
def test_an_outcome_is_that_of_the_report(report: ScenarioReport | None, outcome: str) -> None:
    assert _outcome(report) == outcome


def test_the_summary_counts_what_the_reports_say() -> None:
    ran = [Ran("safety", "PASS", 1, GOOD), Ran("liveness", "TIMEOUT", 1, LATE), Ran("byzantine", "FAIL", 1, BAD)]
    found = files(*ran)["stateright_summary.json"]
    assert found["results"] == {"safety": "PASS", "liveness": "TIMEOUT", "byzantine": "FAIL"}
    assert found["scenarios_tested"] == ["safety", "liveness", "byzantine"]
    assert found["metrics"] == {
        "total_states_explored": 4,
        "total_properties_checked": 4,
        "total_violations_found": 2,
        "verification_time_seconds": 1.5,
        "scenarios_passed": 1,
        "scenarios_failed": 1,
        "scenarios_timeout": 1,
    }
    assert found["configuration_details"] == PROFILES["small"] | found["configuration_details"]


def test_two_failures_that_agree_are_consistent() -> None:
    found = files(Ran("safety", "FAIL", 1, BAD), Ran("byzantine", "FAIL", 1, DIFFERENT))["cross_validation.json"]
    assert found["stateright"] == {
        "safety": "FAIL", "liveness": "UNKNOWN", "byzantine": "FAIL", "integration": "UNKNOWN", "violations": 2
    }  # fmt: skip
    assert found["consistency"] == {
        "safety_consistent": True,
        "liveness_consistent": None,
        "byzantine_consistent": False,
        "no_violations": False,
        "overall": False,
    }
    assert found["inconsistencies"] == ["byzantine: P: Local/External Stateright mismatch;"]


def test_what_was_not_compared_is_not_consistent() -> None:
    found = files(Ran("safety", "PASS", 1, ALONE))["cross_validation.json"]
    assert found["consistency"]["safety_consistent"] is None
    assert found["consistency"]["overall"] is None
    assert not found["tla"]["available"]
    assert files(Ran("safety", "PASS", 1, ALONE))["tla_summary.json"]["success"] is None


def test_what_failed_is_in_the_report_of_errors_and_on_the_page() -> None:
    ran = [Ran("safety", "FAIL", 1, BAD), Ran("<odd>", "FAIL", 1, None)]
    found = files(*ran, page=True)
    assert "safety: P: violated, expected proved" in found["error_report.txt"]
    assert "<odd>: FAIL: there is no report" in found["error_report.txt"]
    assert "&lt;odd&gt;" in found["verification_report.html"]
    fine = files(Ran("safety", "PASS", 1, GOOD))
    assert fine.keys() == {
        "stateright_summary.json",
        "tla_summary.json",
        "cross_validation.json",
        "property_mapping_report.json",
        "summary.txt",
    }


def test_long_and_short_names_are_the_same() -> None:
    assert (_short("safety_properties"), _short("safety"), _short("other")) == ("safety", "safety", "other")


@pytest.mark.full
def test_a_run_from_the_command_line(tmp_path: Path) -> None:
    """An unknown name is passed on, and fails; a report of an earlier run is not taken for its own."""
    folder = tmp_path / "deep" / "results"
    folder.mkdir(parents=True)
    (folder / "stateright_other.json").write_text(GOOD.to_json(), encoding="utf-8")
    names = "adaptive_timeouts,other,adaptive"
    done = verify("scenario", "run", "--scenarios", names, "--output", "deep/results", "--no-cleanup", cwd=tmp_path)
    assert done.returncode == 1, done.stdout
    summary = json.loads((folder / "stateright_summary.json").read_text(encoding="utf-8"))
    assert summary["results"] == {"adaptive": "PASS", "other": "FAIL"}
    assert json.loads((folder / "stateright_config.json").read_text(encoding="utf-8"))["validators"] == 5
    assert "no scenario other" in (folder / "stateright_other.log").read_text(encoding="utf-8")
    assert not (folder / "stateright_other.json").exists()
    assert ScenarioReport.model_validate_json((folder / "stateright_adaptive.json").read_bytes()).success
