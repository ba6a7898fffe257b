"""The compiled search finds what the one without a compiler finds, also where hashes are equal and where room runs out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.explicit.test_commuting import counters, relay
from tests.explicit.test_figures import PROTOCOLS, ground_of, replay
from verifier.catalog import load
from verifier.kernel import Bool, Fn, Protocol, Range, guard, var
from verifier.proof.engines import compiled, explicit, hash_table, inner_loop
from verifier.proof.engines.compiled import Compiled
from verifier.proof.engines.compiled_orbits import compiled_orbits
from verifier.proof.engines.explicit import Search, explore
from verifier.proof.engines.exploration import Exploration
from verifier.proof.engines.memory import Room
from verifier.proof.engines.statesets import StateSet
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.orbits import NotClosedError
from verifier.semantics.scope import finite_scope


class Levels:
    """How many levels were expanded by a compiled loop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        whole = Compiled.level

        def counted(loop: Compiled) -> Any:
            self.count += 1
            return whole(loop)

        monkeypatch.setattr(Compiled, "level", counted)


@pytest.fixture
def levels(monkeypatch: pytest.MonkeyPatch) -> Levels:
    """Every search is compiled from its beginning."""
    monkeypatch.setattr(explicit, "WORTHWHILE", 0)
    monkeypatch.setattr(explicit, "worthwhile", lambda text: 0)
    monkeypatch.setattr(explicit.Search, "_grows", lambda search: True)
    return Levels(monkeypatch)


def plain(ground: Ground, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Exploration:
    """What a search without a compiler finds."""
    with monkeypatch.context() as patched:
        patched.setattr(explicit, "text_of", lambda loop: None)
        return explore(ground, **options)


def said(found: Exploration) -> tuple[object, ...]:
    """All that is found, but for where arrays were."""
    steps = {violation.property.name: violation.steps for violation in found.violations}
    figures = (found.distinct, found.generated, found.diameter, found.orbits, found.complete)
    return (*figures, steps, found.depths, found.actions, found.reached.digest())


def many() -> Protocol:
    """More than 64 instances, states of two words, and sums, differences, products and conditions of them."""
    p = Protocol("many", "counters in a row")

    class Place(Range, low=0, high=23):
        pass

    class Value(Range, low=-(2**33), high=2**33):
        pass

    @p.state
    class State:
        done: Fn[Place, Bool] = var(False)
        sum: Value = var(0)
        last: Value = var(-1)
        turns: Value = var(0)

    @p.action
    def Take(s: State, i: Place, j: Place) -> None:
        guard("near", (i <= j) & (j <= i + 2))
        guard("not-yet", ~s.done[i] & ~s.done[j] & (s.turns < 2))
        s.done[i] = Bool(True)
        s.last = s.sum * 3 - j
        s.sum += i
        s.turns += 1

    @p.invariant()
    def Small(s: State) -> Bool:
        return s.sum - s.last != 37 - 43

    return p


OWN = {protocol().name: protocol() for protocol in (counters, relay, many)}


@pytest.mark.parametrize("name", [*OWN, "wide", "bounded", "vote", "choosing", "opened"])
def test_the_compiled_search_finds_the_same(name: str, levels: Levels, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = ground_of(OWN.get(name) or PROTOCOLS[name])
    with monkeypatch.context() as patched:
        patched.setattr(explicit, "count_orbits", None)
        found = explore(ground, symmetry=True)
    assert levels.count >= found.diameter - 1
    assert said(found) == said(plain(ground, monkeypatch, symmetry=True))
    replay(ground, found)


@pytest.mark.parametrize("variant", ["gap", "first-gap"])
@pytest.mark.full
def test_violations_orbits_and_counts_of_a_published_protocol(
    variant: str, levels: Levels, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground = Ground(finite_scope(load("composed").model(variant)))
    found = explore(ground, symmetry=True)
    assert found.violations
    assert said(found) == said(plain(ground, monkeypatch, symmetry=True))
    assert levels.count == found.diameter


def test_orbits_of_a_set_that_is_not_closed_are_not_counted(levels: Levels) -> None:
    ground = ground_of(PROTOCOLS["wide"])
    search = Search(ground, [], 2)
    for _ in search.run(stop=False):
        pass
    assert search.seen.count == 2
    with pytest.raises(NotClosedError, match="not closed under renaming members of Worker"):
        compiled_orbits(search._compiled, ground)


def test_states_with_equal_hashes_are_told_apart(levels: Levels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_table, "ODD", (0, 0))
    ground = ground_of(relay())
    assert said(explore(ground)) == said(plain(ground, monkeypatch))
    assert levels.count > 3


@pytest.mark.parametrize(("after", "states"), [(0, None), (1, None), (0, 150)])
def test_where_room_runs_out_the_search_goes_on_without(
    after: int, states: int | None, levels: Levels, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Small(Room):
        """Room for a few rows, or to enlarge the table a few times."""

        def has(self, size: int, working: int = 0) -> bool:
            nonlocal after
            after -= 1
            return after >= 0

        def left(self) -> int:
            return 0 if states is not None and asked(states) else super().left()

    def asked(most: int) -> bool:
        return bool(running) and running[-1].count > most

    running: list[Compiled] = []
    begin = Compiled.begin
    monkeypatch.setattr(Compiled, "begin", lambda loop, *given: running.append(loop) or begin(loop, *given))
    monkeypatch.setattr(compiled, "ROWS", 3)
    monkeypatch.setattr(compiled, "MANY", 10)
    monkeypatch.setattr(compiled, "LEAST", 1 << (7 if states is None else 10))
    monkeypatch.setattr(compiled, "GROWTH", 2)
    monkeypatch.setattr(compiled, "SLOTS", 1.1)
    for module in (compiled, inner_loop):
        monkeypatch.setattr(module, "WAITING", 4)
    monkeypatch.setattr(explicit, "StateSet", lambda packing, room, marks: StateSet(packing, Small(), marks))
    ground = ground_of(counters())
    found = explore(ground)
    whole = plain(ground, monkeypatch)
    assert 0 < levels.count < whole.diameter
    # Which of several actions was first to lead to a state depends on where the level was cut.
    assert sum(one.new for one in found.actions.values()) == sum(one.new for one in whole.actions.values())
    same = {name: replace(figures, new=0) for name, figures in whole.actions.items()}
    found = replace(found, actions={name: replace(figures, new=0) for name, figures in found.actions.items()})
    assert said(found) == said(replace(whole, actions=same))


def test_a_limit_ends_the_compiled_search(levels: Levels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "ROWS", 3)
    found = explore(ground_of(counters()), max_states=100)
    assert (found.distinct, found.complete, found.full) == (100, False, False)
    assert levels.count > 1


@pytest.mark.parametrize("high", [2**63 - 1, 2**63])
def test_values_that_are_too_wide_are_not_compiled(high: int, levels: Levels) -> None:
    p = Protocol("broad", "a wide number")

    class Number(Range, low=0, high=high):
        pass

    @p.state
    class State:
        at: Number = var(high - 2)

    @p.action
    def Up(s: State) -> None:
        guard("room", s.at < high)
        s.at += 1

    assert explore(ground_of(p)).distinct == 3
    # The sum of a number and one does not fit either.
    assert levels.count == 0
