"""The shipped suite as a whole, in a copy of the sources: every expectation is met, the next run does what changed and no more,
and both solvers accept every certificate.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import ROOT, environment
from tests.nightly.toys import by_id

pytestmark = pytest.mark.nightly

LONGEST = 3600.0  # seconds; a guard against hanging, not a measurement


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("verifier", "encodings", "properties", "reports/suites"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def verify(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "verifier.cli", *arguments]
    variables = {**environment(), "PYTHONPATH": str(copy)}
    return subprocess.run(command, cwd=copy, env=variables, capture_output=True, text=True, timeout=LONGEST)


def night(copy: Path) -> dict[str, Any]:
    done = verify(copy, "nightly", "--out", "report", "--jobs", str(os.cpu_count() or 1))
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads((copy / "report" / "report.json").read_text(encoding="utf-8"))
    return report


def test_the_shipped_suite(copy: Path) -> None:
    first = by_id(night(copy))
    assert all(entry["met"] and not entry["cached"] for entry in first.values())
    assert all(entry["cached"] for entry in by_id(night(copy)).values())

    model = copy / "encodings" / "routes.py"
    text = model.read_text(encoding="utf-8")
    guard = 'guard("no-regression", v >= s.engineMaxObserved[n])'
    assert text.count(guard) == 1
    model.write_text(text.replace(guard, 'guard("no-regression", ~(v < s.engineMaxObserved[n]))'), encoding="utf-8")
    again = by_id(night(copy))
    assert {name for name, entry in again.items() if not entry["cached"]} == {
        name for name in again if name.startswith("routes/")
    }
    model.write_text(text, encoding="utf-8")
    assert all(entry["cached"] for entry in by_id(night(copy)).values())

    certificates = sorted(str(path.relative_to(copy)) for path in (copy / "report").rglob("*.cert.json"))
    proved = [
        found["name"] for entry in first.values() for found in entry["result"]["properties"] if found["certificate"]
    ]
    assert len(certificates) >= len(proved) > 500
    done = verify(copy, "check", *certificates, "--solver", "both", "--json", "checked.json", "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    checked = json.loads((copy / "checked.json").read_text(encoding="utf-8"))
    assert len(checked["certificates"]) == len(certificates)
    assert all(entry["valid"] for entry in checked["certificates"])
