"""Which properties of an instance some reachable state falsifies: a short search of its states, then a bounded unrolling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verifier.kernel.properties import Property
from verifier.proof.engines.engine import Budget, Decided, Open, Progress, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import Lockstep
from verifier.proof.engines.search import ExplicitSearch
from verifier.semantics.ground.smt import Encoding

STATES = 50_000
"""How many states the search may store."""

STEPS = 5_000_000
"""The budget of each question of the unrolling, in z3's steps; about a second."""

Tell = Callable[[str, str, int], None]
"""Takes what is looked at, by which engine, at which depth."""


@dataclass(frozen=True, slots=True)
class Falsified:
    """Shortest violations by the name of the property; of the others, the steps within which there is none.

    `complete`: all reachable states were seen, so that the others hold in all of them.
    """

    violations: dict[str, Violated]
    depths: dict[str, int]
    complete: bool


def falsified(encoding: Encoding, properties: Sequence[Property], k: int, progress: Tell) -> Falsified:
    """Looks for reachable states that falsify properties: among the first `STATES`, and within `k` steps."""
    if not properties:
        return Falsified({}, {}, False)
    open_ = {found.name: found for found in properties}
    task = FiniteTask.of(encoding, open_)
    violations: dict[str, Violated] = {}
    depths = dict.fromkeys(open_, -1)
    for engine, budget in (
        (ExplicitSearch(), Budget(states=STATES)),
        (Lockstep(induction=False), Budget(depth=k, steps=STEPS)),
    ):
        for event in engine.run(task, budget):
            match event:
                case Progress():
                    progress(event.about or "lemmas", event.engine, event.depth)
                case Decided(name, Violated() as violated):
                    violations[name] = violated
                    del open_[name], depths[name]
                case Decided(name, Proved(evidence)):
                    depths[name] = max(depths[name], evidence.k)
                case Decided(name, Open(depth)):
                    depths[name] = max(depths[name], depth)
        complete = task.explored is not None and task.explored.complete
        if complete or not depths or min(depths.values()) >= k:
            return Falsified(violations, depths, complete)
    return Falsified(violations, depths, False)
