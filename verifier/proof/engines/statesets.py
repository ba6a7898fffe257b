"""Sets of packed states, compared as wholes, never by fingerprints; and the states that satisfy a formula."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import CHUNK, Array, Batch, Packing, inner_nodes, merged, type_of


class StateSet:
    """A growing set of packed states, kept as few sorted runs: each is more than twice as long as the next.

    `peak_bytes`: the most that the runs occupied while two of them were merged.
    """

    def __init__(self, packing: Packing) -> None:
        self._empty = packing.empty()
        self._runs: list[Array] = []
        self.count = 0
        self.peak_bytes = 0

    @property
    def size_in_bytes(self) -> int:
        """What the runs occupy."""
        return sum(run.nbytes for run in self._runs)

    def missing(self, states: Array) -> Array:
        """Those of the states (in order, each once) that are not in the set."""
        for run in self._runs:
            if not len(states):
                break
            at = np.searchsorted(run, states)
            at[at == len(run)] = 0
            states = states[run[at] != states]
        return states

    def add(self, states: Array) -> None:
        """Adds states (in order, each once) none of which is in the set yet."""
        if not len(states):
            return
        self.count += len(states)
        self._runs.append(states)
        while len(self._runs) > 1 and len(self._runs[-2]) <= 2 * len(self._runs[-1]):
            last, before = self._runs.pop(), self._runs.pop()
            self._runs.append(merged(before, last))
            self.peak_bytes = max(self.peak_bytes, self.size_in_bytes + before.nbytes + last.nbytes)

    def all(self) -> Array:
        """Every state, in order."""
        if len(self._runs) != 1:
            self._runs = [merged(self._empty, *self._runs)]
        return self._runs[0]


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """The states that a search has reached, packed, in order."""

    packing: Packing
    states: Array

    def __len__(self) -> int:
        return len(self.states)

    def batch(self) -> Batch:
        """The states as columns, on which nodes over step 0 can be evaluated."""
        return Batch(self.packing.columns(self.states))

    def digest(self) -> str:
        """SHA-256 of the set, whatever the order in which it was found: of its packed states in ascending order.

        A packed state is hashed as its 64-bit words, most significant byte first.
        """
        words = self.states.astype(">u8") if self.packing.words == 1 else np.ascontiguousarray(self.states)
        return hashlib.sha256(words.tobytes()).hexdigest()


def solutions(packing: Packing, formula: Node) -> Iterator[Array]:
    """All states (packed, in pieces, each once) that satisfy a formula over step 0.

    Fields get their values one after the other; every conjunct of the formula is looked at as soon as the fields that
    it reads have values. Memory stays bounded: a piece that has grown is worked off before the next.
    """
    conjuncts = formula.args if formula.op == "and" else (formula,)
    due: dict[int, list[Node]] = {}
    for conjunct in conjuncts:
        read = [node.value for node in inner_nodes((conjunct,), {}) if node.op == "field"]
        due.setdefault(max(read, default=-1), []).append(conjunct)
    if any(not conjunct.value for conjunct in due.get(-1, ())):
        return
    fields = packing.fields
    stack: list[list[Array]] = [[]]
    while stack:
        columns = stack.pop()
        number = len(columns)
        if number == len(fields):
            yield packing.pack(columns)
            continue
        field = fields[number]
        codes = np.arange(field.low, field.high + 1).astype(type_of(field))
        codes = codes[_satisfy(columns[:0], number, codes, [c for c in due.get(number, ()) if _only(c, number)])]
        rest = [c for c in due.get(number, ()) if not _only(c, number)]
        count = len(columns[0]) if columns else 1
        pieces = []
        for start in range(0, count, max(1, CHUNK // max(1, len(codes)))):
            part = slice(start, start + max(1, CHUNK // max(1, len(codes))))
            size = min(count, part.stop) - start
            grown = [np.repeat(column[part], len(codes)) for column in columns]
            grown.append(np.tile(codes, size))
            kept = _satisfy(grown, number, grown[-1], rest)
            if kept.any():
                pieces.append([column[kept] for column in grown])
        stack.extend(reversed(pieces))


def _only(conjunct: Node, number: int) -> bool:
    return all(node.value == number for node in inner_nodes((conjunct,), {}) if node.op == "field")


def _satisfy(columns: Sequence[Array], number: int, codes: Array, conjuncts: Sequence[Node]) -> Array:
    """Where the conjuncts hold; they read only fields up to `number`, which has `codes`."""
    given = [columns[at] if at < len(columns) else codes for at in range(number + 1)]
    batch = Batch(given)
    kept = np.ones(len(codes), np.bool_)
    for conjunct in conjuncts:
        kept &= batch.value(conjunct)
    return kept
