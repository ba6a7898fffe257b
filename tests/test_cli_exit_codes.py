"""Exit codes and their precedence, what is written where, and that a failure is never a traceback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests import workers
from tests.command import environment, run
from verifier.cli import exitcodes


def document(*properties: workers.Event, **fields: Any) -> tuple[workers.Event, ...]:
    return (workers.finished(*properties, **fields), workers.DONE)


@pytest.mark.parametrize(
    ("codes", "winner"),
    [
        ([], 0),
        ([0, 3], 3),
        ([3, 124], 124),
        ([124, 1, 3], 1),
        ([1, 2], 2),
        ([2, 130, 1], 130),
        ([130, 70, 2, 1, 124, 3, 0], 70),
    ],
)
def test_precedence(codes: list[int], winner: int) -> None:
    assert exitcodes.strongest(*codes) == winner


@pytest.mark.parametrize(
    ("events", "code"),
    [
        (document(workers.proved("P")), 0),
        (document(workers.proved("P"), workers.violated("Q")), 1),
        (document(workers.proved("P"), workers.unknown("Q")), 3),
        (document(workers.unknown("P", "bounded")), 3),
        (document(workers.unknown("P"), workers.violated("Q")), 1),
        (document(workers.unknown("P"), ended="timeout"), 124),
        (document(workers.unknown("P", "bounded"), ended="timeout"), 3),
        (document(workers.unknown("P"), workers.violated("Q"), ended="timeout"), 1),
        (document(), 3),
    ],
)
def test_verdicts(events: tuple[workers.Event, ...], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "toy"], workers.worker(*events)) == code
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("found", "code"),
    [({}, 0), ({"complete": False}, 3), ({"violations": [{"property": "P", "steps": 2}]}, 1)],
)
def test_searches(found: dict[str, Any], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    explored = {"schema": "verify.explore/1", "protocol": "toy", "distinct": 9, "complete": True, **found}
    event = {"event": "document", "index": 0, "document": explored}
    assert run(["explore", "toy"], workers.worker(event, workers.DONE)) == code
    assert "distinct states" in capsys.readouterr().out


def test_timeout_before_the_model_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["prove", "toy", "--timeout", "0.5"], workers.worker(then=workers.LOOPS))
    assert code == 124
    assert "toy" in capsys.readouterr().out


def test_timeout_with_a_property_open(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    events = [workers.planned("P", "Q"), workers.one(workers.proved("P"))]
    worker = workers.worker(*events, then=workers.LOOPS)
    assert run(["prove", "toy", "--timeout", "0.5", "--json", str(file)], worker) == 124
    result = json.loads(file.read_text())
    assert result["ended"] == "timeout"
    assert [entry["verdict"] for entry in result["properties"]] == ["proved", "unknown"]
    assert "the time limit ran out (0.5 s)" in capsys.readouterr().out


def test_timeout_after_every_verdict_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    worker = workers.worker(workers.planned("P"), workers.one(workers.proved("P")), then=workers.LOOPS)
    assert run(["prove", "toy", "--timeout", "0.5"], worker) in (0, 3)


def test_memory(capsys: pytest.CaptureFixture[str]) -> None:
    worker = workers.worker(workers.planned("P"), then=workers.ALLOCATES)
    assert run(["prove", "toy", "--memory", "120", "--timeout", "60"], worker) == 3
    assert "the memory limit was reached (120 MB)" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_writes_what_is_finished(number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "result.json"
    events = (workers.planned("P", "Q"), workers.one(workers.violated("P")))
    worker = workers.worker(*events, then=workers.interrupts(number))
    assert run(["prove", "toy", "--json", str(file)], worker) == 130
    result = json.loads(file.read_text())
    assert [entry["verdict"] for entry in result["properties"]] == ["violated", "unknown"]
    assert "interrupted" in capsys.readouterr().out


def failure(kind: str, **fields: Any) -> workers.Event:
    nothing = {"hint": None, "file": None, "line": None, "source": None, "traceback": None}
    return {"event": "failure", "kind": kind, "message": "no such thing", **nothing, **fields}


def test_a_usage_error_is_a_line_and_its_hint(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    file.write_text("kept")
    worker = workers.worker(failure("usage", hint="did you mean another?"))
    assert run(["prove", "toy", "--json", str(file)], worker) == 2
    assert capsys.readouterr().err == "verify: no such thing\nhint: did you mean another?\n"
    assert file.read_text() == "kept"


def test_a_model_error_shows_the_users_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text("first\n    second\n")
    worker = workers.worker(failure("model", hint="write it so", file=str(model), line=2))
    assert run(["prove", str(model)], worker) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"verify: {model}:2: no such thing",
        "    second",
        "hint: write it so",
    ]


def report_of(err: str) -> str:
    lines = err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("verify: internal error: ")
    path = Path(lines[1].removeprefix("report: "))
    text = path.read_text()
    path.unlink()
    return text


def test_an_internal_error_is_a_line_and_a_report(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    events = [workers.planned("P", "Q"), workers.one(workers.violated("P"))]
    worker = workers.worker(*events, failure("internal", traceback="Traceback: where it was"))
    assert run(["prove", "toy", "--json", str(file)], worker) == 70
    assert "Traceback: where it was" in report_of(capsys.readouterr().err)
    assert json.loads(file.read_text())["properties"][0]["verdict"] == "violated"


def test_a_worker_that_dies_is_an_internal_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "toy"], workers.worker(then=workers.EXITS)) == 70
    report_of(capsys.readouterr().err)


def test_a_worker_killed_by_the_system_leaves_unknowns(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "toy"], workers.worker(workers.planned("P"), then=workers.IS_KILLED)) == 3
    assert "killed by the system" in capsys.readouterr().out


@pytest.mark.parametrize(
    "entry_",
    [
        {"name": "P", "verdict": "violated"},
        {"name": "P", "verdict": "proved"},
        {"name": "P", "verdict": "bounded"},
        {"name": "P", "verdict": "unknown"},
        {"name": "P", "verdict": "fine"},
    ],
)
def test_a_verdict_without_what_it_must_carry_is_an_internal_error(
    entry_: workers.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["prove", "toy"], workers.worker(*document(entry_))) == 70
    assert "does not fit its schema" in report_of(capsys.readouterr().err)


def test_a_reader_that_goes_away_does_not_change_the_verdict() -> None:
    program = textwrap.dedent(
        """
        import sys
        from tests import command, workers
        # More text than a pipe holds; and the entry is too long for the argument list of the worker.
        entry = workers.violated("P")
        lemmas = "event['document']['properties'][0]['lemmas'] = [f'x[{n}] <= y' for n in range(3000)]"
        sends = f"event = {workers.finished(entry)!r}; {lemmas}; print(json.dumps(event))"
        sends += f"; print(json.dumps({workers.DONE!r}))"
        sys.exit(command.run(["prove", "toy"], workers.worker(then=sends)))
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", program], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) == 1
