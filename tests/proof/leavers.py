"""Small models whose steps or initial values leave a range: as numbers, as elements of sets, at any depth."""

from __future__ import annotations

from collections.abc import Callable

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
    anything,
    empty,
    exists,
    fn,
    forall,
    guard,
    image,
    ite,
    max_of,
    none,
    set_of,
    some,
    var,
)


class Low(Range, low=0, high=1):
    """Small numbers."""


class High(Range, low=0, high=3):
    """More of them."""


class Node(Scalarset, parameter="Nodes", size=2, prefix="n"):
    """A node."""


class Stamp(Record):
    wall: Low


class Pair(Record):
    left: Option[Low]
    right: Low


class Card(Record):
    key: Low
    note: Low


class Deck(KeyedSet[Card], key="key"):
    """Cards by their keys."""


class Row(Sequence[Low], capacity=1):
    """At most one number."""


def jump() -> Protocol:
    """One step, out of range; a property of states and one of steps are false behind it."""
    p = Protocol("jump", "one step, out of range")

    @p.state
    class State:
        a: Low = var(0)
        b: Low = var(0)

    @p.action
    def Step(s: State) -> None:
        s.a = s.a + 2

    @p.invariant()
    def Small(s: State) -> Bool:
        """Holds of every number that can be stored."""
        return s.a <= 1

    @p.invariant()
    def Other(s: State) -> Bool:
        return s.b == 0

    @p.invariant()
    def Among(s: State) -> Bool:
        """Says of some number of the sort that it is this one."""
        return exists(Low, lambda x: x == s.a)

    @p.invariant()
    def Elements(s: State) -> Bool:
        """Has no value behind the step: no set holds the number."""
        return set_of(Low, lambda x: x == 0) == {s.a}

    @p.action_property()
    def Same(s: State, after: State) -> Bool:
        return s.a == after.a

    return p


def later(steps: int = 3) -> Protocol:
    """A counter that leaves its range after some steps, and another variable that does not."""
    p = Protocol("later", "out of range after some steps")

    class Count(Range, low=0, high=steps - 1):
        pass

    @p.state
    class State:
        count: Count = var(0)
        other: Low = var(0)

    @p.action
    def Up(s: State) -> None:
        s.count = s.count + 1

    @p.action
    def Turn(s: State) -> None:
        s.other = Low(1) - s.other

    @p.invariant()
    def Below(s: State) -> Bool:
        return s.count < steps

    @p.invariant()
    def Fine(s: State) -> Bool:
        return s.other <= 1

    return p


def outside() -> Protocol:
    """An initial value out of range."""
    p = Protocol("outside", "starts out of range")

    @p.state
    class State:
        a: Low = var(5)
        b: Low = var(0)
        c: Low = var(anything)

    @p.initially
    def Chosen(s: State) -> Bool:
        return s.c == 1

    @p.action
    def Step(s: State) -> None:
        guard("more", s.b < 1)
        s.b = s.b + 1

    @p.invariant()
    def Fine(s: State) -> Bool:
        return s.b == 0

    @p.invariant()
    def Small(s: State) -> Bool:
        return s.a < 5

    @p.action_property()
    def Same(s: State, after: State) -> Bool:
        return s.b == after.b

    return p


def storing(sort: object, initial: object, store: Callable[..., object]) -> Protocol:
    """A model whose only step stores in `it` what `store` makes of the state; nothing else happens."""
    p = Protocol("storing", "stores what may not fit")

    class State:
        it: sort = var(initial)  # type: ignore[valid-type]
        high: High = var(3)
        highs: Set[High] = var({0, 3})
        flag: Bool = var(False)

    State.__annotations__["it"] = sort
    p.state(State)

    @p.action
    def Store(s: State) -> None:
        guard("once", ~s.flag)
        new = store(s)
        s.flag = True
        s.it = new

    @p.invariant()
    def Unread(s: State) -> Bool:
        return s.high == 3

    @p.invariant()
    def Unset(s: State) -> Bool:
        """Violated behind the step, whatever is stored."""
        return ~s.flag

    return p


STORED: dict[str, Callable[[], Protocol]] = {
    "number": lambda: storing(Low, 0, lambda s: s.high),
    "record": lambda: storing(Stamp, Stamp(wall=Low(0)), lambda s: Stamp(wall=Low(s.high))),
    "option": lambda: storing(Option[Low], none, lambda s: some(s.high)),
    "function": lambda: storing(Fn[Node, Low], 0, lambda s: fn(Node, lambda n: ite(s.flag, Low(0), s.high))),
    "sequence": lambda: storing(Row, empty, lambda s: s.it.append(s.high)),
    "long sequence": lambda: storing(Row, empty, lambda s: s.it.append(0).append(1)),
    "keyed set": lambda: storing(Deck, set(), lambda s: s.it.insert(Card(key=Low(0), note=Low(s.high)))),
    "key": lambda: storing(Deck, set(), lambda s: s.it.insert(Card(key=Low(s.high), note=Low(0)))),
    "element": lambda: storing(Set[Low], set(), lambda s: s.it | {s.high}),
    "literal element": lambda: storing(Set[Low], set(), lambda s: {0, 3}),
    "element beside all others": lambda: storing(Set[Low], {0, 1}, lambda s: s.it | {s.high}),
    "element behind all others": lambda: storing(Set[Low], set(), lambda s: {0, 1, s.high}),
    "element before others": lambda: storing(Set[Low], {0, 1}, lambda s: s.it | {s.high} | {0}),
    "element of another class": lambda: storing(Set[Low], set(), lambda s: {Low(s.high)}),
    "field of a record made": lambda: storing(Set[Low], set(), lambda s: {Stamp(wall=Low(s.high)).wall}),
    "payload of an option made": lambda: storing(
        Set[Low], set(), lambda s: {ite(s.flag, some(Low(0)), some(s.high)).value}
    ),
    "record in a set": lambda: storing(Set[Stamp], set(), lambda s: s.it | {Stamp(wall=Low(s.high))}),
    "option in a set": lambda: storing(Set[Option[Low]], set(), lambda s: {none, some(s.high)}),
    "option in a record in a set": lambda: storing(
        Set[Pair], set(), lambda s: {Pair(left=some(s.high), right=Low(0))}
    ),
    "set in a set": lambda: storing(Set[Set[Low]], set(), lambda s: {s.highs}),
    "image": lambda: storing(Set[Stamp], set(), lambda s: image(Low, Stamp, lambda x: Stamp(wall=Low(x + 2)))),
    "image of a set": lambda: storing(Set[Low], set(), lambda s: image(s.highs, Low, lambda x: x)),
    "union of two ranges": lambda: storing(Set[Low], {1}, lambda s: s.it | s.highs),
    "set of another range": lambda: storing(Set[Low], {1}, lambda s: s.highs),
    "one of two sets": lambda: storing(Set[Low], {1}, lambda s: ite(s.flag, s.it, s.highs)),
    "set in a function": lambda: storing(Fn[Node, Set[Low]], set(), lambda s: fn(Node, lambda n: s.highs)),
    "updated function of sets": lambda: storing(
        Fn[Node, Set[Low]], set(), lambda s: fn(Node, lambda n: s.it[n] | {s.high})
    ),
    "option of a set": lambda: storing(Option[Set[Low]], none, lambda s: some(s.highs)),
    "in a condition": lambda: storing(Low, 0, lambda s: ite((s.highs & {s.high + 1}).is_empty(), Low(0), Low(1))),
}
"""Ways to store in the variable `it` what does not fit, in the first step."""


def guarded(condition: Callable[..., Bool]) -> Protocol:
    """A model whose only action has this guard; `lows` is a set of small numbers, `highs` one of more, `three` is 3."""
    p = Protocol("guarded", "a guard, and what it looks at")

    @p.state
    class State:
        lows: Set[Low] = var({0, 1})
        highs: Set[High] = var({0, 3})
        three: High = var(3)

    @p.action
    def Step(s: State) -> None:
        guard("it", condition(s))
        s.lows = {0}

    @p.invariant()
    def Zero(s: State) -> Bool:
        return s.lows.contains(0)

    return p


def asked(condition: Callable[..., Bool]) -> Protocol:
    """Likewise with a property."""
    p = guarded(lambda s: s.three == 3)

    @p.invariant()
    def It(s: object) -> Bool:
        return condition(s)

    return p


UNDEFINED: dict[str, Callable[..., Bool]] = {
    "element": lambda s: (s.lows & {s.three}).is_empty(),
    "record": lambda s: image(s.lows, Stamp, lambda x: Stamp(wall=Low(x + 1))) == {Stamp(wall=Low(0))},
    "image": lambda s: image(s.highs, Low, lambda x: x) <= s.lows,
    "size": lambda s: (s.lows | {s.three}).size() == 3,
    "field": lambda s: (s.lows & {Stamp(wall=Low(s.three)).wall}).is_empty(),
    "option": lambda s: set_of(Option[Low], lambda o: o.is_none) == {some(s.three)},
}
"""Formulas that have no value: an element that does not fit is looked at."""

JOINED: dict[str, Callable[..., Bool]] = {
    "union": lambda s: max_of(s.lows | s.highs) == 3,
    "union, the other way": lambda s: (s.highs | s.lows).size() == 3,
    "is empty": lambda s: ~(s.lows | s.highs).is_empty(),
    "difference": lambda s: (s.highs - s.lows).size() == 1,
    "rest": lambda s: ((s.lows | s.highs) - s.lows).contains(3),
    "intersection": lambda s: (s.lows & s.highs).size() == 1,
    "equal": lambda s: (s.lows != s.highs) & (s.highs != s.lows),
    "subset": lambda s: ~(s.highs <= s.lows) & ~(s.lows <= s.highs),
    "one of two": lambda s: ite(s.three == 3, s.highs, s.lows).contains(3),
    "one of two, the other way": lambda s: max_of(ite(s.three == 3, s.highs, s.lows)) == 3,
    "none of two": lambda s: ~ite(s.three == 3, s.highs, s.lows).is_empty(),
    "for all of one of two": lambda s: forall(Low, lambda x: ite(x == 0, s.highs, s.lows).contains(0)),
    "numbers": lambda s: ite(s.lows.contains(0), s.three, Low(0)) == 3,
    "contains": lambda s: ~s.lows.contains(s.three) & ~s.lows.contains(Int(7)),
}
"""Formulas over two ranges that are true: nothing is lost."""


def start(sort: object, predicate: Callable[..., Bool], *more: Callable[..., Bool]) -> Protocol:
    """A model whose variable `it` is open initially, with initial predicates in this order."""
    p = Protocol("start", "open initially")

    class State:
        it: sort = var(anything)  # type: ignore[valid-type]
        flag: Bool = var(False)

    State.__annotations__["it"] = sort
    p.state(State)
    for number, formula in enumerate((predicate, *more)):
        p.initially(_named(formula, f"Begins{number}"))

    @p.action
    def Step(s: State) -> None:
        s.flag = True

    @p.invariant()
    def Fine(s: State) -> Bool:
        return s.flag | ~s.flag

    return p


def _named(formula: Callable[..., Bool], name: str) -> Callable[..., Bool]:
    def predicate(s: object) -> Bool:
        return formula(s)

    predicate.__name__ = name
    return predicate
