"""The purpose of the orders with which producers hand the cursor over: it does not stay behind."""

from __future__ import annotations

from typing import Any

from verifier.encodings.hand_over_memory import candidates, hand_over_memory, program
from verifier.kernel import Bool, all_of, implies, violated
from verifier.lib.litmus import formula
from verifier.lib.programs import all_equal

STRANDED = {"0:before": 0, "0:done": 0, "1:early": 0, "1:done": 1, "1:again": 0, "cursor": 1}
"""The first producer has moved the cursor and not seen message 2; the second has seen message 1, and failed twice."""

BEHIND = program.outcome(all_equal(STRANDED))

RUST = {"rc11": violated(0)}
WEAK = {**RUST, "armv8-rcpc": violated(0)}


def arrives(s: Any) -> Bool:
    """The cursor does not stay behind."""
    return ~formula(candidates.execution(s).holds(BEHIND))


def with_all_but(s: Any, *missing: str) -> Bool:
    """All orders are there but these."""
    named = {order: getattr(s, f"on_{order}") for order in program.toggles}
    return all_of(*[~there if order in missing else there for order, there in named.items()])


@hand_over_memory.invariant()
def EnoughOrders(s: Any) -> Bool:
    """Each producer has a fence, or two sc orders that do as well: six sets of orders."""
    first = s.on_moved_fence | (s.on_load_sc & s.on_swap_sc)
    second = s.on_stored_fence | s.on_retry_fence | (s.on_store_sc & s.on_miss_sc)
    return implies(first & second, arrives(s))


@hand_over_memory.invariant(expected=WEAK)
def PublishedOrders(s: Any) -> Bool:
    """Release stores and swaps, acquire loads, relaxed failures, and no fence."""
    return implies(with_all_but(s, *program.toggles), arrives(s))


@hand_over_memory.invariant(expected=RUST)
def LoadsAlone(s: Any) -> Bool:
    """Of the other orders none is needed where stamps are loaded with sc: so on ARMv8, where such a load is LDAR."""
    return implies(s.on_load_sc, arrives(s))


def _lacking(name: str, missing: tuple[str, ...], expected: dict[str, Any], said: str) -> None:
    def lacking(s: Any) -> Bool:
        return implies(with_all_but(s, *missing), arrives(s))

    lacking.__doc__ = said
    hand_over_memory.invariant(name=name, expected=expected)(lacking)


_FIRST, _SECOND = ("moved_fence",), ("stored_fence", "retry_fence")

_lacking("FirstNeedsLoads", (*_FIRST, "load_sc"), WEAK, "Without its fence the first producer needs sc loads of stamps.")
_lacking("FirstNeedsSwaps", (*_FIRST, "swap_sc"), RUST, "Without its fence the first producer needs sc swaps that succeed.")
_lacking("SecondNeedsStores", (*_SECOND, "store_sc"), RUST, "Without a fence the second producer needs sc stores of stamps.")
_lacking("SecondNeedsMisses", (*_SECOND, "miss_sc"), RUST, "Without a fence the second producer needs sc swaps that fail.")

hand_over_memory.finding(
    "The cursor can stay behind between two producers",
    "Each producer needs an sc fence or two sc orders: the one that moves the cursor after its compare-and-swap, or sc for that "
    "and for the loads of stamps; the other one between its stamp and its second attempt, or sc for the stores of stamps and "
    "for compare-and-swaps that fail. Nothing else serves in Rust's memory model; on ARMv8 with LDAPR sc loads alone do.",
    command="verify prove hand-over-memory --property PublishedOrders --property EnoughOrders",
)
