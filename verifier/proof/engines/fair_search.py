"""Explicit search for fair lassos: a liveness property is decided by the graph of all reachable states.

A behaviour that violates it ends in a strongly connected component in which it can be fair, or stays in one state forever. If
there is none after a trigger, in no case, the property holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from verifier.proof.engines.cycles import Distances, Loops
from verifier.proof.engines.engine import Budget, Decided, Event, Open, Progress, Proved, Violated
from verifier.proof.engines.explicit import Search
from verifier.proof.engines.fairness import Goal, fair_components, fair_goal, recurring, stays_fair
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.graphs import MOST_STEPS, NONE, Graph, TooManySteps
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import Array, Program, chunks
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.liveness import Case, Liveness, liveness, reads_next
from verifier.semantics.ground.path import Path, PathStep
from verifier.semantics.ground.states import Bools
from verifier.semantics.ground.successors import evaluate
from verifier.semantics.obligations.monitor import Monitor
from verifier.semantics.obligations.proof import Proof, Searched

if TYPE_CHECKING:
    from verifier.proof.engines.statesets import Reached

MOST_LOOPS = 2_000
"""For how many states with a shortest stem a shortest loop is searched for."""


class FairSearch:
    """Searches all states, then searches for fair components; see `Engine`."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Decides the properties asked for."""
        wanted = [liveness(task.ground, prop) for prop in task.asked().values() if prop.kind == "liveness"]
        search = Search(task.ground, [], budget.states)
        for level, states in search.run(stop=False):
            yield Progress("fair search", level, f"{states:,} states")
        exploration = search.result()
        reason = None if exploration.complete else f"explicit search stopped at {exploration.distinct:,} states"
        try:
            graph = None if reason else States(task.ground, exploration.reached, wanted)
        except TooManySteps:
            graph, reason = None, f"the states have more than {MOST_STEPS:,} steps"
        depth, no = exploration.diameter - 1, task.ground.circuit.false
        searched = Searched(replace(exploration, depths={form.property.name: depth for form in wanted}))
        for form in wanted:
            name = form.property.name
            yield Progress("fair cycles", depth, form.property.short or name)
            if graph is None:
                yield Decided(name, Open(-1, reason))
                continue
            lasso = graph.shortest_lasso(form)
            if lasso is None:
                proof = Proof(Monitor(form.property, no, no, no, no, 0), "exhaustive", depth, search=searched)
                yield Decided(name, Proved(proof))
            else:
                yield Decided(name, Violated(graph.path(lasso), shortest=lasso.shortest))


class States:
    """All states of a ground, in which lassos that violate some liveness properties are searched for."""

    def __init__(self, ground: Ground, reached: Reached, forms: Sequence[Liveness]) -> None:
        self._reached = reached
        self._graph = Graph(ground, reached, nodes_of(forms))
        program = Program([ground.initial])
        parts = [evaluate(reached.packing, program, part)[0] for part in chunks(reached.states)]
        self._starts = np.flatnonzero(np.concatenate(parts)) if parts else np.empty(0, np.int64)

    def shortest_lasso(self, form: Liveness) -> Lasso | None:
        """A lasso that violates a property: one with a shortest stem, of those one with a shortest loop; None: none does."""
        graph = self._graph
        fair = [fair_goal(graph, condition) for condition in form.fairness]
        parts = [part for case in form.cases for part in _parts(graph, case, fair, self._starts)]
        stem = min((part.stem for part in parts), default=NONE)
        best: Lasso | None = None
        for part in parts:
            if part.stem == stem != NONE:
                best = _shortest_loop(graph, part, stem, best) or best
            if best is not None and not best.loop:
                break
        return best

    def has_lasso(self, form: Liveness) -> bool:
        """Whether a lasso violates a property."""
        fair = [fair_goal(self._graph, condition) for condition in form.fairness]
        return any(part.stem != NONE for case in form.cases for part in _parts(self._graph, case, fair, self._starts))

    def path(self, lasso: Lasso) -> Path:
        """A lasso as a path through the ground; an empty loop is one at the last state."""
        graph, steps = self._graph, [*lasso.stem, *lasso.loop]
        nodes = [lasso.start, *(int(graph.target[step]) for step in steps)]
        instances = [None, *(int(graph.instance[step]) for step in steps)]
        codes = self._reached.packing.codes(self._reached.states[np.array(nodes)])
        path = tuple(PathStep(instance, code) for instance, code in zip(instances, codes, strict=True))
        return Path(path, loop=len(lasso.stem))


def nodes_of(forms: Sequence[Liveness]) -> list[Node]:
    """All nodes over states and steps in the cases and conditions of some properties."""
    nodes = []
    for form in forms:
        for case in form.cases:
            nodes += [case.trigger, case.hold, *case.recur]
        nodes += [condition.enabled for condition in form.fairness]
    return nodes


@dataclass(frozen=True, slots=True)
class Lasso:
    """A lasso in a graph: its first node, the steps of its stem, those of its loop; `shortest` unless that is not known."""

    start: int
    stem: list[int]
    loop: list[int]
    shortest: bool


@dataclass(eq=False)
class _Part:
    """One way to violate a case: the trigger is passed before the loop (`passed`), or in the loop itself."""

    distances: Distances
    passed: bool
    inside: Bools
    allowed: Bools
    goals: list[Goal]
    component: Array
    stays: Bools
    lengths: Array = field(init=False)

    def __post_init__(self) -> None:
        self.lengths = self.distances.behind if self.passed else self.distances.before

    @property
    def stem(self) -> int:
        """The length of a shortest stem; `NONE` if there is no lasso."""
        fair = (self.component >= 0) | self.stays
        return int(self.lengths[fair].min(initial=NONE))


def _parts(graph: Graph, case: Case, fair: list[Goal], starts: Array) -> Iterator[_Part]:
    every_step = np.ones(len(graph.source), np.bool_)
    inside = np.ones(graph.count, np.bool_)
    allowed = every_step
    if reads_next(case.hold):
        allowed = graph.of_steps[case.hold.index]
    else:
        inside = graph.of_states[case.hold.index]
    by_step = reads_next(case.trigger)
    switch = None if by_step else graph.of_states[case.trigger.index]
    switches = graph.of_steps[case.trigger.index] if by_step else None
    distances = Distances(graph, starts, switch, switches, inside, allowed, initially=case.initially)
    goals = [*(recurring(graph, node) for node in case.recur), *fair]
    behind = inside & (distances.behind != NONE)
    if behind.any():
        yield _part(graph, distances, True, behind, allowed, goals)
    if not case.initially and case.trigger.op != "const":
        yield _part(graph, distances, False, inside, allowed, [recurring(graph, case.trigger), *goals])


def _part(
    graph: Graph, distances: Distances, passed: bool, inside: Bools, allowed: Bools, goals: list[Goal]
) -> _Part:
    component = fair_components(graph, inside, allowed, goals)
    return _Part(distances, passed, inside, allowed, goals, component, stays_fair(graph, inside, goals))


def _shortest_loop(graph: Graph, part: _Part, stem: int, best: Lasso | None) -> Lasso | None:
    """A lasso of a stem of this length whose loop is shorter than that of the best one known; None if there is none."""
    staying = np.flatnonzero(part.stays & (part.lengths == stem))
    if len(staying):
        return Lasso(*part.distances.path(int(staying[0]), passed=part.passed), [], True)
    nodes = np.flatnonzero((part.component >= 0) & (part.lengths == stem))
    loops = Loops(graph, part.inside, part.allowed, part.goals)
    found: tuple[int, list[int]] | None = None
    most = None if best is None else len(best.loop)
    for node in nodes[:MOST_LOOPS]:
        loop = loops.shortest(int(node), most) if loops.exact else None
        if loop is not None:
            found, most = (int(node), loop), len(loop)
        if most == 2:
            break
    if found is None and not loops.exact and best is None:
        node = int(nodes[0])
        found = node, loops.some(node, part.component == part.component[node])
    if found is None:
        return None
    shortest = loops.exact and len(nodes) <= MOST_LOOPS
    return Lasso(*part.distances.path(found[0], passed=part.passed), found[1], shortest)
