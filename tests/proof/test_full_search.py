"""Where other engines give up, a search has no limit but those of memory and time."""

from __future__ import annotations

import time

import pytest

from tests.explicit.test_figures import ground_of
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.proof.engines.engine import Budget, Decided, Open, Proved
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.search import ExplicitSearch, all_states
from verifier.proof.strategy import ProveRequest, prove, published_stages


class N(Range, low=0, high=400):
    """A number."""


def evens() -> Protocol:
    """A number that grows by 2: what is said of it is not inductive in few steps."""
    p = Protocol("evens", "even numbers")

    @p.state
    class State:
        n: N = var(0)

    @p.action
    def Grow(s: State) -> None:
        guard("room", s.n <= 398)
        s.n += 2

    @p.invariant()
    def NotOdd(s: State) -> Bool:
        return s.n != 301

    return p


def test_auto_searches_all_states_where_nothing_else_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROBE_STATES", "QUICK_STATES", "MORE_STATES", "EXPLICIT_STATES", "WALKED_STATES"):
        monkeypatch.setattr(published_stages, name, 20)
    monkeypatch.setattr(published_stages, "PDR_QUESTIONS", 1)
    request = ProveRequest(evens(), k=2, lemmas=False)
    (found,) = [one for one in prove(request, lambda event: None)["properties"] if one["name"] == "NotOdd"]
    assert (found["verdict"], found["method"]) == ("proved", "exhaustive")
    monkeypatch.setattr(published_stages, "all_states", lambda *limits: Budget(states=20))
    (found,) = [one for one in prove(request, lambda event: None)["properties"] if one["name"] == "NotOdd"]
    assert found["verdict"] == "bounded"


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        (Budget(room=0), "which occupy 0 MB"),
        (Budget(seconds=-1), "before the time limit"),
        (Budget(processor=-1), "before the limit of processor time"),
    ],
)
def test_limits_of_memory_and_time_end_a_search(budget: Budget, why: str) -> None:
    ground = ground_of(evens())
    wanted = {prop.name: prop for prop in ground.scope.model.properties}
    task = FiniteTask(ground, wanted, lambda: wanted)
    said = {event.name: event.outcome for event in ExplicitSearch().run(task, budget) if isinstance(event, Decided)}
    outcome = said["NotOdd"]
    assert isinstance(outcome, Open)
    assert str(outcome.reason).endswith(why)
    said = {event.name: event.outcome for event in ExplicitSearch().run(task, Budget(room=1 << 20)) if isinstance(event, Decided)}
    assert isinstance(said["NotOdd"], Proved)


def test_a_search_leaves_time_to_other_engines() -> None:
    budget = all_states(time.monotonic() + 100, time.process_time() + 10)
    assert 45 < (budget.seconds or 0) < 51
    assert 4 < (budget.processor or 0) < 6
    assert all_states(None, None).seconds is None
