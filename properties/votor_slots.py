"""Properties of Votor for any number of slots."""

from __future__ import annotations

from verifier.encodings.votor_slots import (
    Block,
    SlotNumber,
    State,
    certified,
    finalized,
    follows,
    is_first,
    votor_slots,
)
from verifier.kernel import Bool, all_of, exists, forall, implies


@votor_slots.invariant()
def ChainConsistency(s: State) -> Bool:
    """Finalized blocks are on one chain (Theorem 1)."""
    return forall(Block, Block, lambda a, c: implies(
        finalized(s, a) & finalized(s, c) & (s.slot[a] <= s.slot[c]), s.ancestors[c].contains(a)
    ))  # fmt: skip


@votor_slots.invariant()
def FinalizedChainNotarized(s: State) -> Bool:
    """The parent of a finalized block of the same window is that of the slot before, and is notarized (Lemma 28)."""
    return forall(Block, lambda b: implies(
        finalized(s, b) & ~is_first(s, b), follows(s, b) & s.notar.contains(s.parent[b].value)
    ))  # fmt: skip


@votor_slots.lemma("a finalized block is alone in its slot, which is not skipped: the exclusions of one slot")
def FinalizedIsAlone(s: State) -> Bool:
    def alone(a: Block, b: Block) -> Bool:
        return implies(finalized(s, a) & certified(s, b) & (s.slot[a] == s.slot[b]), a == b)

    return all_of(
        forall(Block, Block, alone),
        forall(Block, lambda a: implies(finalized(s, a), s.notar.contains(a) & ~s.skipped.contains(s.slot[a]))),
    )


def lineage(s: State, c: Block, n: SlotNumber) -> Bool:
    """A slot is skipped, or a certified block of it is an ancestor."""
    ancestor = exists(Block, lambda d: s.ancestors[c].contains(d) & (s.slot[d] == n) & certified(s, d))
    return s.skipped.contains(n) | ancestor


@votor_slots.lemma("a vote in the first slot of a window rests on a certified parent, with all slots since skipped")
def VotesRestOnParents(s: State) -> Bool:
    return forall(Block, SlotNumber, lambda c, n: implies(
        s.voted.contains(c) & is_first(s, c) & (n < s.slot[c]), lineage(s, c, n)
    ))  # fmt: skip


@votor_slots.lemma("up to the slot of a certified block, each slot is skipped or has a certified ancestor of it")
def CertifiedHasLineage(s: State) -> Bool:
    return forall(Block, SlotNumber, lambda c, n: implies(certified(s, c) & (n <= s.slot[c]), lineage(s, c, n)))


@votor_slots.lemma("a notarized block that is not the first of its window follows a notarized one")
def NotarizedFollows(s: State) -> Bool:
    return forall(Block, lambda b: implies(
        s.notar.contains(b) & ~is_first(s, b), follows(s, b) & s.notar.contains(s.parent[b].value)
    ))  # fmt: skip


@votor_slots.lemma("a slot has at most one notarized block, and one if it has a finalization certificate")
def OneNotarized(s: State) -> Bool:
    def same(a: Block, b: Block) -> Bool:
        return implies(s.notar.contains(a) & s.notar.contains(b) & (s.slot[a] == s.slot[b]), a == b)

    def notarized(n: SlotNumber) -> Bool:
        return exists(Block, lambda b: (s.slot[b] == n) & s.notar.contains(b))

    return forall(Block, Block, same) & forall(SlotNumber, lambda n: implies(s.final.contains(n), notarized(n)))


@votor_slots.lemma("a finalized block is an ancestor of each notarized block of its slot and of later ones")
def FinalizedIsBelow(s: State) -> Bool:
    return forall(Block, Block, lambda a, c: implies(
        finalized(s, a) & s.notar.contains(c) & (s.slot[a] <= s.slot[c]), s.ancestors[c].contains(a)
    ))  # fmt: skip
