"""A job in a child process: what is finished is kept, and nothing outlives a limit or its parent."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import textwrap
import time
from typing import Any

import pytest

from tests import workers
from tests.workers import GRACE, alive, gone
from verifier.jobs.collect import Collector
from verifier.jobs.launch import Worker, spawn
from verifier.jobs.meters import Meter
from verifier.jobs.session import InternalError, Session, run
from verifier.jobs.supervisor import Outcome, supervise
from verifier.kernel.errors import ModelError, UsageError

JOB = {
    "command": "prove",
    "protocols": ["toy"],
    "variant": None,
    "drops": [],
    "scope": "published",
    "k": 8,
    "properties": [],
}


def follow(worker: Worker, **limits: Any) -> tuple[Outcome, Collector]:
    collector = Collector(JOB)
    return supervise(worker, JOB, on_event=collector.take, **limits), collector


def verdicts(outcome: Outcome, collector: Collector) -> dict[str, dict[str, Any]]:
    (document,) = collector.documents(outcome.ended, seconds=outcome.seconds, limit="1 s")
    return {entry["name"]: entry for entry in document["properties"]}


def test_a_finished_job_gives_its_document() -> None:
    outcome, collector = follow(workers.worker(workers.finished(workers.proved("P")), workers.DONE))
    assert outcome.ended == "complete"
    assert verdicts(outcome, collector)["P"]["verdict"] == "proved"


def test_the_worker_is_gone_when_the_job_is_done() -> None:
    worker = workers.worker(workers.DONE, then="time.sleep(60)")
    follow(worker)
    assert not alive(worker.pid)


def test_a_worker_is_measured_by_the_clock_and_not_at_each_of_its_events(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[float] = []
    look = Meter.look

    def noted(self: Meter) -> None:
        measured.append(time.monotonic())
        look(self)

    monkeypatch.setattr(Meter, "look", noted)
    event = json.dumps({"event": "progress", "text": "", "engine": None, "k": 1, "index": 0})
    slowly = f"for _ in range(100): print({event!r}, flush=True); time.sleep(0.003)"
    outcome, _ = follow(workers.worker(then=f"{slowly}\nprint({json.dumps(workers.DONE)!r}, flush=True)"), memory=4096)
    assert outcome.ended == "complete"
    *regular, _ = measured
    assert len(regular) >= 2
    assert all(later - earlier >= 0.09 for earlier, later in itertools.pairwise(regular))


def test_a_large_job_does_not_fill_the_pipe() -> None:
    collector = Collector(JOB)
    worker = workers.worker(workers.DONE, before="assert len(job['filler']) == 1 << 20")
    outcome = supervise(worker, {**JOB, "filler": "x" * (1 << 20)}, on_event=collector.take)
    assert outcome.ended == "complete"


def test_a_large_document_does_not_fill_the_pipe() -> None:
    large = "event = {'event': 'property', 'property': {'name': 'P', 'lemma': 'x' * (1 << 20)}}"
    worker = workers.worker(
        workers.planned("P"),
        then=f"{large}\nfor line in (event, {workers.DONE}): print(json.dumps(line), flush=True)",
    )
    outcome, collector = follow(worker, meanwhile=lambda: time.sleep(0.2))
    assert outcome.ended == "complete"
    assert len(verdicts(outcome, collector)["P"]["lemma"]) == 1 << 20


def test_what_was_sent_but_not_read_at_the_limit_is_kept() -> None:
    events = [workers.planned("P", "Q"), workers.one(workers.proved("P"))]
    worker = workers.worker(*events, then=workers.LOOPS)
    outcome, collector = follow(worker, timeout=0.5, meanwhile=lambda: time.sleep(1.0))
    assert outcome.ended == "timeout"
    assert [entry["verdict"] for entry in verdicts(outcome, collector).values()] == ["proved", "unknown"]


def test_a_job_that_was_done_before_its_limit_is_complete() -> None:
    worker = workers.worker(workers.finished(workers.proved("P")), workers.DONE)
    outcome, _ = follow(worker, timeout=0.5, meanwhile=lambda: time.sleep(1.0))
    assert outcome.ended == "complete"


def test_an_endless_loop_is_cut_off_and_what_is_finished_is_kept() -> None:
    events = [
        workers.planned("P", "Q", "R"),
        workers.one(workers.proved("P")),
        {"event": "progress", "index": 0, "text": "Q", "property": "Q", "engine": "k-induction", "k": 5},
        {"event": "progress", "index": 0, "text": "Q", "property": "Q", "engine": "bounded unrolling", "k": 3},
    ]
    began = time.monotonic()
    outcome, collector = follow(workers.worker(*events, then=workers.LOOPS), timeout=1.0)
    assert outcome.ended == "timeout"
    assert 1.0 <= time.monotonic() - began < 1.0 + GRACE
    found = verdicts(outcome, collector)
    assert list(found) == ["P", "Q", "R"]
    assert found["P"]["verdict"] == "proved"
    assert found["Q"]["verdict"] == found["R"]["verdict"] == "unknown"
    assert found["Q"]["reason"] == (
        "the time limit ran out (1 s); searched to depth 4; then bounded unrolling at depth 3"
    )
    assert found["Q"]["k"] == 4
    assert "no depth was finished" in found["R"]["reason"]


def test_depth_reported_for_all_properties_counts_for_each() -> None:
    events = [
        workers.planned("P"),
        {"event": "progress", "index": 0, "text": "all", "engine": "bounded unrolling", "k": 2},
    ]
    outcome, collector = follow(workers.worker(*events, then=workers.LOOPS), timeout=0.5)
    assert verdicts(outcome, collector)["P"]["k"] == 1


@pytest.mark.parametrize(
    ("engine", "scope"),
    [("explicit search", "published"), ("lemma inference", "published"), ("k-induction", "unbounded")],
)
def test_work_that_decides_no_depth_claims_none(engine: str, scope: str) -> None:
    plan = workers.planned("P")
    plan["document"]["scope"] = scope
    progress = {"event": "progress", "index": 0, "text": "P", "engine": engine, "k": 9}
    outcome, collector = follow(workers.worker(plan, progress, then=workers.LOOPS), timeout=0.5)
    entry = verdicts(outcome, collector)["P"]
    assert entry["k"] is None
    assert entry["reason"].endswith(f"no depth was finished; then {engine} at depth 9")


def test_an_unbounded_allocation_is_cut_off() -> None:
    worker = workers.worker(workers.planned("P"), then=workers.ALLOCATES)
    outcome, collector = follow(worker, memory=120, timeout=60)
    assert outcome.ended == "memory"
    assert "memory limit" in verdicts(outcome, collector)["P"]["reason"]


def test_a_worker_that_ignores_signals_is_cut_off() -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + workers.LOOPS
    outcome, _ = follow(workers.worker(then=deaf), timeout=0.5)
    assert outcome.ended == "timeout"


def test_the_solvers_children_are_killed_too() -> None:
    sleeper = (
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(json.dumps({'event': 'progress', 'text': 'child', 'k': child.pid}), flush=True)\n"
        "time.sleep(60)"
    )
    pids: list[int] = []
    supervise(workers.worker(then=sleeper), JOB, on_event=lambda event: pids.append(event["k"]), timeout=2.0)
    assert len(pids) == 1
    assert gone(pids[0])


def test_processor_time_is_a_budget_of_its_own() -> None:
    outcome, collector = follow(workers.worker(workers.planned("P"), then=workers.LOOPS), processor=0.3, timeout=60.0)
    assert outcome.ended == "processor"
    assert outcome.processor is not None
    assert outcome.processor >= 0.3
    (document,) = collector.documents(outcome.ended, seconds=outcome.seconds, limit="0.3 s")
    assert document["ended"] == "timeout"
    assert document["properties"][0]["reason"].startswith("the budget of processor time is used up (0.3 s)")


def test_waiting_takes_no_processor_time() -> None:
    waits = workers.worker(workers.planned("P"), then="time.sleep(60)")
    outcome, _ = follow(waits, processor=30.0, timeout=1.0)
    assert outcome.ended == "timeout"


@pytest.mark.parametrize("ends", [False, True], ids=["running", "ended"])
def test_the_processor_time_of_children_counts(ends: bool) -> None:
    work = "import time\nwhile time.process_time() < 0.6: pass" if ends else workers.LOOPS
    program = f"subprocess.run([sys.executable, '-c', {work!r}])\ntime.sleep(60)"
    outcome, _ = follow(workers.worker(workers.planned("P"), then=program), processor=0.5, timeout=60.0)
    assert outcome.ended == "processor"


def test_an_interrupt_keeps_what_is_finished() -> None:
    events = (workers.planned("P", "Q"), workers.one(workers.proved("P")))
    worker = workers.worker(*events, then=workers.interrupts(signal.SIGINT))
    outcome, collector = follow(worker)
    assert outcome.ended == "interrupted"
    assert [entry["verdict"] for entry in verdicts(outcome, collector).values()] == ["proved", "unknown"]
    assert not alive(worker.pid)


@pytest.mark.parametrize(("death", "ended"), [(workers.EXITS, "crashed"), (workers.IS_KILLED, "killed")])
def test_a_worker_that_dies_leaves_its_properties_unknown(death: str, ended: str) -> None:
    outcome, collector = follow(workers.worker(workers.planned("P"), then=death))
    assert outcome.ended == ended
    assert verdicts(outcome, collector)["P"]["verdict"] == "unknown"


def test_a_worker_that_dies_before_it_reads_its_job_is_noticed() -> None:
    worker = spawn([sys.executable, "-c", "raise SystemExit(4)"])
    time.sleep(0.3)
    outcome, _ = follow(worker)
    assert (outcome.ended, outcome.status) == ("crashed", 4)


def test_a_protocol_that_was_not_reached_still_has_a_result() -> None:
    job = {**JOB, "protocols": ["toy", "other:gap"], "properties": ["P"]}
    collector = Collector(job)
    worker = workers.worker(workers.finished(workers.proved("P")), then=workers.LOOPS)
    outcome = supervise(worker, job, on_event=collector.take, timeout=0.5)
    first, second = collector.documents(outcome.ended, seconds=outcome.seconds)
    assert first["properties"][0]["verdict"] == "proved"
    assert (second["protocol"], second["variant"]) == ("other", "gap")
    assert second["properties"][0]["verdict"] == "unknown"
    assert second["ended"] == "timeout"


def test_a_search_that_is_cut_off_tells_its_last_figures() -> None:
    job: dict[str, Any] = {"command": "explore", "protocol": "toy:gap", "variant": None, "drops": []}
    collector = Collector(job)
    figures = [
        {"event": "progress", "text": f"{n} states", "engine": "explicit search", "k": 1, "distinct": n}
        for n in (10, 20)
    ]
    outcome = supervise(workers.worker(*figures, then=workers.LOOPS), job, on_event=collector.take, timeout=0.5)
    (document,) = collector.documents(outcome.ended, seconds=outcome.seconds)
    assert (document["distinct"], document["complete"]) == (20, False)
    assert document["variant"] == "gap"


@pytest.mark.parametrize(
    ("kind", "expected"), [("usage", UsageError), ("model", ModelError), ("internal", InternalError)]
)
def test_a_failure_becomes_the_exception_it_was(kind: str, expected: type[Exception]) -> None:
    event = {
        "event": "failure",
        "kind": kind,
        "message": "no such thing",
        "hint": "another",
        "file": "model.py" if kind == "model" else None,
        "line": 3 if kind == "model" else None,
        "source": None,
        "traceback": "the traceback" if kind == "internal" else None,
    }
    if kind == "internal":
        error: Any = run(JOB, Session(workers.worker(event))).errors
        assert error.details.startswith("the traceback")
    else:
        with pytest.raises(expected) as caught:
            run(JOB, Session(workers.worker(event)))
        error = caught.value
        assert error.hint == "another"
    assert isinstance(error, expected)
    assert error.message == "no such thing"
    if isinstance(error, ModelError):
        assert error.position is not None
        assert error.position.line == 3


def test_a_workers_lack_of_memory_is_told_as_that() -> None:
    event = {"event": "failure", "kind": "memory", "message": "MemoryError", "traceback": ""}
    outcome, collector = follow(workers.worker(workers.planned("P"), event))
    assert outcome.ended == "memory"
    assert verdicts(outcome, collector)["P"]["verdict"] == "unknown"


def test_what_is_printed_in_the_worker_does_not_disturb_the_events() -> None:
    program = textwrap.dedent(
        """
        import sys
        from verifier.jobs import handlers, worker
        def noisy(job, emit):
            print("printed by a model")
            emit({"event": "document", "index": 0, "document": {"text": "ok"}})
        handlers.handle = noisy
        worker.main()
        """
    )
    session = Session(spawn([sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{program}"]))
    answer = run({"command": "show", "protocol": "toy", "variant": None}, session)
    assert answer.documents == ({"text": "ok"},)
    assert session.output == "printed by a model\n"


WAITS_FOR_ITS_JOB = """
from verifier.jobs.launch import start
child = start("none")
"""

WORKS = '''
from verifier.jobs.launch import spawn
loop = """
from verifier.jobs import handlers, worker
handlers.handle = lambda job, emit: [0 for _ in iter(int, 1)]
worker.main()
"""
child = spawn([sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\\n{loop}"])
os.write(child.input, b'{"command": "show"}\\n')
'''


@pytest.mark.parametrize("program", [WAITS_FOR_ITS_JOB, WORKS])
def test_the_worker_stops_when_its_parent_is_killed(program: str) -> None:
    script = "\n".join(
        [
            f"import os, sys, time; sys.path[:0] = {sys.path!r}",
            program,
            "print(child.pid, flush=True)",
            "time.sleep(60)",
        ]
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    time.sleep(0.5)
    assert alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


def test_the_working_directory_is_not_on_the_workers_path(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json.py", "z3.py", "numpy.py", "resource.py"):
        (tmp_path / name).write_text("raise SystemExit('imported from the working directory')\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        run({"command": "show", "protocol": "no-such-protocol", "variant": None}, Session())
