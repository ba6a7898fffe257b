"""One truth table for a night: what JUnit, the grid, the headline, the summary and the exit code say of each case."""

from __future__ import annotations

import itertools
from typing import Any
from xml.etree import ElementTree

import pytest

from tests import workers
from verifier.cli import exitcodes
from verifier.documents import Nightly
from verifier.documents.suite import expectation
from verifier.jobs.nightly.outcome import entry as report_entry
from verifier.jobs.nightly.plan import Planned
from verifier.report.html.matrix import matrix
from verifier.report.junit import junit_xml
from verifier.report.nightly import brief_text
from verifier.report.nights import headline
from verifier.report.summary import summary_markdown

Event = dict[str, Any]

# What is expected of the property P (None: nothing, it is a property that only this variant has), and what was found.
EXPECTED = ("proved", "violated", "violated in 1 steps", "violated in 2 steps", "bounded 4", None)
FOUND = ("proved", "violated", "bounded", "unknown", "absent")

TABLE: dict[tuple[str | None, str], str] = {
    ("proved", "proved"): "met",
    ("proved", "violated"): "contradicted",
    ("proved", "bounded"): "open",
    ("proved", "unknown"): "open",
    ("proved", "absent"): "open",
    ("violated", "proved"): "contradicted",
    ("violated", "violated"): "met",
    ("violated", "bounded"): "open",
    ("violated", "unknown"): "open",
    ("violated", "absent"): "open",
    ("violated in 1 steps", "proved"): "contradicted",
    ("violated in 1 steps", "violated"): "met",
    ("violated in 1 steps", "bounded"): "contradicted",
    ("violated in 1 steps", "unknown"): "open",
    ("violated in 1 steps", "absent"): "open",
    ("violated in 2 steps", "proved"): "contradicted",
    ("violated in 2 steps", "violated"): "contradicted",
    ("violated in 2 steps", "bounded"): "contradicted",
    ("violated in 2 steps", "unknown"): "open",
    ("violated in 2 steps", "absent"): "open",
    ("bounded 4", "proved"): "met",
    ("bounded 4", "violated"): "contradicted",
    ("bounded 4", "bounded"): "met",
    ("bounded 4", "unknown"): "open",
    ("bounded 4", "absent"): "open",
    (None, "proved"): "met",
    (None, "violated"): "contradicted",
    (None, "bounded"): "open",
    (None, "unknown"): "open",
    (None, "absent"): "met",
}
"""An entry that no expectation covers is expected proved."""

# What is expected of `Defined`, which a result lists only where it is not proved, and what was found of it.
DEFINED: dict[tuple[str | None, str], str] = {
    (None, "absent"): "met",
    (None, "violated"): "contradicted",
    (None, "unknown"): "open",
    ("proved", "absent"): "met",
    ("proved", "violated"): "contradicted",
    ("proved", "unknown"): "open",
    ("violated", "absent"): "contradicted",
    ("violated", "violated"): "met",
    ("violated", "unknown"): "open",
}

WORST = ("contradicted", "open", "met")
EXIT = {"met": 0, "open": 3, "contradicted": 1}
JUNIT = {"met": None, "open": "skipped", "contradicted": "failure"}
HEADLINE = {
    "met": "is met",
    "open": "1 of 1 obligation needs attention: 1 undecided",
    "contradicted": "1 of 1 obligation needs attention: 1 unexpected",
}
LINE = {"met": "1 of 1 obligations met", "open": "1 open", "contradicted": "1 contradicted"}


def made(name: str, verdict: str, kind: str) -> list[Event]:
    """The entries of a result for a property with a verdict: none if it is absent."""
    if verdict == "absent":
        return []
    found = {"proved": workers.proved, "violated": workers.violated}.get(verdict, lambda n: workers.unknown(n, verdict))
    return [{**found(name), "name": f"{name}-short", "published_name": name, "kind": kind}]


def planned(expected: dict[str, str], selected: bool) -> Planned:
    return Planned(
        id="p/v/published",
        where="suite.toml: obligation[1]",
        called="p.py",
        reference="/p.py",
        protocol="p",
        variant="v",
        scope="published",
        settings=(),
        parameters={},
        properties=("P-short",) if selected else (),
        engine="auto",
        k=8,
        timeout=60.0,
        memory=512,
        certificates=False,
        deadlock=False,
        liveness=False,
        expected={name: expectation(text) for name, text in expected.items()},
        asked=frozenset(expected),
        names={"P": "P-short", "Q": "Q-short", "Defined": "Defined-short"},
        silent=frozenset({"Defined"}),
    )


def night(order: Planned, entries: list[Event], cached: bool) -> Nightly:
    outcome = {
        "failure": None,
        "document": workers.result(*entries),
        "checks": [],
        "seconds": 1.0,
        "processor": 1.0,
        "stopped": None,
        "started": "2026-01-01T00:00:00.000+00:00",
    }
    found = report_entry(order, outcome, cached=cached, history=[])
    return Nightly(suite="s", started="2026-01-01T00:00:00+00:00", finished="", seconds=1.0, obligations=(found,))




@pytest.mark.parametrize("case", TABLE)
def test_all_reports_follow_one_table(case: tuple[str | None, str]) -> None:
    for defined, selected, cached in itertools.product(DEFINED, (False, True), (False, True)):
        _follows(case, defined, selected, cached)


def _follows(case: tuple[str | None, str], defined: tuple[str | None, str], selected: bool, cached: bool) -> None:
    expected, found = case
    wanted = {"P": expected} if expected is not None else {"Q": "proved"}
    if defined[0] is not None:
        wanted["Defined"] = defined[0]
    entries = [*made("P", found, "state"), *made("Defined", defined[1], "defined")]
    if expected is None:
        entries += made("Q", "proved", "state")
    if not entries:
        return  # a result without entries has proved nothing, not even what it lists only where it is not proved
    truth = min((TABLE[case], DEFINED[defined]), key=WORST.index)
    report = night(planned(wanted, selected), entries, cached)
    (one,) = report.obligations

    assert (one.status, one.met) == (truth, truth == "met")
    assert report.standing == truth
    assert report.met == (truth == "met")
    assert exitcodes.of_nightly(report) == EXIT[truth]
    assert HEADLINE[truth] in headline(report)
    assert HEADLINE[truth] in summary_markdown(report).splitlines()[0]
    assert LINE[truth] in str(next(iter(brief_text(report))))
    (testcase,) = ElementTree.fromstring(junit_xml(report)).iter("testcase")
    elements = {child.tag for child in testcase} - {"system-out"}
    assert elements == ({JUNIT[truth]} if JUNIT[truth] else set())
    grid = matrix([one], {(one.id, ""): "place"}, "matrix", "p")
    assert grid.columns[0].status == truth
    for name, own in (("P-short", TABLE[case]), ("Defined-short", DEFINED[defined])):
        differences = [cell.difference for row in grid.rows if row.name == name for cell in row.cells]
        assert any(differences) == (own != "met")
    for name, verdict in one.verdicts.items():
        assert name.endswith("-short")
        if name == "Defined-short" and defined[1] == "absent":
            assert verdict == "proved"


def test_the_table_is_complete() -> None:
    assert set(TABLE) == set(itertools.product(EXPECTED, FOUND))
