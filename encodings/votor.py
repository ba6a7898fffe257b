"""Votor, one slot: stake-weighted voting and finalization (Alpenglow white paper v1.1, definitions 10 to 18).

The state holds the votes that honest validators have signed. A validator acts on the votes that have reached it. Votes can only
make a guard true, so each guard is evaluated on all votes of honest validators and the most helpful ones that Byzantine
validators can send. Delays, losses and reordering are steps that are not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from verifier.encodings._votor import Blocks, Byzantine, Number, Slot, Votes
from verifier.encodings._votor_given import MEANINGS, SHARES, Block, Traitor, Validator, given
from verifier.encodings._votor_guards import may_fall_back, may_fall_back_to_skip, may_finalize, may_vote
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    Option,
    Protocol,
    Range,
    Set,
    exists,
    forall,
    guard,
    ite,
    labels,
    none,
    some,
    steps,
    sum_of,
    var,
    weak,
)

votor = Protocol("votor", "stake-weighted voting and finalization in one slot", source="Alpenglow white paper v1.1")

GIVEN = given(votor)
OneVoice = votor.parameter("OneVoice", 0, "1: a Byzantine validator sends the same initial vote to everyone")
votor.assume("OneVoiceIsASwitch", OneVoice <= 1)
byzantine = GIVEN.byzantine


class Stake(Range, low=0, high=1_000_000_000):
    """A stake."""


class Kind(Enumeration):
    """The statement of a certificate for a block."""

    Fast, Notar, NotarFallback = labels(3)


@votor.state
class State:
    notar: Fn[Validator, Set[Block]] = var(set(), "notarization votes")
    skip: Set[Validator] = var(set(), "skip votes")
    notarFallback: Fn[Validator, Set[Block]] = var(set(), "notar-fallback votes")
    skipFallback: Set[Validator] = var(set(), "skip-fallback votes")
    final: Set[Validator] = var(set(), "final votes")
    saidNotar: Fn[Traitor, Option[Block]] = var(none, "with one voice: the block for which a Byzantine validator has voted")
    stable: Bool = var(False, "messages of honest validators arrive from now on")
    saidSkip: Set[Traitor] = var(set(), "with one voice: Byzantine validators that have voted to skip")
    certificate: Fn[Kind, Fn[Block, Option[Stake]]] = var(none, "certificates for a block, with the stake of their voters")
    skipCertificate: Option[Stake] = var(none, "the skip certificate, with the stake of its voters")
    finalCertificate: Option[Stake] = var(none, "the finalization certificate, with the stake of its voters")


def slot(s: State, aid: Byzantine | None = None) -> Slot:
    """The votes of a state, with the given help of Byzantine validators, by default all that there can be."""
    votes = Votes(
        notar=lambda i, b: s.notar[i].contains(b),
        skip=lambda i: s.skip.contains(i),
        fallback=lambda i, b: s.notarFallback[i].contains(b),
        skip_fallback=lambda i: s.skipFallback.contains(i),
        final=lambda i: s.final.contains(i),
    )
    counted = helpful(s) if aid is None else aid
    return Slot(Blocks(Block), votes, GIVEN.stake_where, counted, GIVEN.total, GIVEN.thresholds)


def helpful(s: State) -> Byzantine:
    """All that Byzantine validators can do: with one voice, what their initial votes have left them."""

    def voiced(suits: Callable[[Traitor], Bool], otherwise: Number) -> Number:
        return ite(OneVoice == 1, sum_of(Traitor, lambda t: ite(suits(t), GIVEN.f, 0)), otherwise)

    def notar(b: Block) -> Number:
        return voiced(lambda t: s.saidNotar[t] == some(b), byzantine)

    def initial(b: Block) -> Number:
        return voiced(lambda t: (s.saidNotar[t] == some(b)) | s.saidSkip.contains(t), GIVEN.mixed)

    def others(b: Block) -> Number:
        return voiced(
            lambda t: s.saidSkip.contains(t) | (s.saidNotar[t].is_some & (s.saidNotar[t] != some(b))), GIVEN.several
        )

    return Byzantine(byzantine, GIVEN.mixed, GIVEN.several, notar, initial, others)


@votor.action
def NotarVote(s: State, i: Validator, b: Block) -> None:
    """A validator votes to notarize a block."""
    may_vote(slot(s), i)
    s.notar[i] |= {b}


@votor.action
def SkipVote(s: State, i: Validator) -> None:
    """A validator has waited too long, and votes to skip."""
    may_vote(slot(s), i)
    s.skip |= {i}


@votor.action
def NotarFallbackVote(s: State, i: Validator, b: Block) -> None:
    """A validator supports a block for which it has not voted (event SafeToNotar)."""
    may_fall_back(slot(s), i, b, s.notarFallback[i].size(), GIVEN.most_fallbacks)
    s.notarFallback[i] |= {b}


@votor.action
def SkipFallbackVote(s: State, i: Validator) -> None:
    """A validator that voted for a block supports skipping (event SafeToSkip)."""
    may_fall_back_to_skip(slot(s), i)
    s.skipFallback |= {i}


@votor.action
def FinalVote(s: State, i: Validator) -> None:
    """A validator whose block is notarized, and that has cast no doubtful vote, votes to finalize the slot."""
    may_finalize(slot(s), i, no_fallback=~s.skipFallback.contains(i) & s.notarFallback[i].is_empty())
    s.final |= {i}


# What must happen once the network is stable: votes of honest validators and certificates that one of them has seen arrive,
# what Byzantine validators may add does not have to.


def delivered(s: State) -> Slot:
    """Consequences of the votes of honest validators alone."""
    return slot(s, Byzantine.once(0))


def notarization_seen(s: State, b: Block) -> Bool:
    """A notarization certificate is known to everyone: by honest votes, or because a final vote was cast on it."""
    return delivered(s).notar(b) | exists(Validator, lambda j: s.final.contains(j) & s.notar[j].contains(b))


@votor.action
def Stabilize(s: State) -> None:
    """The network becomes stable (GST)."""
    guard("before", ~s.stable)
    s.stable = Bool(True)


@votor.action
def NotarFallbackDelivered(s: State, i: Validator, b: Block) -> None:
    """A validator acts on SafeToNotar, as the votes that have arrived allow."""
    guard("stable", s.stable)
    may_fall_back(delivered(s), i, b, s.notarFallback[i].size(), GIVEN.most_fallbacks)
    s.notarFallback[i] |= {b}


@votor.action
def SkipFallbackDelivered(s: State, i: Validator) -> None:
    """A validator acts on SafeToSkip, as the votes that have arrived allow."""
    guard("stable", s.stable)
    may_fall_back_to_skip(delivered(s), i)
    s.skipFallback |= {i}


@votor.action
def FinalVoteDelivered(s: State, i: Validator) -> None:
    """A validator has seen its block notarized, and votes to finalize the slot."""
    guard("stable", s.stable)
    no_fallback = ~s.skipFallback.contains(i) & s.notarFallback[i].is_empty()
    seen = exists(Block, lambda b: s.notar[i].contains(b) & notarization_seen(s, b))
    may_finalize(delivered(s), i, no_fallback=no_fallback, notarized=seen)
    s.final |= {i}


partial_synchrony = votor.assume_fair(
    "partial-synchrony",
    weak(Stabilize),
    forall(Validator, lambda i: weak(steps(NotarVote, i, ...) | steps(SkipVote, i))),
    forall(Validator, Block, lambda i, b: weak(NotarFallbackDelivered, i, b)),
    forall(Validator, lambda i: weak(SkipFallbackDelivered, i)),
    forall(Validator, lambda i: weak(FinalVoteDelivered, i)),
)


def _speaks(s: State, t: Traitor) -> None:
    guard("one-voice", OneVoice == 1)
    guard("once", s.saidNotar[t].is_none & ~s.saidSkip.contains(t))


@votor.action
def TraitorVotes(s: State, t: Traitor, b: Block) -> None:
    """A Byzantine validator with one voice votes for a block."""
    _speaks(s, t)
    s.saidNotar[t] = some(b)


@votor.action
def TraitorSkips(s: State, t: Traitor) -> None:
    """A Byzantine validator with one voice votes to skip."""
    _speaks(s, t)
    s.saidSkip |= {t}


def behind(s: State, kind: Kind, b: Block) -> Int:
    """The stake of those who are counted in a certificate for a block, each once."""
    votes = slot(s)
    fallback = votes.fallback_stake(b) + byzantine
    return ite(kind == Kind.NotarFallback, fallback, votes.notar_stake(b) + votes.byzantine.notar(b))


def can_form(s: State, kind: Kind, b: Block) -> Bool:
    """Whether the votes for a certificate are there."""
    votes = slot(s)
    return ite(kind == Kind.Fast, votes.fast(b), ite(kind == Kind.Notar, votes.notar(b), votes.fallback(b)))


@votor.action
def FormCertificate(s: State, kind: Kind, b: Block) -> None:
    """Somebody aggregates the votes for a block."""
    guard("once", s.certificate[kind][b].is_none)
    guard("stake", can_form(s, kind, b))
    s.certificate[kind][b] = some(cast(Stake, behind(s, kind, b)))


@votor.action
def FormSkipCertificate(s: State) -> None:
    """Somebody aggregates the votes to skip."""
    guard("once", s.skipCertificate.is_none)
    guard("stake", slot(s).skip())
    s.skipCertificate = some(cast(Stake, slot(s).skip_stake() + byzantine))


@votor.action
def FormFinalCertificate(s: State) -> None:
    """Somebody aggregates the final votes."""
    guard("once", s.finalCertificate.is_none)
    guard("stake", slot(s).final())
    s.finalCertificate = some(cast(Stake, slot(s).final_stake() + byzantine))


FORMING = ["FormCertificate", "FormSkipCertificate", "FormFinalCertificate"]
CERTIFICATES = ["certificate", "skipCertificate", "finalCertificate"]
LIVE = ["stable", "Stabilize", "NotarFallbackDelivered", "SkipFallbackDelivered", "FinalVoteDelivered"]
TRAITORS = ["TraitorVotes", "TraitorSkips"]
PLAIN = [*FORMING, *CERTIFICATES, *TRAITORS, *LIVE]
votor.variant("safe", without=PLAIN, doc="votes alone: who can form a certificate has it")
for _name, _doc in MEANINGS.items():
    votor.variant(_name, without=PLAIN, settings=SHARES[_name], doc=_doc)
votor.variant(
    "final-after-fallback", without=PLAIN, drops=["FinalVote.no-fallback"], doc="a final vote may follow a fallback vote"
)
votor.variant(
    "fallback-after-final",
    without=PLAIN,
    drops=["NotarFallbackVote.not-final", "SkipFallbackVote.not-final"],
    doc="a fallback vote may follow a final vote",
)
votor.variant(
    "double-vote",
    without=PLAIN,
    drops=["NotarVote.not-voted", "SkipVote.not-voted"],
    doc="a validator casts any number of initial votes",
)
votor.variant(
    "equiv-off",
    without=[*FORMING, *CERTIFICATES, *LIVE],
    settings={"OneVoice": 1, "stake_1": 20, "stake_2": 20, "stake_3": 20, "F": 40, "Validators": 3},
    doc="a Byzantine validator with 40 % of the stake cannot equivocate in its initial vote",
)
SMALL = {"Validators": 3, "stake_1": 39, "stake_2": 39, "stake_3": 4, "F": 18}
votor.variant(
    "certificates",
    without=[*TRAITORS, *LIVE],
    settings=SMALL,
    doc="certificates are formed, with the stake of their voters",
)
votor.variant(
    "forged-cert",
    without=[*TRAITORS, *LIVE],
    drops=[f"{action}.stake" for action in FORMING],
    settings={"Validators": 1, "stake_1": 39, "F": 9},
    doc="certificates are formed without looking at the votes",
)

TIMELY = [*FORMING, *CERTIFICATES, *TRAITORS]
HALVES = {"Validators": 2, "stake_1": 31, "stake_2": 31, "F": 18, "Offline": 20}
votor.variant("live", without=TIMELY, settings=SMALL, doc="more than 80 % are online; the network becomes stable")
votor.variant(
    "no-safe-to-skip",
    without=[*TIMELY, "SkipFallbackVote", "SkipFallbackDelivered"],
    settings=SMALL,
    doc="live, and nobody acts on SafeToSkip",
)
votor.variant(
    "no-safe-to-notar",
    without=[*TIMELY, "NotarFallbackVote", "NotarFallbackDelivered"],
    settings={**SMALL, "Validators": 2, "stake_1": 45, "stake_2": 37},
    doc="live, and nobody acts on SafeToNotar",
)
votor.variant("split", without=TIMELY, settings=HALVES, doc="62 % are online, and half of them vote for each block")
votor.variant(
    "correct-leader",
    without=[*TIMELY, "SkipVote"],
    settings={**HALVES, "Blocks": 1},
    doc="62 % are online, and the leader's only block arrives before anyone waits too long",
)
votor.variant(
    "no-fair-final",
    without=[*TIMELY, "SkipVote"],
    drops=["partial-synchrony.FinalVoteDelivered"],
    settings={**HALVES, "Blocks": 1},
    doc="a correct leader, and no final vote has to be cast",
)
