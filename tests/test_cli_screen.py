"""When there are colours, how many columns lines have, and that a log says nothing twice."""

from __future__ import annotations

import io
import sys

import pytest

from tests import workers
from verifier.cli import entry, screen
from verifier.cli.front import Caller, Front
from verifier.cli.messages import say

COLORS = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM", "COLUMNS")


class Terminal(io.StringIO):
    """A stream that is a terminal, of a size that nobody knows."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COLORS:
        monkeypatch.delenv(name, raising=False)


# Each line has what takes precedence before what would have it otherwise.
@pytest.mark.parametrize(
    ("settings", "terminal", "piped"),
    [
        ({}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"CLICOLOR": "0"}, False, False),
        ({"CLICOLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"CLICOLOR_FORCE": "1"}, True, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"CLICOLOR_FORCE": "0"}, True, False),
        ({"FORCE_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1", "CLICOLOR": "0", "TERM": "dumb"}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"NO_COLOR": "", "CLICOLOR_FORCE": "1"}, True, True),
    ],
)
def test_who_decides_about_colours(
    settings: dict[str, str], terminal: bool, piped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert screen.colored(Terminal()) is terminal
    assert screen.colored(io.StringIO()) is piped
    assert not screen.colored(Terminal(), no_color=True)


def test_forced_colours_are_written_to_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    worker = workers.worker(workers.finished(workers.proved("P")), workers.DONE)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert entry.run(["prove", "toy"], worker) == 0
    assert "\x1b[32mPROVED\x1b[0m" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "terminal", "piped"), [("", 80, None), ("100", 100, 100), ("0", 80, None), ("-3", 80, None), ("wide", 80, None)]
)
def test_how_many_columns_there_are(asked: str, terminal: int, piped: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", asked)
    assert screen.columns(Terminal()) == terminal
    assert screen.columns(io.StringIO()) == piped


def test_a_log_says_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    searching = {"event": "progress", "text": "39 states", "engine": "explicit search", "k": 3}
    further = {**searching, "text": "217 states", "k": 4}
    events = [searching, further, searching, further, workers.finished(workers.proved("P")), workers.DONE]
    assert entry.run(["prove", "toy", "--log-level", "debug"], workers.worker(*events)) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["verify: explicit search at depth 3: 39 states", "verify: explicit search at depth 4: 217 states"]


def test_the_help_names_each_command_in_whole_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "..." not in shown.partition("Commands:")[2]
    assert "refute them with replayed\n" in shown


def test_a_mistake_is_told_in_lines_that_fit_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("COLUMNS", "40")
    say("there is no property NobodyHandsOverBesideOneWhoHasGivenUp here", "hint: did you mean Never-Before?")
    assert sys.stderr.getvalue().splitlines() == [
        "verify: there is no property",
        "    NobodyHandsOverBesideOneWhoHasGivenUp",
        "    here",
        "hint: did you mean Never-Before?",
    ]


def test_a_mistake_is_one_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    say("word " * 100)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_progress_takes_the_lines_it_needs_and_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("COLUMNS", "40")
    front = Front(Caller(None))
    text = "NobodyHandsOverBesideOne and WhoeverHandedOverHasSentThat"
    front._on_event({"event": "progress", "text": text, "engine": "bmc", "k": 3})
    front._on_tick(2.0)
    front._on_tick(3.0)
    front._clear()
    first, second = ("\n".join([f"    {second} s  bmc at depth 3:", *(f"{'':9}{word}" for word in SHOWN)]) for second in (2, 3))
    cleared = "\r\x1b[2K" + "\x1b[1A\x1b[2K" * 2
    assert sys.stderr.getvalue() == f"\r\x1b[2K{first}{cleared}{second}{cleared}"


SHOWN = ("NobodyHandsOverBesideOne and", "WhoeverHandedOverHasSentThat")
