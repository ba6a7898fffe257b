"""The action, the hook, the snippets and the problem matchers: they parse, what they call exists, and lines are matched."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from tests import workers
from tests.command import run
from tests.source import ROOT
from verifier import api
from verifier.cli.app import application
from verifier.cli.messages import lines_of, say
from verifier.kernel.errors import VerifyError

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION: Any = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SCRIPT = next(step["run"] for step in ACTION["runs"]["steps"] if step.get("name") == "Prove")


def blocks(language: str) -> list[str]:
    """The code blocks of the page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def matchers() -> dict[str, list[dict[str, Any]]]:
    """The matchers of GitHub and of the editor: their patterns, by where they are used."""
    github = json.loads((ROOT / ".github" / "verify-matcher.json").read_text(encoding="utf-8"))["problemMatcher"]
    [task] = json.loads(blocks("json")[0])["tasks"]
    return {
        "github": [matcher["pattern"][0] for matcher in github],
        "editor": [matcher["pattern"] for matcher in task["problemMatcher"]],
    }


def matched(patterns: list[dict[str, Any]], line: str) -> list[dict[str, str]]:
    """The parts of a line that each matching pattern takes."""
    parts = ("file", "line", "severity", "message", "code")
    found = [(pattern, re.search(pattern["regexp"], line)) for pattern in patterns]
    return [{part: match[pattern[part]] for part in parts if part in pattern} for pattern, match in found if match]


@pytest.mark.parametrize("where", ["github", "editor"])
def test_the_matchers_read_problems(where: str, capsys: pytest.CaptureFixture[str]) -> None:
    patterns = matchers()[where]
    entries = [
        {**workers.violated("Q"), "at": {"file": "my models/a:7.py", "line": 31}, "doc": "Lost: never."},
        {**workers.unknown("R"), "at": {"file": "m.py", "line": 5}},
    ]
    run(["prove", "toy", "--problems"], workers.worker(workers.finished(workers.proved("P"), *entries), workers.DONE))
    *lines, summary = capsys.readouterr().out.splitlines()
    assert [matched(patterns, line) for line in lines] == [
        [
            {
                "file": "my models/a:7.py",
                "line": "31",
                "severity": "error",
                "message": "Q of toy:safe is violated in 1 step: Lost: never; x <= 0, for x = 1",
            }
        ],
        [{"file": "m.py", "line": "5", "severity": "warning", "message": "R of toy:safe is not decided: the solver gave up"}],
    ]
    assert matched(patterns, summary) == []


@pytest.mark.parametrize("where", ["github", "editor"])
def test_the_matchers_read_what_is_said_of_an_ill_formed_model(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    patterns = matchers()[where]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my models").mkdir()
    (tmp_path / "my models" / "wrong.py").write_text("from verifier.kernel import Protocol\n\np = Protocol('a', lost)\n")
    with pytest.raises(VerifyError) as caught:
        api.prove("my models/wrong.py", in_process=True)
    say(*lines_of(caught.value))
    first, *rest = capsys.readouterr().err.splitlines()
    found = {"file": "my models/wrong.py", "line": "3", "message": "lost is not defined", "code": "V109"}
    assert caught.value.code == "V109"
    assert matched(patterns, first) == [found]
    assert [matched(patterns, line) for line in rest] == [[] for _ in rest]


def options(command: str) -> set[str]:
    """The options that a command has."""
    found: Any = get_command(application(command))
    return {name for parameter in found.commands[command].params for name in parameter.opts}


def called(text: str) -> list[str]:
    """The options in a call of `verify prove`."""
    return re.findall(r"(?<![\w-])--[a-z][a-z-]*", text)


def test_what_is_called_exists() -> None:
    known = options("prove")
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"].split()[:2] == ["verify", "prove"]
    for text in (next(line for line in SCRIPT.splitlines() if "verify prove" in line), hook["entry"], PAGE.split("```yaml")[2]):
        assert called(text)
        assert set(called(text)) <= known
    assert {"--junit", "--sarif"} <= options("nightly")


def test_the_snippets_parse_and_use_what_there_is() -> None:
    github, gitlab, hooks = map(yaml.safe_load, blocks("yaml"))
    [step] = [step for step in github["jobs"]["prove"]["steps"] if step.get("uses", "").startswith("OWNER/verify@")]
    assert step["with"].keys() <= ACTION["inputs"].keys()
    assert gitlab["protocols"]["artifacts"]["reports"]["junit"] in gitlab["protocols"]["script"][1]
    assert hooks["repos"][0]["hooks"][0]["id"] == "verify-prove"
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    name = re.search(r'^name = "(.*)"$', project, re.MULTILINE)
    assert name is not None
    assert gitlab["protocols"]["script"][0] == f"pip install {name[1]}"


def test_the_hook_takes_models_and_nothing_else() -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["language"] == "python"
    assert [path for path in ("protocols/lock.py", "a/protocols/b.py", "protocols/x/y.py", "src/a.py", "protocols/a.txt")
            if re.search(hook["files"], path)] == ["protocols/lock.py", "a/protocols/b.py"]  # fmt: skip


def test_inputs_reach_the_action_as_text() -> None:
    """An input within a script would be read as a part of it."""
    assert ACTION["runs"]["using"] == "composite"
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert "uses" in step or step["shell"] == "bash"
    files = re.findall(r"\$GITHUB_ACTION_PATH/([\w./-]+)", "".join(step.get("run", "") for step in ACTION["runs"]["steps"]))
    assert files == ["requirements-run.lock", ".github/verify-matcher.json"]
    assert all((ROOT / file).is_file() for file in files)


@pytest.mark.parametrize(
    ("code", "allowed", "expected"), [(0, "false", 0), (1, "true", 1), (3, "false", 3), (3, "true", 0), (2, "true", 2)]
)
def test_the_action_calls_the_command(code: int, allowed: str, expected: int, tmp_path: Path) -> None:
    stub = tmp_path / "verify"
    stub.write_text(f'#!/bin/bash\nprintf "%s\\n" "$@" > "{tmp_path}/arguments"\nexit {code}\n')
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    given = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "GITHUB_ACTION_PATH": "/action",
        "PROTOCOLS": "\n  my models/a $(touch x).py:gap\n\nb.py  \n",
        "ARGUMENTS": "--timeout=600\n--set\nNodes={a,b}\n",
        "ALLOW_UNDECIDED": allowed,
        "JUNIT": "j x.xml",
        "SARIF": "s.sarif",
    }
    done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", SCRIPT], cwd=tmp_path, env=given, capture_output=True, text=True)
    assert done.returncode == expected
    assert done.stdout == "::add-matcher::/action/.github/verify-matcher.json\n"
    assert (tmp_path / "arguments").read_text().splitlines() == [
        *("prove", "my models/a $(touch x).py:gap", "b.py", "--problems", "--junit", "j x.xml", "--sarif", "s.sarif"),
        *("--timeout=600", "--set", "Nodes={a,b}"),
    ]
