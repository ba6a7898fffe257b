"""Tables, records, commands and long lines, each for the columns there are."""

from __future__ import annotations

import shlex

import pytest
from rich.text import Text

from verifier.documents.gaps import Gaps
from verifier.report.explanations import merged
from verifier.report.gaps import gaps_text
from verifier.report.layout import Column, Command, Grid, laid_out, wrapped
from verifier.report.model import ModelText
from verifier.report.text import render
from verifier.report.values import difference


def table() -> Grid:
    grid = Grid("name", Column("also called", optional=True), Column("kind", beside_title=True), "empty", free="remark")
    grid.add("Commit.all-prepared", "TwoPhaseCommit_AllPrepared", "guard", "", free="what it keeps from happening is said here")
    grid.add("Abort.undecided", "", "choice", "")
    return grid


def lines(grid: Grid, width: int | None) -> list[str]:
    return render([grid], width=width).splitlines()


def test_without_a_width_each_row_is_one_line() -> None:
    assert lines(table(), None) == [
        "name                 also called                 kind    remark",
        "Commit.all-prepared  TwoPhaseCommit_AllPrepared  guard   what it keeps from happening is said here",
        "Abort.undecided                                  choice",
    ]


def test_free_text_stands_below_its_row_where_it_does_not_fit_beside_it() -> None:
    assert lines(table(), 60) == [
        "name                 also called                 kind",
        "Commit.all-prepared  TwoPhaseCommit_AllPrepared  guard",
        "    what it keeps from happening is said here",
        "Abort.undecided                                  choice",
    ]


def test_free_text_is_wrapped_beside_its_row_where_there_is_room() -> None:
    grid = Grid("name", free="remark")
    grid.add("Commit", free="word " * 20)
    assert lines(grid, 60) == ["name    remark", *(f"{name:8}{'word ' * 10}".rstrip() for name in ("Commit", ""))]


def test_free_text_with_a_name_that_is_wider_than_the_room_beside_its_row_stands_below_it() -> None:
    grid = Grid("name", free="remark")
    grid.add("Commit-everything", free=f"because of {'N' * 50}")
    assert lines(grid, 66) == ["name", "Commit-everything", f"    because of {'N' * 50}"]


def test_an_optional_column_goes_before_the_table_does() -> None:
    assert lines(table(), 40) == [
        "name                 kind",
        "Commit.all-prepared  guard",
        "    what it keeps from happening is said",
        "      here",
        "Abort.undecided      choice",
    ]


def test_a_table_that_does_not_fit_becomes_records() -> None:
    grid = Grid("name", Column("kind", beside_title=True), "breaks", Column("states", right=True), free="remark", label="remark")
    grid.add("Commit.all-prepared", "guard", "NobodyDisagrees", "1,080", free="nothing else")
    assert lines(grid, 46) == [
        "Commit.all-prepared  guard",
        "    breaks NobodyDisagrees   states 1,080",
        "    remark nothing else",
    ]
    assert lines(grid, 40) == [
        "Commit.all-prepared  guard",
        "    breaks  NobodyDisagrees",
        "    states  1,080",
        "    remark nothing else",
    ]


def test_columns_count_wide_characters_twice() -> None:
    grid = Grid("名前", "x")
    grid.add("状態", "1")
    grid.add("abcdef", "2")
    assert lines(grid, None) == ["名前    x", "状態    1", "abcdef  2"]


def test_a_line_goes_on_further_in_and_keeps_names_and_numbers_of_steps_whole() -> None:
    text = "  NobodyDisagrees in 12 steps, CommitNeedsAll in 1 step"
    shown = ["  NobodyDisagrees", "      in 12 steps,", "      CommitNeedsAll", "      in 1 step"]
    assert [line.plain for line in wrapped(text, 24)] == shown
    assert [line.plain for line in wrapped("a-name-that-is-too-long for it", 10)] == ["a-name-that-is-too-long", "    for it"]


def test_styles_stay_where_they_are_when_a_line_is_broken() -> None:
    text = Text.assemble("one two ", ("three four", "red"))
    (first, second) = wrapped(text, 14)
    assert (first.plain, second.plain) == ("one two three", "    four")
    red = [(span.start, span.end, span.style) for line in (first, second) for span in line.spans]
    assert red == [(8, 13, "red"), (4, 8, "red")]


def test_a_command_that_goes_on_can_be_copied() -> None:
    command = "verify prove ./my_protocol.py:gap --set 'Keys={a, b}' --property NobodyDisagrees"
    shown = [line.plain for line in laid_out([Command(Text("next: "), command)], 44)]
    assert len(shown) > 1
    assert all(len(line) <= 44 for line in shown)
    assert all(line.endswith(" \\") for line in shown[:-1])
    assert shlex.split("\n".join(shown).removeprefix("next: ").replace("\\\n", "")) == shlex.split(command)
    assert render([Command(Text("next: "), command)]) == f"next: {command}\n"


def test_comments_of_a_model_stay_comments() -> None:
    text = "  x = 3        \\* number of values\n  \\* a line that is a comment\n  /\\ y = 1\n"
    assert render([ModelText(text)]) == text
    assert render([ModelText(text)], width=20).splitlines() == [
        "  x = 3",
        "      \\* number of",
        "      \\* values",
        "  \\* a line that is",
        "  \\* a comment",
        "  /\\ y = 1",
    ]


# -- what changes, and why a property fails --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{a, b}", "{a, b, c}", "added c"),
        ("{a, b}", "{b, c, d}", "added c, d; removed a"),
        ("{<<1, a>>, [x |-> 1, y |-> 2]}", "{[x |-> 1, y |-> 2]}", "removed <<1, a>>"),
        ("{[k -> {1, 2}]}", "{[k -> {1, 2}], [k -> {1}]}", "added [k -> {1}]"),
        ("{}", "{a}", None),
        ("{a}", "{b}", None),
        ("{a}", "{}", None),
        ("1", "2", None),
        ("<<a>>", "<<a, b>>", "appended b"),
        ("<<a, b, c>>", "<<b, c>>", "removed a from the front"),
        ("<<a, b, c>>", "<<a>>", "removed b, c from the end"),
        ("<<a, b>>", "<<b, a>>", None),
        ("<<>>", "<<a>>", None),
        ("<<1, {2}>>", "<<1, {2}, {3, 4}>>", "appended {3, 4}"),
    ],
)
def test_what_keeps_elements_says_what_came_and_went(old: str, new: str, told: str | None) -> None:
    assert difference(old, new) == told


@pytest.mark.parametrize(
    ("explanation", "told"),
    [
        (
            ["P fails for r = r1: x[r] is false: left r1, right {}", "P fails for r = r2: x[r] is false: left r2, right {}"],
            [("P fails for r = r1: x[r] is false: left r1, right {}", ("r = r2",))],
        ),
        (
            ["P fails for a = r1, b = r2: left r1, right r2", "P fails for a = r2, b = r1: left r2, right r1"],
            [("P fails for a = r1, b = r2: left r1, right r2", ("a = r2, b = r1",))],
        ),
        (  # The second has other values: it says something of its own.
            ["P fails for r = r1: left 1, right 2", "P fails for r = r2: left 3, right 2"],
            [("P fails for r = r1: left 1, right 2", ()), ("P fails for r = r2: left 3, right 2", ())],
        ),
        (  # Numbers are not interchangeable; what is said of both word for word is.
            ["P fails for n = 1: left 1", "P fails for n = 2: left 2", "P fails for n = 3: left 2"],
            [("P fails for n = 1: left 1", ()), ("P fails for n = 2: left 2", ("n = 3",))],
        ),
        (  # Lines about the same element go together.
            [f"P fails for r = {r}: {part} is false" for r in ("r1", "r2") for part in ("a", "b")],
            [("P fails for r = r1: a is false", ()), ("P fails for r = r1: b is false", ("r = r2",))],
        ),
        (  # One element twice is another case than two of them.
            ["P fails for a = r1, b = r1: c is false", "P fails for a = r1, b = r2: c is false"],
            [("P fails for a = r1, b = r1: c is false", ()), ("P fails for a = r1, b = r2: c is false", ())],
        ),
        (["P fails: the run stays in state 1"], [("P fails: the run stays in state 1", ())]),
        (["it holds", "it holds"], [("it holds", ()), ("it holds", ())]),
    ],
)
def test_symmetric_explanations_are_given_once(explanation: list[str], told: list[tuple[str, tuple[str, ...]]]) -> None:
    assert list(merged(explanation)) == told


def test_what_protects_nothing_stands_out() -> None:
    broken = {"action": "A", "name": "works", "kind": "guard", "complete": True, "inert": True, "distinct": 3}
    items = list(laid_out(gaps_text(Gaps.from_document({"protocol": "toy", "drops": [broken]})), None))
    (row,) = [line for line in items if line.plain.startswith("A.works  ")]
    assert [str(span.style) for span in row.spans if row.plain[span.start : span.end] == "nothing"] == ["bold yellow"]
    assert "green" not in {str(span.style) for line in items for span in line.spans}
