"""Several points of one function in one action, and published names that are not those of Python functions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.snippets import HEAD
from verifier.catalog import load
from verifier.kernel.errors import ModelError
from verifier.kernel.printing import text
from verifier.kernel.protocol import Protocol
from verifier.kernel.terms import FALSE
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.scope import finite_scope


def loaded(folder: Path, source: str) -> Protocol:
    path = folder / "points.py"
    path.write_text(HEAD + source)
    return load(str(path))


POINTS = """
@p.action
def Step(s: State, a: Key, b: Key) -> None:
    {}

@p.invariant()
def Holds(s: State) -> Bool:
    return s.version == 0
"""


def updates(folder: Path, *lines: str) -> dict[str, str]:
    p = loaded(folder, POINTS.format("\n    ".join(lines)))
    return {update.variable: text(update.value, p.vocabulary) for update in p.actions["Step"].updates}


def test_points_are_assigned_in_order(tmp_path: Path) -> None:
    found = updates(tmp_path, "s.phase[a] = Phase.Active", "s.phase[b] = Phase.Done")
    assert found == {"phase": "[phase EXCEPT ![a] = Active, ![b] = Done]"}


@pytest.mark.parametrize(
    "lines",
    [
        ("s.phase[a], s.phase[b] = s.phase[b], s.phase[a]",),
        ("x, y = s.phase[a], s.phase[b]", "s.phase[a] = y", "s.phase[b] = x"),
        ("f = s.phase", "f[a], f[b] = f[b], f[a]"),
        ("f = s.phase", "s.phase[a] = f[b]; s.phase[b] = f[a]"),
    ],
)
def test_what_was_read_before_is_the_old_state(lines: tuple[str, ...], tmp_path: Path) -> None:
    assert updates(tmp_path, *lines) == {"phase": "[phase EXCEPT ![a] = phase[b], ![b] = phase[a]]"}


def test_nested_points(tmp_path: Path) -> None:
    row = updates(tmp_path, "s.seen[a][a] = 1", "s.seen[a][", "        b", "    ] = 2")
    assert row == {"seen": "[seen EXCEPT ![a] = [seen[a] EXCEPT ![a] = 1, ![b] = 2]]"}
    assert updates(tmp_path, "row = s.seen[a]", "row[a] = 1", "row[b] = 2") == row
    rows = updates(tmp_path, "s.seen[a][a] = 1", "s.seen[b][a] = 2")
    assert rows == {"seen": "[seen EXCEPT ![a][a] = 1, ![b][a] = 2]"}


@pytest.mark.parametrize(("equal", "after"), [(False, (1, 2)), (True, (2, 0))])
def test_the_later_of_two_writes_to_one_point_prevails(equal: bool, after: tuple[int, int], tmp_path: Path) -> None:
    p = loaded(tmp_path, POINTS.format("s.seen[a][a] = 1; s.seen[b][a] = 2"))
    machine = Machine(finite_scope(p.model()))
    start = next(iter(machine.initial_states()))
    step = machine.attempt(start, "Step", {"a": "k1", "b": "k1" if equal else "k2"})
    assert step.state is not None
    assert (step.state["seen"]["k1"]["k1"], step.state["seen"]["k2"]["k1"]) == after


def test_published_names(tmp_path: Path) -> None:
    source = """
@p.initially(name="Init")
def initially(s: State) -> Bool:
    return s.version == 0

@p.constraint(name="Bound")
def bounded(s: State) -> Bool:
    return s.version < 2

@p.action(name="Set")
def set_(s: State) -> None:
    guard("low", s.version < 3)
    s.version += 1

@p.action(name="import")
def import_(s: State) -> None:
    s.version = 0

@p.invariant(name="not-stuck")
def lively(s: State) -> Bool:
    return enabled(set_)

@p.action_property(name="assert")
def steps(s: State, after: State) -> Bool:
    return after.version <= s.version + 1

@p.lemma("it counts", name="class")
def counts(s: State) -> Bool:
    return s.version >= 0

p.variant("still", without=["Set"])
p.variant("free", drops=["Set.low"])
"""
    p = loaded(tmp_path, source)
    assert [*p.actions] == ["Set", "import"]
    assert [*p.properties] == ["not-stuck", "assert"]
    assert [*p.lemmas] == ["class"]
    assert [named.name for named in (*p.initial, *p.constraints)] == ["Init", "Bound"]
    assert text(p.properties["not-stuck"].formula, p.vocabulary) == "ENABLED Set"
    assert p.model("still").find_property("not-stuck").formula is FALSE


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ('@p.action(name="A.b")\ndef A(s: State) -> None: ...', "an action cannot be called 'A.b'"),
        ('@p.invariant(name="")\ndef A(s: State) -> Bool: ...', "property cannot be called ''"),
        ("@p.action(name=3)\ndef A(s: State) -> None: ...", "an action cannot be called 3"),
        ('@p.action(name="Once")\ndef A(s: State) -> None: ...', "action Once is defined twice"),
        ("@p.initially()\ndef A(s: State) -> Bool: ...", "the function is missing"),
        ('@p.lemma("why", name="a b")\ndef A(s: State) -> Bool: ...', "lemma cannot be called 'a b'"),
    ],
)
def test_names_that_are_refused(declared: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        loaded(tmp_path, f"\n@p.action\ndef Once(s: State) -> None: ...\n\n{declared}\n")
