"""Explicit search needs no solver, and what is said beside a verdict never costs it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.proof import models
from tests.source import ROOT, loaded_by, read
from verifier.catalog import load
from verifier.kernel import Bool, Protocol, Range, guard, implies, var
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.answers import Answer

WITHOUT_SOLVERS = """
import json, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("z3", "cvc5", "pysat"):
            raise ImportError(f"{name} is not to be loaded")

sys.meta_path.insert(0, Refuse())

import verifier

found = {}
for name in sys.argv[1:]:
    result = verifier.prove(name, engine="explicit", in_process=True)
    found[name] = {entry.name: [entry.verdict, entry.steps] for entry in result.properties}
    verifier.explore(name, in_process=True)
    verifier.run(name, runs=2, in_process=True)
print(json.dumps(found))
"""


def test_explicit_search_loads_no_solver() -> None:
    names = ["composed", "composed:gap", "hlc:gap", "routes"]
    program = [sys.executable, "-c", WITHOUT_SOLVERS, *names]
    run = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["composed:gap"]["Composed-1"] == ["violated", 4]
    assert {verdict for verdict, _ in found["composed"].values()} == {"proved"}


def test_nothing_that_explicit_search_imports_loads_a_solver() -> None:
    known = read(ROOT)
    loaded = loaded_by("verifier.proof.strategy.published", known, lazily=False)
    assert "verifier.proof.strategy.vacuity" in loaded
    assert [module for module in loaded if module.split(".")[0] in ("z3", "cvc5")] == []


@pytest.mark.parametrize("builder", [models.counter, models.two_claims, models.dead_end, models.constrained, models.never_firing])
def test_searching_alone_says_what_the_other_engines_say(builder: Any) -> None:
    searched = prove(ProveRequest(builder(), engine="explicit"), lambda event: None)
    other = prove(ProveRequest(builder()), lambda event: None)
    for one, two in zip(searched["properties"], other["properties"], strict=True):
        assert (one["name"], one["verdict"], one["steps"]) == (two["name"], two["verdict"], two["steps"])
    assert searched["statistics"].get("warnings") == other["statistics"].get("warnings")
    assert "z3" not in searched["versions"]


def test_marks_need_no_solver_where_all_states_were_visited() -> None:
    p = Protocol("seldom", "a premise that no reachable state satisfies")

    class Count(Range, low=0, high=9):
        pass

    @p.state
    class State:
        x: Count = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("low", s.x < 4)
        s.x += 2

    @p.invariant()
    def Odd(s: State) -> Bool:
        return implies(s.x == 3, s.x == 4)

    @p.invariant()
    def Same(s: State) -> Bool:
        return s.x * 0 == 0

    @p.invariant()
    def Constant(s: State) -> Bool:
        return Count(3) == 3

    document = prove(ProveRequest(p, engine="explicit"), lambda event: None)
    marks = {entry["name"]: entry["vacuous"] for entry in document["properties"]}
    assert marks["Odd"]["reason"] == "its premise holds in no reachable state: all were visited"
    assert marks["Same"]["kind"] == "well-typed"
    assert marks["Constant"]["kind"] == "constant"


def hard() -> Protocol:
    """Three states; that a square is not negative is hard to tell from its bits."""
    p = Protocol("hard", "three states")

    class Wide(Range, low=-1_000_000, high=1_000_000):
        pass

    class Few(Range, low=0, high=2):
        pass

    @p.state
    class State:
        x: Wide = var(1_000_000)
        y: Wide = var(-1_000_000)
        n: Few = var(0)

    @p.action
    def Step(s: State) -> None:
        guard("few", s.n < 2)
        s.n += 1

    @p.invariant()
    def Square(s: State) -> Bool:
        return (s.x * s.y + s.n) * (s.x * s.y + s.n) >= 0

    return p


def test_what_is_hard_for_a_solver_is_decided_by_searching() -> None:
    document = prove(ProveRequest(hard(), engine="explicit"), lambda event: None)
    assert {entry["verdict"] for entry in document["properties"]} == {"proved"}


@pytest.mark.full
def test_what_is_hard_for_a_solver_is_decided_by_searching_where_engines_are_combined() -> None:
    """The remarks and the first induction step end when their budgets do."""
    document = prove(ProveRequest(hard()), lambda event: None)
    found = {entry["name"]: (entry["verdict"], entry["method"]) for entry in document["properties"]}
    assert found["Square"] == ("proved", "exhaustive")


def test_every_remark_has_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks a solver for a remark limits it; only what decides a verdict does not."""
    unlimited: list[str] = []
    original = Unrolling.__init__

    def watched(self: Unrolling, *args: Any, steps: int | None = None, **options: Any) -> None:
        original(self, *args, steps=steps, **options)
        caller = sys._getframe(1).f_globals["__name__"]
        if steps is None:
            unlimited.append(caller)

    monkeypatch.setattr(Unrolling, "__init__", watched)
    for protocol in (load("composed"), models.never_firing(), models.two_claims()):
        prove(ProveRequest(protocol, blame=True, show_cti=True, k=2), lambda event: None)
    assert set(unlimited) == {"verifier.proof.engines.induction", "verifier.proof.strategy.published"}


def test_a_remark_that_has_no_answer_leaves_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.proof.strategy.vacuity_solver import VacuitySolver

    monkeypatch.setattr(VacuitySolver, "possible", lambda self, node, of_steps: Answer.UNKNOWN)
    monkeypatch.setattr(VacuitySolver, "inductive", lambda self, found: False)
    document = prove(ProveRequest(load("composed")), lambda event: None)
    assert {entry["verdict"] for entry in document["properties"]} == {"proved"}


def test_questions_that_are_not_answered_end_the_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    from verifier.proof.strategy.vacuity_solver import UNANSWERED, VacuitySolver
    from verifier.semantics.ground.ground import Ground
    from verifier.semantics.ground.smt import Encoding
    from verifier.semantics.scope import finite_scope

    asked: list[Unrolling] = []

    def silent(self: Unrolling, *assumptions: Any) -> Answer:
        asked.append(self)
        return Answer.UNKNOWN

    monkeypatch.setattr(Unrolling, "check", silent)
    ground = Ground(finite_scope(models.counter().model()))
    solver = VacuitySolver(Encoding(ground))
    node = ground.holds(ground.scope.model.properties[0])
    assert {solver.possible(node, of_steps=False) for _ in range(9)} == {Answer.UNKNOWN}
    assert len(asked) == UNANSWERED
