"""Explicit search as a prover, and its samples. numpy is imported when a search begins, not before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.kernel.properties import Property
from verifier.proof.strategy.entries import Report
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.path import PathStep

if TYPE_CHECKING:
    from verifier.proof.engines.statesets import Reached
    from verifier.semantics.ground.columns import Batch

PROBE_STATES = 50_000
EXPLICIT_STATES = 2_000_000
"""How many states explicit search may store: to settle a small scope at once, and as the last resort."""

SAMPLES = 4_000
"""Reachable states on which candidate lemmas are filtered before a solver sees them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the search decided.

    `depths`: for each property, by name, the steps within which its violations were looked for. `initial`: whether an initial
    state was found. `reached` is the set of states; `violations` maps a property's name to its path and attempted instance.
    """

    complete: bool
    initial: bool
    distinct: int
    depths: dict[str, int]
    reached: Reached
    violations: dict[str, tuple[tuple[PathStep, ...], int | None]]


def decide(ground: Ground, properties: Sequence[Property], limit: int | None, report: Report) -> Decision:
    """Searches until every property is violated, all states are seen, or `limit` states are stored."""

    from verifier.proof.engines import explicit

    def progress(level: int, states: int) -> None:
        report.progress(f"{states:,} states", "explicit search", level)

    found = explicit.decide(ground, properties, max_states=limit, progress=progress)
    violations = {}
    for violation in found.violations:
        path = tuple(PathStep(None if i is None else i.number, codes) for i, codes in violation.path)
        violations[violation.property.name] = (path, None if violation.attempt is None else violation.attempt.number)
    return Decision(found.complete, found.generated > 0, found.distinct, found.depths, found.reached, violations)


def never_enabled(ground: Ground, reached: Reached) -> list[str]:
    """The actions that none of the states enables."""
    from verifier.semantics.ground.columns import Program, chunks
    from verifier.semantics.ground.successors import evaluate

    circuit = ground.circuit
    waiting = {
        action.name: circuit.or_(instance.enabled for instance in ground.instances if instance.action is action)
        for action in ground.scope.model.actions
    }
    for part in chunks(reached.states):
        if not waiting:
            break
        found = evaluate(reached.packing, Program(list(waiting.values())), part)
        waiting = {name: node for (name, node), fires in zip(waiting.items(), found, strict=True) if not fires.any()}
    return list(waiting)


def some_initial_state(ground: Ground) -> tuple[int, ...] | None:
    """The codes of an initial state, if one is found without trying too many."""
    from verifier.proof.engines.explicit import TRIES
    from verifier.proof.engines.statesets import TooManyCodes, solutions
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
