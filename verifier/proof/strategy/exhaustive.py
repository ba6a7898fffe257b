"""Explicit search as a prover: decides what induction left open, or says how many states it saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verifier.kernel.properties import Property
from verifier.proof.engines import explicit
from verifier.proof.strategy.entries import Report
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smt import PathStep


@dataclass(frozen=True, slots=True)
class Decision:
    """What the search decided. `digest` is that of the set of states, whatever their order; `violations` maps a property's name to its path and attempted instance."""

    complete: bool
    distinct: int
    diameter: int
    digest: str
    violations: dict[str, tuple[tuple[PathStep, ...], int | None]]


def decide(
    ground: Ground, properties: Sequence[Property], observed: Sequence[Property], limit: int | None, report: Report
) -> Decision:
    """Searches until every property is violated, all states are seen, or `limit` states are stored."""

    def progress(level: int, states: int) -> None:
        report.progress(f"{states:,} states", "explicit search", level)

    found = explicit.decide(ground, properties, observed=observed, max_states=limit, progress=progress)
    violations = {}
    for violation in found.violations:
        path = tuple(PathStep(None if i is None else i.number, codes) for i, codes in violation.path)
        violations[violation.property.name] = (path, None if violation.attempt is None else violation.attempt.number)
    return Decision(found.complete, found.distinct, found.diameter, found.reached.digest(), violations)
