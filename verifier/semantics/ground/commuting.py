"""Steps that a search need not take, because another order of the same two steps leads to the same state.

Two instances are independent if neither writes what the other reads or writes, and no part of the constraint reads what both
write: where both fire, they commute. Instances have ranks. Let a state x of level n have come about by instance l out of a state
s of level n - 1, perhaps by others too. Then a step of an independent instance i of lower rank may be left out at x if it leads
to a state t inside the constraint:

If t is of level n or less, it has been found. Else i fires in s too, and leads to a state x1 of level n from which l leads to t.
Every part of the constraint holds in x1: it held in s if i does not write what it reads, and it holds in t if l does not. So the
step from x1 to t is taken, unless x1 came about by some l1 of higher rank than l that is independent of l. In that case the same
argument gives a state x2 from which l1 leads to t, and so on: the ranks of l, l1, l2 and so on come to an end.

No state is lost then, nor is its level. The idea is that of sleep sets (P. Godefroid, Partial-Order Methods for the
Verification of Concurrent Systems, LNCS 1032, 1996, chapter 5); breadth first, the last steps alone say enough. Any ranks are
right. Those of instances that are independent of many others are high here: that leaves out the most steps on the models tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import inner_nodes
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.successors import After


class Commuting:
    """Which steps of some instances, given by their places, may be left out.

    `superfluous[i, l]`: a step of i, in a state that l led to, if it leads to a state inside the constraint. `inside`: for each i
    of which some steps may be left out, whether its step leads there, over step 0.
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
        self.superfluous = independent & (rank[:, None] < rank[None, :])
        landed = After(ground, parts, step=0)
        self.inside: dict[int, Node] = {}
        for place in np.flatnonzero(self.superfluous.any(axis=1)).tolist():
            inside = landed.of(instances[place])
            self.inside[place] = circuit.and_([inside[number] for number in sorted(touched[place])])


def _table(numbers: Sequence[AbstractSet[int]], ground: Ground) -> NDArray[np.float32]:
    """A row for each set, with 1 for each of its fields."""
    table = np.zeros((len(numbers), len(ground.layout.fields)), np.float32)
    for row, some in zip(table, numbers, strict=True):
        row[list(some)] = 1
    return table


def _read(nodes: Sequence[Node]) -> set[int]:
    """The fields that some nodes read."""
    return {node.value for node in inner_nodes(nodes, {}) if node.op == "field"}
