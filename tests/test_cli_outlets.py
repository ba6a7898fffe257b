"""`--junit`, `--sarif` and `--problems`, as a user gives them."""

from __future__ import annotations

import json
from pathlib import Path

import junitparser
import pytest

from tests import workers
from tests.command import run

PLACE = {"file": "my models/toy.py", "line": 31}
SAID = {"at": PLACE, "doc": "Nothing is <lost>.", "explanation": ["Q fails for n = n1: TRUE is false"]}
Q = {**workers.violated("Q"), **SAID}
BOTH = (workers.finished(workers.proved("P"), Q), workers.DONE)


def test_files_for_other_programs_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    junit, sarif = tmp_path / "a b.xml", tmp_path / "a b.sarif"
    assert run(["prove", "toy", "--junit", str(junit), "--sarif", str(sarif), "--quiet"], workers.worker(*BOTH)) == 1
    cases = {case.name: case for suite in junitparser.JUnitXml.fromfile(str(junit)) for case in suite}
    assert [type(item).__name__ for item in cases["Q"].result] == ["Failure"]
    assert cases["P"].result == []
    [found] = json.loads(sarif.read_text(encoding="utf-8"))["runs"][0]["results"]
    assert found["locations"][0]["physicalLocation"]["region"] == {"startLine": 31}
    assert capsys.readouterr().out.startswith("toy:safe: 1 proved, 1 violated")


def test_problems_are_lines_as_compilers_write_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "toy", "--problems"], workers.worker(*BOTH)) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first == (
        "my models/toy.py:31: error: Q of toy:safe is violated in 1 step: Nothing is <lost>; Q fails for n = n1: TRUE is false"
    )
    assert last.startswith("toy:safe: 1 proved, 1 violated")


@pytest.mark.parametrize("option", ["--junit", "--sarif"])
@pytest.mark.parametrize("command", ["prove toy", "nightly"])
def test_a_file_that_cannot_be_written_is_refused_before_any_work(
    command: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in ("-", "", str(tmp_path / "nowhere" / "f"), str(tmp_path)):
        assert run([*command.split(), option, file]) == 2
        assert capsys.readouterr().err.startswith(f"verify: {option}")


def test_one_that_fails_keeps_no_other_from_being_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "traces").mkdir()
    (tmp_path / "traces" / "toy.safe.Q.itf.json").mkdir()
    arguments = ["prove", "toy", "--traces", str(tmp_path / "traces"), "--sarif", str(tmp_path / "s")]
    assert run(arguments, workers.worker(*BOTH)) == 2
    assert json.loads((tmp_path / "s").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert "Q is VIOLATED" in capsys.readouterr().out
