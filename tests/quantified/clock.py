"""A small protocol whose clock has a search bound, for tests of what happens when that is dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, Set, budget, guard, var
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.unbounded import unbounded

Declare = Callable[..., None]


def clock(declare: Declare, **variables: Any) -> Unbounded:
    """A clock `now` of sort Time, bounded by the search bound MaxTime, with what `declare` adds."""
    p = Protocol("clock", "a clock")
    limit = p.search_bound("MaxTime", 3)

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Time(Range, low=0, high=limit):
        pass

    class State:
        now: Time = var(0)
        seen: Set[Time] = var(set())
        at: Fn[Node, Time] = var(0)
        marks: Fn[Time, Bool] = var(False)
        ops: Time = var(0)

    p.state(State)

    @p.action
    def Tick(s: State, t: Time) -> None:
        budget("time-budget", s.now < limit)
        budget("op-budget", s.ops < limit)
        guard("later", t > s.now)
        s.now = t
        s.ops += 1

    declare(p, limit, Node, Time, State)
    return unbounded(p.model())
