"""Faults that random protocols have found, each in the smallest model that shows it."""

from __future__ import annotations

import pytest

from verifier import explore, prove
from verifier.kernel import Bool, Int, Option, Protocol, Range, guard, none, var
from verifier.kernel.errors import ModelError


def test_a_property_and_an_action_without_a_value_in_one_state() -> None:
    """The counterexample to `Defined@P` named an action, which it is not about, and did not replay."""
    p = Protocol("p", "t")

    class N(Range, low=0, high=1):
        pass

    @p.state
    class State:
        o: Option[N] = var(none, "")

    @p.action
    def Move(s: State) -> None:
        guard("g", s.o.value == 0)
        s.o = none

    @p.invariant()
    def P(s: State) -> Bool:
        return s.o.value == 1

    for engine in ("auto", "bmc", "kinduction", "explicit"):
        result = prove(p, engine=engine, in_process=True)
        assert {(entry.name, entry.steps) for entry in result.violations} == {("Defined", 0), ("Defined@P", 0)}


def test_no_initial_state_although_an_initial_value_is_out_of_range() -> None:
    """A predicate excludes every candidate, so there is nothing that could be out of range."""
    p = Protocol("p", "t")

    class N(Range, low=0, high=1):
        pass

    @p.state
    class State:
        n: N = var(Int(5), "")

    @p.initially
    def Never(s: State) -> Bool:
        return s.n < 5

    @p.action
    def Move(s: State) -> None:
        s.n = 0

    @p.invariant()
    def P(s: State) -> Bool:
        return s.n == 0

    for call in (prove, explore):
        with pytest.raises(ModelError, match="no initial state"):
            call(p, in_process=True)
