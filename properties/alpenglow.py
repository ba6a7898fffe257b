"""Properties of Alpenglow from end to end."""

from __future__ import annotations

from collections.abc import Callable

from verifier.encodings._votor import SAFETY
from verifier.encodings.alpenglow import (
    CORRECT,
    CRASHED,
    GST,
    Block,
    Deliver,
    F,
    FinalVote,
    Leader,
    NotarVote,
    Retransmit,
    SendBlock,
    SkipVote,
    State,
    Tick,
    Timeout,
    Validator,
    alpenglow,
    disseminated,
    heard,
    online,
    slot,
    total,
)
from verifier.kernel import (
    Bool,
    Int,
    Ranks,
    Temporal,
    all_of,
    eventually,
    exists,
    forall,
    implies,
    ite,
    leads_to,
    maximum,
    ranks,
    set_of,
    sum_of,
    violated,
    weak,
    when,
)


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


_SKIPPED = (
    "for other stakes it is false: with 40 % Byzantine stake everybody may support skipping before the final vote"
)
_FEW = "for other stakes it is false: it takes 60 % of the stake, honest and online"


def enough(s: State, part: int) -> Bool:
    """Whether so many fifths of the stake are honest and online."""
    return 5 * online(s) >= part * total(s)


def orderly(s: State, part: int) -> Bool:
    """Whether the leader, the relays, the timeout and so many fifths of the stake are as they have to be."""
    return all_of(disseminated(s), GST == 0, Timeout >= 3, enough(s, part))


@alpenglow.invariant(short="Glow-3a")
def DecodedByTwoDelta(s: State) -> Bool:
    """Two Delta after the block was sent everybody has it."""
    return implies(orderly(s, 3) & (s.now > 2), exists(Block, lambda b: forall(
        Validator, lambda i: s.dec[i].contains(b)
    )))  # fmt: skip


@alpenglow.invariant(short="Glow-3b")
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


def prompt(s: State) -> Bool:
    """Whether the block of a correct leader is everywhere before any timer runs out."""
    return disseminated(s) & (Timeout >= GST + 3)


def few_byzantine(s: State) -> Bool:
    """Whether Byzantine validators have too little stake to make skipping safe by themselves."""
    return 2 * total(s) > 5 * F


def timely(s: State) -> Bool:
    """Whether the block of a correct leader has to be finalized."""
    return all_of(prompt(s), few_byzantine(s), enough(s, 3))


def some_finalized(s: State) -> Bool:
    """Everybody has heard the votes that finalize some block."""
    return exists(Block, lambda b: heard(s).finalized(b))


@alpenglow.invariant(short="Glow-3d", expected={"lossy": violated(13)})
def SlowWithFewByzantine(s: State) -> Bool:
    """The same as SlowByFourDelta, counted from the time of synchrony, if less than 40 % of the stake are Byzantine."""
    return implies(timely(s) & (s.now >= GST + 4), some_finalized(s))


@alpenglow.liveness("Glow-4a")
def FourDeltaPass(s: State) -> Temporal:
    """Where the block of a correct leader comes in time, four Delta pass; by then SlowWithFewByzantine has it finalized."""
    return leads_to(prompt(s), s.now >= GST + 4)


def silent(s: State, i: Validator) -> Bool:
    """Whether a validator has to send its votes again."""
    return (s.now >= GST) & s.lost.contains(i)


@alpenglow.ranking("Glow-4a")
def VotesAreLeft(s: State) -> Ranks:
    """The block is sent and decoded, votes are cast and sent again, final votes are cast; then a Delta less is left."""
    votes = slot(s)
    unsent = s.sent.is_empty()
    without = set_of(Validator, lambda i: s.dec[i].is_empty())
    unvoted = set_of(Validator, lambda i: ~votes.voted(i))
    unheard = set_of(Validator, lambda i: (s.now < GST) | s.lost.contains(i))

    def final_due(i: Validator) -> Bool:
        return all_of(heard(s).may_finalize(i), ~votes.doubtful(i), ~s.final.contains(i))

    return ranks(
        GST + 4 - s.now,
        ite(unsent, Int(1), Int(0)),
        without,
        unvoted,
        set_of(Validator, lambda i: ~s.final.contains(i) & ~votes.doubtful(i)),
        unheard,
        pending=prompt(s),
        helped_by=[
            when(weak(SendBlock), unsent),
            forall(Validator, lambda i: when(weak(Deliver, i, ...), ~unsent & without.contains(i))),
            forall(Validator, lambda i: when(weak(NotarVote, i, ...), ~without.contains(i) & unvoted.contains(i))),
            forall(Validator, lambda i: when(weak(FinalVote, i), final_due(i))),
            forall(Validator, lambda i: when(weak(Retransmit, i), silent(s, i))),
            when(weak(Tick), all_of(
                ~unsent,
                without.is_empty(),
                unvoted.is_empty(),
                forall(Validator, lambda i: ~final_due(i) & ~silent(s, i)),
            )),
        ],
    )  # fmt: skip


@alpenglow.liveness("Glow-5a")
def SkipWithQuorum(s: State) -> Temporal:
    """The slot of a crashed leader is skipped at last, if 60 % of the stake are honest and online."""
    return leads_to((Leader == CRASHED) & enough(s, 3), heard(s).skip())


@alpenglow.ranking("Glow-5a")
def SkipsAreLeft(s: State) -> Ranks:
    """Timers run out, skip votes are cast and sent again; then a Delta less is left."""

    def skip_due(i: Validator) -> Bool:
        return (s.now >= Timeout) & ~s.skip.contains(i)

    return ranks(
        maximum(GST, Timeout) + 1 - s.now,
        set_of(Validator, lambda i: ~s.skip.contains(i)),
        set_of(Validator, lambda i: (s.now < GST) | s.lost.contains(i)),
        pending=(Leader == CRASHED) & enough(s, 3),
        helped_by=[
            forall(Validator, lambda i: when(weak(SkipVote, i), skip_due(i))),
            forall(Validator, lambda i: when(weak(Retransmit, i), silent(s, i))),
            when(weak(Tick), forall(Validator, lambda i: ~skip_due(i) & ~silent(s, i))),
        ],
    )  # fmt: skip


@alpenglow.lemma("nobody has a block that the leader has not sent")
def DecodedWasSent(s: State) -> Bool:
    return forall(Validator, lambda i: s.dec[i] <= s.sent)


_TIMED = ["timely"]


@alpenglow.lemma("nobody votes for a block that the leader has not sent", variants=_TIMED)
def VotedWasSent(s: State) -> Bool:
    return forall(Validator, lambda i: s.notar[i] <= s.sent)


@alpenglow.lemma("a correct leader sends one block, before time goes on", variants=_TIMED)
def OneBlockIsSent(s: State) -> Bool:
    one = forall(Block, Block, lambda a, b: implies(s.sent.contains(a) & s.sent.contains(b), a == b))
    return implies(Leader == CORRECT, one & implies(s.now > 0, ~s.sent.is_empty()))


@alpenglow.lemma("votes were cast before they are heard", variants=_TIMED)
def HeardWasVoted(s: State) -> Bool:
    return forall(Validator, lambda i: s.heardNotar[i] <= s.notar[i])


@alpenglow.lemma(
    "two Delta after the network is synchronous everybody votes, and is heard a Delta later", variants=_TIMED
)
def EverybodyIsHeard(s: State) -> Bool:
    return implies(prompt(s) & (s.now > GST + 2), forall(Validator, lambda i: ~s.heardNotar[i].is_empty()))


@alpenglow.lemma("everybody is heard to vote for the block that was sent", variants=_TIMED)
def HeardForTheBlock(s: State) -> Bool:
    return implies(prompt(s) & (s.now > GST + 2), forall(Validator, Block, lambda i, b: implies(
        s.sent.contains(b), s.heardNotar[i].contains(b)
    )))  # fmt: skip


@alpenglow.lemma("so all stake that is online is heard to vote for it", variants=_TIMED)
def AllStakeVotes(s: State) -> Bool:
    return implies(prompt(s) & (s.now > GST + 2), forall(Block, lambda b: implies(
        s.sent.contains(b), heard(s).notar_stake(b) == online(s)
    )))  # fmt: skip


@alpenglow.lemma("where the block comes in time nobody votes to skip, or for another block", variants=_TIMED)
def NobodySkips(s: State) -> Bool:
    return implies(prompt(s), s.skip.is_empty() & forall(Validator, lambda i: s.notarFallback[i].is_empty()))


@alpenglow.lemma("and nobody supports skipping, as Byzantine stake alone does not make it safe", variants=_TIMED)
def NobodySupportsSkipping(s: State) -> Bool:
    return implies(prompt(s) & few_byzantine(s), s.skipFallback.is_empty())


@alpenglow.lemma("so all final votes are heard a Delta after the others", variants=_TIMED)
def FinalVotesAreHeard(s: State) -> Bool:
    return implies(timely(s) & (s.now > GST + 3), forall(Validator, lambda i: s.heardFinal.contains(i)))


@alpenglow.lemma("and all stake that is online is behind them", variants=_TIMED)
def AllStakeFinalizes(s: State) -> Bool:
    return implies(timely(s) & (s.now > GST + 3), heard(s).final_stake() == online(s))


@alpenglow.lemma("a crashed leader sends nothing, and once timers have run out all are heard to skip", variants=_TIMED)
def SkipsAreHeard(s: State) -> Bool:
    due = (s.now > GST) & (s.now > Timeout)
    skipped = forall(Validator, lambda i: s.heardSkip.contains(i))
    return implies(Leader == CRASHED, s.sent.is_empty() & implies(due, skipped))


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
