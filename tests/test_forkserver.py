"""Workers that are forked are like those that are started: they end as told, share nothing, and outlive nobody."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.workers import GRACE, gone
from verifier.jobs import forkserver
from verifier.jobs.forkserver import ForkServer
from verifier.jobs.launch import Worker, start
from verifier.jobs.session import Session, run

SHOW = {"command": "show", "protocol": "hlc", "variant": None}


@pytest.fixture
def server() -> Iterator[ForkServer]:
    server = ForkServer()
    yield server
    server.close()


def test_each_worker_does_its_job_in_a_process_of_its_own(server: ForkServer) -> None:
    workers = [server.start("show") for _ in range(3)]
    assert len({worker.pid for worker in workers}) == 3
    for worker in workers:
        assert os.getpgid(worker.pid) == worker.pid
        answer = run(SHOW, Session(worker))
        assert answer.ended == "complete"
        assert "hybrid logical clock" in answer.documents[0]["text"]
        assert gone(worker.pid)


def test_the_server_loads_the_built_in_protocols_of_its_workers_and_no_others() -> None:
    program = f"""
import sys; sys.path[:0] = {sys.path!r}
from verifier.jobs import forkserver
server = forkserver.ForkServer(["hlc"])
assert server._process.args[-1] == "hlc"
server.close()
forkserver.load(["no-such-protocol", {__file__!r}, "hlc"])
from verifier.catalog import digest, evidence_digest, load
del sys.modules["verifier.catalog.digest"].canonical, sys.modules["verifier.catalog.digest"].evidence
assert digest(load("hlc")) != evidence_digest(load("hlc"))  # taken before
print(*(name for name in sys.modules if name.startswith(("verifier.encodings.", "tests."))))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["verifier.encodings.hlc"]


def test_the_server_loads_modules_only_while_it_is_asked_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    loaded: list[str] = []

    def load(name: str) -> None:
        loaded.append(name)
        ours.close()

    monkeypatch.setattr(forkserver.importlib, "import_module", load)
    monkeypatch.setattr(forkserver.gc, "freeze", lambda: None)
    with theirs:
        forkserver._serve(theirs, ["first", "second"])
    assert loaded == ["first"]


@pytest.mark.parametrize("patient", [False, True])
def test_a_patient_server_loads_all_modules_before_its_first_worker(patient: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["", str(int(patient))])
        patch.setattr(forkserver, "signal", SimpleNamespace(signal=lambda *given: None, SIGINT=None, SIG_IGN=None))
        patch.setattr(forkserver, "socket", SimpleNamespace(socket=lambda fileno: None))
        patch.setattr(forkserver, "gc", SimpleNamespace(freeze=lambda: None))
        patch.setattr(forkserver, "_serve", lambda parent, modules: left.extend(modules))
        forkserver.main()
    assert left == ([] if patient else list(forkserver._LOADED))
    assert not patient or sys.modules.keys() >= set(forkserver._LOADED)
    server = ForkServer(patient=patient)
    assert run(SHOW, Session(server.start("show"))).ended == "complete"
    server.close()


def test_workers_are_started_from_several_threads(server: ForkServer) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(run(SHOW, Session(server.start("show"))).ended)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["complete"] * 6


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_how_a_worker_ended_is_told(server: ForkServer, number: signal.Signals) -> None:
    worker = server.start("show")
    os.kill(worker.pid, number)
    assert _ended(worker)
    assert worker.kill() == -number
    assert worker.kill() == -number


def test_what_a_worker_used_is_told_once_it_has_ended(server: ForkServer) -> None:
    for worker in (server.start("show"), start("show")):
        assert (worker.processor, worker.peak) == (0.0, 0)
        run(SHOW, Session(worker))
        assert worker.processor > 0
        assert worker.peak > 1 << 20


def test_the_end_of_a_worker_is_noticed_while_others_go_on(server: ForkServer) -> None:
    first, second = server.start("show"), server.start("show")
    os.kill(first.pid, signal.SIGKILL)
    assert _ended(first)
    assert run(SHOW, Session(second)).ended == "complete"
    first.kill()


def test_without_the_server_workers_are_started_one_by_one(server: ForkServer) -> None:
    before = server.start("show")
    os.kill(server._process.pid, signal.SIGKILL)
    server._process.wait()
    assert run(SHOW, Session(server.start("show"))).ended == "complete"
    assert run(SHOW, Session(before)).ended == "complete"


def test_the_server_and_its_workers_go_when_the_parent_is_killed() -> None:
    program = f"""
import sys, time; sys.path[:0] = {sys.path!r}
from verifier.jobs.forkserver import ForkServer
server = ForkServer()
print(server.start("show").pid, server._process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker, server = map(int, parent.stdout.readline().split())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(worker)
    assert gone(server)


def _ended(worker: Worker) -> bool:
    """Whether the worker's output ends soon."""
    os.set_blocking(worker.output, False)
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline:
        try:
            return os.read(worker.output, 1) == b""
        except BlockingIOError:
            time.sleep(0.01)
    return False
