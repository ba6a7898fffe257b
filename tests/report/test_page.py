"""The pages as HTML: well formed, escaped, self-contained, the same every time, and complete."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
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
from verifier.report.html.page import night_pages, trace_page
from verifier.report.nights import drift, headline
from verifier.report.pages import write_pages
from verifier.report.unexpected import findings, other_changes

EMPTY = nights.nightly()
TOY, OTHER = "pages/toy.html", "pages/other.html"
LASSO = {**workers.trace({"x": 0}, {"x": 1}, {"x": 2}), "loop": 1}
NIGHTS = {
    f"{name}: {path}": page
    for name, night in (("eventful", nights.eventful()), ("hostile", nights.hostile()), ("empty", EMPTY))
    for path, page in night_pages(night).items()
}
PAGES: dict[str, Callable[[], str]] = {
    **{name: lambda page=page: page for name, page in NIGHTS.items()},  # type: ignore[misc]
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


def page_of(path: str = "index.html") -> Element:
    """A page of the eventful night."""
    return parse(NIGHTS[f"eventful: {path}"])


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
    ours = ("#", "pages/", "../index.html", "../certificates/", "../report.json")
    assert {link for link in links if not link.startswith(ours)} <= {"report.json", "junit.xml", "summary.md"}
    assert not [key for element in tree.iter() for key in element.attrib if key.startswith("on") or key == "style"]
    policy = next(meta for meta in tree.iter("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.get("content", "").startswith("default-src 'none'")
    assert "unsafe" not in policy.get("content", "")


def test_text_is_text() -> None:
    shown, told = " ".join(nights.HOSTILE.split()), 0
    for page in night_pages(nights.hostile()).values():
        tree = parse(page)
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "49 " not in text(next(tree.iter("body")))
        told += text(tree).count(shown)
        assert "../.." not in " ".join(link.get("href", "") for link in tree.iter("a"))
    assert told > 40


def test_links_between_pages_lead_somewhere() -> None:
    for night in (nights.eventful(), nights.hostile()):
        pages = night_pages(night)
        trees = {path: parse(page) for path, page in list(pages.items())[:4]}
        places = {path: {element.get("id") for element in tree.iter()} for path, tree in trees.items()}
        for path, tree in trees.items():
            for link in tree.iter("a"):
                target, _, place = link.get("href", "").partition("#")
                target = target.removeprefix("../") if path != "index.html" else target
                if target.endswith(".html"):
                    assert target in pages
                    assert not place or target not in places or place in places[target]


def test_the_same_document_gives_the_same_bytes(tmp_path: Path) -> None:
    document = tmp_path / "report.json"
    document.write_text(nights.eventful().to_json(), encoding="utf-8")
    program = (
        "import json, sys\nfrom verifier.documents.nightly import Nightly\n"
        "from verifier.report.html.page import night_pages\n"
        "sys.stdout.write(json.dumps(night_pages(Nightly.from_document(json.load(open(sys.argv[1], encoding='utf-8'))))))"
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
    assert pages == {json.dumps(night_pages(nights.eventful()))}


def section(tree: Element, heading: str) -> str:
    return text(next(element for element in tree.iter("section") if element.get("aria-labelledby") == heading))


def test_what_is_new_stands_at_the_top() -> None:
    tree = page_of()
    headings = [text(element) for element in tree.iter() if element.tag in ("h1", "h2")]
    assert headings[:3] == [
        "3 of 7 obligations need attention: 1 unexpected, 1 failed, 1 undecided",
        "New since 2026-03-13 02:00",
        "Known before",
    ]
    told = section(tree, "new")
    for part in (
        "P of toy:broken@published",
        "contradiction expected proved , found violated in 1 step",
        "The counter stays at or below its bound.",
        "\\A t \\in Thread : x[t] <= Max",
        "x <= 0, for x = 1",
        "new tonight, before that proved",
        "the model changed, from commit 0a1b2c3d4e5f to 4f5e6d7c8b9a+",
        "git log 0a1b2c3d4e5f..4f5e6d7c8b9a",
        "the model : the verdict is definite; no budget ran out; models/toy.py:12",
        "verify prove models/toy.py --variant broken --property P",
        "no longer in the suite, was met",
    ):
        assert part in told
    known = section(tree, "known")
    assert "since 2026-03-11, 4 nights" in known
    assert "the budget : the budget of memory is used up, 512 MiB" in known
    assert "rose from 10.0 s to 40.0 s in 7 runs" in section(tree, "drifting")
    assert "the store was set aside" in section(tree, "messages")


def test_each_failure_and_each_change_is_told_once() -> None:
    for page in (page_of(), page_of(TOY)):
        told = text(page)
        assert told.count("x <= 0, for x = 1") == (2 if page.find(".//table") is not None else 1)
        assert told.count("found violated in 1 step") == 1
    report = nights.eventful()
    assert [(one.obligation, one.kind) for one in other_changes(report)] == [
        ("toy:safe@unbounded", "new"),
        ("toy:old@published", "gone"),
    ]


def test_what_changes_in_a_known_finding_is_told() -> None:
    origin = {"since": "2026-03-10T02:00:00+01:00", "nights": 4}
    difference = {"property": "P", "kind": "contradiction", "expected": "proved", "found": "violated in 5 steps"}
    change = {
        "obligation": "a",
        "property": "P",
        "kind": "steps",
        "before": "violated in 4 steps",
        "after": "violated in 5 steps",
    }

    def night(*changes: dict[str, Any], **fields: Any) -> Nightly:
        return nights.nightly(nights.obligation("a", differences=[{**difference, **fields}]), changes=list(changes))

    known, unknown = night(change, origin=origin), night(change)
    assert [one.new for one in findings(known)] == [False]
    assert [one.kind for one in other_changes(known)] == ["steps"]
    assert "violated in 4 steps → became violated in 5 steps" in text(parse(night_pages(known)["index.html"]))
    assert [(one.new, one.since) for one in findings(unknown)] == [(True, "new tonight")]
    assert other_changes(unknown) == []
    assert [one.since for one in findings(night())] == ["it is unknown since when"]


def test_properties_that_are_open_for_one_reason_are_one_finding() -> None:
    names = [f"P{number}" for number in range(30)]
    open_ = [
        {"property": name, "kind": "open", "expected": "proved", "found": "unknown", "reason": "too hard"}
        for name in names
    ]
    entry = nights.obligation(
        "a", *map(workers.unknown, names), status="open", met=False, differences=open_, expected={}
    )
    report = nights.nightly(entry)
    assert [one.properties for one in findings(report)] == [tuple(names)]
    index = night_pages(report)["index.html"]
    assert index.count("too hard") == 1
    assert "and 24 more" in text(parse(index))


def test_what_to_look_at() -> None:
    def cause(kind: str, ended: str | None = None, changed: list[str] | None = None, **fields: Any) -> str:
        origin = {"since": "2026-03-14T02:00:00+01:00", "changed": changed}
        result = None if ended is None else workers.result(workers.unknown("P"), ended=ended)
        difference = {"property": "P", "kind": kind, "found": "x", "origin": origin}
        (one,) = findings(
            nights.nightly(nights.obligation("a", differences=[difference], **{"result": result, **fields}))
        )
        return f"{one.cause}: {one.because}"

    assert cause("contradiction", "complete").startswith("model: the verdict is definite")
    assert cause("contradiction", "complete", ["model", "verifier"]).startswith("model")
    assert cause("contradiction", "complete", ["verifier"]).endswith("the model is unchanged; the verifier changed")
    assert cause("contradiction", "complete", ["suite"]).startswith("suite")
    assert cause("disagreement", "complete").startswith("verifier")
    assert cause("failure", failure="input").startswith("model")
    assert cause("failure", failure="internal").startswith("verifier")
    used = cause("open", "timeout", processor=60.0, wall=300.0)
    assert used == "budget: the budget is used up: 1 min of processor time used of 1 min"
    busy = cause("open", "timeout", processor=20.0, wall=300.0)
    assert busy == "budget: the machine was busy: 20.0 s of processor time used of 1 min when it had lasted 5 min"
    assert cause("open", "memory").startswith("budget: the budget of memory")
    assert cause("open", "complete", processor=20.0).startswith("open: no proof and no violation was found")
    assert cause("open").startswith("run")


def test_a_quiet_night_says_so() -> None:
    report = nights.nightly(
        nights.obligation("a", workers.proved("P"), cached=True), previous="2026-03-13T02:00:00+01:00"
    )
    told = text(parse(night_pages(report)["index.html"]))
    assert "The one obligation is met" in told
    assert "everything from the store" in told
    assert "Every verdict, method and length of a counterexample is the same as in the last run" in told


def test_the_matrix_has_a_cell_for_everything() -> None:
    tree = page_of(TOY)
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
    told = text(found(page_of(TOY), "toy-safe-published--p"))
    for part in ("lemmas, k = 1", "x[t] <= y", "z => x", "Step.ready", "Step.free", "agreed by cvc5", "0.40 s"):
        assert part in told


def test_a_trace_is_compared_with_that_of_an_earlier_version() -> None:
    told = text(found(page_of(TOY), "toy-broken-published--p"))
    assert "Compared with the trace that was found on 2026-03-12" in told
    assert "This one has 1 step, the other 2 steps. They agree up to state 0, and part in step 1." in told


def test_what_is_not_stated_or_not_known_has_its_reason() -> None:
    tree, other = page_of(TOY), page_of(OTHER)
    assert "it reads MaxOps, which is dropped" in text(found(tree, "toy-safe-unbounded"))
    assert "the memory budget was used up" in text(found(tree, "toy-safe-published-keys-9"))
    assert "the model cannot be loaded" in text(found(other, "other-safe-published"))
    bounded = text(found(other, "other-slow-published--r"))
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
    assert "and back to state 1 , forever" in text(parse(PAGES["lasso"]()))


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
    pages = night_pages(nights.nightly(*entries))
    assert all(len(page) < 1_500_000 for page in pages.values())


def test_the_first_page_of_a_large_night_is_light() -> None:
    night = nights.large()
    assert sum(len(entry.verdicts) for entry in night.obligations) > 3_000
    index = parse(night_pages(night)["index.html"])
    assert sum(1 for _ in index.iter()) < 2_000
    folded = [element for element in index.iter("details") if "protocol" in element.get("class", "")]
    assert len(folded) == 48
    assert not [element for element in folded if "open" in element.attrib]


def test_pages_of_protocols_that_are_gone_are_removed(tmp_path: Path) -> None:
    write_pages(nights.eventful(), tmp_path)
    (tmp_path / "pages" / "ours.html").write_text("<!DOCTYPE html>")
    assert {path.name for path in (tmp_path / "pages").iterdir()} == {"toy.html", "other.html", "ours.html"}
    write_pages(nights.nightly(nights.obligation("a", workers.proved("P"))), tmp_path)
    assert {path.name for path in (tmp_path / "pages").iterdir()} == {"toy.html", "ours.html"}
    write_pages(nights.nightly(), tmp_path)
    assert {path.name for path in (tmp_path / "pages").iterdir()} == {"ours.html"}
