"""Parameters of the models of Votor: stakes of honest and Byzantine validators, shares, switches; each may be set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from verifier.encodings._votor import Byzantine, Thresholds, thresholds
from verifier.kernel import Bool, Int, Ordered, Protocol, Range, Scalarset, ite, sum_of, table

SEATS = 10


class Validator(Ordered, parameter="Validators", size=4, first=1):
    """An honest validator."""


class Traitor(Scalarset, parameter="Traitors", size=1, prefix="t"):
    """A Byzantine validator."""


class Block(Scalarset, parameter="Blocks", size=2, prefix="b"):
    """A block of the slot."""


class Seat(Range, low=1, high=SEATS):
    """A place in the list of stakes."""


@dataclass(frozen=True)
class Setting:
    """The numbers that a protocol is given, for its sorts of honest validators and of blocks in a slot.

    `f` is the stake of each Byzantine validator, `byzantine` that of all of them. `per_kind`: 1 where a voter counts once for
    each kind of vote, 0 where it counts once.
    """

    validators: Any
    blocks: Any
    stake: list[Int]
    f: Int
    offline: Int
    most_fallbacks: Int
    thresholds: Thresholds
    per_kind: Int

    def stake_of(self, i: Any) -> Int:
        """The stake of an honest validator."""
        return cast(Int, table(Seat, self.stake)[cast(Seat, i)])

    def stake_where(self, suits: Callable[[Any], Bool]) -> Int:
        """The stake of the honest validators that satisfy a formula."""
        return sum_of(self.validators, lambda i: ite(suits(i), self.stake_of(i), 0))

    @property
    def byzantine(self) -> Int:
        """The stake of all Byzantine validators."""
        return self.f * Traitor.size

    @property
    def mixed(self) -> Int:
        """The stake that Byzantine validators add to a sum of votes of two kinds."""
        return self.byzantine + self.per_kind * self.byzantine

    @property
    def several(self) -> Int:
        """The stake that they add to the votes to skip and for all blocks but one."""
        return self.byzantine + self.per_kind * self.byzantine * cast(Int, self.blocks.size - 1)

    def helping(self) -> Byzantine:
        """All that Byzantine validators can do, who send anyone any vote."""
        once = Byzantine.once(self.byzantine)
        return replace(once, mixed=self.mixed, several=self.several, initial=lambda b: self.mixed, others=lambda b: self.several)

    @property
    def total(self) -> Int:
        """All stake."""
        return sum_of(self.validators, self.stake_of) + self.byzantine + self.offline


def given(
    p: Protocol, validators: Any = Validator, blocks: Any = Block, *, stakes: Sequence[int] = (21, 20, 20, 20)
) -> Setting:
    """Declares the parameters of a model of Votor: the published shares, and 19 for the stake of the Byzantine validator."""
    stake = p.parameter("stake", [*stakes, *[0] * (SEATS - len(stakes))], "stakes of the honest validators")
    f = p.parameter("F", 19, "stake of each Byzantine validator")
    offline = p.parameter("Offline", 0, "stake of validators that never vote")
    most = p.parameter("MaxFallbacks", 3, "notar-fallback votes of a validator")
    needs = thresholds(p)
    per_kind = p.parameter("PerKind", 0, "1: a voter counts once for each kind of vote, not once")
    p.assume("PerKindIsASwitch", per_kind <= 1)
    p.assume("SeatsSuffice", validators.size <= SEATS)
    for number, one in enumerate(stake, start=1):
        p.assume(f"Validator{number}HasStake", (validators.size < number) | (one > 0))
    return Setting(validators, blocks, stake, f, offline, most, needs, per_kind)


SHARES: dict[str, dict[str, int]] = {
    "fast60": {"fast_1": 3},
    "slow50": {f"{name}_{place}": place for name in ("notar", "fallback", "skip", "final") for place in (1, 2)},
    "final50": {"final_1": 1, "final_2": 2},
    "byz20": {"stake_1": 20, "F": 20},
    "nodedupe": {"PerKind": 1},
    "ss30": {"safe_skip_1": 3, "safe_skip_2": 10},
    "snhi30": {"safe_high_1": 3, "safe_high_2": 10},
    "snlo0": {"safe_low_1": 0},
}
"""The variants that are other numbers."""

MEANINGS = {
    "fast60": "60 % finalize fast",
    "slow50": "half the stake makes each certificate but the fast one",
    "final50": "half the stake finalizes",
    "byz20": "five equal validators, one of them Byzantine: 20 %",
    "nodedupe": "a voter counts once for each kind of its votes",
    "ss30": "SafeToSkip at 30 %",
    "snhi30": "SafeToNotar at 30 %",
    "snlo0": "SafeToNotar asks for no stake behind the block",
}
