"""`verify report` and `verify show --html`: the pages from documents alone, and one line for what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import workers
from tests.command import environment, run
from tests.report import nights
from verifier import api, show_trace
from verifier.report.html.page import night_pages


def written(folder: Path) -> Path:
    """A folder with the document of an eventful night."""
    folder.mkdir(exist_ok=True)
    (folder / "report.json").write_text(nights.eventful().to_json(), encoding="utf-8")
    return folder


def test_report_makes_the_pages_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "night")
    assert run(["report", str(folder)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("3 of 7 obligations need attention: 1 unexpected, 1 failed, 1 undecided\n")
    assert f"wrote {folder / 'index.html'}" in out.replace("wrote\n    ", "wrote ")
    assert (folder / "index.html").read_text(encoding="utf-8") == night_pages(nights.eventful())["index.html"]
    first = {path.name: path.read_bytes() for path in folder.rglob("*.*")}
    assert set(first) == {"report.json", "index.html", "junit.xml", "summary.md", "toy.html", "other.html"}
    assert api.report(folder).to_json() == nights.eventful().to_json()
    assert {path.name: path.read_bytes() for path in folder.rglob("*.*")} == first


def test_report_gives_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", str(written(tmp_path)), "--json", "-"]) == 0
    assert capsys.readouterr().out == nights.eventful().to_json()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is not a JSON document"),
        ("[]", "is not a nightly document"),
        ('{"schema": "verify.result/1"}', "is not a nightly document: schema"),
        ("\x00" * 1000, "is not a JSON document"),
    ],
)
def test_what_is_no_report_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, says: str
) -> None:
    if content is not None:
        (tmp_path / "report.json").write_text(content, encoding="utf-8")
    assert run(["report", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert says in error.splitlines()[0]
    assert str(tmp_path / "report.json") in error.splitlines()[0]
    assert len(error.splitlines()) <= 3
    assert not (tmp_path / "index.html").exists()


def test_a_trace_becomes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "toy.itf.json"
    trace.write_text(json.dumps(workers.trace({"x": 0}, {"x": 1})), encoding="utf-8")
    page = tmp_path / "trace.html"
    assert run(["show", str(trace), "--html", str(page)]) == 0
    assert capsys.readouterr().out == f"wrote {page}\n"
    assert page.read_text(encoding="utf-8") == show_trace(trace)
    assert run(["show", str(trace), "--html", "-"]) == 0
    assert capsys.readouterr().out == show_trace(trace)
    assert "violated in 1 step" in show_trace(trace)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "toy.itf.json"], "a trace is shown as a page"),
        (["show", "toy", "--html", "page.html"], "toy is not a trace document"),
        (["show", "none.json", "--html", "page.html"], "none.json cannot be read"),
        (["show", "toy.itf.json", "--html", "none/page.html"], "there is no directory none"),
        (["show", "bad.json", "--html", "page.html"], "bad.json is not a trace document"),
    ],
)
def test_what_cannot_be_shown_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.itf.json").write_text(json.dumps(workers.trace({"x": 0})), encoding="utf-8")
    Path("bad.json").write_text("{}", encoding="utf-8")
    assert run(arguments) == 2
    error = capsys.readouterr().err
    assert says in error
    assert len(error.splitlines()) <= 3
    assert not Path("page.html").exists()


@pytest.mark.parametrize("before", ["", "import verifier.report.text; "])
def test_the_verb_and_the_package_share_a_name(tmp_path: Path, before: str) -> None:
    written(tmp_path)
    program = f"{before}from verifier import report; print(len(report(__import__('sys').argv[1]).obligations))"
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "7\n"
    assert (tmp_path / "index.html").exists()
