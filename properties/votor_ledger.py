"""Properties of every ledger of Votor that honest rules allow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verifier.encodings._votor import (
    JUSTIFIED,
    SAFETY,
    Slot,
    fallback_justified,
    final_justified,
    final_vote_exclusive,
    no_offence,
    one_initial_vote,
    skip_fallback_justified,
)
from verifier.encodings._votor_given import MEANINGS, SHARES, Block, Validator
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
    Set,
    all_of,
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


# A variant is checked when it is declared, so that what it varies comes first. What holds of any stakes does not vary.
_ANY = [*(f"{name}4" for name in SAFETY), "MaxThreeFallback"]
for _name, _doc in MEANINGS.items():
    votor_ledger.variant(_name, without=_ANY, settings=SHARES[_name], doc=_doc)
votor_ledger.variant(
    "any-order", without=_ANY, settings={"AnyOrder": 1}, doc="final and fallback votes do not exclude each other"
)
votor_ledger.variant("double-vote", without=_ANY, settings={"AnyVotes": 1}, doc="any number of initial votes")
