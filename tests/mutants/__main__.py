"""How many mistakes in the verifier its tests notice: `python -m tests.mutants --sample 60 --seed 1`.

A job of its own, as a mutant costs what its tests cost. Each is planted in a copy of the tree. The files of the fast tier
that enter its function run first, the quickest before the others, then the full tier of its package, until a test fails.
Those that survive are printed, and so is the part that was noticed. `survivors.md` says which of them are not mistakes, and why.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.mutating import Mutant, mutant, places
from tests.mutants.reach import Reached, measured

ROOT = Path(__file__).resolve().parent.parent.parent

TESTS = {
    "verifier/semantics": ("tests/ground", "tests/evidence", "tests/quantified"),
    "verifier/semantics/concrete": ("tests/concrete", "tests/differential", "tests/fuzz"),
    "verifier/semantics/scope": ("tests/concrete", "tests/quantified", "tests/explicit"),
    "verifier/semantics/ground": ("tests/ground", "tests/differential", "tests/explicit", "tests/proof", "tests/fuzz"),
    "verifier/semantics/quantified": ("tests/quantified", "tests/proof"),
    "verifier/semantics/obligations": ("tests/proof", "tests/fuzz"),
    "verifier/proof": ("tests/proof", "tests/vacuity", "tests/blame", "tests/gaps", "tests/explicit", "tests/quantified"),
    "verifier/evidence": ("tests/evidence", "tests/concrete"),
}
"""The tests that are to notice a mistake in a package, those that are most likely to first."""

FAST, FULL = "not full and not nightly", "full and not nightly"
"""The two tiers that CI runs, as pytest's -m."""

LIMIT = 900
"""Seconds of processor time that the tests of one mutant may take in a tier; a mutant that makes them hang is noticed."""


def chosen(packages: list[str], sample: int, seed: int) -> list[Mutant]:
    """So many mutants of the packages, by chance, each file as often as it has places to be wrong."""
    files = [file.relative_to(ROOT) for package in packages for file in sorted((ROOT / package).rglob("*.py"))]
    every = [(file, place) for file in files for place in places(file, ROOT)]
    return [mutant(file, ROOT, place) for file, place in random.Random(seed).sample(every, min(sample, len(every)))]


def noticed(planted: Mutant, tree: Path, reach: list[Reached]) -> bool:
    """Whether a test fails with the mistake in place."""
    path = tree / planted.file
    original = path.read_text(encoding="utf-8")
    path.write_text(planted.text, encoding="utf-8")
    package = max((name for name in TESTS if str(planted.file).startswith(name)), key=len)
    place = (str(planted.file), planted.function)
    entered = [found.tests for found in reach if place in found.functions or planted.function is None]
    try:
        return _fail(entered, FAST, tree) or _fail([*TESTS[package]], FULL, tree)
    finally:
        path.write_text(original, encoding="utf-8")


def _fail(tests: list[str], tier: str, tree: Path) -> bool:
    """Whether one of these tests fails, or does not end."""
    if not tests:
        return False
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", tier, *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    limited = ["sh", "-c", f'ulimit -t {LIMIT}; exec "$@"', "sh", *command]
    try:
        run = subprocess.run(limited, cwd=tree, env=environment, capture_output=True, timeout=8 * LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return True
    return run.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("packages", nargs="*", default=["verifier/semantics", "verifier/proof", "verifier/evidence"])
    parser.add_argument("--sample", type=int, default=60, help="how many mutants")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--seconds", type=float, help="begin no further mutant after so long")
    parser.add_argument("--reach", type=Path, help="a file that keeps, for other samples, which functions the tests enter")
    options = parser.parse_args()
    began, seen = time.monotonic(), Counter[bool]()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".git", ".venv", ".typed", ".*_cache", "__pycache__"))
        folders = sorted({folder for found in TESTS.values() for folder in found})
        reach = measured(tree, folders, FAST, options.reach)
        for planted in chosen(options.packages, options.sample, options.seed):
            if options.seconds is not None and time.monotonic() - began > options.seconds:
                break
            killed = noticed(planted, tree, reach)
            seen[killed] += 1
            print(f"{'noticed ' if killed else 'SURVIVES'} {planted.name}", flush=True)
    total = seen.total()
    print(f"{seen[True]} of {total} noticed" + (f" ({seen[True] / total:.0%})" if total else ""))


if __name__ == "__main__":
    main()
