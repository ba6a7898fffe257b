"""What a night must survive: runaway solvers, memory without bound, kill -9 at any moment, two runs at once, lost machines."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.command import environment
from tests.nightly.toys import by_id, counter, nightly, start, suite

pytestmark = pytest.mark.nightly

# Models that do no harm when they are looked at, and much when they are proved.
ENDLESS = """
import sys
if 'z3' in sys.modules:
    import z3
    x, y, z = z3.Ints("x y z")
    z3.solve(x * x * x + y * y * y + z * z * z == 42, x > 1)
"""
GREEDY = (
    "import sys\nif 'z3' in sys.modules:\n    blocks = []\n    while True: blocks.append(bytearray(b'x' * (4 << 20)))\n"
)
DYING = "import os, sys\nif 'z3' in sys.modules: os.kill(os.getpid(), 9)\n"


def harmful(folder: Path, name: str, program: str) -> None:
    path = counter(folder, name)
    path.write_text(path.read_text() + "\n" + program)


def many(folder: Path, count: int) -> None:
    for number in range(count):
        counter(folder, f"c{number}")
    names = ", ".join(f"'c{number}.py'" for number in range(count))
    suite(folder, f"[[obligation]]\nprotocol = [{names}]\nvariant = '*'\n")


def report(folder: Path, name: str = "out") -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / name / "report.json").read_text())
    return document


def test_obligations_that_run_away_are_unknown_with_their_reason(tmp_path: Path) -> None:
    harmful(tmp_path, "endless", ENDLESS)
    harmful(tmp_path, "greedy", GREEDY)
    harmful(tmp_path, "dying", DYING)
    counter(tmp_path, "calm")
    suite(
        tmp_path,
        """
        [defaults]
        timeout = 60
        memory = 600
        [[obligation]]
        protocol = "endless.py"
        timeout = 4
        [[obligation]]
        protocol = ["greedy.py", "dying.py", "calm.py"]
        """,
    )
    for _ in range(2):
        done = nightly(tmp_path, "--suite", "suite.toml", "--out", "out", "--jobs", "2")
        assert done.returncode == 3, done.stderr
        found = by_id(report(tmp_path))
        reasons = {name.partition(".")[0]: entry["reason"] for name, entry in found.items()}
        assert "budget of processor time" in reasons["endless"]
        assert "4 s" in reasons["endless"]
        assert "memory limit" in reasons["greedy"]
        assert "killed by the system" in reasons["dying"]
        for name in ("endless", "greedy", "dying"):
            entry = found[f"{name}.py/safe/published"]
            assert set(entry["verdicts"].values()) == {"unknown"}
            assert not entry["cached"]
        assert found["calm.py/safe/published"]["met"]


def test_a_run_that_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    many(tmp_path, 10)
    moments = random.Random(7)
    known: set[str] = set()
    for _ in range(20):
        process = start(tmp_path, "--suite", "suite.toml", "--out", "out", "--jobs", "2")
        time.sleep(moments.uniform(0.5, 5.0))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        stored = keys(tmp_path)
        assert known <= stored
        known = stored
    done = nightly(tmp_path, "--suite", "suite.toml", "--out", "out", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    found = report(tmp_path)
    assert found["messages"] == []
    assert len(found["obligations"]) == 20
    assert all(entry["met"] for entry in found["obligations"])
    assert sum(entry["cached"] for entry in found["obligations"]) == len(known)
    assert len(keys(tmp_path)) == 20
    assert not [path.name for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


def keys(folder: Path) -> set[str]:
    import sqlite3

    path = folder / "reports" / "nightly.sqlite"
    if not path.exists():
        return set()
    connection = sqlite3.connect(path)
    try:
        return {key for (key,) in connection.execute("SELECT key FROM verdicts")}
    except sqlite3.OperationalError:
        return set()  # killed before the tables were made
    finally:
        connection.close()


def test_two_runs_at_once_do_not_harm_each_other(tmp_path: Path) -> None:
    many(tmp_path, 4)
    runs = [start(tmp_path, "--suite", "suite.toml", "--out", f"out{number}", "--jobs", "2") for number in range(2)]
    assert [process.wait(timeout=280) for process in runs] == [0, 0]
    for number in range(2):
        found = report(tmp_path, f"out{number}")
        assert all(entry["met"] for entry in found["obligations"])
        assert found["messages"] == []
    done = nightly(tmp_path, "--suite", "suite.toml", "--out", "out", "--jobs", "2")
    assert done.returncode == 0
    assert all(entry["cached"] for entry in report(tmp_path)["obligations"])


@pytest.fixture
def cluster(tmp_path: Path) -> Any:
    pytest.importorskip("distributed")
    address = tmp_path / "scheduler.json"
    program = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    scheduler = subprocess.Popen(
        [*program, "--port", "0", "--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(address)],
        env=environment(),
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not address.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    where = json.loads(address.read_text())["address"]
    # Without a nanny a worker that is killed stays away, as a lost machine does.
    worker = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        where,
        "--nthreads",
        "1",
        "--no-nanny",
        "--no-dashboard",
    ]
    workers = [
        subprocess.Popen(
            [*worker, "--local-directory", str(tmp_path / f"w{number}")], env=environment(), stderr=subprocess.DEVNULL
        )
        for number in range(2)
    ]
    yield where, workers, scheduler
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def test_a_cluster_that_loses_a_worker_loses_no_verdict(tmp_path: Path, cluster: Any) -> None:
    address, workers, _ = cluster
    many(tmp_path, 5)
    here = nightly(tmp_path, "--suite", "suite.toml", "--out", "here", "--store", "here.sqlite")
    assert here.returncode == 0, here.stderr
    process = start(
        tmp_path, "--suite", "suite.toml", "--out", "there", "--store", "there.sqlite", "--scheduler", address
    )
    store = tmp_path / "there.sqlite"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and (not store.exists() or not finished(store)):
        time.sleep(0.2)
    workers[0].kill()
    assert process.wait(timeout=250) == 0
    local, remote = report(tmp_path, "here"), report(tmp_path, "there")
    assert remote["scheduler"] == address
    assert {name: entry["verdicts"] for name, entry in by_id(remote).items()} == {
        name: entry["verdicts"] for name, entry in by_id(local).items()
    }
    assert len(remote["obligations"]) == 10


def test_a_cluster_that_loses_its_scheduler_leaves_a_report(tmp_path: Path, cluster: Any) -> None:
    address, _, scheduler = cluster
    many(tmp_path, 5)
    options = ["--suite", "suite.toml", "--out", "out", "--store", "s.sqlite", "--scheduler", address]
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "verifier.cli", "nightly", *options],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (
            (tmp_path / "s.sqlite").exists() and finished(tmp_path / "s.sqlite")
        ):
            time.sleep(0.1)
        scheduler.kill()
        assert process.wait(timeout=250) == 3
    found = report(tmp_path)
    assert any(entry["met"] for entry in found["obligations"])
    assert {entry["status"] for entry in found["obligations"]} == {"met", "open"}
    assert len(found["messages"]) == 1
    assert f"the scheduler {address} was lost" in found["messages"][0]
    told = (tmp_path / "errors").read_text()
    assert told.count("obligations that it had not delivered are open") == 1
    assert "Traceback" not in told


def finished(store: Path) -> bool:
    import sqlite3

    connection = sqlite3.connect(store)
    try:
        return bool(connection.execute("SELECT count(*) FROM durations").fetchone()[0])
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
