"""What a shell completes of a model, and that a model in trouble completes nothing and says nothing."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from verifier import api
from verifier.cli import completion, entry
from verifier.documents import Listing

MODEL = '''
from verifier.kernel import Bool, Protocol, Scalarset, Set, guard, var

p = Protocol("toy", "a toy")


class Node(Scalarset, parameter="Nodes", size=2):
    """A node."""


@p.state
class State:
    up: Set[Node] = var(set())


@p.action
def Start(s: State, n: Node) -> None:
    """A node starts."""
    guard("down", ~s.up.contains(n))
    s.up |= {n}


@p.action
def Stop(s: State, n: Node) -> None:
    """A node stops."""
    guard("running", s.up.contains(n))
    s.up -= {n}


p.variant("loose", drops=["Start.down"], doc="a node may start twice")


@p.invariant(short="Fine")
def NothingIsWrong(s: State) -> Bool:
    """Nothing is wrong."""
    return s.up.size() <= 2
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "toy.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(completion, "SECONDS", 60.0)
    return tmp_path


def asked(words: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> list[str]:
    """What bash is answered at the end of these words, which it has broken at blanks, colons and signs of equality."""
    broken = words.replace(":", " : ").replace("=", " = ").split()
    current = len(broken) if words.endswith(" ") else len(broken) - 1
    monkeypatch.setenv("_VERIFY_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(broken))
    monkeypatch.setenv("COMP_CWORD", str(current))
    assert entry.run([]) == 0
    said = capfd.readouterr()
    assert said.err == ""
    return said.out.split()


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("verify prove toy.py --variant ", ["safe", "loose"]),
        ("verify prove toy.py:l", ["loose"]),
        ("verify prove --k 3 toy.py --drop St", ["Start.down", "Stop.running"]),
        ("verify explore toy.py --set N", ["Nodes="]),
        ("verify prove toy.py:* --property F", ["Fine"]),
        ("verify lemmas toy.py --preserved Sto", ["Stop"]),
    ],
)
def test_what_a_model_has_is_completed(
    folder: Path, words: str, completed: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # The model is described as ever, but here: a process for each question would take long.
    monkeypatch.setattr(api, "list_protocols", partial(described, in_process=True))
    assert asked(words, monkeypatch, capfd) == completed


def described(reference: str, *, timeout: float, in_process: bool) -> Listing:
    assert timeout == completion.SECONDS
    return LIST(reference, in_process=in_process)


LIST = api.list_protocols


def test_documents_are_completed(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert asked("verify schema resu", monkeypatch, capfd) == ["result", "results"]


@pytest.mark.full
@pytest.mark.parametrize("model", ["print('loud')\nwhile True: pass\n", "import os\nos._exit(3)\n"])
def test_a_model_in_trouble_completes_nothing(
    folder: Path, model: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "toy.py").write_text(model, encoding="utf-8")
    monkeypatch.setattr(completion, "SECONDS", 1.0)
    assert asked("verify prove toy.py --variant ", monkeypatch, capfd) == []


@pytest.mark.full
def test_no_model_is_executed_in_the_process_that_completes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "toy.py").write_text(f"import os\nassert os.getpid() != {os.getpid()}\n{MODEL}", encoding="utf-8")
    assert asked("verify prove toy.py --variant ", monkeypatch, capfd) == ["safe", "loose"]
