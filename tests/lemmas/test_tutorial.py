"""The tutorial on induction: what it prints at one step falsifies the lemma that is added at the next."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import verifier
from tests.docs.markdown import blocks, commands, write_file
from tests.lemmas.concrete import read
from tests.source import ROOT
from verifier.catalog import load
from verifier.semantics.concrete.machine import State
from verifier.semantics.obligations.statements import statements, watched
from verifier.semantics.scope.finite import FiniteScope, finite_scope

PAGE = ROOT / "docs" / "tutorial-induction.md"


def falsifies(path: str, name: str, state: State, sizes: dict[str, int]) -> bool:
    """Whether the concrete semantics says that a lemma of the model is false in a state of an instance."""
    from verifier.semantics.concrete.machine import Machine

    model = load(path).model()
    stated = statements(model)
    scope = finite_scope(model, sizes)
    machine = Machine(FiniteScope(watched(model, stated), scope.parameters, scope.labels))
    [lemma] = [one for one in stated if one.name == name]
    return not machine.holds(lemma.whole, state)


def shown(command: str, folder: Path, path: str) -> tuple[set[str], list[tuple[State, dict[str, int]]]]:
    """The lemmas of the model, and the first states of the counterexamples that a command of the page shows, with their sizes."""
    words = shlex.split(command)
    preserved = words[words.index("--preserved") + 1] if "--preserved" in words else False
    result = verifier.lemmas(path, scope="unbounded", preserved=preserved, in_process=True)
    found = []
    for entry in result.lemmas:
        if entry.cti is not None:
            _, _, steps = read(entry.cti.trace, load(path))
            found.append((steps[0][2], {name: int(str(value)) for name, value in (entry.cti.parameters or {}).items()}))
    return {entry.name for entry in result.lemmas if entry.kind == "lemma"}, found


@pytest.mark.nightly
def test_each_lemma_is_false_in_what_was_shown_before_it(tmp_path: Path) -> None:
    path = str(tmp_path / "election.py")
    known: set[str] = set()
    before: list[tuple[State, dict[str, int]]] = []
    added = []
    for block in blocks(PAGE.read_text(encoding="utf-8")):
        if block.language == "python":
            write_file(block, tmp_path)
        for command in commands(block) if block.language == "console" else []:
            if not command.text.startswith("verify lemmas"):
                continue
            lemmas, now = shown(command.text, tmp_path, path)
            for name in lemmas - known:
                added.append(name)
                assert any(falsifies(path, name, state, sizes) for state, sizes in before), name
            known, before = lemmas, now
    assert len(added) == 4
    assert before == []
    result = verifier.prove(path, scope="unbounded", in_process=True)
    assert result.proved


def test_each_command_is_the_one_that_the_page_printed_before() -> None:
    said = None
    for block in blocks(PAGE.read_text(encoding="utf-8")):
        for command in commands(block) if block.language == "console" else []:
            assert said in (None, command.text) or command.text == "verify lemmas election.py --scope unbounded"
            lines = [line for line in command.expected.splitlines() if line.startswith("next: ")]
            said = lines[-1].removeprefix("next: ") if lines else None
