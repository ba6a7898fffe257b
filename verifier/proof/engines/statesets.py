"""Sets of packed states, compared as wholes, never by fingerprints.

Everything is done on sorted arrays of 64-bit words, which a processor goes through many times faster than it finds its way
in a hash table. States of one word are sorted as they are, if it has bits left to number them. Wider ones are sorted by a hash,
and wherever two hashes are equal the states decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.proof.engines.memory import Room, released
from verifier.semantics.ground.columns import Array, Batch
from verifier.semantics.ground.packing import WORD, Packing
from verifier.semantics.ground.states import Bools, States, Words, joined

Labels = NDArray[np.uint16]

# This many states at a time are added only after a check of the memory that is left.
MANY = 10_000

# Labels are less than this many; the states that are processed at a time, where they may be on disk.
LABELS, PIECE = 1 << 16, 1 << 20

# The bits of a word that number states while they are sorted. States that leave fewer are sorted by a hash.
NUMBERED = 24

# Bytes that a search takes besides the set: this many have to be left.
WORKING = 128 << 20

_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Distinct states in the order of their keys, with the least of their labels and the marks of all."""

    keys: Words
    states: States
    labels: Labels
    marks: States

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, rows: slice | NDArray[np.bool_]) -> Candidates:
        return Candidates(self.keys[rows], self.states[rows], self.labels[rows], self.marks[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """States that a search meets: all with one label, each with marks of its own."""

    states: States
    label: int
    marks: States

    def __len__(self) -> int:
        return len(self.states)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """States in the order of their keys."""

    keys: Words
    states: States

    @property
    def nbytes(self) -> int:
        return self.states.nbytes + (0 if self.keys is self.states.words[0] else self.keys.nbytes)


class StateSet:
    """A growing set of packed states, kept as few sorted runs: each is more than twice as long as the next.

    `candidates` makes distinct states of the states that a search meets, `missing` says which of them are new, `add` adds those;
    `close_level` ends a level. At the end, `states` has every state, numbered from 0, and `index` finds the number of one; adding
    more renumbers them.

    `marks`: bits that go with states, in this many words. A state that is met several times has those of all its parts.

    `levels`: the states of each closed level, in parts; in a part, states that are alike stand together, as they have many
    successors in common. `peak_bytes`: the most that it all occupied while two runs were merged.
    """

    def __init__(self, packing: Packing, room: Room | None = None, marks: int = 1) -> None:
        self.packing = packing
        self._marks = marks
        self.count = 0
        self.levels: list[list[States]] = []
        self.peak_bytes = 0
        self.room = Room() if room is None else room
        self._working = WORKING
        #: Whether the key of a state is the state, and how many bits it leaves then.
        self._exact = packing.words == 1 and packing.used <= WORD - NUMBERED
        self._unused = WORD - packing.used if self._exact and packing.used else 0
        self._runs: list[_Run] = []
        #: States that are in no run yet.
        self._loose: list[States] = []
        self._level: list[tuple[States, States]] = []

    @classmethod
    def holding(cls, packing: Packing, states: States) -> StateSet:
        """The set of some states."""
        result = cls(packing)
        result.add(result.candidates([Part(states, 0, unmarked(len(states)))]))
        result.close_level()
        return result

    def __len__(self) -> int:
        return self.count

    @property
    def nbytes(self) -> int:
        """The memory that the set occupies, including files."""
        levels = [part for level in self.levels for part in level] + [part for part, _ in self._level]
        return sum(run.nbytes for run in self._runs) + sum(part.nbytes for part in levels)

    # -- adding ------------------------------------------------------------------------------------------------------

    def candidates(self, parts: Sequence[Part]) -> Candidates:
        """The states of some parts, whose labels are less than `LABELS`."""
        states = joined([self.packing.empty(), *(part.states for part in parts)])
        labels = np.repeat(np.array([part.label for part in parts], np.uint16), [len(part) for part in parts])
        marks = joined([unmarked(0, self._marks), *(part.marks for part in parts)])
        keys = states.words[0] if self._exact else mixed(states)
        return _distinct(Candidates(keys, states, labels, marks), self._unused)

    def united(self, parts: Sequence[Candidates]) -> Candidates:
        """The union of some parts."""
        if len(parts) == 1:
            return parts[0]
        states = joined([self.packing.empty(), *(part.states for part in parts)])
        labels = np.concatenate([np.empty(0, np.uint16), *(part.labels for part in parts)])
        marks = joined([unmarked(0, self._marks), *(part.marks for part in parts)])
        keys = states.words[0] if self._exact else np.concatenate([part.keys for part in parts])
        return _distinct(Candidates(keys, states, labels, marks), self._unused)

    def missing(self, candidates: Candidates) -> Candidates:
        """Those that are not in the set."""
        self._settle()
        for run in reversed(self._runs):
            if len(candidates):
                absent = [self._places(run, c.keys, c.states) < 0 for c in self._portions(candidates)]
                candidates = candidates[np.concatenate(absent)]
        return candidates

    def add(self, candidates: Candidates) -> None:
        """Adds states that `missing` has found since the set last grew. Raises MemoryError if there is no room."""
        if not len(candidates):
            return
        if len(candidates) >= MANY:
            self._release()
            self.room.check()
        states, marks = candidates.states, candidates.marks
        if self.packing.words > 1:
            order = _in_order(states.words[0])
            states, marks = states[order], marks[order]
        self._level.append((self.room.kept(states, self._working), self.room.kept(marks, self._working)))
        self.count += len(candidates)
        self._append(_Run(candidates.keys, candidates.states))

    def append(self, states: States, marks: States) -> None:
        """Adds states that are known to be new; they are put in order when that is needed."""
        if not len(states):
            return
        self._level.append((states, marks))
        self._loose.append(states)
        self.count += len(states)

    def _settle(self) -> None:
        """Makes a run of the states that are in none."""
        if self._loose:
            states, self._loose = joined(self._loose), []
            keys = states.words[0] if self._exact else mixed(states)
            if len(keys).bit_length() <= self._unused:
                order = _in_order(keys << np.uint64(self._unused))
            else:
                order = np.argsort(keys)
            states = states[order]
            self._append(_Run(states.words[0] if self._exact else keys[order], states))

    def _append(self, run: _Run) -> None:
        self._runs.append(run)
        while len(self._runs) > 1 and len(self._runs[-2].keys) <= 2 * len(self._runs[-1].keys):
            self._merge()

    def close_level(self) -> list[tuple[States, States]]:
        """Ends a level: its states, in parts, with their marks."""
        level, self._level = self._level, []
        self.levels.append([states for states, _ in level])
        return level

    # -- its contents ------------------------------------------------------------------------------------------------

    @property
    def states(self) -> States:
        """Every state. Those of one word are in ascending order."""
        self._settle()
        while len(self._runs) > 1:
            self._merge()
        return self._runs[0].states if self._runs else self.packing.empty()

    def index(self, states: States) -> Array:
        """The number of each of the states, that is its place among `states`; -1 for a state that is not in the set."""
        if not len(self.states):
            return np.full(len(states), -1, np.int64)
        keys = states.words[0] if self._exact else mixed(states)
        # Keys that are in order are found many times faster.
        rows = _in_order(keys << np.uint64(self._unused))
        result = np.empty(len(states), np.int64)
        result[rows] = self._places(self._runs[0], keys[rows], states[rows])
        return result

    # -- runs --------------------------------------------------------------------------------------------------------

    def _places(self, run: _Run, keys: Words, states: States) -> Array:
        """Where states with these keys are in a run; -1: nowhere."""
        at = np.searchsorted(run.keys, keys)
        at[at == len(run.keys)] = 0
        if self._exact:
            at[run.keys[at] != keys] = -1
            return at
        result = np.full(len(keys), -1, np.int64)
        rows = np.flatnonzero(run.keys[at] == keys)
        while len(rows):
            same = run.states[at[rows]].same(states[rows])
            result[rows[same]] = at[rows[same]]
            rows = rows[~same]
            at[rows] += 1
            rows = rows[at[rows] < len(run.keys)]
            rows = rows[run.keys[at[rows]] == keys[rows]]
        return result

    def _portions(self, candidates: Candidates) -> Iterator[Candidates]:
        """The candidates in portions; after each the system reclaims the memory that caches files."""
        portion = PIECE if self.room.spilled else max(1, len(candidates))
        for start in range(0, len(candidates), portion):
            yield candidates[start : start + portion]
            self._release()

    def _release(self) -> None:
        if self.room.spilled:
            for run in self._runs:
                released(run.keys, *run.states.words)

    def _merge(self) -> None:
        """Makes one run of the last two, piece by piece, in order."""
        before, last = self._runs[-2:]
        total = len(before.keys) + len(last.keys)
        keys = self.room.empty(total, self._working)
        words = (keys,) if self._exact else tuple([self.room.empty(total, self._working) for _ in before.states.words])
        run = _Run(keys, States(words))
        done = 0
        for start in range(0, len(before.keys), PIECE):
            stop = min(start + PIECE, len(before.keys))
            upto = len(last.keys)
            if stop < len(before.keys):
                upto = int(np.searchsorted(last.keys, before.keys[stop - 1], side="right"))
            self._merge_piece(run, before, slice(start, stop), last, slice(done, upto))
            done = upto
            if self.room.spilled:
                released(*(word for one in (before, last, run) for word in (one.keys, *one.states.words)))
        self._runs[-2:] = [run]
        self.peak_bytes = max(self.peak_bytes, self.nbytes + before.nbytes + last.nbytes)

    def _merge_piece(self, run: _Run, before: _Run, some: slice, last: _Run, others: slice) -> None:
        into = slice(some.start + others.start, some.stop + others.stop)
        old, new = before.keys[some], last.keys[others]
        if self._exact:
            keys = np.concatenate((old, new))
            keys.sort(kind="stable")
            run.keys[into] = keys
            return
        behind = np.searchsorted(old, new, side="right") + np.arange(len(new))
        first = np.ones(len(old) + len(new), np.bool_)
        first[behind] = False
        columns = zip(
            (run.keys, *run.states.words),
            (before.keys, *before.states.words),
            (last.keys, *last.states.words),
            strict=True,
        )
        for column, mine, theirs in columns:
            column[into][first] = mine[some]
            column[into][behind] = theirs[others]


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """The states that a search has reached, numbered as in their set."""

    set: StateSet

    @property
    def packing(self) -> Packing:
        """How they are packed."""
        return self.set.packing

    @property
    def states(self) -> States:
        """All of them."""
        return self.set.states

    def __len__(self) -> int:
        return self.set.count

    @property
    def parts(self) -> Iterator[States]:
        """All of them in parts, in the order in which they were found, which asks for no sorting."""
        return (part for level in self.set.levels for part in level)

    def index(self, states: States) -> Array:
        """The number of each of the states; -1 for those that are not among them."""
        return self.set.index(states)

    def batch(self) -> Batch:
        """The states as columns, on which nodes over step 0 can be evaluated."""
        return Batch(self.packing.columns(self.states))

    def digest(self) -> str:
        """SHA-256 of the set, whatever the order in which it was found: of its packed states in ascending order.

        A packed state is hashed as its 64-bit words, most significant byte first.
        """
        return digest(self.states)


def digest(states: States) -> str:
    """SHA-256 of some states in ascending order."""
    result = hashlib.sha256()
    ordered = states.ordered()
    for start in range(0, len(ordered), 1 << 16):
        part = ordered[start : start + (1 << 16)]
        result.update(np.stack(part.words, axis=1).astype(">u8").tobytes())
    return result.hexdigest()


def mixed(states: States) -> Words:
    """A hash of each state."""
    result = states.words[0] * _ODD
    for word in states.words[1:]:
        result ^= result >> np.uint64(32)
        result += word
        result *= _ODD
    result ^= result >> np.uint64(32)
    result *= _ODD
    return result


def unmarked(count: int, words: int = 1) -> States:
    """No marks, for this many states."""
    return States(tuple([np.zeros(count, np.uint64) for _ in range(words)]))


def _together(marks: States, firsts: Array) -> States:
    """The marks of each of some groups, which begin in these rows: those of all their members."""
    if not len(firsts):
        return marks
    return States(tuple([np.bitwise_or.reduceat(word, firsts) for word in marks.words]))


def _distinct(found: Candidates, unused: int) -> Candidates:
    """The distinct states among some with keys that are hashes, or words with this many unused bits at the top."""
    count = len(found)
    low = np.uint64((1 << count.bit_length()) - 1)
    order = found.keys << np.uint64(unused)
    order &= ~low
    order |= np.arange(count, dtype=np.uint64)
    order.sort()
    rows = (order & low).view(np.int64)
    order &= ~low
    fresh = _changes(order)
    repeated = np.flatnonzero(~fresh)
    if count.bit_length() > unused:
        again, earlier = found.states[rows[repeated]], found.states[rows[repeated - 1]]
        fresh[repeated] = ~again.same(earlier)
    if fresh[repeated].any():
        # States that differ have the same high bits in their keys: those with such keys are put in order as wholes.
        group = np.cumsum(_changes(order))
        clashing = np.zeros(count + 1, np.bool_)
        clashing[group[repeated[fresh[repeated]]]] = True
        places = np.flatnonzero(clashing[group])
        some = rows[places]
        rows[places] = some[np.lexsort((*found.states[some].words[::-1], found.keys[some], group[places]))]
        states = found.states[rows[places]]
        fresh[places[1:]] = ~states[1:].same(states[:-1])
    groups = np.flatnonzero(fresh)
    firsts = rows[groups]
    least = np.minimum.reduceat(found.labels[rows], groups) if count else found.labels
    marks = _together(found.marks[rows], groups)
    states = found.states[firsts]
    return Candidates(states.words[0] if unused else found.keys[firsts], states, least, marks)


def _changes(words: Words) -> Bools:
    """Whether each word differs from the one before it."""
    result = np.ones(len(words), np.bool_)
    np.not_equal(words[1:], words[:-1], out=result[1:])
    return result


def _in_order(words: Words) -> Array:
    """The places of some words, in the order of the high bits of those words."""
    low = np.uint64((1 << len(words).bit_length()) - 1)
    order = words & ~low
    order |= np.arange(len(words), dtype=np.uint64)
    order.sort()
    order &= low
    return order.view(np.int64)
