"""What one model, the disk or the user does to a night: its own obligations at most, never the report."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.nightly.toys import by_id, counter, nightly, start, suite
from verifier import api
from verifier.documents import Nightly
from verifier.jobs.nightly.planning import read_plan

DEATHS = {
    "exits": "import os; os._exit(7)",
    "crashes": "import os; os.abort()",
    "interrupts": "raise KeyboardInterrupt",
    "leaves": "raise SystemExit(0)",
    "recurs": "f = lambda: f(); f()",
}

# As soon as it is proved, and not when it is looked at.
LATER = "import os, sys\nif 'z3' in sys.modules: os._exit(7)"


def dying(folder: Path, name: str, program: str) -> None:
    path = counter(folder, name)
    path.write_text(f"{path.read_text()}\n{program}\n")


def test_a_model_that_dies_costs_a_plan_its_own_obligations(tmp_path: Path) -> None:
    dying(tmp_path, "exits", DEATHS["exits"])
    counter(tmp_path, "calm")
    path = suite(tmp_path, "[[obligation]]\nprotocol = ['exits.py', 'calm.py']\n")
    first, second = read_plan(path)[1]
    assert first.fault is not None
    assert "the process ended while it was being loaded, with status 7" in first.fault
    assert first.fault_kind == "input"
    assert second.fault is None


@pytest.mark.full
def test_models_that_die_cost_a_night_their_own_obligations(tmp_path: Path) -> None:
    for name, program in {**DEATHS, "later": LATER}.items():
        dying(tmp_path, name, program)
    counter(tmp_path, "calm")
    names = ", ".join(f"'{name}.py'" for name in (*DEATHS, "later", "calm"))
    suite(tmp_path, f"[[obligation]]\nprotocol = [{names}]\n")
    done = nightly(tmp_path, "--suite", "suite.toml", "--out", "out", "--jobs", "2")
    assert done.returncode == 2, done.stderr
    found = {name.partition(".")[0]: entry for name, entry in by_id(report(tmp_path)).items()}
    assert found["calm"]["met"]
    for name in (*DEATHS, "later"):
        assert found[name]["failure"] == "input", found[name]
        assert found[name]["status"] == "failed"
    assert (tmp_path / "out" / "index.html").is_file()


BUDGETS = {"works": 1, "waits": 0.4}


@pytest.mark.nightly
def test_an_obligation_that_waits_is_told_from_one_that_works(tmp_path: Path) -> None:
    dying(tmp_path, "works", "import sys\nif 'z3' in sys.modules:\n    while True: pass")
    dying(tmp_path, "waits", "import sys, time\nif 'z3' in sys.modules: time.sleep(600)")
    suite(
        tmp_path,
        "".join(f"[[obligation]]\nprotocol = '{name}.py'\ntimeout = {budget}\n" for name, budget in BUDGETS.items()),
    )
    done = nightly(tmp_path, "--suite", "suite.toml", "--out", "out", "--jobs", "2")
    assert done.returncode == 3, done.stderr
    found = {name.partition(".")[0]: entry for name, entry in by_id(report(tmp_path)).items()}
    assert "the budget of processor time is used up (1 s)" in found["works"]["reason"]
    assert "the time limit ran out (2 s, in which the job had 0 s of processor time)" in found["waits"]["reason"]
    assert found["works"]["processor"] >= found["works"]["timeout"]
    assert found["waits"]["wall"] == 2.0


@pytest.mark.nightly
def test_the_limit_of_a_run_leaves_a_report(tmp_path: Path) -> None:
    dying(tmp_path, "endless", "import sys\nif 'z3' in sys.modules:\n    while True: pass")
    counter(tmp_path, "calm")
    suite(tmp_path, "[[obligation]]\nprotocol = ['calm.py', 'endless.py']\n")
    done = nightly(tmp_path, "--suite", "suite.toml", "--out", "out", "--jobs", "1", "--timeout", "15")
    assert done.returncode == 124, done.stderr
    found = report(tmp_path)
    assert found["ended"] == "timeout"
    assert by_id(found)["calm.py/safe/published"]["met"]
    assert "the time limit of the run was reached (15 s)" in by_id(found)["endless.py/safe/published"]["reason"]


@pytest.mark.full
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_the_models_are_loaded(number: int, tmp_path: Path) -> None:
    dying(tmp_path, "endless", "open('begun', 'w').close()\nwhile True: pass")
    suite(tmp_path, "[[obligation]]\nprotocol = 'endless.py'\n")
    process = start(tmp_path, "--suite", "suite.toml", "--out", "out")
    deadline = time.monotonic() + 60
    while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    assert process.wait(timeout=60) == 130
    assert not (tmp_path / "out").exists()


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a suite of one obligation."""
    monkeypatch.chdir(tmp_path)
    counter(tmp_path)
    suite(tmp_path, "[[obligation]]\nprotocol = 'counter.py'\n")
    return tmp_path


def run(**options: Any) -> Nightly:
    return api.nightly(suite="suite.toml", out="out", jobs=1, **options)


@pytest.mark.nightly
def test_a_report_that_cannot_be_written_swallows_no_verdict(night: Path) -> None:
    (night / "out" / "report.json").mkdir(parents=True)
    with pytest.raises(api.NotWritten, match=r"report\.json cannot be written") as caught:
        run()
    assert caught.value.partial.met
    assert (night / "out" / "index.html").is_file()
    done = nightly(night, "--suite", "suite.toml", "--out", "out")
    assert done.returncode == 2
    assert "1 of 1 obligations met" in done.stdout
    assert len([line for line in done.stderr.splitlines() if "cannot be written" in line]) == 1


@pytest.mark.nightly
def test_certificates_that_cannot_be_written_swallow_no_verdict(night: Path) -> None:
    (night / "out").mkdir()
    (night / "out" / "certificates").write_text("")
    with pytest.raises(api.NotWritten, match="certificates") as caught:
        run()
    found = caught.value.partial
    assert found.met
    assert len(found.messages) == 1
    assert report(night) == found.to_document()


def report(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "out" / "report.json").read_text())
    return document


@pytest.mark.nightly
def test_only_certificates_of_a_night_are_removed(night: Path) -> None:
    run()
    document = report(night)
    entry = document["obligations"][0]["certificates"][0]
    outside = [night / "out" / "x.cert.json", night / "y.cert.json", night / "elsewhere" / "z.cert.json"]
    (night / "elsewhere").mkdir()
    (night / "out" / "certificates" / "link").symlink_to(night / "elsewhere")
    (night / "out" / "certificates" / "mine").mkdir()
    kept = night / "out" / "certificates" / "mine" / "own.cert.json"
    for path in (*outside, kept):
        path.write_text("{}")
    old = night / "out" / "certificates" / "old" / "a.cert.json"
    old.parent.mkdir()
    old.write_text("{}")
    names = ["../x", "../../y", "link/z", "old/a", "..", "mine/../../x", "no/such"]
    paths = [f"certificates/{name}.cert.json" for name in names] + [str(outside[1]), "report.json", "\0", "n" * 5000]
    document["obligations"][0]["certificates"] += [{**entry, "path": path} for path in paths]
    (night / "out" / "report.json").write_text(json.dumps(document))
    assert run().cached == 1
    assert all(path.exists() for path in (*outside, kept))
    assert not old.parent.exists()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param('{"obligations": [{"certificates": [{"path": {}}]}]}', marks=pytest.mark.full),
        *(pytest.param(text, marks=pytest.mark.nightly) for text in ("{", "[]", '{"obligations": 3}', "[" * 100_000)),
    ],
)
def test_an_earlier_report_may_be_anything(content: str, night: Path) -> None:
    (night / "out").mkdir()
    (night / "out" / "report.json").write_text(content)
    assert run().met


@pytest.mark.nightly
def test_scratch_folders_of_a_killed_night_are_removed_by_the_next(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    dying(tmp_path, "endless", "import sys\nif 'z3' in sys.modules:\n    while True: pass")
    suite(tmp_path, "[[obligation]]\nprotocol = 'endless.py'\ntimeout = 100\n")
    variables = {"TMPDIR": str(scratch)}
    process = start(tmp_path, "--suite", "suite.toml", "--out", "out", **variables)
    deadline = time.monotonic() + 60
    while not list(scratch.glob("*/.alive")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(scratch.iterdir())
    counter(tmp_path, "endless")
    assert nightly(tmp_path, "--suite", "suite.toml", "--out", "out", **variables).returncode == 0
    assert list(scratch.iterdir()) == []
