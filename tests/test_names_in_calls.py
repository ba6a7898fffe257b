"""Several protocols in one call: each result under its own name, and a refusal of one costs no other its result."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.catalog.test_isolation import counter
from tests.command import environment
from verifier import prove
from verifier.kernel.errors import ModelError, UsageError


def verify(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "verifier.cli", *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=120)


def verdicts(error: UsageError | ModelError) -> list[tuple[str, str]]:
    results = getattr(error.partial, "results", ())
    return [(result.protocol, result.properties[0].verdict) for result in results]


def test_a_refusal_keeps_the_results_of_the_others(tmp_path: Path) -> None:
    good = counter(tmp_path / "good", "3", name="good")
    bad = counter(tmp_path / "bad", "s.nothing", name="bad")
    other = counter(tmp_path / "other", "4", name="other")
    with pytest.raises(ModelError, match="nothing") as caught:
        prove([good, bad, other], in_process=True)
    assert verdicts(caught.value) == [("good", "proved"), ("other", "violated")]
    with pytest.raises(UsageError) as missing:
        prove([str(tmp_path / "no.py"), good], in_process=True)
    assert verdicts(missing.value) == [("good", "proved")]
    with pytest.raises(ModelError) as alone:
        prove([bad, bad], in_process=True)
    assert alone.value.partial is None


@pytest.mark.full
def test_the_command_prints_what_it_has_and_the_mistake(tmp_path: Path) -> None:
    good, bad = counter(tmp_path / "good", "3", name="good"), counter(tmp_path / "bad", "s.nothing", name="bad")
    ended = verify("prove", good, bad, "--json", "out.json", folder=tmp_path)
    assert ended.returncode == 2
    assert "good:safe: 2 proved" in ended.stdout
    assert "model.py:12" in ended.stderr
    assert [one["protocol"] for one in json.loads((tmp_path / "out.json").read_text())["results"]] == ["good"]
    dies = counter(tmp_path / "dies", "3", "import os\nos._exit(3)", name="dies")
    ended = verify("prove", good, dies, folder=tmp_path)
    assert ended.returncode == 2
    assert "good:safe: 2 proved" in ended.stdout


def test_protocols_of_one_name_are_numbered(tmp_path: Path) -> None:
    first, second = counter(tmp_path / "one", "3"), counter(tmp_path / "two", "4")
    certificates = tmp_path / "certificates"
    results = prove([first, second, first], certificates=certificates, in_process=True).results
    assert [result.label for result in results] == [None, "counter(2)", None]
    assert [result.called for result in results] == ["counter", "counter(2)", "counter"]
    names = sorted(path.name for path in certificates.iterdir())
    assert "counter.safe.Small.cert.json" in names
    assert "counter(2).safe.Range@n.cert.json" in names
    assert "counter(2).safe.Small.cert.json" not in names
    own = json.loads((certificates / "counter.safe.Small.cert.json").read_text())
    assert own["model_digest"] == results[0].model_digest


def test_a_certificate_never_stands_beside_a_violation(tmp_path: Path) -> None:
    certificates = tmp_path / "certificates"
    path = counter(tmp_path, "3")
    prove(path, certificates=certificates, in_process=True)
    certificate = certificates / "counter.safe.Small.cert.json"
    assert certificate.exists()
    counter(tmp_path, "4")
    prove(path, certificates=certificates, in_process=True)
    assert not certificate.exists()
    certificate.write_text('{"mine": 1}')
    prove(path, certificates=certificates, in_process=True)
    assert certificate.exists(), "a file that is not a certificate is left alone"


@pytest.mark.full
def test_a_trace_never_stands_beside_a_proof(tmp_path: Path) -> None:
    path = counter(tmp_path, "4")
    verify("prove", path, "--traces", "traces", folder=tmp_path)
    trace = tmp_path / "traces" / "counter.safe.Small.itf.json"
    assert trace.exists()
    counter(tmp_path, "3")
    verify("prove", path, "--traces", "traces", folder=tmp_path)
    assert not trace.exists()
