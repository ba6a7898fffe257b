"""What every construct evaluates to, and where it is undefined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    KeyedSet,
    Option,
    Protocol,
    Quorums,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    all_of,
    any_of,
    choose,
    constant,
    disjoint,
    empty,
    exists,
    exists_in,
    fn,
    forall,
    forall_in,
    image,
    implies,
    ite,
    labels,
    max_of,
    maximum,
    min_of,
    minimum,
    none,
    one_of,
    set_of,
    some,
    var,
)
from verifier.kernel.expressions import Expr, term_of
from verifier.kernel.state import StateView
from verifier.kernel.terms import Term
from verifier.semantics.concrete import evaluate
from verifier.semantics.concrete.evaluate import Evaluator
from verifier.semantics.concrete.operations import Closure, Frame, Undefined
from verifier.semantics.scope import FrozenMap, Some, finite_scope

bench = Protocol("bench", "every sort once")
Top = bench.parameter("Top", 3)


class Node(Scalarset, parameter="Nodes", size=3):
    First = constant()


class Quorum(Quorums[Node]):
    pass


class Colour(Enumeration):
    Red, Green = labels(2)


class Time(Range, low=0, high=Top):
    pass


class Stamp(Record, ordered=True):
    wall: Time
    logical: Time


class Entry(Record):
    key: Time
    node: Node


class Entries(KeyedSet[Entry], key="key"):
    pass


class Times(Sequence[Time], capacity=3):
    pass


@bench.state
class State:
    flag: Bool = var(False)
    now: Time = var(1)
    colour: Colour = var(Colour.Green)
    node: Node = var(Node.First)
    owner: Fn[Time, Fn[Node, Time]] = var(0)
    members: Set[Node] = var(set())
    times: Set[Time] = var(set())
    stamp: Stamp = var(Stamp(wall=Time(1), logical=Time(2)))
    stamps: Set[Stamp] = var(set())
    lease: Option[Time] = var(none)
    entries: Entries = var(set())
    queue: Times = var(empty)


@bench.action
def Nothing(s: State) -> None:
    s.flag = ~s.flag
    q = exists(Quorum, lambda q: q.contains(Node.First))
    s.members = ite(q, s.members, s.members)


SCOPE = finite_scope(bench.model())
EVALUATOR = Evaluator(SCOPE)
ENTRY = FrozenMap(key=2, node="n2")
STATE = FrozenMap(
    flag=True,
    now=1,
    colour="Green",
    node="n1",
    owner=FrozenMap({t: FrozenMap({f"n{i}": t * i for i in (1, 2, 3)}) for t in range(4)}),
    members=frozenset({"n1", "n2"}),
    times=frozenset({1, 3}),
    stamp=FrozenMap(wall=1, logical=2),
    stamps=frozenset({FrozenMap(wall=1, logical=3), FrozenMap(wall=2, logical=0)}),
    lease=Some(2),
    entries=frozenset({ENTRY}),
    queue=(3, 1),
)
EMPTY = FrozenMap(
    {
        **STATE,
        "lease": None,
        "times": frozenset(),
        "entries": frozenset(),
        "queue": (),
        "members": frozenset(),
    }
)


def value(build: Callable[[Any], Expr | bool], state: FrozenMap = STATE, after: FrozenMap | None = None) -> Any:
    result = build(StateView(bench.variables))
    assert isinstance(result, Expr)
    closure = EVALUATOR.compile(term_of(result))
    return closure(EVALUATOR.frame(state, after))


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda s: s.flag & ~s.flag, False),
        (lambda s: s.flag | ~s.flag, True),
        (lambda s: implies(s.flag, s.now == 2), False),
        (lambda s: implies(~s.flag, s.now == 2), True),
        (lambda s: all_of(), True),
        (lambda s: any_of(), False),
        (lambda s: ite(s.flag, s.now, 0), 1),
        (lambda s: s.now - 3 * s.now * s.now, -2),
        (lambda s: -s.now < 0, True),
        (lambda s: s.now + 1 <= 1, False),
        (lambda s: s.now + 1000000 * Top * Top, 9000001),
        (lambda s: minimum(s.now, 0), 0),
        (lambda s: maximum(s.now, Top), 3),
        (lambda s: s.colour == Colour.Green, True),
        (lambda s: s.node == Node.First, True),
        (lambda s: one_of(s.now, 0, 2), False),
        (lambda s: s.owner[2][s.node], 2),
        (lambda s: s.owner[s.now].updated(s.node, 3), FrozenMap(n1=3, n2=2, n3=3)),
        (lambda s: fn(Node, lambda n: n == s.node), FrozenMap(n1=True, n2=False, n3=False)),
        (lambda s: fn(Node, lambda n: s.owner[1][n]) == s.owner[1], True),
        (lambda s: s.members.contains(s.node), True),
        (lambda s: s.members.size(), 2),
        (lambda s: s.members.is_empty(), False),
        (lambda s: s.members | {Node.First}, {"n1", "n2"}),
        (lambda s: s.members - {Node.First}, {"n2"}),
        (lambda s: s.members & {Node.First}, {"n1"}),
        (lambda s: s.members <= {Node.First}, False),
        (lambda s: disjoint(s.members, s.members - {Node.First}), False),
        (lambda s: set_of(Time, lambda t: t > s.now), {2, 3}),
        (lambda s: image(s.members, Time, lambda n: s.owner[1][n]), {1, 2}),
        (lambda s: image(Node, Time, lambda n: s.owner[1][n]), {1, 2, 3}),
        (lambda s: min_of(s.times), 1),
        (lambda s: max_of(s.times), 3),
        (lambda s: max_of(s.stamps), {"wall": 2, "logical": 0}),
        (lambda s: min_of(s.stamps), {"wall": 1, "logical": 3}),
        (lambda s: s.stamp < max_of(s.stamps), True),
        (lambda s: s.stamp <= s.stamp, True),
        (lambda s: s.stamp < s.stamp, False),
        (lambda s: s.stamp.replace(wall=Time(3)), {"wall": 3, "logical": 2}),
        (lambda s: s.stamp.logical, 2),
        (lambda s: s.lease.is_some, True),
        (lambda s: s.lease.value, 2),
        (lambda s: s.lease == some(s.now + 1), True),
        (lambda s: s.lease == none, False),
        (lambda s: s.queue.length(), 2),
        (lambda s: s.queue.append(s.now), (3, 1, 1)),
        (lambda s: s.queue.at(2), 1),
        (lambda s: s.queue.head(), 3),
        (lambda s: s.queue.put(1, 0), (0, 1)),
        (lambda s: s.queue.tail(), (1,)),
        (lambda s: s.queue == [3, 1], True),
        (lambda s: s.entries.has(2), True),
        (lambda s: s.entries.has(1), False),
        (lambda s: s.entries.get(2).node, "n2"),
        (lambda s: s.entries.remove(2), set()),
        (lambda s: s.entries.remove(0).size(), 1),
        (lambda s: s.entries.insert(s.entries.get(2)), {ENTRY}),
        (lambda s: s.entries.contains(Entry(key=Time(2), node=Node.First)), False),
        (lambda s: forall_in(s.entries, lambda e: e.key == 2), True),
        (lambda s: exists_in(s.entries, lambda e: e.key == 1), False),
        (lambda s: forall(Time, Time, lambda t, u: (t < u) | (u <= t)), True),
        (lambda s: exists(Time, Node, lambda t, n: s.owner[t][n] == 9), True),
        (lambda s: choose(Time, lambda t: s.times.contains(t) & (t < 2)), 1),
        (
            lambda s: forall(Quorum, lambda q: exists(Node, lambda n: q.contains(n) & s.members.contains(n))),
            True,
        ),
        (lambda s: exists(Quorum, lambda q: ~q.contains(Node.First)), True),
    ],
)
def test_a_construct_has_its_value(build: Callable[[Any], Expr], expected: object) -> None:
    found = value(build)
    assert found == expected
    assert type(found) is type(expected) or isinstance(found, (FrozenMap, frozenset))


@pytest.mark.parametrize(
    ("build", "operator"),
    [
        (lambda s: s.lease.value, "payload"),
        (lambda s: min_of(s.times), "minimum"),
        (lambda s: max_of(s.times), "maximum"),
        (lambda s: s.queue.head(), "at"),
        (lambda s: s.queue.tail(), "tail"),
        (lambda s: s.queue.put(0, 1), "put"),
        (lambda s: s.entries.get(2), "lookup"),
        (lambda s: s.owner[s.now + 3], "apply"),
        (lambda s: s.owner[s.now - 2], "apply"),
        (lambda s: s.owner.updated(s.now + 3, s.owner[0]), "update"),
        (lambda s: choose(Time, lambda t: t > 5), "choose"),
        (lambda s: choose(Time, lambda t: t > 1), "choose"),
    ],
)
def test_a_partial_operation_is_undefined_outside_its_domain(build: Callable[[Any], Expr], operator: str) -> None:
    with pytest.raises(Undefined) as caught:
        value(build, EMPTY)
    assert caught.value.term.op == operator
    assert caught.value.position is not None
    assert caught.value.position.file.endswith("test_evaluate.py")


def test_inserting_another_record_with_the_same_key_is_undefined() -> None:
    with pytest.raises(Undefined):
        value(lambda s: s.entries.insert(Entry(key=Time(2), node=Node.First)))


def undefined(s: Any) -> Bool:
    """A formula that is undefined in the state EMPTY."""
    result: Bool = s.lease.value == 1
    return result


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda s: ~s.flag & undefined(s), False),
        (lambda s: s.flag | undefined(s), True),
        (lambda s: implies(~s.flag, undefined(s)), True),
        (lambda s: ite(~s.flag, undefined(s), True), True),
        (lambda s: all_of(s.flag, ~s.flag, undefined(s)), False),
        (lambda s: any_of(~s.flag, s.flag, undefined(s)), True),
        (lambda s: forall_in(s.entries, lambda e: undefined(s)), True),
        (lambda s: forall_in(s.members, lambda n: undefined(s)), True),
        (lambda s: forall(Node, lambda n: implies(s.members.contains(n), undefined(s))), True),
    ],
)
def test_what_is_not_looked_at_need_not_be_defined(build: Callable[[Any], Expr], expected: bool) -> None:
    assert value(build, EMPTY) is expected


@pytest.mark.parametrize(
    "build",
    [
        lambda s: undefined(s) & ~s.flag,
        lambda s: undefined(s) | s.flag,
        lambda s: implies(undefined(s), s.flag),
        lambda s: ite(undefined(s), s.flag, s.flag),
        lambda s: ~undefined(s),
        lambda s: (s.now == 1) == undefined(s),
    ],
)
def test_what_is_looked_at_must_be_defined(build: Callable[[Any], Expr]) -> None:
    with pytest.raises(Undefined):
        value(build, EMPTY)


@pytest.mark.parametrize(
    "build",
    [
        # One instance decides, another is undefined, whichever comes first.
        lambda s: exists(Time, lambda t: (t == 0) | undefined(s)),
        lambda s: exists(Time, lambda t: (t == 3) | undefined(s)),
        lambda s: forall(Time, lambda t: (t != 0) & undefined(s)),
        lambda s: forall(Time, lambda t: (t != 3) & undefined(s)),
        lambda s: forall(Time, lambda t: s.owner[t + 1][s.node] < 0),
        lambda s: exists(Time, Node, lambda t, n: s.owner[t - 1][n] >= 0),
        lambda s: set_of(Time, lambda t: (t == 0) | undefined(s)),
        lambda s: fn(Time, lambda t: ite(t != 0, undefined(s), False)),
        lambda s: choose(Time, lambda t: (t == 0) | undefined(s)),
        lambda s: forall_in(s.times, lambda t: s.owner[t + 1][s.node] < 0),
    ],
)
def test_quantifiers_and_comprehensions_are_strict(build: Callable[[Any], Expr]) -> None:
    state = FrozenMap({**EMPTY, "times": frozenset({0, 3})})
    with pytest.raises(Undefined):
        value(build, state)


def test_quantifiers_over_a_keyed_set_are_strict() -> None:
    both = frozenset({FrozenMap(key=0, node="n1"), FrozenMap(key=3, node="n1")})
    state = FrozenMap({**STATE, "entries": both})
    with pytest.raises(Undefined):
        value(lambda s: exists_in(s.entries, lambda e: s.owner[e.key + 1][s.node] >= 0), state)
    with pytest.raises(Undefined):
        value(lambda s: forall_in(s.entries, lambda e: s.owner[e.key - 1][s.node] < 0), state)


def test_a_shared_subterm_is_not_remembered_across_the_instances_of_a_binder() -> None:
    def build(s: Any) -> Expr:
        def twice(t: Time) -> Int:
            product = t * t
            return product + product

        return fn(Time, twice)

    assert value(build) == {0: 0, 1: 2, 2: 8, 3: 18}


def test_what_depends_on_no_variable_of_a_binder_is_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    build = evaluate.EVALUATED["set"]

    def counted(evaluator: Evaluator, term: Term, args: list[Closure]) -> Closure:
        closure = build(evaluator, term, args)

        def evaluated(frame: Frame) -> Any:
            built.append(term)
            return closure(frame)

        return evaluated

    monkeypatch.setitem(evaluate.EVALUATED, "set", counted)
    s = StateView(bench.variables)
    later = set_of(Time, lambda t: set_of(Time, lambda u: u >= s.now).contains(t) & (t > 1))
    evaluator = Evaluator(finite_scope(bench.model()))
    closure = evaluator.compile(term_of(later))
    for now, expected in ((1, {2, 3}), (3, {3})):
        built.clear()
        assert closure(evaluator.frame(FrozenMap({**STATE, "now": now}))) == expected
        assert len(built) == 2


def test_the_next_state_is_read_where_asked_for() -> None:
    after = StateView(bench.variables, "next")
    formula = StateView(bench.variables).now < after.now
    closure = EVALUATOR.compile(term_of(formula))
    later = FrozenMap({**STATE, "now": 2})
    assert closure(EVALUATOR.frame(STATE, later)) is True
    assert closure(EVALUATOR.frame(later, STATE)) is False


def test_a_named_constant_is_the_first_label_whatever_it_is_called() -> None:
    scope = finite_scope(bench.model(), {"Nodes": "{anna,bert,cleo}"})
    term = term_of(Node.First)
    assert Evaluator(scope).compile(term)([]) == "anna"
