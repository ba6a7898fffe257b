"""Protocols in which values leave their sorts: elements of sets at any depth, sets over other ranges, and what reads them.

`ALL` maps names to the protocols, like `constructs.ALL`.
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
    anything,
    choice,
    exists,
    exists_in,
    fn,
    forall,
    forall_in,
    guard,
    image,
    implies,
    ite,
    max_of,
    none,
    set_of,
    some,
    var,
)


def elements() -> Protocol:
    """Elements that may not fit, in literals and images, under records and options; what is stored, asked and guarded."""
    p = Protocol("elements", "elements outside their sorts")

    class Slot(Scalarset, parameter="Slots", size=2):
        pass

    class Low(Range, low=0, high=1):
        pass

    class High(Range, low=1, high=3):
        pass

    class Stamp(Record, ordered=True):
        wall: Low
        count: High

    class Item(Record):
        key: Low
        note: Option[Low]

    class Shelf(KeyedSet[Item], key="key"):
        pass

    @p.state
    class State:
        low: Low = var(0, "a small number")
        high: High = var(1, "another")
        seen: Set[Stamp] = var({Stamp(wall=Low(0), count=High(1))}, "records")
        some: Set[Option[Low]] = var({none}, "options")
        lows: Set[Low] = var({0}, "small numbers")
        highs: Set[High] = var(set(), "greater ones")
        by: Fn[Slot, Set[Low]] = var(fn(Slot, lambda x: set_of(Low, lambda y: y == 1)), "small numbers of a slot")
        shelf: Shelf = var(set(), "records with a key")
        flag: Bool = var(False, "a truth value, which has no range")

    @p.action
    def Send(s: State) -> None:
        s.seen |= {Stamp(wall=Low(s.low + 1), count=s.high)}
        s.low = s.low + 1

    @p.action
    def Wrap(s: State, x: High) -> None:
        guard("other", x != s.high)
        s.some |= {some(x), none}
        s.high = High(x + s.low)

    @p.action
    def Mirror(s: State) -> None:
        s.seen = image(s.lows, Stamp, lambda y: Stamp(wall=y, count=High(y + s.high)))
        s.flag = ~s.flag

    @p.action
    def Join(s: State, x: Slot) -> None:
        guard("any", ~(s.lows | s.highs).is_empty())
        lows, highs = s.lows, s.highs
        s.lows = lows | highs
        s.highs = ite(s.flag, highs, lows)  # type: ignore[arg-type]  # another range, on purpose
        s.by[x] = s.by[x] | lows

    @p.action
    def Move(s: State, x: Slot) -> None:
        more = ite(s.flag, s.lows, s.highs)  # type: ignore[arg-type]
        guard("some", (more.size() > 1) | more.is_empty() | s.flag)
        s.by = fn(Slot, lambda y: choice("mixed", ite(x == y, more, s.by[y]), s.by[y]))
        s.high = max_of(s.lows | s.highs)

    @p.action
    def Guarded(s: State, x: High) -> None:
        """Undefined where the number is none of the small ones."""
        guard("literal", ~(s.seen & {Stamp(wall=Low(x - 1), count=x)}).is_empty())
        guard("union", (s.lows | {x - 2}).size() > 1)
        s.flag = s.lows.contains(x) | (s.lows | {x}).contains(0)

    @p.action
    def Keep(s: State, x: Low) -> None:
        guard("room", forall_in(s.shelf, lambda r: r.key != x))
        s.flag = exists_in(s.shelf.insert(Item(key=Low(x + 1), note=none)), lambda r: (s.lows - {r.key}).is_empty())
        s.shelf = s.shelf.insert(Item(key=Low(x + s.low), note=some(s.high)))

    @p.action
    def Reset(s: State) -> None:
        s.flag = s.flag | (s.lows == s.highs)
        s.highs = {s.high - 1, 2}
        s.low, s.high, s.lows, s.shelf = Low(0), High(1), {0, 1}, set()

    @p.invariant()
    def LowIsSmall(s: State) -> Bool:
        """False of a number that has left its range."""
        return s.low <= 1

    @p.invariant()
    def SeenByWall(s: State) -> Bool:
        return forall(Stamp, lambda r: implies(s.seen.contains(r) & (r.wall == s.low), r.count != 2))

    @p.invariant()
    def InSeen(s: State) -> Bool:
        """Not judged where the number does not fit."""
        return (s.lows & {s.low}).is_empty() | s.flag | (s.high < 3)

    @p.invariant()
    def Apart(s: State) -> Bool:
        return (s.lows != s.highs) | (s.lows - s.highs).is_empty()

    @p.invariant()
    def SlotsDiffer(s: State) -> Bool:
        return exists(Slot, lambda x: s.by[x].is_empty()) | forall(Slot, lambda x: s.by[x].size() + s.high < 5)

    @p.invariant()
    def NotesFit(s: State) -> Bool:
        """Undefined where a note is none; reads records that may have left their range."""
        return forall_in(s.shelf, lambda r: r.note.value + r.key < 3)

    @p.invariant()
    def KeysAreLow(s: State) -> Bool:
        return forall_in(s.shelf, lambda r: ((s.lows | s.highs) & {r.key}).size() == 1)

    @p.action_property()
    def LowGrows(s: State, after: State) -> Bool:
        return (after.low >= s.low) & implies(after.low == 2, s.lows <= after.lows)

    @p.action_property()
    def HighStays(s: State, after: State) -> Bool:
        return (after.high == s.high) | s.seen.contains(Stamp(wall=Low(0), count=after.high)) | (after.highs == s.lows)

    p.type_ok(variables=["low", "seen", "lows"])
    p.variant("plain", drops=["Move.mixed"])
    return p


def outset() -> Protocol:
    """Open initial values, some of which leave a predicate without a value."""
    p = Protocol("outset", "initial predicates without a value")

    class Low(Range, low=0, high=1):
        pass

    @p.state
    class State:
        held: Option[Low] = var(anything, "a number, perhaps")
        low: Low = var(anything, "a number")

    @p.initially
    def Small(s: State) -> Bool:
        return s.low == 0

    @p.initially
    def HeldIsLow(s: State) -> Bool:
        return s.held.value == s.low

    @p.action
    def Step(s: State) -> None:
        guard("small", s.low < 1)
        s.low = s.low + 1

    @p.invariant()
    def Held(s: State) -> Bool:
        return s.held.is_some

    return p


ALL = {"elements": elements(), "outset": outset()}
