"""What limits a variable whose range has lost its end: values that were stored, and nothing that was only computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verifier.kernel import (
    Bool,
    Fn,
    KeyedSet,
    Option,
    Ordered,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    anything,
    budget,
    choose,
    exists,
    exists_in,
    fn,
    forall,
    forall_in,
    guard,
    implies,
    ite,
    max_of,
    maximum,
    minimum,
    none,
    set_of,
    some,
    var,
)
from verifier.kernel.errors import ModelError
from verifier.kernel.sorts import RangeSort
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.scope.unbounded import Unbounded, unbounded


class World:
    """A protocol with a search bound `Limit`, the range `W` that ends at it, and a variable of every kind."""

    def __init__(self) -> None:
        self.p = p = Protocol("world", "a world")
        self.limit = limit = p.search_bound("Limit", 3)

        class Node(Scalarset, parameter="Nodes", size=2):
            pass

        class W(Range, low=0, high=limit):
            pass

        class Half(Range, low=0, high=limit - 1):
            pass

        class Small(Range, low=0, high=5):
            pass

        class Pair(Record):
            left: W
            right: W

        class Pairs(KeyedSet[Pair], key="left"):
            pass

        class State:
            w: W = var(0)
            half: Half = var(0)
            small: Small = var(0)
            on: Bool = var(False)
            at: Fn[Node, W] = var(0)
            next: Fn[W, W] = var(0)
            pair: Pair = var(Pair(left=W(0), right=W(0)))
            maybe: Option[W] = var(none)
            seen: Set[W] = var(set())
            pairs: Pairs = var(set())
            first: Node = var(anything)

        self.Node, self.W, self.Pair, self.State = Node, W, Pair, State
        p.state(State)

    def scope(self) -> Unbounded:
        """The unbounded scope, with a step for whoever has declared none."""
        if not self.p.actions:

            @self.p.action
            def Tick(s: Any) -> None:
                s.on = True

        return unbounded(self.p.model())

    def reason(self, formula: Callable[[Any, World], Bool]) -> str | None:
        """Why a property is not stated; None if it is."""

        @self.p.invariant()
        def Claim(s: Any) -> Bool:
            return formula(s, self)

        found = [entry.reason for entry in self.scope().not_stated]
        return found[0] if found else None


Case = Callable[[Any, World], Bool]

# Each says that some v is what is given; true over longer ranges, and false at the end of each.
COMPUTED: dict[str, Callable[[Any, World], Any]] = {
    "a sum": lambda s, m: s.w + 1,
    "a sum with a sort": lambda s, m: m.W(s.w + 1),
    "a product": lambda s, m: s.w * 2,
    "a number": lambda s, m: m.W(1),
    "a greater of two": lambda s, m: maximum(s.w, s.w + 1),
    "a choice": lambda s, m: ite(s.on, s.w, m.W(s.w + 1)),
    "another range": lambda s, m: s.small,
    "a field just made": lambda s, m: m.Pair(left=s.w + 1, right=s.w).left,
    "a field just replaced": lambda s, m: s.pair.replace(left=s.w + 1).left,
    "a payload just made": lambda s, m: some(m.W(s.w + 1)).value,
    "a value just mapped": lambda s, m: s.at.updated(s.first, s.w + 1)[s.first],
    "a mapped value": lambda s, m: fn(m.Node, lambda n: m.W(s.at[n] + 1))[s.first],
    "what is stored beyond the end": lambda s, m: s.next[s.w + 1],
    "a member just inserted": lambda s, m: s.pairs.insert(m.Pair(left=s.w, right=s.w + 1)).get(s.w).right,
    "the one that is greater": lambda s, m: choose(m.W, lambda v: v > s.w),
}

STORED: dict[str, Callable[[Any, World], Any]] = {
    "a variable": lambda s, m: s.w,
    "less than a variable": lambda s, m: s.w - 1,
    "the low end": lambda s, m: m.W(0),
    "a function's value": lambda s, m: s.at[s.first],
    "a function's value there": lambda s, m: s.next[s.w],
    "a function's value below": lambda s, m: s.next[s.w - 1],
    "a field": lambda s, m: s.pair.left,
    "a field of a changed record": lambda s, m: s.pair.replace(left=s.w).right,
    "a payload": lambda s, m: s.maybe.value,
    "a greater of two": lambda s, m: maximum(s.w, s.at[s.first]),
    "a lesser of two": lambda s, m: minimum(s.w, s.pair.right),
    "a choice": lambda s, m: ite(s.on, s.w, s.pair.right),
    "a greatest": lambda s, m: max_of(s.seen),
    "a record's": lambda s, m: s.pairs.get(s.w).right,
    "a changed function's": lambda s, m: s.at.updated(s.first, s.w)[s.first],
}


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
    assert World().reason(lambda s, m: exists(m.W, lambda v: v == s.half)) is not None


LIMITED: dict[str, Case] = {
    "either way": lambda s, m: exists(m.W, lambda v: ite(s.on, v == s.w, v <= s.at[s.first])),
    "a condition that says so": lambda s, m: exists(m.W, lambda v: ite(v <= s.w, s.on, v == s.pair.left)),
    "both alternatives": lambda s, m: exists(m.W, lambda v: (v == s.w) | (v < s.pair.left)),
    "one of two conditions": lambda s, m: exists(m.W, lambda v: (v > s.small) & (v <= s.w)),
    "a negated comparison": lambda s, m: exists(m.W, lambda v: ~(v > s.w) & s.on),
    "a set": lambda s, m: exists_in(s.seen, lambda v: v > s.w),
    "a variable that is limited": lambda s, m: exists(m.W, m.W, lambda v, u: (v <= u) & (u <= s.w)),
    "a variable of a quantifier": lambda s, m: forall(m.W, lambda u: exists(m.W, lambda v: v <= u)),
    "members of what was stored": lambda s, m: exists(m.W, lambda v: exists_in(s.pairs, lambda r: v <= r.right)),
    "a whole record": lambda s, m: exists(m.Pair, lambda r: r == s.pair),
    "a record that was stored": lambda s, m: exists(m.Pair, lambda r: s.pairs.contains(r)),
    "an option": lambda s, m: exists(Option[m.W], lambda o: o == s.maybe),  # type: ignore[name-defined]
    "a comprehension": lambda s, m: set_of(m.W, lambda v: v <= s.w).contains(s.w + 1) | s.on,
    "what is asked of a comprehension": lambda s, m: set_of(m.W, lambda v: v >= 0).contains(s.w),
    "not being in a comprehension": lambda s, m: ~set_of(m.W, lambda v: v >= 0).contains(s.w + 1) | s.on,
    "equal functions": lambda s, m: s.next == fn(m.W, lambda v: s.next[v]),
}

UNLIMITED: dict[str, Case] = {
    "only one way": lambda s, m: exists(m.W, lambda v: ite(s.on, v == s.w, v > s.w)),
    "only one alternative": lambda s, m: exists(m.W, lambda v: (v == s.w) | (v > s.w)),
    "an implication": lambda s, m: exists(m.W, lambda v: implies(s.on, v <= s.w) & implies(~s.on, v > s.w)),
    "a lower bound": lambda s, m: exists(m.W, lambda v: v > s.w),
    "a negation": lambda s, m: exists(m.W, lambda v: ~(v <= s.w)),
    "a variable that is not": lambda s, m: exists(m.W, m.W, lambda v, u: (v < u) & (u > s.w)),
    "a variable inside": lambda s, m: exists(m.W, lambda v: exists(m.W, lambda u: (v <= u) & (u > s.w))),
    "members just inserted": lambda s, m: exists(
        m.W, lambda v: exists_in(s.pairs.insert(m.Pair(left=s.w, right=s.w + 1)), lambda r: (v == r.right) & (v > s.w))
    ),
    "members just inserted, outside": lambda s, m: forall_in(
        s.pairs.insert(m.Pair(left=s.w, right=s.w + 1)), lambda r: exists(m.W, lambda v: v == r.right)
    ),
    "a function of what is not limited": lambda s, m: exists(m.W, lambda v: v == s.next[v]),
    "a premise": lambda s, m: implies(forall(m.W, lambda v: v != s.w + 1), s.on),
    "a nested premise": lambda s, m: implies(implies(s.on, exists(m.W, lambda v: v > s.w)) == s.on, s.on),
    "a record": lambda s, m: exists(m.Pair, lambda r: r.left <= s.w),
    "an option": lambda s, m: exists(Option[m.W], lambda o: o.is_some & (o.value > s.w)),  # type: ignore[name-defined]
    "being in a comprehension": lambda s, m: set_of(m.W, lambda v: v >= 0).contains(s.w + 1),
    "what is equal to a comprehension": lambda s, m: set_of(m.W, lambda v: v >= 0) == s.seen,
    "what follows from a comprehension": lambda s, m: implies(~set_of(m.W, lambda v: v >= 0).contains(s.w + 1), s.on),
    "different functions": lambda s, m: s.next != fn(m.W, lambda v: s.next[v]),
    "functions in a premise": lambda s, m: implies(s.next == fn(m.W, lambda v: m.W(0)), s.on),
    "what is chosen": lambda s, m: exists(m.W, lambda v: v <= choose(m.W, lambda u: u > s.w)),
    # The second part is not looked at where the first is false, so the index may be beyond the end.
    "what is checked to the left": lambda s, m: exists(m.W, lambda v: (v > s.w) & (v <= s.next[s.w + 1])),
}


@pytest.mark.parametrize("case", LIMITED)
def test_a_property_whose_variables_are_limited_is_stated(case: str) -> None:
    assert World().reason(LIMITED[case]) is None


@pytest.mark.parametrize("case", UNLIMITED)
def test_a_property_whose_variables_are_not_is_not(case: str) -> None:
    reason = World().reason(UNLIMITED[case])
    assert reason is not None
    assert "whose end is dropped" in reason or "functions of W" in reason


# -- actions ---------------------------------------------------------------------------------------------------------------


def refused(world: World) -> str:
    with pytest.raises(ModelError) as error:
        world.scope()
    assert error.value.position is not None
    assert error.value.position.file == __file__
    assert error.value.hint is not None
    return error.value.message


STEPS_LOST: dict[str, Case] = {
    "no next": lambda s, m: forall(m.W, lambda v: v != s.w + 1),
    "none is next": lambda s, m: ~exists(m.W, lambda v: v == s.w + 1),
    "nothing beyond": lambda s, m: ~set_of(m.W, lambda v: v >= 0).contains(s.w + 1),
    "all are marked": lambda s, m: forall(m.W, lambda v: implies(v >= s.w, s.next[v] == v)),
    "the whole set": lambda s, m: s.seen == set_of(m.W, lambda v: v >= 0),
    "the same function": lambda s, m: s.next == fn(m.W, lambda v: m.W(0)),
    "the greatest of all": lambda s, m: max_of(set_of(m.W, lambda v: v >= 0)) == s.w,
}


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
            all: Set[V] = var(set_of(V, lambda v: v >= 0))

        q.state(State)

        @q.action
        def Clear(s: State) -> None:
            s.all = set()

        with pytest.raises(ModelError, match="variable all has no meaning at unbounded scope"):
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
    assert scope.gone == frozenset()
    sort = scope.model.variable("r").sort
    assert isinstance(sort, RangeSort)
    assert scope.high(sort) is not None
    assert [text for text, _ in scope.inhabited_ranges()] == ["Round"]
    # What keeps values within an end that counts is not a budget.
    assert [g.name for g in scope.model.action("Next").guards] == ["room"]
    assert "upper end of Round" not in scope.dropped


def test_where_none_does_it_goes() -> None:
    scope = unbounded(rounds(lambda s, r: exists(r, lambda n: n > s.r)).model())
    assert list(scope.model.parameters) == []
    assert [g.name for g in scope.model.action("Next").guards] == []
    assert scope.dropped == ("guard Next.room", "upper end of Round")


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
        ModelError, match="Last fires at the published scope, but at unbounded scope no state lets it"
    ) as e:
        verdicts(p)
    assert e.value.source is not None
    assert 'guard("last"' in e.value.source
    assert "Last.last" in (e.value.hint or "")
