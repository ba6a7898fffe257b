"""Properties of every ledger of Votor that honest rules allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verifier.encodings._votor import (
    JUSTIFIED,
    SAFETY,
    Byzantine,
    ListedBlocks,
    Slot,
    fallback_justified,
    final_justified,
    final_vote_exclusive,
    no_offence,
    one_initial_vote,
    skip_fallback_justified,
)
from verifier.encodings._votor_given import MEANINGS, SHARES, Block, Validator
from verifier.encodings.votor_classes import BLOCKS, CAST, NAMES, with_fallback
from verifier.encodings.votor_ledger import (
    Amount,
    AnyOrder,
    AnyVotes,
    Member,
    slot,
    slot_of,
    votor_ledger,
)
from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Set,
    all_of,
    any_of,
    forall,
    implies,
    violated,
)

BROKEN = {
    "fast60": ["FastFinalExcludesOtherNotarFallback", "FastFinalExcludesSkip"],
    "slow50": [
        "NotarizationUnique",
        "NoConflictingFinalization",
        "SlowFinalExcludesOtherNotarFallback",
        "SlowFinalExcludesSkip",
    ],
    "final50": ["SlowFinalExcludesOtherNotarFallback", "SlowFinalExcludesSkip"],
    "byz20": [
        "NotarizationUnique",
        "CertifiedHasHonestNotar",
        "FastFinalExcludesOtherNotarFallback",
        "FastFinalExcludesSkip",
        "NoConflictingFinalization",
        "SlowFinalExcludesOtherNotarFallback",
        "SlowFinalExcludesSkip",
    ],
    "nodedupe": ["FastFinalExcludesSkip", "SlowFinalExcludesOtherNotarFallback", "SlowFinalExcludesSkip"],
    "ss30": ["FastFinalExcludesSkip"],
    "snhi30": ["FastFinalExcludesOtherNotarFallback"],
    "snlo0": ["CertifiedHasHonestNotar"],
    "any-order": [
        "FinalVoteExclusive",
        "NoHonestOffence",
        "SlowFinalExcludesOtherNotarFallback",
        "SlowFinalExcludesSkip",
    ],
    "double-vote": [
        "HonestInitialVoteUnique",
        "NoHonestOffence",
        "FinalVoteExclusive",
        *(name for name in SAFETY if name not in ("FinalCertHasNotarCert", "CertifiedHasHonestNotar")),
    ],
}


def _expected(name: str) -> dict[str, Any]:
    return {variant: violated(0) for variant, broken in BROKEN.items() if name in broken}


def allowed(s: Slot) -> Bool:
    """Every honest vote is justified: what each toggle weakens is what it leaves out of the model with steps."""

    def of(i: Any) -> Bool:
        finished = implies(s.votes.final(i), (AnyVotes == 1) | ~s.votes.skip(i))
        return all_of(
            (AnyVotes == 1) | one_initial_vote(s, i),
            (AnyOrder == 1) | (AnyVotes == 1) | final_vote_exclusive(s, i),
            finished,
            *(justified(s, i) for justified in JUSTIFIED.values()),
        )

    return forall(Validator, of)


def _law(name: str, holds: Callable[[Slot], Bool]) -> None:
    def stated(
        notar: Fn[Validator, Set[Block]],
        skip: Set[Validator],
        fallback: Fn[Validator, Set[Block]],
        skip_fallback: Set[Validator],
        final: Set[Validator],
    ) -> Bool:
        votes = slot(notar, skip, fallback, skip_fallback, final)
        return implies(allowed(votes), holds(votes))

    stated.__doc__, stated.__name__ = holds.__doc__, name
    votor_ledger.law(expected=_expected(name))(stated)


def _of_each(name: str, holds: Callable[[Slot, Any], Bool]) -> None:
    def of_all(s: Slot) -> Bool:
        return forall(Validator, lambda i: holds(s, i))

    of_all.__doc__ = holds.__doc__
    _law(name, of_all)


for _name, _holds in SAFETY.items():
    _law(_name, _holds)
_of_each("HonestInitialVoteUnique", one_initial_vote)
_of_each("FinalVoteExclusive", final_vote_exclusive)
_of_each("NoHonestOffence", no_offence)


RESTS_ON = {
    "NoConflictingFinalization": [final_justified],
    "NotarizationUnique": [],
    "FastFinalUnique": [],
    "FastFinalExcludesOtherNotar": [],
    "FastFinalExcludesOtherNotarFallback": [fallback_justified],
    "FastFinalExcludesSkip": [skip_fallback_justified],
    "SlowFinalExcludesOtherNotarFallback": [final_justified, final_vote_exclusive],
    "SlowFinalExcludesSkip": [final_justified, final_vote_exclusive],
    "FinalCertHasNotarCert": [final_justified],
    "CertifiedHasHonestNotar": [fallback_justified],
}
"""Which rules each property needs, where every validator casts at most one initial vote."""


def _law_of_any_stakes(name: str, holds: Callable[[Slot], Bool]) -> None:
    def stated(a: Member, b: Member, c: Member, d: Member, f: Amount) -> Bool:
        votes = slot_of([a, b, c, d], f)
        justified = [rests(votes, i) for rests in RESTS_ON[name] for i in (a, b, c, d)]
        return implies(all_of(5 * f < votes.total, *justified), holds(votes))

    stated.__doc__, stated.__name__ = f"{holds.__doc__} Four validators, any stakes, less than 20 % Byzantine.", f"{name}4"
    votor_ledger.law()(stated)


for _name, _holds in SAFETY.items():
    _law_of_any_stakes(_name, _holds)


@votor_ledger.law()
def MaxThreeFallback(a: Amount, b: Amount, c: Amount, d: Amount, skip: Amount, others: Amount) -> Bool:
    """In one pool, where every voter has one initial vote, at most three of four blocks satisfy SafeToNotar."""
    total = a + b + c + d + skip + others

    def safe(notar: Amount) -> Bool:
        split = (5 * (notar + skip) >= 3 * total) & (5 * notar >= total)
        return (5 * notar >= 2 * total) | split

    return implies(total > 0, ~all_of(safe(a), safe(b), safe(c), safe(d)))


class _Ledger:
    """The votes of one slot by the stake of each class of `votor-classes`, and what they lead to.

    Every vote is justified by the others, so the ledger is one that honest rules allow. Votes of honest validators have arrived;
    what Byzantine ones may add does not have to. The shares are the published ones.
    """

    def __init__(self, stake: dict[str, Any], f: Amount, offline: Amount) -> None:
        self.stake = {name: stake.get(name, Int(0)) for name in NAMES}
        self.online = sum(self.stake.values(), start=Int(0))
        self.total = self.online + f + offline
        self.votes, self.delivered = self._slot(f), self._slot(0)

    def _slot(self, aid: Any) -> Slot:
        def amount(which: Callable[[Any], Any]) -> Any:
            first, *others = (one for name, one in self.stake.items() if which(name))
            return sum(others, start=first)

        return Slot(ListedBlocks(BLOCKS), CAST, amount, Byzantine.once(aid), self.total)

    def some(self, which: Callable[[str], Any]) -> Bool:
        """Some validator has cast such votes."""
        return any_of(*(one > 0 for name, one in self.stake.items() if which(name)))

    def final(self, block: int) -> Bool:
        """Some final vote is cast for a block."""
        return self.some(lambda name: CAST.final(name) and CAST.notar(name, block))

    def supported(self, block: int) -> Bool:
        """Some fallback vote is cast for a block."""
        return self.some(lambda name: CAST.fallback(name, block))

    def seen(self, block: int) -> Bool:
        """Everybody knows that a block is notarized: by honest votes, or because a final vote was cast on it."""
        return self.delivered.notar(block) | self.final(block)

    @property
    def justified(self) -> Bool:
        """Fallback and final votes were allowed."""
        return all_of(
            implies(self.some(CAST.skip_fallback), self.votes.safe_to_skip()),
            *(implies(self.supported(b), self.votes.safe_to_notar(b)) for b in BLOCKS),
            *(implies(self.final(b), self.votes.notar(b)) for b in BLOCKS),
        )

    @property
    def settled(self) -> Bool:
        """Everybody online has voted, and no vote is left that has to be cast."""
        may_fall_back = [(with_fallback(letter), b) for letter, b in zip("AB", BLOCKS, strict=True)]
        return ~any_of(
            self.some("U".__eq__),
            self.some(with_fallback("K").__contains__) & self.delivered.safe_to_skip(),
            *(self.some(after.__contains__) & self.delivered.safe_to_notar(b) for after, b in may_fall_back),
            *(self.some(f"N{b}".__eq__) & self.seen(b) for b in BLOCKS),
        )


@votor_ledger.law()
def SettledIsDecided(
    n1: Amount,
    n1b: Amount,
    n1k: Amount,
    n1bk: Amount,
    n1f: Amount,
    n2: Amount,
    n2a: Amount,
    n2k: Amount,
    n2ak: Amount,
    n2f: Amount,
    skip: Amount,
    skip_a: Amount,
    skip_b: Amount,
    skip_ab: Amount,
    f: Amount,
    offline: Amount,
) -> Bool:
    """With 80 % online a slot with two blocks is decided for everyone, where no vote is left that has to be cast: a block has a
    certificate, or the slot is skipped (Lemmas 37 to 39). Any number of validators, any stakes.
    """
    voted = [n1, n1b, n1k, n1bk, n1f, n2, n2a, n2k, n2ak, n2f, skip, skip_a, skip_b, skip_ab]
    ledger = _Ledger(dict(zip(NAMES[1:], voted, strict=True)), f, offline)
    decided = ledger.delivered.skip() | any_of(*(ledger.delivered.fallback(b) | ledger.seen(b) for b in BLOCKS))
    premises = all_of(ledger.total > 0, 5 * ledger.online >= 4 * ledger.total, ledger.justified, ledger.settled)
    return implies(premises, decided)


@votor_ledger.law()
def CorrectLeaderIsFinal(n1: Amount, n1k: Amount, n1f: Amount, f: Amount, offline: Amount) -> Bool:
    """With 60 % online and less than 40 % Byzantine the only block of a correct leader, which came in time, is finalized where no
    vote is left that has to be cast (Theorem 2). Any number of validators, any stakes.
    """
    ledger = _Ledger({"N1": n1, "N1K": n1k, "N1F": n1f}, f, offline)
    few_byzantine, enough = 5 * f < 2 * ledger.total, 5 * ledger.online >= 3 * ledger.total
    return implies(all_of(few_byzantine, enough, ledger.justified, ledger.settled), ledger.delivered.finalized(1))


# A variant is checked when it is declared, so that what it varies comes first. What holds of any stakes does not vary.
_ANY = [*(f"{name}4" for name in SAFETY), "MaxThreeFallback", "SettledIsDecided", "CorrectLeaderIsFinal"]
for _name, _doc in MEANINGS.items():
    votor_ledger.variant(_name, without=_ANY, settings=SHARES[_name], doc=_doc)
votor_ledger.variant(
    "any-order", without=_ANY, settings={"AnyOrder": 1}, doc="final and fallback votes do not exclude each other"
)
votor_ledger.variant("double-vote", without=_ANY, settings={"AnyVotes": 1}, doc="any number of initial votes")
