"""Where things stand, what properties say, and the commands that decide them again: the same in every document."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.proof import models
from verifier import api
from verifier.kernel.errors import Position
from verifier.kernel.places import place, shown

MODEL = '''\
from verifier.kernel import Bool, Protocol, Range, Scalarset, Fn, forall, guard, implies, var

other = Protocol("other", "not this one")
protocol = Protocol("odd", "names <&\\"> and ünïcode")


class Count(Range, low=0, high=3):
    pass


class Node(Scalarset, parameter="Nodes", size=2):
    pass


@protocol.state
class State:
    x: Count = var(0)
    holds: Fn[Node, Bool] = var(False)


@protocol.action
def Up(s: State, n: Node) -> None:
    """Counts <up>."""
    guard("below", s.x < 3)
    s.x += 1
    s.holds[n] = True


@protocol.invariant(short="Size-1")
def Small(s: State) -> Bool:
    """No node holds, "ever"; <b>&amp;</b> ünïcode."""
    return forall(Node, lambda n: implies(s.holds[n], s.x < 1))


@protocol.lemma("it is a range")
def Low(s: State) -> Bool:
    return s.x <= 3

'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a model in a folder whose name has a blank."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my models").mkdir()
    (tmp_path / "my models" / "odd.py").write_text(MODEL, encoding="utf-8")
    return tmp_path


def line(text: str) -> int:
    """The number of the first line of the model that has a text."""
    return next(number for number, one in enumerate(MODEL.splitlines(), 1) if text in one)


@pytest.mark.parametrize("reference", ["my models/odd.py", "./my models/odd.py", "absolute"])
def test_a_result_says_where_and_what_and_how_again(folder: Path, reference: str) -> None:
    given = str(folder / "my models" / "odd.py") if reference == "absolute" else reference
    result = api.prove(given, settings=["Nodes=3"], engine="explicit", in_process=True)
    [one] = result.results
    home = {"file": "my models/odd.py"}
    document = one.to_document()
    assert document["at"] == home | {"line": line("Protocol(\"odd\"")}
    assert document["description"] == 'names <&"> and ünïcode'
    [action] = document["actions"]
    assert action["at"] == home | {"line": line("@protocol.action")}
    assert action["guards"] == [{"name": "below", "kind": "guard", "at": home | {"line": line("guard(\"below\"")}}]
    entry = one["Size-1"].to_document()
    assert entry["at"] == home | {"line": line("@protocol.invariant")}
    assert entry["doc"] == 'No node holds, "ever"; <b>&amp;</b> ünïcode.'
    assert entry["formula"] == "\\A n \\in Node : holds[n] => x < 1"
    assert entry["explanation"] == ["Small fails for n = n1: x < 1 is false: left 1, right 1"]
    assert shlex.split(entry["command"]) == [
        *("verify", "prove", given, "--set", "Nodes=3", "--property", "Size-1", "--engine", "explicit"),
    ]  # fmt: skip
    meta = entry["trace"]["#meta"]
    assert {name: meta[name] for name in ("at", "doc", "formula", "explanation", "command")} == {
        name: entry[name] for name in ("at", "doc", "formula", "explanation", "command")
    }
    assert meta["actions"] == document["actions"]


def test_ranges_lemmas_and_definedness_have_a_place(folder: Path) -> None:
    listed = api.list_protocols("my models/odd.py", in_process=True).to_document()["protocols"][0]
    by_name = {entry["name"]: entry for entry in listed["properties"]}
    assert by_name["Range@x"]["at"]["line"] == line("x: Count")
    assert by_name["Range@x"]["formula"] == "x \\in Count"
    assert by_name["Defined"]["formula"] is None
    assert by_name["Defined"]["at"] == listed["at"]
    assert listed["lemmas"] == [
        {"name": "Low", "doc": "it is a range", "formula": "x <= 3",
         "at": {"file": "my models/odd.py", "line": line("@protocol.lemma")}},
    ]  # fmt: skip


def test_what_breaks_without_a_guard_has_the_command_that_shows_it(folder: Path) -> None:
    gaps = api.gaps("my models/odd.py", settings=["Nodes=1"], in_process=True)
    drop = gaps["Up.below"].to_document()
    assert drop["at"]["line"] == line("guard(\"below\"")
    [broken] = drop["breaks"]
    assert broken["property"] == "Range@x"
    assert broken["explanation"]
    words = ["verify", "prove", "my models/odd.py", "--drop", "Up.below", "--set", "Nodes=1", "--property", "Range@x"]
    assert shlex.split(broken["command"]) == words
    again = api.prove("my models/odd.py", drop=["Up.below"], settings=["Nodes=1"], properties=["Range@x"], in_process=True)
    assert again.results[0]["Range@x"].steps == broken["steps"]


def test_the_command_repeats_what_was_asked() -> None:
    result = api.prove("composed:gap", k=5, properties=["Composed-1"], hints=False, lemmas=False, in_process=True)
    command = "verify prove composed:gap --property Composed-1 --k 5 --no-hints --no-lemmas"
    assert result.results[0]["Composed-1"].command == command
    apart = api.prove("composed", variant="gap", properties=["Composed-1"], engine="bmc", in_process=True)
    assert apart.results[0]["Composed-1"].command == "verify prove composed --variant gap --property Composed-1 --engine bmc"


def test_a_protocol_without_a_name_on_the_command_line_has_no_command() -> None:
    assert api.prove(models.counter(), in_process=True).results[0]["BelowLimit"].command is None


def test_a_run_that_was_cut_off_still_says_what_it_was_about(folder: Path) -> None:
    result = api.prove("my models/odd.py", timeout=0.01).results[0]
    assert all(entry.command for entry in result.properties)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("m.py", "m.py"),
        ("./m.py", "m.py"),
        ("../x//m.py", "../x/m.py"),
        ("/opt/venv/lib/python3.11/site-packages/acme/two_phase.py", "acme/two_phase.py"),
        ("/usr/lib/python3/dist-packages/acme/x.py", "acme/x.py"),
        ("/elsewhere/m.py", "/elsewhere/m.py"),
    ],
)
def test_paths_mean_something_to_who_reads_them(file: str, expected: str) -> None:
    assert shown(file) == expected


def test_what_was_typed_into_a_prompt_has_no_place() -> None:
    assert place(Position("<stdin>", 3)) is None
    assert place(None) is None


def test_a_search_says_how_to_see_what_it_found(folder: Path) -> None:
    found = api.explore("my models/odd.py", drop=["Up.below"], settings=["Nodes=1"], in_process=True)
    commands = {one.property: shlex.split(one.command or "") for one in found.violations}
    words = ["verify", "prove", "my models/odd.py", "--drop", "Up.below", "--set", "Nodes=1", "--property"]
    assert commands == {"Size-1": [*words, "Size-1"], "Range@x": [*words, "Range@x"]}
    assert found.violations[0].at is not None
