"""Guarantees for readers behind a store buffer."""

from __future__ import annotations

from verifier.encodings.ring_buffered import Reader, State, Word, ring_buffered
from verifier.kernel import Bool, forall, violated


@ring_buffered.invariant(expected={"pso": violated(8), "pso-after-odd": violated(9), "pso-before-even": violated(22)})
def TornFree(s: State) -> Bool:
    """Every word that a reader has committed is from the payload of the message that it claims to have read."""
    return forall(Reader, Word, lambda r, w: s.readResult[r][w] == s.consumed[r])
