"""Explicit search for fair lassos: faults in it are noticed by the reference, shortest lassos, and what is said beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.kernel.snippets import build
from tests.liveness.comparing import searched
from tests.liveness.graphs import example
from tests.liveness.sources import COUNTERS
from verifier.kernel import Protocol
from verifier.proof.engines import cycles, fair_search, fairness
from verifier.proof.engines.cycles import Loops
from verifier.proof.engines.fairness import Goal
from verifier.proof.engines.graphs import Graph
from verifier.proof.strategy import GapsRequest, ProveRequest, find_gaps, prove
from verifier.semantics.ground import liveness

SEEDS = (0, 3, 4, 5, 8, 14, 33, 34, 45, 92, 94, 101, 111, 155, 244)


def _wrong() -> list[int]:
    """The graphs of which search says something else than the reference."""
    wrong = []
    for seed in SEEDS:
        one = example(seed)
        path = searched(one)
        found = None if path is None or path.loop is None else (path.loop, len(path.steps) - 1 - path.loop)
        if found != one.lassos.shortest():
            wrong.append(seed)
    return wrong


def test_search_agrees_with_the_reference() -> None:
    assert _wrong() == []


def test_staying_that_is_never_fair_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_search, "stays_fair", lambda graph, inside, goals: np.zeros(graph.count, np.bool_))
    assert _wrong()


def test_staying_that_is_always_fair_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fair_search, "stays_fair", lambda graph, inside, goals: inside)
    assert _wrong()


def test_fairness_that_is_forgotten_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere = lambda graph, condition: Goal(np.ones(graph.count, np.bool_), None)  # noqa: E731
    monkeypatch.setattr(fair_search, "fair_goal", everywhere)
    assert _wrong()


def test_strong_fairness_taken_for_weak_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def weak(graph: Graph, condition: liveness.Fairness) -> Goal:
        goal = fairness.fair_goal(graph, condition)
        return goal if goal.unless is None else Goal(~goal.unless, goal.steps)

    monkeypatch.setattr(fair_search, "fair_goal", weak)
    assert _wrong()


def test_steps_that_change_nothing_and_keep_enabled_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "changing", lambda ground, instance: instance.storable)
    assert _wrong()


def test_a_trigger_that_is_passed_in_the_loop_alone_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = fair_search._parts

    def passed(*args: Any) -> Any:
        return (part for part in real(*args) if part.passed)

    monkeypatch.setattr(fair_search, "_parts", passed)
    assert _wrong()


def test_a_component_that_is_not_searched_again_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def once(graph: Graph, inside: Any, allowed: Any, goals: Sequence[Goal]) -> Any:
        dropped = [Goal(goal.nodes, goal.steps) if goal.unless is not None else goal for goal in goals]
        return fairness.fair_components(graph, inside, allowed, dropped)

    monkeypatch.setattr(fair_search, "fair_components", once)
    assert _wrong()


def test_a_loop_that_cannot_be_searched_for_to_the_end_is_found_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def given_up(self: Loops, node: int, most: int | None) -> None:
        self.exact = False

    monkeypatch.setattr(Loops, "shortest", given_up)
    for seed in range(40):
        one = example(seed)
        states = fair_search.States(one.ground, fair_search_reached(one), [one.liveness])
        lasso = states.shortest_lasso(one.liveness)
        assert (lasso is not None) == one.lassos.violated()
        if lasso is not None and lasso.loop:
            assert not lasso.shortest


def fair_search_reached(one: Any) -> Any:
    from verifier.proof.engines.explicit import explore

    return explore(one.ground, []).reached


def test_pairs_that_are_too_many_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cycles, "MOST_PAIRS", 0)
    lengths = set()
    for seed in SEEDS:
        one = example(seed)
        lasso = fair_search.States(one.ground, fair_search_reached(one), [one.liveness]).shortest_lasso(one.liveness)
        assert (lasso is not None) == one.lassos.violated()
        lengths |= {lasso.shortest} if lasso is not None else set()
    assert lengths == {True, False}


def _protocol(folder: Path, more: str) -> Protocol:
    stated = '@p.liveness("L")\ndef Live(s: State) -> Temporal:\n    return forall(Node, lambda n: eventually(s.at[n] == 1))\n'
    return build(COUNTERS + more + stated, folder)


def test_gaps_leave_out_each_condition_of_fairness(tmp_path: Path) -> None:
    protocol = _protocol(tmp_path, "p.fairness(forall(Node, lambda n: weak(Inc, n)), weak(Skip))\n")
    drops = find_gaps(GapsRequest(protocol), lambda event: None)["drops"]
    fair = {drop["name"]: drop for drop in drops if drop["kind"] == "fairness"}
    assert [(b["property"], b["steps"], b["trace"]["loop"]) for b in fair["Inc"]["breaks"]] == [("L", 0, 0)]
    assert (fair["Skip"]["inert"], fair["Skip"]["same_states"]) == (True, True)


def test_budgets_that_stop_fair_actions_are_named(tmp_path: Path) -> None:
    more = "p.fairness(forall(Node, lambda n: weak(Inc, n)))\n"
    source = COUNTERS.replace('guard("room"', 'budget("room"')
    stated = '@p.liveness("L")\ndef Live(s: State) -> Temporal:\n    return forall(Node, lambda n: eventually(s.at[n] == 1))\n'
    document = prove(ProveRequest(build(source + more + stated, tmp_path), liveness=True, explain=True), lambda event: None)
    assert (document["statistics"] or {})["stopped"] == ["Inc.room"]
    document = prove(ProveRequest(_protocol(tmp_path, more), liveness=True, explain=True), lambda event: None)
    assert "stopped" not in (document["statistics"] or {})
