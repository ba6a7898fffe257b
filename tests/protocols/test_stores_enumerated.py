"""The small models of the redis-rust suite, enumerated again in plain Python: states, levels and the first violations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

import pytest

from tests.protocols import test_durability, test_gossip

State = tuple[Any, ...]
Holds = Callable[[Any], bool]
EMPTY: frozenset[Any] = frozenset()


def subsets(items: Iterable[Any]) -> list[frozenset[Any]]:
    listed = sorted(items)
    return [frozenset(some) for size in range(len(listed) + 1) for some in combinations(listed, size)]


def enumerated(
    starts: Iterable[State], steps: Callable[[Any], Iterable[State]], holds: Mapping[str, Holds]
) -> tuple[int, int, dict[str, int]]:
    """How many states there are, on how many levels, and in how many steps each formula first fails."""
    level, depth, failed = list(starts), 0, dict[str, int]()
    seen = set(level)
    while True:
        for name, formula in holds.items():
            if name not in failed and not all(map(formula, level)):
                failed[name] = depth
        following = {after for state in level for after in steps(state)} - seen
        if not following:
            return len(seen), depth + 1, failed
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


def compactions(variant: str, pushes: int = 2, ids: int = 3) -> tuple[int, int, dict[str, int]]:
    """A flush is (phase, batch, identifier, copy), a compaction (phase, identifier, copy, chosen); the store is a map as pairs.

    A state: buffer, flush, compaction, store, manifest, identifiers issued, deltas pushed, lost in crashes, down.
    """
    own, compared = variant in ("own-ids", "repaired"), variant in ("compared", "repaired")
    idle: tuple[State, State] = (("idle", EMPTY, 0, EMPTY), ("idle", 0, EMPTY, EMPTY))

    def written(store: frozenset[Any], i: int, content: frozenset[Any]) -> frozenset[Any]:
        return frozenset(pair for pair in store if pair[0] != i) | {(i, n) for n in content}

    def steps(state: Any) -> Iterator[State]:
        buffer, flush, merging, store, manifest, issued, pushed, lost, down = state
        if down:
            yield buffer, flush, merging, store, manifest, issued, pushed, lost, False
            return
        fresh = issued + 1 if own else max(manifest, default=0) + 1
        later = max(issued, fresh)
        if pushed < pushes:
            yield buffer | {pushed + 1}, flush, merging, store, manifest, issued, pushed + 1, lost, False
        phase, batch, i, copy = flush
        if phase == "idle":
            if buffer and fresh <= ids:
                taken = ("taken", buffer, fresh, manifest)
                yield EMPTY, taken, merging, store, manifest, later, pushed, lost, False
        else:
            yield buffer | batch, idle[0], merging, store, manifest, issued, pushed, lost, False
            if phase == "taken":
                yield buffer, ("put", batch, i, copy), merging, written(store, i, batch), manifest, issued, pushed, lost, False
            elif not compared or copy == manifest:
                yield buffer, idle[0], merging, store, copy | {i}, issued, pushed, lost, False
        phase, j, copy, chosen = merging
        if phase == "idle":
            for some in subsets(manifest):
                if some and fresh <= ids:
                    yield buffer, flush, ("loaded", fresh, manifest, some), store, manifest, later, pushed, lost, False
        else:
            yield buffer, flush, idle[1], store, manifest, issued, pushed, lost, False
            if phase == "loaded":
                all_of = frozenset(n for k, n in store if k in chosen)
                after = ("merged", j, copy, chosen), written(store, j, all_of)
                yield buffer, flush, *after, manifest, issued, pushed, lost, False
            elif phase == "merged" and (not compared or copy == manifest):
                yield buffer, flush, ("saved", j, copy, chosen), store, copy - chosen | {j}, issued, pushed, lost, False
            elif phase == "saved":
                left = frozenset(pair for pair in store if pair[0] not in chosen)
                yield buffer, flush, idle[1], left, manifest, issued, pushed, lost, False
        yield EMPTY, *idle, store, manifest, issued, pushed, lost | buffer | batch_of(flush), True

    def batch_of(flush: Any) -> frozenset[Any]:
        return frozenset(flush[1])

    def listed(state: Any) -> set[Any]:
        return {n for k, n in state[3] if k in state[4]}

    holds: dict[str, Holds] = {
        "NoSilentLoss": lambda s: {*range(1, s[6] + 1)} <= s[0] | s[1][1] | s[7] | listed(s),
        "ManifestStored": lambda s: s[4] <= {k for k, _ in s[3]},
    }
    return enumerated([(EMPTY, *idle, EMPTY, EMPTY, 0, 0, EMPTY, False)], steps, holds)


@pytest.mark.parametrize("variant", ["as-coded", "compared", "own-ids", "repaired"])
def test_compactions(variant: str) -> None:
    [row] = [row for row in test_durability.DEEPER if (row.protocol, row.variant) == ("streaming-compaction", variant)]
    states = {name: steps for name, steps in row.violated.items() if name in ("NoSilentLoss", "ManifestStored")}
    assert compactions(variant) == (row.distinct, row.diameter, states)


@pytest.mark.parametrize("variant", ["as-coded", "cuts-back", "stops"])
def test_failed_syncs(variant: str) -> None:
    [row] = [row for row in test_durability.DEEPER if (row.protocol, row.variant) == ("wal-failed-sync", variant)]
    assert failed_syncs(variant) == (row.distinct, row.diameter, row.violated)


def selective(variant: str) -> tuple[int, int, dict[str, int]]:
    """Three replicas, one key, one change of each: what each has processed, the copies on their way, and the targets.

    Clocks and registers are left out, as they follow from what was processed.
    """
    replicas = (1, 2, 3)

    def steps(state: Any) -> Iterator[State]:
        processed, network, targets = state

        def having(r: int, delta: State) -> State:
            return tuple(known | {delta} if q == r else known for q, known in zip(replicas, processed, strict=True))

        for r, known in zip(replicas, processed, strict=True):
            if not known:
                made = (1, r)
                yield having(r, made), network | {(q, made) for q in targets - {r}}, targets
        for dst, delta in network:
            for r in targets if variant == "redirected" else [dst]:
                yield having(r, delta), network - {(dst, delta)}, targets
        if variant == "fixed":
            return
        for q in targets if len(targets) > 1 else ():
            yield processed, network, targets - {q}
        for q in {*replicas} - targets:
            for p in targets:
                known = processed[p - 1] if variant == "from-one" else frozenset().union(*processed)
                sent = frozenset() if variant == "as-coded" else {(q, delta) for delta in known - processed[q - 1]}
                yield processed, network | sent, targets | {q}

    def delivered(state: Any, arriving: bool) -> bool:
        processed, network, targets = state
        return all(
            delta in processed[r - 1] or (arriving and (r, delta) in network)
            for r in targets
            for delta in frozenset().union(*processed)
        )

    holds: dict[str, Holds] = {
        "DeliveredStrong": lambda s: delivered(s, arriving=True),
        "Delivered": lambda s: bool(s[1]) or delivered(s, arriving=False),
    }
    starts = [((EMPTY, EMPTY, EMPTY), EMPTY, some) for some in subsets(replicas) if some]
    return enumerated(starts, steps, holds)


@pytest.mark.parametrize(
    "variant",
    ["fixed", "handed-over", *(pytest.param(v, marks=pytest.mark.nightly) for v in ("as-coded", "from-one", "redirected"))],
)
def test_selective_gossip(variant: str) -> None:
    [row] = [row for row in test_gossip.SELECTIVE if row.variant == variant]
    states = {name: steps for name, steps in row.violated.items() if name != "OnlyAddressed"}
    assert selective(variant) == (row.distinct, row.diameter, states)
