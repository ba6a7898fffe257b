"""A protocol whose actions assign several points, are undefined for some instances, stutter or leave a range.

Its properties ask what is enabled.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    enabled,
    forall,
    guard,
    implies,
    none,
    some,
    var,
)


def chairs() -> Protocol:
    """Several points of a function, also nested and the same twice; instances without a value."""
    p = Protocol("chairs", "chairs are moved about")

    class Seat(Scalarset, parameter="Seats", size=2):
        pass

    class Place(Range, low=0, high=2):
        pass

    @p.state
    class State:
        level: Fn[Place, Place] = var(0, "how high it is stacked at a place")
        near: Fn[Seat, Fn[Seat, Bool]] = var(False, "which chairs have been moved together")
        turn: Place = var(0, "which place is cleared next")
        held: Option[Seat] = var(none, "the chair that is carried")

    @p.action(name="swap")
    def exchange(s: State, a: Place, b: Place) -> None:
        s.level[a], s.level[b] = s.level[b], s.level[a]

    @p.action
    def Shift(s: State, a: Place) -> None:
        """Undefined at the last place."""
        level = s.level
        guard("room", level[a] < 2)
        s.level[a] = level[a] + 1
        s.level[a + 1] = 0

    @p.action
    def Pull(s: State, x: Seat, y: Seat) -> None:
        guard("held", s.held.value != y)
        s.near[x][y] = True
        s.near[y][y] = False
        s.near[x][x] = False

    @p.action
    def Take(s: State, x: Seat) -> None:
        s.held = some(x)

    @p.action
    def Clear(s: State) -> None:
        """Leaves the range behind the last place."""
        guard("carried", s.held.is_some)
        s.turn += 1
        s.held = none

    @p.invariant()
    def PullsApart(s: State) -> Bool:
        """Fails where a chair is carried that is next to none."""
        return implies(enabled(Pull), forall(Seat, lambda x: ~s.near[x][x]) & (s.held.is_none | (s.turn == 0)))

    return p


ALL = {"chairs": chairs()}
