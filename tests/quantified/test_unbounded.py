"""What the unbounded scope drops, keeps, and refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.quantified.clock import Declare, clock
from verifier.catalog import load
from verifier.kernel import (
    Bool,
    Fn,
    Option,
    Ordered,
    Protocol,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    anything,
    exists,
    fn,
    forall,
    guard,
    image,
    implies,
    none,
    set_of,
    var,
)
from verifier.kernel.errors import ModelError
from verifier.kernel.laws import alone
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.scope.unbounded import has_unbounded_scope, unbounded


def nothing(*_: Any) -> None:
    pass


def test_bounds_budgets_upper_ends_and_what_served_them_go() -> None:
    scope = clock(nothing)
    [tick] = scope.model.actions
    assert [g.name for g in tick.guards] == ["later"]
    assert [u.variable for u in tick.updates] == ["now"]
    assert [v.name for v in scope.model.variables] == ["now", "seen", "at", "marks"]
    time = scope.model.variable("now").sort
    assert scope.low(time) is not None
    assert scope.high(time) is None
    assert scope.dropped == (
        "search bound MaxTime",
        "guard Tick.time-budget",
        "guard Tick.op-budget",
        "variable ops",
        "upper end of Time",
    )
    assert [p.name for p in scope.model.properties] == ["Range@now", "Range@seen", "Range@at", "Defined"]


def test_a_variable_that_something_else_reads_stays() -> None:
    def declare(p: Protocol, *_: Any) -> None:
        @p.invariant()
        def Few(s: Any) -> Bool:
            return s.ops >= 0

    assert "ops" in [v.name for v in clock(declare).model.variables]


def test_a_chain_of_variables_that_only_served_the_bound_goes() -> None:
    def declare(p: Protocol, limit: Any, node: Any, time: Any, state: Any) -> None:
        @p.action
        def Count(s: state, n: node) -> None:
            s.ops = s.at[n]

    scope = clock(declare)
    names = [v.name for v in scope.model.variables]
    assert "ops" not in names
    # Only an update of `ops` read `at`.
    assert "at" not in names
    assert scope.model.action("Count").updates == ()


def test_constraints_and_assumptions_on_bounds_go_others_stay() -> None:
    def declare(p: Protocol, limit: Any, node: Any, time: Any, state: Any) -> None:
        retention = p.parameter("Retention", 1)
        p.assume("SomeTime", limit >= 1)
        p.assume("SomeRetention", retention >= 1)

        @p.constraint
        def Early(s: Any) -> Bool:
            return s.now <= limit

        @p.constraint
        def Together(s: Any) -> Bool:
            return exists(node, lambda n: s.at[n] == s.now)

    scope = clock(declare)
    assert [c.name for c in scope.model.constraints] == ["Together"]
    assert [a.name for a in scope.model.assumptions] == ["SomeRetention"]
    assert list(scope.model.parameters) == ["Retention"]
    assert {"constraint Early", "assumption SomeTime"} <= set(scope.dropped)


def test_a_range_of_the_protocol_itself_keeps_its_end() -> None:
    p = Protocol("levels", "levels")
    top = p.parameter("Top", 2)

    class Level(Range, low=0, high=top):
        pass

    @p.state
    class State:
        level: Level = var(0)

    @p.action
    def Rise(s: State) -> None:
        guard("room", s.level < top)
        s.level += 1

    scope = unbounded(p.model())
    assert scope.high(scope.model.variable("level").sort) is not None
    assert [text for text, _ in scope.sizes()] == ["Level is not empty"]
    assert scope.dropped == ()


def test_an_ordered_sort_loses_its_size() -> None:
    p = Protocol("rounds", "rounds")

    class Round(Ordered, parameter="Rounds", size=2, first=1):
        pass

    @p.state
    class State:
        round: Round = var(1)

    @p.action
    def Next(s: State, r: Round) -> None:
        guard("later", r > s.round)
        s.round = r

    scope = unbounded(p.model())
    assert scope.dropped == ("upper end of Round",)
    assert scope.high(scope.model.variable("round").sort) is None


def test_a_range_property_keeps_the_variables_that_are_left() -> None:
    def declare(p: Protocol, *_: Any) -> None:
        p.type_ok(variables=["now", "ops"])

    [found] = [p for p in clock(declare).model.properties if p.name == "TypeOK"]
    assert found.variables == ("now",)


def test_a_lemma_about_a_bound_is_left_out() -> None:
    def declare(p: Protocol, limit: Any, *_: Any) -> None:
        @p.lemma("the clock stops")
        def Bounded(s: Any) -> Bool:
            return s.now <= limit

        @p.lemma("counting")
        def Counted(s: Any) -> Bool:
            return s.ops <= s.now

    scope = clock(declare)
    assert scope.model.lemmas == ()
    assert "lemma Bounded: it reads MaxTime, which is dropped" in scope.dropped
    assert "lemma Counted: it reads a variable that is dropped" in scope.dropped


# Actions


def refused(declare: Declare) -> ModelError:
    with pytest.raises(ModelError) as error:
        clock(declare)
    assert error.value.position is not None
    assert error.value.position.file == __file__
    return error.value


def test_a_guard_that_reads_a_bound_is_an_error_at_its_line() -> None:
    def declare(p: Protocol, limit: Any, node: Any, time: Any, state: Any) -> None:
        @p.action
        def Stop(s: state) -> None:
            guard("end", s.now == limit)

    error = refused(declare)
    assert error.message == "guard Stop.end has no meaning at unbounded scope: it reads MaxTime, which is dropped"
    assert error.hint is not None
    assert "budget(...)" in error.hint
    assert error.source == 'guard("end", s.now == limit)'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s, limit, node, time: setattr(s, "now", limit), "the update of now in Change"),
        (
            lambda s, limit, node, time: guard("all", forall(time, lambda t: s.marks[t])),
            "it says `for all t` over Time, whose end is dropped",
        ),
        (
            lambda s, limit, node, time: guard("none", ~exists(time, lambda t: s.marks[t])),
            "it says `for some t` over Time",
        ),
        (
            lambda s, limit, node, time: setattr(s, "seen", set_of(time, lambda t: t > s.now)),
            "it says `the set of all t` over Time",
        ),
        (
            lambda s, limit, node, time: guard("few", set_of(time, lambda t: t > s.now).size() < 2),
            "it says `the set of all t` over Time",
        ),
    ],
)
def test_an_action_that_a_bound_changes_is_an_error(change: Callable[..., Any], message: str) -> None:
    def declare(p: Protocol, limit: Any, node: Any, time: Any, state: Any) -> None:
        @p.action
        def Change(s: state) -> None:
            change(s, limit, node, time)

    assert message in refused(declare).message


def test_an_action_that_more_values_only_enable_is_none() -> None:
    def declare(p: Protocol, limit: Any, node: Any, time: Any, state: Any) -> None:
        @p.action
        def Change(s: state, t: time) -> None:
            guard("some", exists(time, lambda u: s.marks[u] & (u > t)))
            guard("all-before", forall(time, lambda u: implies(u < s.now, s.marks[u])))
            marks, now = s.marks, s.now
            s.marks = fn(time, lambda u: marks[u] | (u == now))
            s.seen = set_of(time, lambda u: s.seen.contains(u) & (u != now))

    assert [a.name for a in clock(declare).model.actions] == ["Tick", "Change"]


def test_an_initial_value_that_reads_a_bound_is_an_error() -> None:
    p = Protocol("down", "a countdown")
    limit = p.search_bound("MaxTime", 3)

    class Time(Range, low=0, high=limit):
        pass

    @p.state
    class State:
        left: Time = var(limit)

    @p.action
    def Tick(s: State) -> None:
        guard("some", s.left > 0)
        s.left -= 1

    with pytest.raises(ModelError, match="variable left has no meaning at unbounded scope: it reads MaxTime"):
        unbounded(p.model())


def test_sets_of_sequences_and_of_sets_are_refused_with_the_variable_named() -> None:
    p = Protocol("log", "logs")
    capacity = p.search_bound("Capacity", 2)

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Log(Sequence[Node], capacity=capacity):
        pass

    @p.state
    class State:
        logs: Set[Log] = var(set())

    @p.action
    def Clear(s: State) -> None:
        s.logs = set()

    with pytest.raises(ModelError, match="variable logs has no meaning at unbounded scope: a set of Log") as error:
        unbounded(p.model())
    assert error.value.source == "logs: Set[Log] = var(set())"

    q = Protocol("sets", "sets of sets")

    class Groups:
        known: Set[Set[Node]] = var(set())
        open: Option[Node] = var(none)
        first: Node = var(anything)

    q.state(Groups)

    @q.action
    def Nothing(s: Groups) -> None:
        pass

    with pytest.raises(ModelError, match=r"variable known .*: a set of Set\[Node\] is not supported"):
        unbounded(q.model())


@pytest.mark.parametrize("what", ["a broadcast", "a property of some", "a number of all"])
def test_an_ordered_sort_keeps_its_size_where_all_of_it_is_looked_at(what: str) -> None:
    p = Protocol("broadcast", "what is sent to all")

    class Replica(Ordered, parameter="Replicas", size=2, first=1):
        pass

    class Message(Record):
        src: Replica
        dst: Replica

    @p.state
    class State:
        on: Fn[Replica, Bool] = var(False)
        sent: Set[Message] = var(set())

    @p.action
    def Send(s: State, r: Replica) -> None:
        if what == "a broadcast":
            s.sent |= image(Replica, Message, lambda q: Message(src=r, dst=q))
        s.on[r] = True

    @p.invariant()
    def Some(s: State) -> Bool:
        if what == "a property of some":
            return exists(Replica, lambda q: ~s.on[q])
        return (set_of(Replica, lambda q: s.on[q]).size() < 2) if what == "a number of all" else Bool(True)

    scope = unbounded(p.model())
    assert scope.not_stated == ()
    assert list(scope.model.parameters) == ["Replicas"]


def test_a_variant_that_is_stated_at_the_published_scope_alone_has_no_other() -> None:
    p = Protocol("p", "test")

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    @p.state
    class State:
        on: Fn[Node, Bool] = var(False)

    @p.action
    def Switch(s: State, n: Node) -> None:
        guard("off", ~s.on[n])
        s.on[n] = True

    @p.invariant()
    def Kept(s: State) -> Bool:
        return forall(Node, lambda n: s.on[n] | ~s.on[n])

    @p.law()
    def Equal(n: Node) -> Bool:
        return n == n

    p.variant("small", drops=["Switch.off"], bounded="two nodes are few")
    assert has_unbounded_scope(p.model())
    assert not has_unbounded_scope(p.model("small"))
    with pytest.raises(ModelError, match="variant small is stated for given sizes alone: two nodes are few"):
        unbounded(p.model("small"))
    assert not has_unbounded_scope(p.model("small", ("Switch.off",)))
    # A law says nothing of any variant.
    assert has_unbounded_scope(alone(p.model("small"), "Equal"))
    document = prove(ProveRequest(p, variant="small", settings=["Nodes=3"]), lambda event: None)
    assert {entry["verdict"] for entry in document["properties"]} == {"proved"}


def test_a_model_that_states_nothing_at_unbounded_scope_has_none() -> None:
    # All that they state are laws: those of groups count seats in tables, which have a size.
    assert not has_unbounded_scope(load("votor-groups").model())
    assert has_unbounded_scope(load("crdts").model())
    assert has_unbounded_scope(load("votor-ledger").model())
