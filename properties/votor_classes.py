"""Properties of Votor in one slot, whatever the number of validators and their stakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from verifier.encodings._votor import SAFETY, ListedBlocks, Slot, Votes, certificate_uniqueness
from verifier.encodings._votor import Byzantine as AllByzantine
from verifier.encodings.votor_classes import (
    BLOCKS,
    CAST,
    SHARES,
    Byzantine,
    Honest,
    Stake,
    State,
    Total,
    honest,
    slot,
    votor_classes,
)
from verifier.kernel import Bool, all_of, implies, violated

# The shortest runs are of stakes that vote together.
_AT_A_FIFTH = {
    "NoConflictingFinalization": 3,
    "NotarizationUnique": 2,
    "CertificateUniqueness": 2,
    "FastFinalExcludesSkip": 3,
    "FastFinalExcludesOtherNotarFallback": 3,
    "SlowFinalExcludesSkip": 3,
    "SlowFinalExcludesOtherNotarFallback": 3,
    "CertifiedHasHonestNotar": 2,
}
_ABOVE_HALF = {
    "NoConflictingFinalization": 0,
    "NotarizationUnique": 0,
    "CertificateUniqueness": 0,
    "FastFinalUnique": 2,
    "FastFinalExcludesOtherNotar": 1,
    "FastFinalExcludesOtherNotarFallback": 1,
    "FastFinalExcludesSkip": 1,
    "SlowFinalExcludesOtherNotarFallback": 0,
    "SlowFinalExcludesSkip": 0,
    "CertifiedHasHonestNotar": 0,
}


def _declare(name: str, holds: Callable[[Slot], Bool]) -> None:
    def stated(s: State) -> Bool:
        return holds(slot(s))

    stated.__name__, stated.__doc__ = name, holds.__doc__
    steps = {"fifth": _AT_A_FIFTH.get(name), "any-share": _ABOVE_HALF.get(name)}
    expected = {variant: violated(count) for variant, count in steps.items() if count is not None}
    votor_classes.invariant(expected=expected)(stated)


for _name, _holds in {**SAFETY, "CertificateUniqueness": certificate_uniqueness}.items():
    _declare(_name, _holds)


@votor_classes.lemma("stake is conserved")
def Conserved(s: State) -> Bool:
    return honest(s, lambda name: True) == Honest


def _every_block(claim: Callable[[int], Bool]) -> Bool:
    return all_of(*(claim(block) for block in BLOCKS))


@votor_classes.lemma("fallback votes for a block were safe to cast")
def FallbackJustified(s: State) -> Bool:
    def claim(block: int) -> Bool:
        cast_it = honest(s, lambda name: CAST.fallback(name, block))
        return implies(cast_it > 0, slot(s).safe_to_notar(block))

    return _every_block(claim)


@votor_classes.lemma("fallback votes to skip were safe to cast")
def SkipFallbackJustified(s: State) -> Bool:
    return implies(honest(s, CAST.skip_fallback) > 0, slot(s).safe_to_skip())


@votor_classes.lemma("final votes are of those that voted for a notarized block")
def FinalJustified(s: State) -> Bool:
    def claim(block: int) -> Bool:
        cast_it = honest(s, lambda name: CAST.final(name) and CAST.notar(name, block))
        return implies(cast_it > 0, slot(s).notar(block))

    return _every_block(claim)


@votor_classes.lemma("assumptions on the stakes, in every state", variants=["safe"])
def ByzantineBelowFifth(s: State) -> Bool:
    return 5 * Byzantine < Total


@votor_classes.lemma("assumptions on the stakes where Byzantine validators may have a fifth", variants=["safe", "fifth"])
def ByzantineAtMostFifth(s: State) -> Bool:
    return (5 * Byzantine <= Total) & (Total > 0)


@votor_classes.law()
def CertificatesFollowParents(both: Stake, parent: Stake, backed: Stake, backing: Stake, silent: Stake, f: Stake) -> Bool:
    """Where honest votes follow parents, certificates do: the parent of a notarized block is notarized, that of a certified one
    is certified (Lemma 28).

    Of the honest stake, `both` has voted for a block and its parent, `parent` for the parent alone; `backing` has cast a fallback
    vote for the block, for which the parent is certified, and `backed` one for the parent.
    """
    stake = {"both": both, "parent": parent, "backed": backed, "backing": backing, "silent": silent}

    def votes(notar: tuple[str, ...], fallback: str) -> Slot:
        def amount(which: Callable[[Any], Any]) -> Any:
            first, *others = (one for name, one in stake.items() if which(name))
            return sum(others, start=first)

        cast_by = Votes(
            notar=lambda name, block: cast(Bool, name in notar),
            skip=lambda name: cast(Bool, False),
            fallback=lambda name, block: cast(Bool, name == fallback),
            skip_fallback=lambda name: cast(Bool, False),
            final=lambda name: cast(Bool, False),
        )
        total = sum(stake.values(), start=f)
        return Slot(ListedBlocks((1,)), cast_by, amount, AllByzantine.once(f), total, SHARES)

    of_block, of_parent = votes(("both",), "backing"), votes(("both", "parent"), "backed")
    justified = implies(backing > 0, of_parent.certified(1))
    notarized = implies(of_block.notar(1), of_parent.notar(1))
    return implies(justified, notarized & implies(of_block.certified(1), of_parent.certified(1)))
