"""The seqlock ring with one reader as a plain program: the same states, and how long a reader takes that runs alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Ring:
    """A state; of program counters, 0 is idle."""

    stamps: tuple[int, ...]
    values: tuple[int, ...]
    cursor: int = -1
    writer: int = 0
    message: int = 0
    reader: int = 0
    wanted: int = 0
    stamp1: int = 0
    value: int = -1
    stamp2: int = 0
    result: int = -1


def _put(row: tuple[int, ...], place: int, value: int) -> tuple[int, ...]:
    return (*row[:place], value, *row[place + 1 :])


def written(ring: Ring, last: int) -> Iterator[Ring]:
    """The writer's step, if it has one."""
    message = ring.message
    slot = message % len(ring.stamps)
    if ring.writer == 0 and message <= last:
        yield replace(ring, stamps=_put(ring.stamps, slot, 2 * message + 1), writer=1)
    if ring.writer == 1:
        yield replace(ring, values=_put(ring.values, slot, message), writer=2)
    if ring.writer == 2:
        stamps = _put(ring.stamps, slot, 2 * message + 2)
        yield replace(ring, stamps=stamps, cursor=message, message=message + 1, writer=0)


def read(ring: Ring) -> Ring:
    """The reader's step: it always has one."""
    wanted, slots = ring.wanted, len(ring.stamps)
    slot = wanted % slots
    if ring.reader == 0:
        return replace(ring, stamp1=ring.stamps[slot], reader=1)
    if ring.reader == 1 and ring.stamp1 == 2 * wanted + 2:
        return replace(ring, value=ring.values[slot], reader=2)
    if ring.reader == 1:
        oldest = ring.cursor - slots + 1 if ring.cursor >= slots else 0
        overwritten = ring.stamp1 % 2 == 0 and ring.stamp1 > 2 * wanted + 2
        return replace(ring, wanted=max(wanted, oldest) if overwritten else wanted, reader=0)
    checked = replace(ring, stamp2=ring.stamps[slot], reader=0)
    return replace(checked, result=ring.value, wanted=wanted + 1) if checked.stamp2 == ring.stamp1 else checked


def states(slots: int, last: int) -> tuple[set[Ring], int]:
    """All reachable states, and how many steps lead to the last of them."""
    layer = [Ring(stamps=(0,) * slots, values=(-1,) * slots)]
    seen, steps = set(layer), -1
    while layer:
        steps += 1
        layer = list({after for ring in layer for after in (*written(ring, last), read(ring))} - seen)
        seen.update(layer)
    return seen, steps


def longest_wait(seen: set[Ring]) -> int:
    """How many steps of its own a reader needs at most for a commit, between two messages, if there is one to read."""
    longest = 0
    for ring in seen:
        if ring.writer == 0 and ring.wanted <= ring.cursor:
            steps, now = 1, ring
            while not ((after := read(now)).reader == 0 and now.reader == 2 and after.wanted == now.wanted + 1):
                steps, now = steps + 1, after
            longest = max(longest, steps)
    return longest
