"""The rules of Votor in one slot, for any way of counting stake: certificates, guards of fallback votes, properties.

Byzantine stake helps every certificate and every guard, as a Byzantine validator may send any vote to anyone; so it is added,
once. Each test is `q * stake >= p * total`: nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from verifier.kernel import Bool, Int, Protocol, all_of, any_of, exists, forall, implies, ite, sum_of

Number: TypeAlias = Int | int
Share: TypeAlias = tuple[Number, Number]
"""A fraction of all stake: numerator and denominator."""


@dataclass(frozen=True)
class Thresholds:
    """The share of the stake that each certificate and each fallback vote needs; the published shares by default."""

    fast: Share = (4, 5)
    notar: Share = (3, 5)
    fallback: Share = (3, 5)
    skip: Share = (3, 5)
    final: Share = (3, 5)
    safe_high: Share = (2, 5)
    safe_sum: Share = (3, 5)
    safe_low: Share = (1, 5)
    safe_skip: Share = (2, 5)


PUBLISHED = Thresholds()

_MEANINGS = {
    "fast": "fast-finalization certificate",
    "notar": "notarization certificate",
    "fallback": "notar-fallback certificate",
    "skip": "skip certificate",
    "final": "finalization certificate",
    "safe_high": "SafeToNotar by notarization votes alone",
    "safe_sum": "SafeToNotar by notarization and skip votes",
    "safe_low": "SafeToNotar by notarization votes, beside skip votes",
    "safe_skip": "SafeToSkip",
}


def thresholds(p: Protocol, *, fixed: bool = False) -> Thresholds:
    """Declares the thresholds as parameters of a model, the published ones by default; `fixed`: they have values at any size."""

    def share(name: str, doc: str) -> Share:
        published: tuple[int, int] = getattr(PUBLISHED, name)
        numerator, denominator = p.parameter(name, list(published), f"{doc}: numerator and denominator", fixed=fixed)
        p.assume(f"{name}_is_a_share", (denominator > 0) & (numerator <= denominator))
        return numerator, denominator

    return Thresholds(**{name: share(name, doc) for name, doc in _MEANINGS.items()})


@dataclass(frozen=True)
class Blocks:
    """The blocks of a slot, as values of a sort."""

    sort: Any

    def every(self, of: Callable[[Any], Bool]) -> Bool:
        """Whether all blocks satisfy a formula."""
        return forall(self.sort, of)

    def some(self, of: Callable[[Any], Bool]) -> Bool:
        """Whether some block does."""
        return exists(self.sort, of)

    def every_two(self, of: Callable[[Any, Any], Bool]) -> Bool:
        """Whether any two different blocks satisfy a formula."""
        return forall(self.sort, self.sort, lambda a, b: implies(a != b, of(a, b)))

    def over_others(self, than: Any, of: Callable[[Any], Number]) -> Number:
        """The sum over all blocks but one."""
        return sum_of(self.sort, lambda a: ite(a != than, cast(Int, of(a)), 0))


class ListedBlocks(Blocks):
    """The blocks of a slot, as numbers in a list."""

    def every(self, of: Callable[[Any], Bool]) -> Bool:
        """Whether all blocks satisfy a formula."""
        return all_of(*(of(b) for b in self.sort))

    def some(self, of: Callable[[Any], Bool]) -> Bool:
        """Whether some block does."""
        return any_of(*(of(b) for b in self.sort))

    def every_two(self, of: Callable[[Any, Any], Bool]) -> Bool:
        """Whether any two different blocks satisfy a formula."""
        return all_of(*(of(a, b) for a in self.sort for b in self.sort if a != b))

    def over_others(self, than: Any, of: Callable[[Any], Number]) -> Number:
        """The sum over all blocks but one."""
        first, *more = (of(a) for a in self.sort if a != than)
        return sum(more, start=first)


@dataclass(frozen=True)
class Votes:
    """The votes that a validator has cast in one slot."""

    notar: Callable[[Any, Any], Bool]
    skip: Callable[[Any], Bool]
    fallback: Callable[[Any, Any], Bool]
    skip_fallback: Callable[[Any], Bool]
    final: Callable[[Any], Bool]


@dataclass(frozen=True)
class Byzantine:
    """How much stake of Byzantine validators can stand behind which sum, and behind the notarization of a block.

    `mixed` is the sum of votes of two kinds, `several` that over skip and all blocks but one: the same stake where each
    voter is counted once.
    """

    all: Number
    mixed: Number
    several: Number
    notar: Callable[[Any], Number]
    initial: Callable[[Any], Number]
    others: Callable[[Any], Number]

    @classmethod
    def once(cls, stake: Number) -> Byzantine:
        """Each of them votes for everything, and is counted once."""
        return cls(stake, stake, stake, lambda b: stake, lambda b: stake, lambda b: stake)


class Slot:
    """Consequences of the votes of one slot: `stake(condition)` is the stake of the honest validators that satisfy it."""

    def __init__(
        self,
        blocks: Blocks,
        votes: Votes,
        stake: Callable[[Callable[[Any], Bool]], Number],
        byzantine: Byzantine,
        total: Number,
        thresholds: Thresholds = PUBLISHED,
    ) -> None:
        self.blocks, self.votes, self.stake = blocks, votes, stake
        self.byzantine, self.total, self.needs = byzantine, total, thresholds

    def reaches(self, stake: Number, share: Share) -> Bool:
        """Whether a stake is at least a share of all stake."""
        return share[1] * stake >= share[0] * self.total  # type: ignore[return-value]

    # Stakes of honest validators.

    def notar_stake(self, b: Any) -> Number:
        """Stake that voted to notarize a block."""
        return self.stake(lambda i: self.votes.notar(i, b))

    def initial_stake(self, b: Any) -> Number:
        """Stake that voted to notarize a block, or to skip."""
        return self.stake(lambda i: self.votes.notar(i, b) | self.votes.skip(i))

    def other_stake(self, b: Any) -> Number:
        """Votes to skip and for other blocks, by stake: all of them but those for this block."""
        return self.stake(self.votes.skip) + self.blocks.over_others(b, self.notar_stake)

    def fallback_stake(self, b: Any) -> Number:
        """Stake behind a block, by notarization or fallback votes."""
        return self.stake(lambda i: self.votes.notar(i, b) | self.votes.fallback(i, b))

    def skip_stake(self) -> Number:
        """Stake for skipping, by skip or skip-fallback votes."""
        return self.stake(lambda i: self.votes.skip(i) | self.votes.skip_fallback(i))

    def final_stake(self) -> Number:
        """Stake of final votes."""
        return self.stake(self.votes.final)

    # Certificates that can be formed.

    def notar(self, b: Any) -> Bool:
        """A notarization certificate."""
        return self.reaches(self.notar_stake(b) + self.byzantine.notar(b), self.needs.notar)

    def fast(self, b: Any) -> Bool:
        """A fast-finalization certificate."""
        return self.reaches(self.notar_stake(b) + self.byzantine.notar(b), self.needs.fast)

    def fallback(self, b: Any) -> Bool:
        """A notar-fallback certificate."""
        return self.reaches(self.fallback_stake(b) + self.byzantine.mixed, self.needs.fallback)

    def skip(self) -> Bool:
        """A skip certificate."""
        return self.reaches(self.skip_stake() + self.byzantine.mixed, self.needs.skip)

    def final(self) -> Bool:
        """A finalization certificate, which names no block."""
        return self.reaches(self.final_stake() + self.byzantine.all, self.needs.final)

    def certified(self, b: Any) -> Bool:
        """A block has a notarization or notar-fallback certificate."""
        return self.notar(b) | self.fallback(b)

    def slow(self, b: Any) -> Bool:
        """A block is finalized by final votes."""
        return self.final() & self.notar(b)

    def finalized(self, b: Any) -> Bool:
        """A block is finalized, on either path."""
        return self.fast(b) | self.slow(b)

    # Guards.

    def safe_to_notar(self, b: Any) -> Bool:
        """No other block can have been finalized fast, and enough stake has voted for this one."""
        mine = self.notar_stake(b) + self.byzantine.notar(b)
        return self.reaches(mine, self.needs.safe_high) | (
            self.reaches(self.initial_stake(b) + self.byzantine.initial(b), self.needs.safe_sum)
            & self.reaches(mine, self.needs.safe_low)
        )

    def safe_to_skip(self) -> Bool:
        """No block can have been finalized fast."""
        return self.blocks.every(
            lambda b: self.reaches(self.other_stake(b) + self.byzantine.others(b), self.needs.safe_skip)
        )

    # Of one validator.

    def voted(self, i: Any) -> Bool:
        """A validator has cast its initial vote."""
        return self.votes.skip(i) | self.blocks.some(lambda b: self.votes.notar(i, b))

    def doubtful(self, i: Any) -> Bool:
        """A validator has cast a vote that excludes a final one."""
        fallback = self.blocks.some(lambda b: self.votes.fallback(i, b))
        return self.votes.skip(i) | self.votes.skip_fallback(i) | fallback

    def may_finalize(self, i: Any) -> Bool:
        """The block for which a validator voted is notarized."""
        return self.blocks.some(lambda b: self.votes.notar(i, b) & self.notar(b))


def no_conflicting_finalization(s: Slot) -> Bool:
    """No two blocks of a slot are finalized."""
    return s.blocks.every_two(lambda a, b: ~(s.finalized(a) & s.finalized(b)))


def notarization_unique(s: Slot) -> Bool:
    """At most one block of a slot is notarized (Lemma 24)."""
    return s.blocks.every_two(lambda a, b: ~(s.notar(a) & s.notar(b)))


def fast_final_unique(s: Slot) -> Bool:
    """At most one block of a slot is finalized fast."""
    return s.blocks.every_two(lambda a, b: ~(s.fast(a) & s.fast(b)))


def fast_final_excludes_other_notar(s: Slot) -> Bool:
    """Where a block is finalized fast, no other is notarized (Lemma 21 i)."""
    return s.blocks.every_two(lambda a, b: implies(s.fast(a), ~s.notar(b)))


def fast_final_excludes_other_fallback(s: Slot) -> Bool:
    """Where a block is finalized fast, no other has a notar-fallback certificate (Lemma 21 ii)."""
    return s.blocks.every_two(lambda a, b: implies(s.fast(a), ~s.fallback(b)))


def fast_final_excludes_skip(s: Slot) -> Bool:
    """Where a block is finalized fast, the slot is not skipped (Lemma 21 iii)."""
    return s.blocks.every(lambda b: implies(s.fast(b), ~s.skip()))


def slow_final_excludes_other_fallback(s: Slot) -> Bool:
    """Where a block is finalized by final votes, no other has a notar-fallback certificate (Lemma 26 ii)."""
    return s.blocks.every_two(lambda a, b: implies(s.slow(a), ~s.fallback(b)))


def slow_final_excludes_skip(s: Slot) -> Bool:
    """Where a block is finalized by final votes, the slot is not skipped (Lemma 26 iii)."""
    return s.blocks.every(lambda b: implies(s.slow(b), ~s.skip()))


def final_has_notar(s: Slot) -> Bool:
    """A finalization certificate needs a notarized block (Lemma 25)."""
    return implies(s.final(), s.blocks.some(s.notar))


def certified_has_honest_notar(s: Slot) -> Bool:
    """Some honest validator voted to notarize a block that has a certificate (Lemma 27)."""
    return s.blocks.every(lambda b: implies(s.certified(b), s.notar_stake(b) > 0))


def certificate_uniqueness(s: Slot) -> Bool:
    """Notarization and fast-finalization certificates of a slot are for one block."""
    return all_of(notarization_unique(s), fast_final_unique(s), fast_final_excludes_other_notar(s))


def one_initial_vote(s: Slot, i: Any) -> Bool:
    """A validator has voted to skip or for one block, not both, and for no two (Lemma 20)."""
    notar = s.votes.notar
    one = s.blocks.every_two(lambda a, b: ~(notar(i, a) & notar(i, b)))
    return one & s.blocks.every(lambda b: ~(notar(i, b) & s.votes.skip(i)))


def final_vote_exclusive(s: Slot, i: Any) -> Bool:
    """A validator that has cast a final vote has cast no doubtful one (Lemma 22)."""
    return ~(s.votes.final(i) & s.doubtful(i))


def no_offence(s: Slot, i: Any) -> Bool:
    """A validator has signed no two votes that prove it Byzantine."""
    return one_initial_vote(s, i) & final_vote_exclusive(s, i)


SAFETY: Mapping[str, Callable[[Slot], Bool]] = {
    "NoConflictingFinalization": no_conflicting_finalization,
    "NotarizationUnique": notarization_unique,
    "FastFinalUnique": fast_final_unique,
    "FastFinalExcludesOtherNotar": fast_final_excludes_other_notar,
    "FastFinalExcludesOtherNotarFallback": fast_final_excludes_other_fallback,
    "FastFinalExcludesSkip": fast_final_excludes_skip,
    "SlowFinalExcludesOtherNotarFallback": slow_final_excludes_other_fallback,
    "SlowFinalExcludesSkip": slow_final_excludes_skip,
    "FinalCertHasNotarCert": final_has_notar,
    "CertifiedHasHonestNotar": certified_has_honest_notar,
}
"""Safety properties of the votes of a slot taken together, by published name."""


def fallback_justified(s: Slot, i: Any) -> Bool:
    """a notar-fallback vote follows an initial vote for something else, and was safe"""
    votes = s.votes
    return s.blocks.every(lambda b: implies(
        votes.fallback(i, b), all_of(s.voted(i), ~votes.notar(i, b), s.safe_to_notar(b))
    ))  # fmt: skip


def skip_fallback_justified(s: Slot, i: Any) -> Bool:
    """a skip-fallback vote follows a vote for a block, and was safe"""
    return implies(s.votes.skip_fallback(i), all_of(s.voted(i), ~s.votes.skip(i), s.safe_to_skip()))


def final_justified(s: Slot, i: Any) -> Bool:
    """whoever casts a final vote has voted for a notarized block"""
    return implies(s.votes.final(i), s.may_finalize(i))


JUSTIFIED: Mapping[str, Callable[[Slot, Any], Bool]] = {
    "FallbackJustified": fallback_justified,
    "SkipFallbackJustified": skip_fallback_justified,
    "FinalJustified": final_justified,
}
"""The basis of each vote: guards stay true, as votes are never retracted. Together with the statements of `SAFETY` about one
validator these are inductive, and imply the rest.
"""
