"""The Python interface: typed results, errors as exceptions, and helpers for a team's own suite."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests import workers
from verifier import api
from verifier.documents import Result, Results
from verifier.documents.reading import trace_of
from verifier.jobs import handlers
from verifier.kernel.errors import UsageError
from verifier.testing import assert_proved, assert_violated

Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Let calls in this process be answered with given events; what they ask for is returned."""

    def install(*events: workers.Event) -> dict[str, Any]:
        asked: dict[str, Any] = {}

        def handle(job: dict[str, Any], emit: Callable[[workers.Event], None]) -> None:
            asked.update(job)
            for event in events:
                emit(event)

        monkeypatch.setattr(handlers, "handle", handle)
        return asked

    return install


def test_every_name_of_the_interface_is_there() -> None:
    for name in verifier.__all__:
        assert getattr(verifier, name) is not None
    with pytest.raises(AttributeError):
        _ = verifier.no_such_name


def test_one_protocol_gives_a_result_and_a_list_gives_results(answers: Answer) -> None:
    answers(workers.finished(workers.proved("P")))
    one = api.prove("toy", in_process=True)
    assert isinstance(one, Result)
    assert json.loads(one.to_json())["schema"] == "verify.result/1"
    several = api.prove(["toy"], in_process=True)
    assert isinstance(several, Results)
    document = json.loads(several.to_json())
    assert document["schema"] == "verify.results/1"
    assert [result["schema"] for result in document["results"]] == ["verify.result/1"]


def test_results_are_frozen(answers: Answer) -> None:
    answers(workers.finished(workers.proved("P")))
    result = api.prove("toy", in_process=True)
    with pytest.raises(ValueError, match="frozen"):
        result.protocol = "other"


def test_options_become_the_job(answers: Answer) -> None:
    asked = answers(workers.finished())
    api.prove(
        "toy",
        k=3,
        properties=["P"],
        variant="gap",
        drop=["Commit.owner"],
        settings={"Keys": 3, "Groups": ["a", "b"]},
        engine="bmc",
        lemmas=False,
        in_process=True,
    )
    assert asked["protocols"] == ["toy"]
    assert asked["settings"] == ["Keys=3", "Groups={a,b}"]
    assert (asked["k"], asked["engine"], asked["hints"], asked["lemmas"]) == (3, "bmc", True, False)
    assert (asked["variant"], asked["drops"], asked["properties"]) == ("gap", ["Commit.owner"], ["P"])


@pytest.mark.parametrize(
    "options",
    [
        {"k": -1},
        {"engine": "magic"},
        {"scope": "infinite"},
        {"settings": ["Keys"]},
        {"drop": ["Commit"]},
        {"timeout": 0.0},
        {"timeout": 1.0},
        {"memory": 100},
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], answers: Answer) -> None:
    answers(workers.finished())
    with pytest.raises(UsageError):
        api.prove("toy", in_process=True, **options)


def test_no_protocol_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        api.prove([], in_process=True)


def test_a_protocol_object_stays_in_its_process() -> None:
    with pytest.raises(UsageError) as caught:
        api.prove(object())  # type: ignore[call-overload]
    assert caught.value.hint is not None
    assert "in_process" in caught.value.hint


def test_an_interrupt_carries_what_is_finished() -> None:
    import signal

    events = (workers.planned("P", "Q"), workers.one(workers.proved("P")))
    worker = workers.worker(*events, then=workers.interrupts(signal.SIGINT))
    with pytest.raises(api.Interrupted) as caught:
        api.prove("toy", session=api.Session(worker))
    partial = caught.value.partial
    assert isinstance(partial, Result)
    assert partial["P"].proved
    assert partial["Q"].verdict == "unknown"
    assert not partial.proved


def test_events_are_handed_on(answers: Answer) -> None:
    answers(workers.one(workers.proved("P")), workers.finished(workers.proved("P")))
    seen: list[str] = []
    session = api.Session(on_event=lambda event: seen.append(event["event"]))
    api.prove("toy", in_process=True, session=session)
    assert seen == ["property", "document"]


def test_a_trace_may_be_a_document_a_path_or_a_trace(answers: Answer, tmp_path: Path) -> None:
    replayed = {
        "schema": "verify.replay/1",
        "protocol": "toy",
        "property": "P",
        "valid": True,
        "violated": True,
    }
    asked = answers({"event": "document", "index": 0, "document": replayed})
    document = workers.trace({"x": 0}, {"x": 1})
    file = tmp_path / "trace.itf.json"
    file.write_text(json.dumps(document))
    trace = Result.from_document(workers.result(workers.violated("P")))["P"].trace
    assert trace is not None
    for given in (document, file, str(file), trace):
        assert api.replay(given, in_process=True).confirmed
        assert trace_of(asked["source"]).to_document()["states"] == document["states"]


def test_assert_proved(answers: Answer) -> None:
    answers(workers.finished(workers.proved("P")))
    assert assert_proved("toy", in_process=True)["P"].proved
    answers(workers.finished(workers.proved("P"), workers.violated("Q")))
    with pytest.raises(AssertionError, match="x : 0 -> 1"):
        assert_proved("toy", in_process=True)
    answers(workers.finished(workers.unknown("P", "bounded")))
    with pytest.raises(AssertionError, match="BOUNDED"):
        assert_proved("toy", in_process=True)


def test_assert_proved_can_refuse_vacuous_properties(answers: Answer) -> None:
    answers(
        workers.finished({**workers.proved("P"), "vacuous": {"kind": "constant", "reason": "it is TRUE"}})
    )
    assert_proved("toy", in_process=True)
    with pytest.raises(AssertionError, match="vacuous: P"):
        assert_proved("toy", allow_vacuous=False, in_process=True)


def test_assert_violated(answers: Answer) -> None:
    answers(workers.finished(workers.violated("P")))
    assert assert_violated("toy", "P", steps=1, actions=["Step"], in_process=True).steps == 1
    with pytest.raises(AssertionError, match="not violated in 2 steps"):
        assert_violated("toy", "P", steps=2, in_process=True)
    with pytest.raises(AssertionError, match="does not take Commit"):
        assert_violated("toy", "P", actions=["Commit"], in_process=True)
    answers(workers.finished(workers.proved("P")))
    with pytest.raises(AssertionError, match="is proved, not violated"):
        assert_violated("toy", "P", in_process=True)


def test_schemas_describe_what_is_written(answers: Answer) -> None:
    schema = api.schema("verify.result/1")
    assert schema == api.schema("result")
    answers(workers.finished(workers.violated("P")))
    written = json.loads(api.prove("toy", in_process=True).to_json())
    assert set(written) <= set(schema["properties"])
    with pytest.raises(UsageError):
        api.schema("certificates")
