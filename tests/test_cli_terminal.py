"""Colour and progress appear on terminals only, and can be switched off."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.command import PRINTING

ROOT = Path(__file__).resolve().parent.parent

PROVED = "workers.worker(workers.finished(workers.proved('P'), workers.violated('Q')), workers.DONE)"
SLOW = (
    "workers.worker({'event': 'progress', 'text': 'working at P', 'engine': 'bmc', 'k': 3},"
    " workers.finished(workers.proved('P')), then=f'time.sleep(1.8); print({json.dumps(workers.DONE)!r})')"
)
ESCAPE = "\x1b["


def run(worker: str, *arguments: str, terminal: bool, **environment: str) -> str:
    """All that a command writes to standard output and standard error, in a process of its own."""
    program = textwrap.dedent(
        f"""
        import json
        from tests import workers
        from verifier.cli import entry
        raise SystemExit(entry.run({["prove", "toy", *arguments]!r}, {worker}))
        """
    )
    kept = {name: value for name, value in os.environ.items() if name not in (*PRINTING, "TERM")}
    settings = {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **environment}
    command = [sys.executable, "-P", "-c", program]
    if not terminal:
        done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr
    master, slave = pty.openpty()
    process = subprocess.Popen(command, env=settings, stdout=slave, stderr=slave, stdin=slave)
    os.close(slave)
    written = b""
    try:
        while chunk := os.read(master, 4096):
            written += chunk
    except OSError:  # how Linux says that the other end of a terminal is closed
        pass
    os.close(master)
    process.wait(timeout=60)
    return written.decode()


def test_colour_on_a_terminal() -> None:
    assert ESCAPE in run(PROVED, terminal=True)


@pytest.mark.parametrize(
    ("arguments", "environment"), [(["--no-color"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"})]
)
def test_no_colour_when_it_is_not_wanted(arguments: list[str], environment: dict[str, str]) -> None:
    written = run(PROVED, *arguments, terminal=True, **environment)
    assert "VIOLATED" in written
    assert ESCAPE not in written


def test_no_colour_in_a_file() -> None:
    written = run(PROVED, terminal=False)
    assert "VIOLATED" in written
    assert ESCAPE not in written


def test_progress_on_longer_work_on_a_terminal() -> None:
    written = run(SLOW, terminal=True)
    assert "bmc at depth 3: working at P" in written
    assert written.index("working at P") < written.index("PROVED")


def test_no_progress_when_it_is_not_wanted() -> None:
    assert "working at P" not in run(SLOW, "--quiet", terminal=True)
    assert "working at P" not in run(SLOW, terminal=False)


def test_progress_in_a_file_when_asked_for() -> None:
    assert "verify: bmc at depth 3: working at P\n" in run(SLOW, "--log-level", "info", terminal=False)


def test_quiet_keeps_the_summary() -> None:
    assert run(PROVED, "--quiet", terminal=False) == "toy:safe: 1 proved, 1 violated in 0.50 s\n"


def test_json_on_standard_output_is_alone_there() -> None:
    import json

    assert json.loads(run(PROVED, "--json", "-", terminal=False))["protocol"] == "toy"


def test_lines_are_not_folded_in_a_file() -> None:
    worker = "workers.worker(workers.finished({**workers.proved('P'), 'lemmas': ['x' * 300]}), workers.DONE)"
    assert "x" * 300 in run(worker, terminal=False)
