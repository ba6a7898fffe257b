"""What is dropped still counts: whether it has a value, and the ends of ranges that are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verifier.kernel import (
    Bool,
    Fn,
    Int,
    KeyedSet,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    budget,
    choose,
    empty,
    exists,
    forall_in,
    guard,
    implies,
    ite,
    max_of,
    none,
    set_of,
    some,
    var,
    witness,
)
from verifier.kernel.errors import ModelError
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.quantified.definedness import Definedness
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.unbounded import unbounded


def verdicts(protocol: Protocol, **options: Any) -> dict[str, str]:
    """The verdict of each property at unbounded scope, by published name."""
    document = prove(ProveRequest(protocol, scope="unbounded", **options), lambda event: None)
    return {entry["published_name"]: entry["verdict"] for entry in document["properties"]}


class World:
    """A counter `cnt` up to the search bound, options, and what reads them."""

    def __init__(self) -> None:
        self.p = p = Protocol("world", "a world")
        self.bound = bound = p.search_bound("Bound", 2)
        p.assume("SomeBound", bound >= 1)

        class W(Range, low=0, high=bound):
            pass

        class Small(Range, low=0, high=3):
            pass

        class Node(Scalarset, parameter="Nodes", size=2):
            pass

        class State:
            cnt: W = var(0)
            by: Fn[Node, W] = var(0)
            o: Option[W] = var(none)
            small: Small = var(0)
            f: Fn[Small, Bool] = var(False)
            marks: Fn[W, Bool] = var(False)
            done: Bool = var(False)
            go: Bool = var(False)

        self.W, self.Small, self.Node, self.State = W, Small, Node, State
        p.state(State)

        @p.action
        def Fill(s: Any) -> None:
            s.o = some(W(0))

        @p.invariant()
        def Quiet(s: Any) -> Bool:
            return ~s.go & implies(s.done, s.done)

    def step(self, what: Callable[[Any, Any, World], None]) -> Protocol:
        """The world with one more action."""
        world, node = self, self.Node

        def Step(s: Any, n: node) -> None:  # type: ignore[valid-type]
            what(s, n, world)
            s.done = True

        self.p.action(Step)
        return self.p


def counted(s: Any, n: Any, m: World) -> None:
    budget("room", s.cnt < m.bound)


# -- whether dropped parts have a value --------------------------------------------------------------------------------------


def undefined_update(s: Any, n: Any, m: World) -> None:
    counted(s, n, m)
    s.cnt = s.o.value


def undefined_budget(s: Any, n: Any, m: World) -> None:
    budget("room", s.o.value < m.bound)


def undefined_before_the_guard(s: Any, n: Any, m: World) -> None:
    budget("room", s.o.value < m.bound)
    guard("some", s.o.is_some)


def undefined_index(s: Any, n: Any, m: World) -> None:
    counted(s, n, m)
    guard("there", s.f[s.small + 1] | ~s.done)
    s.small = s.small


def undefined_under_a_witness(s: Any, n: Any, m: World) -> None:
    w = witness("w", m.Node)
    guard("w", w != n)
    budget("room", (s.by[w] < m.bound) & (s.o.value == 0))


@pytest.mark.parametrize(
    "what", [undefined_update, undefined_budget, undefined_before_the_guard, undefined_under_a_witness]
)
def test_a_dropped_part_without_a_value_violates_defined(what: Callable[..., None]) -> None:
    found = verdicts(World().step(what))
    assert found["Defined"] == "violated"
    assert "proved" not in found.values()


def defined_update(s: Any, n: Any, m: World) -> None:
    counted(s, n, m)
    guard("some", s.o.is_some)
    s.cnt = s.o.value


def defined_by_a_budget(s: Any, n: Any, m: World) -> None:
    counted(s, n, m)
    budget("some", s.o.is_some)
    budget("less", s.o.value < m.bound)
    s.cnt = s.o.value


def defined_by_a_guard_after(s: Any, n: Any, m: World) -> None:
    # Updates are looked at where all guards hold.
    budget("room", s.cnt < m.bound)
    guard("some", s.o.is_some)
    s.by[n] = s.o.value


def beyond_a_dropped_end(s: Any, n: Any, m: World) -> None:
    budget("room", s.marks[s.cnt + 1] | (s.cnt < m.bound))


@pytest.mark.parametrize("what", [defined_update, defined_by_a_budget, defined_by_a_guard_after, beyond_a_dropped_end])
def test_a_dropped_part_with_a_value_does_not(what: Callable[..., None]) -> None:
    found = verdicts(World().step(what))
    assert set(found.values()) == {"proved"}


def test_a_dropped_constraint_is_looked_at_too() -> None:
    world = World()

    @world.p.constraint
    def Few(s: Any) -> Bool:
        return s.o.value <= world.bound

    assert verdicts(world.step(counted))["Defined"] == "violated"


def test_a_dropped_bound_is_any_number_that_the_assumptions_admit() -> None:
    world = World()

    @world.p.constraint
    def First(s: Any) -> Bool:
        return s.f[world.bound - 1] | (s.small <= world.bound)

    scope = unbounded(world.step(counted).model())
    [use] = Definedness(scope).dropped_constraints()
    # 1 <= Bound keeps the index from being negative, but nothing keeps it within Small.
    assert verdicts(world.p)["Defined"] == "unknown"
    assert "Bound" in str([term.data for term in _parameters(use.formula)])


def _parameters(term: Any) -> list[Any]:
    from verifier.kernel.terms import walk

    return [part for part in walk(term) if part.op == "parameter"]


def test_what_is_read_to_see_whether_a_dropped_part_has_a_value_stays() -> None:
    world = World()

    def what(s: Any, n: Any, m: World) -> None:
        budget("room", s.f[s.small] & (s.cnt < m.bound))
        s.small = s.small

    names = [v.name for v in unbounded(world.step(what).model()).model.variables]
    assert "small" in names
    assert "cnt" in names  # the whole budget may have no value


def test_so_does_what_a_dropped_update_needs() -> None:
    world = World()

    def what(s: Any, n: Any, m: World) -> None:
        budget("room", (s.cnt < m.bound) & (s.small < m.bound))
        s.cnt = ite(s.f[s.small], 0, 1)
        s.small = s.small

    names = [v.name for v in unbounded(world.step(what).model()).model.variables]
    assert "cnt" not in names
    assert "small" in names


def test_a_dropped_part_that_cannot_be_expressed_is_refused() -> None:
    p = Protocol("log", "a log")
    bound = p.search_bound("Bound", 2)

    class W(Range, low=0, high=bound):
        pass

    class State:
        seen: Set[W] = var(set())
        f: Fn[W, Bool] = var(False)

    p.state(State)

    @p.action
    def Add(s: State, w: W) -> None:
        budget("few", s.f[s.seen.size()] | ~exists(Set[W], lambda some: some == s.seen))
        s.seen = s.seen | {w}

    with pytest.raises(ModelError, match=r"guard Add.few has no meaning at unbounded scope: some runs over Set"):
        unbounded(p.model())


# -- members of keyed sets -----------------------------------------------------------------------------------------------------


def keyed(record: Callable[[Any, Any], Any], protect: bool = False) -> Protocol:
    """Records of a keyed set, stored or just made, are the index of a function."""
    p = Protocol("keyed", "members as indices")

    class W(Range, low=0, high=1):
        pass

    class Rec(Record):
        k: W
        v: W

    class Recs(KeyedSet[Rec], key="k"):
        pass

    class State:
        recs: Recs = var(set())
        f: Fn[Rec, Bool] = var(False)
        g: Fn[W, Bool] = var(False)
        done: Bool = var(False)

    p.state(State)

    @p.action
    def Step(s: State, v: W) -> None:
        guard("first", ~s.done & ~s.recs.has(0))
        s.recs = s.recs.insert(Rec(k=W(0), v=v))
        s.done = True

    @p.invariant()
    def Any_(s: State) -> Bool:
        return record(s, Rec)

    return p


def test_a_member_of_a_set_just_made_may_be_outside_its_sort() -> None:
    def formula(s: Any, rec: Any) -> Bool:
        more = s.recs.insert(rec(k=Int(0), v=Int(5)))
        return implies(~s.recs.has(0), forall_in(more, lambda x: s.f[x] | ~s.f[x]))

    found = verdicts(keyed(formula))
    assert found["Any_"] != "proved"


def test_so_may_its_fields() -> None:
    def formula(s: Any, rec: Any) -> Bool:
        more = s.recs.insert(rec(k=Int(0), v=Int(5)))
        return implies(~s.recs.has(0), forall_in(more, lambda x: s.g[x.v] | ~s.g[x.v]))

    found = verdicts(keyed(formula))
    assert found["Any_"] != "proved"


def test_a_member_of_a_stored_set_is_within_its_sort() -> None:
    found = verdicts(keyed(lambda s, rec: forall_in(s.recs, lambda x: s.f[x] | ~s.f[x] | s.g[x.v])))
    assert set(found.values()) == {"proved"}


# -- ends that still count -------------------------------------------------------------------------------------------------------


def variables(scope: Unbounded) -> list[str]:
    return [declared.name for declared in scope.model.variables]


LEAVES: dict[str, Callable[[Any, Any, World], None]] = {
    "down": lambda s, n, m: setattr(s, "cnt", s.cnt - 1),
    "down in a function": lambda s, n, m: s.by.__setitem__(n, s.by[n] - 1),
    "to what is computed": lambda s, n, m: setattr(s, "cnt", s.cnt - s.cnt),
    "past an end that is kept": lambda s, n, m: setattr(s, "small", s.small + 1),
}
STAYS: dict[str, Callable[[Any, Any, World], None]] = {
    "up": lambda s, n, m: setattr(s, "cnt", s.cnt + 2),
    "up in a function": lambda s, n, m: s.by.__setitem__(n, s.by[n] + 1),
    "to another value": lambda s, n, m: setattr(s, "cnt", s.by[n]),
    "to a number": lambda s, n, m: setattr(s, "cnt", 1),
    "down to the low end": lambda s, n, m: setattr(s, "small", 0),
}


def bounded(what: Callable[..., None]) -> Unbounded:
    world = World()

    def body(s: Any, n: Any, m: World) -> None:
        budget("room", (s.cnt < m.bound) & (s.by[n] < m.bound) & (s.small < m.bound))
        what(s, n, m)

    return unbounded(world.step(body).model())


@pytest.mark.parametrize("case", LEAVES)
def test_a_variable_that_may_leave_an_end_that_counts_stays(case: str) -> None:
    changed = {"down in a function": "by", "past an end that is kept": "small"}.get(case, "cnt")
    assert changed in variables(bounded(LEAVES[case]))


@pytest.mark.parametrize("case", STAYS)
def test_a_variable_that_cannot_goes(case: str) -> None:
    assert not {"cnt", "by", "small"} & set(variables(bounded(STAYS[case])))


def leaving(initial: Any, update: Callable[[Any, Any], Any]) -> list[str]:
    """The variables that stay of a set and a number that only a budget reads."""
    p = Protocol("leaving", "leaving")
    bound = p.search_bound("Bound", 3)

    class W(Range, low=1, high=bound + 1):
        pass

    class State:
        w: W = var(initial)
        seen: Set[W] = var(set())
        on: Bool = var(False)

    p.state(State)

    @p.action
    def Do(s: State) -> None:
        budget("room", (s.w < bound) & s.seen.contains(s.w))
        update(s, W)

    return variables(unbounded(p.model()))


def test_a_variable_that_starts_outside_its_range_stays() -> None:
    assert leaving(1, lambda s, w: None) == ["on"]
    assert leaving(0, lambda s, w: None) == ["w", "on"]


def countdown(start: Any) -> Unbounded:
    p = Protocol("countdown", "a countdown")
    bound = p.search_bound("Bound", 3)

    class W(Range, low=0, high=bound):
        pass

    class State:
        left: W = var(bound if start is None else start)
        on: Bool = var(False)

    p.state(State)
    p.type_ok(variables=["left"])

    @p.action
    def Do(s: State) -> None:
        budget("some", s.left > 0)
        s.left = s.left - 1
        s.on = True  # type: ignore[assignment]

    return unbounded(p.model())


def test_a_range_is_not_stated_of_what_cannot_stay() -> None:
    scope = countdown(None)
    assert variables(scope) == ["on"]
    [lost] = scope.not_stated
    assert lost.name == "TypeOK"
    assert lost.reason == "left, which is dropped, might leave an end of its range that is kept"
    scope = countdown(2)
    assert variables(scope) == ["left", "on"]
    assert scope.not_stated == ()


def test_an_initial_value_that_is_dropped_must_have_a_value() -> None:
    p = Protocol("start", "a start")
    bound = p.search_bound("Bound", 3)

    class W(Range, low=0, high=bound):
        pass

    class State:
        w: W = var(max_of(set_of(W, lambda v: v < 0)))
        on: Bool = var(False)

    p.state(State)

    @p.action
    def Do(s: State) -> None:
        budget("room", s.w < bound)
        s.on = True  # type: ignore[assignment]

    assert verdicts(p, properties=("Defined",)) == {"Defined": "violated"}
    assert len(Definedness(unbounded(p.model())).initially()) == 1


def test_an_initial_value_that_is_dropped_reads_any_bound_that_the_assumptions_admit() -> None:
    p = Protocol("start", "a start")
    bound = p.search_bound("Bound", 3)

    class W(Range, low=0, high=bound):
        pass

    class Small(Range, low=0, high=2):
        pass

    class State:
        w: W = var(max_of(set_of(Small, lambda v: v <= bound)))
        on: Bool = var(False)

    p.state(State)

    @p.action
    def Do(s: State) -> None:
        budget("room", s.w < bound)
        s.on = True  # type: ignore[assignment]

    @p.invariant()
    def OnOrOff(s: State) -> Bool:
        return s.on | ~s.on

    assert variables(unbounded(p.model())) == ["on"]
    # No bound is negative, so 0 is in the set.
    assert set(verdicts(p).values()) == {"proved"}


def test_the_type_invariant_speaks_of_every_variable_that_may_leave_its_range() -> None:
    p = Protocol("down", "down")
    bound = p.search_bound("Bound", 3)

    class W(Range, low=0, high=bound):
        pass

    class State:
        ops: W = var(1)
        on: Bool = var(False)

    p.state(State)
    p.type_ok(variables=["ops"])

    @p.action
    def Do(s: State) -> None:
        budget("ops", s.ops < bound)
        s.ops = s.ops - 1
        s.on = True

    assert verdicts(p)["TypeOK"] != "proved"


@pytest.mark.parametrize("counts", [True, False])
def test_a_sequence_whose_capacity_counts_stays(counts: bool) -> None:
    p = Protocol("queue", "a queue")
    bound = p.search_bound("Bound", 2)

    class W(Range, low=0, high=bound):
        pass

    class Queue(Sequence[W], capacity=2 if counts else bound):
        pass

    class State:
        q: Queue = var(empty)
        on: Bool = var(False)

    p.state(State)

    @p.action
    def Push(s: State) -> None:
        budget("room", exists(W, lambda w: w > s.q.length()))
        s.q = s.q.append(W(0))

    scope = unbounded(p.model())
    assert variables(scope) == (["q", "on"] if counts else ["on"])
    assert ("Range@q" in [found.name for found in scope.model.properties]) == counts
    if counts:
        assert verdicts(p)["Range@q"] == "violated"


# -- ends that do not count any more ---------------------------------------------------------------------------------------------


def beyond(what: Callable[[Any, World], Bool], *, guarded: bool, open_: bool) -> dict[str, str]:
    """A clock that looks beyond the end of its range in a guard or a property.

    `open_`: beside something that is always defined, but not by induction.
    """
    world = World()
    p = world.p

    def looked_at(s: Any) -> Bool:
        doubtful: Bool = implies(s.small == 3, s.o.value == 0)
        return (doubtful & what(s, world)) if open_ else what(s, world)

    @p.action
    def Tick(s: Any) -> None:
        counted(s, None, world)
        if guarded:
            guard("next", looked_at(s))
        s.cnt = s.cnt + 1

    @p.action
    def Two(s: Any) -> None:
        guard("room", s.small <= 1)
        s.small = s.small + 2

    @p.invariant()
    def Clock(s: Any) -> Bool:
        return (s.cnt >= 0) & ((s.cnt >= 0) if guarded else looked_at(s) | (s.cnt >= 0))

    found = verdicts(p, lemmas=False)
    return {"Defined": "proved", "Defined@Clock": "proved", **found}


BEYOND: dict[str, Callable[[Any, World], Bool]] = {
    "apply": lambda s, m: ~s.marks[s.cnt + 1],
    "update": lambda s, m: ~s.marks.updated(s.cnt + 1, True)[0],
    "conditional": lambda s, m: implies(s.cnt > 0, ~s.marks[s.cnt + 1]),
    "choose": lambda s, m: choose(m.W, lambda v: v == s.cnt + 1) > 0,
}


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("open_", [True, False])
@pytest.mark.parametrize("what", BEYOND)
def test_what_is_undefined_at_an_end_that_is_dropped_is_no_violation(what: str, open_: bool, guarded: bool) -> None:
    found = beyond(BEYOND[what], guarded=guarded, open_=open_)
    assert found["Defined" if guarded else "Defined@Clock"] == ("unknown" if open_ else "proved")


def test_an_undefined_use_beside_one_beyond_an_end_is_one() -> None:
    found = beyond(lambda s, m: ~s.marks[s.cnt + 1] & (s.o.value == 0), guarded=False, open_=False)
    assert found["Defined@Clock"] == "violated"


def test_so_is_an_index_below_the_end_that_counts() -> None:
    found = beyond(lambda s, m: ~s.marks[s.cnt - 1], guarded=False, open_=False)
    assert found["Defined@Clock"] == "violated"
