"""The small models of the redis-rust suite, enumerated again in plain Python: states, levels and the first violations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

import pytest

from tests.protocols import test_durability

State = tuple[Any, ...]
Holds = Callable[[Any], bool]
EMPTY: frozenset[Any] = frozenset()


def subsets(items: Iterable[Any]) -> list[frozenset[Any]]:
    listed = sorted(items)
    return [frozenset(some) for size in range(len(listed) + 1) for some in combinations(listed, size)]


def enumerated(
    starts: Iterable[State], steps: Callable[[Any], Iterable[State]], holds: Mapping[str, Holds]
) -> tuple[int, int, dict[str, int]]:
    """How many states there are, the steps to the farthest, and in how many steps each formula first fails."""
    level, depth, failed = list(starts), 0, dict[str, int]()
    seen = set(level)
    while True:
        for name, formula in holds.items():
            if name not in failed and not all(map(formula, level)):
                failed[name] = depth
        following = {after for state in level for after in steps(state)} - seen
        if not following:
            return len(seen), depth, failed
        seen |= following
        level, depth = list(following), depth + 1


def failed_syncs(variant: str) -> tuple[int, int, dict[str, int]]:
    """A log of at most three entries: buffer, uncertain, synced, acknowledged, failed, read back, down, next number."""

    def steps(state: Any) -> Iterator[State]:
        buffer, unsure, synced, acked, failed, memory, down, number = state
        if down:
            for some in subsets(unsure | buffer):
                yield EMPTY, EMPTY, synced | some, acked, failed, synced | some, False, number
            return
        yield buffer, unsure, synced, acked, failed, memory, True, number
        if number <= 3:
            yield buffer | {number}, unsure, synced, acked, failed, memory, False, number + 1
        if buffer:
            yield EMPTY, EMPTY, synced | buffer | unsure, acked | buffer, failed, memory, False, number
            left = unsure if variant == "cuts-back" else unsure | buffer
            answered = failed if variant == "stops" else failed | buffer
            yield EMPTY, left, synced, acked, answered, memory, variant == "stops", number

    holds: dict[str, Holds] = {
        "FailedStaysAway": lambda s: not s[4] & s[5],
        "FailedIsNotDurable": lambda s: not s[4] & s[2],
        "AnsweredOnce": lambda s: not s[4] & s[3],
        "AcknowledgedDurable": lambda s: s[3] <= s[2],
        "RecoveredAppended": lambda s: all(entry < s[7] for entry in s[5]),
    }
    return enumerated([(EMPTY, EMPTY, EMPTY, EMPTY, EMPTY, EMPTY, False, 1)], steps, holds)


@pytest.mark.parametrize("variant", ["as-coded", "cuts-back", "stops"])
def test_failed_syncs(variant: str) -> None:
    [row] = [row for row in test_durability.DEEPER if (row.protocol, row.variant) == ("wal-failed-sync", variant)]
    assert failed_syncs(variant) == (row.distinct, row.diameter, row.violated)
