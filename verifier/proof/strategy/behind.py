"""Searches the states after steps that leave a range for violations of properties proved for all states within their ranges.

A proof at a finite scope says nothing about states that cannot be stored; where no range is left, there are none. Where one is, a
property that is false in the state after such a step, or of the step, is violated, and the other properties are not proved.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.proof.engines.engine import Budget, Decided, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import Lockstep
from verifier.proof.engines.search import PROBE_STATES, ExplicitSearch
from verifier.proof.strategy.ledger import Ledger
from verifier.proof.strategy.requests import ProveRequest


def violated_behind(task: FiniteTask, ledger: Ledger, request: ProveRequest) -> Iterator[Decided]:
    """Shortest violations of the proofs that rest on ranges: by a search, if the states are few, else within `k` steps."""
    waiting = {name: result for name, (result, _) in ledger.resting.items()}
    asked = FiniteTask(task.ground, waiting, lambda: dict(waiting), learning=False)
    for engine, budget in (
        (ExplicitSearch(), Budget(states=PROBE_STATES)),
        (Lockstep(induction=False), Budget(depth=request.k)),
    ):
        if isinstance(engine, ExplicitSearch) and request.engine != "auto":
            continue
        for event in engine.run(asked, budget):
            match event:
                case Decided(name, Violated()):
                    del waiting[name]
                    yield event
                case Decided(name, Proved()):
                    # No such step leads to a violation.
                    del waiting[name]
                case Decided():
                    pass
                case _:
                    ledger.report.progress("ranges", event.engine, event.depth)
        if not waiting:
            return
