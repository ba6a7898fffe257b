"""Which properties of an instance some reachable state falsifies: a short search of its states, then a bounded unrolling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verifier.kernel.properties import Property
from verifier.proof.engines.induction import LockStep
from verifier.proof.engines.outcomes import Open, Violated
from verifier.semantics.ground.path import PathStep
from verifier.semantics.ground.smt import Encoding
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.violations import Violations

STATES = 50_000
"""How many states the search may store."""

STEPS = 5_000_000
"""The budget of each question of the unrolling, in z3's steps; about a second."""

Progress = Callable[[str, str, int], None]
"""Takes what is looked at, by which engine, at which depth."""


@dataclass(frozen=True, slots=True)
class Falsified:
    """Shortest violations by the name of the property; of the others, the steps within which there is none.

    `complete`: all reachable states were seen, so that the others hold in all of them.
    """

    violations: dict[str, Violated]
    depths: dict[str, int]
    complete: bool


def falsified(encoding: Encoding, properties: Sequence[Property], k: int, progress: Progress) -> Falsified:
    """Looks for reachable states that falsify properties: among the first `STATES`, and within `k` steps."""
    from verifier.proof.engines import explicit

    ground = encoding.ground
    if not properties:
        return Falsified({}, {}, False)

    def searched(level: int, states: int) -> None:
        progress(f"{states:,} states", "explicit search", level)

    found = explicit.decide(ground, properties, max_states=STATES, progress=searched)
    violations = {}
    for violation in found.violations:
        path = tuple(PathStep(None if i is None else i.number, codes) for i, codes in violation.path)
        violations[violation.property.name] = Violated(path, None if violation.attempt is None else violation.attempt.number)
    depths = {name: depth for name, depth in found.depths.items() if name not in violations}
    waiting = {p.name: Violations(encoding, monitor(ground, p)) for p in properties if p.name in depths}
    if found.complete or not waiting or min(depths.values()) >= k:
        return Falsified(violations, depths, found.complete)
    engine = LockStep(encoding, induction=False, steps=STEPS, report=lambda name, depth: progress("lemmas", name, depth))
    for name, outcome in engine.run(waiting, k).items():
        if isinstance(outcome, Violated):
            violations[name] = outcome
            del depths[name]
        elif isinstance(outcome, Open):
            depths[name] = max(depths[name], outcome.k)
    return Falsified(violations, depths, False)
