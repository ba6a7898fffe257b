"""What is put into a set fits at the published sizes and not at others: nothing that rests on it is proved of all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proof.test_ranges import run
from verifier.kernel import Bool, Int, Protocol, Range, Set, anything, empty, forall, guard, implies, set_of, var

PLACES = {
    "an update": "Range@low",
    "a guard": "Defined",
    "an initial predicate": "Defined",
    "a constraint": "Defined",
    "a property": "Defined@Among",
    "a property of steps": "Defined@Moves",
}


def growing(place: str) -> Protocol:
    """A count to a parameter, 2 at the published scope, which is put into a set of numbers to 2 in one place."""
    p = Protocol("growing", "a count")
    most = p.parameter("Most", 2, "the last count")

    class Count(Range, low=0, high=most):
        pass

    class Low(Range, low=0, high=2):
        pass

    def among(count: Any) -> Bool:
        return (set_of(Low, lambda n: Bool(False)) | {count}).contains(Int(0)) | Bool(True)

    @p.state
    class State:
        count: Count = var(anything)
        low: Set[Low] = var(empty)
        flag: Bool = var(False)

    if place == "an initial predicate":

        @p.initially
        def Begins(s: State) -> Bool:
            return among(s.count)

    if place == "a constraint":

        @p.constraint
        def Inside(s: State) -> Bool:
            return among(s.count)

    @p.action
    def Up(s: State) -> None:
        guard("below", s.count < most)
        if place == "a guard":
            guard("among", among(s.count))
        s.count = s.count + 1
        s.flag = True

    @p.action
    def Put(s: State) -> None:
        s.low = s.low | ({s.count} if place == "an update" else {Int(0)})

    @p.invariant()
    def Among(s: State) -> Bool:
        return among(s.count) if place == "a property" else s.flag | ~s.flag

    @p.action_property()
    def Moves(s: State, t: State) -> Bool:
        return among(t.count) if place == "a property of steps" else implies(s.flag, t.flag)

    @p.invariant()
    def Counts(s: State) -> Bool:
        return forall(Count, lambda n: implies(s.count == n, n >= 0))

    return p


@pytest.mark.parametrize("place", PLACES)
def test_it_is_not_proved_of_all_sizes(place: str) -> None:
    p, name = growing(place), PLACES[place]
    assert {entry["verdict"] for entry in run(p).values()} == {"proved"}
    found = run(p, scope="unbounded")
    rests = {"Among", "Moves", "Counts"} if "@" not in name or name.startswith("Range") else {name.partition("@")[2]}
    assert found[name]["verdict"] in ("violated", "unknown")
    assert "proved" not in {found[one]["verdict"] for one in rests}
