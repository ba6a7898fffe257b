"""The process that checks certificates changes no file, whatever a solver could be brought to try."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verifier import prove
from verifier.jobs import confinement
from verifier.proof.engines.induction import LockStep
from verifier.proof.engines.search import QuickSearch
from verifier.proof.lemmas import unbounded as lemmas
from verifier.proof.strategy.ledger import Ledger
from verifier.semantics.answers import Answer
from verifier.semantics.obligations.proof import Checker
from verifier.semantics.quantified import Outcome

MECHANISMS = ("the kernel's", "descriptors")
"""What the kernel has, which may be Landlock; and what is done where it has nothing."""

WORKER = """
import json, os, sys
from verifier.jobs import confinement, worker
mechanism, attempts = sys.argv[1], sys.argv[2:]
if mechanism == "descriptors":
    confinement.refuse_changes = lambda: False
if attempts:
    import verifier.evidence.check as checking
    def attempt(certificate, *rest, **options):
        done = []
        for text in attempts:
            try:
                eval(text)
                done.append({"name": text, "kind": "form", "expected": "", "answers": {}, "passed": False, "reason": ""})
            except OSError:
                pass
        return done
    checking.check = attempt
def emit(event):
    os.write(1, json.dumps(event).encode() + b"\\n")
worker.serve(sys.stdin.buffer, emit)
os._exit(0)
"""


def answer(mechanism: str, certificates: list[dict[str, Any]], *attempts: str, rederive: bool = False) -> dict[str, Any]:
    """What a worker answers that checks certificates; instead of asking a solver it makes the attempts, if there are any."""
    job = {
        "command": "check",
        "certificates": [{"name": entry["property"], "document": entry} for entry in certificates],
        "solver": "both",
        "rederive": rederive,
        "protocol": None,
    }
    arguments = [sys.executable, "-c", WORKER, mechanism, *attempts]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
        events = [json.loads(line) for line in process.stdout]
        process.stdin.close()
    assert events[-1] == {"event": "done"}, events[-1]
    return next(event["document"] for event in events if event["event"] == "document")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """One for each way to check: definitions, a search, scripts."""
    found = []
    for options in ({}, {"engine": "explicit"}, {"scope": "unbounded"}):
        folder = tmp_path_factory.mktemp("certificates")
        assert prove("routes", properties=["Routes-3"], certificates=folder, in_process=True, **options).proved
        found.append(json.loads((folder / "routes.safe.Routes-3.cert.json").read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_nothing_is_written_from_there(mechanism: str, certificates: list[dict[str, Any]], tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("as it was", encoding="utf-8")
    new = tmp_path / "new"
    attempts = [
        f"open({str(new)!r}, 'w')",
        f"open({str(kept)!r}, 'w')",
        f"open({str(kept)!r}, 'a')",
        f"os.open({str(kept)!r}, os.O_RDWR)",
        f"os.open({str(new)!r}, os.O_CREAT)",
    ]
    if confinement_is_the_kernels(mechanism):
        attempts += [
            f"os.unlink({str(kept)!r})",
            f"os.rename({str(kept)!r}, {str(new)!r})",
            f"os.truncate({str(kept)!r}, 0)",
            f"os.mkdir({str(new)!r})",
            f"os.symlink('/', {str(new)!r})",
            f"os.mkfifo({str(new)!r})",
        ]
    document = answer(mechanism, certificates[:1], *attempts)
    assert [entry["name"] for entry in document["certificates"][0]["checks"] if not entry["passed"]] == []
    assert kept.read_text(encoding="utf-8") == "as it was"
    assert list(tmp_path.iterdir()) == [kept]


def confinement_is_the_kernels(mechanism: str) -> bool:
    """Whether the kernel refuses changes by itself, which can only be seen in a process that is given up to it."""
    code = "from verifier.jobs import confinement; print(confinement.refuse_changes())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return mechanism != "descriptors" and told == "True\n"


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_all_that_checking_needs_is_loaded_before(mechanism: str, certificates: list[dict[str, Any]]) -> None:
    document = answer(mechanism, certificates, rederive=True)
    assert [entry["valid"] for entry in document["certificates"]] == [True] * len(certificates)


@pytest.fixture(params=["published", "unbounded"])
def contradicted(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A certificate of what a run of three steps violates, made by a prover that is wrong and not noticed."""
    monkeypatch.setattr(LockStep, "base_case", lambda self, waiting, depth: {})
    monkeypatch.setattr(LockStep, "induction_step", lambda self, waiting, k: list(waiting))
    monkeypatch.setattr(Checker, "check", lambda self, proof: None)
    monkeypatch.setattr(lemmas, "check", lambda obligation, **options: Outcome(Answer.UNSAT, "always"))
    monkeypatch.setattr(QuickSearch, "run", lambda self, task, budget: iter(()))
    monkeypatch.setattr(Ledger, "_try", lambda self, found, proof: None)
    options = {"variant": "gap", "engine": "kinduction", "scope": request.param, "certificates": tmp_path}
    assert prove("routes", properties=["Routes-4"], in_process=True, **options).proved
    found: dict[str, Any] = json.loads((tmp_path / "routes.gap.Routes-4.cert.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_so_is_what_a_run_that_contradicts_a_certificate_needs(mechanism: str, contradicted: dict[str, Any]) -> None:
    document = answer(mechanism, [contradicted], rederive=True)
    checks = {check["name"]: check["reason"] for check in document["certificates"][0]["checks"]}
    assert checks["runs of the model"].startswith("a run of 3 steps")


def test_a_kernel_without_landlock_is_asked_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    lowered: Callable[[], None] = lambda: asked.append(("lowered",))  # noqa: E731
    monkeypatch.setattr(confinement.sys, "platform", "darwin")
    monkeypatch.setattr(confinement, "open_nothing", lowered)
    confinement.confine(("z3",))
    assert asked == [("lowered",)]
