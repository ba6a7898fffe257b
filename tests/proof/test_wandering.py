"""Random walks: deep violations that they meet, made shorter, and what is said of their length."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.proof import models
from verifier.catalog import load
from verifier.evidence.replay import replay
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.proof.engines.engine import Budget, Decided, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.search import QuickSearch, RandomWalks
from verifier.proof.engines.wandering import WALKERS, shortened
from verifier.proof.strategy import ProveRequest, prove
from verifier.proof.strategy.published_stages import PUBLISHED
from verifier.semantics.ground.evaluate import successor
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.path import Path
from verifier.semantics.scope.finite import finite_scope


def task_of(protocol: Protocol, *names: str, variant: str | None = None, **settings: int) -> FiniteTask:
    model = protocol.model(variant)
    ground = Ground(finite_scope(model, {name: str(value) for name, value in settings.items()}))
    wanted = {name: model.find_property(name) for name in names}
    return FiniteTask(ground, wanted, lambda: wanted)


def walked(task: FiniteTask, *, depth: int = 0, rounds: int = 150) -> dict[str, Violated]:
    events = RandomWalks().run(task, Budget(depth=depth, states=rounds * WALKERS))
    said = {event.name: event.outcome for event in events if isinstance(event, Decided)}
    assert all(isinstance(outcome, Violated) for outcome in said.values())
    return said  # type: ignore[return-value]


def is_run(ground: Ground, path: Path) -> bool:
    pairs = zip(path.steps, path.steps[1:], strict=False)
    return all(successor(ground.instances[step.instance or 0], before.codes) == step.codes for before, step in pairs)


def noisy(*, bound: int = 9, constrained: bool = False) -> Protocol:
    """`x` is to rise to a bound, beside which `y` goes up and down."""
    p = Protocol("noisy", "one rises, the other goes up and down")

    class Count(Range, low=0, high=12):
        pass

    @p.state
    class State:
        x: Count = var(0)
        y: Count = var(0)

    if constrained:

        @p.constraint
        def Low(s: State) -> Bool:
            return s.x < bound - 1

    @p.action
    def Rise(s: State) -> None:
        guard("room", s.x < 12)
        s.x += 1

    @p.action
    def Up(s: State) -> None:
        guard("low", s.y == 0)
        s.y = 1

    @p.action
    def Down(s: State) -> None:
        guard("high", s.y == 1)
        s.y = 0

    @p.invariant()
    def Below(s: State) -> Bool:
        return s.x < bound

    @p.action_property()
    def Slow(s: State, t: State) -> Bool:
        return t.x < bound

    return p


def test_a_torn_read_in_a_ring_of_four_is_met() -> None:
    task = task_of(load("mpmc"), "NoTornReadC", variant="three", N=4, MaxSeq=4)
    said = walked(task)["NoTornReadC"]
    assert is_run(task.ground, said.path)
    # Thirty steps are the fewest.
    assert 30 <= len(said.path.steps) - 1 <= 40
    assert not said.shortest


def test_walks_are_the_same_every_time() -> None:
    first, second = (walked(task_of(noisy(), "Below"))["Below"] for _ in range(2))
    assert first == second


def test_states_and_steps_are_looked_at_and_needless_steps_left_out() -> None:
    task = task_of(noisy(), "Below", "Slow")
    said = walked(task)
    assert {name: len(outcome.path.steps) - 1 for name, outcome in said.items()} == {"Below": 9, "Slow": 9}
    assert all(is_run(task.ground, outcome.path) for outcome in said.values())


def test_nothing_is_walked_out_of_a_state_outside_the_constraints() -> None:
    assert walked(task_of(noisy(constrained=True), "Below", "Slow")) == {}


def test_what_holds_is_not_violated() -> None:
    assert walked(task_of(models.counter(), "AtMostLimit"), rounds=20) == {}


def test_a_trace_ends_where_it_is_violated_first() -> None:
    task = task_of(noisy(), "Below")
    numbers = [0, 1, 0, 2, *[0] * 8, 1]
    end = task.monitor(task.open["Below"]).bad_state
    states, kept = shortened(task.ground, end, (0, 0), numbers)
    assert kept == [0] * 9
    assert [codes[0] for codes in states] == list(range(10))


@pytest.mark.parametrize(
    ("cleared", "depth", "shortest"), [(8, 10, True), (8, 0, True), (7, 8, False), (7, 9, None), (-1, 20, None)]
)
def test_a_length_is_the_least_only_if_all_that_is_shorter_was_searched(
    cleared: int, depth: int, shortest: bool | None
) -> None:
    task = task_of(noisy(), "Below")
    task.explored = SimpleNamespace(depths={"Below": cleared})  # type: ignore[assignment]
    said = walked(task, depth=depth)
    # Where unrolling gets as far, it is left to it.
    assert (said["Below"].shortest if said else None) is shortest


def test_what_walks_meet_is_replayed_and_said_not_to_be_shortest(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = [stage for stage in PUBLISHED if stage.name in ("circuit", "short search", "random walks")]
    monkeypatch.setattr("verifier.proof.strategy.published_stages.PUBLISHED", stages)
    monkeypatch.setattr("verifier.proof.strategy.published_stages.PROBE_STATES", 10)
    document = prove(ProveRequest(noisy(), properties=["Below"], k=5), lambda event: None)
    entry: Any = document["properties"][0]
    assert (entry["verdict"], entry["steps"], entry["shortest"]) == ("violated", 9, False)
    outcome = replay(entry["trace"], noisy())
    assert (outcome.valid, outcome.violated) == (True, True)


def test_a_quick_search_finds_violations_and_says_nothing_else() -> None:
    task = task_of(models.counter(), "AtMostLimit", "BelowLimit")
    said = [event for event in QuickSearch().run(task, Budget(states=100)) if isinstance(event, Decided)]
    [violated] = [event for event in said if isinstance(event.outcome, Violated)]
    assert said == [violated]
    assert violated.name == "BelowLimit"
    # The next search begins again, and proves what it can.
    assert task.explored is None


def test_what_is_violated_in_few_states_is_found_before_lemmas_that_are_hard_to_filter() -> None:
    names = [stage.name for stage in PUBLISHED]
    assert names.index("cheap lemmas") < names.index("quick search of slices")
    assert names.index("quick search of slices") < names.index("quick search") < names.index("harder lemmas")
