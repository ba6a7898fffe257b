"""Which properties of an instance some reachable state falsifies: a short search of its states, then a bounded unrolling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verifier.kernel.properties import Property
from verifier.proof.engines.engine import Decided, Open, Progress, Violated
from verifier.proof.strategy.errors import InternalError
from verifier.proof.strategy.traces import Counterexample, Replayer
from verifier.proof.strategy.workbench.findings import Found
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.path import Path
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.statements import Statement
from verifier.semantics.obligations.violations import Violations

if TYPE_CHECKING:
    from verifier.semantics.ground.smt import Encoding

STATES = 50_000
"""How many states the search may store."""

LEVELS = 200
"""How many steps the search may go: a level costs something however few states it has."""

STEPS = 5_000_000
"""The budget of each question of the unrolling, in z3's steps; about a second."""

Tell = Callable[[str, str, int], None]
"""Takes what is looked at, by which engine, at which depth."""


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
    from verifier.proof.engines import explicit

    if not properties:
        return Falsified({}, {}, False)
    search = explicit.Search(ground, properties, STATES)
    for level, states in search.run(stop=True):
        progress(f"{states:,} states", "explicit search", level)
        if level > LEVELS:
            search.complete = False
            break
    found = search.result()
    violations = {violation.property.name: violation.path for violation in found.violations}
    depths = {name: depth for name, depth in found.depths.items() if name not in violations}
    if found.complete or encoding is None or not depths or min(depths.values()) >= k:
        return Falsified(violations, depths, found.complete)
    from verifier.proof.engines.induction import LockStep

    asked = encoding()
    waiting = {p.name: Violations(asked, monitor(ground, p)) for p in properties if p.name in depths}
    for event in LockStep(asked, induction=False, steps=STEPS).run(waiting, k):
        match event:
            case Progress(engine, depth):
                progress("lemmas", engine, depth)
            case Decided(name, Violated(path)):
                violations[name] = path
                del depths[name]
            case Decided(name, Open(depth)):
                depths[name] = max(depths[name], depth)
    return Falsified(violations, depths, False)


def traced(replayer: Replayer, found: Property, path: Path, scope: str) -> Counterexample:
    """The trace of a path that falsifies a property, re-executed."""
    trace = replayer.trace(found, path, shortest=scope == "published", scope=scope)
    if trace is None:
        raise InternalError(f"the counterexample to {found.name} does not replay: {replayer.failure}")
    return trace


def false(replayer: Replayer, one: Statement, path: Path, sizes: Mapping[str, Any], scope: str) -> Found:
    """A statement that is false at the end of a path, with the part that is."""
    trace = traced(replayer, one.whole, path, scope)
    end = trace.trace.steps[-1].state
    part = next((part for part in one.parts if not replayer.machine.holds(part, end)), one.parts[0])
    return Found(part, "false", trace=trace, sizes=sizes)
