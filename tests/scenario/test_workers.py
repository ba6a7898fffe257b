"""Scenarios of one run share what they have decided, and nothing else: not a failure, not a question that stayed open."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.scenario.test_report import READING, answer, made
from verifier import api
from verifier.documents.scenario import ScenarioConfig
from verifier.jobs.session import Session
from verifier.scenario import workers, wrapper
from verifier.scenario.ask import Limits, ask
from verifier.scenario.names import PROFILES, SCENARIOS
from verifier.scenario.plan import Question, instances, questions
from verifier.scenario.reading import Model, Reading
from verifier.scenario.workers import Common, Crew
from verifier.scenario.wrapper import Wanted, run_all


class Prover(dict[str, Any]):
    """Stands for `api.prove` and its result: every property is proved but `Open`. `calls` are the names asked for."""

    statistics = None
    ended = "complete"

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []

    def __call__(self, protocol: str, *, properties: list[str], **more: Any) -> Prover:
        self.calls.append(tuple(properties))
        self |= {name: answer(name, "unknown" if name == "Open" else "proved").entry for name in properties}
        return self


@pytest.fixture
def prover(monkeypatch: pytest.MonkeyPatch) -> Prover:
    made = Prover()
    monkeypatch.setattr(api, "prove", made)
    monkeypatch.setattr(Common, "start", lambda self, command: Session())
    return made


def asked(common: Common, *names: str, model: str = "m", depth: int = 5) -> list[tuple[str, str, str | None]]:
    given = [Question(name, Model(model), name, "m") for name in names]
    return [(one.question.name, one.verdict, one.error) for one in ask(given, Limits(100, None, depth), Crew(common))]


def test_what_another_scenario_has_decided_is_not_decided_again(prover: Prover) -> None:
    common = Common()
    first = asked(common, "P", "Q", "Open")
    assert first == [("P", "proved", None), ("Q", "proved", None), ("Open", "unknown", "gave up")]
    assert asked(common, "R", "Q", "P") == [("R", "proved", None), ("Q", "proved", None), ("P", "proved", None)]
    assert asked(common, "Open") == first[2:]
    assert prover.calls == [("P", "Q", "Open"), ("R",), ("Open",)]


@pytest.mark.parametrize(("used", "left"), [(90.0, 10.0), (100.0, 0.1)])
def test_the_time_in_which_a_server_loads_is_part_of_the_run(
    used: float, left: float, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits, timeouts = Limits(100, None, 5), []

    def start(common: Common, command: str) -> Session:
        limits.total -= used
        return Session()

    def prove(*given: Any, timeout: float, **more: Any) -> Prover:
        timeouts.append(timeout)
        return prover(*given, **more)

    monkeypatch.setattr(Common, "start", start)
    monkeypatch.setattr(api, "prove", prove)
    ask([Question("P", Model("m"), "P", "m")], limits, Crew(Common()))
    assert timeouts == [pytest.approx(left, abs=5)]
    assert 0 < timeouts[0] <= left


@pytest.mark.parametrize("more", [{"model": "n"}, {"depth": 6}])
def test_another_question_is_asked(prover: Prover, more: dict[str, Any]) -> None:
    common = Common()
    asked(common, "P")
    asked(common, "P", **more)
    asked(Common(), "P")
    assert prover.calls == [("P",)] * 3


def test_a_scenario_waits_for_another_that_asks_the_same(prover: Prover, monkeypatch: pytest.MonkeyPatch) -> None:
    common, asking, go_on = Common(), threading.Event(), threading.Event()

    def slow(*given: Any, **more: Any) -> Prover:
        asking.set()
        go_on.wait(10)
        return prover(*given, **more)

    monkeypatch.setattr(api, "prove", slow)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(asked(common, "P"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert asking.wait(10)
    go_on.set()
    for thread in threads:
        thread.join()
    assert found == [[("P", "proved", None)]] * 2
    assert prover.calls == [("P",)]


def test_the_server_knows_the_instances_of_all_scenarios() -> None:
    for scenario in SCENARIOS.values():
        assert {question.model for question in questions(scenario, READING)} == set(instances([scenario], READING))
    found = {model.protocol for model in instances(SCENARIOS.values(), READING)}
    assert found >= {"votor-ledger", "votor-ledger:byz20", "timeouts"}
    many = {str(i): i + 1 for i in range(20)}
    config = ScenarioConfig.model_validate({**PROFILES["large"], "stake_distribution": many})
    assert instances(["safety_properties"], Reading(config, offline="may-crash")) == []


@pytest.mark.parametrize(("some", "servers"), [([], 0), ([Model("hlc")], 0), ([Model("hlc"), Model("hlc", ("N=2",))], 1)])
def test_a_server_is_worth_its_loading_where_there_are_several_instances(
    some: list[Model], servers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, ...]] = []

    class Server:
        def __init__(self, references: tuple[str, ...], *, patient: bool) -> None:
            assert patient
            begun.append(references)

        def start(self, command: str) -> None: ...

        def close(self) -> None: ...

    monkeypatch.setattr(workers, "ForkServer", Server)
    monkeypatch.setattr(workers, "start", lambda command, *hints: None)
    with Common(some) as common:
        common.start("prove")
        common.start("prove")
    assert begun == [("hlc", "hlc")] * servers


def test_an_interruption_ends_all_calls() -> None:
    with Common() as common:
        session = common.start("show")
        assert session.worker is not None
        assert session.on_tick is not None
        session.on_tick(0.0)
        common.stop()
        with pytest.raises(KeyboardInterrupt):
            session.on_tick(0.0)
        session.worker.kill()


def test_a_scenario_that_fails_has_its_reason_in_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(scenario: str, *given: Any, **more: Any) -> Any:
        if scenario == "safety_properties":
            raise TypeError("it broke")
        return made(answer("P"))

    monkeypatch.setattr(wrapper, "run", run)
    (tmp_path / "stateright_safety.json").write_text(made(answer("P")).to_json(), encoding="utf-8")
    wanted = Wanted("boundary", ("safety", "other", "liveness_properties"), str(tmp_path))
    assert run_all(wanted, lambda text: None) == 1
    summary = json.loads((tmp_path / "stateright_summary.json").read_text(encoding="utf-8"))
    assert summary["results"] == {"safety": "FAIL", "other": "FAIL", "liveness": "PASS"}
    assert "TypeError: it broke" in (tmp_path / "stateright_safety.log").read_text(encoding="utf-8")
    assert not (tmp_path / "stateright_safety.json").exists()
    assert "there is no scenario other" in (tmp_path / "stateright_other.log").read_text(encoding="utf-8")


def test_scenarios_that_run_at_once_are_interrupted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2, timeout=10)
    ticks: list[str] = []

    def run(scenario: str, reading: object, common: Common, **more: Any) -> Any:
        both.wait()
        if scenario == "safety_properties":
            raise KeyboardInterrupt
        for _ in range(1000):
            try:
                common._tick(0.0)
            except KeyboardInterrupt:
                ticks.append("interrupted")
                raise
            threading.Event().wait(0.01)

    monkeypatch.setattr(wrapper, "run", run)
    with pytest.raises(KeyboardInterrupt):
        run_all(Wanted("boundary", ("safety", "liveness"), str(tmp_path), parallel=True), lambda text: None)
    assert ticks == ["interrupted"]
