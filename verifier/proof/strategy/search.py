"""Explicit search, with its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.kernel.describing import stated
from verifier.proof.engines import explicit
from verifier.proof.engines.search import never_false
from verifier.proof.strategy.dot import dot
from verifier.proof.strategy.entries import Clock, names, versions
from verifier.proof.strategy.requests import ExploreRequest, command, head
from verifier.proof.strategy.scopes import parameters
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import finite_scope, parse_settings

if TYPE_CHECKING:
    from verifier.wire.events import Emit
    from verifier.wire.searches import ExplorationDocument


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
                **stated(violation.property, request.protocol),
                "command": command(request, property=names(violation.property)["name"]),
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
