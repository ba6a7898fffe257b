"""Batches of packed states: one array of 64-bit words for each word of a state, so that every operation is one on words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """Some packed states: `words[w][i]` is word w of the i-th of them. Rows are taken like those of an array."""

    words: tuple[Words, ...]

    def __len__(self) -> int:
        return len(self.words[0])

    def __getitem__(self, rows: slice | NDArray[Any]) -> States:
        return States(tuple([word[rows] for word in self.words]))

    @property
    def nbytes(self) -> int:
        """The memory that the words occupy."""
        return sum(word.nbytes for word in self.words)

    def same(self, other: States) -> Bools:
        """Row by row (or each with the only row of the other), whether the states are equal."""
        result: Bools = self.words[0] == other.words[0]
        for mine, theirs in zip(self.words[1:], other.words[1:], strict=True):
            result &= mine == theirs
        return result

    def ordered(self) -> States:
        """The states in ascending order, the first word counting most."""
        if len(self.words) == 1:
            return States((np.sort(self.words[0]),))
        return self[np.lexsort(self.words[::-1])]

    def distinct(self) -> States:
        """The states in ascending order, each once."""
        result = self.ordered()
        fresh = np.ones(len(result), np.bool_)
        fresh[1:] = ~result[1:].same(result[:-1])
        return result[fresh]


def joined(parts: Sequence[States]) -> States:
    """All states of some parts, at least one."""
    if len(parts) == 1:
        return parts[0]
    return States(tuple([np.concatenate(words) for words in zip(*[part.words for part in parts], strict=True)]))
