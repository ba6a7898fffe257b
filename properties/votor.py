"""Properties of Votor in one slot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verifier.encodings._votor import JUSTIFIED, SAFETY, Share, Slot, final_vote_exclusive, no_offence, one_initial_vote
from verifier.encodings._votor_given import Block, Validator
from verifier.encodings.votor import (
    GIVEN,
    FinalVoteDelivered,
    Kind,
    NotarFallbackDelivered,
    NotarVote,
    SkipFallbackDelivered,
    SkipVote,
    Stake,
    State,
    behind,
    can_form,
    delivered,
    notarization_seen,
    partial_synchrony,
    slot,
    votor,
)
from verifier.kernel import (
    Bool,
    Int,
    Option,
    Temporal,
    all_of,
    any_of,
    enabled,
    exists,
    forall,
    implies,
    leads_to,
    violated,
)

_BOTH = {
    "FinalVoteExclusive": 6,
    "NoHonestOffence": 6,
    "SlowFinalExcludesOtherNotarFallback": 7,
    "SlowFinalExcludesSkip": 7,
}
EXPECTED = {
    "fast60": {"FastFinalExcludesOtherNotarFallback": 5, "FastFinalExcludesSkip": 5},
    "slow50": {
        "NotarizationUnique": 4,
        "NoConflictingFinalization": 6,
        "SlowFinalExcludesOtherNotarFallback": 6,
        "SlowFinalExcludesSkip": 6,
    },
    "final50": {"SlowFinalExcludesOtherNotarFallback": 7, "SlowFinalExcludesSkip": 7},
    "byz20": {
        "NotarizationUnique": 4,
        "CertifiedHasHonestNotar": 4,
        "FastFinalExcludesOtherNotarFallback": 5,
        "FastFinalExcludesSkip": 5,
        "NoConflictingFinalization": 6,
        "SlowFinalExcludesOtherNotarFallback": 6,
        "SlowFinalExcludesSkip": 6,
    },
    "nodedupe": {"FastFinalExcludesSkip": 5, "SlowFinalExcludesOtherNotarFallback": 6, "SlowFinalExcludesSkip": 6},
    "ss30": {"FastFinalExcludesSkip": 5},
    "snhi30": {"FastFinalExcludesOtherNotarFallback": 5},
    "snlo0": {"CertifiedHasHonestNotar": 4},
    "final-after-fallback": _BOTH,
    "fallback-after-final": _BOTH,
    "double-vote": {
        "HonestInitialVoteUnique": 2,
        "NoHonestOffence": 2,
        "NotarizationUnique": 4,
        "FinalVoteExclusive": 4,
        "FastFinalExcludesOtherNotar": 5,
        "FastFinalExcludesOtherNotarFallback": 5,
        "FastFinalExcludesSkip": 5,
        "FastFinalUnique": 6,
        "NoConflictingFinalization": 6,
        "SlowFinalExcludesOtherNotarFallback": 6,
        "SlowFinalExcludesSkip": 6,
    },
    "equiv-off": {
        "CertifiedHasHonestNotar": 3,
        "FastFinalExcludesOtherNotarFallback": 4,
        "FastFinalExcludesSkip": 4,
        "SlowFinalExcludesOtherNotarFallback": 4,
        "SlowFinalExcludesSkip": 4,
    },
    "forged-cert": {"CertificateValidity": 1, "CertificateUniqueness": 2, "NoConflictingCertificates": 2},
    "live": {"SettledIsFinal": 4, "EventualProgress": 4},
    "no-safe-to-skip": {"SettledIsDecided": 4, "SettledIsFinal": 4, "SlotDecided": 4, "EventualProgress": 4},
    "no-safe-to-notar": {"SettledIsDecided": 3, "SettledIsFinal": 3, "SlotDecided": 3, "EventualProgress": 3},
    "split": {"SettledIsDecided": 3, "SettledIsFinal": 3, "SlotDecided": 3, "EventualProgress": 3},
    "no-fair-final": {"EventualProgress": 3},
}
"""The steps of the shortest violations, votes of honest validators that is; with one voice those of the Byzantine count too.

Where the network becomes stable, that is a step. A behaviour that violates progress stays in the last state.
"""


def _expected(name: str) -> dict[str, Any]:
    loop = 0 if name in ("SlotDecided", "EventualProgress") else None
    return {variant: violated(steps[name], loop=loop) for variant, steps in EXPECTED.items() if name in steps}


def _of_the_slot(name: str, holds: Callable[[Slot], Bool]) -> None:
    def stated(s: State) -> Bool:
        return holds(slot(s))

    stated.__doc__ = holds.__doc__
    votor.invariant(name=name, expected=_expected(name))(stated)


for _name, _holds in SAFETY.items():
    _of_the_slot(_name, _holds)


@votor.invariant(expected=_expected("HonestInitialVoteUnique"))
def HonestInitialVoteUnique(s: State) -> Bool:
    """An honest validator casts one initial vote (Lemma 20)."""
    return forall(Validator, lambda i: one_initial_vote(slot(s), i))


@votor.invariant(expected=_expected("FinalVoteExclusive"))
def FinalVoteExclusive(s: State) -> Bool:
    """An honest validator that has cast a final vote has cast no skip and no fallback vote (Lemma 22)."""
    return forall(Validator, lambda i: final_vote_exclusive(slot(s), i))


@votor.invariant(expected=_expected("NoHonestOffence"))
def NoHonestOffence(s: State) -> Bool:
    """No honest validator has signed two votes that prove it Byzantine."""
    return forall(Validator, lambda i: no_offence(slot(s), i))


def _of_each_vote(name: str) -> None:
    def stated(s: State) -> Bool:
        return forall(Validator, lambda i: JUSTIFIED[name](slot(s), i))

    votor.lemma(JUSTIFIED[name].__doc__ or "", name=name)(stated)


for _name in JUSTIFIED:
    _of_each_vote(_name)


def finalized_by_certificate(s: State, b: Block) -> Bool:
    """Certificates say that a block is finalized."""
    formed = s.certificate
    return formed[Kind.Fast][b].is_some | (s.finalCertificate.is_some & formed[Kind.Notar][b].is_some)


@votor.invariant(expected=_expected("CertificateValidity"))
def CertificateValidity(s: State) -> Bool:
    """The voters of a certificate have the stake that it needs."""
    reaches, needs = slot(s).reaches, GIVEN.thresholds

    def valid(formed: Option[Stake], share: Share) -> Bool:
        return implies(formed.is_some, reaches(formed.value, share))

    def of_blocks(kind: Kind, share: Share) -> Bool:
        return forall(Block, lambda b: valid(s.certificate[kind][b], share))

    return all_of(
        valid(s.skipCertificate, needs.skip),
        valid(s.finalCertificate, needs.final),
        of_blocks(Kind.Fast, needs.fast),
        of_blocks(Kind.Notar, needs.notar),
        of_blocks(Kind.NotarFallback, needs.fallback),
    )


@votor.invariant(expected=_expected("CertificateUniqueness"))
def CertificateUniqueness(s: State) -> Bool:
    """Notarization and fast-finalization certificates are for one block."""

    def one_block(left: Kind, right: Kind) -> Bool:
        formed = s.certificate
        return forall(Block, Block, lambda a, b: implies(formed[left][a].is_some & formed[right][b].is_some, a == b))

    return all_of(
        one_block(Kind.Notar, Kind.Notar), one_block(Kind.Fast, Kind.Fast), one_block(Kind.Notar, Kind.Fast)
    )


@votor.invariant(expected=_expected("NoConflictingCertificates"))
def NoConflictingCertificates(s: State) -> Bool:
    """No two blocks are finalized by certificates."""
    return forall(
        Block,
        Block,
        lambda a, b: implies(a != b, ~(finalized_by_certificate(s, a) & finalized_by_certificate(s, b))),
    )


@votor.lemma("votes are never retracted, and certificates count each voter once")
def CertificatesAreBacked(s: State) -> Bool:
    votes = slot(s)

    def backed(formed: Option[Stake], can_form: Bool, stake: Int) -> Bool:
        return implies(formed.is_some, can_form & (formed.value <= stake))

    return all_of(
        forall(Kind, Block, lambda kind, b: backed(s.certificate[kind][b], can_form(s, kind, b), behind(s, kind, b))),
        implies(s.skipCertificate.is_some, votes.skip()),
        implies(s.finalCertificate.is_some, votes.final()),
    )


def decided(s: State) -> Bool:
    """The slot has a skip certificate, or a block a certificate, that everyone has seen."""
    votes = delivered(s)
    seen = exists(Block, lambda b: votes.fallback(b) | notarization_seen(s, b))
    return votes.skip() | seen


def settled(s: State) -> Bool:
    """The network is stable, everyone has voted, and nothing that has to happen is left."""
    waiting = [NotarVote, SkipVote, NotarFallbackDelivered, SkipFallbackDelivered, FinalVoteDelivered]
    return s.stable & ~any_of(*(enabled(action) for action in waiting))


def leader_finalized(s: State) -> Bool:
    """Some block is finalized by votes of honest validators."""
    return exists(Block, lambda b: delivered(s).finalized(b))


@votor.liveness(under=partial_synchrony, expected=_expected("SlotDecided"))
def SlotDecided(s: State) -> Temporal:
    """Once the network is stable, the slot gets a certificate to build on or to skip it (Lemmas 37 to 39)."""
    return leads_to(s.stable, decided(s))


@votor.liveness(under=partial_synchrony, expected=_expected("EventualProgress"))
def EventualProgress(s: State) -> Temporal:
    """Once the network is stable, a block is finalized; with a correct leader (Theorem 2)."""
    return leads_to(s.stable, leader_finalized(s))


@votor.invariant(expected=_expected("SettledIsDecided"))
def SettledIsDecided(s: State) -> Bool:
    """Where nothing is left that has to happen, the slot is decided: SlotDecided as a question about states."""
    return implies(settled(s), decided(s))


@votor.invariant(expected=_expected("SettledIsFinal"))
def SettledIsFinal(s: State) -> Bool:
    """Where nothing is left that has to happen, a block is finalized: EventualProgress as a question about states."""
    return implies(settled(s), leader_finalized(s))


votor.finding(
    "At exactly 20 % Byzantine stake two blocks of one slot are finalized",
    "The bound is strict and by stake: four of the five published profiles, and any configuration by n/3 validators, are "
    "outside it. Of five equal validators two vote for each block and the Byzantine one for both; all four cast final votes.",
    command="verify explore votor:byz20",
)
votor.finding(
    "A fast path at 60 % does not finalize two blocks of a slot",
    "The violated property says that a finalized slot is not skipped; the chain breaks with it, one slot later.",
    command="verify explore votor:fast60",
)
votor.finding(
    "With the default thresholds of the JSON configuration, 2 % Byzantine stake finalize two blocks",
    "0.67 and 0.51: two halves of 49 % and an equivocating 2 % notarize a block each.",
    command="verify explore votor --set Validators=2 --set stake_1=49 --set stake_2=49 --set F=2 --set 'fast=[67,100]' "
    "--set 'notar=[51,100]' --set 'fallback=[51,100]' --set 'skip=[51,100]' --set 'final=[51,100]'",
)
votor.finding(
    "Whoever counts a voter once for each kind of vote loses finality at 10 %",
    "In sums of two kinds of votes a Byzantine validator then counts twice: a finalized slot is skipped.",
    command="verify explore votor:nodedupe --set Validators=3 --set stake_1=50 --set stake_2=20 --set stake_3=20 --set F=10",
)
votor.finding(
    "Rounded quorums",
    "With floor division three equal validators have a fast quorum of 2 and a slow one of 1, that of a third of the stake.",
    command="verify explore votor --set Validators=3 --set stake_1=1 --set stake_2=1 --set stake_3=1 --set F=0 "
    "--set 'notar=[1,3]' --set 'final=[1,3]' --set 'fast=[2,3]'",
)
votor.finding(
    "With two blocks in a slot, less than 80 % online stake can leave it undecided",
    "Half of it votes for each block; neither is safe to support, and skipping is not safe either.",
    command="verify prove votor:split --property SettledIsDecided",
)
