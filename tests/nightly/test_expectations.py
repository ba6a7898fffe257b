"""Verdicts against expectations, and the exit code that they give."""

from __future__ import annotations

from typing import Any

import pytest

from tests import workers
from verifier.cli import exitcodes
from verifier.documents import Nightly, Property
from verifier.documents.suite import expectation
from verifier.jobs.nightly.changes import changes
from verifier.jobs.nightly.expectations import compare


def entry(verdict: str, **fields: Any) -> Property:
    found = {"proved": workers.proved, "violated": workers.violated}.get(
        verdict, lambda name: workers.unknown(name, verdict)
    )
    return Property.model_validate({**found("P"), **fields})


@pytest.mark.parametrize(
    ("expected", "found", "kind"),
    [
        ("proved", entry("proved"), None),
        ("proved", entry("violated"), "contradiction"),
        ("proved", entry("bounded", k=8), "open"),
        ("proved", entry("unknown"), "open"),
        ("violated", entry("violated"), None),
        ("violated in 1 step", entry("violated"), None),
        ("violated in 2 steps", entry("violated"), "contradiction"),
        ("violated in 1 steps", entry("violated", steps=3, shortest=False), None),
        ("violated in 2 steps", entry("violated", steps=1, shortest=False), "contradiction"),
        ("violated", entry("proved"), "contradiction"),
        ("violated", entry("bounded", k=8), "open"),
        ("violated in 8 steps", entry("bounded", k=8), "contradiction"),
        ("violated in 9 steps", entry("bounded", k=8), "open"),
        ("violated", entry("unknown"), "open"),
        ("violated by a lasso of stem 1, loop 0", entry("violated", loop=0), None),
        ("violated in 1 step", entry("violated", loop=2), None),
        ("violated by a lasso of stem 1, loop 0", entry("violated", loop=2), "contradiction"),
        ("violated by a lasso of stem 1, loop 0", entry("violated", loop=2, shortest=False), None),
        ("violated by a lasso of stem 0, loop 4", entry("violated", loop=0), "contradiction"),
        ("violated by a lasso of stem 1, loop 0", entry("proved"), "contradiction"),
        ("bounded 8", entry("bounded", k=8), None),
        ("bounded 8", entry("bounded", k=7), "open"),
        ("bounded 8", entry("proved"), None),
        ("bounded 8", entry("violated"), "contradiction"),
        ("bounded 8", entry("unknown"), "open"),
    ],
)
def test_what_meets_an_expectation(expected: str, found: Property, kind: str | None) -> None:
    difference = compare(expectation(expected), found)
    assert (None if difference is None else difference.kind) == kind


@pytest.mark.parametrize(
    "text", ["", "prove", "Proved", "violated in", "violated in x steps", "bounded", "bounded -1", "proved "]
)
def test_what_is_no_expectation(text: str) -> None:
    with pytest.raises(ValueError, match="write proved"):
        expectation(text)


def report(*statuses: str, ended: str = "complete", failure: str | None = None) -> Nightly:
    obligation = {
        "protocol": "p",
        "variant": "v",
        "scope": "published",
        "timeout": 1.0,
        "memory": 64,
        "failure": failure,
    }
    return Nightly.from_document(
        {
            "suite": "s",
            "started": "2026-01-01T00:00:00+00:00",
            "finished": "2026-01-01T00:00:01+00:00",
            "seconds": 1.0,
            "ended": ended,
            "obligations": [
                {**obligation, "id": str(number), "status": status, "met": status == "met"}
                for number, status in enumerate(statuses)
            ],
        }
    )


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (report("met", "met"), 0),
        (report("met", "open"), 3),
        (report("open", "contradicted", "met"), 1),
        (report("contradicted", "failed", failure="input"), 2),
        (report("contradicted", "failed", failure="internal"), 70),
        (report("contradicted", ended="interrupted"), 130),
    ],
)
def test_the_exit_code(found: Nightly, code: int) -> None:
    assert exitcodes.of_nightly(found) == code


def test_changes_name_what_is_otherwise() -> None:
    before = {
        "gone": {"status": "met", "properties": {}},
        "same": {"status": "met", "properties": {"P": ["proved", "proved", "lemmas"]}},
        "other": {
            "status": "met",
            "properties": {
                "P": ["proved", "proved", "lemmas"],
                "Q": ["violated", "violated in 3 steps", None],
                "R": ["proved", "proved", "lemmas"],
                "Old": ["proved", "proved", "lemmas", "Short"],
            },
        },
    }
    after = {
        "same": before["same"],
        "other": {
            "status": "open",
            "properties": {
                "P": ["bounded", "bounded 8", None],
                "Q": ["violated", "violated in 4 steps", None],
                "R": ["proved", "proved", "k-induction"],
                "Renamed": ["proved", "proved", "lemmas", "Short"],
            },
        },
        "new": {"status": "met", "properties": {}},
    }
    found = [(c.obligation, c.property, c.kind, c.before, c.after) for c in changes(before, after)]
    assert found == [
        ("other", None, "status", "met", "open"),
        ("other", "P", "verdict", "proved", "bounded 8"),
        ("other", "Q", "steps", "violated in 3 steps", "violated in 4 steps"),
        ("other", "R", "method", "lemmas", "k-induction"),
        ("other", "Short", "new", None, "proved"),
        ("other", "Short", "gone", "proved", None),
        ("new", None, "new", None, "met"),
        ("gone", None, "gone", "met", None),
    ]
