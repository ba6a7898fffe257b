"""What must hold of Votor, whatever the number of validators and their stakes."""

from __future__ import annotations

from verifier.encodings.votor_classes import (
    BLOCKS,
    FastFinal,
    Final,
    Notar,
    NotarFallbackCert,
    SafeToNotar,
    SafeToSkip,
    Skip,
    State,
    Total,
    fallback,
    final,
    honest,
    notarized,
    votor_classes,
)
from verifier.kernel import Bool, all_of, any_of, implies


def finalized(s: State, block: int) -> Bool:
    return FastFinal(s, block) | (Final(s) & Notar(s, block))


def excludes(s: State, *pairs: tuple[Bool, Bool]) -> Bool:
    return all_of(*(implies(one, ~other) for one, other in pairs))


@votor_classes.invariant()
def NoConflictingFinalization(s: State) -> Bool:
    """No two blocks of a slot are finalized."""
    return ~(finalized(s, 1) & finalized(s, 2))


@votor_classes.invariant()
def NotarizationUnique(s: State) -> Bool:
    """At most one block of a slot is notarized (Lemma 24)."""
    return ~(Notar(s, 1) & Notar(s, 2))


@votor_classes.invariant()
def FastFinalExcludesSkip(s: State) -> Bool:
    """A slot with a block that is finalized fast has no skip certificate (Lemma 21 iii)."""
    return excludes(s, *((FastFinal(s, block), Skip(s)) for block in BLOCKS))


@votor_classes.invariant()
def FastFinalExcludesOtherNotarFallback(s: State) -> Bool:
    """Where a block is finalized fast, no other has a notar-fallback certificate (Lemma 21 ii)."""
    return excludes(s, *((FastFinal(s, block), NotarFallbackCert(s, 3 - block)) for block in BLOCKS))


@votor_classes.invariant()
def FastFinalExcludesOtherNotar(s: State) -> Bool:
    """Where a block is finalized fast, no other is notarized (Lemma 21 i)."""
    return excludes(s, *((FastFinal(s, block), Notar(s, 3 - block)) for block in BLOCKS))


@votor_classes.invariant()
def FastFinalUnique(s: State) -> Bool:
    """At most one block of a slot is finalized fast."""
    return ~(FastFinal(s, 1) & FastFinal(s, 2))


@votor_classes.invariant()
def SlowFinalExcludesSkip(s: State) -> Bool:
    """A slot with a block that is finalized slowly has no skip certificate (Lemma 26 iii)."""
    return excludes(s, *((Final(s) & Notar(s, block), Skip(s)) for block in BLOCKS))


@votor_classes.invariant()
def SlowFinalExcludesOtherNotarFallback(s: State) -> Bool:
    """Where a block is finalized slowly, no other has a notar-fallback certificate (Lemma 26 ii)."""
    return excludes(s, *((Final(s) & Notar(s, block), NotarFallbackCert(s, 3 - block)) for block in BLOCKS))


@votor_classes.invariant()
def FinalCertHasNotarCert(s: State) -> Bool:
    """A slot with a final certificate has a notarized block (Lemma 25)."""
    return implies(Final(s), any_of(*(Notar(s, block) for block in BLOCKS)))


@votor_classes.invariant()
def CertifiedHasHonestNotar(s: State) -> Bool:
    """Some honest validator voted to notarize each certified block (Lemma 27)."""
    return all_of(
        *(implies(Notar(s, block) | NotarFallbackCert(s, block), honest(s, notarized(block)) > 0) for block in BLOCKS)
    )


@votor_classes.lemma("stake is conserved")
def Conserved(s: State) -> Bool:
    return honest(s, lambda name: True) + s.byzantine == Total


@votor_classes.lemma("fallback votes for a block were safe to cast")
def FallbackIsSafe(s: State) -> Bool:
    return all_of(*(implies(honest(s, fallback(block)) > 0, SafeToNotar(s, block)) for block in BLOCKS))


@votor_classes.lemma("fallback votes to skip were safe to cast")
def SkipFallbackIsSafe(s: State) -> Bool:
    return implies(honest(s, lambda name: "K" in name) > 0, SafeToSkip(s))


@votor_classes.lemma("final votes are of those that notarized")
def FinalIsNotarized(s: State) -> Bool:
    return all_of(
        *(implies(honest(s, lambda name, b=block: final(name) and notarized(b)(name)) > 0, Notar(s, block)) for block in BLOCKS)
    )


@votor_classes.lemma("the stake of Byzantine validators does not change")
def ByzantineBelowFifth(s: State) -> Bool:
    return 5 * s.byzantine < Total
