"""A protocol whose actions assign several points, are undefined for some instances, stutter or leave a range.

Its properties ask what is enabled and what can change something.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Protocol,
    Quorums,
    Range,
    Scalarset,
    Set,
    can_change,
    enabled,
    exists,
    forall,
    guard,
    implies,
    none,
    some,
    var,
    witness,
)


def chairs() -> Protocol:
    """Several points of a function, also nested and the same twice; instances without a value."""
    p = Protocol("chairs", "chairs are moved about")

    class Seat(Scalarset, parameter="Seats", size=2):
        pass

    class Place(Range, low=0, high=2):
        pass

    class Some(Quorums[Seat]):
        pass

    class Early(Range, low=0, high=1):
        pass

    @p.state
    class State:
        level: Fn[Place, Place] = var(0, "how high it is stacked at a place")
        near: Fn[Seat, Fn[Seat, Bool]] = var(False, "which chairs have been moved together")
        turn: Place = var(0, "which place is cleared next")
        held: Option[Seat] = var(none, "the chair that is carried")
        clear: Set[Early] = var(set(), "early places that have been cleared")

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
        """Undefined while nothing is carried."""
        some_of = witness("some_of", Some)
        guard("held", s.held.value != y)
        guard("next", some_of.contains(s.held.value))
        s.near[x][y] = True
        s.near[y][y] = False
        s.near[x][x] = False

    @p.action
    def Take(s: State, x: Seat) -> None:
        s.held = some(x)

    @p.action
    def Clear(s: State) -> None:
        """Leaves a range behind the last place, that of the set before."""
        guard("carried", s.held.is_some)
        s.clear |= {s.turn}
        s.turn += 1
        s.held = none

    @p.action
    def Rest(s: State) -> None:
        guard("tired", s.turn > 1)

    p.variant("restless", without=["Rest"])
    p.variant("reckless", drops=["Shift.room"])

    @p.invariant()
    def PullsApart(s: State) -> Bool:
        """Fails where a chair is carried that is next to none."""
        return implies(enabled(Pull), forall(Seat, lambda x: ~s.near[x][x]) & (s.held.is_none | (s.turn == 0)))

    @p.invariant()
    def Movable(s: State) -> Bool:
        """Fails where the last place is full."""
        return exists(Place, lambda a: enabled(Shift, a)) & enabled(exchange, s.turn, s.turn - 1 + 1)

    @p.invariant()
    def Distinct(s: State) -> Bool:
        """Fails as soon as two places differ."""
        return forall(Place, lambda a: ~can_change(exchange, a, s.turn))

    @p.invariant()
    def CarriesOn(s: State) -> Bool:
        """Fails where the turn is over; whose turn it is has a value only while something is carried."""
        return implies(s.held.is_some, can_change(Take) & ~can_change(Take, s.held.value) & (can_change(Pull) | ~enabled(Rest)))

    @p.invariant()
    def Nothing(s: State) -> Bool:
        """Resting changes nothing, and there is no place 3 to shift."""
        return ~can_change(Rest) & ~enabled(Shift, s.turn + 3)

    @p.action_property()
    def StaysEnabled(s: State, after: State) -> Bool:
        """Fails where a place fills up."""
        return implies(enabled(Shift, 0) & can_change(Clear), after.turn != 2)

    @p.lemma("who carries can put it down")
    def Clears(s: State) -> Bool:
        return enabled(Clear) == s.held.is_some

    return p


ALL = {"chairs": chairs()}
