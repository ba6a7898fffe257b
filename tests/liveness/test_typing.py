"""mypy reports operands that are neither temporal formulas nor conditions of fairness in a user's model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.liveness.sources import COUNTERS

ROOT = Path(__file__).resolve().parents[2]

HEAD = COUNTERS + '''

fair = p.assume_fair("fair", weak(Inc))


@p.liveness("L", under=fair)
def Live(s: State, after: State) -> Temporal:
    return forall(Node, lambda n: leads_to(s.at[n] == 0, always(s.at[n] == 2)))


def stated(s: State, n: Node, b: Bool) -> list[Temporal | Fairness]:
    return [
'''

RIGHT = [
    "eventually(b)",
    "always(eventually(s.at[n] == 1))",
    "eventually(always(b)) & leads_to(b, b)",
    "forall(Node, lambda m: leads_to(s.at[m] == 0, eventually(b)))",
    "weak(Inc)",
    "strong(Inc, ...)",
    "forall(Node, lambda m: weak(Inc, m))",
    "weak(steps(Inc) | steps(Reset, n))",
    "weak(all)",
]

WRONG = [
    "b",
    "forall(Node, lambda m: b)",
    "eventually(s.at[n])",
    "leads_to(eventually(b), b)",
    "eventually(b) & b",
    "weak(3)",
    "weak(b)",
    "weak(steps(Inc) | Reset)",
    "exists(Node, lambda m: eventually(b))",
]


@pytest.mark.nightly
def test_mypy_tells_ill_typed_liveness_from_others(tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text(HEAD + "".join(f"        {line},\n" for line in (*RIGHT, *WRONG)) + "    ]\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(model)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    errors = [line for line in found.stdout.splitlines() if ": error: " in line and str(model.name) in line]
    start = HEAD.count("\n") + 1
    reported = {int(line.split(":")[1]) - start for line in errors}
    assert [line for number, line in enumerate(RIGHT) if number in reported] == [], found.stdout
    assert [line for number, line in enumerate(WRONG, len(RIGHT)) if number not in reported] == [], found.stdout
    assert all(number >= 0 for number in reported), found.stdout
