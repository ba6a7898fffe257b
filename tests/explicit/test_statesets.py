"""Sets of packed states against Python's sets: of one word and of several, where keys are equal, in small pieces, and on disk."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from verifier.proof.engines import memory, statesets
from verifier.proof.engines.memory import Room
from verifier.proof.engines.statesets import Part, Reached, StateSet, mixed
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.states import States, Words

Rows = list[tuple[int, ...]]

SHAPES = [(1, 10), (1, 40), (1, 41), (1, 64), (2, 5), (4, 64)]
"""Words of a state, and the bits used of the last."""


class Full(Room):
    """No memory is left."""

    def has(self, size: int, working: int = 0) -> bool:
        return False


def rows_of(states: States) -> Rows:
    return [tuple(int(word) for word in row) for row in zip(*states.words, strict=True)]


def packing_of(words: int, used: int) -> Packing:
    """All that a set asks of a packing."""
    empty = States(tuple([np.empty(0, np.uint64)] * words))
    return cast(Packing, SimpleNamespace(words=words, used=used, empty=lambda: empty))


def random_states(random: np.random.Generator, words: int, used: int) -> States:
    """States of which many are alike, with few bits set, low and high."""
    count, factor = int(random.integers(0, 150)), 1 + (1 << max(0, used - 4))
    high = min(16, 1 << used) if used < 60 or words > 1 else 12
    return States(tuple([random.integers(0, high, count, dtype=np.uint64) * np.uint64(factor) for _ in range(words)]))


def marked_part(random: np.random.Generator, states: States, label: int) -> Part:
    """The states with marks at random."""
    marks = [np.uint64(1) << random.integers(0, 64, len(states), dtype=np.uint64) for _ in range(2)]
    return Part(states, label, States(tuple(marks)))


def filled(words: int, used: int, room: Room | None = None) -> StateSet:
    """A set that grew at random, compared with Python's own at every step."""
    random = np.random.default_rng(words * 64 + used)
    result = StateSet(packing_of(words, used), room, 2)
    known: set[tuple[int, ...]] = set()
    for turn in range(16):
        parts = [marked_part(random, random_states(random, words, used), label) for label in (3, 1, 2)]
        labels: dict[tuple[int, ...], int] = {}
        marked: dict[tuple[int, ...], tuple[int, ...]] = {}
        for part in parts:
            for row, marks in zip(rows_of(part.states), rows_of(part.marks), strict=True):
                labels[row] = min(part.label, labels.get(row, part.label))
                marked[row] = tuple(map(operator.or_, marks, marked.get(row, (0, 0))))
        found = result.united([result.candidates(parts[:2]), result.candidates(parts[2:])])
        assert len(found) == len(labels)
        assert dict(zip(rows_of(found.states), found.labels.tolist(), strict=True)) == labels
        assert dict(zip(rows_of(found.states), rows_of(found.marks), strict=True)) == marked
        fresh = result.missing(found)
        assert set(rows_of(fresh.states)) == labels.keys() - known
        fresh = fresh[np.arange(len(fresh)) % 3 != turn % 3]
        result.add(fresh)
        known |= set(rows_of(fresh.states))
        assert len(result) == len(known)
        if turn % 4 == 3:
            result.close_level()
    assert sorted(row for level in result.levels for part in level for row in rows_of(part)) == sorted(known)
    assert sorted(rows_of(result.states)) == sorted(known)
    asked = random_states(random, words, used)
    place = {row: number for number, row in enumerate(rows_of(result.states))}
    assert result.index(asked).tolist() == [place.get(row, -1) for row in rows_of(asked)]
    return result


@pytest.mark.parametrize(("words", "used"), SHAPES)
def test_a_set_compares_whole_states(words: int, used: int) -> None:
    filled(words, used)


@pytest.mark.parametrize(
    "key",
    [
        lambda states: np.zeros(len(states), np.uint64),
        lambda states: mixed(states) >> np.uint64(62),
        lambda states: mixed(states) & np.uint64(7),
    ],
)
@pytest.mark.parametrize("words", [2, 3])
def test_states_with_equal_keys_are_told_apart(
    words: int, key: Callable[[States], Words], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statesets, "mixed", key)
    filled(words, 40)


@pytest.mark.parametrize(("words", "used"), SHAPES)
def test_a_set_on_disk_is_the_same_set(
    words: int, used: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inside = filled(words, used)
    monkeypatch.setattr(statesets, "PIECE", 7)
    monkeypatch.setattr(memory, "SMALL", 0)
    room = Full(tmp_path)
    outside = filled(words, used, room)
    assert room.spilled > 0
    assert list(tmp_path.iterdir()) == []
    assert Reached(outside).digest() == Reached(inside).digest()


def test_nothing_is_added_where_the_disk_is_full(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    full: Any = SimpleNamespace(free=0)
    monkeypatch.setattr(memory.shutil, "disk_usage", lambda folder: full)
    with pytest.raises(MemoryError):
        filled(1, 10, Full(tmp_path))


def test_a_process_that_may_write_nowhere_has_room_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that checks certificates."""

    def nowhere() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(memory.tempfile, "gettempdir", nowhere)
    assert len(Room().empty(4)) == 4
    with pytest.raises(MemoryError):
        filled(1, 10, Full())


def test_the_room_is_what_the_limit_of_the_process_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Room().left()
    monkeypatch.setattr(memory.resource, "getrlimit", lambda which: (1 << 20, 1 << 20))
    room = Room()
    assert room.left() == 0 < before
    assert room.has(1)
    assert not room.has(1 << 20)
    with pytest.raises(MemoryError):
        room.check()
