"""The commands that run a protocol without a solver: explicit search with its figures, and random simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.proof.engines import explicit
from verifier.proof.engines.search import never_false
from verifier.proof.strategy.dot import dot
from verifier.proof.strategy.entries import Clock, names, versions
from verifier.proof.strategy.requests import ExploreRequest, SimulateRequest, command, head
from verifier.proof.strategy.scopes import parameters
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import finite_scope, parse_settings

if TYPE_CHECKING:
    from verifier.semantics.concrete.machine import Machine
    from verifier.semantics.concrete.simulate import Violation
    from verifier.wire.documents import ExplorationDocument, SimulationDocument, ViolationEntry
    from verifier.wire.events import Emit


def explore(request: ExploreRequest, emit: Emit) -> ExplorationDocument:
    """Counts all reachable states and finds the shortest violation of every property."""
    clock = Clock()
    model = request.protocol.model(request.variant, request.drops)
    if not model.variables:
        raise model.no_state()
    settings = parse_settings(request.settings)
    scope = finite_scope(model, settings)
    ground = Ground(scope)

    def progress(level: int, states: int) -> None:
        emit(
            {
                "event": "progress",
                "text": f"{states:,} states",
                "engine": "explicit search",
                "k": level,
                "distinct": states,
            }
        )

    exploration = explicit.explore(ground, max_states=request.max_states, symmetry=request.symmetry, progress=progress)
    complete = exploration.complete or not exploration.generated
    return {
        "schema": "verify.explore/1",
        **head(model),
        "parameters": parameters(scope, settings),
        "versions": versions("numpy"),
        "distinct": exploration.distinct,
        "generated": exploration.generated,
        "diameter": exploration.diameter,
        "orbits": exploration.orbits,
        "orbits_reason": exploration.orbits_reason,
        "complete": complete,
        "stopped": None if complete else "memory" if exploration.full else "states",
        "peak_bytes": exploration.peak_bytes,
        "seconds": clock.seconds,
        "violations": [
            {
                "property": names(violation.property)["name"],
                "published_name": violation.property.name,
                "steps": violation.steps,
            }
            for violation in exploration.violations
        ],
        "actions": [
            {"action": name, "fired": figures.fired, "new": figures.new} for name, figures in exploration.actions.items()
        ],
        "never_false": [] if exploration.full else never_false(ground, exploration.reached),
        "dot": dot(ground, exploration) if request.dot else None,
        "ended": "complete",
    }


def simulate(request: SimulateRequest, emit: Emit) -> SimulationDocument:
    """Runs the protocol at random; every violation met is shortened and replayed."""
    from verifier.catalog.digest import digest
    from verifier.semantics.concrete.machine import Machine
    from verifier.semantics.concrete.simulate import simulate as run

    clock = Clock()
    model = request.protocol.model(request.variant, request.drops)
    if not model.variables:
        raise model.no_state()
    settings = parse_settings(request.settings)
    scope = finite_scope(model, settings)
    machine = Machine(scope)

    def progress(done: int) -> None:
        emit({"event": "progress", "text": f"run {done}", "engine": "simulation", "k": None, "runs": done})

    violations = run(
        machine,
        runs=request.runs,
        depth=request.depth,
        seed=request.seed,
        digest=digest(model.protocol),
        progress=progress,
    )
    return {
        "schema": "verify.simulate/1",
        **head(model),
        "parameters": parameters(scope, settings),
        "versions": versions(),
        "runs": request.runs,
        "depth": request.depth,
        "seed": request.seed,
        "seconds": clock.seconds,
        "violations": [_met(request, machine, violation) for violation in violations],
        "ended": "complete",
    }


def _met(request: SimulateRequest, machine: Machine, violation: Violation) -> ViolationEntry:
    """A violation that a random run met."""
    from verifier.evidence.itf import to_itf
    from verifier.kernel.describing import stated

    prop = violation.prop
    called, lines = names(prop), list(violation.explanation)
    trace = to_itf(violation.trace, machine, explanation=lines)
    shown = trace["#meta"]["command"] = command(request, property=called["name"])
    return {
        "property": called["name"],
        "published_name": called["published_name"],
        "steps": violation.trace.length,
        "trace": trace,
        "explanation": lines,
        **stated(prop, request.protocol),
        "command": shown,
    }
