"""The configuration of a scenario: what is demanded of each field, and how a mistake is named."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.command import run
from verifier import api
from verifier.documents.scenario import RULES, BadConfig, ScenarioConfig, read_config
from verifier.scenario.names import PROFILES
from verifier.scenario.reading import Reading

GUIDE: dict[str, Any] = {
    "validators": 5,
    "byzantine_count": 1,
    "offline_count": 1,
    "max_rounds": 10,
    "network_delay": 100,
    "timeout_ms": 5000,
    "exploration_depth": 1000,
}
SWITCHES = ["adaptive_timeouts", "vrf_enabled", "network_partitions", "stress_test", "test_edge_cases"]
STAKES = {str(i): 1 for i in range(5)}

MALFORMED: list[tuple[str, object]] = [
    *(("validators", value) for value in (0, -1, 2.5, "5", True, None, 10**6 + 1, 2**64)),
    *(("byzantine_count", value) for value in (2, 5, -1, "1", None)),
    *(("offline_count", value) for value in (4, 5, -1, 0.5)),
    *(("max_rounds", value) for value in (-1, "ten")),
    *(("network_delay", value) for value in (-1, [100])),
    *(("timeout_ms", value) for value in (0, -5, 1.0)),
    *(("exploration_depth", value) for value in (0, -1, {})),
    ("leader_window_size", -1),
    *((switch, value) for switch in SWITCHES for value in (1, "true", None)),
    *(
        ("stake_distribution", value)
        for value in (
            [1, 1, 1, 1, 1],
            {"0": 1},
            {**STAKES, "5": 1},
            {"a": 1, "1": 1, "2": 1, "3": 1, "4": 1},
            {**STAKES, "4": -1},
            {**STAKES, "4": 0.5},
            dict.fromkeys(STAKES, 0),
        )
    ),
    ("bandwidth_limit", -1),
    *(("erasure_coding", value) for value in ([0, 4], [2, 0], [5, 4], [2], [2, 4, 8], "2/4")),
    *((name, value) for name in ("fast_path_threshold", "slow_path_threshold") for value in (0, 0.0, -0.1, 1.01, "0.67", True)),
    *((name, 0.1234567890123456) for name in ("fast_path_threshold", "slow_path_threshold")),
]


def refusal(config: dict[str, Any]) -> str:
    with pytest.raises(BadConfig) as error:
        read_config(json.dumps(config))
    return str(error.value)


def test_every_field_has_a_rule_and_a_malformed_value() -> None:
    assert ScenarioConfig.model_fields.keys() == RULES.keys() == {field for field, _ in MALFORMED}


@pytest.mark.parametrize(("field", "value"), MALFORMED)
def test_a_malformed_field_is_named_with_its_value_and_rule(field: str, value: object) -> None:
    message = refusal({**GUIDE, field: value})
    assert "\n" not in message
    assert message.startswith(f"{field} is {json.dumps(value)[:60]}")
    assert f": must be {RULES[field]}" in message


@pytest.mark.parametrize("field", GUIDE)
def test_a_missing_field_is_named(field: str) -> None:
    assert refusal({name: value for name, value in GUIDE.items() if name != field}).startswith(f"{field} is missing: must be ")


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"validators": NaN}', "[" * 100_000])
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(BadConfig, match="the configuration is"):
        read_config(text)


def test_the_example_of_the_guide_has_the_published_defaults() -> None:
    config = read_config(json.dumps({**GUIDE, "no such key": 1}))
    assert {**config.to_document(), **GUIDE} == config.to_document()
    assert len(config.to_document()) == 18
    assert (config.fast, config.slow) == (Fraction(67, 100), Fraction(51, 100))
    assert config.stakes == [1] * 5


def with_text(field: str, text: str) -> str:
    """The configuration in which a field is written like that."""
    return json.dumps({**GUIDE, field: "x"}).replace('"x"', text)


def test_a_threshold_is_the_fraction_that_is_written() -> None:
    config = read_config(with_text("slow_path_threshold", "0.10000000000000100000"))
    assert config.slow == Fraction(100000000000001, 10**15)
    assert read_config(config.to_json()) == config


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("fast_path_threshold", "1e-400000"),
        ("fast_path_threshold", "1e400"),
        ("fast_path_threshold", "0.5e99999999999999999999"),
        ("slow_path_threshold", "0.10000000000000000001"),
        ("bandwidth_limit", "1e3"),
        ("max_rounds", "9" * 5_000),
    ],
)
def test_a_number_that_nobody_can_hold_is_named(field: str, text: str) -> None:
    with pytest.raises(BadConfig) as error:
        read_config(with_text(field, text))
    shown = str(error.value)
    assert shown.lower().startswith(f"{field} is {text[:2]}")
    assert shown.endswith(f": must be {RULES[field]}")
    assert len(shown) < 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps(GUIDE)[:-1] + ', "validators": 6}', "validators is 5 and 6: must be given once"),
        (with_text("stake_distribution", '{"0": 1, "0": 2}'), "0 is 1 and 2: must be given once"),
    ],
)
def test_a_key_is_given_once(text: str, message: str) -> None:
    with pytest.raises(BadConfig) as error:
        read_config(text)
    assert str(error.value) == message


def test_the_largest_configuration_is_read_at_once() -> None:
    config = ScenarioConfig.model_validate({**GUIDE, "validators": 10**6, "byzantine_count": 333_333})
    largest = Reading(config, byzantine="largest")
    assert (largest.unit, largest.stake_of(largest.traitors), len(largest.voters(silent=True))) == (1, 333_333, 666_666)


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_a_configuration_that_round_trips(name: str) -> None:
    config = read_config(json.dumps(PROFILES[name]))
    assert read_config(config.to_json()) == config
    assert config.offline_count == config.byzantine_count


def test_less_than_a_third_is_not_rounded() -> None:
    assert read_config(json.dumps({**GUIDE, "validators": 4})).validators == 4
    assert refusal({**GUIDE, "validators": 3}).endswith("(validators is 3, byzantine_count is 1)")


def test_a_refused_configuration_is_one_line_and_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "c.json", tmp_path / "new" / "report.json"
    source.write_text(json.dumps({**GUIDE, "timeout_ms": 0}), encoding="utf-8")
    assert run(["scenario", "safety", "--config", str(source), f"--output={target}"]) == 1
    assert capsys.readouterr().err == f"verify: {source}: timeout_ms is 0: must be an integer > 0 (ms)\n"
    assert not target.parent.exists()
    assert run(["scenario", "safety", "--config", str(tmp_path / "no.json"), f"--output={target}"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_report_that_cannot_be_written_is_refused_before_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "c.json"
    source.write_text(json.dumps(GUIDE), encoding="utf-8")
    assert run(["scenario", "safety", "--config", str(source), "--output", f"{source}/report.json"]) == 1
    assert str(source) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["safty", "--config", "c", "--output", "o"], ["safty", "safety_properties", "run"]),
        (["safety", "--output", "o"], ["--config is missing"]),
        (["safety", "--config", "c"], ["--output is missing"]),
        (["safety", "--config", "c", "--output", "o", "--thresholds", "paper"], ["paper", "guide", "published"]),
        (["safety", "--config", "c", "--output", "o", "--offline", "gone"], ["gone", "silent", "may-crash"]),
        (["safety", "--config", "c", "--output", "o", "--byzantine", "any"], ["any", "first", "largest"]),
        (["safety", "--config", "c", "--output", "o", "--timeout", "0"], ["--timeout 0"]),
        (["safety", "--config", "c", "--output", "o", "--depth", "0"], ["--depth 0"]),
        (["safety", "--config", "c", "--output", "o", "--parallel"], ["--parallel goes with run"]),
        (["run", "--depth", "3"], ["--depth"]),
        (["run", "--no-such"], ["--no-such"]),
    ],
)
def test_a_mistake_in_the_command_line_is_2(arguments: list[str], names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenario", *arguments]) == 2
    written = capsys.readouterr().err
    assert all(name in written for name in names), written


def test_a_profile_that_does_not_exist_is_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["scenario", "run", "--config", "tiny"]) == 1
    assert "small, medium, large, boundary, stress" in capsys.readouterr().err


def test_the_schemas_are_published() -> None:
    fields = api.schema("scenario-config")
    assert set(fields["required"]) == set(GUIDE)
    assert fields["properties"]["fast_path_threshold"]["exclusiveMinimum"] == 0
    assert "property_results" in api.schema("scenario")["required"]
