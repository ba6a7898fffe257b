"""Shortest lassos in a graph: the shortest stem first, then the shortest loop that meets all goals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verifier.proof.engines.fairness import Goal
from verifier.proof.engines.graphs import NONE, Graph
from verifier.semantics.ground.columns import Array
from verifier.semantics.ground.states import Bools

MOST_PAIRS = 4_000_000
"""How many pairs of a node and the goals met on the way to it the search for a shortest loop may keep."""


class Distances:
    """The least number of steps to each node of a graph, and the steps that lead there.

    Nodes have a distance before the point that a behaviour must pass (`passed` false) and one after it. The point is passed in a
    node of `switch`, or by a step of `switches`; after it only nodes `inside` and steps `allowed` count, including those where it
    is passed.
    """

    def __init__(
        self,
        graph: Graph,
        starts: Array,
        switch: Bools | None,
        switches: Bools | None,
        inside: Bools,
        allowed: Bools,
        *,
        initially: bool = False,
    ) -> None:
        self.graph = graph
        self.before = np.full(graph.count, NONE, np.int32)
        self.behind = np.full(graph.count, NONE, np.int32)
        self._step_before = np.full(graph.count, -1, np.int32)
        self._step_behind = np.full(graph.count, -1, np.int32)
        self._from_before = np.zeros(graph.count, np.bool_)
        both = allowed & inside[graph.source] & inside[graph.target] if len(graph.source) else allowed
        first, second = starts, np.empty(0, np.int64)
        self.before[first] = 0
        distance = 0
        while len(first) or len(second):
            if switch is not None and (distance == 0 or not initially):
                fresh = first[switch[first] & inside[first] & (self.behind[first] == NONE)]
                self.behind[fresh] = distance
                self._from_before[fresh] = True
                second = np.concatenate((second, fresh))
            distance += 1
            nexts: list[Array] = []
            if switches is not None and (distance == 1 or not initially):
                steps = graph.leaving(first)
                nexts.append(self._reach(steps[switches[steps] & both[steps]], distance, crossing=True))
            steps = graph.leaving(second)
            nexts.append(self._reach(steps[both[steps]], distance, crossing=False))
            second = np.concatenate(nexts)
            steps = graph.leaving(first)
            steps = steps[self.before[graph.target[steps]] == NONE]
            first, which = np.unique(graph.target[steps], return_index=True)
            self.before[first] = distance
            self._step_before[first] = steps[which]

    def _reach(self, steps: Array, distance: int, *, crossing: bool) -> Array:
        steps = steps[self.behind[self.graph.target[steps]] == NONE]
        nodes, which = np.unique(self.graph.target[steps], return_index=True)
        self.behind[nodes] = distance
        self._step_behind[nodes] = steps[which]
        self._from_before[nodes] = crossing
        return nodes

    def path(self, node: int, *, passed: bool) -> tuple[int, list[int]]:
        """The first node, and the steps, of a shortest way to a node."""
        steps: list[int] = []
        while True:
            if passed:
                step, passed = int(self._step_behind[node]), not self._from_before[node]
                if step < 0:
                    continue
            else:
                step = int(self._step_before[node])
                if step < 0:
                    return node, steps[::-1]
            steps.append(step)
            node = int(self.graph.source[step])


class Loops:
    """Loops within one fair part of a graph: nodes `inside` and steps `allowed`."""

    def __init__(self, graph: Graph, inside: Bools, allowed: Bools, goals: Sequence[Goal]) -> None:
        self.graph = graph
        self.goals = goals
        self.allowed = allowed & inside[graph.source] & inside[graph.target]
        self._bits: list[tuple[int, Goal]] = []
        bit = 0
        for goal in goals:
            self._bits.append((bit, goal))
            bit += 1 if goal.unless is None else 2
        #: Whether every search of `shortest` for a loop was completed.
        self.exact = bit + graph.count.bit_length() <= 62
        if not self.exact:
            return
        self._by_node = np.zeros(graph.count, np.int64)
        self._by_step = np.zeros(len(graph.source), np.int64)
        self.needed: list[tuple[int, int | None]] = []
        for bit, goal in self._bits:
            if goal.nodes is not None:
                self._by_node[goal.nodes] |= 1 << bit
            if goal.steps is not None:
                self._by_step[goal.steps] |= 1 << bit
            if goal.unless is not None:
                self._by_node[goal.unless] |= 1 << (bit + 1)
            self.needed.append((1 << bit, None if goal.unless is None else 1 << (bit + 1)))

    def _meets(self, marks: Array) -> Bools:
        result = np.ones(len(marks), np.bool_)
        for met, asked in self.needed:
            fine = (marks & met) != 0
            if asked is not None:
                fine |= (marks & asked) == 0
            result &= fine
        return result

    def shortest(self, node: int, most: int | None) -> list[int] | None:
        """The steps of a shortest loop through a node that meets all goals.

        None if that takes `most` steps or more; or if it takes too long, and then `exact` is not true any more.
        """
        if not self.exact:
            return None
        graph = self.graph
        at, marks = np.array([node]), np.array([self._by_node[node]])
        levels: list[tuple[Array, Array]] = []
        seen = self._pairs(at, marks)
        while len(at) and (most is None or len(levels) + 1 < most):
            counts = graph.out[at + 1] - graph.out[at]
            steps, origin = graph.leaving(at), np.repeat(np.arange(len(at)), counts)
            kept = self.allowed[steps]
            steps, origin = steps[kept], origin[kept]
            nexts = graph.target[steps]
            reached = marks[origin] | self._by_step[steps] | self._by_node[nexts]
            closing = np.flatnonzero((nexts == node) & self._meets(reached))
            if len(closing):
                return self._walk(levels, int(origin[closing[0]]), int(steps[closing[0]]))
            pairs = self._pairs(nexts, reached)
            fresh, which = np.unique(pairs, return_index=True)
            new = ~np.isin(fresh, seen)
            which = which[new]
            seen = np.union1d(seen, fresh[new])
            if len(seen) > MOST_PAIRS:
                self.exact = False
                return None
            levels.append((steps[which], origin[which]))
            at, marks = nexts[which].astype(np.int64), reached[which]
        return None

    def _pairs(self, nodes: Array, marks: Array) -> Array:
        return marks * np.int64(self.graph.count) + nodes

    @staticmethod
    def _walk(levels: list[tuple[Array, Array]], place: int, last: int) -> list[int]:
        steps = [last]
        for taken, origin in reversed(levels):
            steps.append(int(taken[place]))
            place = int(origin[place])
        return steps[::-1]

    def some(self, node: int, component: Bools) -> list[int]:
        """The steps of a loop through a node that meets all goals one after the other, within a fair component."""
        graph = self.graph
        within = self.allowed & component[graph.source] & component[graph.target]
        walk: list[int] = []
        at = node
        for goal in self.goals:
            if goal.unless is not None and not (goal.unless & component).any():
                continue
            wanted = goal.on_steps(graph) & within
            passed = [node, *(int(graph.target[step]) for step in walk)]
            if wanted[walk].any() or (goal.nodes is not None and goal.nodes[passed].any()):
                continue
            walk += self._way(at, within, wanted)
            at = int(graph.target[walk[-1]])
        if at != node or not walk:
            walk += self._way(at, within, within & (graph.target == node))
        return walk

    def _way(self, node: int, within: Bools, wanted: Bools) -> list[int]:
        """The steps of a shortest way whose last step is one of those wanted."""
        graph = self.graph
        by = np.full(graph.count, -1, np.int64)
        known = np.zeros(graph.count, np.bool_)
        known[node] = True
        frontier = np.array([node])
        while len(frontier):
            steps = graph.leaving(frontier)
            steps = steps[within[steps]]
            ends = steps[wanted[steps]]
            if len(ends):
                walk = [int(ends[0])]
                while (at := int(graph.source[walk[-1]])) != node:
                    walk.append(int(by[at]))
                return walk[::-1]
            steps = steps[~known[graph.target[steps]]]
            frontier, which = np.unique(graph.target[steps], return_index=True)
            known[frontier] = True
            by[frontier] = steps[which]
        raise RuntimeError("a fair component does not lead where it must")
