"""Steps that are left out because another order leads to the same state: nothing found changes, and every rule is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.explicit.naive import naive_search
from tests.explicit.test_figures import ground_of
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.proof.engines import explicit
from verifier.proof.engines.explicit import explore
from verifier.proof.engines.statesets import StateSet
from verifier.semantics.ground.commuting import Commuting
from verifier.semantics.scope import FrozenMap


class N(Range, low=0, high=5):
    """A number."""


def counters() -> Protocol:
    """Counters that mostly go their own ways, up to what constraints allow together and alone."""
    p = Protocol("counters", "counters side by side")

    @p.state
    class State:
        a: N = var(0)
        b: N = var(0)
        c: N = var(0)
        d: N = var(0)
        e: N = var(0)

    @p.action
    def Copy(s: State) -> None:
        guard("behind", s.c < s.a)
        s.c = s.a

    @p.action
    def Reset(s: State) -> None:
        guard("high", s.d == 2)
        s.d = 0

    @p.action
    def A(s: State) -> None:
        guard("room", s.a < 4)
        s.a += 1

    @p.action
    def B(s: State) -> None:
        guard("room", s.b < 4)
        s.b += 1

    @p.action
    def D(s: State) -> None:
        guard("not-yet", (s.d < 2) & (s.b < 3))
        s.d += 1

    @p.action
    def E(s: State) -> None:
        guard("room", s.e < 4)
        s.e += 1

    @p.constraint
    def Together(s: State) -> Bool:
        return s.a + s.b <= 4

    @p.constraint
    def Alone(s: State) -> Bool:
        return (s.e <= 2) & (s.c <= 2)

    @p.invariant()
    def NotOutside(s: State) -> Bool:
        return (s.e != 3) | (s.d != 2) | (s.b != 2)

    @p.invariant()
    def NotCopied(s: State) -> Bool:
        return (s.c != 3) | (s.e != 2)

    @p.invariant()
    def NotFar(s: State) -> Bool:
        return (s.a != 2) | (s.b != 3) | (s.d != 1) | (s.e != 2)

    return p


def relay() -> Protocol:
    """Second can only follow First; Alone is independent of both, and has a rank between theirs because of Last and Least."""
    p = Protocol("relay", "two of three steps in one order")

    @p.state
    class State:
        a: N = var(0)
        b: N = var(0)
        c: N = var(0)
        d: N = var(0)
        e: N = var(0)

    @p.action
    def First(s: State) -> None:
        guard("not-yet", s.a == 0)
        s.a = 1

    @p.action
    def Second(s: State) -> None:
        guard("next", (s.a == 1) & (s.b == 0))
        s.b = 1

    @p.action
    def Alone(s: State) -> None:
        guard("not-yet", s.c == 0)
        s.c = 1

    @p.action
    def Last(s: State) -> None:
        guard("both", (s.b == 1) & (s.c == 1))
        s.d = 1

    @p.action
    def Least(s: State) -> None:
        guard("both", (s.b == 1) & (s.c == 1))
        s.e = 1

    return p


def differs(protocol: Callable[[], Protocol] = counters) -> bool:
    """Whether a search finds anything else than one that leaves out nothing."""
    ground = ground_of(protocol())
    naive, found = naive_search(ground.scope), explore(ground)
    reached = {FrozenMap(ground.layout.decode(codes)) for codes in found.reached.packing.codes(found.reached.states)}
    steps = {violation.property.name: violation.steps for violation in found.violations}
    counted = (found.generated, found.diameter)
    return not (reached == naive.states and counted == (naive.generated, naive.diameter) and steps == naive.steps)


def test_what_is_left_out_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made, whole = 0, StateSet.candidates

    def counted(self: StateSet, parts: Any) -> Any:
        nonlocal made
        made += sum(len(part) for part in parts)
        return whole(self, parts)

    monkeypatch.setattr(StateSet, "candidates", counted)
    found = explore(ground_of(counters()))
    assert made < 0.6 * found.generated
    assert not differs()
    assert not differs(relay)


def without_constraint(commuting: Commuting, true: Any) -> None:
    commuting.inside = dict.fromkeys(commuting.inside, true)


def both_orders(commuting: Commuting, true: Any) -> None:
    commuting.superfluous |= commuting.superfluous.T
    commuting.inside = {place: commuting.inside.get(place, true) for place in range(len(commuting.superfluous))}


def everything(commuting: Commuting, true: Any) -> None:
    for last in range(len(commuting.superfluous)):
        commuting.superfluous[:last, last] = True
    commuting.inside = {place: commuting.inside.get(place, true) for place in range(len(commuting.superfluous))}


def all_entries(commuting: Commuting, true: Any) -> None:
    commuting.independent |= True


@pytest.mark.parametrize(
    ("wrong", "protocol"),
    [(without_constraint, counters), (both_orders, counters), (everything, counters), (all_entries, relay)],
)
def test_steps_that_are_not_superfluous_are_missed(
    wrong: Callable[[Commuting, Any], None], protocol: Callable[[], Protocol], monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(ground: Any, instances: Any) -> Commuting:
        result = Commuting(ground, instances)
        wrong(result, ground.circuit.true)
        return result

    monkeypatch.setattr(explicit, "Commuting", made)
    assert differs(protocol)
