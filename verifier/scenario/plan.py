"""The questions of a scenario about a configuration, each about one property of one instance of a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import gcd

from verifier.documents.scenario import ScenarioConfig

PUBLISHED = (Fraction(4, 5), Fraction(3, 5))
THRESHOLDS = ("guide", "published")
OFFLINE = ("silent", "may-crash")
BYZANTINE = ("first", "largest")

_EACH_AT_MOST = 8  # honest validators that are modelled one by one; with more, those of one stake are counted
_SEARCHED = 4  # honest validators whose votes are searched step by step
_GROUPS = 12  # different stakes that the model of groups has room for
_LEDGERS = 10  # validators that the model of single ones has room for
_ROTOR_CODE = 4  # shreds of the published example

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
    "OneRoot",
    "LeaderSendsOnce",
)
GAPS = {
    "fifth": "NoConflictingFinalization",
    "fast60": "FastFinalExcludesSkip",
    "slow50": "NoConflictingFinalization",
    "final50": "SlowFinalExcludesSkip",
    "skip30": "FastFinalExcludesSkip",
    "notar30": "FastFinalExcludesOtherNotarFallback",
    "any-notar": "CertifiedHasHonestNotar",
    "double-vote": "NoConflictingFinalization",
}
"""Variants of the rules, a fifth of the stake among them, each with a property that it breaks."""


@dataclass(frozen=True)
class Model:
    """An instance of a protocol: its name with a variant, values of its parameters, and the scope."""

    protocol: str
    settings: tuple[str, ...] = ()
    scope: str = "published"

    def command(self, name: str, engine: str = "auto") -> str:
        """The command that shows the verdict on a property."""
        scope = [] if self.scope == "published" else ["--scope", self.scope]
        by = [] if engine == "auto" else ["--engine", engine]
        settings = (f"--set {one}" for one in self.settings)
        return " ".join(["verify", "prove", self.protocol, *settings, *scope, *by, "--property", name])


@dataclass(frozen=True)
class Decider:
    """An instance of another model in which the same property is decided, and how."""

    model: Model
    engine: str = "auto"


@dataclass(frozen=True)
class Stakes:
    """The stakes of a configuration and the Byzantine part of them; `equal`: every validator has the same, and may vote."""

    each: tuple[int, ...]
    byzantine: int
    equal: bool


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


@dataclass(frozen=True)
class Reading:
    """The interpretation of a configuration."""

    config: ScenarioConfig
    thresholds: str = "guide"
    offline: str = "silent"
    byzantine: str = "first"
    order: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        stakes = self.config.stakes
        order = range(len(stakes))
        by_stake = sorted(order, key=lambda i: (-stakes[i], i)) if self.byzantine == "largest" else order
        first = list(by_stake)[: self.config.byzantine_count]
        object.__setattr__(self, "order", tuple(first + [i for i in order if i not in first]))

    @property
    def traitors(self) -> tuple[int, ...]:
        """The Byzantine validators."""
        return self.order[: self.config.byzantine_count]

    @property
    def absent(self) -> tuple[int, ...]:
        """The offline validators: the next ones."""
        start = self.config.byzantine_count
        return self.order[start : start + self.config.offline_count]

    def stake_of(self, some: tuple[int, ...]) -> int:
        """The stake of some validators."""
        return sum(self.config.stakes[i] for i in some)

    @property
    def total(self) -> int:
        """All stake."""
        return sum(self.config.stakes)

    @property
    def shares(self) -> tuple[Fraction, Fraction]:
        """The thresholds of the fast path and of all other certificates."""
        return PUBLISHED if self.thresholds == "published" else (self.config.fast, self.config.slow)

    @property
    def unit(self) -> int:
        """The largest stake that divides all stakes: counting in it changes no comparison."""
        return gcd(*self.config.stakes)

    def voters(self, *, silent: bool) -> list[int]:
        """The stakes of honest validators that may vote, in units; one without stake changes nothing."""
        out = {*self.traitors, *(self.absent if silent else ())}
        return [stake // self.unit for i, stake in enumerate(self.config.stakes) if i not in out and stake > 0]

    def _common(self, *, silent: bool) -> list[str]:
        fast, slow = self.shares
        lines = [
            f"F={self.stake_of(self.traitors) // self.unit}",
            f"Offline={self.stake_of(self.absent) // self.unit if silent else 0}",
        ]
        for name, share in (("fast", fast), *((one, slow) for one in ("notar", "fallback", "skip", "final"))):
            lines += [f"{name}_1={share.numerator}", f"{name}_2={share.denominator}"]
        return lines

    def each(self, *, silent: bool) -> Model | None:
        """The instance in which every honest validator stands for itself; None if there are too many, or none."""
        voters = self.voters(silent=silent)
        if not 0 < len(voters) <= _LEDGERS:
            return None
        stakes = [f"stake_{i}={voters[i - 1] if i <= len(voters) else 0}" for i in range(1, _LEDGERS + 1)]
        return Model("votor-ledger", (f"Validators={len(voters)}", *stakes, *self._common(silent=silent)))

    def counted(self, *, silent: bool) -> Model | None:
        """The instance in which validators of one stake are counted; None if there are too many different stakes, or none."""
        groups = sorted(Counter(self.voters(silent=silent)).items())
        if not 0 < len(groups) <= _GROUPS:
            return None
        lines = [f"Groups={len(groups)}", f"Most={max(n for _, n in groups)}"]
        for place in range(1, _GROUPS + 1):
            stake, members = groups[place - 1] if place <= len(groups) else (0, 0)
            lines += [f"stake_{place}={stake}", f"members_{place}={members}"]
        return Model("votor-groups", (*lines, *self._common(silent=silent)))

    def by_steps(self, *, silent: bool) -> list[Decider]:
        """The instance in which validators vote step by step, whose states are searched; none if there are too many."""
        each = self.each(silent=silent)
        few = len(self.voters(silent=silent)) <= _SEARCHED
        return [Decider(Model("votor", each.settings), "explicit")] if each is not None and few else []

    def for_coalitions(self, *, silent: bool) -> Stakes | None:
        """The stakes whose smallest coalitions decide; None for other thresholds than the published ones."""
        if self.shares != PUBLISHED:
            return None
        stakes = tuple(stake // self.unit for stake in self.config.stakes)
        equal = len(set(stakes)) == 1 and not (silent and self.absent)
        return Stakes(stakes, self.stake_of(self.traitors) // self.unit, equal)

    def warnings(self) -> list[str]:
        """The assumptions of the protocol that the configuration violates, and the parts of it that are not modelled."""
        share = Fraction(self.stake_of(self.traitors), self.total)
        fast, slow = self.shares
        found = {
            f"Byzantine validators have {_percent(share)} of the stake; the protocol assumes less than 20 %": 5 * share >= 1,
            f"the fast path needs {_percent(fast)} of the stake; the protocol requires 80 %": fast < Fraction(4, 5),
            f"the slow path needs {_percent(slow)} of the stake; the protocol requires 60 %": slow < Fraction(3, 5),
            "the fast path needs less stake than the slow one": fast < slow,
            "adaptive_timeouts is false, but the timeouts that are modelled grow": not self.config.adaptive_timeouts,
            "vrf_enabled is false, but leaders are modelled as draws": not self.config.vrf_enabled,
        }
        return [text for text, holds in found.items() if holds]


def _percent(share: Fraction) -> str:
    return f"{float(100 * share):.4g} %"


def questions(scenario: str, reading: Reading) -> list[Question]:
    """The questions of a scenario.

    Raises:
        ValueError: no model has room for the configuration; the text says why.
    """
    found = list(_OF[scenario](reading))
    if reading.config.test_edge_cases and scenario == "safety_properties":
        found += _gaps()
    return found


def _voting(reading: Reading, names: tuple[str, ...], *, silent: bool, says: tuple[str, ...] = ()) -> list[Question]:
    each, counted = reading.each(silent=silent), reading.counted(silent=silent)
    few = len(reading.voters(silent=silent)) <= _EACH_AT_MOST
    models = [one for one in ((each, counted) if few else (counted, each)) if one is not None]
    if says:
        models = [counted] if counted is not None else []
    if not models:
        raise ValueError(
            f"the configuration has more than {_LEDGERS} voting validators and more than {_GROUPS} different stakes, "
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


def _chain() -> list[Question]:
    instance = "three slots and three blocks, given what holds in each slot and that votes follow parents (Lemma 28)"
    model = Model("votor-slots", ("Slots=3", "Blocks=3"))
    return [
        Question(name, model, name, instance, slots=3, rests_on=SAME_SLOT)
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
    silent = reading.offline == "silent"
    each = reading.each(silent=silent)
    if each is not None and len(reading.voters(silent=silent)) <= _EACH_AT_MOST:
        for name in HONEST:
            instance = "the configuration; two blocks in a slot"
            yield Question(name, each, name, instance, others=tuple(reading.by_steps(silent=silent)))
    yield from _chain()
    yield from _rotor(reading, ROTOR)


def _liveness(reading: Reading) -> Iterator[Question]:
    yield from _progress(reading)
    share = [line for line in reading._common(silent=True) if not line.startswith(("F=", "Offline="))]
    instance = "two honest validators with 81 % of the stake, three slots"
    yield Question("WindowProgress", Model("votor-chain", tuple(share)), "WindowProgress", instance, slots=3)
    if (reading.config.erasure_coding or (2, _ROTOR_CODE))[1] == _ROTOR_CODE:
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
    yield from _chain()[:1]
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


def _integration(reading: Reading) -> list[Question]:
    names = ("NotarRequiresBlock", "Availability", "NoConflictingFinalization", "FastFinalExcludesSkip")
    more = ("DecodedByTwoDelta", "FastByThreeDelta", "SlowByFourDelta", "EndToEndProgress")
    crashed = Question("SkipOnCrash", Model("alpenglow", ("Leader=2",)), "SkipOnCrash", "the same, and a leader that crashed")
    return [*_of_model("alpenglow", "six equal validators, one of them Byzantine, a correct leader", *names, *more), crashed]


def _economic(reading: Reading) -> list[Question]:
    names = ("StakeConservation", "NonNegative", "BalanceLedger", "SlashBounded", "NoHonestSlashed", "IssuanceBounded")
    return _of_model("economics", "two validators, one of them Byzantine", *names, "RewardMonotone", "SlotPaysIssuance")


def _leaders(reading: Reading) -> list[Question]:
    names = ("ScheduleAgreement", "UniqueLeader", "WindowConstant", "OnlyLeaderSigns", "WindowSize", "WindowsTile")
    instance = "two nodes, two windows, five slots"
    return _of_model("leader-schedule", instance, *names, "PickTotalUnique", "PickProportional")


def _timeouts(reading: Reading) -> list[Question]:
    names = ("TimeoutBounds", "MonotoneBetweenFinals", "StrictGrowth", "ResetOnFinal", "NoGrowthWithoutAlarm")
    more = ("ScheduleIncreasing", "NeverInPast", "TimeoutSufficient", "EventuallyLongEnough")
    return [replace(one, slots=None) for one in _of_model("timeouts", "the published constants", *names, *more)]


_OF = {
    "safety_properties": _safety,
    "liveness_properties": _liveness,
    "byzantine_resilience": _byzantine,
    "integration_tests": _integration,
    "economic_model": _economic,
    "vrf_leader_selection": _leaders,
    "adaptive_timeouts": _timeouts,
}
