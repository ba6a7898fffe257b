"""The other files of a report: JUnit XML that its readers accept, a summary that formats nothing, and the annotations."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import junitparser
import pytest
import xmlschema

from tests import workers
from tests.report import nights
from verifier.documents.nightly import Nightly
from verifier.report.junit import junit_xml
from verifier.report.pages import write_pages
from verifier.report.summary import code, github_annotations, summary_markdown

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


@pytest.mark.parametrize("report", [nights.eventful(), nights.hostile(), nights.nightly()])
def test_junit_is_valid(report: Nightly) -> None:
    written = junit_xml(report)
    SCHEMA.validate(written)
    assert written == junit_xml(report)
    suites = junitparser.JUnitXml.fromstring(written.encode())
    cases = [case for suite in suites for case in suite]
    assert [case.name for case in cases] == [entry.id for entry in report.obligations]


def test_junit_has_a_case_for_each_obligation() -> None:
    suites = junitparser.JUnitXml.fromstring(junit_xml(nights.eventful()).encode())
    cases = {case.name: case for suite in suites for case in suite}
    outcomes = {name: [type(item).__name__ for item in case.result] for name, case in cases.items()}
    assert outcomes["toy:safe@published"] == []
    assert outcomes["toy:gap@published"] == []
    assert outcomes["toy:broken@published"] == ["Failure"]
    assert outcomes["other:safe@published"] == ["Error"]
    assert outcomes["toy:safe@published[Keys=9]"] == ["Skipped"]
    assert (suites.tests, suites.failures, suites.errors) == (7, 1, 1)
    assert cases["toy:broken@published"].result[0].message == "P: expected proved, found violated in 1 step"
    assert cases["toy:safe@published"].time == 0.0
    assert cases["toy:gap@published"].time == 2.0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("testcase name=", "testcase nome="),
        ("failure", "failed"),
        ('time="2.0"', 'time="-1"'),
        ("skipped message", "skipped massage"),
    ],
)
def test_the_schema_notices_what_is_wrong(before: str, after: str) -> None:
    written = junit_xml(nights.eventful())
    assert before in written
    assert not SCHEMA.is_valid(written.replace(before, after))


def test_the_summary_says_what_matters() -> None:
    summary = summary_markdown(nights.eventful())
    lines = summary.splitlines()
    assert lines[0] == "## 3 of 7 obligations need attention: 1 unexpected, 1 failed, 1 undecided"
    assert (
        "- **contradiction** `toy:broken@published` `P`: `expected proved, found violated in 1 step`, "
        "`new tonight, the model changed, from commit 0a1b2c3d4e5f to 4f5e6d7c8b9a+`"
    ) in lines
    assert "- `toy:old@published` is no longer in the suite" in lines
    assert any(line.startswith("- `other:slow@published` rose from 10.0 s") for line in lines)
    assert "| `toy` | 3 of 5 | 5 | 2 | 0 | 1 |" in lines


def test_the_summary_stays_short() -> None:
    entries = [
        nights.obligation(f"toy:safe@{n}", status="open", met=False, differences=[{"kind": "open", "found": "unknown"}])
        for n in range(500)
    ]
    lines = summary_markdown(nights.nightly(*entries)).splitlines()
    assert "- and 480 more" in lines
    assert len(lines) < 60


def outside_code(line: str) -> str:
    """A line of Markdown without its code spans."""
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)


def test_text_cannot_format_the_summary_or_mention_anybody() -> None:
    summary = summary_markdown(nights.hostile())
    for line in summary.splitlines():
        assert "@everyone" not in outside_code(line)
        assert "<" not in outside_code(line)
        assert not line.startswith("::")
    assert "@everyone" in summary


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a\nb", "`a b`"),
        ("", "` `"),
        ("``` `", "```` ``` ` ````"),
    ],
)
def test_code_spans(text: str, span: str) -> None:
    assert code(text) == span


def test_annotations_name_each_difference() -> None:
    lines = github_annotations(nights.eventful())
    assert lines[0] == (
        "::error file=models/toy.py,line=12,title=contradiction%3A toy%3Abroken@published P::"
        "expected proved, found violated in 1 step%0AThe counter stays at or below its bound.%0Ax <= 0, for x = 1"
    )
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::warning", "::warning"]
    assert github_annotations(nights.nightly(nights.obligation("a", workers.proved("P")))) == []


def test_text_cannot_make_annotations() -> None:
    for line in github_annotations(nights.hostile()):
        assert "\n" not in line
        assert line.startswith(("::error title=", "::warning title="))
        level, title = line.split("::")[1].split(" title=")
        assert level in ("error", "warning")
        assert not set(title) & set(":,")


def test_a_path_cannot_end_an_annotation() -> None:
    difference = {"kind": "open", "found": "unknown", "at": {"file": "a,line=9::b\nc.py", "line": 3}}
    report = nights.nightly(nights.obligation("a", status="open", met=False, differences=[difference]))
    [line] = github_annotations(report)
    assert line == "::warning file=a%2Cline=9%3A%3Ab%0Ac.py,line=3,title=open%3A a::unknown"


def test_pages_are_replaced_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("old", encoding="utf-8")
    paths = write_pages(nights.hostile(), tmp_path)
    assert [path.name for path in paths] == ["index.html", "junit.xml", "summary.md"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "junit.xml", "pages", "summary.md"]
    before = [path.read_bytes() for path in paths]
    write_pages(Nightly.from_document(nights.hostile().to_document()), tmp_path)
    assert [path.read_bytes() for path in paths] == before
    assert paths[0].stat().st_mode & stat.S_IRUSR
