"""The pages as HTML: well formed, escaped, self-contained, the same every time, and complete."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest

from tests import workers
from tests.command import ROOT, environment
from tests.report import nights
from verifier.documents.nightly import Nightly
from verifier.documents.trace import Trace
from verifier.report.html.explorer import value_markup
from verifier.report.html.names import Names
from verifier.report.html.page import nightly_page, trace_page
from verifier.report.nights import drift, headline

EMPTY = nights.nightly()
LASSO = {**workers.trace({"x": 0}, {"x": 1}, {"x": 2}), "loop": 1}
PAGES = {
    "eventful": lambda: nightly_page(nights.eventful()),
    "hostile": lambda: nightly_page(nights.hostile()),
    "empty": lambda: nightly_page(EMPTY),
    "trace": lambda: trace_page(Trace.from_document(workers.trace({"x": 0}, {"x": 1}))),
    "lasso": lambda: trace_page(Trace.from_document(LASSO), ["it never ends"]),
    "one state": lambda: trace_page(Trace.from_document(workers.trace({"x": 0}))),
}


def parse(page: str) -> Element:
    """The page as a tree, if it is well formed."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    return tree


def text(tree: Element | None) -> str:
    assert tree is not None
    return " ".join(" ".join(tree.itertext()).split())


def found(tree: Element, name: str) -> Element:
    return next(element for element in tree.iter() if element.get("id") == name)


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_well_formed(name: str) -> None:
    tree = parse(PAGES[name]())
    places = Counter(element.get("id") for element in tree.iter() if element.get("id") is not None)
    assert [place for place, number in places.items() if number > 1] == []
    for link in tree.iter("a"):
        target = link.get("href", "")
        assert not target.startswith("#") or target[1:] in places
    for element in tree.iter():
        for name in (element.get("aria-labelledby") or "").split():
            assert name in places


@pytest.mark.parametrize("name", PAGES)
def test_pages_need_nothing_from_elsewhere(name: str) -> None:
    tree = parse(PAGES[name]())
    scripts = list(tree.iter("script"))
    assert len(scripts) == 1
    assert "src" not in scripts[0].attrib
    assert [element for element in tree.iter() if element.tag in ("link", "img", "iframe", "object")] == []
    links = {link.get("href", "") for link in tree.iter("a")}
    assert {link for link in links if not link.startswith(("#", "./"))} <= {"report.json", "junit.xml", "summary.md"}
    assert not [key for element in tree.iter() for key in element.attrib if key.startswith("on") or key == "style"]
    policy = next(meta for meta in tree.iter("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.get("content", "").startswith("default-src 'none'")
    assert "unsafe" not in policy.get("content", "")


def test_text_is_text() -> None:
    page = nightly_page(nights.hostile())
    tree = parse(page)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "49" not in text(found(tree, "changed"))
    shown = " ".join(nights.HOSTILE.split())
    assert text(tree).count(shown) > 20
    assert "../.." not in " ".join(link.get("href", "") for link in tree.iter("a"))


def test_the_same_document_gives_the_same_bytes(tmp_path: Path) -> None:
    document = tmp_path / "report.json"
    document.write_text(nights.eventful().to_json(), encoding="utf-8")
    program = (
        "import json, sys\nfrom verifier.documents.nightly import Nightly\n"
        "from verifier.report.html.page import nightly_page\n"
        "sys.stdout.write(nightly_page(Nightly.from_document(json.load(open(sys.argv[1], encoding='utf-8')))))"
    )
    pages = {
        subprocess.run(
            [sys.executable, "-c", program, str(document)],
            env={**environment(), "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            cwd=ROOT,
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout.decode()
        for seed in ("1", "2")
    }
    assert pages == {nightly_page(nights.eventful())}


def test_what_changed_stands_at_the_top() -> None:
    tree = parse(nightly_page(nights.eventful()))
    headings = [text(element) for element in tree.iter() if element.tag in ("h1", "h2")]
    assert headings[:2] == ["1 contradicted, 1 failed, 1 still open of 7 obligations", "What changed"]
    section = next(element for element in tree.iter("section") if element.get("aria-labelledby") == "changed")
    told = text(section)
    assert "contradiction expected proved, found violated in 1 step" in told
    assert "verdict: proved → became violated" in told
    assert "no longer in the suite" in told
    assert "rose from 10.0 s to 40.0 s in 7 runs" in told
    assert "the store was set aside" in told


def test_a_quiet_night_says_so() -> None:
    report = nights.nightly(
        nights.obligation("a", workers.proved("P"), cached=True), previous="2026-03-13T02:00:00+01:00"
    )
    told = text(parse(nightly_page(report)))
    assert "The one obligation is met" in told
    assert "everything from the store" in told
    assert "No verdict, method or length of a counterexample changed" in told


def test_the_matrix_has_a_cell_for_everything() -> None:
    tree = parse(nightly_page(nights.eventful()))
    table = next(element for element in tree.iter("table") if element.get("class") == "matrix")
    rows = {text(row.find("th")): [text(cell) for cell in row.findall("td")] for row in table.iter("tr")}
    row = rows["P"]
    assert row[0].startswith("✓ proved lemmas, k = 1")
    assert row[1].startswith("✓ proved")
    assert row[2] == "? unknown"
    assert row[3] == "✗ violated in 1 step, as expected"
    assert row[4] == "✗ violated in 1 step expected proved"
    q = next(cells for name, cells in rows.items() if name.startswith("Q"))
    assert q[0] == "✓ proved trivial ∅ vacuous"
    assert q[1] == "– not stated"
    assert {header.get("scope") for header in table.iter("th")} == {"col", "colgroup", "row"}


def test_a_proof_is_told_with_all_it_carries() -> None:
    told = text(found(parse(nightly_page(nights.eventful())), "toy-safe-published--p"))
    for part in ("lemmas, k = 1", "x[t] <= y", "z => x", "Step.ready", "Step.free", "agreed by cvc5", "0.40 s"):
        assert part in told


def test_what_is_not_stated_or_not_known_has_its_reason() -> None:
    tree = parse(nightly_page(nights.eventful()))
    assert "it reads MaxOps, which is dropped" in text(found(tree, "toy-safe-unbounded"))
    assert "the memory budget was used up" in text(found(tree, "toy-safe-published-keys-9"))
    assert "the model cannot be loaded" in text(found(tree, "other-safe-published"))
    bounded = text(found(tree, "other-slow-published--r"))
    assert "bounded to depth 4" in bounded
    assert "the solver gave up" in bounded


def test_the_explorer_tells_each_step_and_marks_what_changed() -> None:
    states: list[dict[str, Any]] = [
        {"x": 0, "y": {"#map": [["a", 1], ["b", 2]]}},
        {"x": 0, "y": {"#map": [["a", 1], ["b", 3]]}},
    ]
    trace = workers.trace(*states)
    trace["states"][1]["mbt::nondetPicks"] = {"n": {"tag": "Some", "value": "n1"}}
    tree = parse(trace_page(Trace.from_document(trace), ["y is too large"]))
    step = found(tree, "trace--step-1")
    rows = {text(row.find("th")): row for row in step.iter("tr") if row.find("td") is not None}
    assert set(rows) == {"x", "y (changed)"}
    assert [text(mark) for mark in step.iter("mark")] == ["3"]
    assert "Step (n = n1)" in text(step)
    assert "y[b] 2 → becomes 3" in text(next(tree.iter("nav")))
    assert "y is too large" in text(tree)
    links = [link.get("href") for link in next(tree.iter("nav")).iter("a")]
    assert links == ["#trace--step-0", "#trace--step-1"]


def test_a_lasso_says_where_it_returns() -> None:
    assert "and back to state 1 , for ever" in text(parse(PAGES["lasso"]()))


@pytest.mark.parametrize(
    ("value", "old", "marked"),
    [
        (1, 1, []),
        (2, 1, ["2"]),
        ({"#map": [["a", 1], ["b", 1]]}, {"#map": [["a", 1], ["b", 2]]}, ["1"]),
        ({"#map": [["a", 1]]}, {"#map": []}, ["1"]),
        ({"f": 1, "g": 2}, {"f": 1, "g": 3}, ["2"]),
        ({"#set": [1]}, {"#set": []}, ["{1}"]),
        ({"tag": "Some", "value": 1}, {"tag": "None", "value": {"#tup": []}}, ["some(1)"]),
        ({"#map": []}, {"#map": [["a", 1]]}, ["[]"]),
        ({"#map": [["a", {"#map": [["b", 1]]}]]}, {"#map": [["a", {"#map": [["b", 0]]}]]}, ["1"]),
    ],
)
def test_what_differs_is_marked(value: Any, old: Any, marked: list[str]) -> None:
    assert re.findall("<mark>(.*?)</mark>", value_markup(value, old)) == marked


def test_names_of_places_are_readable_and_unlike() -> None:
    names = Names()
    given = [names.new("Toy:gap@published", "P (step)") for _ in range(3)] + [names.new("Ünïcode", "∀")]
    assert given[0] == "toy-gap-published--p-step"
    assert given[3] == "unicode--x"
    assert len(set(given)) == 4


def drifts(seconds: float, *earlier: float, timeout: float = 60.0, cached: bool = False) -> bool:
    entry = nights.obligation("a", seconds=seconds, history=nights.history(*earlier), timeout=timeout, cached=cached)
    report = nights.nightly(entry)
    return drift(report, report.obligations[0]) is not None


def test_a_proof_that_nears_its_budget_drifts() -> None:
    assert drifts(50.0)
    assert drifts(40.0, 10, 14, 19, 24, 30, 35)
    assert not drifts(40.0, 40, 41, 39, 40)
    assert not drifts(10.0, 10.0, 10.0, 10.0)
    assert not drifts(2.0, 1.0, 1.2, 1.4, 1.6, 1.8)
    assert not drifts(30.0, 10, 45, 12, 44, 11, 46)
    assert not drifts(12.0, 40, 35, 30, 24, 19)
    assert not drifts(59.0, cached=True)


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (EMPTY, "The suite has no obligations"),
        (nights.nightly(nights.obligation("a"), nights.obligation("b")), "All 2 obligations are met"),
        (nights.nightly(nights.obligation("a"), ended="interrupted"), "1 obligation met; the run was interrupted"),
    ],
)
def test_headlines(report: Nightly, says: str) -> None:
    assert headline(report) == says


def test_many_obligations_stay_quick_and_small() -> None:
    entries = [nights.obligation(f"toy:safe@published[N={n}]", workers.proved("P")) for n in range(300)]
    assert len(nightly_page(nights.nightly(*entries))) < 1_500_000
