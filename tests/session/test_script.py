"""`verify step --script`: one command a line, the line of a mistake, exit codes, and what is not loaded."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import verifier
from tests.command import run
from tests.source import ROOT
from verifier.kernel.errors import UsageError
from verifier.session.script import COMMANDS, Commands

TOY = Path(__file__).with_name("toys.py")


@pytest.fixture
def commands() -> Iterator[Commands]:
    with verifier.walk(verifier.load(TOY), in_process=True) as walk:
        yield Commands(walk)


def carried_out(commands: Commands, *lines: str) -> list[str]:
    """What the last of the lines shows."""
    shown: list[str] = []
    for line in lines:
        shown = commands.run(line)
    return shown


def test_every_command_is_explained_and_there(commands: Commands) -> None:
    assert len(commands.run("help")) == len(COMMANDS)
    assert commands.run("help until")[0].startswith("until FORMULA")
    assert all(hasattr(commands, f"_{name}") for name in COMMANDS)


def test_comments_and_empty_lines_do_nothing(commands: Commands) -> None:
    assert commands.run("") == commands.run("   # a word") == []


@pytest.mark.parametrize("line", ["step Request c=c1", "step Request c = c1", "step Request c1", "step Request(c = c1)",
                                  "step Request(c1)", "step 1", "step request c1"])  # fmt: skip
def test_an_instance_is_written_in_several_ways(commands: Commands, line: str) -> None:
    assert commands.run(line) == ["   1  Request(c = c1)", "      phase[c1] : Idle -> Waiting"]


def test_a_state_is_shown_with_its_step(commands: Commands) -> None:
    assert carried_out(commands, "step 1", "state") == [
        "state 1, after Request(c = c1)",
        "  phase = [c1 -> Waiting, c2 -> Idle]",
        "  lock  = none",
        "  token = 0",
        "  seen  = {}",
    ]


def test_what_can_happen_and_what_stops_the_rest(commands: Commands) -> None:
    assert commands.run("enabled") == ["   1  Request(c = c1)", "   2  Request(c = c2)"]
    assert commands.run("disabled")[0] == "   3  Grant(c = c1)  (stopped by waiting)"


def test_why(commands: Commands) -> None:
    assert commands.run("why Grant c=c1")[:3] == [
        "Grant(c = c1) cannot happen",
        "  waiting is FALSE: phase[c] = Waiting",
        "      phase[c] = Waiting is false: left Idle, right Waiting",
    ]
    assert carried_out(commands, "step 1", "why 3")[0] == "Grant(c = c1) can happen"


def test_until_goes_there_or_says_that_there_is_no_such_state(commands: Commands) -> None:
    assert commands.run("until token == 1")[0] == "state 2, after Grant(c = c1)"
    assert not commands.missed
    assert commands.run("until phase[c1] == Broken")[0].startswith("not found: it is true in none of the ")
    assert commands.missed


def test_back_and_forth(commands: Commands) -> None:
    assert carried_out(commands, "until token == 1", "undo 2")[0] == "state 0"
    assert carried_out(commands, "redo")[0] == "   1  Request(c = c1)"
    assert carried_out(commands, "goto 2")[0] == "state 2, after Grant(c = c1)"
    assert carried_out(commands, "undo")[0] == "state 1, after Request(c = c1)"
    assert commands.run("path")[:2] == ["   0  init", "   1  Request(c = c1)"]
    assert carried_out(commands, "init")[0] == "state 0"
    assert commands.run("holds lock == none") == ["TRUE"]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("stpe 1", "no command stpe", "did you mean step?"),
        ("Step 1", "no command Step", "did you mean step?"),
        ("state 1", "takes no arguments", None),
        ("goto", "needs a number", "goto 3"),
        ("goto x", "takes a number", "goto 3"),
        ("goto 99", "no state 99", "0 to 0"),
        ("undo 5", "no state -5", None),
        ("step", "needs an action", "step ACTION"),
        ("step 99", "no action instance 99", "1 to 6"),
        ("step Request k=c1", "no argument k", "arguments: c"),
        ("step Request c=c1 c=c2", "given c twice", None),
        ("step ???", "not an action instance", None),
        ("until", "needs a formula", None),
        ("until token = 1", "not a formula", "equality is written =="),
        ("save", "needs a file", None),
        ("save /nowhere/at/all", "/nowhere/at/all", None),
        ("help stpe", "no command stpe", "did you mean step?"),
        ("init 2", "no initial state 2", "there is 1 initial state"),
    ],
)
def test_a_mistake_is_named_with_the_nearest_right_thing(
    commands: Commands, line: str, message: str, hint: str | None
) -> None:
    with pytest.raises(UsageError) as refused:
        commands.run(line)
    assert message in refused.value.message
    assert hint is None or hint in str(refused.value.hint)
    assert commands.walk.state.number == 0


@pytest.mark.full
def test_a_script_from_the_command_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "commands.txt"
    script.write_text("# a walk\nstep Request c1\n\nuntil token == 1\nuntil phase[c1] == Broken\nquit\nnonsense\n")
    assert run(["step", str(TOY), "--script", str(script)]) == 3  # the last one finds nothing
    assert "> until token == 1\nstate 2, after Grant(c = c1)\n" in capfd.readouterr().out
    script.write_text("state\n\nstpe 1\n")
    assert run(["step", str(TOY), "--script", str(script)]) == 2
    first, hint = capfd.readouterr().err.splitlines()
    assert first.startswith(f"verify: {script}:3: there is no command stpe")
    assert hint == "hint: did you mean step?"


def test_without_a_terminal_there_is_a_hint(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["step", str(TOY)]) == 2
    assert "--script FILE" in capfd.readouterr().err


@pytest.mark.full
def test_a_script_loads_no_terminal_interface(tmp_path: Path) -> None:
    script = tmp_path / "commands.txt"
    script.write_text("enabled\n")
    program = (
        "import sys; from verifier.cli.entry import run; "
        f"code = run(['step', {str(TOY)!r}, '--script', {str(script)!r}]); print(code, *sys.modules, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    loaded = done.stdout.splitlines()
    assert "0" in loaded
    assert [name for name in loaded if name.startswith(("textual", "z3", "numpy", "verifier.semantics"))] == []
