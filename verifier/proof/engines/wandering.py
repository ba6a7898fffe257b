"""Random walks to deep violations, many side by side; the violations that they meet are shortened.

Each walk prefers some actions and arguments to others, by weights that are drawn for it, and again now and then on its way. So
one process stalls for a long time while others go on, which by equal chances hardly happens. The same walks every time. Sources:
S. Burckhardt et al., A randomized scheduler with probabilistic guarantees of finding bugs, ASPLOS 2010; A. Groce et al., Swarm
testing, ISSTA 2012; A. Zeller, R. Hildebrandt, Simplifying and isolating failure-inducing input, TSE 2002.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.sampling import some_initial
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import Array, Program
from verifier.semantics.ground.evaluate import Evaluator, successor
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.path import Path, PathStep
from verifier.semantics.ground.states import States, joined
from verifier.semantics.ground.successors import After, Expansion, Successors, evaluate

Codes = tuple[int, ...]

WALKERS, LONGEST, STARTS = 1_024, 120, 1_000
"""Walks side by side; steps after which one starts again; initial states that are drawn from."""

MORE = 30
"""Rounds in which shorter walks are searched for once there is one to each violation that was asked for."""

SPREAD, CHANGES = 2.5, 0.04
"""How far apart the logarithms of weights are, and how often in a step they are drawn again."""


class Walks:
    """Walks through a ground model until they meet states in which `nodes` hold; the result is a trace for each node met."""

    def __init__(self, ground: Ground, nodes: Sequence[Node], *, tries: int) -> None:
        self._packing = Packing(ground.layout)
        self._random = np.random.default_rng(0)
        self._starts = some_initial(self._packing, ground, STARTS, tries)
        self._successors = Successors(ground, self._packing)
        self._checks = Program([ground.constraint, *nodes])
        groups: dict[object, int] = {}
        #: For each instance the groups whose weights it has: its action, and its arguments.
        self._groups = [
            [groups.setdefault(key, len(groups)) for key in (one.action.name, *one.arguments.items())]
            for one in self._successors.instances
        ]
        self._weights = self._drawn(WALKERS, len(groups))

    def _drawn(self, rows: int, groups: int) -> Array:
        return self._random.normal(0.0, SPREAD, (rows, groups))

    def run(self, rounds: int) -> Iterator[tuple[int, Codes, list[int]] | None]:
        """The place of a node that holds at the end of a walk, the codes of its first state, the numbers of its instances; None
        before each round.
        """
        if not len(self._starts):
            return
        start = self._random.choice(len(self._starts), WALKERS)
        current, length = self._starts[start], np.zeros(WALKERS, np.int64)
        history = np.zeros((WALKERS, LONGEST), np.int64)
        for _ in range(rounds):
            yield None
            inside, *bad = evaluate(self._packing, self._checks, current)
            for place, holds in enumerate(bad):
                for row in np.flatnonzero(holds)[:1]:
                    [codes] = self._packing.codes(self._starts[start[row : row + 1]])
                    yield place, codes, [int(number) for number in history[row, : length[row]]]
            expansion = self._successors.expand(current)
            chosen = self._choose(expansion, inside & (length < LONGEST))
            again = np.flatnonzero(chosen < 0)
            start[again] = self._random.choice(len(self._starts), len(again))
            length[again] = 0
            going = np.flatnonzero(chosen >= 0)
            history[going, length[going]] = [self._successors.instances[place].number for place in chosen[going]]
            length[going] += 1
            changed = np.union1d(again, np.flatnonzero(self._random.random(WALKERS) < CHANGES))
            self._weights[changed] = self._drawn(len(changed), self._weights.shape[1])
            current = self._moved(expansion, chosen, self._starts[start[again]], again)

    def _choose(self, expansion: Expansion, going: Array) -> Array:
        """For each walk the place of the instance that it fires; -1 if there is none."""
        best, chosen = np.full(WALKERS, -np.inf), np.full(WALKERS, -1)

        def ask(place: int, rows: Array) -> Array:
            rows = rows[going[rows]]
            weights = sum(self._weights[rows, group] for group in self._groups[place])
            score = weights + self._random.gumbel(size=len(rows))
            better = score > best[rows]
            best[rows[better]], chosen[rows[better]] = score[better], place
            return rows[:0]

        for _ in expansion.wanted(ask):
            pass
        return chosen

    def _moved(self, expansion: Expansion, chosen: Array, fresh: States, again: Array) -> States:
        parts, rows = [fresh], [again]
        for step in expansion.wanted(lambda place, fires: fires[chosen[fires] == place]):
            parts.append(step.states)
            rows.append(step.rows)
        return joined(parts)[np.argsort(np.concatenate(rows))]


def met(task: FiniteTask, names: Sequence[str], rounds: int, tries: int) -> Iterator[tuple[str, Path]]:
    """Violations of properties of states and steps that random walks meet, made shorter."""
    ground = task.ground
    ends = [_end(task, name) for name in names]
    waiting: dict[int, tuple[Codes, list[int]]] = {}
    patience = MORE
    for walked in Walks(ground, ends, tries=tries).run(rounds):
        if walked is None:
            patience -= len(waiting) == len(ends)
            if not patience:
                break
            continue
        place, start, numbers = walked
        if place not in waiting or len(numbers) < len(waiting[place][1]):
            waiting[place] = start, numbers
    for place, (start, numbers) in sorted(waiting.items()):
        states, numbers = shortened(ground, ends[place], start, numbers)
        steps = [PathStep(None, start), *map(PathStep, numbers, states[1:])]
        last = _last(task, names[place], states[-1])
        yield names[place], Path((*steps, *([] if last is None else [last])))


def _end(task: FiniteTask, name: str) -> Node:
    """A state violates a property, or has a step that does."""
    ground, watched = task.ground, task.monitor(task.open[name])
    circuit, parts = ground.circuit, [watched.bad_state]
    if watched.bad_step is not circuit.false:
        following = After(ground, [watched.bad_step])
        for instance in ground.instances:
            [bad] = following.of(instance)
            parts.append(circuit.and_((ground.constraint, instance.storable, bad)))
    return circuit.or_(parts)


def _last(task: FiniteTask, name: str, codes: Codes) -> PathStep | None:
    """The step out of a state that violates a property, if the state does not."""
    watched = task.monitor(task.open[name])
    if Evaluator(codes).holds(watched.bad_state):
        return None
    for instance in task.ground.instances:
        new = successor(instance, codes)
        if new is not None and Evaluator(codes, new).holds(watched.bad_step):
            return PathStep(instance.number, new)
    raise RuntimeError(f"no instance accounts for the violation of {name}")


def shortened(ground: Ground, end: Node, start: Codes, numbers: list[int]) -> tuple[list[Codes], list[int]]:
    """A trace without the steps that it does not need: its states, and the numbers of its instances. In its last state, and in no
    state before, `end` holds.
    """
    states = _executed(ground, end, start, numbers)
    assert states is not None
    numbers, size = numbers[: len(states) - 1], max(1, len(numbers) // 2)
    while True:
        place, before = 0, len(numbers)
        while place < len(numbers):
            rest = numbers[place + size :]
            tail = _executed(ground, end, states[place], rest)
            if tail is None:
                place += 1
            else:
                states, numbers = [*states[:place], *tail], [*numbers[:place], *rest[: len(tail) - 1]]
        if size == 1 and len(numbers) == before:
            return states, numbers
        size = max(1, size // 2)


def _executed(ground: Ground, end: Node, start: Codes, numbers: Sequence[int]) -> list[Codes] | None:
    """The states of a trace up to the first in which `end` holds; None if it does not get there."""
    states = [start]
    for number in numbers:
        at = Evaluator(states[-1])
        if at.holds(end):
            return states
        new = successor(ground.instances[number], states[-1]) if at.holds(ground.constraint) else None
        if new is None:
            return None
        states.append(new)
    return states if Evaluator(states[-1]).holds(end) else None
