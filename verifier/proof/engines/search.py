"""Explicit search as an engine, and its samples. numpy is imported when a search begins, not before."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from verifier.proof.engines.engine import Budget, Decided, Event, Open, Progress, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.proof import Proof, Searched

if TYPE_CHECKING:
    from verifier.proof.engines.statesets import Reached
    from verifier.semantics.ground.columns import Batch

QUICK_STATES = 10_000
"""How many states are searched for violations before lemmas are inferred; a tenth of a second."""

PROBE_STATES = 50_000
EXPLICIT_STATES = 2_000_000
"""How many states explicit search may store: to settle a small scope at once, and before engines without a limit."""

STATES_ROOM = 1 << 30
"""The bytes that the states of a search may occupy where no limit of memory is given: 64 million states of one word."""

SHARE = 0.5
"""The part of the limits of memory and time that a search takes for its states, and of the time that is left."""

LEVELS, LEVEL_COST = 200, 1_000
"""How many levels a search with a limit may always have, and how many states one more level counts as: a level with few states
takes as long as one with a thousand.
"""

SAMPLES = 4_000
"""Reachable states on which candidate lemmas are filtered before a solver sees them."""


class ExplicitSearch:
    """Searches until every property that is asked for is violated, all states are seen, or those of the budget are stored.

    The task keeps the result of the last search.
    """

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Decides the properties asked for; see `Engine`."""
        from verifier.proof.engines.explicit import Search

        wanted = dict(task.asked())
        search = Search(task.ground, list(wanted.values()), budget.states)
        deepest = None if budget.states is None else max(LEVELS, budget.states // LEVEL_COST)
        stopped = _Stop(budget)
        why = ""
        for level, states in search.run(stop=True):
            yield Progress("explicit search", level, f"{states:,} states")
            why = stopped.why(search.seen.nbytes)
            if why or (deepest is not None and level > deepest):
                search.complete = False
                break
        exploration = task.explored = search.result()
        searched = Searched(exploration)
        paths = {violation.property.name: violation.path for violation in exploration.violations}
        for name, one in wanted.items():
            if name in paths:
                yield Decided(name, Violated(paths[name]))
            elif exploration.complete:
                proof = Proof(task.monitor(one), "exhaustive", exploration.depths[name], search=searched)
                yield Decided(name, Proved(proof))
            else:
                where = f"at {exploration.distinct:,} states{', before memory ran out' if exploration.full else why}"
                yield Decided(name, Open(exploration.depths[name], f"explicit search stopped {where}"))


class _Stop:
    """The limits of a search besides the number of its states, from now on."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._began, self._processor = time.monotonic(), time.process_time()

    def why(self, size: int) -> str:
        """The reason to stop at states that occupy so many bytes, as the end of a sentence; empty if there is none."""
        budget = self._budget
        if budget.room is not None and size > budget.room:
            return f", which occupy {size >> 20:,} MB"
        if budget.seconds is not None and time.monotonic() - self._began > budget.seconds:
            return ", before the time limit"
        if budget.processor is not None and time.process_time() - self._processor > budget.processor:
            return ", before the limit of processor time"
        return ""


def all_states(deadline: float | None, processor: float | None) -> Budget:
    """The budget of a search that takes what limits allow.

    They are a `deadline` on the monotonic clock and `processor` seconds of the process, besides its limit of memory.
    """
    limit = resource.getrlimit(resource.RLIMIT_RSS)[0]
    return Budget(
        room=STATES_ROOM if limit == resource.RLIM_INFINITY else int(SHARE * limit),
        seconds=None if deadline is None else SHARE * (deadline - time.monotonic()),
        processor=None if processor is None else SHARE * (processor - time.process_time()),
    )


class QuickSearch:
    """A search of few states for violations alone: proofs are left to engines whose proofs say more."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Finds violations in few steps; see `Engine`. The task keeps nothing of it."""
        before = task.explored
        for event in ExplicitSearch().run(task, budget):
            if not isinstance(event, Decided) or isinstance(event.outcome, Violated):
                yield event
        task.explored = before


class RandomWalks:
    """Random walks to violations deeper than all states that could be searched.

    A trace that it meets need not be a shortest one. Where unrolling to `budget.depth` may find a shorter one, nothing is said.
    """

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Finds violations of states and steps; see `Engine`."""
        from verifier.proof.engines.explicit import TRIES
        from verifier.proof.engines.solutions import TooManyCodes
        from verifier.proof.engines.wandering import WALKERS, met

        asked = task.asked()
        names = [name for name, prop in asked.items() if prop.kind in ("state", "action")]
        if not names:
            return
        yield Progress("random walks", 0)
        try:
            found = list(met(task, names, (budget.states or 0) // WALKERS, TRIES))
        except TooManyCodes:
            return
        for name, path in found:
            cleared = -1 if task.explored is None else task.explored.depths.get(name, -1)
            steps = len(path.steps) - 1
            if steps <= cleared + 1 or steps > budget.depth:
                yield Decided(name, Violated(path, shortest=steps <= cleared + 1))


def never_enabled(ground: Ground, reached: Reached) -> list[str]:
    """The actions that none of the states enables."""
    enabled: dict[str, list[Node]] = {action.name: [] for action in ground.scope.model.actions}
    for instance in ground.instances:
        enabled[instance.action.name].append(instance.enabled)
    return never_satisfied(enabled, reached)


def never_false(ground: Ground, reached: Reached) -> list[str]:
    """The guards, as `ACTION.GUARD`, that hold in each of the states, whatever the arguments of the action."""
    fails: dict[str, list[Node]] = {}
    for instance in ground.instances:
        for name, node in instance.guards:
            fails.setdefault(f"{instance.action.name}.{name}", []).append(ground.circuit.not_(node))
    return never_satisfied(fails, reached) if len(reached) else []


def never_satisfied(named: Mapping[str, Sequence[Node]], reached: Reached) -> list[str]:
    """The names none of whose nodes holds in any of the states."""
    from verifier.semantics.ground.columns import Program, chunks
    from verifier.semantics.ground.successors import evaluate

    waiting = dict(named)
    nodes: list[tuple[str, Node]] = []
    program = Program([])
    for part in (part for states in reached.parts for part in chunks(states)):
        if {name for name, _ in nodes} != waiting.keys():
            nodes = [(name, node) for name, nodes in waiting.items() for node in nodes]
            program = Program([node for _, node in nodes])
        result = evaluate(reached.packing, program, part) if nodes else []
        for (name, _), holds in zip(nodes, result, strict=True):
            if holds.any():
                waiting.pop(name, None)
    return list(waiting)


def some_initial_state(ground: Ground) -> tuple[int, ...] | None:
    """The codes of an initial state, if one is found without trying too many."""
    from verifier.proof.engines.explicit import TRIES
    from verifier.proof.engines.solutions import TooManyCodes, solutions
    from verifier.semantics.ground.packing import Packing

    packing = Packing(ground.layout)
    try:
        states = next(solutions(packing, ground.initial, tries=TRIES), None)
    except TooManyCodes:
        return None
    return None if states is None else packing.codes(states[:1])[0]


def samples(ground: Ground) -> Batch:
    """Reachable states, found by random walks."""
    from verifier.proof.engines.sampling import sample

    return sample(ground, SAMPLES).batch()
