"""Since when a difference is as it is, and what had changed when it came."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import workers
from tests.nightly.test_truth import made, night, planned
from verifier.documents.nightly import Obligation, Origin
from verifier.jobs.nightly.changes import outcomes
from verifier.jobs.nightly.commits import commit_of
from verifier.jobs.nightly.earlier import compares, with_earlier
from verifier.jobs.nightly.origins import Tonight, remember, with_origins

ORDER = replace(planned({"P": "proved"}, selected=False), digest="model 1")


def run(day: int, verdict: str, before: dict[str, Any], **otherwise: Any) -> tuple[Obligation, dict[str, Any]]:
    """The entry of one night, and what the store has after it, through JSON as the store writes it."""
    order = replace(ORDER, **{name: value for name, value in otherwise.items() if name != "sources"})
    tonight = Tonight(
        f"2026-01-{day:02d}T02:00:00+00:00", f"commit {day}", otherwise.get("sources", "sources"), {"z3": "5"}
    )
    known = night(order, made("P", verdict, "state"), cached=False).obligations
    (entry,) = with_origins(known, [order], before, tonight)
    stored = {entry.id: remember(outcomes([entry])[entry.id], entry, tonight, tonight.inputs(order))}
    return entry, json.loads(json.dumps(stored))


def origin(entry: Obligation) -> Origin:
    (difference,) = entry.differences
    assert difference.origin is not None
    return difference.origin


def test_a_difference_keeps_its_origin_while_it_lasts() -> None:
    first, stored = run(1, "proved", {})
    assert first.differences == ()
    second, stored = run(2, "violated", stored, digest="model 2")
    assert origin(second) == Origin(
        since="2026-01-02T02:00:00+00:00",
        before="proved",
        commit="commit 2",
        previous_commit="commit 1",
        changed=("model",),
    )
    third, stored = run(3, "violated", stored, digest="model 3", sources="others")
    assert origin(third) == origin(second).model_copy(update={"nights": 2})
    _, stored = run(4, "proved", stored)
    assert origin(run(5, "violated", stored)[0]).since == "2026-01-05T02:00:00+00:00"


@pytest.mark.parametrize(
    ("otherwise", "changed"),
    [
        ({}, ()),
        ({"digest": "model 2"}, ("model",)),
        ({"sources": "others"}, ("verifier",)),
        ({"timeout": 1.0}, ("suite",)),
        ({"k": 9, "digest": "model 2"}, ("model", "suite")),
        ({"reference": "/elsewhere/p.py"}, ()),
    ],
)
def test_what_changed_with_a_difference(otherwise: dict[str, Any], changed: tuple[str, ...]) -> None:
    _, stored = run(1, "proved", {})
    assert origin(run(2, "unknown", stored, **otherwise)[0]).changed == changed


@pytest.mark.parametrize(
    "stored",
    [None, 3, [], {}, {"origins": 3}, {"origins": {"contradiction P-short": 3}}, {"inputs": [], "commit": 3},
     {"properties": {"P": 3}, "origins": {"contradiction P-short": {"since": "x", "nights": 0}}}],
)  # fmt: skip
def test_what_the_store_cannot_have_made_is_taken_for_missing(stored: Any) -> None:
    found = origin(run(2, "violated", {ORDER.id: stored})[0])
    assert (found.since, found.nights, found.changed) == ("2026-01-02T02:00:00+00:00", 1, None)


def test_the_commit_of_a_folder(tmp_path: Path) -> None:
    assert commit_of(tmp_path / "nowhere") is None

    def git(*words: str) -> str:
        author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        done = subprocess.run(
            ["git", *author, *words], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.strip()

    git("init", "--quiet")
    assert commit_of(tmp_path) is None
    (tmp_path / "model.py").write_text("1")
    git("add", ".")
    git("commit", "--quiet", "-m", "first")
    assert commit_of(tmp_path) == git("rev-parse", "HEAD")
    (tmp_path / "untracked").write_text("1")
    assert commit_of(tmp_path) == git("rev-parse", "HEAD")
    (tmp_path / "model.py").write_text("2")
    assert commit_of(tmp_path) == git("rev-parse", "HEAD") + "+"


def test_an_earlier_trace_stands_beside_another_one_of_tonight() -> None:
    entry = night(ORDER, made("P", "violated", "state"), cached=False).obligations[0]
    assert compares(entry)
    assert not compares(night(ORDER, made("P", "proved", "state"), cached=False).obligations[0])
    assert not compares(entry.model_copy(update={"cached": True, "differences": ()}))
    other = workers.trace({"x": 0}, {"x": 0}, {"x": 1})
    stored = {"started": "2026-01-01", "document": workers.result({**made("P", "violated", "state")[0], "trace": other})}
    (found,) = with_earlier(entry, stored).earlier
    assert (found.property, found.recorded, len(found.trace.states)) == ("P-short", "2026-01-01", 3)
    same = {"started": "2026-01-01", "document": workers.result(*made("P", "violated", "state"))}
    for senseless in (same, None, 3, {}, {"started": 1, "document": 3}, {"document": {}}):
        assert with_earlier(entry, senseless).earlier == ()
