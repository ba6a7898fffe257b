"""Models whose names are those that something inside the verifier has, or might have: `ALL` maps what collides to a model.

Each violates `Never` in one step, and `Kept` holds: an encoding in which two things are one proves the first, or not the second.
"""

from __future__ import annotations

from collections.abc import Callable

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    KeyedSet,
    Option,
    Protocol,
    Range,
    Record,
    Sequence,
    Set,
    empty,
    exists,
    exists_in,
    guard,
    implies,
    labels,
    none,
    some,
    var,
)


def selector() -> Protocol:
    """A variable that is called like the number of the action, of as many bits."""
    p = Protocol("selector", "which action comes next")

    class Kind(Enumeration):
        Read, Write = labels(2)

    @p.state
    class State:
        action: Kind = var(Kind.Read)
        pick: Kind = var(Kind.Read)
        bad: Bool = var(False)

    @p.action
    def Read(s: State) -> None:
        s.action = Kind.Write

    @p.action
    def Write(s: State) -> None:
        guard("written", s.action == Kind.Read)
        s.bad = True

    @p.invariant()
    def Never(s: State) -> Bool:
        return ~s.bad

    @p.invariant()
    def Kept(s: State) -> Bool:
        return s.pick == Kind.Read

    return p


def numbered() -> Protocol:
    """Variables that are called like numbered fields, selectors, assumptions and steps, each a Bool of another value."""
    p = Protocol("numbered", "names with numbers")

    @p.state
    class State:
        i: Bool = var(True)
        f0: Bool = var(False)
        f1: Bool = var(True)
        a1: Bool = var(False)
        a2: Bool = var(True)
        step: Bool = var(False)
        k: Bool = var(True)

    @p.action
    def f2(s: State) -> None:
        guard("f3", s.i & ~s.f0 & s.f1 & ~s.a1 & s.a2 & s.k)
        s.step = True

    @p.invariant()
    def Never(s: State) -> Bool:
        return ~s.step

    @p.invariant()
    def Kept(s: State) -> Bool:
        return s.i & ~s.f0 & s.f1 & ~s.a1 & s.a2 & s.k

    return p


def is_some() -> Protocol:
    """A record field that is called like the presence of the option which holds it."""
    p = Protocol("is-some", "a field called is_some")

    class Rec(Record):
        is_some: Bool
        b: Bool

    @p.state
    class State:
        o: Option[Rec] = var(none)

    @p.action
    def Add(s: State) -> None:
        guard("free", s.o.is_none)
        s.o = some(Rec(is_some=False, b=True))

    @p.invariant()
    def Never(s: State) -> Bool:
        return s.o.is_none

    @p.invariant()
    def Kept(s: State) -> Bool:
        return s.o.is_none | ~s.o.value.is_some

    return p


def option_of_option() -> Protocol:
    """Two presences, one inside the other; three in the second variable."""
    p = Protocol("option-of-option", "options inside options")

    class Rec(Record):
        a: Bool

    @p.state
    class State:
        o: Option[Option[Rec]] = var(none)
        t: Option[Option[Option[Rec]]] = var(none)

    @p.action
    def Add(s: State, x: Option[Rec]) -> None:
        guard("free", s.o.is_none)
        s.o = some(x)
        s.t = some(some(x))

    @p.invariant()
    def Never(s: State) -> Bool:
        return s.o.is_none | s.o.value.is_some

    @p.invariant()
    def Kept(s: State) -> Bool:
        return s.t.is_none | s.t.value.is_some

    return p


def present() -> Protocol:
    """A field of a keyed set that is called like the presence of its records; a sequence of records called like its length."""
    p = Protocol("present", "a field called present")

    class Key(Range, low=0, high=1):
        pass

    class Rec(Record):
        key: Key
        present: Bool

    class Long(Record):
        length: Key

    class Held(KeyedSet[Rec], key="key"):
        pass

    class Line(Sequence[Long], capacity=2):
        pass

    @p.state
    class State:
        held: Held = var(empty)
        line: Line = var(empty)

    @p.action
    def Add(s: State) -> None:
        guard("free", ~s.held.has(0))
        s.held = s.held.insert(Rec(key=0, present=False))
        s.line = s.line.append(Long(length=0))

    @p.invariant()
    def Never(s: State) -> Bool:
        return ~s.held.has(0)

    @p.invariant()
    def Kept(s: State) -> Bool:
        return ~exists_in(s.held, lambda r: r.present)

    return p


def index_none() -> Protocol:
    """A label that is called like the absence of a label; both index a function and are in a set."""
    p = Protocol("index-none", "a label called none")

    class Kind(Enumeration):
        none, TRUE = labels(2)

    @p.state
    class State:
        at: Fn[Option[Kind], Bool] = var(False)
        seen: Set[Option[Kind]] = var(empty)

    @p.action
    def Mark(s: State) -> None:
        guard("free", ~s.at[none])
        s.at[none] = True
        s.seen = s.seen | {none}

    @p.invariant()
    def Never(s: State) -> Bool:
        return ~s.at[none]

    @p.invariant()
    def Kept(s: State) -> Bool:
        return ~s.at[some(Kind.none)] & ~s.seen.contains(some(Kind.none))

    return p


def blamed() -> Protocol:
    """A variable that is called like an action and has a field called like its guard, which blame has a switch for."""
    p = Protocol("blamed", "a variable called like an action")

    class Rec(Record):
        once: Bool
        held: Bool

    @p.state
    class State:
        Go: Rec = var(Rec(once=False, held=False))
        x: Bool = var(True)
        y: Bool = var(False)

    @p.action
    def Go(s: State) -> None:
        guard("once", ~s.Go.held)
        s.Go = s.Go.replace(held=True)

    @p.action
    def Tick(s: State) -> None:
        s.Go = s.Go.replace(once=True)

    @p.action
    def Both(s: State) -> None:
        guard("once", s.Go.once)
        guard("x", ~s.x)
        s.y = True

    @p.invariant()
    def Never(s: State) -> Bool:
        return ~s.Go.once

    @p.invariant()
    def Kept(s: State) -> Bool:
        return implies(s.x, ~s.y)

    return p


def bound() -> Protocol:
    """Arguments, witnesses, bound variables, parameters and sorts of one name."""
    p = Protocol("bound", "one name for everything")
    limit = p.parameter("n", 1)

    class x(Range, low=0, high=2):
        pass

    @p.state
    class State:
        n: x = var(0)
        x: Fn[x, Bool] = var(False)

    @p.action
    def n(s: State, n: x) -> None:
        guard("n", n == limit)
        guard("all", exists(x, lambda x: (x == n) & ~s.x[x]))
        s.n = n
        s.x[n] = True

    @p.invariant()
    def Never(s: State) -> Bool:
        return s.n == 0

    @p.invariant()
    def Kept(s: State) -> Bool:
        return s.n <= 1

    return p


ALL: dict[str, Callable[[], Protocol]] = {
    builder.__name__: builder
    for builder in (selector, numbered, is_some, option_of_option, present, index_none, blamed, bound)
}
