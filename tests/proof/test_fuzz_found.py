"""Faults that random protocols have found, each in the smallest model that shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verifier import check, explore, prove, run
from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Option,
    Ordered,
    Protocol,
    Range,
    Record,
    Set,
    empty,
    fn,
    forall_in,
    guard,
    none,
    set_of,
    var,
)
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


@pytest.mark.parametrize("call", [prove, explore])
@pytest.mark.parametrize("first", [False, True])
def test_no_initial_state_although_an_initial_value_is_out_of_range(call: Callable[..., Any], first: bool) -> None:
    """A predicate excludes every candidate, so there is nothing that could be out of range; what is undefined is passed over."""
    p = Protocol("p", "t")

    class N(Range, low=0, high=1):
        pass

    @p.state
    class State:
        n: N = var(Int(5), "")
        o: Option[N] = var(none, "")

    if first:

        @p.initially
        def Undefined(s: State) -> Bool:
            return s.o.value == 0

    @p.initially
    def Never(s: State) -> Bool:
        return s.n < 5

    @p.action
    def Move(s: State) -> None:
        s.n = 0

    @p.invariant()
    def P(s: State) -> Bool:
        return s.n == 0

    with pytest.raises(ModelError, match="no initial state"):
        call(p, in_process=True)


def loses(*subscript: str, reads: bool = False) -> Protocol:
    """A step after which `held` has no value, as 5 is not a Number, and the steps that a property is about."""
    p = Protocol("loses", "an element that has no place")

    class Number(Range, low=0, high=3):
        pass

    @p.state
    class State:
        apart: Bool = var(False, "")
        held: Set[Number] = var(empty, "")

    @p.action
    def Move(s: State) -> None:
        s.held = s.held | {Int(5)}

    @p.action_property(subscript=list(subscript))
    def Never(s: State, t: State) -> Bool:
        return (t.held != t.held) if reads else Bool(False)

    return p


@pytest.mark.parametrize("subscript", [("held",), ("apart", "held"), ("held", "apart")])
def test_a_step_changes_a_variable_that_it_leaves_without_a_value(subscript: tuple[str, ...]) -> None:
    """Whether the subscript had changed was not judged, and so neither was a property that reads nothing of the variable."""
    found = {"Never": 1, "Range@held": 1}
    for engine in ("auto", "bmc", "kinduction", "explicit"):
        result = prove(loses(*subscript), engine=engine, in_process=True)
        assert {entry.name: entry.steps for entry in result.violations} == found
        assert "Never fails: FALSE is false" in str(result.violations[0].explanation)
    for result in (explore(loses(*subscript), in_process=True), run(loses(*subscript), in_process=True)):
        assert {entry.property: entry.steps for entry in result.violations} == found
    result = prove(loses(*subscript), scope="unbounded", in_process=True)
    assert {entry.name: entry.steps for entry in result.violations} == found


def test_what_reads_a_variable_without_a_value_is_not_judged() -> None:
    for subscript, reads in (("apart", False), ("held", True)):
        result = prove(loses(subscript, reads=reads), in_process=True)
        assert {entry.name for entry in result.violations} == {"Range@held"}


def test_a_certificate_of_a_search_that_counts_no_state(tmp_path: Path) -> None:
    """The initial state is outside the constraint: it is checked, but neither counted nor left."""
    p = Protocol("p", "t")

    class N(Range, low=0, high=1):
        pass

    @p.state
    class State:
        n: N = var(Int(0), "")

    @p.constraint
    def Later(s: State) -> Bool:
        return s.n == 1

    @p.action
    def Move(s: State) -> None:
        s.n = 1

    @p.action_property()
    def P(s: State, t: State) -> Bool:
        return t.n == 0

    options = {"engine": "explicit", "in_process": True}
    assert {entry.verdict for entry in prove(p, certificates=tmp_path, **options).properties} == {"proved"}
    result = check(sorted(tmp_path.glob("*.json")), protocol=p, rederive=True, in_process=True)
    assert all(one.valid for one in result.certificates)


@pytest.mark.parametrize(("fields", "found"), [(1, set()), (2, {("Same", 1)})])
def test_a_property_reads_a_record_for_the_fields_that_it_keeps(fields: int, found: set[tuple[str, int]]) -> None:
    """Where all fields are replaced, the property is not about the record, and a step that changes it alone satisfies it."""
    p = Protocol("p", "t")

    class One(Record):
        a: Bool

    class Two(Record):
        a: Bool
        b: Bool

    sort: Any = One if fields == 1 else Two

    @p.state
    class State:
        r: sort = var(sort(**{name: Bool(False) for name in "ab"[:fields]}), "")
        held: Bool = var(False, "")

    @p.action
    def Move(s: State) -> None:
        s.r = s.r.replace(a=Bool(True))

    @p.action_property()
    def Same(s: State, t: State) -> Bool:
        return t.held & (t.r.replace(a=Bool(True)) == s.r.replace(a=Bool(True)))

    for engine in ("auto", "bmc", "kinduction", "explicit"):
        result = prove(p, engine=engine, in_process=True)
        assert {(entry.name, entry.steps) for entry in result.violations} == found
    assert {(v.property, v.steps) for v in explore(p, in_process=True).violations} == found


@pytest.mark.parametrize("fails", [False, True])
def test_sets_over_a_range_and_an_ordered_sort(fails: bool) -> None:
    """The range that holds the elements of both ends where the size of the ordered sort says, and was refused for it."""
    p = Protocol("p", "t")

    class Round(Ordered, parameter="Rounds", size=3, first=0):
        pass

    class Number(Range, low=0, high=1):
        pass

    @p.state
    class State:
        rounds: Set[Round] = var(empty, "")
        numbers: Set[Number] = var(empty, "")

    @p.action
    def Move(s: State, r: Round) -> None:
        s.rounds = s.rounds | {r}
        s.numbers = s.numbers | {Int(1)}

    @p.invariant()
    def P(s: State) -> Bool:
        return forall_in(s.numbers | s.rounds, lambda x: x < 2) if fails else ~(s.numbers | s.rounds).contains(Int(-1))

    expected = {("P", "violated", 1)} if fails else set()
    for engine in ("auto", "bmc", "kinduction", "explicit"):
        result = prove(p, engine=engine, in_process=True)
        assert {(entry.name, entry.verdict, entry.steps) for entry in result.violations} == expected
    assert {v.property for v in explore(p, in_process=True).violations} == ({"P"} if fails else set())
    result = prove(p, scope="unbounded", in_process=True)
    assert {e.verdict for e in result.properties if e.name == "P"} == {"violated" if fails else "proved"}


@pytest.mark.parametrize("itself", [True, False])
def test_a_comprehension_that_compares_its_variable_with_what_reads_it(itself: bool) -> None:
    """What was compared was taken for a listed element, and looked at where the variable has no value."""
    p = Protocol("p", "t")

    class N(Range, low=0, high=3):
        pass

    @p.state
    class State:
        n: N = var(Int(0), "")
        f: Fn[N, N] = var(fn(N, lambda i: Int(1)), "")

    @p.action
    def Move(s: State) -> None:
        s.n = s.n + 1

    @p.invariant()
    def P(s: State) -> Bool:
        chosen = set_of(N, lambda x: (x == x if itself else x == s.f[x]) | (x == 0))
        return chosen.contains(s.n) & (s.n < 2)

    for engine in ("auto", "bmc", "kinduction", "explicit"):
        found = {entry.name: entry.steps for entry in prove(p, engine=engine, in_process=True).violations}
        assert found == {"P": 2, "Range@n": 4}
    for result in (explore(p, in_process=True), run(p, in_process=True)):
        assert {entry.property: entry.steps for entry in result.violations}["P"] == 2
