"""A plain checker of liveness: an explicit graph, and lassos in it by searching. Shares no code with the product.

A behaviour goes along edges, or stays where it is forever. Two answers are found in two ways: whether there is a lasso, by
nested depth-first search in the product with what has to be seen, and by strongly connected components; which is the
shortest (the smallest stem, then the smallest loop; 0: staying where it is), by searching breadth first for each loop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

Label = Any
Edge = tuple[Label, int]
Test = Callable[[int, int], bool]
"""Of a state and the next one."""


@dataclass
class Graph:
    """States by number; `able` are the labels by which a state can be left for another one, inside the constraints or not."""

    start: list[int] = field(default_factory=list)
    edges: list[list[Edge]] = field(default_factory=list)
    able: list[frozenset[Label]] = field(default_factory=list)


@dataclass(frozen=True)
class Fair:
    """A condition of fairness: steps by the labels that change something are taken again and again, if they can be."""

    strong: bool
    labels: frozenset[Label]


@dataclass(frozen=True)
class Case:
    """What violates a property: from some step on (`initially`: the first) that is the `trigger`, every step is one to `hold`,
    and each of `recur` is met again and again. Staying is a step, too.
    """

    trigger: Test
    initially: bool
    hold: Test
    recur: tuple[Test, ...] = ()


class Lassos:
    """The lassos of one case in a graph."""

    def __init__(self, graph: Graph, fairness: list[Fair], case: Case) -> None:
        self.graph, self.fairness, self.case = graph, fairness, case
        self._marks = len(case.recur)
        self._early, self._late = self._depths()

    # -- what is seen ------------------------------------------------------------------------------------------------

    def _moves(self, state: int) -> list[Edge]:
        """The edges that the case lets be taken."""
        return [edge for edge in self.graph.edges[state] if self.case.hold(state, edge[1])]

    def _stays(self, state: int) -> bool:
        return self.case.hold(state, state)

    def _sees(self, state: int, label: Label, after: int) -> frozenset[Any]:
        """What a step sees: of `recur` by number, of fairness that it is enabled, or disabled, or taken; the trigger."""
        seen: set[Any] = {("recur", n) for n, test in enumerate(self.case.recur) if test(state, after)}
        for number, fair in enumerate(self.fairness):
            can = bool(fair.labels & self.graph.able[state])
            seen.add(("enabled" if can else "disabled", number))
            if label in fair.labels and state != after:
                seen.add(("taken", number))
        if self.case.trigger(state, after):
            seen.add("trigger")
        return frozenset(seen)

    def _enough(self, seen: frozenset[Any]) -> bool:
        """Whether a loop that sees this is fair and meets what the case wants again and again."""
        if not all(("recur", number) in seen for number in range(self._marks)):
            return False
        for number, fair in enumerate(self.fairness):
            met = ("taken", number) in seen
            met = met or (("enabled", number) not in seen if fair.strong else ("disabled", number) in seen)
            if not met:
                return False
        return True

    # -- stems -------------------------------------------------------------------------------------------------------

    def _depths(self) -> tuple[dict[int, int], dict[int, int]]:
        """For each state the least number of steps to it, and to it with the trigger behind."""
        early: dict[int, int] = {}
        late: dict[int, int] = {}
        waiting = deque((state, False, 0) for state in self.graph.start)
        while waiting:
            state, behind, depth = waiting.popleft()
            known = late if behind else early
            if state in known:
                continue
            known[state] = depth
            for _, after in self.graph.edges[state]:
                if behind:
                    if self.case.hold(state, after):
                        waiting.append((after, True, depth + 1))
                    continue
                waiting.append((after, False, depth + 1))
                if self.case.trigger(state, after) and self.case.hold(state, after) and (depth == 0 or not self.case.initially):
                    waiting.append((after, True, depth + 1))
        return early, late

    # -- the shortest ------------------------------------------------------------------------------------------------

    def shortest(self, limit: int | None = None) -> tuple[int, int] | None:
        """The smallest stem, then the smallest loop, of those that together are no longer than the limit."""
        best: tuple[int, int] | None = None
        for stem, state, need in sorted(self._begins()):
            if best is not None and stem > best[0]:
                break
            most = None if limit is None else limit - stem
            if most is not None and most < 0:
                continue
            loop = self._loop(state, need, most)
            if loop is not None and (best is None or (stem, loop) < best):
                best = stem, loop
        return best

    def _begins(self) -> Iterator[tuple[int, int, str]]:
        """Where a loop may begin: after how many steps, and whether the trigger is still to be seen, or to come first."""
        for state, stem in self._late.items():
            yield stem, state, "nothing"
        for state, stem in self._early.items():
            if not self.case.initially:
                yield stem, state, "trigger"
            elif stem == 0:
                yield stem, state, "trigger first"

    def _loop(self, begin: int, need: str, most: int | None) -> int | None:
        """The length of the shortest loop through a state."""

        def fits(state: int, label: Label, after: int, first: bool) -> bool:
            return not (first and need == "trigger first") or self.case.trigger(state, after)

        def closed(seen: frozenset[Any]) -> bool:
            return self._enough(seen) and (need != "trigger" or "trigger" in seen)

        if self._stays(begin) and fits(begin, None, begin, True) and closed(self._sees(begin, None, begin)):
            return 0
        nothing: frozenset[Any] = frozenset()
        reached = {(begin, nothing)}
        level = [(begin, nothing)]
        length = 0
        while level and (most is None or length < most):
            length += 1
            following = []
            for state, seen in level:
                for label, after in self._moves(state):
                    if not fits(state, label, after, length == 1):
                        continue
                    more = seen | self._sees(state, label, after)
                    if after == begin and closed(more):
                        return length
                    if (after, more) not in reached:
                        reached.add((after, more))
                        following.append((after, more))
            level = following
        return None

    # -- whether there is any ----------------------------------------------------------------------------------------

    def violated(self) -> bool:
        """Whether there is a lasso: by components, and by nested search where that is not too much."""
        found = any(self._fair(part) for part in self._parts(set(self._product())))
        if len(self._product()) * 2 ** len(self.fairness) < 400:
            assert found == self._nested()
        return found

    def _product(self) -> list[int]:
        """The states that are reached with the trigger behind, or may be its own beginning."""
        states = set(self._late)
        for state, depth in self._early.items():
            if self.case.initially and depth:
                continue
            if self.case.trigger(state, state) and self._stays(state):
                states.add(state)
        return sorted(self._closed(states))

    def _closed(self, states: set[int]) -> set[int]:
        waiting, seen = list(states), set(states)
        while waiting:
            for _, after in self._moves(waiting.pop()):
                if after not in seen:
                    seen.add(after)
                    waiting.append(after)
        return seen

    def _parts(self, states: set[int]) -> Iterator[set[int]]:
        """The strongly connected components of the moves among some states, by the plain definition."""
        following = {state: {after for _, after in self._moves(state) if after in states} for state in states}
        before: dict[int, set[int]] = {state: set() for state in states}
        for state, others in following.items():
            for other in others:
                before[other].add(state)
        left = set(states)
        while left:
            one = min(left)
            part = self._reach(one, following, left) & self._reach(one, before, left)
            left -= part
            yield part

    @staticmethod
    def _reach(one: int, following: dict[int, set[int]], among: set[int]) -> set[int]:
        seen, waiting = {one}, [one]
        while waiting:
            for other in following[waiting.pop()] & among:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return seen

    def _fair(self, part: set[int]) -> bool:
        """Whether there is a fair loop in a component: all of it, or what is left without the states that ask for too much."""
        seen: set[Any] = set()
        moves = 0
        for state in part:
            for label, after in self._moves(state):
                if after in part:
                    moves += 1
                    seen |= self._sees(state, label, after)
            if self._stays(state):
                moves += 1
                seen |= self._sees(state, None, state)
        if not moves:
            return False
        if self._enough(frozenset(seen)):
            return True
        starved = {n for n, f in enumerate(self.fairness) if f.strong and ("taken", n) not in seen and ("enabled", n) in seen}
        rest = {s for s in part if not any(self.fairness[n].labels & self.graph.able[s] for n in starved)}
        return bool(starved) and any(self._fair(smaller) for smaller in self._parts(rest))

    def _nested(self) -> bool:
        """Nested depth-first search: the outer one reaches states, the inner one looks for a way back that sees enough."""
        for state in self._product():
            seen: set[tuple[int, frozenset[Any]]] = set()
            waiting: list[tuple[int, frozenset[Any]]] = [(state, frozenset())]
            while waiting:
                at, what = waiting.pop()
                steps = [*self._moves(at), *([(None, at)] if self._stays(at) else [])]
                for label, after in steps:
                    more = what | self._sees(at, label, after)
                    if after == state and self._enough(more):
                        return True
                    if (after, more) not in seen:
                        seen.add((after, more))
                        waiting.append((after, more))
        return False
