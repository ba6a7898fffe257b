"""Properties of Votor over several slots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verifier.encodings._votor import SAFETY, Slot, final_vote_exclusive, one_initial_vote
from verifier.encodings.votor_chain import (
    Block,
    Name,
    SlotNumber,
    State,
    Validator,
    Window,
    ancestor,
    certified,
    finalized,
    first,
    parent_voted,
    ready,
    slot,
    some_parent_ready,
    votor_chain,
)
from verifier.kernel import Bool, exists, forall, implies, violated

EXPECTED = {
    "no-parent-ready": {"ChainConsistency": 4, "VotesFollowParents": 1},
    "no-parent-vote": {
        "ChainConsistency": 4,
        "FinalizedChainNotarized": 2,
        "VotesFollowParents": 1,
        "CertificatesFollowParents": 1,
    },
    "sn-no-parent": {"ChainConsistency": 8, "VotesFollowParents": 4, "CertificatesFollowParents": 4},
    "fast60": {"ChainConsistency": 4, "FastFinalExcludesSkip": 3},
}


def _expected(name: str) -> dict[str, Any]:
    return {variant: violated(steps[name]) for variant, steps in EXPECTED.items() if name in steps}


def _of_every_slot(name: str, holds: Callable[[Slot], Bool]) -> None:
    def stated(s: State) -> Bool:
        return forall(SlotNumber, lambda n: holds(slot(s, n)))

    stated.__doc__ = f"In every slot: {holds.__doc__}"
    votor_chain.invariant(name=name, expected=_expected(name))(stated)


def _of_everyone(name: str, holds: Callable[[Slot, Any], Bool]) -> None:
    def of_all(of: Slot) -> Bool:
        return forall(Validator, lambda i: holds(of, i))

    of_all.__doc__ = holds.__doc__
    _of_every_slot(name, of_all)


@votor_chain.invariant(expected=_expected("ChainConsistency"))
def ChainConsistency(s: State) -> Bool:
    """Finalized blocks are on one chain (Theorem 1)."""
    return forall(
        Block,
        Block,
        lambda a, c: implies(finalized(s, a) & finalized(s, c) & (a.slot <= c.slot), ancestor(s, a, c)),
    )


@votor_chain.invariant(expected=_expected("FinalizedChainNotarized"))
def FinalizedChainNotarized(s: State) -> Bool:
    """The parent of a finalized block of the same window is that of the slot before, and is notarized (Lemma 28)."""

    def notarized(n: SlotNumber, b: Name) -> Bool:
        parent = s.parent[n][b]
        before = parent.is_some & (parent.value.slot == n - 1)
        return before & slot(s, parent.value.slot).notar(parent.value.name)

    return forall(
        SlotNumber, Name, lambda n, b: implies(~first(n) & slot(s, n).finalized(b), notarized(n, b))
    )


@votor_chain.invariant(expected=_expected("VotesFollowParents"))
def VotesFollowParents(s: State) -> Bool:
    """An honest vote rests on a parent: in the first slot of a window one on which a block may be built, later the block of the
    slot before, for which its validator has voted, or, for a fallback vote, which is certified.
    """

    def follows(i: Validator, n: SlotNumber, b: Name) -> Bool:
        parent = s.parent[n][b]
        before = parent.is_some & (parent.value.slot == n - 1) & parent_voted(s, i, parent)
        voted = implies(s.notar[i][n].contains(b), (first(n) & ready(s, n, parent)) | (~first(n) & before))
        return voted & implies(s.notarFallback[i][n].contains(b), first(n) | certified(s, parent))

    return forall(Validator, SlotNumber, Name, follows)


@votor_chain.invariant(expected=_expected("CertificatesFollowParents"))
def CertificatesFollowParents(s: State) -> Bool:
    """The parent of a notarized block that is not the first of its window is notarized, that of a certified one certified."""

    def follows(n: SlotNumber, b: Name) -> Bool:
        parent, here = s.parent[n][b], slot(s, n)
        notarized = parent.is_some & slot(s, parent.value.slot).notar(parent.value.name)
        return implies(here.notar(b), notarized) & implies(here.certified(b), parent.is_some & certified(s, parent))

    return forall(SlotNumber, Name, lambda n, b: implies(~first(n), follows(n, b)))


@votor_chain.invariant(expected=_expected("WindowProgress"))
def WindowProgress(s: State) -> Bool:
    """Where every slot of a window is skipped or has a certified block, the next window has a block to build on (Lemma 40)."""

    def decided(k: SlotNumber) -> Bool:
        return slot(s, k).skip() | exists(Name, lambda b: slot(s, k).certified(b))

    def before(n: SlotNumber, k: SlotNumber) -> Bool:
        return (k < n) & (n <= k + Window)

    return forall(SlotNumber, lambda n: implies(
        first(n) & (n > 1) & forall(SlotNumber, lambda k: implies(before(n, k), decided(k))), some_parent_ready(s, n)
    ))  # fmt: skip


for _name, _holds in SAFETY.items():
    _of_every_slot(_name, _holds)
_of_everyone("HonestInitialVoteUnique", one_initial_vote)
_of_everyone("FinalVoteExclusive", final_vote_exclusive)
