"""The purposes of the cursor's fences and orders: what it counts is stamped, and a reader that was lapped is not far behind."""

from __future__ import annotations

from typing import Any

from verifier.encodings.cursor_memory import MESSAGES, candidates, cursor_memory, program
from verifier.kernel import Bool, all_of, any_of, implies, violated
from verifier.lib.litmus import formula
from verifier.lib.programs import Expression, expression, operation, reg

LATEST = {
    "stamp before the cursor": ("cursor_fence", "cursor_release"),
    "cursor before the stamp": ("head_acquire", "head_fence"),
}
"""The places that need an order for `latest`, and the two orders that serve there."""

SKIP = {
    "cursor before the next stamp": ("stamp_fence", "stamp_release"),
    "stamp before the cursor": ("check_acquire", "check_fence"),
}
"""Those that a reader needs that was lapped."""

WEAK = {variant: violated(0) for variant in ("rc11", "armv8")}


def unstamped() -> Expression:
    """The cursor counts a message, and its slot has no stamp."""
    result = expression(0)
    for k in range(1, MESSAGES + 1):
        result = result | (operation(">=", reg("head", 1), k) & reg(f"s{k}", 1).equals(0))
    return result


def behind() -> Expression:
    """A reader has seen the stamp of a message, and the cursor does not count the message before."""
    return reg("later", 2).equals(1) & operation("<", reg("head", 2), MESSAGES - 1)


UNSTAMPED, BEHIND = program.outcome(unstamped()), program.outcome(behind())


def stamped(s: Any) -> Bool:
    """The messages that the cursor counts are stamped."""
    return ~formula(candidates.execution(s).holds(UNSTAMPED))


def close(s: Any) -> Bool:
    """The cursor is at most one message behind the stamps."""
    return ~formula(candidates.execution(s).holds(BEHIND))


def has(s: Any, *orders: str) -> Bool:
    """Some of these orders are there."""
    return any_of(*[getattr(s, f"on_{order}") for order in orders])


@cursor_memory.invariant()
def EnoughForLatest(s: Any) -> Bool:
    """One of the two orders at each of the two places is enough for whoever asks for the latest message."""
    return implies(all_of(*[has(s, *two) for two in LATEST.values()]), stamped(s))


@cursor_memory.invariant()
def EnoughToSkip(s: Any) -> Bool:
    """The orders of stamps that the payload needs are enough for a reader that was lapped; those of the cursor serve nothing."""
    return implies(all_of(*[has(s, *two) for two in SKIP.values()]), close(s))


def _without(purpose: str, place: str, missing: tuple[str, str], holds: Any) -> None:
    def lacking(s: Any) -> Bool:
        others = [order for order in program.toggles if order not in missing]
        return implies(all_of(*[has(s, order) for order in others]) & ~has(s, *missing), holds(s))

    lacking.__doc__ = f"All orders but those that put the {place}."
    name = f"{purpose}No" + "".join(word.capitalize() for word in place.split())
    cursor_memory.invariant(name=name, expected=WEAK)(lacking)


for place, two in LATEST.items():
    _without("Latest", place, two, stamped)
for place, two in SKIP.items():
    _without("Skip", place, two, close)
