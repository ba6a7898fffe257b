"""What a proof used: whatever breaks a property when it is left out is blamed, and what is not blamed is not needed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.command import verify
from verifier.catalog import load, names
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    choice,
    exists,
    forall,
    guard,
    implies,
    labels,
    none,
    pick,
    some,
    var,
    witness,
)
from verifier.kernel.sorts import BOOL
from verifier.kernel.terms import literal
from verifier.proof.engines import explicit
from verifier.proof.strategy import GapsRequest, ProveRequest, find_gaps, prove
from verifier.proof.strategy.toggles import switchable
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope

Entries = dict[str, dict[str, Any]]


def entries(protocol: Protocol, **options: Any) -> Entries:
    document = prove(ProveRequest(protocol, blame=True, **options), lambda event: None)
    return {entry["name"]: entry for entry in document["properties"]}


def doors() -> Protocol:
    """A person walks through two doors; who opens the second was let through the first."""
    p = Protocol("doors", "two doors")

    class Who(Scalarset, parameter="Whos", size=2):
        pass

    class Place(Enumeration):
        Outside, Between, Inside = labels(3)

    class Count(Range, low=0, high=6):
        pass

    @p.state
    class State:
        at: Fn[Who, Place] = var(Place.Outside)
        badge: Fn[Who, Bool] = var(False)
        escort: Option[Who] = var(none)
        passed: Count = var(0)

    @p.action
    def Enter(s: State, w: Who) -> None:
        guard("outside", s.at[w] == Place.Outside)
        guard("room", s.passed < 6)
        s.at[w] = Place.Between
        s.badge[w] = choice("badge-given", True, False)
        s.passed += 1

    @p.action
    def Admit(s: State, w: Who) -> None:
        v = witness("v", Who)
        guard("between", s.at[w] == Place.Between)
        guard("another", v != w)
        guard("other-is-between", s.at[v] == Place.Between)
        s.at[w] = Place.Inside
        s.escort = some(w)

    @p.action
    def Leave(s: State, w: Who) -> None:
        guard("inside", s.at[w] == Place.Inside)
        s.at[w] = Place.Outside

    @p.invariant()
    def InsideHasBadge(s: State) -> Bool:
        return forall(Who, lambda w: implies(s.at[w] == Place.Inside, s.badge[w]))

    @p.invariant()
    def NotAllInside(s: State) -> Bool:
        return exists(Who, lambda w: s.at[w] != Place.Inside)

    @p.invariant()
    def NoJump(s: State) -> Bool:
        return implies(s.escort.is_some, s.passed > 1)

    @p.action_property()
    def PassedRises(s: State, after: State) -> Bool:
        return after.passed >= s.passed

    @p.lemma("the first door gives a badge to whoever passes it")
    def PastTheFirstDoor(s: State) -> Bool:
        return forall(Who, lambda w: implies(s.at[w] == Place.Between, s.badge[w]))

    p.type_ok(variables=["passed"])
    return p


def delayed() -> Protocol:
    """Two steps carry what happens first to the property: one state alone is not inductive."""
    p = Protocol("delayed", "a pipeline of two places")

    class Value(Enumeration):
        Good, Bad, Other = labels(3)

    @p.state
    class State:
        first: Value = var(Value.Good)
        second: Value = var(Value.Good)

    @p.action
    def Shift(s: State) -> None:
        guard("not-bad", s.first != Value.Other)
        s.second = s.first
        s.first = choice("refill", Value.Good, Value.Bad)

    @p.invariant()
    def SecondIsGood(s: State) -> Bool:
        return s.second != Value.Bad

    return p


def guards(blame: list[str], protocol: Protocol) -> set[str]:
    known = {f"{action.name}.{name}" for action in protocol.actions.values() for name in action.names}
    return set(blame) & known


@pytest.fixture(scope="module")
def proved() -> Entries:
    return entries(doors())


def test_blame_has_guards_choices_and_lemmas(proved: Entries) -> None:
    found = proved["InsideHasBadge"]
    assert found["method"] == "lemmas"
    assert "Enter.badge-given" in found["blame"]
    assert "Admit.between" in found["blame"]
    assert set(found["lemmas"]) <= set(found["blame"])
    assert not {"Admit.another", "Admit.other-is-between", "Leave.inside"} & set(found["blame"])


def test_guards_that_share_a_witness_are_told_apart(proved: Entries) -> None:
    blamed = guards(proved["NotAllInside"]["blame"], doors())
    assert {"Admit.another", "Admit.other-is-between"} <= blamed


def test_what_the_updates_ensure_blames_nothing(proved: Entries) -> None:
    assert proved["PassedRises"]["blame"] == []


def test_type_invariants_blame_what_keeps_values_in_range(proved: Entries) -> None:
    assert proved["TypeOK"]["blame"] == ["Enter.room"]


def test_nothing_is_blamed_unless_asked_for() -> None:
    document = prove(ProveRequest(doors()), lambda event: None)
    assert {entry["blame"] for entry in document["properties"] if entry["verdict"] == "proved"} == {None}


def test_only_inductions_have_blame() -> None:
    found = entries(load("composed"), properties=("Composed-2", "Composed-1"))
    assert found["Composed-2"]["blame"] is None
    assert found["Composed-1"]["blame"]
    searched = entries(load("composed"), properties=("Composed-1",), engine="explicit")
    assert (searched["Composed-1"]["method"], searched["Composed-1"]["blame"]) == ("exhaustive", None)


def test_an_induction_of_two_steps_blames_what_its_base_cases_use() -> None:
    found = entries(delayed(), lemmas=False)["SecondIsGood"]
    assert (found["method"], found["k"]) == ("k-induction", 2)
    assert found["blame"] == ["Shift.refill"]


def test_the_verdicts_are_out_before_blame_begins() -> None:
    events: list[dict[str, Any]] = []
    final = prove(ProveRequest(doors(), blame=True), events.append)
    kinds = [event["event"] for event in events]
    early = events[kinds.index("document")]["document"]
    assert [entry["verdict"] for entry in early["properties"]] == [e["verdict"] for e in final["properties"]]
    assert all(event["engine"] == "blame" for event in events[kinds.index("document") + 1 :])


def without(protocol: Protocol, names: list[str], **settings: int) -> set[str]:
    """What is violated with all of these left out together."""
    model = protocol.model(None, names)
    found = explicit.explore(Ground(finite_scope(model, settings)))
    assert found.complete
    return {violation.property.short or violation.property.name for violation in found.violations}


@pytest.mark.parametrize(
    "name",
    [
        "doors",
        "routes",
        pytest.param("composed", marks=pytest.mark.nightly),
        pytest.param("mvcc", marks=pytest.mark.full),
    ],
)
def test_what_is_not_blamed_can_be_left_out_all_together(name: str, proved: Entries) -> None:
    protocol = doors() if name == "doors" else load(name)
    found = proved if name == "doors" else entries(protocol)
    every = [f"{action.name}.{part}" for action in protocol.model().actions for part in action.names]
    for entry in found.values():
        if entry["blame"] is not None:
            idle = [part for part in every if part not in entry["blame"]]
            assert entry["name"] not in without(protocol, idle)


@pytest.mark.parametrize("name", ["doors", "composed"])
def test_a_switch_that_is_on_leaves_its_guard_out(name: str) -> None:
    protocol = doors() if name == "doors" else load(name)
    switched, switches = switchable(protocol.model())
    for on in switches:
        variables = tuple(
            replace(variable, initial=literal(variable.name == on, BOOL)) if variable.name in switches else variable
            for variable in switched.variables
        )
        by_switch = explicit.explore(Ground(finite_scope(replace(switched, variables=variables))))
        by_drop = explicit.explore(Ground(finite_scope(protocol.model(None, [on]))))
        assert (by_switch.distinct, by_switch.diameter) == (by_drop.distinct, by_drop.diameter)
        assert [(v.property.name, v.steps) for v in by_switch.violations] == [
            (v.property.name, v.steps) for v in by_drop.violations
        ]


SETTINGS = {"multi-paxos": ("Rounds=1", "Attempts=2"), "seqlock": ("NumReaders=1", "MaxSeq=2")}
FAST, FULL = {"composed", "routes", "mvcc"}, {"composed-reads"}
TIERS = {name: () if name in FAST else pytest.mark.full if name in FULL else pytest.mark.nightly for name in names()}


@pytest.mark.parametrize("name", [pytest.param(name, marks=TIERS[name]) for name in names()])
def test_whatever_breaks_a_property_is_blamed_for_its_proof(name: str) -> None:
    protocol, settings = load(name), SETTINGS.get(name, ())
    found = entries(protocol, settings=settings)
    document = find_gaps(GapsRequest(protocol, settings=settings, include_bounds=True), lambda event: None)
    inductions = {prop: entry["blame"] for prop, entry in found.items() if entry["blame"] is not None}
    assert inductions or not protocol.model().actions
    for drop in document["drops"]:
        full_name = f"{drop['action']}.{drop['name']}"
        broken = [entry["property"] for entry in drop["breaks"]]
        unblamed = [prop for prop in broken if full_name not in inductions.get(prop, [full_name])]
        # A step that leaves a range may break other properties, too: their proofs rest on the range.
        left = [prop for prop in broken if prop.startswith("Range@") and prop not in unblamed]
        assert left or not unblamed, full_name


def test_blame_at_any_size() -> None:
    found = entries(load("routes"), scope="unbounded")
    assert found["Routes-4"]["blame"] == ["CatalogWatcherSync.no-regression"]
    assert found["Routes-1-step"]["blame"] == []
    assert "CatalogWatcherSync.published" in found["Routes-4-ghost"]["blame"]
    assert found["Routes-2"]["blame"] is None


@pytest.mark.full
@pytest.mark.parametrize("name", ["composed", *(pytest.param(name, marks=pytest.mark.nightly) for name in ("hlc", "mvcc"))])
def test_what_breaks_at_the_published_scope_is_blamed_at_any_size(name: str) -> None:
    protocol = load(name)
    found = {prop: entry for prop, entry in entries(protocol, scope="unbounded").items() if entry["blame"] is not None}
    assert found
    for drop in find_gaps(GapsRequest(protocol), lambda event: None)["drops"]:
        for broken in drop["breaks"]:
            if broken["property"] in found and found[broken["property"]]["kind"] != "range":
                assert f"{drop['action']}.{drop['name']}" in found[broken["property"]]["blame"]


def test_the_command_writes_blame_where_it_writes_json() -> None:
    done = verify("prove", "routes", "--json", "-")
    written = {entry["name"]: entry for entry in json.loads(done.stdout)["properties"]}
    assert written["Routes-4"]["blame"] == ["CatalogWatcherSync.no-regression"]
    told = verify("prove", "routes", "--explain").stdout
    assert "Routes-4 rests on CatalogWatcherSync.no-regression" in told
    assert "Routes-1-step rests on the updates alone" in told


def stamped() -> Protocol:
    """Writers that stamp what they write; the alternatives of two choices have no meaning for any number of writers."""
    p = Protocol("stamped", "stamped writes")

    class Writer(Scalarset, parameter="Writers", size=2):
        pass

    @p.state
    class State:
        done: Fn[Writer, Bool] = var(False)
        seen: Fn[Writer, Bool] = var(False)
        last: Option[Writer] = var(none)

    @p.action
    def Write(s: State, w: Writer) -> None:
        first = pick(Writer, lambda q: q == q)
        s.last = some(choice("own-name", choice("inner", w, w), first))
        s.done[w] = choice("marked", True, False)

    @p.action
    def See(s: State, w: Writer) -> None:
        guard("done", choice("own-mark", s.done[w], s.done[pick(Writer, lambda q: q == q)]))
        s.seen[w] = True

    @p.invariant()
    def LastIsDone(s: State) -> Bool:
        return implies(s.last.is_some, s.done[s.last.value])

    @p.invariant()
    def SeenIsDone(s: State) -> Bool:
        return forall(Writer, lambda w: implies(s.seen[w], s.done[w]))

    return p


def test_a_choice_without_an_alternative_at_this_scope_is_blamed_for_what_it_decides() -> None:
    found = entries(stamped(), scope="unbounded")
    assert set(found["LastIsDone"]["blame"]) == {"Write.marked", "Write.own-name"}
    assert {"See.done", "See.own-mark", "Write.marked"} == set(found["SeenIsDone"]["blame"])


def tickets(*, without: tuple[str, ...] = ()) -> Protocol:
    """Numbers that are handed out; the alternative of one choice reads a variable that a variant may leave out."""
    p = Protocol("tickets", "numbers handed out")

    class Number(Range, low=0, high=4):
        pass

    @p.state
    class State:
        last: Number = var(0)
        tally: Number = var(0)
        noise: Bool = var(False)

    @p.action
    def Hand(s: State) -> None:
        guard("more", s.last < 3)
        s.last = choice("from-last", s.last + 1, s.tally)
        s.tally += 1

    @p.action
    def Flip(s: State) -> None:
        guard("handed", choice("by-last", s.last > 0, s.tally > 0))
        s.noise = True

    @p.invariant()
    def Handed(s: State) -> Bool:
        return implies(s.noise, s.last > 0)

    if without:
        p.variant("safe", without=list(without))
    return p


@pytest.mark.parametrize("scope", ["published", "unbounded"])
def test_a_choice_without_an_alternative_in_the_variant_is_blamed_for_what_it_decides(scope: str) -> None:
    for without in ((), ("tally",)):
        found = entries(tickets(without=without), scope=scope)
        assert {"Flip.by-last", "Hand.from-last"} <= set(found["Handed"]["blame"])
