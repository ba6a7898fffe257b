"""The ground model: layout of states, what instances write, ranges before storing, where things are undefined."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.differential import subjects
from verifier.kernel import (
    Bool,
    Fn,
    KeyedSet,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Sequence,
    Set,
    empty,
    fn,
    forall,
    guard,
    implies,
    none,
    some,
    var,
)
from verifier.semantics.ground.circuit import below
from verifier.semantics.ground.evaluate import Evaluator, successor, successors
from verifier.semantics.ground.ground import HANDLERS, Ground
from verifier.semantics.ground.layout import Layout
from verifier.semantics.scope import FrozenMap, Some, finite_scope


def ground_of(protocol: Protocol, **settings: int) -> Ground:
    return Ground(finite_scope(protocol.model(), settings))


def single(sort: Any, initial: Any, body: Any = None, *, holds: Any = None) -> Ground:
    """A protocol with one variable `x` and one action `Step`, which `body` describes."""
    p = Protocol("single", "one variable")
    p.state(type("State", (), {"__annotations__": {"x": sort}, "x": var(initial), "__module__": __name__}))

    def Step(s: Any) -> None:
        if body is not None:
            s.x = body(s)

    p.action(Step)

    def Holds(s: Any) -> Any:
        return True if holds is None else holds(s)

    p.invariant()(Holds)
    return ground_of(p)


class Key(Scalarset, parameter="Keys", size=2, prefix="k"):
    pass


class Digit(Range, low=1, high=3):
    pass


class Wide(Range, low=-1, high=5):
    pass


class Pair(Record):
    key: Key
    digit: Digit


class Pairs(KeyedSet[Pair], key="digit"):
    pass


class Word(Sequence[Digit], capacity=2):
    pass


class Words(Sequence[Option[Pair]], capacity=1):
    pass


LAYOUTS = [
    (Bool, False, ["x"], False, [0]),
    (Digit, 2, ["x"], 3, [3]),
    (Option[Digit], none, ["x"], Some(3), [3]),
    (Option[Key], none, ["x"], None, [0]),
    (Option[Pair], none, ["x.is_some", "x.key", "x.digit"], None, [0, 0, 1]),
    (Set[Key], set(), ["k1 in x", "k2 in x"], frozenset({"k2"}), [0, 1]),
    (Word, empty, ["x.length", "x[1]", "x[2]"], (3,), [1, 3, 1]),
    (
        Pairs,
        set(),
        ["x[1].present", "x[1].key", "x[2].present", "x[2].key", "x[3].present", "x[3].key"],
        frozenset({FrozenMap(key="k2", digit=3)}),
        [0, 0, 0, 0, 1, 1],
    ),
    (Fn[Key, Bool], False, ["x[k1]", "x[k2]"], FrozenMap(k1=False, k2=True), [0, 1]),
    (
        Words,
        empty,
        ["x.length", "x[1].is_some", "x[1].key", "x[1].digit"],
        (Some(FrozenMap(key="k2", digit=2)),),
        [1, 1, 1, 2],
    ),
]


@pytest.mark.parametrize(("sort", "initial", "names", "value", "codes"), LAYOUTS)
def test_a_sort_has_its_fields(sort: Any, initial: Any, names: list[str], value: Any, codes: list[int]) -> None:
    layout = single(sort, initial).layout
    assert [field.name for field in layout.fields] == names
    assert layout.of("x") == layout.fields
    assert layout.encode({"x": value}) == tuple(codes)
    assert layout.decode(codes) == {"x": value}


@pytest.mark.parametrize(
    ("sort", "initial", "value"),
    [
        (Digit, 1, 4),
        (Digit, 1, True),
        (Digit, 1, "k1"),
        (Option[Digit], none, Some(0)),
        (Set[Digit], set(), frozenset({0})),
        (Word, empty, (1, 1, 1)),
        (Key, Key, "k3"),
        (Pairs, set(), frozenset({FrozenMap(key="k1", digit=4)})),
        (Pairs, set(), frozenset({FrozenMap(key="k1", digit=1), FrozenMap(key="k2", digit=1)})),
        (Fn[Key, Bool], False, FrozenMap(k1=True)),
    ],
)
def test_a_value_outside_its_sort_has_no_codes(sort: Any, initial: Any, value: Any) -> None:
    from verifier.kernel import anything

    layout = single(sort, anything if initial is Key else initial).layout
    with pytest.raises(ValueError, match="x has a value outside"):
        layout.encode({"x": value})


@pytest.mark.parametrize("name", subjects.names())
def test_states_come_back_from_their_codes(name: str) -> None:
    layout = Layout(subjects.sample(name).scope)
    generator = random.Random(1)
    for _ in range(20):
        state = layout.decode([generator.randint(field.low, field.high) for field in layout.fields])
        codes = layout.encode(state)
        assert layout.decode(codes) == state
        assert layout.encode(layout.decode(codes)) == codes


@pytest.mark.parametrize("name", subjects.names())
def test_exactly_the_encodings_of_states_are_canonical(name: str) -> None:
    sample = subjects.sample(name)
    ground = Ground(sample.scope)
    generator = random.Random(2)
    for _ in range(20):
        codes = tuple(generator.randint(field.low, field.high) for field in sample.layout.fields)
        assert Evaluator(codes).holds(ground.canonical) == (sample.canonical(codes) == codes)


@pytest.mark.parametrize("name", subjects.OWN)
def test_steps_keep_states_canonical(name: str) -> None:
    sample = subjects.sample(name)
    ground = Ground(sample.scope)
    for codes, _ in sample.pairs(15, seed=4):
        for _, new in successors(ground, codes):
            assert Evaluator(new).holds(ground.canonical)


def test_instances_are_in_canonical_order() -> None:
    for name in subjects.OWN:
        sample = subjects.sample(name)
        ground = Ground(sample.scope)
        assert [(i.action.name, i.arguments) for i in ground.instances] == sample.machine.instances()
        assert [i.number for i in ground.instances] == list(range(len(ground.instances)))


def test_only_what_may_change_is_written() -> None:
    p = Protocol("keep", "an update that changes nothing")

    @p.state
    class State:
        x: Fn[Key, Option[Pair]] = var(none)
        y: Fn[Key, Word] = var(empty)

    @p.action
    def Same(s: State, k: Key) -> None:
        x, y = s.x, s.y
        s.x = fn(Key, lambda j: x[j])
        s.y[k] = y[k].append(Digit(1))

    ground = ground_of(p)
    written = [ground.layout.fields[number].name for number in ground.instances[0].writes]
    assert written == ["y[k1].length", "y[k1][1]", "y[k1][2]"]


def test_an_instance_that_is_never_enabled_writes_nothing() -> None:
    p = Protocol("dead", "a guard on the arguments alone")

    @p.state
    class State:
        x: Digit = var(1)

    @p.action
    def Set_(s: State, d: Digit) -> None:
        guard("great", d > 2)
        guard("new", s.x != d)
        s.x = d

    ground = ground_of(p)
    assert [instance.enabled is ground.circuit.false for instance in ground.instances] == [True, True, False]
    assert [len(instance.writes) for instance in ground.instances] == [0, 0, 1]


def outcome(ground: Ground, **state: Any) -> Any:
    """What the only instance does in a state: the new state, else the variables out of range."""
    codes = ground.layout.encode(state)
    (instance,) = ground.instances
    at = Evaluator(codes)
    new = successor(instance, codes)
    if new is not None:
        return ground.layout.decode(new)["x"]
    assert at.holds(instance.enabled)
    return [variable for variable, happens in instance.escapes if at.holds(happens)]


@pytest.mark.parametrize(
    ("sort", "initial", "body", "old", "new"),
    [
        (Digit, 1, lambda s: s.x + 1, 2, 3),
        (Digit, 1, lambda s: s.x + 1, 3, ["x"]),
        (Digit, 1, lambda s: s.x * s.x - 3, 2, 1),
        (Digit, 1, lambda s: s.x * s.x - 3, 1, ["x"]),
        (Option[Digit], none, lambda s: some(s.x.value - 1), Some(2), Some(1)),
        (Option[Digit], none, lambda s: some(s.x.value - 1), Some(1), ["x"]),
        (Option[Digit], none, lambda s: some(s.x.value + 1), Some(3), ["x"]),
        (Word, empty, lambda s: s.x.append(Digit(1)).append(Digit(2)).tail(), (3,), (1, 2)),
        (Word, empty, lambda s: s.x.append(Digit(1)), (3, 3), ["x"]),
        (Word, empty, lambda s: s.x.put(1, s.x.at(1) + 3), (1,), ["x"]),
    ],
)
def test_ranges_are_checked_at_full_width(sort: Any, initial: Any, body: Any, old: Any, new: Any) -> None:
    assert outcome(single(sort, initial, body), x=old) == new


def test_a_wider_set_may_leave_the_range() -> None:
    p = Protocol("sets", "two sets of numbers")

    @p.state
    class State:
        x: Set[Digit] = var(set())
        y: Set[Wide] = var(set())

    @p.action
    def Copy(s: State) -> None:
        s.x = s.y

    ground = ground_of(p)
    assert outcome(ground, x=frozenset(), y=frozenset({1, 2})) == frozenset({1, 2})
    assert outcome(ground, x=frozenset(), y=frozenset({1, 5})) == ["x"]


def test_an_element_outside_the_sort_of_a_set_leaves_the_range() -> None:
    p = Protocol("elements", "a number becomes an element")

    @p.state
    class State:
        x: Set[Digit] = var(set())
        y: Wide = var(1)

    @p.action
    def Add(s: State) -> None:
        s.x |= {s.y}

    ground = ground_of(p)
    assert outcome(ground, x=frozenset({1}), y=3) == frozenset({1, 3})
    assert ground.instances[0].undefined == ()
    assert [outcome(ground, x=frozenset({1}), y=y) for y in (-1, 1, 4)] == [["x"], frozenset({1}), ["x"]]


def test_an_initial_value_out_of_range_is_no_initial_state() -> None:
    ground = single(Digit, 4)
    assert [(variable, happens.value) for variable, happens in ground.initial_escapes] == [("x", 1)]
    assert ground.initial is ground.circuit.false


def test_with_an_undefined_initial_value_there_is_no_initial_state() -> None:
    p = Protocol("undefined", "no initial value")

    @p.state
    class State:
        x: Digit = var(1)
        y: Fn[Digit, Digit] = var(fn(Digit, lambda i: fn(Digit, lambda j: j)[i + 1]))

    @p.action
    def Stay(s: State) -> None:
        s.x = s.x

    ground = ground_of(p)
    assert (ground.undefined_initially, ground.initial) == ({"y"}, ground.circuit.false)


def test_an_undefined_use_has_its_position_and_the_conditions_to_its_left() -> None:
    ground = single(Option[Digit], none, holds=lambda s: implies(s.x.is_none, s.x.value == 1))
    (found, *_) = ground.scope.model.properties
    ((use,),) = [ground.formula(found.formula)[1]]
    assert use.position is not None
    assert use.position.file == __file__
    for value, undefined in ((None, True), (Some(1), False)):
        at = Evaluator(ground.layout.encode({"x": value}))
        assert at.holds(use.happens) == undefined
        assert at.holds(ground.holds(found))
    *_, model, text = ground.scope.model.properties
    assert (model.name, model.about, text.about, text.of_steps) == ("Defined", None, found.name, False)
    assert ground.undefined(model) == ()
    assert ground.undefined(text) == (use,)


def test_a_use_that_cannot_be_undefined_is_none() -> None:
    ground = single(Fn[Digit, Digit], 1, lambda s: fn(Digit, lambda i: s.x[s.x[i]]))
    assert ground.instances[0].undefined == ()
    assert ground.instances[0].escapes == ()


def test_range_violations_belong_to_the_variables_of_a_property() -> None:
    ground = single(Digit, 1, lambda s: s.x + 1)
    (instance,) = ground.instances
    known = {found.kind: found for found in ground.scope.model.properties}
    at = Evaluator(ground.layout.encode({"x": 3}))
    assert at.holds(ground.range_violation(known["range"], instance))
    assert not at.holds(ground.range_violation(known["state"], instance))
    assert ground.holds(known["range"]) is ground.holds(known["defined"]) is ground.circuit.true


def test_a_shared_term_is_lowered_once() -> None:
    def build(length: int) -> int:
        p = Protocol("shared", "a term that doubles")

        @p.state
        class State:
            x: Fn[Key, Wide] = var(0)

        @p.action
        def Double(s: State, k: Key) -> None:
            value = s.x[k] + 0
            for _ in range(length):
                value = value + value
            guard("even", value == 0)
            s.x[k] = s.x[k] + 1

        ground = ground_of(p)
        assert ground.instances
        return len(ground.circuit)

    assert build(40) - build(20) <= 60


def test_what_reads_one_field_of_a_record_is_lowered_once_for_each_value_of_that_field() -> None:
    class Inner(Record):
        low: Digit
        high: Digit

    class Outer(Record):
        kind: Key
        inner: Inner

    p = Protocol("fields", "an action with a record for an argument")

    @p.state
    class State:
        x: Fn[Key, Digit] = var(0)
        y: Inner = var(Inner(low=0, high=0))

    @p.action
    def Send(s: State, m: Outer) -> None:
        guard("high", m.inner.low < s.x[m.kind])
        guard("other", m.inner != s.y)
        s.x[m.kind] = m.inner.high

    lowered: list[str] = []

    def noted(op: str) -> Any:
        def handler(*args: Any) -> Any:
            lowered.append(op)
            return HANDLERS[op](*args)

        return handler

    ground = Ground(finite_scope(p.model()), {**HANDLERS, "lt": noted("lt"), "update": noted("update"), "eq": noted("eq")})
    digits, keys = 3, 2
    assert len(ground.instances) == keys * digits**2
    assert lowered.count("lt") == keys * digits
    # What comes after a guard that is never true, as for the greatest number here, is not looked at.
    assert lowered.count("eq") == (digits - 1) * digits
    assert lowered.count("update") == keys * digits


def test_where_a_guard_is_undefined_whatever_the_state_is_nothing_is_written() -> None:
    p = Protocol("absent", "a guard that reads what an argument does not have")

    @p.state
    class State:
        x: Digit = var(1)

    @p.action
    def Take(s: State, o: Option[Digit]) -> None:
        guard("small", o.value < s.x)
        s.x = o.value

    without, *others = ground_of(p).instances
    assert without.writes == {}
    assert [use.happens.op for use in without.undefined] == ["const"]
    assert all(other.writes for other in others[:-1])


def test_quantifiers_over_constants_leave_nothing_behind() -> None:
    ground = single(Digit, 1, holds=lambda s: forall(Digit, lambda i: forall(Digit, lambda j: (i < j) | (j <= i))))
    assert ground.holds(ground.scope.model.properties[0]) is ground.circuit.true


def test_a_formula_reads_only_the_fields_it_names() -> None:
    ground = single(Fn[Digit, Digit], 1, holds=lambda s: s.x[2] == 1)
    (number,) = [field.number for field in ground.layout.fields if field.name == "x[2]"]
    nodes = below(ground.holds(ground.scope.model.properties[0]))
    assert {(node.value, node.step) for node in nodes if node.op == "field"} == {(number, 0)}
