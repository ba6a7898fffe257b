"""The Python interface for people: what `print` and notebooks show, traces as Python values, errors, progress."""

from __future__ import annotations

import inspect
import threading
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.people.models import lamp
from verifier import Checked, Decided, Dropped, Working
from verifier.documents import DOCUMENTS, Document, Exploration, Property, Replayed, Result, Results, Some, Trace
from verifier.documents.values import python_value
from verifier.jobs.progress import Happened
from verifier.report.shown import REPORTS


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "lamp.py"
    path.write_text(lamp(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def happened() -> list[tuple[Happened, threading.Thread]]:
    return []


@pytest.fixture(scope="module")
def result(model: Path, happened: list[tuple[Happened, threading.Thread]]) -> Result:
    def note(event: Happened) -> None:
        happened.append((event, threading.current_thread()))

    return verifier.prove(str(model), variant="careless", in_process=True, progress=note)


@pytest.fixture(scope="module")
def answers(model: Path) -> dict[str, tuple[Document, list[Happened]]]:
    """Answers of other verbs, with the events before them."""
    found: dict[str, tuple[Document, list[Happened]]] = {}
    for name in ("explore", "gaps", "lemmas"):
        events: list[Happened] = []
        found[name] = (getattr(verifier, name)(str(model), in_process=True, progress=events.append), events)
    return found


# What is printed


def test_a_result_prints_as_its_report(result: Result) -> None:
    text = str(result)
    assert "D is VIOLATED in 2 steps, shortest" in text
    assert "Dark fails" in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert str(Results(results=(result, result))).count("D is VIOLATED in 2 steps") == 2


def test_representations_are_short(result: Result) -> None:
    assert repr(result) == "<Result lamp:careless, published scope: 1 proved, 1 violated>"
    assert repr(result["D"]) == "<D is VIOLATED in 2 steps>"
    assert repr(result["D"].trace) == "<Trace of Dark in lamp:careless, 2 steps>"
    assert repr(Exploration(protocol="lamp", variant="safe")) == "<Exploration lamp:safe>"
    assert repr(Results(results=(result,))) == f"<Results: {result!r}>"


def test_parts_and_other_documents_print_as_reports_too(result: Result) -> None:
    assert str(result["D"]).splitlines()[0] == "D is VIOLATED in 2 steps"
    assert "Dark fails" in str(result["D"])
    assert "init" in str(result["D"].trace)
    assert "distinct states" in str(Exploration(protocol="lamp", distinct=3, complete=True))
    assert "lamp" in str(Replayed(protocol="lamp", property="D", valid=True, violated=True))


def test_every_document_that_a_call_returns_has_a_report() -> None:
    """What people write, evidence, what other programs read, and a trace, which has a report of its own, aside."""
    others = {"certificate", "model", "scenario", "scenario-config", "suite", "trace"}
    assert {f"verify.{name}/1" for name in DOCUMENTS if name not in others} == set(REPORTS)
    for module, function in REPORTS.values():
        assert callable(getattr(import_module(f"verifier.report.{module}"), function))


def test_answers_of_verbs_print_as_reports(answers: dict[str, tuple[Document, list[Happened]]]) -> None:
    for name, (document, _) in answers.items():
        assert not str(document).startswith("{"), name
        assert "<pre" in document._repr_html_()


def test_a_control_character_is_not_printed() -> None:
    entry = Property(name="P", verdict="unknown", reason="a\x1b[31mred")
    assert "\x1b" not in str(Result(protocol="p", properties=(entry,)))


# Notebooks


class Page(HTMLParser):
    """The elements of a page with their attributes, and that of each frame's own page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def test_a_notebook_shows_the_verdicts_and_the_trace_in_a_frame(result: Result) -> None:
    html = result._repr_html_()
    page = Page(html)
    tags = {tag for tag, _ in page.elements}
    assert {"table", "details", "iframe", "pre"} <= tags
    # Nothing that could restyle the page around it, run in it, or load anything.
    assert not {"style", "script", "link", "img"} & tags
    assert not {name for _, attributes in page.elements for name in attributes} & {"class", "id", "src", "href", "onclick"}
    (frame,) = [attributes for tag, attributes in page.elements if tag == "iframe"]
    assert frame["sandbox"] == "allow-scripts"
    assert frame["srcdoc"] is not None
    assert frame["srcdoc"].startswith("<!DOCTYPE html>")
    assert "Break" in frame["srcdoc"]


def test_a_report_is_text_in_a_notebook_too(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """rich writes into the notebook by itself, past whoever wants the text, where it finds itself in one."""
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert "D is VIOLATED in 2 steps" in str(result)


def test_what_a_model_says_is_escaped() -> None:
    entry = Property(name="P", verdict="unknown", reason="<script>alert(1)</script>")
    assert "<script" not in Result(protocol="<b>", properties=(entry,))._repr_html_()
    assert "<b>" not in Result(protocol="<i>", properties=(entry,))._repr_html_().replace("<b>&lt;i&gt;", "")


# Values


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (True, True),
        ("On", "On"),
        ({"#bigint": "12"}, 12),
        (3, 3),
        ({"#set": [{"#bigint": "1"}, {"#set": []}]}, frozenset({1, frozenset()})),
        ({"#map": [["a", {"#bigint": "1"}], ["b", {"#set": ["x"]}]]}, {"a": 1, "b": frozenset({"x"})}),
        ({"#map": [[{"#tup": ["a", "b"]}, False]]}, {("a", "b"): False}),
        ([{"#bigint": "1"}, {"#bigint": "2"}], [1, 2]),
        ({"tag": "None", "value": {"#tup": []}, "sort": "Option"}, None),
        ({"tag": "None", "value": {"tag": "UNIT"}}, None),
        ({"tag": "Some", "value": {"#bigint": "3"}, "sort": "Option"}, 3),
        ({"tag": "Some", "value": {"#set": ["a"]}, "sort": "Option"}, frozenset({"a"})),
        ({"tag": "Some", "value": {"tag": "None", "value": {"#tup": []}, "sort": "Option"}}, Some(None)),
        ({"#set": [{"tag": "Some", "value": "a"}, {"tag": "None", "value": {"#tup": []}}]}, frozenset({"a", None})),
    ],
)
def test_values_of_traces_are_values_of_python(written: Any, value: Any) -> None:
    found = python_value(written)
    assert found == value
    assert type(found) is type(value) or isinstance(found, type(value))
    hash(found)


def test_records_have_fields() -> None:
    record = python_value({"owner": {"tag": "Some", "value": "c1"}, "queue": ["c2"], "tag": True})
    assert (record.owner, record.queue, record.tag) == ("c1", ["c2"], True)
    # A record that looks like an option says that it is none, with a field that is not its own.
    marked = python_value({"tag": "x", "value": {"#bigint": "1"}, "record": True})
    assert marked._asdict() == {"tag": "x", "value": 1}
    assert python_value({"class": {"#bigint": "1"}, "_x": "a"}) == {"class": 1, "_x": "a"}
    assert len({python_value({"a": "x"}), python_value({"a": "x"})}) == 1


def test_the_states_of_a_run(result: Result) -> None:
    trace = result["D"].trace
    assert trace is not None
    run = trace.run
    assert [(state.index, state.action) for state in run] == [(0, "init"), (1, "Break"), (2, "Switch")]
    assert run[2].values == {"light": "On", "broken": True}
    assert run[2].arguments == {}


def test_arguments_of_a_step_are_those_that_its_action_has() -> None:
    picks = {"c": {"tag": "Some", "value": "c1"}, "n": {"tag": "None", "value": {"#tup": []}, "sort": "Option"}}
    state = {"x": {"#bigint": "1"}, "mbt::actionTaken": "Take", "mbt::nondetPicks": picks}
    trace = Trace.from_document({"#meta": {"protocol": "p"}, "vars": [*state], "states": [state]})
    assert trace.run[0].arguments == {"c": "c1"}
    assert trace.run[0].values == {"x": 1}


# Errors


def test_errors_have_one_root() -> None:
    exported = {name: getattr(verifier, name) for name in verifier.__all__}
    named = {name for name, value in exported.items() if inspect.isclass(value) and issubclass(value, BaseException)}
    known = {"CutOff", "Error", "InternalError", "Interrupted", "ModelError", "NotWritten", "UsageError", "VerifyError"}
    assert named == known
    assert {name for name in named if not issubclass(getattr(verifier, name), verifier.Error)} == {"Interrupted"}
    assert issubclass(verifier.Interrupted, KeyboardInterrupt)
    assert issubclass(verifier.ModelError, verifier.VerifyError)
    assert not issubclass(verifier.InternalError, verifier.VerifyError)


def test_a_mistake_is_caught_by_the_root(model: Path) -> None:
    with pytest.raises(verifier.Error, match="there is no such engine"):
        verifier.prove(str(model), engine="steam")


# Progress


def test_progress_comes_in_the_thread_of_the_call(result: Result, happened: list[tuple[Happened, threading.Thread]]) -> None:
    assert {thread for _, thread in happened} == {threading.current_thread()}
    events = [event for event, _ in happened]
    assert {event.property.name for event in events if isinstance(event, Decided)} == {"D", "StaysBroken"}
    assert {event.model for event in events} == {"lamp:careless"}
    assert any(isinstance(event, Working) and event.engine and event.text for event in events)


def test_other_verbs_tell_their_own_events(answers: dict[str, tuple[Document, list[Happened]]]) -> None:
    assert "Switch.whole" in {event.drop.full_name for event in answers["gaps"][1] if isinstance(event, Dropped)}
    assert "D" in {event.lemma.name for event in answers["lemmas"][1] if isinstance(event, Checked)}


@pytest.mark.parametrize("in_process", [True, pytest.param(False, marks=pytest.mark.nightly)])
def test_what_progress_raises_ends_the_call(model: Path, in_process: bool) -> None:
    def stop(event: Happened) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        verifier.explore(str(model), in_process=in_process, progress=stop)
