"""IC3 as an engine. Its modules are imported when it runs, not before."""

from __future__ import annotations

from collections.abc import Iterator

from verifier.proof.engines.engine import Budget, Event
from verifier.proof.engines.finite import FiniteTask


class Pdr:
    """Decides the properties that are asked for, whatever the depth; with `budget.steps` it gives up after that many questions.
    """

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """See `Engine`."""
        from verifier.proof.engines.directed import Run

        if task.ground.starts.outside:
            return
        run = Run(task, budget)
        try:
            yield from run.decide()
        finally:
            task.statistics.queries += run.queries
            run.free()
