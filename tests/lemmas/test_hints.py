"""Lemmas as a file: those that were found are written as a module, which is read and never executed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from tests.command import verify
from verifier import UsageError, prove
from verifier.files.hints import read_hints
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    empty,
    forall,
    guard,
    labels,
    none,
    var,
)
from verifier.kernel.reading import read_formula
from verifier.kernel.source_text import laid_out, names_in, source
from verifier.kernel.terms import alike
from verifier.report.hints import hints_of_results


class Node(Scalarset, parameter="Nodes", size=2):
    pass


class Count(Range, low=0, high=3):
    pass


class Phase(Enumeration):
    Idle, Busy = labels(2)


class Pair(Record):
    node: Node
    count: Count


class Log(Sequence[Count], capacity=3):
    pass


def wide() -> Protocol:
    p = Protocol("wide", "a state with a variable of every sort")

    @p.state
    class State:
        phase: Fn[Node, Phase] = var(Phase.Idle)
        counts: Fn[Node, Count] = var(0)
        chosen: Option[Node] = var(none)
        some_nodes: Set[Node] = var(empty)
        pair: Option[Pair] = var(none)
        log: Log = var(empty)
        entries: Set[Count] = var(empty)

    @p.action
    def Step(s: State, n: Node) -> None:
        guard("idle", s.phase[n] == Phase.Idle)
        s.phase[n] = Phase.Busy
        s.counts[n] = 1

    @p.invariant()
    def Fine(s: State) -> Bool:
        return forall(Node, lambda n: s.counts[n] <= 1)

    return p


WRITTEN = [
    "forall(Node, lambda n: implies(s.phase[n] == Phase.Busy, 1 <= s.counts[n]))",
    "forall(Node, Node, lambda n, m: (n == m) | ~(s.counts[n] < s.counts[m]) | (s.counts[n] != 0))",
    "exists(Node, lambda n: s.chosen == some(n)) | (s.chosen == none)",
    "s.some_nodes.contains(s.chosen.value) & s.chosen.is_some",
    "s.some_nodes.size() + 2 * sum_of(Node, lambda n: s.counts[n]) - 1 <= Node.size",
    "implies(s.pair.is_some, s.pair.value.count == s.counts[s.pair.value.node])",
    "s.pair == some(Pair(node=s.chosen.value, count=Count(1)))",
    "ite(s.log.length() == 0, s.entries == empty, s.log.at(1) == max_of(s.entries))",
    "forall_upto(s.log.length(), lambda i: s.log.at(i) <= 2)",
    "exists_upto(s.log.length(), lambda i: s.log.at(i) == min_of(s.entries))",
    "s.counts == fn(Node, lambda n: ite(s.phase[n] == Phase.Idle, 0, 1))",
    "s.counts.updated(s.chosen.value, 2)[s.chosen.value] == 2",
    "s.some_nodes == set_of(Node, lambda n: s.phase[n] == Phase.Busy)",
    "s.some_nodes == s.some_nodes | {s.chosen.value}",
    "s.some_nodes - {s.chosen.value} == s.some_nodes & {s.chosen.value}",
    "choose(Node, lambda n: s.phase[n] == Phase.Idle) == s.chosen.value",
    "s.log.append(1).tail().length() % 2 == 3 // 2",
    "s.log.put(1, 2) == [1, 2]",
    "sum_of(Node, lambda n: table(Node, [3, 1])[n] * s.counts[n]) <= 4",
]


@pytest.mark.parametrize("formula", WRITTEN)
def test_a_formula_is_written_as_it_is_read(formula: str) -> None:
    model = wide().model()
    term = read_formula(formula, model).formula
    written = source(term, model)
    assert written is not None
    assert alike(read_formula(written, model).formula, term) or read_formula(written, model).formula == term
    over = f"x = {laid_out(written, 4, 40)}"
    assert ast.dump(ast.parse(over).body[0].value) == ast.dump(ast.parse(f"x = {written}").body[0].value)  # type: ignore[attr-defined]


def test_the_names_of_a_formula_are_those_to_be_imported() -> None:
    written = "forall(Node, lambda n: implies(s.phase[n] == Phase.Busy, 1 <= s.counts[n]))"
    assert names_in(written) == {"forall", "implies", "Node", "Phase"}


MODEL = """
from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, forall, guard, implies, var

p = Protocol("pipe", "what is second was first")


class Item(Scalarset, parameter="Items", size=2):
    pass


@p.state
class State:
    first: Fn[Item, Bool] = var(False)
    second: Fn[Item, Bool] = var(False)
    third: Fn[Item, Bool] = var(False)


@p.action
def One(s: State, i: Item) -> None:
    s.first[i] = True


@p.action
def Two(s: State, i: Item) -> None:
    guard("first", s.first[i])
    s.second[i] = True


@p.action
def Three(s: State, i: Item) -> None:
    guard("second", s.second[i])
    s.third[i] = True


@p.invariant()
def ThirdWasFirst(s: State) -> Bool:
    return forall(Item, lambda i: implies(s.third[i], s.first[i]))
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "pipe.py"
    path.write_text(MODEL)
    return path


@pytest.mark.parametrize("scope", ["published", "unbounded"])
def test_what_was_found_is_written_and_read(model: Path, scope: str) -> None:
    engine = "pdr" if scope == "published" else "auto"
    options: dict[str, Any] = {"scope": scope, "engine": engine, "in_process": True}
    first = prove(str(model), found=True, **options)
    assert [entry.verdict for entry in first.properties] == ["proved"]
    text = hints_of_results(first)
    path = model.with_name("hints.py")
    path.write_text(text)
    assert [hint["formula"] for hint in read_hints(str(path))] == (first.statistics or {})["hints"]
    assert "from pipe import Item, State, p" in text
    second = prove(str(model), hints=path, found=True, **options)
    assert (second.statistics or {})["hints"] == []
    used = [entry for entry in second.lemma_report if entry.name.startswith("Found")]
    assert used
    assert (second.properties[0].command or "").endswith(f"--hints {path}") or f"--hints {path} " in (
        second.properties[0].command or ""
    )


def test_a_module_that_was_written_runs_beside_the_model(model: Path) -> None:
    """As in `properties/`, where it is imported."""
    text = hints_of_results(prove(str(model), found=True, scope="unbounded", in_process=True))
    whole = model.with_name("whole.py")
    whole.write_text(text + "\nimport pipe\n\np = pipe.p\n")
    result = prove(str(whole), scope="unbounded", in_process=True)
    assert [entry.verdict for entry in result.properties] == ["proved"]
    assert any(entry.name.startswith("Found") for entry in result.lemma_report)


LEMMA = '@p.lemma("why")\ndef L(s: State) -> Bool:\n    return forall(Item, lambda i: implies(s.second[i], s.first[i]))\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no lemmas"),
        ("def", ":1 is not Python"),
        ("\0", "is not"),
        (LEMMA + "raise SystemExit(1)\n", ":4 is neither an import nor a lemma"),
        (LEMMA.replace("return", "print(1)\n    return"), ":2 is neither an import nor a lemma"),
        (LEMMA.replace("(s: State)", "(s: State, t: State)"), "neither an import nor a lemma"),
        (LEMMA.replace('"why"', "why()"), "neither an import nor a lemma"),
        (LEMMA.replace('"why"', '"why", cost=3'), "takes a reason and a name"),
        (LEMMA + LEMMA, "the lemma L is defined twice"),
        (LEMMA.replace("s.first", "s.fist"), "hints.py:2: "),
        (LEMMA.replace("def L", "def ThirdWasFirst"), "a property of pipe is called ThirdWasFirst"),
    ],
)
def test_a_file_that_is_not_one_of_lemmas(model: Path, text: str, message: str) -> None:
    path = model.with_name("hints.py")
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        prove(str(model), hints=path, in_process=True)
    assert message in str(error.value)


def test_a_state_by_another_name_and_a_lemma_by_another(model: Path) -> None:
    path = model.with_name("hints.py")
    path.write_text(LEMMA.replace("s.", "before.").replace("(s:", "(before:").replace('"why"', '"why", name="Other"'))
    (hint,) = read_hints(str(path))
    assert (hint["name"], hint["reason"], hint["line"]) == ("Other", "why", 2)
    assert prove(str(model), hints=path, engine="kinduction", in_process=True).properties[0].verdict == "proved"


def test_a_false_lemma_proves_nothing(model: Path) -> None:
    path = model.with_name("hints.py")
    path.write_text(LEMMA.replace("implies(s.second[i], s.first[i])", "~s.third[i]"))
    result = prove(str(model), hints=path, engine="kinduction", in_process=True)
    assert {entry.status for entry in result.lemma_report if entry.name == "L"} == {"false"}


def test_the_options(model: Path) -> None:
    path = model.with_name("hints.py")
    done = verify("prove", str(model), "--scope", "unbounded", "--write-hints", str(path))
    assert done.returncode == 0
    assert "@p.lemma(" in path.read_text()
    for wrong in (["--no-hints"], ["--no-lemmas"]):
        refused = verify("prove", str(model), "--hints", str(path), *wrong)
        assert (refused.returncode, refused.stdout) == (2, "")
    before = path.read_text()
    refused = verify("prove", f"{model}:*", "--write-hints", str(path))
    assert (refused.returncode, path.read_text()) == (2, before)
