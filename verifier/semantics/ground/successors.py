"""Successors over columns: all steps of all action instances out of a batch of packed states.

Nodes that decide whether an instance can fire are computed for the whole batch, each shared node once; nodes that only one
instance writes are computed for the rows in which it fires.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from verifier.semantics.ground.circuit import Node, rebuilt
from verifier.semantics.ground.columns import Array, Program, inner_nodes
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.states import Bools, States


def firing(ground: Ground) -> list[Instance]:
    """The instances that the circuit does not exclude by itself."""
    return [instance for instance in ground.instances if instance.enabled is not ground.circuit.false]


Taken = Callable[[int, Array], Array]
"""Of the rows in which an instance, given by its place, fires, those in which its steps are wanted."""


def after(ground: Ground, instance: Instance, roots: Sequence[Node]) -> list[Node]:
    """Nodes over steps 0 and 1, over step 0 alone: their values for the step that `instance` takes."""
    return After(ground, roots).of(instance)


class After:
    """Nodes over the states of a step, over the first state alone, for each instance that may take the step.

    `step` is the number of the second state in the nodes: with 0, they are nodes over it alone.
    """

    def __init__(self, ground: Ground, roots: Sequence[Node], step: int = 1) -> None:
        self._circuit = ground.circuit
        self._roots = roots
        self._step = step
        #: For each node that reads the second state, the fields that it reads there, as bits; its arguments come before it.
        self._read: dict[Node, int] = {}
        #: The nodes after a step that writes nothing, where that makes other nodes of them.
        self._unwritten: dict[int, Node] = {}
        for node in inner_nodes(roots, {}):
            if node.op == "field":
                read = 1 << node.value if node.step == step else 0
            else:
                read = 0
                for arg in node.args:
                    read |= self._read.get(arg, 0)
            if read:
                self._read[node] = read
                if step:
                    same = ground.field_node(node.value, 0) if node.op == "field" else self._rebuilt(node, {})
                    self._unwritten[node.index] = same

    def of(self, instance: Instance) -> list[Node]:
        """The nodes for the step that an instance takes."""
        written = 0
        for number in instance.writes:
            written |= 1 << number
        done: dict[int, Node] = {}
        for node, read in self._read.items():
            if read & written:
                done[node.index] = instance.writes[node.value] if node.op == "field" else self._rebuilt(node, done)
        return [self._now(root, done) for root in self._roots]

    def _now(self, node: Node, done: dict[int, Node]) -> Node:
        return done.get(node.index) or self._unwritten.get(node.index, node)

    def _rebuilt(self, node: Node, done: dict[int, Node]) -> Node:
        args = [self._now(arg, done) for arg in node.args]
        if all(new is old for new, old in zip(args, node.args, strict=True)):
            return node
        return rebuilt(self._circuit, node, args)


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one instance out of a batch: the batch's rows that it leaves, and the packed states it leads to."""

    instance: Instance
    rows: Array
    states: States


@dataclass(frozen=True, slots=True)
class Expansion:
    """A batch expanded. `fired`: for each instance, in how many rows it is enabled; `watched`: the watched nodes' values."""

    fired: list[int]
    watched: list[Bools]
    make: Callable[[Taken | None], Iterator[Steps]]

    @property
    def steps(self) -> Iterator[Steps]:
        """All steps."""
        return self.make(None)

    def wanted(self, taken: Taken) -> Iterator[Steps]:
        """The steps that are wanted."""
        return self.make(taken)


class _Writer:
    """Turns rows of a batch into the packed states that one instance leads to."""

    def __init__(self, instance: Instance, packing: Packing, shared: dict[int, Node]) -> None:
        self.instance = instance
        self.packing = packing
        self.clear = packing.masks(instance.writes)
        self.set = [0] * packing.words
        self.numbers: list[int] = []
        roots: list[Node] = []
        for number, node in sorted(instance.writes.items()):
            if not packing.places[number]:
                continue
            if node.op != "const":
                self.numbers.append(number)
                roots.append(node)
            elif packing.fields[number].low <= node.value <= packing.fields[number].high:
                bits = packing.bits(number, node.value)
                self.set = [known | more for known, more in zip(self.set, bits, strict=True)]
        self.leaves = [shared[node.index] for node in _leaves(roots, shared)]
        self.program = Program(roots, self.leaves)

    def kept(self, word: int) -> int:
        """The bits of a word that the instance never changes."""
        return ~self.clear[word] & (2**64 - 1)

    def states(self, words: Sequence[Array], rows: Array, shared: dict[int, Array]) -> States:
        """The successors of these rows; `shared` holds the arrays computed for the whole batch."""
        taken = [word[rows] for word in words]
        fields = [self.packing.column(taken, node.value) for node in self.program.fields]
        given = [shared[node.index][rows] for node in self.leaves]
        values = self.program.run(fields, given)
        for word, old in enumerate(taken):
            if self.clear[word]:
                old &= np.uint64(self.kept(word))
                old |= np.uint64(self.set[word])
        for number, value in zip(self.numbers, values, strict=True):
            self.packing.put(taken, number, value)
        return States(tuple(taken))


def _leaves(roots: Sequence[Node], shared: dict[int, Node]) -> list[Node]:
    """The shared nodes at which evaluation from the roots stops."""
    result: dict[int, Node] = {root.index: root for root in roots if root.index in shared}
    for node in inner_nodes(roots, shared):
        result.update((arg.index, arg) for arg in node.args if arg.index in shared)
    return [result[index] for index in sorted(result)]


class Successors:
    """The compiled transition relation of a ground model; `watch` are Bool nodes over step 0 to evaluate on the way."""

    def __init__(self, ground: Ground, packing: Packing, watch: Sequence[Node] = ()) -> None:
        self.packing = packing
        self.instances = firing(ground)
        decisions = [node for i in self.instances for node in (i.enabled, i.storable)]
        uses: Counter[int] = Counter()
        written: dict[int, Node] = {}
        for instance in self.instances:
            for node in inner_nodes(instance.writes.values(), {}):
                if node.args:
                    uses[node.index] += 1
                    written[node.index] = node
        decided = {node.index: node for node in inner_nodes([*decisions, *watch], {}) if node.args}
        often = {index: node for index, node in written.items() if uses[index] > 1}
        shared = {**decided, **often}
        self._writers = [_Writer(instance, packing, shared) for instance in self.instances]
        leaves = {node.index: node for writer in self._writers for node in writer.leaves}
        self._leaves = list(leaves.values())
        self._watched = len(watch)
        self._program = Program([*watch, *decisions, *self._leaves])

    def expand(self, states: States) -> Expansion:
        """All steps out of a batch; those that could not be stored are counted but lead nowhere."""
        words = states.words
        columns = [self.packing.column(words, node.value) for node in self._program.fields]
        values = self._program.run(columns)
        watched = [_spread(value, len(states)) for value in values[: self._watched]]
        decisions = values[self._watched : self._watched + 2 * len(self.instances)]
        fired = [int(np.count_nonzero(_spread(enabled, len(states)))) for enabled in decisions[::2]]
        result = values[self._watched + len(decisions) :]
        shared = {node.index: value for node, value in zip(self._leaves, result, strict=True)}
        return Expansion(fired, watched, partial(self._steps, words, decisions[1::2], shared))

    def _steps(
        self, words: Sequence[Array], storable: Sequence[Any], shared: dict[int, Array], taken: Taken | None
    ) -> Iterator[Steps]:
        for place, (writer, fires) in enumerate(zip(self._writers, storable, strict=True)):
            rows = np.flatnonzero(_spread(fires, len(words[0])))
            if taken is not None:
                rows = taken(place, rows)
            if len(rows):
                yield Steps(writer.instance, rows, writer.states(words, rows, shared))

    def predecessors(self, states: States, target: States) -> Iterator[tuple[Instance, int]]:
        """Instances that lead from one of `states` to the one state `target`, each with the row that it leaves.

        An instance can only be the one if the fields that it never writes are already as in the target: that leaves few rows.
        """
        words, wanted = states.words, target.words
        for writer in self._writers:
            alike = np.ones(len(states), np.bool_)
            for number, word in enumerate(words):
                kept = np.uint64(writer.kept(number))
                alike &= (word & kept) == (wanted[number] & kept)
            rows = np.flatnonzero(alike)
            if not len(rows):
                continue
            alone = _Writer(writer.instance, self.packing, {})
            (fires,) = evaluate(self.packing, Program([writer.instance.storable]), states[rows])
            rows = rows[fires]
            hits = rows[alone.states(words, rows, {}).same(target)]
            if len(hits):
                yield writer.instance, int(hits[0])


def _spread(value: Any, count: int) -> Bools:
    """A node's values as an array, also where the node is constant."""
    return value if isinstance(value, np.ndarray) else np.full(count, value, np.bool_)


def evaluate(packing: Packing, program: Program, states: States) -> list[Bools]:
    """The values of a program's Bool roots over step 0 in every packed state."""
    columns = [packing.column(states.words, node.value) for node in program.fields]
    return [_spread(value, len(states)) for value in program.run(columns)]
