"""Where verify runs: the container's file is right as far as it can be read, and Windows gets a sentence."""

from __future__ import annotations

import json
import os
import re
import sys
from fnmatch import fnmatch

import pytest

from tests.source import ROOT
from verifier import UsageError, cli, list_protocols

INSTRUCTIONS = {"FROM", "WORKDIR", "RUN", "COPY", "ENV", "USER", "ENTRYPOINT", "CMD"}


def instructions() -> list[tuple[str, str]]:
    """The instructions of the container's file with their arguments."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def ignored(path: str) -> bool:
    """Whether a path stays out of the build, the last pattern that fits decides."""
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    out = False
    for rule in [rule for rule in rules if rule and not rule.startswith("#")]:
        pattern = rule.removeprefix("!")
        if fnmatch(path, pattern) or path.startswith(f"{pattern}/"):
            out = not rule.startswith("!")
    return out


def test_the_container_runs_the_command_as_nobody_special() -> None:
    found = instructions()
    assert {name for name, _ in found} <= INSTRUCTIONS
    assert found[0][0] == "FROM"
    last = found[max(n for n, (name, _) in enumerate(found) if name == "FROM") :]
    user = next(n for n, (name, _) in enumerate(last) if name == "USER")
    assert last[user][1] not in ("root", "0")
    assert any(name == "RUN" and f"useradd --create-home --uid 1000 {last[user][1]}" in text for name, text in last[:user])
    entry = next(n for n, (name, _) in enumerate(last) if name == "ENTRYPOINT")
    assert user < entry
    assert json.loads(last[entry][1]) == ["verify"]


def test_the_container_is_built_of_what_is_there_and_locked() -> None:
    assert [text for name, text in instructions() if name == "FROM" and "slim" not in text] == []
    copied = [text.split()[:-1] for name, text in instructions() if name == "COPY" and "--from=" not in text]
    for path in [path for paths in copied for path in paths]:
        assert (ROOT / path).exists(), path
        assert not ignored(path), path
    assert ignored("tests")
    assert ignored(".git")
    installing = [text for name, text in instructions() if name == "RUN" and "pip install" in text]
    assert len(installing) == 2
    assert all(re.search("--require-hashes|--no-deps --no-build-isolation", text) for text in installing)


def test_windows_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines() == [
        "verify: Windows is not supported",
        "hint: use WSL 2, or in a container (docs/python.md)",
    ]
    monkeypatch.undo()
    monkeypatch.delattr(os, "posix_spawn")
    with pytest.raises(UsageError, match="Windows is not supported"):
        list_protocols("any")
