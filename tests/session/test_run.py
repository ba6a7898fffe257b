"""`verify run`: what there is to see, how often actions could happen, violations, and the way to a state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.command import run as command
from verifier.cli.run import of_run
from verifier.documents import Run
from verifier.kernel.errors import UsageError
from verifier.kernel.protocol import Protocol

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def turns() -> Protocol:
    return verifier.load(HERE / "toys.py")


@pytest.fixture(scope="module")
def seen(turns: Protocol) -> Run:
    return verifier.run(turns, runs=20, depth=20, in_process=True)


def test_samples_show_every_action_and_label_that_runs_reach(seen: Run) -> None:
    shown = [sight for sample in seen.samples for sight in sample.shows]
    assert sorted(shown) == sorted(set(seen.sights) - set(seen.missing))
    assert seen.missing == ("Phase.Broken",)
    assert {"Request", "Grant", "Release", "Phase.Holding"} <= set(shown)
    assert len(shown) == len(set(shown))


def test_samples_are_short_and_replay(turns: Protocol, seen: Run) -> None:
    for sample in seen.samples:
        replayed = verifier.replay(sample.trace, protocol=turns, in_process=True)
        assert (replayed.confirmed, replayed.property) == (True, None)
    assert max(sample.steps for sample in seen.samples) == 4  # two requests, a grant, a release


def test_it_is_counted_how_often_actions_could_happen_and_did(seen: Run) -> None:
    figures = {action.action: action for action in seen.actions}
    assert all(figures[name].enabled >= figures[name].fired > 0 for name in ("Request", "Grant", "Release"))


def test_the_same_seed_gives_the_same_runs(turns: Protocol, seen: Run) -> None:
    again = verifier.run(turns, runs=20, depth=20, in_process=True)
    assert (again.samples, again.actions) == (seen.samples, seen.actions)


def test_an_action_that_never_fires_is_named() -> None:
    seen = verifier.run(verifier.load(HERE / "parted.py"), runs=10, depth=9, in_process=True)
    assert "More" in seen.missing
    assert {action.action: action.enabled for action in seen.actions}["More"] == 0
    assert {violation.property for violation in seen.violations} == {"Range@count", "Five", "Defined"}


def test_violations_are_shortened(turns: Protocol) -> None:
    seen = verifier.run(turns, variant="hasty", runs=20, in_process=True)
    assert [(violation.property, violation.steps) for violation in seen.violations] == [("Mutex-1", 4)]
    assert verifier.replay(seen.violations[0].trace, protocol=turns, in_process=True).violated


def test_a_state_is_looked_for(turns: Protocol) -> None:
    seen = verifier.run(turns, until="token == 2", in_process=True)
    assert (seen.found, seen.steps, seen.shortest, seen.violations) == (True, 5, True, ())
    assert seen.trace is not None
    assert verifier.replay(seen.trace, protocol=turns, in_process=True).confirmed
    missing = verifier.run(turns, until="phase[c1] == Broken", in_process=True)
    assert (missing.found, missing.complete, missing.trace) == (False, True, None)
    shallow = verifier.run(turns, until="token == 2", depth=3, runs=5, in_process=True)
    assert (shallow.found, shallow.complete) == (False, False)
    with pytest.raises(UsageError, match="equality is written =="):
        verifier.run(turns, until="token = 2", in_process=True)


def test_random_runs_look_further_than_the_search(turns: Protocol, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verifier.proof.strategy.sampling.SEARCHED", 5)
    seen = verifier.run(turns, until="token == 1 and lock == some(c2)", in_process=True)
    assert (seen.found, seen.shortest, seen.steps) == (True, False, 2)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, 0),
        ({"violations": 1}, 1),
        ({"until": "x", "found": True, "complete": False}, 0),
        ({"until": "x", "found": False, "complete": True}, 3),
        ({"until": "x", "found": None, "ended": "timeout"}, 124),
        ({"ended": "interrupted"}, 130),
    ],
)
def test_exit_codes(seen: Run, turns: Protocol, facts: dict[str, Any], code: int) -> None:
    if facts.pop("violations", 0):
        facts["violations"] = verifier.run(turns, variant="hasty", runs=20, in_process=True).violations
    assert of_run(seen.model_copy(update=facts)) == code


@pytest.mark.nightly
def test_exit_codes_and_files(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    toy, traces = str(HERE / "toys.py"), str(tmp_path / "traces")
    assert command(["run", toy, "--runs", "10", "--traces", traces]) == 0
    out = capfd.readouterr().out
    assert "not seen: Phase.Broken" in out
    assert "no violation was met; random runs prove nothing" in out
    names = sorted(path.name for path in (tmp_path / "traces").iterdir())
    assert names[0] == "turns.safe.sample-1.itf.json"
    assert command(["run", f"{toy}:hasty", "--until", "not Mutex", "--traces", traces, "--quiet"]) == 0
    assert command(["replay", f"{traces}/turns.hasty.until.itf.json", "--protocol", toy]) == 0
    assert command(["run", toy, "--until", "phase[c1] == Broken", "--quiet"]) == 3
    assert "true in no reachable state" in capfd.readouterr().out


def test_the_old_name_says_so(turns: Protocol) -> None:
    with pytest.warns(DeprecationWarning, match="called run"):
        old = verifier.simulate(turns, runs=3, in_process=True)
    assert old.violations == verifier.run(turns, runs=3, in_process=True).violations


@pytest.mark.nightly
def test_the_old_command_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    assert command(["simulate", str(HERE / "toys.py") + ":hasty", "--runs", "20"]) == 1
    seen = capfd.readouterr()
    assert "simulate is called run now" in seen.err
    assert "Mutex-1 is VIOLATED in 4 steps" in seen.out
