"""Votor, one slot: stake-weighted voting and finalization (Alpenglow white paper v1.1, definitions 10 to 18).

The state is what honest validators have signed. A validator acts on the votes that have reached it, so that each guard, which
votes can only make true, is asked of all votes of honest validators and of the most helpful ones that Byzantine validators can
send. Delays, losses and reordering are steps that are not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from verifier.encodings._votor import Blocks, Byzantine, Number, Slot, Thresholds, Votes
from verifier.kernel import (
    Bool,
    Enumeration,
    Fn,
    Int,
    Option,
    Ordered,
    Protocol,
    Range,
    Scalarset,
    Set,
    guard,
    ite,
    labels,
    none,
    some,
    sum_of,
    table,
    var,
)

votor = Protocol("votor", "stake-weighted voting and finalization in one slot", source="Alpenglow white paper v1.1")

SEATS = 10
stake = votor.parameter("stake", [21, 20, 20, 20] + [0] * (SEATS - 4), "stakes of the honest validators")
F = votor.parameter("F", 19, "stake of each Byzantine validator")
Offline = votor.parameter("Offline", 0, "stake of validators that never vote")
MaxFallbacks = votor.parameter("MaxFallbacks", 3, "notar-fallback votes of a validator")


def _share(name: str, part: int, whole: int, doc: str) -> tuple[Int, Int]:
    numerator, denominator = votor.parameter(name, [part, whole], f"{doc}: numerator and denominator")
    votor.assume(f"{name}_is_a_share", (denominator > 0) & (numerator <= denominator))
    return numerator, denominator


thresholds = Thresholds(
    fast=_share("fast", 4, 5, "fast-finalization certificate"),
    notar=_share("notar", 3, 5, "notarization certificate"),
    fallback=_share("fallback", 3, 5, "notar-fallback certificate"),
    skip=_share("skip", 3, 5, "skip certificate"),
    final=_share("final", 3, 5, "finalization certificate"),
    safe_high=_share("safe_high", 2, 5, "SafeToNotar by notarization votes alone"),
    safe_sum=_share("safe_sum", 3, 5, "SafeToNotar by notarization and skip votes"),
    safe_low=_share("safe_low", 1, 5, "SafeToNotar by notarization votes, beside skip votes"),
    safe_skip=_share("safe_skip", 2, 5, "SafeToSkip"),
)
PerKind = votor.parameter("PerKind", 0, "1: a voter counts once for each kind of vote, not once")
OneVoice = votor.parameter("OneVoice", 0, "1: a Byzantine validator sends the same initial vote to everyone")
votor.assume("PerKindIsASwitch", PerKind <= 1)
votor.assume("OneVoiceIsASwitch", OneVoice <= 1)


class Validator(Ordered, parameter="Validators", size=4, first=1):
    """An honest validator."""


class Traitor(Scalarset, parameter="Traitors", size=1, prefix="t"):
    """A Byzantine validator."""


class Block(Scalarset, parameter="Blocks", size=2, prefix="b"):
    """A block of the slot."""


class Seat(Range, low=1, high=SEATS):
    """A place in the list of stakes."""


class Stake(Range, low=0, high=1_000_000_000):
    """A stake."""


class Kind(Enumeration):
    """What a certificate for a block says."""

    Fast, Notar, NotarFallback = labels(3)


votor.assume("SeatsSuffice", Validator.size <= SEATS)
for _number, _stake in enumerate(stake, start=1):
    votor.assume(f"Validator{_number}HasStake", (Validator.size < _number) | (_stake > 0))


@votor.state
class State:
    notar: Fn[Validator, Set[Block]] = var(set(), "notarization votes")
    skip: Set[Validator] = var(set(), "skip votes")
    notarFallback: Fn[Validator, Set[Block]] = var(set(), "notar-fallback votes")
    skipFallback: Set[Validator] = var(set(), "skip-fallback votes")
    final: Set[Validator] = var(set(), "final votes")
    saidNotar: Fn[Traitor, Option[Block]] = var(none, "with one voice: the block for which a Byzantine validator has voted")
    saidSkip: Set[Traitor] = var(set(), "with one voice: Byzantine validators that have voted to skip")
    certificate: Fn[Kind, Fn[Block, Option[Stake]]] = var(none, "certificates for a block, with the stake of their voters")
    skipCertificate: Option[Stake] = var(none, "the skip certificate, with the stake of its voters")
    finalCertificate: Option[Stake] = var(none, "the finalization certificate, with the stake of its voters")


def stake_of(i: Validator) -> Int:
    """The stake of an honest validator."""
    return cast(Int, table(Seat, stake)[cast(Seat, i)])


honest = sum_of(Validator, stake_of)
byzantine = F * Traitor.size
total = honest + byzantine + Offline


def stake_where(suits: Callable[[Validator], Bool]) -> Int:
    """The stake of the honest validators that satisfy a formula."""
    return sum_of(Validator, lambda i: ite(suits(i), stake_of(i), 0))


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
    return Slot(Blocks(Block), votes, stake_where, counted, total, thresholds)


def helpful(s: State) -> Byzantine:
    """All that Byzantine validators can do: with one voice, what their initial votes have left them."""

    def voiced(suits: Callable[[Traitor], Bool], otherwise: Number) -> Number:
        return ite(OneVoice == 1, sum_of(Traitor, lambda t: ite(suits(t), F, 0)), otherwise)

    def notar(b: Block) -> Number:
        return voiced(lambda t: s.saidNotar[t] == some(b), byzantine)

    def initial(b: Block) -> Number:
        both = byzantine + PerKind * byzantine
        return voiced(lambda t: (s.saidNotar[t] == some(b)) | s.saidSkip.contains(t), both)

    def others(b: Block) -> Number:
        several = byzantine + PerKind * byzantine * (Block.size - 1)
        return voiced(lambda t: s.saidSkip.contains(t) | (s.saidNotar[t].is_some & (s.saidNotar[t] != some(b))), several)

    mixed = byzantine + PerKind * byzantine
    return Byzantine(byzantine, mixed, mixed, notar, initial, others)


@votor.action
def NotarVote(s: State, i: Validator, b: Block) -> None:
    """A validator votes to notarize a block."""
    guard("not-voted", ~slot(s).voted(i))
    s.notar[i] |= {b}


@votor.action
def SkipVote(s: State, i: Validator) -> None:
    """A validator has waited too long, and votes to skip."""
    guard("not-voted", ~slot(s).voted(i))
    s.skip |= {i}


@votor.action
def NotarFallbackVote(s: State, i: Validator, b: Block) -> None:
    """A validator supports a block for which it has not voted (event SafeToNotar)."""
    guard("voted", slot(s).voted(i))
    guard("not-own", ~s.notar[i].contains(b))
    guard("not-final", ~s.final.contains(i))
    guard("once", ~s.notarFallback[i].contains(b))
    guard("few", s.notarFallback[i].size() < MaxFallbacks)
    guard("safe-to-notar", slot(s).safe_to_notar(b))
    s.notarFallback[i] |= {b}


@votor.action
def SkipFallbackVote(s: State, i: Validator) -> None:
    """A validator that voted for a block supports skipping (event SafeToSkip)."""
    guard("voted", slot(s).voted(i))
    guard("not-own", ~s.skip.contains(i))
    guard("not-final", ~s.final.contains(i))
    guard("once", ~s.skipFallback.contains(i))
    guard("safe-to-skip", slot(s).safe_to_skip())
    s.skipFallback |= {i}


@votor.action
def FinalVote(s: State, i: Validator) -> None:
    """A validator whose block is notarized, and that has cast no doubtful vote, votes to finalize the slot."""
    guard("once", ~s.final.contains(i))
    guard("not-skipped", ~s.skip.contains(i))
    guard("no-fallback", ~s.skipFallback.contains(i) & s.notarFallback[i].is_empty())
    guard("notarized", slot(s).may_finalize(i))
    s.final |= {i}


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
PLAIN = [*FORMING, *CERTIFICATES, "TraitorVotes", "TraitorSkips"]
votor.variant("safe", without=PLAIN, doc="votes alone: who can form a certificate has it")
votor.variant("fast60", without=PLAIN, settings={"fast_1": 3}, doc="60 % finalize fast")
votor.variant(
    "slow50",
    without=PLAIN,
    settings={f"{name}_{place}": place for name in ("notar", "fallback", "skip", "final") for place in (1, 2)},
    doc="half the stake makes each certificate but the fast one",
)
votor.variant("final50", without=PLAIN, settings={"final_1": 1, "final_2": 2}, doc="half the stake finalizes")
votor.variant(
    "fifth", without=PLAIN, settings={"stake_1": 20, "F": 20}, doc="five equal validators, one of them Byzantine: 20 %"
)
votor.variant("per-kind", without=PLAIN, settings={"PerKind": 1}, doc="a voter counts once for each kind of its votes")
votor.variant("skip30", without=PLAIN, settings={"safe_skip_1": 3, "safe_skip_2": 10}, doc="SafeToSkip at 30 %")
votor.variant("notar30", without=PLAIN, settings={"safe_high_1": 3, "safe_high_2": 10}, doc="SafeToNotar at 30 %")
votor.variant("any-notar", without=PLAIN, settings={"safe_low_1": 0}, doc="SafeToNotar asks for no stake behind the block")
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
    "one-voice",
    without=[*FORMING, *CERTIFICATES],
    settings={"OneVoice": 1, "stake_1": 20, "stake_2": 20, "stake_3": 20, "F": 40, "Validators": 3},
    doc="a Byzantine validator with 40 % of the stake cannot equivocate in its initial vote",
)
SMALL = {"Validators": 3, "stake_1": 39, "stake_2": 39, "stake_3": 4, "F": 18}
votor.variant(
    "certificates",
    without=["TraitorVotes", "TraitorSkips"],
    settings=SMALL,
    doc="certificates are formed, with the stake of their voters",
)
votor.variant(
    "forged",
    without=["TraitorVotes", "TraitorSkips"],
    drops=[f"{action}.stake" for action in FORMING],
    settings={"Validators": 1, "stake_1": 39, "F": 9},
    doc="certificates are formed without looking at the votes",
)
