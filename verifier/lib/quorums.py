"""Quorums by count and by weight: whether a set of members is more than a share of all.

Without `weight` each member counts for one. At unbounded scope, `Quorums[Node]` are quorums of any kind such that every two
intersect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from verifier.kernel.counting import sum_of
from verifier.kernel.errors import ModelError, here
from verifier.kernel.expressions import Bool, Expr, Int
from verifier.kernel.structures import Set

M = TypeVar("M", bound=Expr)
Weight = Callable[[M], Int | int] | None


def majority(members: Set[M], of: type[M], *, weight: Weight[M] = None) -> Bool:
    """Whether the members are more than half: `majority(s.votes, Node)`, or by weight with `weight=lambda n: s.stake[n]`."""
    return more_than(1, 2, members, of, weight=weight)


def more_than(part: int, whole: int, members: Set[M], of: type[M], *, weight: Weight[M] = None) -> Bool:
    """Whether the members are more than a share: `more_than(2, 3, s.votes, Node)`."""
    if not 0 < part < whole:
        raise ModelError(f"{part!r} of {whole!r} is not a share", hint="write more_than(2, 3, members, Node)", position=here())
    return whole * total(members, weight=weight) > part * total(of, weight=weight)


def all_but(few: Int | int, members: Set[M], of: type[M], *, weight: Weight[M] = None) -> Bool:
    """Whether at most a given number are missing: `all_but(faults, s.votes, Node)`."""
    return total(members, weight=weight) + few >= total(of, weight=weight)


def total(members: Set[M] | type[M], *, weight: Weight[M] = None) -> Int:
    """The number of members of a set or sort, or the sum of their weights."""
    if weight is not None:
        return sum_of(members, weight)
    return members.size() if isinstance(members, Set) else cast(Int, cast(Any, members).size)
