"""Expressions along a trace, and two traces of one property beside each other."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import html5lib
import pytest

from tests import workers
from verifier import api
from verifier.catalog import load
from verifier.cli.entry import run
from verifier.documents.trace import Trace
from verifier.evidence.evaluating import evaluated
from verifier.kernel.errors import UsageError
from verifier.report.html.comparison import comparison
from verifier.report.html.page import trace_page
from verifier.report.values import text as written

MODEL = """
from verifier.kernel import Bool, Enumeration, Fn, Option, Protocol, Range, Scalarset, forall, guard, labels, none, some, var

p = Protocol("counting", "threads count")
Most = p.parameter("Most", 2, "where they stop")


class Thread(Scalarset, parameter="Threads", size=2, prefix="t"):
    pass


class Number(Range, low=0, high=Most):
    pass


class Color(Enumeration):
    red, green = labels(2)


@p.state
class State:
    at: Fn[Thread, Number] = var(0)
    last: Option[Thread] = var(none)
    color: Color = var(Color.red)


@p.action
def Count(s: State, t: Thread) -> None:
    guard("below", s.at[t] < Most)
    s.at[t] = s.at[t] + 1
    s.last = some(t)
    s.color = Color.green


@p.invariant(short="Low-1")
def Low(s: State) -> Bool:
    \"\"\"No thread counts to the end.

    Not even once.
    \"\"\"
    return forall(Thread, lambda t: s.at[t] < Most)
"""


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The file of a model, and a trace of it."""
    path = tmp_path_factory.mktemp("expressions") / "counting.py"
    path.write_text(MODEL, encoding="utf-8")
    found = api.prove(path, properties=["Low-1"], in_process=True).results[0].properties[0]
    assert found.trace is not None
    document = found.trace.to_document()
    path.with_name("trace.json").write_text(json.dumps(document), encoding="utf-8")
    return path, document


def values(traced: tuple[Path, dict[str, Any]], text: str) -> list[str]:
    path, document = traced
    (entry,) = evaluated(document, load(str(path)), [text])
    assert len(entry["values"]) == len(document["states"]) == 3
    return [written(value) for value in entry["values"]]


def test_expressions_of_every_sort(traced: tuple[Path, dict[str, Any]]) -> None:
    assert values(traced, "at[t1] + at[t2]") == ["0", "1", "2"]
    assert values(traced, "s.at[t1] * 2 >= Most") in (["FALSE", "TRUE", "TRUE"], ["FALSE"] * 3)
    assert values(traced, "color") == ["red", "green", "green"]
    assert values(traced, "Low") == ["TRUE", "TRUE", "FALSE"]
    assert values(traced, "forall(Thread, lambda t: at[t] < Most)") == ["TRUE", "TRUE", "FALSE"]
    assert values(traced, "at")[0] == "[all -> 0]"
    assert values(traced, "3") == ["3", "3", "3"]
    assert values(traced, "last.is_none") == ["TRUE", "FALSE", "FALSE"]
    assert values(traced, "at[last.value]") == ["no value: undefined", "1", "2"]


@pytest.mark.parametrize(
    "text", ["", "at[", "ats", "{1, 2}", "Thread", "s", "at[t1] + color", "__import__('os')", "at = 1"]
)
def test_what_is_not_an_expression(text: str, traced: tuple[Path, dict[str, Any]]) -> None:
    with pytest.raises(UsageError, match="is not an expression of counting"):
        values(traced, text)


def test_a_model_that_has_changed_is_refused(traced: tuple[Path, dict[str, Any]]) -> None:
    path, document = traced
    other = copy.deepcopy(document)
    other["#meta"]["model_digest"] = "0" * 64
    with pytest.raises(UsageError, match="the model has changed since"):
        evaluated(other, load(str(path)), ["at"])


def test_a_page_with_expressions_and_another_trace(
    traced: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    path, document = traced
    other = copy.deepcopy(document)
    other["states"] = other["states"][:2]
    path.with_name("other.json").write_text(json.dumps(other), encoding="utf-8")
    page = path.with_name("page.html")
    call = ["show", str(path.with_name("trace.json")), "--html", str(page), "--expression", "at[t1] + at[t2]"]
    assert run([*call, "--protocol", str(path), "--compare", str(path.with_name("other.json"))]) == 0
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page.read_text(encoding="utf-8"))
    told = " ".join(" ".join(tree.itertext()).split())
    for part in (
        "No thread counts to the end.",
        "\\\\A t \\\\in Thread : at[t] < Most",
        "fails for t =",
        "at[t1] + at[t2] (changed) 2",
        "This one has 2 steps, the other 1 step. They agree up to state 1, and part in step 2.",
        "there ended",
    ):
        assert part.replace("\\\\", "\\") in told
    assert run(["show", str(path), "--expression", "at"]) == 2
    assert "--expression goes with the page of a trace" in capsys.readouterr().err


def test_where_two_traces_part() -> None:
    def said(*other: dict[str, Any]) -> str:
        ours = Trace.from_document(workers.trace({"x": 0, "y": 0}, {"x": 1, "y": 0}, {"x": 2, "y": 0}))
        return comparison(ours, Trace.from_document(workers.trace(*other)), "another").said

    assert said({"x": 0, "y": 0}, {"x": 1, "y": 0}, {"x": 2, "y": 0}) == "Both are the same run."
    assert said({"x": 0, "y": 0}, {"x": 1, "y": 0}, {"x": 3, "y": 0}).endswith("up to state 1, and part in step 2.")
    assert said({"x": 9, "y": 0}) == "This one has 2 steps, the other 0 steps. They differ from the first state on."
    assert said({"z": 0}, {"z": 1}, {"z": 1}) == "They agree in all variables that both have."


def test_values_of_another_length_are_left_out() -> None:
    document = workers.trace({"x": 0}, {"x": 1})
    document["#meta"]["evaluated"] = [
        {"expression": "too few", "values": [1]},
        {"expression": "x < 1", "values": [True, False]},
    ]
    page = trace_page(Trace.from_document(document))
    assert "x &lt; 1" in page
    assert "too few" not in page
