"""Votor without steps, for validators in groups of equal stake: how many of each group have cast the same votes.

Validators of the same stake are interchangeable, so a ledger of one slot with two blocks is, up to their names, the number of
each group in each of the fifteen classes of `votor-classes`. As in `votor-ledger`, a ledger is reachable exactly if every vote
in it is justified by the others. Validators of one stake share their counters, so distinct stakes cost more than many validators.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, cast

from verifier.encodings._votor import Byzantine, ListedBlocks, Number, Slot, thresholds
from verifier.encodings.votor_classes import BLOCKS, CAST, NAMES, Class, label
from verifier.kernel import (
    Fn,
    Int,
    Ordered,
    Protocol,
    Range,
    sum_of,
    table,
)

SEATS = 12

votor_groups = Protocol(
    "votor-groups", "the votes of one slot that honest rules allow, for groups of equal stake", source="Alpenglow 1.1, section 2"
)

F = votor_groups.parameter("F", 1, "stake of Byzantine validators")
Offline = votor_groups.parameter("Offline", 0, "stake of validators that never vote")
Most = votor_groups.parameter("Most", 5, "the members of the largest group")
stakes = votor_groups.parameter("stake", [1, *[0] * (SEATS - 1)], "the stake of each member of a group")
members = votor_groups.parameter("members", [5, *[0] * (SEATS - 1)], "how many validators a group has")
SHARES = thresholds(votor_groups)


class Group(Ordered, parameter="Groups", size=1, first=1):
    """The honest validators of one stake."""


class Seat(Range, low=1, high=SEATS):
    """A place in the lists."""


class Count(Range, low=0, high=Most):
    """How many validators of a group have cast the same votes."""


votor_groups.assume("SeatsSuffice", Group.size <= SEATS)

Ledger: TypeAlias = Fn[Group, Fn[Class, Count]]
"""How many validators of each group have cast the same votes."""


def stake_of(g: Group) -> Int:
    """The stake of each validator of a group."""
    return cast(Int, table(Seat, stakes)[cast(Seat, g)])


def members_of(g: Group) -> Int:
    """How many validators a group has."""
    return cast(Int, table(Seat, members)[cast(Seat, g)])


def slot(cast_by: Ledger, aid: Number | None = None) -> Slot:
    """Consequences of the votes of a ledger, with the help of Byzantine stake; by default all of it."""

    def stake(which: Callable[[Any], Any]) -> Int:
        names = [name for name in NAMES if which(name)]
        return sum_of(Group, lambda g: stake_of(g) * cast(Int, sum(cast_by[g][label(name)] for name in names)))

    total = sum_of(Group, lambda g: stake_of(g) * members_of(g)) + F + Offline
    byzantine = Byzantine.once(F if aid is None else aid)
    return Slot(ListedBlocks(BLOCKS), CAST, cast(Any, stake), byzantine, total, SHARES)
