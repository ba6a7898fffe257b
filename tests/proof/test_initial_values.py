"""Initial values that are undefined: a violation of `Defined` in no step, and nothing is initial or proved beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.proof.test_ranges import EVERYWHERE, run, violated
from verifier.evidence.replay import replay
from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Protocol,
    Range,
    Scalarset,
    Set,
    anything,
    budget,
    choose,
    fn,
    guard,
    ite,
    min_of,
    set_of,
    var,
)
from verifier.proof.strategy import ExploreRequest, GapsRequest, RunRequest, explore, find_gaps, sample
from verifier.proof.strategy.net import Net
from verifier.semantics.scope import finite_scope


class Number(Range, low=0, high=2):
    """A number."""


class Name(Scalarset, parameter="Names", size=2, prefix="n"):
    """A name."""


def nobody() -> Any:
    return choose(Name, lambda n: Bool(False))


UNDEFINED: dict[str, tuple[object, Callable[[], Any]]] = {
    "nothing to choose": (Name, nobody),
    "several to choose from": (Number, lambda: choose(Number, lambda n: n > 0)),
    "a choice inside": (Set[Name], lambda: {nobody()}),
    "an image": (Fn[Number, Name], lambda: fn(Number, lambda i: nobody())),
    "an index": (Number, lambda: fn(Number, lambda i: i)[Int(5)]),
    "an argument": (Bool, lambda: fn(Name, lambda n: Bool(True))[nobody()]),
    "no least element": (Number, lambda: min_of(set_of(Number, lambda n: n > 2))),
    "an element, where nothing has a range": (
        Bool,
        lambda: (set_of(Number, lambda n: Bool(False)) | {Int(7)}).contains(Int(0)),
    ),
}


def starting(sort: object, value: Callable[[], Any], *, other: int = 0) -> Protocol:
    """A model in which `it` begins with a value, and `open` with any that a predicate lets it have."""
    p = Protocol("starting", "an initial value")

    class State:
        it: sort = var(value())  # type: ignore[valid-type]
        open: Number = var(anything)
        also: Number = var(Int(other))

    State.__annotations__["it"] = sort
    p.state(State)

    @p.initially
    def Least(s: State) -> Bool:
        return s.open == 0

    @p.action
    def Step(s: State) -> None:
        guard("first", s.also == 0)
        s.also = 1

    @p.invariant()
    def Fine(s: State) -> Bool:
        return s.also <= 1

    @p.invariant()
    def Reads(s: State) -> Bool:
        return s.it != s.it

    return p


@pytest.mark.parametrize("options", EVERYWHERE, ids=str)
@pytest.mark.parametrize("what", UNDEFINED)
def test_it_violates_definedness_and_nothing_is_proved(what: str, options: dict[str, Any]) -> None:
    p = starting(*UNDEFINED[what])
    assert violated(p, **options) == {"Defined": 0}
    found = run(p, **options)
    assert found["Defined"]["explanation"][0].startswith("the initial value of it is undefined (")
    assert {entry["verdict"] for name, entry in found.items() if name != "Defined"} == {"unknown"}


@pytest.mark.parametrize("options", EVERYWHERE, ids=str)
def test_what_is_not_looked_at_need_not_have_a_value(options: dict[str, Any]) -> None:
    found = run(starting(Number, lambda: ite(Bool(False), choose(Number, lambda n: n > 0), Int(1))), **options)
    assert found["Fine"]["verdict"] == "proved"


@pytest.mark.parametrize("options", EVERYWHERE, ids=str)
def test_beside_it_ranges_are_not_judged(options: dict[str, Any]) -> None:
    assert violated(starting(Name, nobody, other=7), **options) == {"Defined": 0}


def test_other_commands_see_it() -> None:
    p = starting(Name, nobody)
    found = explore(ExploreRequest(p), lambda event: None)
    assert [(v["published_name"], v["steps"]) for v in found["violations"]] == [("Defined", 0)]
    assert found["distinct"] == 0
    met = sample(RunRequest(p, runs=3), lambda event: None)
    assert [(v["published_name"], v["steps"]) for v in met["violations"]] == [("Defined", 0)]
    assert find_gaps(GapsRequest(p), lambda event: None)["baseline"]["violated"] == ["Defined"]


def test_the_trace_says_that_there_is_no_value() -> None:
    p = starting(Name, nobody)
    trace = run(p)["Defined"]["trace"]
    [state] = trace["states"]
    assert (state["it"], state["also"]) == ({"#unserializable": "its initial value is undefined"}, {"#bigint": "0"})
    # Nor is the state initial for any other property, or one in which the variable has some value.
    for name in ("Fine", "Range@also"):
        again = replay({**trace, "#meta": {**trace["#meta"], "property": name}}, p)
        assert (again.valid, again.failure) == (False, "state 0 is not initial: the initial value of it is undefined")
    again = replay({**trace, "states": [{**state, "it": "n1"}]}, p)
    assert (again.valid, again.violated) == (False, False)
    again = replay({**trace, "states": [{**state, "open": {"#bigint": "3"}}]}, p)
    assert (again.valid, again.violated) == (False, False)


def test_the_net_meets_it() -> None:
    scope = finite_scope(starting(Name, nobody).model())
    net = Net(scope, scope.model.properties)
    caught = net.caught(scope.model.find_property("Defined"))
    assert caught is not None
    assert caught.steps == 0
    assert net.caught(scope.model.find_property("Fine")) is None


# -- sizes ---------------------------------------------------------------------------------------------------------------


def test_what_is_undefined_at_another_size_is_not_proved_of_all() -> None:
    p = Protocol("single", "there is one name at the published scope")

    class One(Scalarset, parameter="Ones", size=1):
        pass

    @p.state
    class State:
        only: One = var(choose(One, lambda n: Bool(True)))
        flag: Bool = var(False)

    @p.action
    def Step(s: State) -> None:
        s.flag = True

    @p.invariant()
    def Same(s: State) -> Bool:
        return s.only == s.only

    assert {entry["verdict"] for entry in run(p).values()} == {"proved"}
    assert {name: entry["verdict"] for name, entry in run(p, settings=("Ones=2",)).items()} == {
        "Same": "unknown",
        "Defined": "violated",
    }
    found = run(p, scope="unbounded")
    assert {entry["verdict"] for entry in found.values()} == {"unknown"}
    assert "is not shown to have a value: undefined for some size of the sorts" in found["Defined"]["reason"]


def test_what_is_dropped_still_counts() -> None:
    p = Protocol("dropped", "a counter that only a budget reads")
    bound = p.search_bound("Most", 2)

    class Count(Range, low=0, high=bound):
        pass

    @p.state
    class State:
        count: Count = var(ite(choose(Name, lambda n: Bool(False)) == choose(Name, lambda n: Bool(False)), 0, 0))
        flag: Bool = var(False)

    @p.action
    def Step(s: State) -> None:
        budget("most", s.count < bound)
        s.count = s.count + 1
        s.flag = True

    @p.invariant()
    def Fine(s: State) -> Bool:
        return s.flag | ~s.flag

    for options in EVERYWHERE:
        assert violated(p, **options) == {"Defined": 0}
