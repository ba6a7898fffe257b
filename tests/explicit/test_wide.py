"""Integers of any width: they are stored and computed exactly, and a range is not made into a list of its values."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from tests.explicit.naive import naive_search
from tests.explicit.test_figures import PROTOCOLS, RUNS, ground_of, replay
from verifier.kernel import (
    Bool,
    Fn,
    KeyedSet,
    Option,
    Protocol,
    Range,
    Record,
    Sequence,
    Set,
    anything,
    empty,
    exists,
    guard,
    ite,
    none,
    set_of,
    some,
    var,
    witness,
)
from verifier.kernel.errors import ModelError, UsageError
from verifier.proof.engines import explicit
from verifier.proof.engines.explicit import decide, explore
from verifier.proof.engines.solutions import TooManyCodes, solutions
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.layout import Layout
from verifier.semantics.ground.packing import Packing
from verifier.semantics.scope import FrozenMap, finite_scope

ENDS = [
    (0, 2**64 - 1),
    (-(2**62), 2**62 - 1),
    (-(2**63), 2**63 - 1),
    (0, 2**63 - 1),
    (-(2**63) - 1, -(2**63) + 40),
    (2**63 - 3, 2**63 + 40),
    (-(10**18), 10**18),
    (-(2**70), 2**70),
]


def counter(low: int, high: int, *, start: int | None = None, by: int = 1, product: bool = False) -> Protocol:
    """Counts up from `start` and stops at the end of the range, with a twin that counts down and, if wanted, their product."""
    p = Protocol("counter", "a wide counter")

    class Wide(Range, low=low, high=high):
        pass

    class Few(Range, low=0, high=5):
        pass

    class Square(Range, low=-(2**150), high=2**150):
        pass

    first = low if start is None else start

    @p.state
    class State:
        n: Few = var(0)
        x: Wide = var(first)
        y: Wide = var(high)
        z: Square = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("few", s.n < 5)
        guard("end", s.x + by <= high)
        x, y = s.x, s.y
        s.y = ite(s.n > 2, y, y - by)
        s.z = x * y - s.z if product else s.z
        s.x = x + by
        s.n += 1

    @p.action
    def Swap(s: State) -> None:
        guard("few", s.n < 5)
        s.n += 1
        s.x, s.y = s.y, s.x

    @p.invariant()
    def NotThree(s: State) -> Bool:
        return s.x != first + 3 * by

    @p.invariant()
    def Inside(s: State) -> Bool:
        return (s.x >= low) & (s.x <= high) & (s.y >= low) & (s.y <= high)

    return p


@pytest.mark.parametrize("engine", ["auto", "bmc", "kinduction", "explicit"])
@pytest.mark.parametrize(("low", "high"), ENDS)
def test_every_engine_finds_the_same(low: int, high: int, engine: str) -> None:
    document = prove(ProveRequest(counter(low, high), engine=engine), lambda event: None)
    entries = {entry["name"]: entry for entry in document["properties"]}
    assert (entries["NotThree"]["verdict"], entries["NotThree"]["steps"]) == ("violated", 3)
    assert entries["Inside"]["verdict"] == "proved"


@pytest.mark.parametrize("by", [1, 7, 2**61])
@pytest.mark.parametrize(("low", "high"), ENDS)
def test_a_search_agrees_with_one_on_pythons_integers(low: int, high: int, by: int) -> None:
    ground = ground_of(counter(low, high, by=by, product=True))
    naive, found = naive_search(ground.scope), explore(ground)
    reached = {FrozenMap(ground.layout.decode(codes)) for codes in found.reached.packing.codes(found.reached.states)}
    assert reached == naive.states
    assert (found.generated, found.diameter) == (naive.generated, naive.diameter)
    assert {violation.property.name: violation.steps for violation in found.violations} == naive.steps
    replay(ground, found)


def holding(kind: str, high: int) -> Protocol:
    """A value that holds a wide integer, and a step that changes it."""
    p = Protocol("holding", "wide integers inside of values")

    class Wide(Range, low=-high, high=high):
        pass

    class Few(Range, low=0, high=2):
        pass

    class Pair(Record):
        wide: Wide
        few: Few

    class Line(Sequence[Wide], capacity=2):
        pass

    class Held(KeyedSet[Pair], key="few"):
        pass

    values: dict[str, tuple[Any, Any, Callable[[Any], Any]]] = {
        "option": (Option[Wide], none, lambda x: some(Wide(high))),
        "option of option": (Option[Option[Wide]], none, lambda x: some(some(Wide(-high)))),
        "option of record": (Option[Pair], none, lambda x: some(Pair(wide=high, few=1))),
        "record": (Pair, Pair(wide=-high, few=0), lambda x: x.replace(wide=x.wide + high)),
        "function": (Fn[Few, Wide], high, lambda x: x.updated(1, -high)),
        "function to options": (Fn[Few, Option[Wide]], none, lambda x: x.updated(1, some(Wide(high)))),
        "sequence": (Line, empty, lambda x: x.append(high)),
        "keyed set": (Held, empty, lambda x: x.insert(Pair(wide=high, few=1))),
    }
    sort, initial, step = values[kind]
    state = type("State", (), {"__annotations__": {"x": sort, "done": Bool}, "x": var(initial), "done": var(False)})
    p.state(state)

    def Go(s: Any) -> None:
        guard("once", ~s.done)
        s.x = step(s.x)
        s.done = True

    def Never(s: Any) -> Any:
        return ~s.done

    p.action(Go)
    p.invariant()(Never)
    return p


KINDS = (
    "option",
    "option of option",
    "option of record",
    "record",
    "function",
    "function to options",
    "sequence",
    "keyed set",
)


@pytest.mark.parametrize("kind", KINDS)
def test_wide_integers_may_be_anywhere_in_a_value(kind: str) -> None:
    ground = ground_of(holding(kind, 2**70))
    naive, found = naive_search(ground.scope), explore(ground)
    reached = {FrozenMap(ground.layout.decode(codes)) for codes in found.reached.packing.codes(found.reached.states)}
    assert reached == naive.states
    assert {violation.property.name: violation.steps for violation in found.violations} == naive.steps == {"Never": 1}
    document = prove(ProveRequest(holding(kind, 2**70)), lambda event: None)
    assert {entry["verdict"] for entry in document["properties"]} == {"violated", "proved"}


@pytest.mark.parametrize("low", [-3, 0, 2])
def test_an_option_of_a_range_has_the_codes_of_a_list(low: int) -> None:
    p = Protocol("listed", "an option")

    class Some(Range, low=low, high=low + 3):
        pass

    @p.state
    class State:
        x: Option[Some] = var(none)

    @p.action
    def Idle(s: State) -> None:
        guard("none", s.x.is_none)

    scope = finite_scope(p.model())
    layout = Layout(scope)
    domain = scope.domain(scope.model.variable("x").sort)
    assert [layout.encode({"x": value}) for value in domain] == [(code,) for code in range(len(domain))]
    assert [layout.decode((code,))["x"] for code in range(len(domain))] == list(domain)
    for wrong in (low - 1, low + 4):
        with pytest.raises(ValueError, match="outside"):
            layout.encode({"x": type(domain[1])(wrong)})


# -- initial states ---------------------------------------------


def opened(predicate: Callable[[Any], Any], high: int = 2**64) -> Protocol:
    """Any values at first, as far as a predicate allows."""
    p = Protocol("opened", "anything at first")

    class Wide(Range, low=-high, high=high):
        pass

    @p.state
    class State:
        x: Wide = var(anything)
        y: Wide = var(anything)
        b: Bool = var(anything)

    @p.action
    def Turn(s: State) -> None:
        s.b = ~s.b

    def start(s: State) -> Bool:
        return predicate(s)

    p.initially(start)

    @p.invariant()
    def Small(s: State) -> Bool:
        return s.x < high - 2

    return p


@pytest.mark.parametrize(
    ("predicate", "count"),
    [
        (lambda s: (s.x == 5) & (s.y == s.x * 3 - 1), 2),
        (lambda s: (s.y == s.x + 1) & (s.x >= 2**64 - 4), 8),
        (lambda s: (s.x > 2**64 - 4) & (s.y <= -(2**64)) & s.b, 4),
        (lambda s: ~(s.x < 2**64) & (s.y + 1 == s.x) & (s.y == 2**64 - 1), 2),
        (lambda s: (s.x == 2**63) & (s.y == 2**63) & s.b, 1),
    ],
)
def test_initial_states_are_taken_from_what_the_predicates_say(predicate: Callable[[Any], Any], count: int) -> None:
    ground = ground_of(opened(predicate))
    assert sum(len(states) for states in solutions(Packing(ground.layout), ground.initial)) == count
    assert explore(ground).complete


@pytest.mark.parametrize("seed", range(12))
def test_solutions_are_those_of_trying_everything(seed: int) -> None:
    chance = random.Random(seed)
    ground = ground_of(opened(lambda s: s.b | ~s.b, high=4))
    packing, circuit = Packing(ground.layout), ground.circuit
    fields = [ground.field_node(number) for number in range(3)]
    integers: list[Node] = [*fields[:2], *(circuit.int(n) for n in (-5, -4, 0, 3, 4, 9))]
    for _ in range(6):
        make = chance.choice([circuit.add, circuit.sub, circuit.mul])
        integers.append(make(chance.choice(integers), chance.choice(integers)))
    parts = []
    for _ in range(chance.randint(1, 4)):
        part = chance.choice([circuit.eq, circuit.le, circuit.lt])(chance.choice(integers), chance.choice(integers))
        parts.append(chance.choice([part, circuit.not_(part), circuit.or_((part, fields[2]))]))
    formula = circuit.and_(parts)
    found = [codes for states in solutions(packing, formula) for codes in packing.codes(states)]
    ranges = [range(field.low, field.high + 1) for field in ground.layout.fields]
    assert sorted(found) == sorted(codes for codes in product(*ranges) if Evaluator(codes).holds(formula))


def test_a_search_does_not_try_the_codes_of_a_wide_range_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """x squared is negative nowhere, which only trying shows."""
    ground = ground_of(opened(lambda s: s.x * s.x < 0))
    with pytest.raises(TooManyCodes):
        next(solutions(Packing(ground.layout), ground.initial, tries=100_000))
    monkeypatch.setattr(explicit, "TRIES", 100_000)
    found = explore(ground, max_states=10)
    assert (found.distinct, found.complete, set(found.depths.values())) == (0, False, {-1})
    assert found.depth == -1


def test_a_search_of_no_states_proves_nothing() -> None:
    ground = ground_of(opened(lambda s: (s.x == 1) & (s.x == 2)))
    for search in (explore, lambda ground: decide(ground, ground.scope.model.properties)):
        with pytest.raises(ModelError, match="no initial state"):
            search(ground)
    outside = ground_of(counter(0, 5, start=9))
    found = explore(outside)
    assert (found.distinct, found.complete) == (0, False)
    assert {violation.property.name: violation.steps for violation in found.violations} == {"Inside": 0, "Range@x": 0}


def test_the_least_code_is_not_taken_for_granted() -> None:
    """Both ends of a range of 2**63 values, once with an initial value and once without."""
    for low in (-(2**62), -(2**63)):
        ground = ground_of(counter(low, low + 2**63 - 1))
        (start,) = Machine(ground.scope).initial_states()
        (states,) = solutions(Packing(ground.layout), ground.initial)
        assert [ground.layout.decode(codes) for codes in Packing(ground.layout).codes(states)] == [dict(start)]


# -- what has to look at every value ----------------------------


def looking(kind: str) -> Protocol:
    """Something that looks at every value of a wide range."""
    p = Protocol("looking", "too much to look at")

    class Wide(Range, low=0, high=2**70):
        pass

    class Pair(Record):
        key: Wide
        b: Bool

    class Held(KeyedSet[Pair], key="key"):
        pass

    sorts: dict[str, tuple[Any, Any]] = {
        "set": (Set[Wide], empty),
        "set of options": (Set[Option[Wide]], empty),
        "function": (Fn[Wide, Bool], False),
        "keyed set": (Held, empty),
    }
    sort, initial = sorts.get(kind, (Wide, 0))
    p.state(type("State", (), {"__annotations__": {"x": sort, "b": Bool}, "x": var(initial), "b": var(False)}))

    def argument(s: Any, w: Wide) -> None:
        guard("more", w > s.x)
        s.x = w

    def go(s: Any) -> None:
        if kind == "quantifier":
            guard("some", exists(Wide, lambda w: w == s.x))
        if kind == "witness":
            guard("some", witness("w", Wide) == s.x)
        if kind == "comprehension":
            guard("some", set_of(Wide, lambda w: w < 5).contains(s.x))
        s.b = True

    p.action(argument if kind == "argument" else go)

    def never(s: Any) -> Any:
        return ~s.b

    p.invariant()(never)
    return p


@pytest.mark.parametrize(
    "kind",
    ["argument", "quantifier", "witness", "comprehension", "set", "set of options", "function", "keyed set"],
)
@pytest.mark.parametrize("engine", ["auto", "explicit"])
def test_what_looks_at_every_value_is_refused(kind: str, engine: str) -> None:
    with pytest.raises(UsageError, match=r"Wide.* has more than 1,000,000 values"):
        prove(ProveRequest(looking(kind), engine=engine), lambda event: None)


def test_sizes_are_those_of_the_domains() -> None:
    for protocol in PROTOCOLS.values():
        scope = finite_scope(protocol.model())
        for sort in {declared.sort for declared in scope.model.variables} | set(scope.model.sorts):
            size = scope.size(sort)
            if size <= 2_000:
                exact = len(scope.domain(sort))
                assert size == exact or (str(sort).startswith("Quorum") and exact <= size <= 2 * exact), sort


# -- how far a search has come ----------------------------------


@pytest.mark.parametrize(("name", "variant"), [run for run in RUNS if run[0] != "composed"])
def test_a_search_that_is_cut_short_has_found_what_is_within_its_depths(name: str, variant: str) -> None:
    ground = ground_of(PROTOCOLS[name], variant)
    whole = explore(ground)
    steps = {violation.property.name: violation.steps for violation in whole.violations}
    for most in sorted({1, 2, 3, 5, 8, whole.distinct // 3, whole.distinct - 1} & set(range(1, whole.distinct))):
        found = explore(ground, max_states=most)
        assert not found.complete
        seen = {violation.property.name: violation.steps for violation in found.violations}
        for violated, at in steps.items():
            if at <= found.depths[violated]:
                assert seen[violated] == at
            elif violated in seen:
                assert seen[violated] >= at


def test_depths_say_what_was_looked_at_and_no_less() -> None:
    p = Protocol("chain", "one state after the other")

    class Place(Range, low=0, high=9):
        pass

    @p.state
    class State:
        at: Place = var(0)
        held: Option[Place] = var(none)

    @p.action
    def Go(s: State) -> None:
        guard("end", s.at < 9)
        s.at += 1

    @p.action
    def Take(s: State) -> None:
        guard("eight", s.at == 8)
        guard("held", s.held.value == 0)
        s.at = 9

    @p.invariant()
    def Low(s: State) -> Bool:
        return s.at <= 9

    @p.action_property()
    def Rises(s: State, after: State) -> Bool:
        return after.at == s.at + 1

    found = explore(ground_of(p), max_states=4)
    # States 0 to 3 are stored and expanded, state 4 is looked at, its own steps are not.
    assert found.depths == {"Low": 4, "Rises": 4, "Range@at": 4, "Range@held": 4, "Defined": 3}
    assert found.depth == 3
