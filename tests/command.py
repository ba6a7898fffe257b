"""Run `verify`: as a user does, in a process of its own, or quicker in the test's process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from verifier.cli import entry
from verifier.jobs.launch import Worker

ROOT = Path(__file__).resolve().parent.parent
PRINTING = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "COLUMNS")


def environment() -> dict[str, str]:
    """The environment of a command, without settings that change how it prints."""
    kept = {name: value for name, value in os.environ.items() if name not in PRINTING}
    return {**kept, "PYTHONPATH": str(ROOT)}


def verify(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `verify` to its end."""
    command = [sys.executable, "-P", "-m", "verifier.cli", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300)


def run(arguments: list[str], worker: Worker | None = None) -> int:
    """Run `verify` in this process, with a worker in place of the real one, and return its exit code."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        return entry.run(arguments, worker)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
