"""Small protocols and suites for the tests of the nightly job, and runs of the command in a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.command import ROOT, environment

# A counter that stays at or below its bound; without its guard it leaves it.
COUNTER = '''
"""{name}: a counter."""

from __future__ import annotations

from verifier.kernel import Bool, Protocol, Range, guard, var, violated

p = Protocol("{name}", "a counter that stops")
Max = p.parameter("Max", 3, "where it stops")


class Number(Range, low=0, high=Max + 2):
    """A number."""


@p.state
class State:
    at: Number = var(0, "the counter")


@p.action
def Step(s: State) -> None:
    """It counts."""
    guard("below", s.at < {limit})
    guard("storable", s.at <= Max + 1)
    s.at = s.at + 1


p.variant("gap", drops=["Step.below"], doc="it does not stop")


@p.invariant(short="Stops", expected={{"gap": violated(4)}})
def CounterStops(s: State) -> Bool:
    """The counter does not pass its bound."""
    return s.at <= Max


@p.action_property()
def Grows(s: State, after: State) -> Bool:
    """The counter never goes back."""
    return after.at >= s.at
'''


def counter(folder: Path, name: str = "counter", limit: str = "Max") -> Path:
    """Write the file of a counter; the limit decides whether it stops in time."""
    path = folder / f"{name}.py"
    path.write_text(COUNTER.format(name=name, limit=limit))
    return path


def suite(folder: Path, text: str, name: str = "suite.toml") -> Path:
    """Write a suite."""
    path = folder / name
    path.write_text(text)
    return path


def command(*arguments: str) -> list[str]:
    """`verify nightly` as a process."""
    return [sys.executable, "-P", "-m", "verifier.cli", "nightly", *arguments]


def nightly(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `verify nightly` in a folder."""
    return subprocess.run(
        command(*arguments), cwd=folder, env={**environment(), **variables}, capture_output=True, text=True, timeout=280
    )


def start(folder: Path, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
    """Start `verify nightly` in a folder, as the leader of a process group."""
    return subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env={**environment(), **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def by_id(report: dict[str, Any]) -> dict[str, Any]:
    """The obligations of a report by their ids."""
    return {entry["id"]: entry for entry in report["obligations"]}


__all__ = ["ROOT", "by_id", "command", "counter", "nightly", "os", "start", "suite"]
