"""The fields of a configuration: each changes a question, or the report says why it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.command import run
from verifier import api
from verifier.documents.scenario import ScenarioConfig
from verifier.scenario.fields import EFFECTS
from verifier.scenario.names import PROFILES, SCENARIOS
from verifier.scenario.plan import Question, questions
from verifier.scenario.reading import Reading

ELSEWHERE = {"timeout_ms", "exploration_depth"}
"""They limit the run, and not what is asked."""

CHANGED: dict[str, Any] = {
    "validators": 9,
    "byzantine_count": 2,
    "offline_count": 3,
    "max_rounds": 2,
    "network_delay": 1000,
    "leader_window_size": 1,
    "adaptive_timeouts": False,
    "vrf_enabled": False,
    "network_partitions": True,
    "stress_test": True,
    "test_edge_cases": True,
    "stake_distribution": {str(i): i + 1 for i in range(10)},
    "erasure_coding": (3, 4),
    "fast_path_threshold": 0.8,
    "slow_path_threshold": 0.6,
}


def asked(**changes: Any) -> dict[str, list[Question]]:
    reading = Reading(ScenarioConfig.model_validate({**PROFILES["medium"], "byzantine_count": 1, **changes}))
    return {scenario: questions(scenario, reading) for scenario in SCENARIOS.values()}


def test_each_field_changes_a_question_or_says_why_it_does_not() -> None:
    assert set(EFFECTS) == set(ScenarioConfig.model_fields)
    idle = {field for field, effect in EFFECTS.items() if effect.startswith("none: ")}
    assert set(EFFECTS) == set(CHANGED) | ELSEWHERE | idle
    plain = asked()
    for field, value in CHANGED.items():
        assert asked(**{field: value}) != plain, field
    assert asked(bandwidth_limit=1, timeout_ms=1, exploration_depth=1) == plain


@pytest.mark.parametrize(
    ("rounds", "settings", "slots"),
    [(0, ("Slots=1", "Blocks=3"), 1), (3, ("Slots=3", "Blocks=3"), 3), (4, (), 4), (100, (), 100)],
)
def test_a_chain_has_as_many_slots_as_there_are_rounds(rounds: int, settings: tuple[str, ...], slots: int) -> None:
    (chain,) = (one for one in asked(max_rounds=rounds)["safety_properties"] if one.name == "ChainConsistency")
    assert (chain.model.settings, chain.slots) == (settings, slots)
    assert chain.model.scope == ("published" if settings else "unbounded")


def test_timeouts_are_those_of_the_delay() -> None:
    (growing, *_), (constant, *_) = (
        asked(network_delay=100, adaptive_timeouts=adaptive)["adaptive_timeouts"] for adaptive in (True, False)
    )
    assert {"Delta=100", "T0=300", "Tcap=8000", "Delay=2666", "Win=4"} <= set(growing.model.settings)
    assert {"T0=300", "Tcap=300", "Delay=100"} <= set(constant.model.settings)
    (long, *_) = asked(network_delay=5000, leader_window_size=100)["adaptive_timeouts"]
    assert {"T0=15000", "Tcap=15000", "Win=8"} <= set(long.model.settings)


def test_a_delay_that_no_model_has_room_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "c.json", tmp_path / "report.json"
    config = ScenarioConfig.model_validate({**PROFILES["small"], "network_delay": 1_000_001})
    source.write_text(config.to_json(), encoding="utf-8")
    assert run(["scenario", "adaptive", "--config", str(source), "--output", str(target)]) == 1
    assert "for which there is no model of timeouts" in " ".join(capsys.readouterr().out.split())


@pytest.mark.nightly
@pytest.mark.parametrize(
    "changes",
    [
        {"network_delay": 0},
        {"network_delay": 100},
        {"network_delay": 1000, "leader_window_size": 1},
        {"network_delay": 100, "adaptive_timeouts": False},
        {"vrf_enabled": False},
        {"stress_test": True},
    ],
)
def test_what_the_fields_ask_for_is_proved(changes: dict[str, Any]) -> None:
    found = asked(**changes)
    scenarios = ("vrf_leader_selection",) if "vrf_enabled" in changes else ("adaptive_timeouts",)
    wanted = [one for name in scenarios for one in found[name]]
    if "stress_test" in changes:
        wanted = [one for name in SCENARIOS.values() for one in found[name] if one.name.startswith("stress/")]
        assert len(wanted) == 2
    for model in dict.fromkeys(one.model for one in wanted):
        names = [one.says for one in wanted if one.model == model]
        result = api.prove(model.protocol, settings=model.settings, scope=model.scope, properties=names)
        assert {result[name].verdict for name in names} == {"proved"}
