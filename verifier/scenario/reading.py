"""How a configuration is interpreted: who is Byzantine, which stakes vote, and the instances of models that they make."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import gcd

from verifier.documents.scenario import ScenarioConfig
from verifier.proof.strategy.requests import LARGEST_K

PUBLISHED = (Fraction(4, 5), Fraction(3, 5))
THRESHOLDS = ("guide", "published")
OFFLINE = ("silent", "may-crash")
BYZANTINE = ("first", "largest")

EACH_AT_MOST = 8  # honest validators that are modelled one by one; with more, those of one stake are counted
GROUPS = 12  # different stakes that the model of groups has room for
LEDGERS = 10  # validators that the model of single ones has room for
_SEARCHED = 4  # honest validators whose votes are searched step by step
LARGEST_WINDOW = 8  # slots of a window that the models of timeouts and leaders are asked about


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
    """The stakes of a configuration and the Byzantine part of them; `equal`: every validator has the same, and may vote.

    `settings` are the thresholds, where they are not the published ones.
    """

    each: tuple[int, ...]
    byzantine: int
    equal: bool
    settings: tuple[str, ...] = ()


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
        known = set(first)
        object.__setattr__(self, "order", tuple(first + [i for i in order if i not in known]))

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

    @cached_property
    def unit(self) -> int:
        """The largest stake that divides all stakes: counting in it changes no comparison."""
        return gcd(*self.config.stakes)

    def voters(self, *, silent: bool) -> list[int]:
        """The stakes of honest validators that may vote, in units; one without stake changes nothing."""
        out = {*self.traitors, *(self.absent if silent else ())}
        return [stake // self.unit for i, stake in enumerate(self.config.stakes) if i not in out and stake > 0]

    def _common(self, *, silent: bool) -> list[str]:
        return [
            f"F={self.stake_of(self.traitors) // self.unit}",
            f"Offline={self.stake_of(self.absent) // self.unit if silent else 0}",
            *self.needs(),
        ]

    def needs(self) -> list[str]:
        """The thresholds, as settings of a model."""
        fast, slow = self.shares
        lines = []
        for name, share in (("fast", fast), *((one, slow) for one in ("notar", "fallback", "skip", "final"))):
            lines += [f"{name}_1={share.numerator}", f"{name}_2={share.denominator}"]
        return lines

    def each(self, *, silent: bool) -> Model | None:
        """The instance in which every honest validator stands for itself; None if there are too many, or none."""
        voters = self.voters(silent=silent)
        if not 0 < len(voters) <= LEDGERS:
            return None
        stakes = [f"stake_{i}={voters[i - 1] if i <= len(voters) else 0}" for i in range(1, LEDGERS + 1)]
        return Model("votor-ledger", (f"Validators={len(voters)}", *stakes, *self._common(silent=silent)))

    def counted(self, *, silent: bool) -> Model | None:
        """The instance in which validators of one stake are counted; None if there are too many different stakes, or none."""
        groups = sorted(Counter(self.voters(silent=silent)).items())
        if not 0 < len(groups) <= GROUPS:
            return None
        lines = [f"Groups={len(groups)}", f"Most={max(n for _, n in groups)}"]
        for place in range(1, GROUPS + 1):
            stake, members = groups[place - 1] if place <= len(groups) else (0, 0)
            lines += [f"stake_{place}={stake}", f"members_{place}={members}"]
        return Model("votor-groups", (*lines, *self._common(silent=silent)))

    def by_steps(self, *, silent: bool) -> list[Decider]:
        """The instance in which validators vote step by step, whose states are searched; none if there are too many."""
        each = self.each(silent=silent)
        few = len(self.voters(silent=silent)) <= _SEARCHED
        return [Decider(Model("votor", each.settings), "explicit")] if each is not None and few else []

    def for_coalitions(self, *, silent: bool) -> Stakes:
        """The stakes whose smallest coalitions decide."""
        stakes = tuple(stake // self.unit for stake in self.config.stakes)
        equal = len(set(stakes)) == 1 and not (silent and self.absent)
        settings = () if self.shares == PUBLISHED else tuple(self.needs())
        return Stakes(stakes, self.stake_of(self.traitors) // self.unit, equal, settings)

    def warnings(self) -> list[str]:
        """The assumptions of the protocol that the configuration violates, and the parts of it that are not modelled."""
        share = Fraction(self.stake_of(self.traitors), self.total)
        fast, slow = self.shares
        window, depth = self.config.leader_window_size, self.config.exploration_depth
        found = {
            f"Byzantine validators have {_percent(share)} of the stake; the protocol assumes less than 20 %": 5 * share >= 1,
            f"the fast path needs {_percent(fast)} of the stake; the protocol requires 80 %": fast < Fraction(4, 5),
            f"the slow path needs {_percent(slow)} of the stake; the protocol requires 60 %": slow < Fraction(3, 5),
            "the fast path needs less stake than the slow one": fast < slow,
            "leader_window_size is 0, and is read as 1": window == 0,
            "max_rounds is 0, and is read as 1": self.config.max_rounds == 0,
            f"exploration_depth is {depth}; no unrolling is deeper than {LARGEST_K}": depth > LARGEST_K,
            f"leader_window_size is {window}; timeouts and leaders have windows of {LARGEST_WINDOW}": window > LARGEST_WINDOW,
        }
        return [text for text, holds in found.items() if holds]


def _percent(share: Fraction) -> str:
    return f"{float(100 * share):.4g} %"
