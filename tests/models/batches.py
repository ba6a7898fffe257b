"""Protocols whose actions are given sets and functions: batches, tables, options of sets. `ALL` is like `constructs.ALL`."""

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
    any_of,
    enabled,
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
    var,
)


def batches() -> Protocol:
    """Sets, functions and keyed sets as arguments: where they are empty, do not fit or are looked at beyond an end."""
    p = Protocol("batches", "what many are given at once")

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Level(Range, low=0, high=1):
        pass

    class Slot(Range, low=1, high=2):
        pass

    class Entry(Record):
        slot: Slot
        by: Node

    class Book(KeyedSet[Entry], key="slot"):
        pass

    @p.state
    class State:
        at: Fn[Node, Level] = var(0, "a level for each node")
        top: Level = var(0, "the highest level")
        used: Set[Slot] = var({1}, "slots in use")
        book: Book = var(set(), "entries")
        last: Option[Set[Node]] = var(none, "the last batch")

    @p.action
    def Raise(s: State, to: Fn[Node, Level], n: Node) -> None:
        guard("up", forall(Node, lambda m: s.at[m] <= to[m]) & (s.at[n] < to[n]))
        s.at = to
        s.top = to[n]

    @p.action
    def Serve(s: State, batch: Set[Node]) -> None:
        """The level of an empty batch is undefined."""
        guard("quick", any_of(s.top == 0, max_of(image(batch, Level, lambda m: s.at[m])) == s.top))
        s.at = fn(Node, lambda m: ite(batch.contains(m), Level(0), s.at[m]))

    @p.action
    def Use(s: State, slots: Set[Slot]) -> None:
        """What is one beyond a slot may not fit."""
        guard("more", ~(slots <= s.used))
        s.used |= image(slots, Slot, lambda i: i + s.top)

    @p.action
    def Enter(s: State, entries: Book, of: Fn[Slot, Level]) -> None:
        """A slot beyond the last is undefined where all of the old entries are above."""
        guard("new", forall_in(entries, lambda e: ~s.book.has(e.slot)))
        guard("low", implies(s.book.has(1), of[s.book.get(1).slot + s.top] == 0))
        s.book = entries

    @p.action
    def Note(s: State, who: Option[Set[Node]]) -> None:
        guard("other", who != s.last)
        s.last = who

    @p.invariant()
    def LastIsLow(s: State) -> Bool:
        return implies(s.last.is_some, ~exists_in(s.last.value, lambda n: s.at[n] > s.top))

    @p.invariant()
    def CanBeServed(s: State) -> Bool:
        """Is not stated where sets cannot be quantified over."""
        return implies(s.top == 0, enabled(Serve))

    @p.action_property()
    def LevelsOfNew(s: State, after: State) -> Bool:
        return forall(Node, lambda n: (after.at[n] == 0) | (after.at[n] >= s.at[n]))

    return p


ALL: dict[str, Protocol] = {p.name: p for p in (batches(),)}
