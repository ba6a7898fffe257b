"""Run `verify` as a user does: a process of its own, nothing of the test's on its path but the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    """The environment of a command, without settings that change how it prints."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def verify(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `verify` to its end."""
    command = [sys.executable, "-P", "-m", "verifier.cli", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=300)
