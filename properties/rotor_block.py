"""Properties of Rotor, several slices and slots."""

from __future__ import annotations

from verifier.encodings.rotor_block import Node, Slice, Slot, State, rotor_block
from verifier.kernel import Bool, forall, implies, violated


@rotor_block.invariant(short="Block-1", expected={"one-slice-enough": violated(2), "slice-key": violated(3)})
def BlockNeedsAllSlices(s: State) -> Bool:
    """Whoever has emitted a block has decoded all slices of its slot."""
    return forall(Node, Slot, Slice, Slice, lambda v, n, k, j: implies(
        s.emitted[v][n][k].is_some, s.dec[v][n].contains(j)
    ))  # fmt: skip


@rotor_block.invariant(short="Block-2", expected={"slice-key": violated(3)})
def NoCrossSlot(s: State) -> Bool:
    """No slice of another slot is part of a block."""
    return forall(Node, Slot, Slice, lambda v, n, k: implies(s.emitted[v][n][k].is_some, s.emitted[v][n][k] == n))


rotor_block.finding(
    "The seed's simple model rebuilds a block of slot 2 from slices of slot 1",
    "It remembers decoded slices by their number alone, and takes one of two for enough.",
    command="verify prove rotor-block:slice-key",
)
