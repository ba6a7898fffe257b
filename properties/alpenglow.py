"""Properties of Alpenglow from end to end."""

from __future__ import annotations

from collections.abc import Callable

from verifier.encodings._votor import SAFETY
from verifier.encodings.alpenglow import (
    CRASHED,
    GST,
    Block,
    F,
    Leader,
    State,
    Timeout,
    Validator,
    alpenglow,
    disseminated,
    heard,
    online,
    slot,
    total,
)
from verifier.kernel import Bool, Int, Temporal, all_of, eventually, exists, forall, implies, ite, sum_of, violated


@alpenglow.invariant(short="Glow-1", expected={"vote-without-block": violated(1)})
def NotarRequiresBlock(s: State) -> Bool:
    """Whoever votes for a block has it, and the leader has signed it."""
    return forall(Validator, Block, lambda i, b: implies(
        s.notar[i].contains(b), s.dec[i].contains(b) & s.sent.contains(b)
    ))  # fmt: skip


@alpenglow.invariant(short="Glow-2", expected={"vote-without-block": violated(2)})
def Availability(s: State) -> Bool:
    """Honest validators that have a finalized block have 60 % of the stake, less the Byzantine: others can repair it."""
    votes = slot(s)

    def having(b: Block) -> Bool:
        return votes.reaches(sum_of(Validator, lambda i: ite(s.dec[i].contains(b), s.stake[i], 0)) + F, (3, 5))

    return forall(Block, lambda b: implies(votes.finalized(b), having(b)))


_BY_CLASSES = "for any number of validators votor-classes proves it"


_BROKEN = {
    "NoConflictingFinalization": {"byz20": violated(9)},
    "FastFinalExcludesSkip": {"byz20": violated(7), "relaxed": violated(6)},
}


def _inherited(name: str) -> None:
    def stated(s: State) -> Bool:
        return SAFETY[name](slot(s))

    stated.__doc__ = SAFETY[name].__doc__
    alpenglow.invariant(name=name, expected=_BROKEN[name], bounded=_BY_CLASSES)(stated)


for _name in ("NoConflictingFinalization", "FastFinalExcludesSkip"):
    _inherited(_name)


_IN_TIME = "it is about times, and the variant that is decided for any stakes has none"
_SKIPPED = "for other stakes it is false: with 40 % Byzantine stake everybody may support skipping before the final vote"
_FEW = "for other stakes it is false: it takes 60 % of the stake, honest and online"


def enough(s: State, part: int) -> Bool:
    """Whether so many fifths of the stake are honest and online."""
    return 5 * online(s) >= part * total(s)


def orderly(s: State, part: int) -> Bool:
    """Whether the leader, the relays, the timeout and so many fifths of the stake are as they have to be."""
    return all_of(disseminated(s), GST == 0, Timeout >= 3, enough(s, part))


@alpenglow.invariant(short="Glow-3a", bounded=_IN_TIME)
def DecodedByTwoDelta(s: State) -> Bool:
    """Two Delta after the block was sent everybody has it."""
    return implies(orderly(s, 3) & (s.now > 2), exists(Block, lambda b: forall(
        Validator, lambda i: s.dec[i].contains(b)
    )))  # fmt: skip


@alpenglow.invariant(short="Glow-3b", bounded=_IN_TIME)
def FastByThreeDelta(s: State) -> Bool:
    """Three Delta after the block was sent it is finalized fast, if 80 % of the stake are honest and online."""
    return implies(orderly(s, 4) & (s.now >= 3), exists(Block, lambda b: heard(s).fast(b)))


@alpenglow.invariant(short="Glow-3c", bounded=_SKIPPED)
def SlowByFourDelta(s: State) -> Bool:
    """Four Delta after the block was sent it is finalized, if 60 % of the stake are honest and online."""
    return implies(orderly(s, 3) & (s.now >= 4), exists(Block, lambda b: heard(s).finalized(b)))


@alpenglow.liveness(
    "Glow-4", expected={"lossy": violated(17, loop=0), "few-relays": violated(9, loop=0)}, bounded=_SKIPPED
)
def EndToEndProgress(s: State) -> Temporal:
    """The block is finalized at last, by votes of honest validators that everybody has heard."""
    return eventually(exists(Block, lambda b: heard(s).finalized(b)))


@alpenglow.liveness("Glow-5", bounded=_FEW)
def SkipOnCrash(s: State) -> Temporal:
    """The slot of a crashed leader is skipped at last."""
    return eventually((Leader != CRASHED) | heard(s).skip())


@alpenglow.lemma("nobody has a block that the leader has not sent")
def DecodedWasSent(s: State) -> Bool:
    return forall(Validator, lambda i: s.dec[i] <= s.sent)


@alpenglow.lemma("whoever voted for a block has it, and so no less stake has the block than voted for it")
def VotersHaveTheBlock(s: State) -> Bool:
    def stake(suits: Callable[[Validator], Bool]) -> Int:
        return sum_of(Validator, lambda i: ite(suits(i), s.stake[i], 0))

    return forall(Block, lambda b: (
        stake(lambda i: s.notar[i].contains(b)) <= stake(lambda i: s.dec[i].contains(b))
    ))  # fmt: skip


alpenglow.finding(
    "The block has to be sent Delta after the timer was started, and travels for two",
    "With a timeout of two Delta a validator skips in the same instant in which the block may arrive, and the slot need not be "
    "finalized under a correct leader; three suffice.",
    command="verify prove alpenglow --set Timeout=2 --property EndToEndProgress",
)
alpenglow.finding(
    "Too few honest relays cost progress alone",
    "Where fewer shreds have an honest relay than decode a block, Byzantine nodes choose who can decode it. The block need not "
    "be finalized, and whatever is certified stays safe.",
    command="verify prove alpenglow:few-relays --property EndToEndProgress --property FastFinalExcludesSkip",
)
alpenglow.finding(
    "A fifth of the stake breaks safety from end to end",
    "Four validators, one of them Byzantine with exactly 20 %, and a leader that signs two blocks: both are finalized.",
    command="verify explore alpenglow:byz20",
)
alpenglow.finding(
    "The guide's eventual_progress is not a progress property",
    "It requires that in a finished trace the last slot number is greater than the first. Timeouts advance that number, so a "
    "run that skips every slot satisfies it, and one that finalizes within a slot does not. EndToEndProgress states the "
    "intended property.",
    command="verify prove alpenglow --property EndToEndProgress",
)
