"""Files, standard output and standard error that refuse what is written to them: no verdict is swallowed or changed."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests import workers
from tests.command import environment, run
from tests.source import ROOT
from verifier import api
from verifier.cli import streams
from verifier.kernel.errors import UsageError

BOTH = (workers.finished(workers.proved("P"), workers.violated("Q")), workers.DONE)
PROVED = (workers.finished(workers.proved("P")), workers.DONE)


def command(*arguments: str, redirected: str = "", **variables: str) -> subprocess.CompletedProcess[bytes]:
    """A command of a shell, with its redirections; `@` is `verify`."""
    line = " ".join(arguments).replace("@", f"{sys.executable} -P -m verifier.cli") + f" {redirected}"
    return subprocess.run(
        ["bash", "-c", line], env={**environment(), **variables}, capture_output=True, timeout=120, check=False
    )


# -- files ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def refusing(tmp_path: Path) -> str:
    """A file that may be written, as far as anybody can tell before the work, and cannot be after it."""
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
    return str(path)


def test_the_verdicts_are_told_though_the_document_cannot_be_written(
    refusing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["prove", "toy", "--json", refusing], workers.worker(*BOTH)) == 2
    told = capsys.readouterr()
    assert "Q is VIOLATED" in told.out
    assert told.err == f"verify: {refusing} cannot be written: No such device or address [V207]\n"


def test_the_document_is_written_though_a_trace_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces" / "toy.safe.Q.itf.json").mkdir()
    arguments = ["prove", "toy", "--json", str(tmp_path / "r.json"), "--traces", str(tmp_path / "traces")]
    assert run(arguments, workers.worker(*BOTH)) == 2
    assert json.loads((tmp_path / "r.json").read_text())["properties"][1]["verdict"] == "violated"
    told = capsys.readouterr()
    assert "Q is VIOLATED" in told.out
    assert len(told.err.splitlines()) == 1


def test_an_interrupt_outweighs_a_file_that_cannot_be_written(
    refusing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [workers.planned("P"), workers.one(workers.proved("P"))]
    interrupt = f"os.kill({os.getpid()}, 2)\n{workers.LOOPS}"
    assert run(["prove", "toy", "--json", refusing], workers.worker(*events, then=interrupt)) == 130
    assert "PROVED" in capsys.readouterr().out


def test_a_certificate_that_cannot_be_written_swallows_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unwritten = [{"event": "unwritten", "message": f"{name}.cert.json cannot be written: no room"} for name in "PQR"]
    worker = workers.worker(*unwritten, *PROVED)
    assert run(["prove", "toy", "--certificates", str(tmp_path), "--json", str(tmp_path / "r.json")], worker) == 2
    told = capsys.readouterr()
    assert "PROVED" in told.out
    assert told.err == "verify: P.cert.json cannot be written: no room (2 more cannot, either) [V207]\n"
    assert json.loads((tmp_path / "r.json").read_text())["properties"][0]["verdict"] == "proved"


def test_the_worker_goes_on_after_a_certificate_that_cannot_be_written(tmp_path: Path) -> None:
    from tests.proof import models
    from verifier.proof.strategy import ProveRequest, prove

    unwritten: list[str] = []
    (tmp_path / "file").write_text("")
    request = ProveRequest(models.counter(), certificates=str(tmp_path / "file"), unwritten=unwritten.append)
    document = prove(request, lambda event: None)
    proved = [entry["name"] for entry in document["properties"] if entry["verdict"] == "proved"]
    assert proved
    assert len(unwritten) >= len(proved)
    assert "cannot be written" in unwritten[0]
    with pytest.raises(UsageError, match="cannot be written"):
        prove(replace(request, unwritten=None), lambda event: None)


def test_a_new_model_is_whole_or_not_there(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(UsageError, match="cannot be written"):
            api.new_protocol("mine", directory=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == []
    (tmp_path / "mine.py").symlink_to("elsewhere.py")
    with pytest.raises(UsageError, match="exists already"):
        api.new_protocol("mine", directory=tmp_path)
    assert os.listdir(tmp_path) == ["mine.py"]


# -- standard output and standard error -------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.parametrize(
    ("redirected", "code"),
    [
        (">&-", 0),
        ("2>&-", 0),
        ("<&- >&- 2>&-", 0),
        ("2>/dev/full", 0),
        (">/dev/full", 2),
        (">/dev/full 2>/dev/full", 2),
    ],
)
def test_streams_that_are_closed_or_full(redirected: str, code: int) -> None:
    done = command("@ schema result", redirected=redirected)
    assert done.returncode == code
    lines = done.stderr.decode().splitlines()
    assert lines in ([], ["verify: standard output cannot be written: No space left on device [V207]"])


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("prove composed:gap --property Composed-1", marks=pytest.mark.nightly),
        pytest.param("prove composed --json -", marks=pytest.mark.full),
        "--help",
    ],
)
def test_a_verdict_in_a_full_or_closed_stream(arguments: str) -> None:
    code = command(f"@ {arguments}").returncode
    assert command(f"@ {arguments}", redirected=">&-").returncode == code
    assert command(f"@ {arguments}", redirected=">/dev/full").returncode == 2
    assert command(f"@ {arguments}", redirected="2>&-").returncode == code


@pytest.mark.full
def test_a_mistake_with_nobody_to_tell() -> None:
    assert command("@ prove nonsense", redirected="2>/dev/full").returncode == 2
    assert command("@ prove nonsense", redirected=">&- 2>&-").returncode == 2


@pytest.mark.full
# The last one writes more than a pipe holds.
@pytest.mark.parametrize(
    "arguments",
    ["schema result", "show composed", "--help", pytest.param("list --json -", marks=pytest.mark.nightly)],
)
def test_a_reader_that_has_gone(arguments: str) -> None:
    done = command(f"@ {arguments} | true; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == 0
    assert done.stderr == b""


@pytest.mark.full
def test_a_terminal_that_knows_ascii_alone(tmp_path: Path) -> None:
    variables = {"PYTHONIOENCODING": "ascii"}
    shown = command("@ prove composed:gap --property Composed-1", **variables)
    assert (shown.returncode, shown.stderr) == (1, b"")
    assert shown.stdout.isascii()
    model = (ROOT / "examples" / "two_phase_commit.py").read_text(encoding="utf-8")
    path = tmp_path / "umlauts.py"
    path.write_text(model.replace("a transaction commits everywhere or nowhere", "Übergabe ≤ 3"), encoding="utf-8")
    listed = command(f"@ list {path} --json -", **variables)
    assert listed.stdout.isascii()
    [entry] = json.loads(listed.stdout)["protocols"]
    assert entry["description"] == "Übergabe ≤ 3"


class Narrow:
    """A stream with an encoding that keeps what is written."""

    def __init__(self, encoding: str | None) -> None:
        self.encoding = encoding
        self.written = ""

    def write(self, text: str) -> None:
        self.written += text

    def flush(self) -> None:
        pass


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", None])
def test_json_on_standard_output_is_json_in_every_encoding(
    encoding: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = {"a": "é ∅ 𝔸 \udce9"}
    stream = Narrow(encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    streams.out_json(value)
    assert json.loads(stream.written.encode(encoding or "utf-8")) == value


def test_what_a_model_calls_itself_does_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    failure = {"event": "failure", "kind": "usage", "message": "no \x1b[31m\x07 such\r\nthing", "hint": "\x9b1m"}
    nothing = {"file": None, "line": None, "source": None, "traceback": None}
    assert run(["prove", "toy"], workers.worker({**failure, **nothing})) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 2
    assert all(line.isprintable() for line in told.splitlines())
