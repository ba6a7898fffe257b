"""Small protocols of what the others leave out: partial operations below binders, equalities and choices of whole structures.

`ALL` maps names to the protocols, like `constructs.ALL`. They use nothing that first-order logic does not bear.
"""

from __future__ import annotations

from verifier.kernel import (
    Bool,
    Fn,
    KeyedSet,
    Option,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    choose,
    exists,
    exists_in,
    fn,
    forall,
    forall_in,
    guard,
    ite,
    max_of,
    min_of,
    none,
    set_of,
    some,
    var,
)


def steps() -> Protocol:
    """Functions and sets of integers, indexed beside their ends; a constraint outside which nothing is looked at."""
    p = Protocol("steps", "integers at their ends")
    top = p.parameter("Top", 2, "greatest place")

    class Place(Range, low=0, high=top):
        pass

    class Wide(Range, low=-1, high=3):
        pass

    @p.state
    class State:
        at: Fn[Place, Bool] = var(False, "marks")
        old: Fn[Place, Bool] = var(fn(Place, lambda i: i == 0), "marks as they were")
        here: Place = var(0, "a place")
        used: Set[Place] = var({0}, "places")
        seen: Set[Wide] = var({0}, "numbers")
        near: Option[Wide] = var(none, "a number")

    @p.constraint
    def Low(s: State) -> Bool:
        return (s.here < top) | s.at[s.here]

    @p.action
    def Step(s: State) -> None:
        """Indexes beyond the end from the last place, which the constraint only admits where it is marked."""
        guard("room", ~s.at[s.here + 1] | s.at[0])
        s.old = s.at
        s.at = s.at.updated(s.here + 1, True)
        s.here = s.here + 1

    @p.action
    def Jump(s: State) -> None:
        """Stores beyond the end from the last two places."""
        s.old = s.old.updated(s.here + 2, s.at[0])

    @p.action
    def Back(s: State) -> None:
        guard("other", s.at != s.old)
        s.at, s.old = s.old, ite(s.near.is_some, s.at, s.old)
        s.near = ite(s.near.is_some, some(s.near.value - 1), some(max_of(s.used) + 1))

    @p.action
    def Use(s: State, i: Place) -> None:
        guard("below", (max_of(s.used) < i) | (min_of(s.seen) + 1 < i) | s.used.is_empty())
        s.used = set_of(Place, lambda j: (j == i) | s.at[j])
        s.seen = s.seen | {s.here, i}

    @p.action
    def Forget(s: State) -> None:
        guard("alike", s.seen == s.used)
        s.used = s.used - {choose(Place, lambda j: s.at[j] & ~s.old[j])}
        s.seen = set()

    @p.action
    def Adopt(s: State) -> None:
        """Stores numbers as places, which they need not be."""
        guard("marked", s.at[s.here])
        s.used = s.seen  # type: ignore[assignment]

    @p.invariant()
    def Few(s: State) -> Bool:
        """Undefined where nothing else is in use."""
        return max_of(s.used - {0}) < s.here

    @p.invariant()
    def ChosenBeside(s: State) -> Bool:
        """Undefined where the next place is beyond the end for some value."""
        return choose(Place, lambda j: s.at[j + 1] & (j == 0)) == 0

    @p.invariant()
    def AllBeside(s: State) -> Bool:
        return forall(Place, lambda j: s.at[j + s.here] == s.at[j])

    @p.invariant()
    def Chosen(s: State) -> Bool:
        first, second = choose(Place, lambda j: j == 0), choose(Place, lambda j: j == 1)
        return s.at[first] | ~s.old[second]

    @p.invariant()
    def Within(s: State) -> Bool:
        return forall(Option[Place], lambda o: o.is_none | (o.value <= top)) & (s.used == s.seen)

    @p.invariant()
    def SomeWide(s: State) -> Bool:
        return exists(Option[Wide], lambda o: (o == s.near) & o.is_some & (o.value > top))

    @p.invariant()
    def Greatest(s: State) -> Bool:
        def below(i: Place) -> Set[Place]:
            return set_of(Place, lambda j: (j <= i) & s.used.contains(j))

        return forall(Place, lambda i: below(i).is_empty() | s.at[max_of(below(i))])

    @p.action_property()
    def NextIsMarked(s: State, after: State) -> Bool:
        return after.at[s.here + 1] | (s.near == after.near)

    return p


def lockers() -> Protocol:
    """Keyed sets: compared, chosen between, quantified over where their records are not stored, with partial bodies."""
    p = Protocol("lockers", "records by their keys")

    class Key(Scalarset, parameter="Keys", size=2):
        pass

    class Level(Range, low=0, high=1):
        pass

    class Locker(Record):
        key: Key
        level: Level

    class Lockers(KeyedSet[Locker], key="key"):
        pass

    @p.state
    class State:
        open: Lockers = var(set(), "some")
        shut: Lockers = var(set(), "others")
        marks: Fn[Level, Bool] = var(False, "marks")
        by: Fn[Locker, Bool] = var(False, "marks of records")
        last: Option[Locker] = var(none, "one of them")
        on: Bool = var(False, "a switch")

    @p.action
    def Put(s: State, x: Locker) -> None:
        guard("new", ~s.open.has(x.key))
        s.open = s.open.insert(Locker(key=x.key, level=x.level + 1))
        s.last = ite(s.on, some(x), s.last)

    @p.action
    def Keep(s: State, x: Locker) -> None:
        guard("other", s.open != s.shut)
        s.shut = ite(s.on, s.open, s.shut.insert(x))
        s.on = ~s.on

    @p.action
    def Mark(s: State, k: Key) -> None:
        guard("some", exists_in(s.open, lambda x: s.marks[x.level + s.last.value.level]))
        s.marks = s.marks.updated(s.open.get(k).level, True)

    @p.action
    def Swap(s: State) -> None:
        s.open, s.shut = ite(s.on, s.shut, s.open), ite(s.on, s.open, s.shut)

    @p.invariant()
    def Alike(s: State) -> Bool:
        return s.open == s.shut

    def raised(s: State, k: Key) -> Lockers:
        return s.open.insert(Locker(key=k, level=s.last.value.level + 1))

    @p.invariant()
    def AllMarked(s: State) -> Bool:
        """Undefined where a record that is not stored is beyond the marks."""
        return forall(Key, lambda k: s.open.has(k) | forall_in(raised(s, k), lambda x: s.marks[x.level]))

    @p.invariant()
    def AllKnown(s: State) -> Bool:
        """Likewise, where a record is the index."""
        return forall(Key, lambda k: s.open.has(k) | exists_in(raised(s, k), lambda x: s.by[x]))

    @p.invariant()
    def SomeMarked(s: State) -> Bool:
        return exists_in(s.shut, lambda x: s.marks[x.level + 1]) | s.on

    @p.invariant()
    def AllBelow(s: State) -> Bool:
        return forall_in(s.open, lambda x: x.level <= s.last.value.level)

    return p


ALL: dict[str, Protocol] = {protocol.name: protocol for protocol in (steps(), lockers())}
