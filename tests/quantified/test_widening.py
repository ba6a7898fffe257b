"""What limits a variable whose range has lost its end: values that were stored, and nothing that was only computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.quantified.cases import COMPUTED, LIMITED, STEPS_LOST, STORED, UNLIMITED
from tests.quantified.corpus import random_terms
from tests.quantified.widened import World, term, unsound
from verifier.kernel import (
    Bool,
    Ordered,
    Protocol,
    Range,
    budget,
    choose,
    exists,
    exists_in,
    forall,
    guard,
    implies,
    var,
)
from verifier.kernel.errors import ModelError
from verifier.kernel.sorts import BOOL, RangeSort
from verifier.kernel.terms import Term
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.scope.unbounded import unbounded
from verifier.semantics.scope.widening import Widening


@pytest.mark.parametrize("op", ["eq", "le"])
@pytest.mark.parametrize("limit", COMPUTED)
def test_what_is_computed_is_not_a_limit(limit: str, op: str) -> None:
    def claim(s: Any, m: World) -> Bool:
        value = COMPUTED[limit](s, m)
        return exists(m.W, lambda v: (v == value) if op == "eq" else (v <= value) & (v > s.w))

    assert World().reason(claim) == "it says `for some v` over W, whose end is dropped"


@pytest.mark.parametrize("op", ["eq", "le"])
@pytest.mark.parametrize("limit", STORED)
def test_what_was_stored_is(limit: str, op: str) -> None:
    def claim(s: Any, m: World) -> Bool:
        value = STORED[limit](s, m)
        return exists(m.W, lambda v: (v == value) if op == "eq" else (v <= value) & (v > s.w))

    assert World().reason(claim) is None


def test_a_range_whose_end_is_written_otherwise_is_no_limit() -> None:
    assert World().reason(lambda s, m: exists(m.W, lambda v: v == s.longer)) is not None


@pytest.mark.parametrize("case", LIMITED)
def test_a_property_whose_variables_are_limited_is_stated(case: str) -> None:
    assert World().reason(LIMITED[case]) is None


@pytest.mark.parametrize("case", UNLIMITED)
def test_a_property_whose_variables_are_not_is_not(case: str) -> None:
    reason = World().reason(UNLIMITED[case])
    assert reason is not None
    assert "whose end is dropped" in reason or "functions of W" in reason


def test_no_random_term_changes_in_a_direction_that_is_not_admitted() -> None:
    assert unsound(random_terms(range(40))) is None


@pytest.mark.nightly
def test_nor_do_many() -> None:
    assert unsound(random_terms(range(1000, 9000))) is None


def test_formulas_may_share_their_parts() -> None:
    def claim(s: Any, m: World) -> Bool:
        shared: Any = exists(m.W, lambda v: v <= s.w)
        for _ in range(40):
            shared = (shared & (s.small > 0)) | (shared & s.on)
        return cast(Bool, shared)

    fault = Widening(frozenset({"Limit"})).wrong(term(claim), "forall")
    assert fault is None


def test_a_shared_part_is_judged_once_more_under_members_that_were_not_stored() -> None:
    def below(s: Any, m: World) -> Bool:
        return exists_in(s.pairs, lambda q: exists(m.W, lambda v: v <= q.right))

    stored = term(below)
    made = term(lambda s, m: s.pairs.insert(m.Pair(left=s.w + 1, right=s.w + 1)))
    both = Term("and", (stored, replace(stored, args=(made, stored.args[1]))), BOOL)
    faults = [Widening(frozenset({"Limit"})).wrong(formula, "forall") for formula in (stored, both)]
    assert [fault is None for fault in faults] == [True, False]


# -- actions ---------------------------------------------------------------------------------------------------------------


def refused(world: World) -> str:
    with pytest.raises(ModelError) as error:
        world.scope()
    assert error.value.position is not None
    assert error.value.position.file == __file__
    assert error.value.hint is not None
    return error.value.message


@pytest.mark.parametrize("case", STEPS_LOST)
def test_a_guard_that_would_lose_steps_is_refused(case: str) -> None:
    world = World()

    @world.p.action
    def Last(s: Any) -> None:
        guard("last", STEPS_LOST[case](s, world))
        s.on = True

    assert refused(world).startswith("guard Last.last has no meaning at unbounded scope: ")


@pytest.mark.parametrize("case", ["an initial predicate", "a constraint", "an update", "an initial value"])
def test_so_is_whatever_else_would(case: str) -> None:
    world = World()
    p = world.p

    def none_next(s: Any) -> Bool:
        return forall(world.W, lambda v: v != s.w + 1)

    if case == "an initial predicate":

        @p.initially
        def First(s: Any) -> Bool:
            return none_next(s)

    elif case == "a constraint":

        @p.constraint
        def Inside(s: Any) -> Bool:
            return none_next(s)

    else:

        @p.action
        def Change(s: Any) -> None:
            s.on = none_next(s)

    if case == "an initial value":
        del p.actions["Change"]
        q = Protocol("start", "start")
        limit = q.search_bound("Limit", 2)

        class V(Range, low=0, high=limit):
            pass

        class State:
            more: Bool = var(exists(V, lambda v: v > 1))

        q.state(State)

        @q.action
        def Clear(s: State) -> None:
            s.more = False  # type: ignore[assignment]

        with pytest.raises(ModelError, match="variable more has no meaning at unbounded scope"):
            unbounded(q.model())
        return
    assert "has no meaning at unbounded scope" in refused(world)


def test_a_constraint_must_not_get_a_value_beyond_an_end() -> None:
    # Where it has no value, at the end of each finite range, it counts as true.
    world = World()

    @world.p.constraint
    def Marked(s: Any) -> Bool:
        return s.next[s.w + 1] == 0

    assert refused(world) == (
        "constraint Marked has no meaning at unbounded scope: it looks beyond the end of W, which is dropped"
    )


def test_nor_by_choosing_beyond_an_end() -> None:
    world = World()

    @world.p.constraint
    def Chosen(s: Any) -> Bool:
        return choose(world.W, lambda v: v == s.w + 1) > 5

    assert "it says `the one v` over W, whose end is dropped" in refused(world)


def test_a_constraint_that_looks_at_what_was_stored_is_none_of_these() -> None:
    world = World()

    @world.p.constraint
    def Marked(s: Any) -> Bool:
        return (s.next[s.w] == 0) & (choose(world.W, lambda v: v == s.w) == s.w)

    assert [c.name for c in world.scope().model.constraints] == ["Marked"]


# -- sizes -----------------------------------------------------------------------------------------------------------------


def rounds(condition: Callable[[Any, Any], Bool]) -> Protocol:
    p = Protocol("rounds", "rounds")
    p.search_bound("MaxOps", 3)

    class Round(Ordered, parameter="Rounds", size=3, first=1):
        pass

    class State:
        r: Round = var(1)
        last: Bool = var(False)

    p.state(State)

    @p.action
    def Next(s: State) -> None:
        budget("room", exists(Round, lambda n: n == s.r + 1))
        s.r += 1

    @p.action
    def Last(s: State) -> None:
        guard("last", condition(s, Round))
        s.last = True

    return p


def test_the_size_of_an_ordered_sort_stays_where_an_action_depends_on_it() -> None:
    scope = unbounded(rounds(lambda s, r: ~exists(r, lambda n: n == s.r + 1)).model())
    assert list(scope.model.parameters) == ["Rounds"]
    assert scope.gone == {"MaxOps"}
    sort = scope.model.variable("r").sort
    assert isinstance(sort, RangeSort)
    assert scope.high(sort) is not None
    assert [text for text, _ in scope.sizes()] == ["Round is not empty"]
    # What keeps values within an end that counts is not a budget.
    assert [g.name for g in scope.model.action("Next").guards] == ["room"]
    assert "upper end of Round" not in scope.dropped


def test_where_none_does_it_goes() -> None:
    scope = unbounded(rounds(lambda s, r: exists(r, lambda n: n > s.r)).model())
    assert list(scope.model.parameters) == []
    assert [g.name for g in scope.model.action("Next").guards] == []
    assert scope.dropped == ("search bound MaxOps", "guard Next.room", "upper end of Round")


# -- verdicts ----------------------------------------------------------------------------------------------------------------


def verdicts(protocol: Protocol) -> dict[str, tuple[str, int | None]]:
    """The verdict of each property at unbounded scope, and its steps."""
    document = prove(ProveRequest(protocol, scope="unbounded"), lambda event: None)
    return {entry["published_name"]: (entry["verdict"], entry["steps"]) for entry in document["properties"]}


def test_a_step_that_exists_at_every_size_is_not_lost() -> None:
    p = rounds(lambda s, r: ~exists(r, lambda n: n == s.r + 1))

    @p.invariant()
    def NotLast(s: Any) -> Bool:
        return ~s.last

    @p.invariant()
    def Last(s: Any) -> Bool:
        return implies(s.last, s.r >= 1)

    assert verdicts(p) == {"NotLast": ("violated", 3), "Last": ("proved", None), "Range@r": ("proved", None)}


def test_an_action_that_can_fire_at_a_finite_size_only_is_refused() -> None:
    p = Protocol("chosen", "a choice that is unique at the end of a range")
    limit = p.search_bound("Limit", 2)

    class W(Range, low=0, high=limit):
        pass

    class State:
        w: W = var(0)
        last: Bool = var(False)

    p.state(State)

    @p.action
    def Tick(s: State) -> None:
        budget("room", s.w < limit)
        s.w += 1

    @p.action
    def Last(s: State) -> None:
        guard("last", (s.w > 0) & (choose(W, lambda v: v > s.w) > 0))
        s.last = True  # type: ignore[assignment]

    with pytest.raises(
        ModelError, match="Last fires with the sizes of the model, but at unbounded scope no state lets it"
    ) as e:
        verdicts(p)
    assert e.value.source is not None
    assert 'guard("last"' in e.value.source
    assert "Last.last" in (e.value.hint or "")
