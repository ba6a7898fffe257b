"""Worker processes that say what a test wants them to say, in place of the one that solves."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from verifier.jobs.launch import Worker, spawn

Event = dict[str, Any]

# A worker that loops forever, one that takes memory until it is stopped, one that ends without a word.
LOOPS = "while True: pass"
ALLOCATES = "blocks = []\nwhile True: blocks.append(bytearray(b'x' * (8 << 20))); time.sleep(0.001)"
EXITS = "os._exit(7)"
IS_KILLED = "os.kill(os.getpid(), 9)"

# The contract gives half a second for the answer to a limit; a loaded machine gets more here.
GRACE = 3.0

DONE: Event = {"event": "done"}


def worker(*events: Event, then: str = "pass", before: str = "pass") -> Worker:
    """A worker that reads its job, runs `before`, emits `events` and runs `then` (Python statements)."""
    lines = "".join(json.dumps(event) + "\n" for event in events)
    program = "\n".join(
        [
            "import os, subprocess, sys, time, json",
            "job = json.loads(sys.stdin.readline())",
            before,
            f"sys.stdout.write({lines!r}); sys.stdout.flush()",
            then,
        ]
    )
    return spawn([sys.executable, "-c", program])


def interrupts(number: int) -> str:
    """A worker that sends a signal to the process that waits for it, after all that it had to say, and loops."""
    return f"os.kill(os.getppid(), {int(number)})\n{LOOPS}"


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def gone(pid: int) -> bool:
    """Whether a process ends soon."""
    deadline = time.monotonic() + GRACE
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def trace(*states: dict[str, Any], name: str = "P") -> Event:
    """A trace document with these states, the first of them initial."""
    full = [
        {"mbt::actionTaken": "init" if number == 0 else "Step", "mbt::nondetPicks": {}, **state}
        for number, state in enumerate(states)
    ]
    return {
        "#meta": {
            "format": "ITF",
            "protocol": "toy",
            "variant": None,
            "dropped": [],
            "scope": "published",
            "parameters": {},
            "property": name,
            "verdict": "violated",
            "model_digest": None,
        },
        "params": [],
        "vars": [*states[0], "mbt::actionTaken", "mbt::nondetPicks"],
        "states": full,
    }


def proved(name: str) -> Event:
    """The entry of a proved property."""
    return {
        "name": name,
        "published_name": name,
        "kind": "state",
        "verdict": "proved",
        "method": "lemmas",
        "k": 1,
    }


def violated(name: str) -> Event:
    """The entry of a property that is violated in one step."""
    return {
        "name": name,
        "published_name": name,
        "kind": "state",
        "verdict": "violated",
        "steps": 1,
        "shortest": True,
        "trace": trace({"x": 0}, {"x": 1}, name=name),
        "explanation": ["x <= 0, for x = 1"],
    }


def unknown(name: str, verdict: str = "unknown") -> Event:
    """The entry of a property without a definite verdict."""
    return {"name": name, "kind": "state", "verdict": verdict, "k": 4, "reason": "the solver gave up"}


def result(*properties: Event, **fields: Any) -> Event:
    """A whole `verify.result/1` document."""
    return {
        "schema": "verify.result/1",
        "protocol": "toy",
        "variant": "safe",
        "scope": "published",
        "parameters": {"Max": 3},
        "k": 8,
        "seconds": 0.5,
        "properties": list(properties),
        **fields,
    }


def finished(*properties: Event, index: int = 0, **fields: Any) -> Event:
    """The event that carries a whole result."""
    return {"event": "document", "index": index, "document": result(*properties, **fields)}


def planned(*names: str, index: int = 0) -> Event:
    """The event that announces which properties a run is about."""
    entries = [{"name": name, "published_name": name, "kind": "state"} for name in names]
    return {"event": "plan", "index": index, "document": result(*entries)}


def one(entry: Event, index: int = 0) -> Event:
    """The event that carries the verdict on one property."""
    return {"event": "property", "protocol": "toy", "variant": "safe", "index": index, "property": entry}
