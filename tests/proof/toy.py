"""An engine in one file: it searches a transformed ground and maps the path that it finds back, a lasso.

The transformed model has a ghost variable that says which step comes next. Nothing beside a row of the stages knows of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.kernel.resolving import instantiate
from verifier.kernel.sorts import BOOL
from verifier.kernel.state import Variable
from verifier.kernel.terms import FALSE
from verifier.proof.engines.engine import Budget, Decided, Event, Progress, Violated
from verifier.proof.engines.explicit import decide
from verifier.proof.engines.finite import FiniteTask
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.path import Path, PathStep
from verifier.semantics.scope.finite import FiniteScope


class Toy:
    """Finds what is violated; a run stutters at its end forever."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Refutes what it can; see `Engine`."""
        yield Progress("toy", 0)
        scope = task.ground.scope
        declared = scope.model.protocol
        ghost = Variable("ghost", BOOL, FALSE, "a ghost variable", None)
        haunted = replace(declared, variables=(ghost, *declared.variables))
        model = instantiate(haunted, scope.model.variant, scope.model.drops)
        ground = Ground(FiniteScope(model, scope.parameters, scope.labels))
        assert len(ground.layout.fields) == len(task.ground.layout.fields) + 1
        wanted = task.asked()
        known = [found for found in model.properties if found.name in wanted]
        for violation in decide(ground, known).violations:
            path = violation.path
            steps = tuple(self._mapped(task, ground, step) for step in path.steps)
            yield Decided(violation.property.name, Violated(Path(steps, path.attempt, loop=len(steps) - 1)))

    @staticmethod
    def _mapped(task: FiniteTask, ground: Ground, step: PathStep) -> PathStep:
        state = ground.layout.decode(step.codes)
        del state["ghost"]
        return PathStep(step.instance, task.ground.layout.encode(state))
