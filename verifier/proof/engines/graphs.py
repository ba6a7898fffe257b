"""The graph of all reachable states, in columns: its steps, distances in it, and its strongly connected components.

A step that leaves the state as it is counts as none. Nodes are numbered like the states in their set.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verifier.proof.engines.statesets import Reached
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import Array, Program, chunks
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.liveness import reads_next
from verifier.semantics.ground.states import Bools
from verifier.semantics.ground.successors import Successors, after, evaluate

MOST_STEPS = 20_000_000
"""How many steps a graph may have; each takes some twenty bytes."""

NONE = np.iinfo(np.int32).max
"""The distance of nodes that are not reached."""


class TooManySteps(Exception):
    """The graph would have more steps than are kept."""


class Graph:
    """The reachable states inside the constraints and the steps between them.

    Step e leads from node `source[e]` to node `target[e]` by the instance of number `instance[e]`; steps are in the order of
    their sources. `of_states` and `of_steps` say where nodes of the circuit hold, which are given when the graph is made.
    """

    def __init__(self, ground: Ground, reached: Reached, nodes: Sequence[Node]) -> None:
        self.states = reached.states
        self.count = len(self.states)
        asked = {node.index: node for node in nodes}
        steps = [node for node in asked.values() if reads_next(node)]
        states = [node for node in asked.values() if not reads_next(node)]
        self.of_states = dict(zip([n.index for n in states], self._evaluated(reached, states), strict=True))
        self._make(ground, reached, steps)

    def _evaluated(self, reached: Reached, nodes: Sequence[Node]) -> list[Bools]:
        program = Program(nodes)
        parts = [evaluate(reached.packing, program, part) for part in chunks(self.states)] if nodes else []
        if not parts:
            return [np.empty(0, np.bool_) for _ in nodes]
        return [np.concatenate(column) for column in zip(*parts, strict=True)]

    def _make(self, ground: Ground, reached: Reached, asked: Sequence[Node]) -> None:
        successors = Successors(ground, reached.packing)
        programs = {i.number: Program(after(ground, i, asked)) for i in successors.instances} if asked else {}
        sources: list[Array] = [np.empty(0, np.int32)]
        targets: list[Array] = [np.empty(0, np.int32)]
        instances: list[Array] = [np.empty(0, np.int32)]
        columns: list[list[Array]] = [[np.empty(0, np.bool_)] for _ in asked]
        begin, total = 0, 0
        for part in chunks(self.states):
            for steps in successors.expand(part).steps:
                at = reached.index(steps.states)
                kept = (at >= 0) & (at != begin + steps.rows)
                rows = steps.rows[kept]
                sources.append((begin + rows).astype(np.int32))
                targets.append(at[kept].astype(np.int32))
                instances.append(np.full(len(rows), steps.instance.number, np.int32))
                total += len(rows)
                if asked:
                    values = evaluate(reached.packing, programs[steps.instance.number], part[rows])
                    for column, value in zip(columns, values, strict=True):
                        column.append(value)
            if total > MOST_STEPS:
                raise TooManySteps
            begin += len(part)
        source = np.concatenate(sources)
        order = np.argsort(source, kind="stable")
        self.source, self.target = source[order], np.concatenate(targets)[order]
        self.instance = np.concatenate(instances)[order]
        self.of_steps = {
            node.index: np.concatenate(column)[order] for node, column in zip(asked, columns, strict=True)
        }
        self.out = np.searchsorted(self.source, np.arange(self.count + 1)).astype(np.int64)
        self.incoming = np.argsort(self.target, kind="stable").astype(np.int32)
        self.into = np.searchsorted(self.target[self.incoming], np.arange(self.count + 1)).astype(np.int64)

    # -- neighbours --------------------------------------------------------------------------------------------------

    def leaving(self, nodes: Array) -> Array:
        """The steps out of some nodes."""
        return _spread(self.out, nodes)

    def entering(self, nodes: Array) -> Array:
        """The steps into some nodes."""
        return self.incoming[_spread(self.into, nodes)]

    # -- components --------------------------------------------------------------------------------------------------

    def components(self, inside: Bools, allowed: Bools) -> Array:
        """Of each node the number of its strongly connected component within some nodes and steps; -1: it is on no cycle."""
        component = np.full(self.count, -1, np.int32)
        alive = inside.copy()
        number = 0
        while self._trim(alive, allowed):
            colour = self._coloured(alive, allowed)
            # A cycle stays in one colour.
            allowed = allowed & (colour[self.source] == colour[self.target])
            roots = np.flatnonzero(alive & (colour == np.arange(self.count)))
            done = np.zeros(self.count, np.bool_)
            done[roots] = True
            frontier = roots
            while len(frontier):
                steps = self.entering(frontier)
                before = self.source[steps]
                kept = allowed[steps] & alive[before] & ~done[before]
                frontier = np.unique(before[kept])
                done[frontier] = True
            numbers = np.full(self.count, -1, np.int32)
            numbers[roots] = np.arange(number, number + len(roots), dtype=np.int32)
            members = np.flatnonzero(done)
            component[members] = numbers[colour[members]]
            number += len(roots)
            alive &= ~done
        return self._cyclic(component)

    def _cyclic(self, component: Array) -> Array:
        """The components without those of one node: no step leads from a node to itself."""
        known = component[component >= 0]
        if len(known):
            single = np.bincount(known) < 2
            component[(component >= 0) & single[component]] = -1
        return component

    def _trim(self, alive: Bools, allowed: Bools) -> bool:
        """Takes away, again and again, nodes that no step leaves or that none enters; whether any is left."""
        for there, steps_of in ((self.source, self.entering), (self.target, self.leaving)):
            kept = allowed & alive[self.source] & alive[self.target]
            degree = np.bincount(there[kept], minlength=self.count)
            frontier = np.flatnonzero(alive & (degree == 0))
            while len(frontier):
                alive[frontier] = False
                steps = steps_of(frontier)
                ends = there[steps[allowed[steps]]]
                ends = ends[alive[ends]]
                degree -= np.bincount(ends, minlength=self.count)
                frontier = np.unique(ends[degree[ends] == 0])
        return bool(alive.any())

    def _coloured(self, alive: Bools, allowed: Bools) -> Array:
        """Of each node the greatest node from which it is reached."""
        steps = self.incoming
        kept = steps[allowed[steps] & alive[self.source[steps]] & alive[self.target[steps]]]
        source, target = self.source[kept], self.target[kept]
        starts = np.flatnonzero(np.r_[True, target[1:] != target[:-1]]) if len(target) else np.empty(0, np.int64)
        ends = target[starts]
        colour = np.arange(self.count, dtype=np.int32)
        while len(starts):
            best = np.maximum(colour[ends], np.maximum.reduceat(colour[source], starts))
            if np.array_equal(best, colour[ends]):
                break
            colour[ends] = best
        return colour


def _spread(offsets: Array, nodes: Array) -> Array:
    """The numbers from `offsets[n]` up to `offsets[n + 1]`, for each of the nodes."""
    begins, counts = offsets[nodes], offsets[nodes + 1] - offsets[nodes]
    total = int(counts.sum())
    before = np.repeat(np.cumsum(counts) - counts, counts)
    spread: Array = np.arange(total) - before + np.repeat(begins, counts)
    return spread
