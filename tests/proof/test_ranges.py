"""Ranges: what leaves one is reported and looked at, nothing vanishes, nothing is proved beside it; in every engine and scope."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proof import leavers
from verifier.catalog import load
from verifier.evidence.replay import replay
from verifier.kernel import Bool, Option, Protocol, Range, anything, guard, image, none, var
from verifier.kernel.errors import ModelError
from verifier.kernel.sorts import BOOL, INT
from verifier.kernel.terms import Term, equal, integer, negation, state
from verifier.proof.strategy import (
    ExploreRequest,
    GapsRequest,
    ProveRequest,
    RunRequest,
    explore,
    find_gaps,
    prove,
    sample,
)
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Quantified, check
from verifier.semantics.scope.unbounded import unbounded

ENGINES = ("auto", "bmc", "kinduction", "explicit")
PUBLISHED: list[dict[str, Any]] = [{"engine": engine} for engine in ENGINES]
PROVING = [options for options in PUBLISHED if options["engine"] != "bmc"]
EVERYWHERE: list[dict[str, Any]] = [*PUBLISHED, {"scope": "unbounded"}]


def run(protocol: Protocol, **options: Any) -> dict[str, dict[str, Any]]:
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    return {entry["published_name"]: entry for entry in document["properties"]}


def violated(protocol: Protocol, **options: Any) -> dict[str, int]:
    """The steps of what is violated; at published scope nothing is proved, and every trace is replayed from its document."""
    found = run(protocol, **options)
    # For any size a proof need not have to do with a range: it says nothing of it, or shows it beside.
    assert options.get("scope") == "unbounded" or "proved" not in {entry["verdict"] for entry in found.values()}
    broken = {name: entry for name, entry in found.items() if entry["verdict"] == "violated"}
    for entry in broken.values():
        again = replay(entry["trace"], protocol)
        assert (again.valid, again.violated, again.failure) == (True, True, None)
        assert entry["explanation"]
    return {name: entry["steps"] for name, entry in broken.items()}


# -- the state behind a step that leaves a range -------------------------------------------------------------------------


@pytest.mark.parametrize("options", EVERYWHERE, ids=str)
def test_the_state_behind_is_looked_at(options: dict[str, Any]) -> None:
    found = violated(leavers.jump(), **options)
    assert found == {"Range@a": 1, "Small": 1, "Among": 1, "Same": 1}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_not_violated_is_bounded_by_the_range(engine: str) -> None:
    found = run(leavers.later(), engine=engine, k=8)
    assert {name: (e["verdict"], e["steps"] or e["k"]) for name, e in found.items()} == {
        "Below": ("violated", 3),
        "Fine": ("bounded", 3),
        "Range@count": ("violated", 3),
        "Range@other": ("bounded", 3),
        "Defined": ("bounded", 3),
    }
    assert found["Fine"]["reason"] == "Range@count is violated in 3 steps"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_property_alone_waits_for_the_ranges_too(engine: str) -> None:
    found = run(leavers.later(), engine=engine, properties=("Fine",), k=8)
    assert (found["Fine"]["verdict"], found["Fine"]["k"]) == ("bounded", 3)
    assert run(leavers.later(), engine=engine, properties=("Below",))["Below"]["steps"] == 3


def test_the_type_invariant_of_the_routes_and_the_property_that_says_the_same() -> None:
    for engine in ENGINES:
        found = run(load("routes"), engine=engine, drops=("ProposeRouteChange.version-budget",))
        steps = {name: e["steps"] for name, e in found.items() if e["verdict"] == "violated"}
        assert steps == {"TypeOK": 4, "Routes1_VersionInRange": 4}
        assert "proved" not in {entry["verdict"] for entry in found.values()}


def test_explore_simulate_and_gaps_look_behind() -> None:
    found = explore(ExploreRequest(leavers.jump()), lambda event: None)
    assert {v["published_name"]: v["steps"] for v in found["violations"]} == {"Small": 1, "Among": 1, "Same": 1, "Range@a": 1}
    assert (found["distinct"], found["generated"], found["complete"]) == (1, 2, True)
    met = sample(RunRequest(leavers.jump(), runs=3), lambda event: None)
    assert {v["published_name"] for v in met["violations"]} == {"Small", "Among", "Same", "Range@a"}
    routes = find_gaps(GapsRequest(load("routes"), include_bounds=True), lambda event: None)
    (drop,) = [drop for drop in routes["drops"] if drop["name"] == "version-budget"]
    assert {entry["published_name"] for entry in drop["breaks"]} == {"TypeOK", "Routes1_VersionInRange"}


def test_a_step_that_leaves_its_range_is_no_dead_action() -> None:
    assert run(leavers.jump(), scope="unbounded")["Range@a"]["verdict"] == "violated"


# -- initial values ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", EVERYWHERE, ids=str)
def test_an_initial_value_out_of_range_is_a_violation_in_no_steps(options: dict[str, Any]) -> None:
    assert violated(leavers.outside(), **options) == {"Range@a": 0, "Small": 0}


def test_other_commands_see_initial_values_out_of_range() -> None:
    found = explore(ExploreRequest(leavers.outside()), lambda event: None)
    assert {v["published_name"]: v["steps"] for v in found["violations"]} == {"Range@a": 0, "Small": 0}
    met = sample(RunRequest(leavers.outside(), runs=3), lambda event: None)
    assert {v["published_name"]: v["steps"] for v in met["violations"]} == {"Range@a": 0, "Small": 0}


@pytest.mark.parametrize("options", EVERYWHERE, ids=str)
def test_an_element_of_an_initial_value_that_does_not_fit(options: dict[str, Any]) -> None:
    p = leavers.storing(leavers.Set[leavers.Low], {0, 3}, lambda s: s.it)
    assert violated(p, **options) == {"Range@it": 0}


# -- what enters a container ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", leavers.STORED)
def test_what_is_stored_and_does_not_fit_violates_the_range(name: str) -> None:
    for options in EVERYWHERE:
        if options.get("scope") == "unbounded" and name == "set in a set":
            continue  # It has no meaning there.
        assert violated(leavers.STORED[name](), **options) == {"Range@it": 1, "Unset": 1}, options


@pytest.mark.parametrize("name", leavers.UNDEFINED)
def test_what_is_looked_at_and_does_not_fit_is_undefined(name: str) -> None:
    for options in PUBLISHED:
        found = violated(leavers.guarded(leavers.UNDEFINED[name]), **options)
        assert found == {"Defined": 0}, options
        asked = run(leavers.asked(leavers.UNDEFINED[name]), **options)
        assert asked["Defined@It"]["verdict"] == "violated"
        assert asked["It"]["verdict"] != "proved"
        assert asked["Zero"]["verdict"] == ("bounded" if options["engine"] == "bmc" else "proved")


@pytest.mark.parametrize("name", leavers.JOINED)
def test_nothing_is_lost_between_two_ranges(name: str) -> None:
    for options in PROVING:
        # The action fires, so the guard is true; and the property is true of the initial state.
        found = run(leavers.guarded(leavers.JOINED[name]), **options)
        assert {entry["verdict"] for entry in found.values()} == {"proved"}
    stepped = explore(ExploreRequest(leavers.guarded(leavers.JOINED[name])), lambda event: None)
    assert stepped["distinct"] == 2
    asked = explore(ExploreRequest(leavers.asked(leavers.JOINED[name])), lambda event: None)
    assert "Defined@It" not in {v["published_name"] for v in asked["violations"]}
    assert all(v["steps"] for v in asked["violations"])


def test_what_leaves_its_range_is_told_by_the_element() -> None:
    entry = run(leavers.STORED["record in a set"]())["Range@it"]
    line = "it has no value: an element.wall = 3 is outside Low, 0..1"
    assert entry["explanation"] == [f"Range@it fails: {line}"]
    last = entry["trace"]["states"][-1]
    assert last["it"] == {"#unserializable": "an element.wall = 3 is outside Low, 0..1"}
    # What is said of the value is compared, too.
    changed = {**entry["trace"], "states": [*entry["trace"]["states"][:-1], {**last, "it": {"#unserializable": "none"}}]}
    assert not replay(changed, leavers.STORED["record in a set"]()).valid


def test_a_set_of_the_result_needs_an_end() -> None:
    for sort in (leavers.Int, Option[leavers.Int]):
        with pytest.raises(ModelError, match=r"image over .*Int.* has no end"):

            image(leavers.Low, sort, lambda x: x + 1)


# -- initial predicates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", EVERYWHERE, ids=str)
def test_a_candidate_for_which_a_predicate_has_no_value_violates_definedness(options: dict[str, Any]) -> None:
    p = leavers.start(Option[leavers.Low], lambda s: s.it.value == 0)
    assert violated(p, **options) == {"Defined": 0}
    found = run(p, **options)
    assert "Begins0 is undefined" in found["Defined"]["explanation"][0]
    assert {found[name]["verdict"] for name in ("Fine", "Range@it")} <= {"unknown", "bounded"}


@pytest.mark.parametrize("options", EVERYWHERE, ids=str)
def test_where_no_candidate_has_a_value_there_is_no_initial_state_and_no_proof(options: dict[str, Any]) -> None:
    p = leavers.start(Option[leavers.Low], lambda s: s.it == none, lambda s: s.it.value == 0)
    assert violated(p, **options) == {"Defined": 0}


@pytest.mark.parametrize("options", [*PROVING, {"scope": "unbounded"}], ids=str)
def test_predicates_are_looked_at_in_their_order(options: dict[str, Any]) -> None:
    one, other = (lambda s: s.it.is_some), (lambda s: s.it.value == 0)
    ordered = run(leavers.start(Option[leavers.Low], one, other), **options)
    assert {entry["verdict"] for entry in ordered.values()} == {"proved"}
    assert violated(leavers.start(Option[leavers.Low], other, one), **options) == {"Defined": 0}


def test_for_any_size_a_candidate_without_a_value_is_no_initial_state() -> None:
    """The predicate is asked of an option that may be none; where it holds, it has a value, so the option is some."""
    p = leavers.start(Option[leavers.Low], lambda s: s.it.value == 0)
    quantified = Quantified(unbounded(p.model()))
    it = state("it", quantified.model.variable("it").sort)
    assert check(quantified.initiation([Term("is_some", (it,), BOOL)])).answer is Answer.UNSAT
    zero = equal(Term("payload", (it,), INT), integer(0))
    assert check(quantified.initiation([negation(zero)])).answer is Answer.SAT


def test_other_commands_see_predicates_without_a_value() -> None:
    p = leavers.start(Option[leavers.Low], lambda s: s.it.value == 0)
    found = explore(ExploreRequest(p), lambda event: None)
    assert [(v["published_name"], v["steps"]) for v in found["violations"]] == [("Defined", 0)]
    # The other candidate is initial.
    assert found["distinct"] == 2
    met = sample(RunRequest(p, runs=3), lambda event: None)
    assert [(v["published_name"], v["steps"]) for v in met["violations"]] == [("Defined", 0)]


def test_a_candidate_without_a_value_is_no_initial_state() -> None:
    p = leavers.start(Option[leavers.Low], lambda s: s.it.value == 0)
    entry = run(p)["Defined"]
    for name in ("Fine", "Range@it"):
        trace = {**entry["trace"], "#meta": {**entry["trace"]["#meta"], "property": name}}
        again = replay(trace, p)
        assert (again.valid, again.failure) == (False, "state 0 is not initial: the initial predicate Begins0 has no value")


def test_for_any_size_a_proof_rests_on_what_is_put_into_sets() -> None:
    found = run(leavers.STORED["record in a set"](), scope="unbounded")
    assert (found["Unread"]["verdict"], found["Unread"]["reason"]) == ("unknown", "Range@it is violated in 1 step")
    assert run(leavers.jump(), scope="unbounded")["Other"]["verdict"] == "proved"


# -- unbounded scope -----------------------------------------------------------------------------------------------------


def dropping(*, low: bool) -> Protocol:
    """A position that leaves its range at the end that is kept (`low`) or at the one that is dropped."""
    p = Protocol("dropping", "a range of which one end is dropped")
    bound = p.search_bound("Bound", 2)

    class Place(Range, low=0, high=bound):
        pass

    @p.state
    class State:
        place: Place = var(1)
        other: leavers.Low = var(anything)

    @p.action
    def Move(s: State) -> None:
        guard("there", s.place >= 0)
        s.place = s.place - 1 if low else s.place + 1

    @p.invariant()
    def NotFar(s: State) -> Bool:
        return s.place != (-1 if low else 3)

    return p


def test_a_range_is_refuted_at_the_ends_that_are_kept() -> None:
    assert violated(dropping(low=True), scope="unbounded") == {"Range@place": 2, "NotFar": 2}
    found = run(dropping(low=False), scope="unbounded")
    assert found["Range@place"]["verdict"] == "proved"
    # It is violated by a value beyond the end that is dropped, which a larger instance has.
    assert found["NotFar"]["verdict"] == "violated"
