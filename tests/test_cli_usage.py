"""Wrong arguments: exit 2, at most three lines on standard error that name the mistake and the remedy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import environment, run, verify
from tests.source import ROOT


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["prve"], ["prve", "prove"]),
        (["prove"], ["PROTOCOL"]),
        (["prove", "composed", "--engin", "bmc"], ["--engin", "--engine"]),
        (["prove", "composed", "--certificates", "/nowhere/d"], ["--certificates", "/nowhere"]),
        (["check", "/nowhere/a.cert.json"], ["/nowhere/a.cert.json"]),
        (["prove", "composed", "--hints", "f"], ["f cannot be read"]),
        (["prove", "composed", "--k"], ["--k"]),
        (["prove", "composed", "--k", "many"], ["--k"]),
        (["prove", "composed", "--k", "-1"], ["--k -1", "at least 0"]),
        (["prove", "composed", "--timeout", "0"], ["--timeout", "more than 0"]),
        (["prove", "composed", "--timeout", "nan"], ["--timeout", "more than 0"]),
        (["prove", "composed", "--memory", "0"], ["--memory", "at least 1"]),
        (["prove", "composed", "--engine", "kinduktion"], ["kinduktion", "kinduction", "explicit"]),
        (["prove", "composed", "--engine", "ic3"], ["ic3", "auto", "bmc", "kinduction", "pdr", "explicit"]),
        (["prove", "composed", "--scope", "unbound"], ["unbound", "unbounded"]),
        (["prove", "composed", "--set", "Keys"], ["Keys", "NAME=VALUE"]),
        (["prove", "composed", "--drop", "Commit"], ["Commit", "ACTION.NAME"]),
        (["prove", "composed", "--log-level", "loud"], ["loud", "debug"]),
        (["explore", "composed", "--max-states", "0"], ["--max-states", "at least 1"]),
        (["run", "composed", "--runs", "0"], ["--runs", "at least 1"]),
        (["replay", "no-such-file.json"], ["no-such-file.json", "cannot be read"]),
        (["schema", "rsult"], ["rsult", "result"]),
        (["new", "two-words"], ["two-words", "my_protocol"]),
        (["new", "class"], ["class"]),
        ([], ["no command"]),
    ],
)
def test_a_mistake_is_named(arguments: list[str], names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    written = capsys.readouterr().err
    lines = written.splitlines()
    assert 1 <= len(lines) <= 3, written
    assert lines[0].startswith("verify: ")
    assert all(name in written for name in names), written


def test_a_mistake_of_a_user() -> None:
    done = verify("prove", "composed", "--k", "-1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "verify: --k -1: must be at least 0 [V201]\n"


def test_json_into_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    done = verify("prove", "composed", "--json", str(tmp_path / "no" / "result.json"))
    assert done.returncode == 2
    assert "there is no directory" in done.stderr
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_json_onto_a_directory(tmp_path: Path) -> None:
    done = verify("prove", "composed", "--json", str(tmp_path))
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])


def test_traces_below_a_directory_that_does_not_exist(tmp_path: Path) -> None:
    done = verify("prove", "composed", "--traces", str(tmp_path / "no" / "traces"))
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "not a JSON document"),
        ("[1]", "not a trace document"),
        ("{}", "#meta"),
        ('{"#meta": {"protocol": "x"}, "vars": ["a"], "states": []}', "states"),
        ('{"#meta": {"protocol": "x"}, "vars": ["a"], "states": [{}]}', "state 0 has no value for a"),
        ('{"#meta": {"protocol": "x"}, "vars": [], "states": [{}], "loop": 1}', "loop"),
        ("[" * 100000, "not a JSON document"),
        ("\udce9", "not a trace document: byte 1 is not UTF-8"),
    ],
)
def test_a_file_that_is_no_trace(content: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "trace.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert run(["replay", str(file)]) == 2
    written = capsys.readouterr().err
    assert len(written.splitlines()) <= 3
    assert says in written


@pytest.mark.parametrize("command", ["prove", "explore", "gaps", "run", "step", "replay", "list", "show", "schema", "new"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    written = capsys.readouterr().out
    assert f"  verify {command} " in written or f"  verify {command}\n" in written
    assert "--quiet" in written
    assert "--no-color" in written
    assert "--log-level" in written


def test_version_names_the_solvers() -> None:
    done = verify("--version")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["verify", "z3", "cvc5", "python-sat", "Python"]


@pytest.mark.parametrize(
    "name", ["certificate", "check", "result", "results", "explore", "gaps", "list", "run", "replay", "threshold", "trace"]
)
def test_every_document_has_a_schema(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", name]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$id"] == f"verify.{name}/1"
    assert schema["type"] == "object"


def test_the_package_is_the_command() -> None:
    command = [sys.executable, "-P", "-m", "verifier", "prove", "Spec.tla"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("verify: Spec.tla: TLA+ is not read yet")


@pytest.mark.parametrize(
    ("words", "completed"),
    [("verify pr", "prove"), ("verify prove comp", "composed"), ("verify prove --engine b", "bmc")],
)
def test_completion(words: str, completed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_VERIFY_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert completed in verify().stdout.split()


def test_the_graph_of_a_search_goes_to_its_file(tmp_path: Path) -> None:
    path = tmp_path / "graph.dot"
    shown = verify("explore", str(ROOT / "examples" / "die_hard.py"), "--dot", str(path))
    assert "new states" in shown.stdout
    assert path.read_text().count("[label=") > 16
    assert "digraph" not in shown.stdout
