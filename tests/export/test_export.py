"""What is exported means what the model means: the same states and the same shortest violations, read back by other readers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import z3

from tests.command import run
from tests.explicit import models as small
from tests.export import readers
from tests.models import constructs, elements, sizes
from verifier import api
from verifier.kernel import Bool, Option, Protocol, Range, Scalarset, anything, guard, none, some, var
from verifier.kernel.errors import UsageError
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.export.system import KINDS
from verifier.semantics.export.write import exported
from verifier.semantics.ground.layout import Layout
from verifier.semantics.scope import FiniteScope, finite_scope
from verifier.semantics.symbols import numbered


def meant(scope: FiniteScope) -> tuple[set[tuple[tuple[str, int], ...]], dict[str, int]]:
    """The reachable states that can be stored, as codes, and the frame in which each property is first violated.

    A step is of the frame that it leaves. By the concrete semantics, one state at a time.
    """
    machine, layout = Machine(scope), Layout(scope)
    properties = [prop for prop in scope.model.stated if prop.kind in KINDS and prop not in scope.model.laws]
    frames: dict[str, int] = {}

    def judge(names: Iterable[str], frame: int) -> None:
        for name in names:
            frames.setdefault(name, frame)

    def of_state(state: Any, *kinds: str) -> list[str]:
        asked = [prop for prop in properties if prop.kind in kinds and not prop.of_steps]
        return [prop.name for prop in asked if not machine.holds(prop, state)]

    seen: dict[Any, None] = {}
    level: dict[Any, None] = {}
    if any(True for _ in machine.undefined_starts()):
        judge(["Defined"], 0)
    for state in machine.initial_states():
        if machine.range_violations(state):
            judge(of_state(state, "range", "state"), 0)
        else:
            level[state] = None
    frame = 0
    while level:
        seen |= level
        following: dict[Any, None] = {}
        for state in level:
            judge(of_state(state, "state", "defined"), frame)
            for step in machine.steps(state) if machine.inside(state) else ():
                if step.outcome == "undefined":
                    continue
                steps = [prop for prop in properties if prop.kind == "action" or (prop.of_steps and step.fired)]
                judge([prop.name for prop in steps if not machine.holds(prop, state, step.state)], frame)
                if step.outcome == "out of range":
                    judge(of_state(step.state, "range", "state"), frame)
                elif step.state not in seen:
                    following[step.state] = None
        level, frame = following, frame + 1
    states = set()
    for state in seen:
        codes = zip(layout.fields, layout.encode(state), strict=True)
        # A word is read as bits, without a sign.
        words = [
            (field.number, code % (1 << max(1, _bits(field.low, field.high))))
            for field, code in codes
            if field.low < field.high
        ]
        states.add(tuple(sorted(words)))
    return states, frames


def _bits(low: int, high: int) -> int:
    least = 1
    while not ((low >= 0 and high < 1 << least) or (low < 0 and -(1 << least - 1) <= low and high < 1 << least - 1)):
        least += 1
    return least


def said(circuit: readers.Circuit) -> tuple[set[tuple[tuple[str, int], ...]], dict[str, int]]:
    """The same of a file."""
    result = readers.search(circuit)
    states = {
        tuple(sorted((int(name.partition(":")[0]), code) for name, code in words))
        for words in readers.stored(circuit, result.states)
    }
    return states, result.frames


def starts() -> Protocol:
    """Several initial states, some outside the constraint, some for which a predicate has no value; a step leaves a range."""
    p = Protocol("starts", "several initial states")

    class Wide(Range, low=-3, high=2):
        pass

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    @p.state
    class State:
        a: Wide = var(anything, "open")
        held: Option[Node] = var(anything, "open, without a value perhaps")
        c: Wide = var(-1, "given")
        last: Option[Wide] = var(none, "given, and absent")

    @p.initially
    def Small(s: State) -> Bool:
        return s.a <= -1

    @p.initially
    def Somebody(s: State) -> Bool:
        return (s.held.value == s.held.value) | (s.a == 0)

    @p.constraint
    def Near(s: State) -> Bool:
        return s.a >= -2

    @p.action
    def Add(s: State, n: Node) -> None:
        guard("held", s.held == some(n))
        s.last = some(s.c)
        s.c = s.c + s.a * s.a

    @p.action
    def Drop(s: State) -> None:
        guard("once", s.held.is_some)
        s.held = none
        s.a = s.a - 1

    @p.invariant()
    def Below(s: State) -> Bool:
        return s.c < 1

    @p.invariant()
    def Apart(s: State) -> Bool:
        return s.last != some(s.c)

    @p.action_property()
    def Rises(s: State, after: State) -> Bool:
        return after.a - s.a >= 0

    return p


MODELS = {
    **{name: constructs.ALL[name] for name in ("stamps", "partial")},
    **{make.__name__: make() for make in (small.bounded, small.stuck, small.choosing, starts)},
    "outset": elements.ALL["outset"],
    "ring": sizes.ALL["ring"],
}
CASES = [(name, variant) for name in MODELS for variant in MODELS[name].variants if variant != "greatest-first"]


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_a_file_has_the_states_and_the_shortest_violations_of_the_model(name: str, variant: str) -> None:
    model = MODELS[name].model(variant)
    wanted = meant(finite_scope(model))
    for read in (
        readers.aiger(exported(model, {}, [], "aiger")),
        readers.aiger(exported(model, {}, [], "aig")),
        readers.btor2(exported(model, {}, [], "btor2").decode()),
    ):
        assert said(read) == wanted


SMALL = [("stuck", "safe"), ("starts", "safe"), *(pytest.param(*case, marks=pytest.mark.nightly) for case in CASES)]


class Unrolled:
    """The functions of an SMT-LIB text over constants for some states, as z3 reads them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.fields = re.findall(r"^\(declare-const \|(\d[^|']*)\| (.*)\)$", text, re.MULTILINE)
        self.picks = re.findall(r"^\(declare-const (\|\?pick [^|]*\|) (.*)\)$", text, re.MULTILINE)

    def holds(self, frames: int, *formulas: str) -> bool:
        """Whether some run of so many steps satisfies formulas over the states `s0` and so on."""
        names = [[f"|s{n} {name}|" for name, _ in self.fields] for n in range(frames + 2)]
        declared = [f"(declare-const {one} {sort})" for row in names for one, (_, sort) in zip(row, self.fields, strict=True)]
        asked = [*formulas, *(f"(step s{n} s{n + 1} p{n})" for n in range(frames))]
        for n in range(frames + 1):
            declared += [f"(declare-const |p{n} {pick[1:]} {sort})" for pick, sort in self.picks]
        script = "\n".join([self.text, *declared, *(f"(assert {self._written(one, names)})" for one in asked)])
        solver = z3.Solver()
        solver.from_string(script)
        return bool(solver.check() == z3.sat)

    def _written(self, formula: str, names: list[list[str]]) -> str:
        name, *given = re.findall(r"\|[^|]*\||\w+", formula)
        written: list[str] = []
        for one in given:
            number = int(one[1:])
            written += names[number] if one[0] == "s" else [f"|p{number} {pick[1:]}" for pick, _ in self.picks]
        return f"(|{name.strip('|')}| {' '.join(written)})" if written else f"|{name.strip('|')}|"


@pytest.mark.parametrize(("name", "variant"), SMALL)
def test_functions_of_smt_lib_have_the_shortest_violations_of_the_model(name: str, variant: str) -> None:
    model = MODELS[name].model(variant)
    _, frames = meant(finite_scope(model))
    read = Unrolled(exported(model, {}, [], "smt2").decode())
    properties = [prop for prop in model.stated if prop.kind in KINDS and prop not in model.laws]
    for number, prop in enumerate(properties):
        label = numbered(number, prop.short or prop.name)
        found = next((n for n in range(5) if _is_bad(read, label, n)), None)
        wanted = frames.get(prop.name)
        assert found == (wanted if wanted is None or wanted < 5 else None), prop.name


def _is_bad(read: Unrolled, label: str, frame: int) -> bool:
    """Whether a run has a violation in this frame: of a state, of the step that leaves it, or of a candidate for the first."""
    if frame == 0 and f"(define-fun |bad start {label}|" in read.text and read.holds(0, f"(|bad start {label}| s0)"):
        return True
    if read.holds(frame, "(initial s0)", f"(|bad {label}| s{frame})"):
        return True
    if f"(define-fun |bad step {label}|" not in read.text:
        return False
    step = [f"(step s{frame} s{frame + 1} p{frame})", f"(|bad step {label}| s{frame} s{frame + 1})"]
    return read.holds(frame, "(initial s0)", *step)


def test_of_one_property_there_is_one_bad_line_and_the_comments_say_what_is_picked() -> None:
    written = api.show("hlc", format="btor2", properties=["HLC-1"], settings={"Nodes": 2}, in_process=True)
    read = readers.btor2(written)
    assert len(read.bads) == 1
    assert read.comments[0] == "protocol hlc, variant safe"
    assert "Nodes = 2" in read.comments
    assert any(comment.startswith("pick = 0: ") for comment in read.comments)
    assert (
        readers.aiger(api.show("hlc", format="aig", properties=["HLC-1"], settings={"Nodes": 2}, in_process=True)).bads
        == read.bads
    )


def test_a_dropped_guard_is_dropped() -> None:
    whole = api.show("composed", format="aiger", properties=["Composed-1"], in_process=True)
    dropped = api.show(
        "composed", format="aiger", properties=["Composed-1"], drop=["Commit.current-owner"], in_process=True
    )
    assert "without Commit.current-owner" in dropped
    assert whole.partition("\nc\n")[0] != dropped.partition("\nc\n")[0]


def test_deadlock_is_exported_by_name() -> None:
    assert readers.aiger(exported(small.stuck().with_deadlock().model(None), {}, ["Deadlock"], "aig")).bads == [
        "Deadlock"
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["composed", "--format", "aiger", "--property", "nope"], "composed has no property nope"),
        (["composed", "--format", "btor"], "there is no such format"),
        (["composed", "--format", "aiger", "--set", "Key=3"], "composed has no parameter Key"),
        (["composed", "--format", "aiger", "--drop", "Commit.nope"], "Commit has no guard or choice nope"),
        (["composed", "--format", "aiger", "--scope", "unbounded"], "no such option: --scope"),
        (["composed", "--format", "aiger", "--output", "none/x.aig"], "there is no directory none"),
        (["composed", "--output", "x.aag"], "--output goes with an export"),
        (["composed", "--property", "Composed-1"], "--property goes with an export"),
    ],
)
def test_bad_input_is_refused(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["show", *arguments]) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_law_is_not_one_of_states() -> None:
    with pytest.raises(UsageError, match="law"):
        exported(laws().model(None), {}, ["Adds"], "aiger")


def laws() -> Protocol:
    p = Protocol("laws", "a law and a state")

    class Low(Range, low=0, high=1):
        pass

    @p.state
    class State:
        low: Low = var(0, "a number")

    @p.action
    def Step(s: State) -> None:
        s.low = 1 - s.low

    @p.law()
    def Adds(x: Low, y: Low) -> Bool:
        return x + y == y + x

    return p


def test_a_file_is_written_as_a_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.aig"
    assert run(["show", "composed", "--format", "aiger", "--property", "Composed-1", "--output", str(path)]) == 0
    assert capsys.readouterr().out == f"wrote {path}\n"
    assert readers.aiger(path.read_bytes()).bads == ["Composed1_CommitToOwningGroup"]
    assert run(["show", "composed", "--format", "aiger", "--property", "Composed-1"]) == 0
    assert capsys.readouterr().out.startswith("aag ")
