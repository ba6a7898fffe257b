"""Which functions of the verifier the tests of a file enter: those files can notice a mistake in them, no others can.

Each file of tests is run once, in a process of its own, so that nothing is left out that another file has computed and kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pytest

_OUT = "VERIFY_REACH"


@dataclass(frozen=True)
class Reached:
    """A file of tests: the seconds that it takes, and the functions that it enters, each as its file and first line."""

    tests: str
    seconds: float
    functions: frozenset[tuple[str, int]]


def measured(tree: Path, folders: list[str], tier: str, kept: Path | None = None) -> list[Reached]:
    """What every file of tests enters, the quickest first; `kept` is a file with what was measured before, and is added to."""
    known = json.loads(kept.read_text(encoding="utf-8")) if kept is not None and kept.exists() else {}
    found = []
    for folder in folders:
        for path in sorted((tree / folder).glob("test_*.py")):
            file = str(path.relative_to(tree))
            if file not in known:
                known[file] = _of(file, tree, tier)
                if kept is not None:
                    kept.write_text(json.dumps(known), encoding="utf-8")
            seconds, functions = known[file]
            found.append(Reached(file, seconds, frozenset((name, line) for name, line in functions)))
    return sorted(found, key=lambda file: file.seconds)


def _of(file: str, tree: Path, tier: str) -> tuple[float, list[tuple[str, int]]]:
    """The seconds of processor time that a file of tests takes, and what it enters."""
    with tempfile.TemporaryDirectory(prefix="reach-") as folder:
        out = Path(folder) / "functions.json"
        environment = {**os.environ, "PYTHONPATH": str(tree), _OUT: str(out)}
        command = [sys.executable, "-m", "pytest", "-q", "-p", __name__, "-p", "no:cacheprovider", "-m", tier, file]
        before = os.times()
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
        if done.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            raise SystemExit(f"{file} fails without any mistake:\n{done.stdout}")
        after = os.times()
        seconds = after.children_user + after.children_system - before.children_user - before.children_system
        return seconds, json.loads(out.read_text(encoding="utf-8"))


def pytest_configure(config: pytest.Config) -> None:
    """As a plugin of the measured run: watch the calls from here on, the imports of the tests too."""
    verifier = f"{Path.cwd() / 'verifier'}{os.sep}"
    seen: set[tuple[str, int]] = set()

    def called(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        seen.add((code.co_filename, code.co_firstlineno))

    def write() -> None:
        sys.settrace(None)
        ours = sorted((str(Path(name).relative_to(Path.cwd())), line) for name, line in seen if name.startswith(verifier))
        Path(os.environ[_OUT]).write_text(json.dumps(ours), encoding="utf-8")

    config.add_cleanup(write)
    sys.settrace(called)
