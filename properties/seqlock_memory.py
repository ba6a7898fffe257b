"""The purpose of the seqlock's fences and orders: a committed payload is the one of its stamp."""

from __future__ import annotations

from typing import Any

from verifier.encodings.seqlock_memory import PUBLICATIONS, candidates, program, seqlock_memory
from verifier.kernel import Bool, all_of, any_of, implies, violated
from verifier.lib.litmus import formula
from verifier.lib.programs import Expression, reg

ORDERED: dict[str, tuple[str, str]] = {
    "odd stamp before the payload": ("odd_fence", "payload_release"),
    "payload before the even stamp": ("even_fence", "even_release"),
    "first check before the payload": ("check_acquire", "check_fence"),
    "payload before the second check": ("payload_acquire", "recheck_fence"),
}
"""The four places that need an order, and the two orders that serve there."""

WEAK = {variant: violated(0) for variant in ("rc11", "armv8")}


def torn() -> Expression:
    """Both checks read the same even stamp, and the payload is not that of its publication: mixed, older or newer."""
    s1, s2, d0, d1 = (reg(name, 1) for name in ("s1", "s2", "d0", "d1"))
    result: Expression | None = None
    for k in range(1, PUBLICATIONS + 1):
        this = s1.equals(2 * k) & s2.equals(2 * k) & (d0.differs(k) | d1.differs(k))
        result = this if result is None else result | this
    assert result is not None
    return result


TORN = program.outcome(torn())


def whole(s: Any) -> Bool:
    """The attempt does not commit a payload that is not of its stamp."""
    return ~formula(candidates.execution(s).holds(TORN))


def has(s: Any, *orders: str) -> Bool:
    """Some of these orders are there."""
    return any_of(*[getattr(s, f"on_{order}") for order in orders])


def exactly(s: Any, *orders: str) -> Bool:
    """These orders are there, and no others."""
    named = {order: getattr(s, f"on_{order}") for order in program.toggles}
    return all_of(*[there if order in orders else ~there for order, there in named.items()])


@seqlock_memory.invariant()
def EnoughOrders(s: Any) -> Bool:
    """One of the two orders at each of the four places is enough: sixteen sets of four."""
    return implies(all_of(*[has(s, *two) for two in ORDERED.values()]), whole(s))


@seqlock_memory.invariant(short="A0")
def PublishedOrders(s: Any) -> Bool:
    """The orders of v0.1.0 and of `atomic-slots`: release fence and release store, acquire load and acquire fence."""
    return implies(exactly(s, "odd_fence", "even_release", "check_acquire", "recheck_fence"), whole(s))


@seqlock_memory.invariant(short="A1", expected=WEAK)
def DefaultBuild(s: Any) -> Bool:
    """The orders of the default build since v0.2.0: the second check is an acquire load, with no fence before it."""
    return implies(exactly(s, "odd_fence", "even_release", "check_acquire", "recheck_acquire"), whole(s))


def _without(place: str, short: str) -> None:
    def lacking(s: Any) -> Bool:
        missing = ORDERED[place]
        others = [order for order in program.toggles if order not in missing]
        return implies(all_of(*[has(s, order) for order in others]) & ~has(s, *missing), whole(s))

    lacking.__doc__ = f"All orders but those that put the {place}."
    name = "No" + "".join(word.capitalize() for word in place.split())
    seqlock_memory.invariant(name=name, short=short, expected=WEAK)(lacking)


for place, short in zip(ORDERED, ("W1", "W2", "R1", "R2"), strict=True):
    _without(place, short)


seqlock_memory.finding(
    "The second check of the default build does not order the payload before it",
    "An acquire load orders what comes after it, so the loads of the payload may be satisfied after the second check. On ARMv8, "
    "and in C11 and Rust, an attempt then commits a payload of a later publication, or of two, with the stamp of an earlier one. "
    "On x86 it cannot. An acquire fence before a relaxed second check repairs it.",
    command="verify prove seqlock-memory:armv8 --property A1",
)
seqlock_memory.finding(
    "Four places need an order, and two orders serve at each",
    "The odd stamp before the payload (release fence, or release payload stores), the payload before the even stamp "
    "(release store, or release fence), the first check before the payload (acquire load, or acquire fence), the payload "
    "before the second check (acquire fence, or acquire payload loads). A release odd stamp and an acquire second check "
    "serve nowhere.",
    command="verify prove seqlock-memory --property EnoughOrders",
)
