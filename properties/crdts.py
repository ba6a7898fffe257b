"""Properties of CRDTs, and what does not."""

from __future__ import annotations

from verifier.encodings._replication import Register, Replica
from verifier.encodings.crdts import (
    Addition,
    ByElement,
    Count,
    Element,
    ObservedRemove,
    Tag,
    Up,
    UpDown,
    add,
    crdts,
    has,
    has_by_element,
    knows,
    merge_by_element,
    merge_by_time,
    merge_forgetting,
    merge_registers,
    merge_sets,
    merge_up,
    merge_up_down,
    remove,
    total,
    unique,
)
from verifier.kernel import Bool, forall, implies, violated
from verifier.lib.lattices import lattice

WRONG = {"safe": violated(0)}


def earlier(x: Register, y: Register) -> Bool:
    """No register goes back in its stamps."""
    return x.ts <= y.ts


lattice(crdts, Register, merge_registers, name="LWW", at_most=earlier, expected={"Commutative": WRONG})
lattice(crdts, Register, merge_registers, name="LWWUnique", at_most=earlier, given=unique)
lattice(crdts, Register, merge_by_time, name="LWWByTime", at_most=lambda x, y: x.ts.time <= y.ts.time,
        expected={"Commutative": WRONG})  # fmt: skip
lattice(crdts, Register, merge_by_time, name="LWWByTimeUnique", at_most=lambda x, y: x.ts.time <= y.ts.time,
        given=unique, expected={"Commutative": WRONG})  # fmt: skip


def no_less(x: Up, y: Up) -> Bool:
    """No replica's count falls."""
    return forall(Replica, lambda r: x.up[r] <= y.up[r])


lattice(crdts, Up, merge_up, name="Up", at_most=no_less)


@crdts.law()
def UpGrows(x: Up, y: Up) -> Bool:
    """A merge never lowers the value of a counter."""
    return total(x.up) <= total(merge_up(x, y).up)


@crdts.law()
def UpIncrement(x: Up, r: Replica, n: Count) -> Bool:
    """An increment makes a counter greater, and is not undone by a merge with what was before."""
    after = x.replace(up=x.up.updated(r, x.up[r] + n))
    return implies(n >= 1, no_less(x, after) & ~no_less(after, x) & (merge_up(x, after) == after))


lattice(crdts, UpDown, merge_up_down, name="UpDown")


@crdts.law(expected=WRONG)
def UpDownGrows(x: UpDown, y: UpDown) -> Bool:
    """A merge never lowers the value of a counter that goes both ways: false, as decrements arrive too."""
    merged = merge_up_down(x, y)
    return total(x.up) - total(x.down) <= total(merged.up) - total(merged.down)


lattice(crdts, ObservedRemove, merge_sets, name="Set")
lattice(crdts, ObservedRemove, merge_forgetting, name="SetForgetting",
        expected={"Commutative": WRONG})  # fmt: skip
lattice(crdts, ByElement, merge_by_element, name="SetByElement")


@crdts.law()
def AddWins(x: ObservedRemove, y: ObservedRemove, e: Element, t: Tag) -> Bool:
    """An addition under a fresh tag wins against a removal beside it."""
    return implies(~knows(x, t) & ~knows(y, t), has(merge_sets(remove(x, e), add(y, e, t)), e))


@crdts.law()
def RemovedStaysRemoved(x: ObservedRemove, e: Element) -> Bool:
    """A removed element does not come back with an older addition."""
    return ~has(merge_sets(x, remove(x, e)), e)


@crdts.law(expected=WRONG)
def RemovedStaysRemovedForgetting(x: ObservedRemove, e: Element) -> Bool:
    """The same where the receiver keeps its own tombstones alone: false, as the removal never arrives."""
    return ~has(merge_forgetting(x, remove(x, e)), e)


@crdts.law(expected=WRONG)
def AddWinsByElement(x: ByElement, y: ByElement, e: Element, t: Tag) -> Bool:
    """An addition wins where elements are removed by name: false."""
    removed = x.replace(removed=x.removed | {e})
    added = y.replace(added=y.added | {Addition(element=e, tag=t)})
    return has_by_element(merge_by_element(removed, added), e)
