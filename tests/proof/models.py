"""Small models for the tests of the engines: each isolates one trap."""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Option,
    Protocol,
    Range,
    Scalarset,
    anything,
    forall,
    guard,
    implies,
    labels,
    none,
    some,
    var,
)


def counter(*, high: int = 10, limit: int = 5) -> Protocol:
    """Counts by one up to `limit`, then stops: a deadlock."""
    p = Protocol("counter", "counts up")

    class Count(Range, low=0, high=high):
        pass

    @p.state
    class State:
        x: Count = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("below", s.x < limit)
        s.x += 1

    @p.invariant()
    def AtMostLimit(s: State) -> Bool:
        return s.x <= limit

    @p.invariant()
    def BelowLimit(s: State) -> Bool:
        return s.x < limit

    return p


def dead_end() -> Protocol:
    """One step leads to a bad state without successors; from nowhere else can a long path be made."""
    p = Protocol("dead-end", "a bad state that is a deadlock")

    class Place(Enumeration):
        Start, Bad, Far = labels(3)

    @p.state
    class State:
        at: Place = var(Place.Start)

    @p.action
    def Fall(s: State) -> None:
        guard("start", s.at == Place.Start)
        s.at = Place.Bad

    @p.invariant()
    def NotBad(s: State) -> Bool:
        return s.at != Place.Bad

    return p


def two_claims() -> Protocol:
    """`Later` follows from `Sooner` in every step, but `Sooner` is violated first."""
    p = Protocol("two-claims", "a property that only holds where a violated one does")

    class Count(Range, low=0, high=6):
        pass

    @p.state
    class State:
        x: Count = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("below", s.x < 6)
        s.x += 1

    @p.invariant()
    def Sooner(s: State) -> Bool:
        return s.x < 2

    @p.invariant()
    def Later(s: State) -> Bool:
        return s.x < 4

    return p


def constrained() -> Protocol:
    """The constraint stops at 2; the state 3 just outside is checked, the state 4 is never made."""
    p = Protocol("constrained", "a state constraint")

    class Count(Range, low=0, high=9):
        pass

    @p.state
    class State:
        x: Count = var(0)

    @p.constraint
    def Small(s: State) -> Bool:
        return s.x <= 2

    @p.action
    def Up(s: State) -> None:
        guard("below", s.x < 9)
        s.x += 1

    @p.invariant()
    def NotThree(s: State) -> Bool:
        return s.x != 3

    @p.invariant()
    def NotFour(s: State) -> Bool:
        return s.x != 4

    @p.action_property()
    def NotIntoThree(s: State, after: State) -> Bool:
        return after.x != 3

    @p.action_property()
    def NeverDown(s: State, after: State) -> Bool:
        return after.x >= s.x

    return p


def overflowing() -> Protocol:
    """A guard is missing: the third step leaves the range."""
    p = Protocol("overflowing", "a step that leaves its range")

    class Count(Range, low=0, high=2):
        pass

    @p.state
    class State:
        x: Count = var(0)

    @p.action
    def Up(s: State) -> None:
        s.x += 1

    @p.invariant()
    def Positive(s: State) -> Bool:
        return s.x >= 0

    p.type_ok(variables=["x"])
    return p


def forgetful() -> Protocol:
    """Reads an option that may be none: undefined after two steps."""
    p = Protocol("forgetful", "an undefined use that can be reached")

    class Count(Range, low=0, high=3):
        pass

    @p.state
    class State:
        kept: Option[Count] = var(none)
        seen: Count = var(0)

    @p.action
    def Keep(s: State) -> None:
        guard("nothing", s.kept.is_none)
        s.kept = some(s.seen)

    @p.action
    def Forget(s: State) -> None:
        guard("something", s.kept.is_some)
        s.kept = none
        s.seen = Count(1)

    @p.action
    def Use(s: State) -> None:
        guard("seen", s.seen == 1)
        guard("small", s.kept.value < 3)
        s.seen = s.kept.value

    @p.invariant()
    def Small(s: State) -> Bool:
        return s.seen < 3

    return p


def contradictory() -> Protocol:
    """No initial state: everything would be proved."""
    p = Protocol("contradictory", "initial predicates that contradict each other")

    class Count(Range, low=0, high=3):
        pass

    @p.state
    class State:
        x: Count = var(anything)

    @p.initially
    def Two(s: State) -> Bool:
        return s.x == 2

    @p.initially
    def Three(s: State) -> Bool:
        return s.x == 3

    @p.action
    def Stay(s: State) -> None:
        guard("small", s.x < 3)
        s.x = s.x

    @p.invariant()
    def Never(s: State) -> Bool:
        return s.x == 7

    return p


def never_firing(*, declared: bool = False) -> Protocol:
    """An action whose guards contradict each other."""
    p = Protocol("never-firing", "a dead action")

    class Count(Range, low=0, high=3):
        pass

    @p.state
    class State:
        x: Count = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("low", s.x < 1)
        s.x += 1

    @p.action
    def Dead(s: State) -> None:
        guard("low", s.x < 1)
        guard("high", s.x > 2)
        s.x = Count(3)

    if declared:
        p.never_fires("Dead", "the test wants it so")

    @p.invariant()
    def Small(s: State) -> Bool:
        return s.x < 2

    return p


def modes() -> Protocol:
    """Needs a lemma of the second family: idle items have no number."""
    p = Protocol("modes", "what a mode says about a number")

    class Item(Scalarset, parameter="Items", size=3):
        pass

    class Mode(Enumeration):
        Idle, Busy, Done = labels(3)

    class Count(Range, low=0, high=3):
        pass

    @p.state
    class State:
        mode: Fn[Item, Mode] = var(Mode.Idle)
        number: Fn[Item, Count] = var(0)

    @p.action
    def Start(s: State, i: Item) -> None:
        guard("idle", s.mode[i] == Mode.Idle)
        s.mode[i] = Mode.Busy
        s.number[i] += 1

    @p.action
    def Finish(s: State, i: Item) -> None:
        guard("busy", s.mode[i] == Mode.Busy)
        s.mode[i] = Mode.Done

    @p.invariant()
    def AtMostOnce(s: State) -> Bool:
        return forall(Item, lambda i: s.number[i] <= 1)

    @p.invariant()
    def DoneOnce(s: State) -> Bool:
        return forall(Item, lambda i: implies(s.mode[i] == Mode.Done, s.number[i] == 1))

    return p


def partners() -> Protocol:
    """Neither property is inductive without the other."""
    p = Protocol("partners", "two claims that hold each other up")

    class N(Range, low=0, high=9):
        """A number."""

    @p.state
    class State:
        a: N = var(0)
        b: N = var(4)

    @p.action
    def Swap(s: State) -> None:
        s.a, s.b = s.b, s.a

    @p.invariant()
    def First(s: State) -> Bool:
        return s.a < 5

    @p.invariant()
    def Second(s: State) -> Bool:
        return s.b < 5

    return p
