"""When an honest validator may cast each vote of Votor: the guards of its actions, for any model that has them."""

from __future__ import annotations

from typing import Any

from verifier.encodings._votor import Number, Slot
from verifier.kernel import Bool, Int, guard


def may_vote(s: Slot, i: Any) -> None:
    """The initial vote, to notarize a block or to skip, is cast once."""
    guard("not-voted", ~s.voted(i))


def may_fall_back(s: Slot, i: Any, b: Any, cast: Int, most: Number) -> None:
    """A validator may support a block for which it has not voted, if it has cast few such votes (event SafeToNotar)."""
    guard("voted", s.voted(i))
    guard("not-own", ~s.votes.notar(i, b))
    guard("not-final", ~s.votes.final(i))
    guard("once", ~s.votes.fallback(i, b))
    guard("few", cast < most)
    guard("safe-to-notar", s.safe_to_notar(b))


def may_fall_back_to_skip(s: Slot, i: Any) -> None:
    """A validator that voted for a block may support skipping (event SafeToSkip)."""
    guard("voted", s.voted(i))
    guard("not-own", ~s.votes.skip(i))
    guard("not-final", ~s.votes.final(i))
    guard("once", ~s.votes.skip_fallback(i))
    guard("safe-to-skip", s.safe_to_skip())


def may_finalize(s: Slot, i: Any, *, no_fallback: Any, notarized: Bool | None = None) -> None:
    """A validator whose block is notarized, and that has cast no doubtful vote, may vote to finalize the slot.

    `notarized` says when the validator knows that, where not all possible votes are examined.
    """
    guard("once", ~s.votes.final(i))
    guard("not-skipped", ~s.votes.skip(i))
    guard("no-fallback", no_fallback)
    guard("notarized", s.may_finalize(i) if notarized is None else notarized)
