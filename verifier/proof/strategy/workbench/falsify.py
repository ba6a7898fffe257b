"""Which properties of an instance some reachable state falsifies: a short search of its states, then a bounded unrolling."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verifier.kernel.properties import Property
from verifier.proof.engines.engine import Budget, Decided, Event, Open, Progress, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.search import ExplicitSearch
from verifier.proof.strategy.errors import Inconsistency
from verifier.proof.strategy.traces import Counterexample, Replayer
from verifier.proof.strategy.workbench.findings import Found
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.path import Path
from verifier.semantics.obligations.statements import Statement

if TYPE_CHECKING:
    from verifier.semantics.ground.smt import Encoding

STATES = 50_000
"""How many states the search may store."""

STEPS = 5_000_000
"""The budget of each question of the unrolling, in z3's steps; about a second."""

Tell = Callable[[str, str, int], None]
"""Receives the subject of the search, the engine, and the depth."""


@dataclass(frozen=True, slots=True)
class Falsified:
    """Shortest violations by the name of the property; of the others, the steps within which there is none.

    `complete`: all reachable states were seen, so that the others hold in all of them.
    """

    violations: dict[str, Path]
    depths: dict[str, int]
    complete: bool


def falsified(
    ground: Ground, properties: Sequence[Property], k: int, progress: Tell, encoding: Callable[[], Encoding] | None
) -> Falsified:
    """Looks for reachable states that falsify properties: among the first ones, and within `k` steps if there is a solver."""
    if not properties:
        return Falsified({}, {}, False)
    open_ = {result.name: result for result in properties}
    task = FiniteTask(ground, open_, lambda: dict(open_), learning=False)
    violations: dict[str, Path] = {}
    depths = dict.fromkeys(open_, -1)

    def take(events: Iterator[Event]) -> None:
        for event in events:
            match event:
                case Progress(engine, depth, about):
                    progress(about or "lemmas", engine, depth)
                case Decided(name, Violated(path)):
                    violations[name] = path
                    del open_[name], depths[name]
                case Decided(name, Proved(evidence)):
                    depths[name] = max(depths[name], evidence.k)
                case Decided(name, Open(depth)):
                    depths[name] = max(depths[name], depth)

    take(ExplicitSearch().run(task, Budget(states=STATES)))
    complete = task.explored is not None and task.explored.complete
    if not complete and encoding is not None and depths and min(depths.values()) < k:
        from verifier.proof.engines.induction import Lockstep

        task.encoding = encoding()
        take(Lockstep(induction=False).run(task, Budget(depth=k, steps=STEPS)))
    return Falsified(violations, depths, complete)


def traced(replayer: Replayer, prop: Property, path: Path, scope: str) -> Counterexample:
    """The trace of a path that falsifies a property, re-executed."""
    trace = replayer.trace(prop, path, shortest=scope == "published", scope=scope)
    if trace is None:
        raise Inconsistency(f"the counterexample to {prop.name} does not replay: {replayer.failure}")
    return trace


def false(replayer: Replayer, one: Statement, path: Path, sizes: Mapping[str, Any], scope: str) -> Found:
    """A statement that is false at the end of a path, with the part that is."""
    trace = traced(replayer, one.whole, path, scope)
    end = trace.trace.steps[-1].state
    part = next((part for part in one.parts if not replayer.machine.holds(part, end)), one.parts[0])
    return Found(part, "false", trace=trace, sizes=sizes)
