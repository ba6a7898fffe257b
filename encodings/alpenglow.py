"""Alpenglow from end to end in one slot: a leader's block goes through Rotor to validators that vote by Votor's rules.

Time is counted in Delta, from when a correct leader sends its block. Votes are heard by everybody a step of time after they were
cast, once the network is synchronous; Byzantine validators help every certificate. A timer that was started Delta before the
block was sent runs out later than `Timeout`.
"""

from __future__ import annotations

from verifier.encodings._votor import Blocks, Byzantine, Number, Slot, Votes
from verifier.encodings._votor_guards import may_fall_back, may_fall_back_to_skip, may_finalize, may_vote
from verifier.encodings.network import latest
from verifier.encodings.rotor import successful
from verifier.kernel import (
    Bool,
    Fn,
    Int,
    Ordered,
    Protocol,
    Range,
    Scalarset,
    Set,
    all_of,
    any_of,
    anything,
    budget,
    fn,
    forall,
    guard,
    implies,
    ite,
    sum_of,
    var,
    weak,
)

alpenglow = Protocol("alpenglow", "a block from its leader to its finalization", source="Alpenglow white paper v1.1")

STAKES = alpenglow.parameter("stake", [1, 1, 1, 1, 1], "the stake of each honest validator")
F = alpenglow.parameter("F", 1, "stake of Byzantine validators")
Offline = alpenglow.parameter("Offline", 0, "stake of validators that are silent")
MaxFallbacks = alpenglow.parameter("MaxFallbacks", 3, "notar-fallback votes of a validator")
CORRECT, TRAITOR, CRASHED = range(3)
Leader = alpenglow.parameter("Leader", CORRECT, "0: the leader is correct, 1: it is Byzantine, 2: it has crashed")
Relays = alpenglow.parameter("Relays", 2, "shreds of the block that have an honest relay")
Gamma = alpenglow.parameter("Gamma", 2, "shreds that decode the block")
GST = alpenglow.parameter("GST", 0, "time from which the network is synchronous")
Timeout = alpenglow.parameter("Timeout", 3, "the timeout of the slot, in Delta")
MaxStake = alpenglow.search_bound("MaxStake", 100, "largest stake")
Last = alpenglow.search_bound("Last", 5, "last time")

alpenglow.assume("ALeader", Leader <= CRASHED)


class Validator(Ordered, parameter="Validators", size=5, first=1):
    """An honest validator that is online."""


class Block(Scalarset, parameter="Blocks", size=1, prefix="b"):
    """A block of the slot; a correct leader makes one."""


class Stake(Range, low=0, high=MaxStake):
    """A stake."""


class Time(Range, low=0, high=Last):
    """A time, in Delta."""


@alpenglow.state
class State:
    stake: Fn[Validator, Stake] = var(anything, "stakes", rigid=True)
    now: Time = var(0, "the time")
    sent: Set[Block] = var(set(), "blocks that the leader has signed and sent")
    dec: Fn[Validator, Set[Block]] = var(set(), "blocks that each validator has decoded, or got by repair")
    notar: Fn[Validator, Set[Block]] = var(set(), "notarization votes")
    skip: Set[Validator] = var(set(), "skip votes")
    notarFallback: Fn[Validator, Set[Block]] = var(set(), "notar-fallback votes")
    skipFallback: Set[Validator] = var(set(), "skip-fallback votes")
    final: Set[Validator] = var(set(), "final votes")
    heardNotar: Fn[Validator, Set[Block]] = var(set(), "notarization votes that everybody has heard")
    heardSkip: Set[Validator] = var(set(), "skip votes that everybody has heard")
    heardFinal: Set[Validator] = var(set(), "final votes that everybody has heard")
    lost: Set[Validator] = var(set(), "validators whose votes so far are lost")


@alpenglow.axiom
def StakesAsListed(s: State) -> Bool:
    return forall(Validator, lambda i: all_of(*(
        implies(i == at, s.stake[i] == stake) for at, stake in enumerate(STAKES, 1)
    )))  # fmt: skip


def total(s: State) -> Int:
    """All stake."""
    return sum_of(Validator, lambda i: s.stake[i]) + F + Offline


def online(s: State) -> Int:
    """The stake of honest validators that are online."""
    return sum_of(Validator, lambda i: s.stake[i])


def counted(s: State, votes: Votes, byzantine: Number) -> Slot:
    """Votes, with the stake behind them."""
    return Slot(
        Blocks(Block),
        votes,
        lambda suits: sum_of(Validator, lambda i: ite(suits(i), s.stake[i], 0)),
        Byzantine.once(byzantine),
        total(s),
    )


def slot(s: State) -> Slot:
    """All votes, as Byzantine validators may help them."""
    return counted(s, Votes(
        notar=lambda i, b: s.notar[i].contains(b),
        skip=lambda i: s.skip.contains(i),
        fallback=lambda i, b: s.notarFallback[i].contains(b),
        skip_fallback=lambda i: s.skipFallback.contains(i),
        final=lambda i: s.final.contains(i),
    ), F)  # fmt: skip


def heard(s: State) -> Slot:
    """The votes of honest validators that everybody has heard."""
    return counted(s, Votes(
        notar=lambda i, b: s.heardNotar[i].contains(b),
        skip=lambda i: s.heardSkip.contains(i),
        fallback=lambda i, b: s.heardNotar[i].contains(b),
        skip_fallback=lambda i: s.heardSkip.contains(i),
        final=lambda i: s.heardFinal.contains(i),
    ), 0)  # fmt: skip


def disseminated(s: State) -> Bool:
    """Whether Rotor brings the leader's block to everybody."""
    return successful(Leader == CORRECT, Relays, Gamma)


@alpenglow.action
def SendBlock(s: State, b: Block) -> None:
    """The leader signs a block and sends its shreds: a correct one once, at once, a Byzantine one any."""
    guard("leader", any_of((Leader == CORRECT) & s.sent.is_empty() & (s.now == 0), Leader == TRAITOR))
    s.sent |= {b}


@alpenglow.action
def Deliver(s: State, i: Validator, b: Block) -> None:
    """A validator decodes a block from the shreds of honest relays."""
    guard("sent", s.sent.contains(b))
    guard("disseminated", disseminated(s))
    s.dec[i] |= {b}


@alpenglow.action
def Leak(s: State, i: Validator, b: Block) -> None:
    """Byzantine nodes see to it that a validator can decode a block."""
    guard("sent", s.sent.contains(b))
    guard("undisseminated", ~disseminated(s))
    s.dec[i] |= {b}


@alpenglow.action
def Repair(s: State, i: Validator, b: Block) -> None:
    """A validator that sees a certificate for a block gets it from others."""
    guard("sent", s.sent.contains(b))
    guard("certified", slot(s).certified(b))
    s.dec[i] |= {b}


@alpenglow.action
def NotarVote(s: State, i: Validator, b: Block) -> None:
    """A validator votes to notarize a block that it has."""
    may_vote(slot(s), i)
    guard("decoded", s.dec[i].contains(b))
    s.notar[i] |= {b}


@alpenglow.action
def SkipVote(s: State, i: Validator) -> None:
    """A validator's timer has run out, and it votes to skip."""
    may_vote(slot(s), i)
    guard("timeout", s.now >= Timeout)
    s.skip |= {i}


@alpenglow.action
def NotarFallbackVote(s: State, i: Validator, b: Block) -> None:
    """A validator supports a block for which it has not voted, once it has it."""
    may_fall_back(slot(s), i, b, s.notarFallback[i].size(), MaxFallbacks)
    guard("decoded", s.dec[i].contains(b))
    s.notarFallback[i] |= {b}


@alpenglow.action
def SkipFallbackVote(s: State, i: Validator) -> None:
    """A validator that voted for a block supports skipping."""
    may_fall_back_to_skip(slot(s), i)
    s.skipFallback |= {i}


@alpenglow.action
def FinalVote(s: State, i: Validator) -> None:
    """A validator whose block is notarized votes to finalize the slot."""
    may_finalize(slot(s), i, no_fallback=~s.skipFallback.contains(i) & s.notarFallback[i].is_empty())
    s.final |= {i}


@alpenglow.action
def Lose(s: State, i: Validator) -> None:
    """The votes that a validator has cast are lost."""
    guard("asynchrony", s.now < GST)
    guard("voted", slot(s).voted(i))
    s.lost |= {i}


@alpenglow.action
def Retransmit(s: State, i: Validator) -> None:
    """A validator that sees no progress sends its votes again."""
    guard("synchrony", s.now >= GST)
    s.lost -= {i}


@alpenglow.action
def Tick(s: State) -> None:
    """Time goes on, once what was due has happened; votes are heard."""
    budget("time", s.now < Last)
    votes = slot(s)
    guard("sent", implies(Leader == CORRECT, ~s.sent.is_empty()))
    guard("delivered", implies(
        disseminated(s) & (s.now >= latest(GST, 0, 2)), forall(Validator, Block, lambda i, b: implies(
            s.sent.contains(b), s.dec[i].contains(b)
        ))
    ))  # fmt: skip
    guard("voted", forall(Validator, lambda i: votes.voted(i) | (s.dec[i].is_empty() & (s.now < Timeout))))
    guard("finalizing", forall(Validator, lambda i: any_of(
        s.final.contains(i), votes.doubtful(i), ~heard(s).may_finalize(i)
    )))  # fmt: skip
    guard("retransmitted", (s.now < GST) | s.lost.is_empty())
    hears = s.now >= GST
    before, notar = s.heardNotar, s.notar
    s.heardNotar = fn(Validator, lambda i: ite(hears & ~s.lost.contains(i), notar[i], before[i]))
    s.heardSkip = ite(hears, (s.skip | s.skipFallback) - s.lost, s.heardSkip)
    s.heardFinal = ite(hears, s.final - s.lost, s.heardFinal)
    s.now += 1


alpenglow.fairness(
    weak(SendBlock),
    weak(Tick),
    forall(Validator, lambda i: weak(Deliver, i, ...)),
    forall(Validator, lambda i: weak(NotarVote, i, ...)),
    forall(Validator, lambda i: weak(SkipVote, i)),
    forall(Validator, lambda i: weak(FinalVote, i)),
    forall(Validator, lambda i: weak(Retransmit, i)),
)

LOSSES = ["Lose", "Retransmit"]
TIMES = ["Tick", "now", "heardNotar", "heardSkip", "heardFinal", "lost", *LOSSES]
SUMS = (
    "its guards add up stakes over validators and blocks, in which no solver follows the votes; see relaxed and timely"
)
alpenglow.variant("safe", without=["Leak", *LOSSES], bounded=SUMS, doc="a correct leader, and a synchronous network")
alpenglow.variant(
    "equivocating-leader",
    bounded=SUMS,
    without=["Deliver", *TIMES],
    drops=["SendBlock.leader", "SkipVote.timeout"],
    settings={"Leader": TRAITOR, "Validators": 3, "Blocks": 2, "stake": [27, 27, 27, 0, 0], "F": 19},
    doc="a Byzantine leader with two blocks, among four validators; whatever the times",
)
alpenglow.variant(
    "byz20",
    bounded=SUMS,
    without=["Deliver", *TIMES],
    drops=["SendBlock.leader", "SkipVote.timeout"],
    settings={"Leader": TRAITOR, "Validators": 3, "Blocks": 2, "stake": [40, 20, 20, 0, 0], "F": 20},
    doc="the same, where the Byzantine validator has exactly 20 %",
)
alpenglow.variant(
    "vote-without-block",
    bounded=SUMS,
    without=["Leak", *LOSSES],
    drops=["NotarVote.decoded"],
    settings={"Validators": 3, "stake": [2, 2, 1, 0, 0]},
    doc="a validator votes for a block that it does not have",
)
alpenglow.variant(
    "few-relays",
    bounded=SUMS,
    without=["Deliver", *LOSSES],
    settings={"Relays": 1, "Validators": 3, "stake": [2, 2, 1, 0, 0]},
    doc="fewer shreds have an honest relay than decode the block, so that Byzantine nodes choose who can decode it",
)
alpenglow.variant(
    "lossy",
    bounded=SUMS,
    without=["Leak", "Retransmit"],
    drops=["Tick.retransmitted"],
    settings={"GST": 1, "Timeout": 4, "Last": 6, "Validators": 3, "stake": [2, 2, 1, 0, 0]},
    doc="votes may be lost before the network is synchronous",
)
alpenglow.variant(
    "retransmit",
    bounded=SUMS,
    without=["Leak"],
    settings={"GST": 1, "Timeout": 4, "Last": 6, "Validators": 3, "stake": [2, 2, 1, 0, 0]},
    doc="votes that were lost are sent again",
)
alpenglow.variant(
    "relaxed",
    without=["Deliver", *TIMES],
    drops=[
        "SendBlock.leader",
        "SkipVote.timeout",
        "Repair.certified",
        "NotarFallbackVote.safe-to-notar",
        "SkipFallbackVote.safe-to-skip",
        "FinalVote.notarized",
    ],
    settings={"Leader": TRAITOR, "Validators": 2, "Blocks": 2, "stake": [41, 40, 0, 0, 0], "F": 19},
    doc="votes that need no certificate: whatever holds of it holds of the protocol, for any stakes",
)
for _action in ("SkipVote", "SkipFallbackVote", "NotarFallbackVote"):
    alpenglow.never_fires(
        _action, "everybody has the one block of a correct leader before any timer runs out, at these sizes"
    )
alpenglow.variant(
    "timely",
    without=["Leak"],
    drops=["Repair.certified", "NotarFallbackVote.safe-to-notar"],
    settings={"GST": 1, "Timeout": 4, "Last": 6, "Validators": 2, "Blocks": 2, "stake": [2, 2, 0, 0, 0]},
    doc="a correct leader, and fallback votes that need no certificate: the times of the protocol, for any stakes",
)
