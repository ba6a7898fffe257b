"""The places and words of today's model beside each verdict, and commands from the working directory."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.nightly import toys
from tests.nightly.test_truth import planned
from verifier import api
from verifier.catalog import load
from verifier.documents.nightly import Obligation
from verifier.jobs.nightly.outcome import entry, not_run
from verifier.jobs.nightly.plan import Planned
from verifier.kernel.describing import describe


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Planned, dict[str, Any]]:
    """An obligation on a model in a folder with a blank, and the result of an earlier night, on another machine."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my models").mkdir()
    path = toys.counter(tmp_path / "my models")
    document = api.prove(f"{path}:gap", engine="explicit", in_process=True).to_document()
    text = json.dumps(document).replace("my models/counter.py", "/elsewhere/counter.py")
    # Since then somebody has written a comment above everything.
    path.write_text(f"# a comment\n{path.read_text()}")
    order = replace(
        planned({"CounterStops": "proved"}, selected=False),
        called="my models/counter.py",
        reference=str(path),
        protocol="counter",
        variant="gap",
        names={"CounterStops": "Stops"},
        settings=("Max=2",),
        k=5,
        engine="explicit",
        listing=json.loads(json.dumps(describe(load(str(path))))),
    )
    return order, json.loads(text)


def told(order: Planned, document: dict[str, Any]) -> Obligation:
    outcome: Any = {
        "failure": None,
        "document": document,
        "checks": [],
        "seconds": 1.0,
        "processor": 1.0,
        "stopped": None,
        "started": "2026-01-01T00:00:00+00:00",
    }
    return entry(order, outcome, cached=True, history=[])


def line(text: str) -> int:
    lines = Path("my models/counter.py").read_text().splitlines()
    return next(number for number, one in enumerate(lines, 1) if text in one)


def test_places_of_an_earlier_night_are_those_of_today(found: tuple[Planned, dict[str, Any]]) -> None:
    one = told(*found)
    assert one.result is not None
    assert one.at is not None
    assert one.at.text == f"my models/counter.py:{line('Protocol(')}"
    stops = one.result["Stops"]
    assert stops.at is not None
    assert stops.trace is not None
    assert stops.at.text == f"my models/counter.py:{line('@p.invariant')}"
    assert stops.trace.meta.at == stops.at
    assert [action.at for action in stops.trace.meta.actions or ()] == [action.at for action in one.result.actions]
    assert "elsewhere" not in one.model_dump_json()


def test_a_difference_says_what_is_to_be_said_of_its_property(found: tuple[Planned, dict[str, Any]]) -> None:
    one = told(*found)
    assert one.result is not None
    [difference] = [item for item in one.differences if item.property == "Stops"]
    assert difference.doc == "The counter does not pass its bound."
    assert difference.formula == "at <= Max"
    assert difference.at == one.result["Stops"].at
    assert difference.explanation == one.result["Stops"].explanation != None  # noqa: E711
    words = ["verify", "prove", "my models/counter.py", "--variant", "gap", "--set", "Max=2", "--property", "Stops"]
    assert shlex.split(difference.command or "") == [*words, "--k", "5", "--engine", "explicit"]


def test_what_was_not_run_still_has_its_place_and_command(found: tuple[Planned, dict[str, Any]]) -> None:
    order = replace(found[0], liveness=True, deadlock=True)
    one = not_run(order, "the run was interrupted", [])
    [difference] = one.differences
    assert difference.at == one.at != None  # noqa: E711
    assert difference.command == one.command
    assert shlex.split(one.command or "")[-6:] == ["--k", "5", "--engine", "explicit", "--deadlock", "--liveness"]


def test_a_model_elsewhere_is_called_by_its_whole_path(found: tuple[Planned, dict[str, Any]], tmp_path: Path) -> None:
    order = replace(found[0], reference="/elsewhere/x.py", listing=None)
    one = told(order, found[1])
    assert one.at is None
    assert shlex.split(one.command or "")[:4] == ["verify", "prove", "/elsewhere/x.py", "--variant"]
    named = told(replace(order, reference="composed", variant="safe", listing=None), found[1])
    assert (named.command or "").startswith("verify prove composed --variant safe")


def test_a_line_inside_an_action_is_kept_while_nothing_has_moved(found: tuple[Planned, dict[str, Any]]) -> None:
    order, document = found
    place = {"file": "my models/counter.py", "line": 20}
    document["properties"][0]["undefined_at"] = place
    assert told(order, document).result["Stops"].undefined_at is None  # type: ignore[index]
    now = api.prove("my models/counter.py:gap", engine="explicit", in_process=True).to_document()
    now["properties"][0]["undefined_at"] = place
    kept = told(order, now).result["Stops"].undefined_at  # type: ignore[index]
    assert kept is not None
    assert kept.text == "my models/counter.py:20"
