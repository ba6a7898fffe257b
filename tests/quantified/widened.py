"""A world whose ranges end at a search bound, and a comparison of what formulas say of it at a smaller and a larger bound.

What widening admits must be monotone: over a longer range a guard that was true stays true, a property that is true was true,
a value is the same. Finite bounds stand for "no end" here, so nothing but the concrete semantics decides.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

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
    anything,
    empty,
    none,
    var,
)
from verifier.kernel.expressions import Expr, term_of
from verifier.kernel.sorts import (
    FunctionSort,
    KeyedSort,
    OptionSort,
    RangeSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import Term, is_bool
from verifier.semantics.concrete.evaluate import Evaluator
from verifier.semantics.concrete.operations import Undefined
from verifier.semantics.scope import FiniteScope, FrozenMap, Some, finite_scope
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.unbounded import unbounded
from verifier.semantics.scope.widening import Allowed, Widening

Direction = Literal["exists", "forall", "neither", "settled"]


class World:
    """A protocol with a search bound `Limit`, the range `W` that ends at it, and a variable of every kind."""

    def __init__(self) -> None:
        self.p = p = Protocol("world", "a world")
        self.limit = limit = p.search_bound("Limit", 3)

        class Node(Scalarset, parameter="Nodes", size=2):
            pass

        class W(Range, low=0, high=limit):
            pass

        class Longer(Range, low=0, high=limit + 1):
            pass

        class Down(Range, low=0 - limit, high=0):
            pass

        class Small(Range, low=0, high=2):
            pass

        class Pair(Record):
            left: W
            right: W

        class Pairs(KeyedSet[Pair], key="left"):
            pass

        class Table(Record):
            key: Node
            marks: Fn[W, Bool]

        class Tables(KeyedSet[Table], key="key"):
            pass

        class Log(Sequence[W], capacity=limit):
            pass

        class Train(Sequence[W], capacity=limit + 1):
            pass

        class State:
            w: W = var(0)
            v: W = var(0)
            longer: Longer = var(0)
            down: Down = var(0)
            small: Small = var(0)
            on: Bool = var(False)
            at: Fn[Node, W] = var(0)
            next: Fn[W, W] = var(0)
            marks: Fn[W, Bool] = var(False)
            pair: Pair = var(Pair(left=W(0), right=W(0)))
            maybe: Option[W] = var(none)
            seen: Set[W] = var(set())
            pairs: Pairs = var(set())
            tables: Tables = var(set())
            first: Node = var(anything)
            log: Log = var(empty)
            train: Train = var(empty)

        self.Node, self.W, self.Down, self.Pair, self.State = Node, W, Down, Pair, State
        self.Longer, self.Small, self.Table = Longer, Small, Table
        p.state(State)

    def scope(self) -> Unbounded:
        """The unbounded scope, with a step for whoever has declared none."""
        self._step()
        return unbounded(self.p.model())

    def finite(self, limit: int) -> FiniteScope:
        """The scope at one bound."""
        self._step()
        return finite_scope(self.p.model(), {"Limit": limit})

    def _step(self) -> None:
        if not self.p.actions:

            @self.p.action
            def Tick(s: Any) -> None:
                s.on = True

    def reason(self, formula: Callable[[Any, World], Bool]) -> str | None:
        """Why a property is not stated; None if it is."""

        @self.p.invariant()
        def Claim(s: Any) -> Bool:
            return formula(s, self)

        found = [entry.reason for entry in self.scope().not_stated]
        return found[0] if found else None


@cache
def world() -> World:
    """The world that terms of tests are about."""
    return World()


def term(make: Callable[[Any, World], Any]) -> Term:
    """What a function of the state and the world makes."""
    made = make(world().p._view("a test"), world())
    return term_of(cast(Expr, made))


# -- states at two bounds ------------------------------------------------------------------------------------------------------


@cache
def at(limit: int) -> tuple[FiniteScope, Evaluator]:
    """The scope of the world at a bound, and its evaluator."""
    scope = world().finite(limit)
    return scope, Evaluator(scope)


def value(sort: Sort, scope: FiniteScope, draw: random.Random) -> Any:
    """A random value of a sort at a scope."""
    match sort:
        case FunctionSort(index=index, value=of):
            return FrozenMap((key, value(of, scope, draw)) for key in scope.domain(index))
        case RecordSort(fields=fields):
            return FrozenMap((name, value(of, scope, draw)) for name, of in fields)
        case OptionSort(element=element):
            return None if draw.random() < 0.3 else Some(value(element, scope, draw))
        case SetSort(element=element):
            return frozenset(item for item in scope.domain(element) if draw.random() < 0.4)
        case KeyedSort(element=record, key=key, key_sort=key_sort):
            keys = [item for item in scope.domain(key_sort) if draw.random() < 0.5]
            return frozenset(value(record, scope, draw).set(key, item) for item in keys)
        case SequenceSort(element=element):
            # Full ones are where something happens.
            capacity = scope.capacity(sort)
            length = capacity if draw.random() < 0.5 else draw.randint(0, capacity)
            return tuple(value(element, scope, draw) for _ in range(length))
    if isinstance(sort, RangeSort) and draw.random() < 0.5:
        # The ends are where something happens.
        return draw.choice([scope.domain(sort)[0], scope.domain(sort)[-1]])
    return draw.choice(scope.domain(sort))


def longer(old: Any, sort: Sort, scope: FiniteScope, draw: random.Random) -> Any:
    """The same value at a scope with longer ranges; beyond the old ends a function holds anything."""
    match sort:
        case FunctionSort(index=index, value=of):
            return FrozenMap(
                (key, longer(old[key], of, scope, draw) if key in old else value(of, scope, draw))
                for key in scope.domain(index)
            )
        case RecordSort(fields=fields):
            return FrozenMap((name, longer(old[name], of, scope, draw)) for name, of in fields)
        case KeyedSort(element=record):
            return frozenset(longer(item, record, scope, draw) for item in old)
        case SequenceSort(element=element):
            return tuple(longer(item, element, scope, draw) for item in old)
    return old


def same(short: Any, long: Any, sort: Sort) -> bool:
    """Whether two values agree, functions where the shorter one is defined."""
    match sort:
        case FunctionSort(value=of):
            return all(same(short[key], long[key], of) for key in short)
        case RecordSort(fields=fields):
            return all(same(short[name], long[name], of) for name, of in fields)
        case KeyedSort(element=record, key=key):
            there = {item[key]: item for item in long}
            return {item[key] for item in short} == there.keys() and all(
                same(item, there[item[key]], record) for item in short
            )
    return bool(short == long)


# -- the comparison ------------------------------------------------------------------------------------------------------------

UNDEFINED = object()
BOUNDS = ((0, 1), (0, 2), (1, 2), (1, 3), (2, 3))


@dataclass(frozen=True)
class Difference:
    """A term that widening admits, and two states, alike but for the ends of ranges, that it tells apart the wrong way."""

    term: Term
    direction: Direction
    bounds: tuple[int, int]
    state: dict[str, Any]
    short: Any
    long: Any


def evaluated(term: Term, limit: int, state: FrozenMap) -> Any:
    """The value of a term at a bound, UNDEFINED if it has none."""
    closure = at(limit)[1].compile(term)
    try:
        return closure(at(limit)[1].frame(state))
    except Undefined:
        return UNDEFINED


def is_wrong(direction: Direction, short: Any, long: Any, sort: Sort) -> bool:
    """Whether a longer range changes a value in a direction that is not admitted."""
    if direction == "settled":
        return (short is UNDEFINED or short) and long is not UNDEFINED and not long
    # What the longer range leaves undefined is a violation there; what the shorter does takes no step and is not judged.
    if short is UNDEFINED or long is UNDEFINED:
        return False
    if direction == "neither":
        return not same(short, long, sort)
    before, after = (short, long) if direction == "exists" else (long, short)
    return bool(before and not after)


def differences(term: Term, direction: Direction, draw: random.Random, states: int) -> Iterator[Difference]:
    """Whatever tells the bounds apart the wrong way, in a number of random states for each pair of bounds."""
    for low, high in BOUNDS:
        (small, _), (large, _) = at(low), at(high)
        for _ in range(states):
            state = FrozenMap((v.name, value(v.sort, small, draw)) for v in small.model.variables)
            more = FrozenMap((v.name, longer(state[v.name], v.sort, large, draw)) for v in small.model.variables)
            short, long = evaluated(term, low, state), evaluated(term, high, more)
            if is_wrong(direction, short, long, term.sort):
                yield Difference(term, direction, (low, high), dict(state), short, long)


def admitted(term: Term) -> list[Direction]:
    """The directions in which widening lets longer ranges change a term."""
    gone = frozenset({"Limit"})
    allowed: tuple[Allowed, ...] = ("exists", "forall", "neither") if is_bool(term) else ("neither",)
    found: list[Direction] = [direction for direction in allowed if Widening(gone).wrong(term, direction) is None]
    if "exists" in found and Widening(gone).unsettled(term) is None:
        found.append("settled")
    return found


@cache
def breaks(term: Term, direction: Direction) -> Difference | None:
    """A difference that shows that longer ranges change the term otherwise; None if none is found."""
    return next(differences(term, direction, random.Random(0), states=16), None)


def unsound(terms: Iterable[Term]) -> Difference | None:
    """The first difference of a term that widening admits in a direction in which longer ranges change it otherwise."""
    found = (breaks(term, direction) for term in terms for direction in admitted(term))
    return next((difference for difference in found if difference is not None), None)
