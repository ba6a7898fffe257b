"""CRDTs: the values that replicas merge, and how (Shapiro et al. 2011; redis-rust, src/replication/lattice.rs).

A last-writer-wins register, a grow-only counter, a counter that goes both ways, and a set from which elements are removed.
This is not a protocol: its laws ask whether merging is safe in any order and any number of times, of all values, reachable
or not.
"""

from __future__ import annotations

from verifier.encodings._replication import Register, Replica
from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Protocol,
    Range,
    Record,
    Scalarset,
    Set,
    exists,
    set_of,
    sum_of,
)
from verifier.lib.lattices import fieldwise, latest, pointwise, union

crdts = Protocol(
    "crdts", "laws of what replicas merge", source="redis-rust src/replication/lattice.rs; Shapiro et al. 2011"
)

crdts.search_bound("MaxTime", 2, "largest time of a write")
MaxCount = crdts.search_bound("MaxCount", 2, "largest count of a replica")


def merge_registers(x: Register, y: Register) -> Register:
    """The register with the later stamp."""
    return latest(x, y, lambda register: register.ts)


def merge_by_time(x: Register, y: Register) -> Register:
    """The same without the tie-break: only times are compared."""
    return latest(x, y, lambda register: register.ts.time)


def unique(x: Register, y: Register) -> Bool:
    """Registers with one stamp are equal, which is a property of the clocks and not of the merge."""
    return (x.ts != y.ts) | (x == y)


class Count(Range, low=0, high=MaxCount):
    """How often a replica has counted."""


class Up(Record):
    """A grow-only counter."""

    up: Fn[Replica, Count]


class UpDown(Record):
    """A counter that goes both ways: two that only grow."""

    up: Fn[Replica, Count]
    down: Fn[Replica, Count]


def merge_up(x: Up, y: Up) -> Up:
    """The greater count of each replica."""
    return fieldwise(x, y, up=pointwise)


def merge_up_down(x: UpDown, y: UpDown) -> UpDown:
    """Both halves, each as a grow-only counter."""
    return fieldwise(x, y, up=pointwise, down=pointwise)


def total(count: Fn[Replica, Count]) -> Int:
    """The total that all replicas have counted."""
    return sum_of(Replica, lambda r: count[r])


class Element(Scalarset, parameter="Elements", size=2, prefix="e"):
    """An element of a set."""


class Tag(Scalarset, parameter="Tags", size=2, prefix="t"):
    """The tag that distinguishes one addition from another."""


class Addition(Record):
    """An element that was added."""

    element: Element
    tag: Tag


class ObservedRemove(Record):
    """A set from which elements are removed by the tags that were observed."""

    added: Set[Addition]
    removed: Set[Tag]


def merge_sets(x: ObservedRemove, y: ObservedRemove) -> ObservedRemove:
    """The union of both sides' additions and of both sides' removals."""
    return fieldwise(x, y, added=union, removed=union)


def merge_forgetting(x: ObservedRemove, y: ObservedRemove) -> ObservedRemove:
    """Wrong: the receiver keeps its own tombstones alone."""
    return fieldwise(x, y, added=union, removed=lambda mine, theirs: mine)


def has(x: ObservedRemove, e: Element) -> Bool:
    """Whether an element is in a set: it has a tag that is not removed."""
    return exists(Tag, lambda t: x.added.contains(Addition(element=e, tag=t)) & ~x.removed.contains(t))


def add(x: ObservedRemove, e: Element, t: Tag) -> ObservedRemove:
    """Adds an element under a tag."""
    return x.replace(added=x.added | {Addition(element=e, tag=t)})


def remove(x: ObservedRemove, e: Element) -> ObservedRemove:
    """Removes the tags under which an element was observed."""
    return x.replace(removed=x.removed | set_of(Tag, lambda t: x.added.contains(Addition(element=e, tag=t))))


def knows(x: ObservedRemove, t: Tag) -> Bool:
    """Whether a tag was used already."""
    return x.removed.contains(t) | exists(Element, lambda e: x.added.contains(Addition(element=e, tag=t)))


class ByElement(Record):
    """A set from which elements are removed by their names: wrong, as an addition later than that is lost."""

    added: Set[Addition]
    removed: Set[Element]


def merge_by_element(x: ByElement, y: ByElement) -> ByElement:
    """The union of both sides' additions and of both sides' removals."""
    return fieldwise(x, y, added=union, removed=union)


def has_by_element(x: ByElement, e: Element) -> Bool:
    """Whether an element is in a set: it was added, and never removed."""
    return exists(Tag, lambda t: x.added.contains(Addition(element=e, tag=t))) & ~x.removed.contains(e)
