"""Steps that a search need not take, because another order of the same two steps leads to the same state.

Two instances are independent if neither writes what the other reads or writes, and no part of the constraint reads what both
write: where both fire, they commute. Instances have ranks. An entry of a state x of level n is an instance that leads to x
from a state of level n - 1 inside the constraint. A step of instance i may be left out at x if it leads to a state t inside
the constraint, and x has an entry l of higher rank that is independent of i:

If t is of level n or less, it has been found. Else let l lead from s to x. Then i fires in s too, and leads to a state x1 of
level n from which l leads to t. Every part of the constraint holds in x1: it held in s if i does not write what it reads, and
it holds in t if l does not. So l is an entry of t, of higher rank than i. The entry of t that has the highest rank is
therefore not left out, wherever it leads to t from.

Entries are also handed on: if j leads from w to s, and l, which is independent of j, leads from s to x, then l leads from w
to a state of level n - 1, which is inside the constraint for the same reason, and from which j leads to x. So j is an entry
of x, even if its step was left out.

No state is lost then, nor is its level. The idea is that of sleep sets (P. Godefroid, Partial-Order Methods for the
Verification of Concurrent Systems, LNCS 1032, 1996, chapter 5). Any ranks are right. Those of instances that are independent of
many others are high here: that leaves out the most steps on the models tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import Array, inner_nodes
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.packing import WORD
from verifier.semantics.ground.states import Bools, States
from verifier.semantics.ground.successors import After

# The words of entries that states have at most: those of instances beyond that many bits are not remembered.
WORDS = 4


class Commuting:
    """Which steps of some instances, given by their places, may be left out.

    `superfluous[i, l]`: a step of i, in a state that has l among its entries, if it leads to a state inside the constraint.
    `inside`: for each i of which some steps may be left out, whether its step leads there, over step 0. `independent[l, j]`:
    a step of l leaves j among the entries of a state.
    """

    def __init__(self, ground: Ground, instances: Sequence[Instance]) -> None:
        circuit = ground.circuit
        whole = ground.constraint
        parts = [] if whole is circuit.true else list(whole.args) if whole.op == "and" else [whole]
        fields = [_read([part]) for part in parts]
        reads = _table([_read([one.enabled, one.storable, *one.writes.values()]) for one in instances], ground)
        writes = _table([set(one.writes) for one in instances], ground)
        touched = [{number for number, read in enumerate(fields) if read & one.writes.keys()} for one in instances]
        parts_touched = np.zeros((len(instances), len(parts)), np.float32)
        for place, numbers in enumerate(touched):
            parts_touched[place, list(numbers)] = 1
        common = writes @ (reads + writes).T + reads @ writes.T + parts_touched @ parts_touched.T
        independent = common == 0
        np.fill_diagonal(independent, False)
        # The greatest rank last; among equals, the first instance has the highest.
        order = np.lexsort((-np.arange(len(instances)), independent.sum(axis=1)))
        rank = np.empty(len(instances), np.int64)
        rank[order] = np.arange(len(instances))
        self.independent = independent
        self.superfluous = independent & (rank[:, None] < rank[None, :])
        landed = After(ground, parts, step=0)
        self.inside: dict[int, Node] = {}
        for place in np.flatnonzero(self.superfluous.any(axis=1)).tolist():
            inside = landed.of(instances[place])
            self.inside[place] = circuit.and_([inside[number] for number in sorted(touched[place])])


class Entries:
    """The entries of states that a search remembers, as bits of `words` words: those for which most steps may be left out.

    `superfluous`: for each instance, by its place, the words and bits of the entries that make its steps superfluous.
    """

    def __init__(self, commuting: Commuting) -> None:
        pairs = commuting.superfluous.sum(axis=0)
        known = [place for place in np.argsort(-pairs, kind="stable").tolist() if pairs[place]][: WORDS * WORD]
        self.words = max(1, -(-len(known) // WORD))
        bits = {place: (number // WORD, 1 << number % WORD) for number, place in enumerate(known)}
        every = range(len(pairs))
        self.superfluous = {place: found for place in every if (found := _bits(bits, commuting.superfluous[place]))}
        self._kept = [dict(_bits(bits, commuting.independent[place])) for place in every]
        self._own = [dict([bits[place]] if place in bits else []) for place in every]

    def wanted(self, place: int, entries: States, rows: Array) -> Bools | None:
        """For each of some rows of the entries, whether no step of an instance may be left out there; None: everywhere."""
        if place not in self.superfluous:
            return None
        (word, bits), *others = self.superfluous[place]
        found = entries.words[word].take(rows) & np.uint64(bits)
        for word, bits in others:
            found |= entries.words[word].take(rows) & np.uint64(bits)
        wanted: Bools = found == 0
        return wanted

    def handed_on(self, place: int, word: int) -> tuple[int, int]:
        """The bits of a word of the entries of a state that a step of an instance keeps, and those that it adds."""
        return self._kept[place].get(word, 0), self._own[place].get(word, 0)

    def after(self, place: int, entries: States, rows: Array) -> States:
        """The entries of the states that an instance leads to from these rows."""
        words = []
        for number, word in enumerate(entries.words):
            kept, own = self.handed_on(place, number)
            if kept:
                after = word.take(rows)
                after &= np.uint64(kept)
                after |= np.uint64(own)
            else:
                after = np.full(len(rows), own, np.uint64)
            words.append(after)
        return States(tuple(words))


def _bits(bits: Mapping[int, tuple[int, int]], places: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The words, and the bits in them, that stand for some places."""
    found: dict[int, int] = {}
    for place in np.flatnonzero(places).tolist():
        if place in bits:
            word, bit = bits[place]
            found[word] = found.get(word, 0) | bit
    return list(found.items())


def _table(numbers: Sequence[AbstractSet[int]], ground: Ground) -> NDArray[np.float32]:
    """A row for each set, with 1 for each of its fields."""
    table = np.zeros((len(numbers), len(ground.layout.fields)), np.float32)
    for row, some in zip(table, numbers, strict=True):
        row[list(some)] = 1
    return table


def _read(nodes: Sequence[Node]) -> set[int]:
    """The fields that some nodes read."""
    return {node.value for node in inner_nodes(nodes, {}) if node.op == "field"}
