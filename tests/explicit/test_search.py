"""Bounds, early stops, constraints, digests, samples, progress."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.explicit import models
from tests.explicit.test_figures import PROTOCOLS, ground_of
from tests.source import ROOT
from verifier import api
from verifier.catalog import load
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.proof.engines import explicit, memory, pipeline, retracing, statesets
from verifier.proof.engines import solutions as enumerating
from verifier.proof.engines.engine import Budget, Decided, Open, Violated
from verifier.proof.engines.explicit import decide, explore
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.memory import Room
from verifier.proof.engines.sampling import sample
from verifier.proof.engines.search import ExplicitSearch
from verifier.proof.engines.solutions import solutions
from verifier.proof.engines.statesets import Reached, StateSet
from verifier.proof.strategy import dot
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.ground import columns
from verifier.semantics.ground.evaluate import successors
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.states import joined
from verifier.semantics.ground.successors import Successors
from verifier.semantics.scope import FrozenMap


@pytest.fixture(scope="module")
def ground() -> Ground:
    return ground_of(load("composed"))


def test_a_bound_on_states_is_kept(ground: Ground) -> None:
    found = explore(ground, max_states=1000)
    assert (found.distinct, found.complete, len(found.reached)) == (1000, False, 1000)
    assert found.generated < 13_315
    assert found.diameter < 7


def test_a_bound_that_suffices_leaves_the_search_complete(ground: Ground) -> None:
    assert explore(ground, max_states=9_629).complete
    assert not explore(ground, max_states=9_628).complete


def test_a_bound_below_the_initial_states() -> None:
    found = explore(ground_of(PROTOCOLS["opened"]), max_states=5)
    assert (found.distinct, found.diameter, found.complete) == (5, 1, False)


def test_deciding_stops_once_everything_is_violated() -> None:
    gap = ground_of(load("composed"), "gap")
    (wanted,) = [found for found in gap.scope.model.properties if found.short == "Composed-1"]
    found = decide(gap, [wanted])
    assert [violation.steps for violation in found.violations] == [4]
    assert not found.complete
    assert found.diameter == 5


def test_deciding_goes_on_while_something_may_still_fail(ground: Ground) -> None:
    found = decide(ground, ground.scope.model.properties)
    assert (found.complete, found.violations, found.distinct) == (True, (), 9_629)


def test_deciding_nothing_searches_nothing_beyond_the_start(ground: Ground) -> None:
    assert decide(ground, []).diameter == 1


def test_states_outside_the_constraint_are_checked_but_neither_counted_nor_expanded() -> None:
    found = explore(ground_of(models.bounded()))
    steps = {violation.property.name: violation.steps for violation in found.violations}
    assert steps == {"NeverFour": 4, "NoStepToFour": 4}
    assert (found.distinct, found.diameter) == (6, 5)


def test_the_order_of_the_search_does_not_change_its_digest(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = explore(ground)
    monkeypatch.setattr(columns.chunks, "__defaults__", (100,))
    monkeypatch.setattr(explicit, "PENDING", 300)
    pieces = explore(ground)
    assert pieces.reached.digest() == whole.reached.digest()
    assert (pieces.distinct, pieces.generated, pieces.diameter) == (9_629, 13_315, 7)
    fewer = StateSet.holding(whole.reached.packing, whole.reached.states[1:])
    assert Reached(fewer).digest() != whole.reached.digest()


@pytest.mark.nightly
def test_small_pieces_find_the_same_violations(monkeypatch: pytest.MonkeyPatch) -> None:
    grounds = [ground_of(protocol) for protocol in PROTOCOLS.values()]
    whole = [explore(ground) for ground in grounds]
    monkeypatch.setattr(columns.chunks, "__defaults__", (7,))
    monkeypatch.setattr(explicit, "PENDING", 20)
    monkeypatch.setattr(retracing, "SEARCHED", 5)
    monkeypatch.setattr(enumerating, "CHUNK", 9)
    monkeypatch.setattr(pipeline, "WORTHWHILE", 10)
    for ground, before in zip(grounds, whole, strict=True):
        found = explore(ground)
        assert [(v.property.name, v.steps) for v in found.violations] == [
            (v.property.name, v.steps) for v in before.violations
        ]
        assert found.reached.digest() == before.reached.digest()
        assert (found.generated, found.diameter) == (before.generated, before.diameter)


def test_nothing_can_happen() -> None:
    found = explore(ground_of(models.stuck()), symmetry=True)
    assert (found.distinct, found.generated, found.diameter, found.orbits, found.complete) == (1, 1, 1, 1, True)
    assert [(violation.property.name, violation.steps) for violation in found.violations] == [("Starts", 0)]


def test_initial_values_out_of_range() -> None:
    found = explore(ground_of(models.stuck(), "outside"))
    assert (found.distinct, found.diameter, found.complete) == (0, 0, False)
    violations = [(v.property.name, v.steps, v.path.attempt) for v in found.violations]
    assert violations == [("Starts", 0, None), ("Range@count", 0, None)]


def test_progress_tells_levels_and_states(ground: Ground) -> None:
    told: list[tuple[int, int]] = []
    explore(ground, progress=lambda level, states: told.append((level, states)))
    assert told == sorted(told)
    assert told[-1] == (7, 9_629)


def test_the_peak_covers_what_is_kept(ground: Ground) -> None:
    found = explore(ground)
    assert found.peak_bytes >= found.reached.states.nbytes


def test_open_initial_states_are_enumerated_once() -> None:
    ground = ground_of(models.opened())
    packing = Packing(ground.layout)
    found = joined(list(solutions(packing, ground.initial)))
    wanted = {ground.layout.encode(state) for state in Machine(ground.scope).initial_states()}
    assert len(found) == len(wanted)
    assert set(packing.codes(found)) == wanted


def test_no_initial_state_at_all() -> None:
    ground = ground_of(load("composed"))
    packing = Packing(ground.layout)
    circuit = ground.circuit
    assert list(solutions(packing, circuit.false)) == []
    contradiction = circuit.and_([circuit.le(ground.field_node(0), circuit.int(0)), ground.initial, circuit.false])
    assert list(solutions(packing, contradiction)) == []


def test_a_sample_is_reachable_and_repeats(ground: Ground) -> None:
    reached = explore(ground).reached.set
    first, second = sample(ground, 500, seed=7), sample(ground, 500, seed=7)
    assert first.digest() == second.digest()
    assert 400 <= len(first) <= 501
    assert (reached.index(first.states) >= 0).all()
    values = first.batch().value(ground.circuit.le(ground.field_node(0), ground.circuit.int(0)))
    assert values.dtype == np.bool_
    assert 0 < values.sum() < len(first)


def test_a_sample_of_a_small_model_is_all_of_it() -> None:
    ground = ground_of(PROTOCOLS["vote"])
    assert len(sample(ground, 100_000)) == explore(ground).distinct


def test_a_sample_has_states_outside_the_constraint() -> None:
    ground = ground_of(models.bounded())
    machine = Machine(ground.scope)
    found = sample(ground, 100)
    states = [FrozenMap(ground.layout.decode(codes)) for codes in found.packing.codes(found.states)]
    assert any(not machine.inside(state) for state in states)


@pytest.mark.parametrize("name", ["bounded", "wide", "vote", "partial", "containers"])
def test_predecessors_are_those_of_the_reference_back_end(name: str) -> None:
    ground = ground_of(PROTOCOLS[name])
    reached = explore(ground).reached
    states = reached.states[:: 1 + len(reached) // 60]
    packing, search = reached.packing, Successors(ground, reached.packing)
    steps = [
        [(i.number, tuple(after)) for i, after in successors(ground, row)] for row in packing.codes(states)
    ]
    targets = {target for found in steps for _, target in found}
    for target in sorted(targets)[:80]:
        found = [(i.number, row) for i, row in search.predecessors(states, packing.of([target]))]
        wanted: dict[int, int] = {}
        for row, out in enumerate(steps):
            for number, after in out:
                if after == target:
                    wanted.setdefault(number, row)
        assert found == sorted(wanted.items())


def test_a_search_with_a_limit_does_not_go_down_a_long_chain() -> None:
    """A level takes its time, however few states it has; without a limit all are searched."""
    p = Protocol("chain", "one state after the other")

    class N(Range, low=0, high=300):
        """A number."""

    @p.state
    class State:
        n: N = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("room", s.n < 300)
        s.n += 1

    @p.invariant()
    def NotTheLast(s: State) -> Bool:
        return s.n != 300

    ground = ground_of(p)
    open_ = {"NotTheLast": p.model().find_property("NotTheLast")}
    task = FiniteTask(ground, open_, lambda: dict(open_), learning=False)
    decided = [event for event in ExplicitSearch().run(task, Budget(states=50_000)) if isinstance(event, Decided)]
    assert [type(event.outcome) for event in decided] == [Open]
    decided = [event for event in ExplicitSearch().run(task, Budget()) if isinstance(event, Decided)]
    assert [type(event.outcome) for event in decided] == [Violated]


# -- what explore tells --------------------------------------------------------------------------------------------------


def switch() -> Protocol:
    """A switch and a counter: one guard never fails, one action never fires."""
    p = Protocol("switch", "a switch")

    class N(Range, low=0, high=3):
        """A number."""

    @p.state
    class State:
        on: Bool = var(False)
        n: N = var(0)

    @p.action
    def Toggle(s: State) -> None:
        guard("sane", s.n <= 3)
        guard("room", s.n < 3)
        s.on = ~s.on
        s.n += 1

    @p.action
    def Break(s: State) -> None:
        guard("odd", s.on & (s.n == 2))
        s.n = 0

    return p


def test_the_figures_of_actions_and_guards_that_never_fail() -> None:
    found = api.explore(switch(), in_process=True)
    assert (found.distinct, found.generated) == (4, 4)
    figures = [(one.action, one.fired, one.new) for one in found.actions]
    assert figures == [("Toggle", 3, 3), ("Break", 0, 0)]
    assert found.never_false == ("Toggle.sane",)
    assert (found.stopped, found.dot) == (None, None)


@pytest.mark.parametrize("name", ["composed", "hlc", "occ"])
def test_every_state_but_the_initial_ones_is_new_to_one_action(name: str) -> None:
    found = explore(ground_of(load(name)))
    assert sum(one.new for one in found.actions.values()) == found.distinct - 1
    assert sum(one.fired for one in found.actions.values()) == found.generated - 1


def test_the_graph_of_all_states() -> None:
    text = api.explore(switch(), dot=True, in_process=True).dot
    assert text is not None
    lines = text.splitlines()
    assert [line.strip() for line in lines if " -> " in line] == [
        '0 -> 1 [label="Toggle"];',
        '1 -> 2 [label="Toggle"];',
        '2 -> 3 [label="Toggle"];',
    ]
    assert r'  0 [label="on = FALSE\ln = 0\l", style=bold];' in lines
    assert (lines[0], lines[-1]) == ('digraph "switch" {', "}")


def test_the_graph_of_the_first_states(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dot, "MOST", 3)
    text = dot.dot(ground, explore(ground))
    assert text.startswith("// the first 3 of 9,629 states\n")
    assert text.count("[label=") - text.count(" -> 0 [") >= 3
    assert "\n  3 [" not in text


def test_a_search_stops_before_memory_runs_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Small(Room):
        """Room for some hundred states, and no disk."""

        def empty(self, count: int, working: int = 0) -> Any:
            if count > 3_000:
                raise MemoryError
            return np.empty(count, np.uint64)

    monkeypatch.setattr(statesets, "Room", Small)
    monkeypatch.setattr(explicit, "PENDING", 500)
    monkeypatch.setattr(pipeline, "WORTHWHILE", 100)
    found = explore(ground_of(load("composed")))
    assert (found.complete, found.full) == (False, True)
    assert 1_000 < found.distinct < 9_629
    assert 0 < found.depth < 6
    document = api.explore(load("composed"), in_process=True)
    assert (document.complete, document.stopped, document.ended) == (False, "memory", "complete")


@pytest.mark.parametrize("name", ["wide", "bounded", "vote"])
def test_a_search_on_disk_finds_the_same(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Full(Room):
        """No memory is left."""

        def __init__(self) -> None:
            super().__init__(tmp_path)

        def has(self, size: int, working: int = 0) -> bool:
            return False

    ground = ground_of(PROTOCOLS[name])
    inside = explore(ground)
    monkeypatch.setattr(statesets, "Room", Full)
    monkeypatch.setattr(statesets, "PIECE", 50)
    monkeypatch.setattr(memory, "SMALL", 0)
    found = explore(ground)
    assert found.reached.set.room.spilled > 0
    assert found.reached.digest() == inside.reached.digest()
    figures = [(one.distinct, one.generated, one.diameter, one.violations) for one in (found, inside)]
    assert figures[0] == figures[1]


def test_the_search_knows_the_limit_of_its_process() -> None:
    """A worker that may take little stops by itself; its parent has nothing to end."""
    found = api.explore(str(ROOT / "examples" / "key_value_store.py"), memory=150)
    assert (found.complete, found.stopped, found.ended) == (False, "memory", "complete")
    assert found.distinct is not None
    assert found.distinct > 0
