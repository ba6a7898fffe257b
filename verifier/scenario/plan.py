"""The questions of a scenario about a configuration, each about one property of one instance of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from verifier.scenario.reading import EACH_AT_MOST, GROUPS, LARGEST_WINDOW, LEDGERS, Decider, Model, Reading, Stakes

_LONGEST, _STANDSTILL, _SLOT = 8_000, 10_000, 400  # the published constants of timeouts, in ms
_DELAY = 1_000_000  # the largest network delay, in ms, that the model of timeouts is asked about
_SLOTS = 3  # slots up to which a chain is decided at its size
_ROTOR_CODE = 4  # shreds of the published example
_WINDOW = 4  # slots of the published window

SAME_SLOT = (
    "NoConflictingFinalization",
    "NotarizationUnique",
    "FastFinalUnique",
    "FastFinalExcludesOtherNotar",
    "FastFinalExcludesOtherNotarFallback",
    "FastFinalExcludesSkip",
    "SlowFinalExcludesOtherNotarFallback",
    "SlowFinalExcludesSkip",
    "FinalCertHasNotarCert",
    "CertifiedHasHonestNotar",
)
HONEST = ("HonestInitialVoteUnique", "FinalVoteExclusive", "NoHonestOffence")
ROTOR = (
    "ReconstructNeedsGamma",
    "NoPhantomBlock",
    "HonestLeaderAgreement",
    "MalformedNeverDecoded",
    "RelayNonEquivocation",
    "ShredKept",
    "OneRoot",
    "LeaderSendsOnce",
    "RotorNonEquivocation",
)
GAPS = {
    "byz20": "NoConflictingFinalization",
    "fast60": "FastFinalExcludesSkip",
    "slow50": "NoConflictingFinalization",
    "final50": "SlowFinalExcludesSkip",
    "ss30": "FastFinalExcludesSkip",
    "snhi30": "FastFinalExcludesOtherNotarFallback",
    "snlo0": "CertifiedHasHonestNotar",
    "double-vote": "NoConflictingFinalization",
}
"""Variants of the rules, a fifth of the stake among them, each with a property that it breaks."""


@dataclass(frozen=True)
class Question:
    """One property of an instance.

    `says` is the property of the model. `rests_on` are entries without which the verdict says nothing about the configuration.
    `others` decide the same property independently, and so does the smallest coalition of `stakes` that can violate it.
    """

    name: str
    model: Model
    says: str
    instance: str
    expected: str = "proved"
    slots: int | None = 1
    rests_on: tuple[str, ...] = ()
    others: tuple[Decider, ...] = ()
    stakes: Stakes | None = None


def questions(scenario: str, reading: Reading) -> list[Question]:
    """The questions of a scenario.

    Raises:
        ValueError: no model has room for the configuration; the text says why.
    """
    found = list(_OF[scenario](reading))
    if reading.config.test_edge_cases and scenario == "safety_properties":
        found += _gaps()
    return found


def instances(scenarios: Iterable[str], reading: Reading) -> list[Model]:
    """The instances that the questions of scenarios are about."""
    found: dict[Model, None] = {}
    for scenario in scenarios:
        with suppress(ValueError):
            found |= dict.fromkeys(question.model for question in questions(scenario, reading))
    return list(found)


def _voting(reading: Reading, names: tuple[str, ...], *, silent: bool, says: tuple[str, ...] = ()) -> list[Question]:
    each, counted = reading.each(silent=silent), reading.counted(silent=silent)
    few = len(reading.voters(silent=silent)) <= EACH_AT_MOST
    models = [one for one in ((each, counted) if few else (counted, each)) if one is not None]
    if says:
        models = [counted] if counted is not None else []
    if not models:
        raise ValueError(
            f"the configuration has more than {LEDGERS} voting validators and more than {GROUPS} different stakes, "
            "or no honest stake that votes, for which there is no model"
        )
    others = [Decider(model) for model in models[1:]]
    stakes = None
    if not says:
        others += reading.by_steps(silent=silent)
        stakes = reading.for_coalitions(silent=silent)
    instance = "the configuration; two blocks in a slot"
    return [
        Question(name, models[0], what, instance, others=tuple(others), stakes=stakes)
        for name, what in zip(names, says or names, strict=True)
    ]


def _same_slot(reading: Reading) -> list[Question]:
    return _voting(reading, SAME_SLOT, silent=reading.offline == "silent")


def _chain(reading: Reading) -> list[Question]:
    rounds = max(1, reading.config.max_rounds)
    if rounds <= _SLOTS:
        model = Model("votor-slots", (f"Slots={rounds}", f"Blocks={_SLOTS}"))
        size = f"{rounds} slot{'s' * (rounds > 1)} and three blocks"
    else:
        model = Model("votor-slots", (), "unbounded")
        size = f"any number of slots and blocks; the configuration has {rounds} slots"
    instance = f"{size}, given what holds in each slot and that votes follow parents (Lemma 28)"
    return [
        Question(name, model, name, instance, slots=rounds, rests_on=SAME_SLOT)
        for name in ("ChainConsistency", "FinalizedChainNotarized")
    ]


def _rotor(reading: Reading, names: tuple[str, ...]) -> list[Question]:
    k, n = reading.config.erasure_coding or (2, _ROTOR_CODE)
    if n != _ROTOR_CODE:
        return [Question(name, Model("rotor", (), "unbounded"), name, "any nodes, shreds and code") for name in names]
    instance = f"four nodes, one of them Byzantine, and a code of {k} in {n} shreds"
    return [Question(name, Model("rotor", (f"Gamma={k}",)), name, instance) for name in names]


def _safety(reading: Reading) -> Iterator[Question]:
    yield from _same_slot(reading)
    yield from _of_each(reading)
    yield from _of_model("votor:certificates", "three honest validators with 82 % of the stake", "CertificateValidity")
    yield from _chain(reading)
    yield from _rotor(reading, ROTOR)
    yield from _of_model("rotor-block", "one node, two slots of two slices", "BlockNeedsAllSlices", "NoCrossSlot")
    yield from _any("votor-ledger", "four blocks in a slot, any stakes", "MaxThreeFallback")
    yield from _any("rotor-sampling", "any stake, rate and capacity", "BandwidthSuffices")


def _of_each(reading: Reading) -> Iterator[Question]:
    """The votes of a single validator: of the configuration, if it has few of them."""
    silent = reading.offline == "silent"
    each = reading.each(silent=silent)
    few = each is not None and len(reading.voters(silent=silent)) <= EACH_AT_MOST
    settings = each.settings if each is not None and few else ()
    example = "five validators, one of them Byzantine with 19 % of the stake"
    instance = "the configuration; two blocks in a slot" if few else example
    others = tuple(reading.by_steps(silent=silent)) if few else ()
    for name in HONEST:
        yield Question(name, Model("votor-ledger", settings), name, instance, others=others)


def _liveness(reading: Reading) -> Iterator[Question]:
    yield from _progress(reading)
    share = reading.needs()
    window = min(2, max(1, reading.config.leader_window_size))
    instance = f"two honest validators with 81 % of the stake, three slots, windows of {window}"
    model = Model("votor-chain", (*share, f"Window={window}"))
    yield Question("WindowProgress", model, "WindowProgress", instance, slots=_SLOTS)
    yield from _rotor(reading, ("EventualDelivery",))
    yield from _network("EventualDeliveryInTime")


def _progress(reading: Reading) -> list[Question]:
    """Progress with offline and Byzantine validators that never vote, whichever way offline is read."""
    return _voting(
        reading, ("SlotDecided", "EventualProgress"), silent=True, says=("SettledIsDecided", "CorrectLeaderIsFinal")
    )


def _network(*names: str) -> list[Question]:
    instance = "three messages of three nodes, synchrony from time 3"
    return [Question(name, Model("network"), name, instance, slots=None) for name in names]


def _byzantine(reading: Reading) -> Iterator[Question]:
    yield from _same_slot(reading)
    yield from _chain(reading)[:1]
    yield from _progress(reading)
    if reading.config.network_partitions:
        yield from _network("PartitionIsolation", "DueIsDeliverable", "EventualDeliveryInTime")
    yield from _gaps()


def _gaps() -> list[Question]:
    instance = "five validators, one of them Byzantine, and one rule that is weaker"
    return [
        Question(f"{variant}/{name}", Model(f"votor-ledger:{variant}"), name, instance, expected="violated")
        for variant, name in GAPS.items()
    ]


def _of_model(protocol: str, instance: str, *names: str) -> list[Question]:
    return [Question(name, Model(protocol), name, instance) for name in names]


def _any(protocol: str, instance: str, name: str) -> list[Question]:
    return [Question(name, Model(protocol, (), "unbounded"), name, instance)]


def _integration(reading: Reading) -> list[Question]:
    names = ("NotarRequiresBlock", "Availability", "FastFinalExcludesSkip")
    more = ("DecodedByTwoDelta", "FastByThreeDelta", "SlowByFourDelta", "EndToEndProgress")
    crashed = Question("SkipOnCrash", Model("alpenglow", ("Leader=2",)), "SkipOnCrash", "the same, and a leader that crashed")
    asked = _of_model("alpenglow", "six equal validators, one of them Byzantine, a correct leader", *names, *more)
    # With the one block of a correct leader nothing conflicts.
    two = "four validators, one of them Byzantine with 19 % of the stake, and a Byzantine leader that sends two blocks"
    conflict = _of_model("alpenglow:equivocating-leader", two, "NoConflictingFinalization")
    return [*asked, crashed, *conflict, *_stress(reading, "alpenglow:relaxed", "Availability")]


def _economic(reading: Reading) -> list[Question]:
    names = ("StakeConservation", "NonNegative", "BalanceLedger", "SlashBounded", "NoHonestSlashed", "IssuanceBounded")
    asked = _of_model("economics", "two validators, one of them Byzantine", *names, "RewardMonotone", "SlotPaysIssuance")
    return [*asked, *_stress(reading, "economics", "StakeConservation")]


def _stress(reading: Reading, protocol: str, name: str) -> list[Question]:
    """The property under stress: for any number of validators, and any stakes."""
    model = Model(protocol, (), "unbounded")
    question = Question(f"stress/{name}", model, name, "any number of validators, any stakes and amounts")
    return [question] if reading.config.stress_test else []


def _leaders(reading: Reading) -> list[Question]:
    window = min(LARGEST_WINDOW, max(1, reading.config.leader_window_size))
    instance = f"two nodes, a window of {window} slot{'s' * (window > 1)} and the first slot of the next one"
    model = Model("leader-schedule", () if window == _WINDOW else (f"Win={window}", f"Slots={window + 1}"))

    def of_windows(*names: str) -> list[Question]:
        return [Question(name, model, name, instance) for name in names]

    windows = of_windows("WindowSize", "WindowsTile")
    if not reading.config.vrf_enabled:
        return [*windows, *_of_model("leader-schedule", "three validators, two windows", "RoundRobinTakesTurns")]
    names = ("ScheduleAgreement", "UniqueLeader", "WindowConstant", "OnlyLeaderSigns")
    return [*of_windows(*names), *windows, *_of_model(
        "leader-schedule", "three validators of any stakes up to 2", "PickTotalUnique", "PickProportional"
    )]  # fmt: skip


def _timeouts(reading: Reading) -> list[Question]:
    names = ("TimeoutBounds", "MonotoneBetweenFinals", "StrictGrowth", "ResetOnFinal", "NoGrowthWithoutAlarm")
    more = ("ScheduleIncreasing", "NeverInPast", "TimeoutSufficient", "EventuallyLongEnough")
    config = reading.config
    delta, window = max(1, config.network_delay), min(LARGEST_WINDOW, max(1, config.leader_window_size))
    if delta > _DELAY:
        raise ValueError(f"network_delay is above {_DELAY:,} ms, for which there is no model of timeouts")
    first = 3 * delta
    last = max(_LONGEST, first) if config.adaptive_timeouts else first
    idle = _STANDSTILL + (_windows(first, last) + 2) * window * _SLOT
    sizes = {"Delta": delta, "T0": first, "Tcap": last, "Delay": last // 3, "Win": window, "MaxIdle": idle}
    kind = "timeouts that grow" if config.adaptive_timeouts else "constant timeouts"
    instance = f"{kind}, from {first:,} ms up to {last:,}, windows of {window} slots"
    model = Model("timeouts", tuple(f"{name}={size}" for name, size in sizes.items()))
    return [Question(name, model, name, instance, slots=None) for name in (*names, *more)]


def _windows(first: int, last: int) -> int:
    """The windows without finalization in which a timeout grows from the first to the last one, by a twentieth each."""
    count = 0
    while first < last:
        first, count = min(last, (21 * first + 19) // 20), count + 1
    return count


_OF = {
    "safety_properties": _safety,
    "liveness_properties": _liveness,
    "byzantine_resilience": _byzantine,
    "integration_tests": _integration,
    "economic_model": _economic,
    "vrf_leader_selection": _leaders,
    "adaptive_timeouts": _timeouts,
}
