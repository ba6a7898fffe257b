"""From paths that engines find to traces that people read: each is re-executed by the concrete semantics first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from verifier.catalog.digest import digest
from verifier.evidence.itf import to_itf
from verifier.kernel.places import place
from verifier.kernel.properties import Property
from verifier.semantics.concrete.explain import explain
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.trace import INITIAL, Trace, TraceStep, build_trace, check_trace
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.path import Path, PathStep
from verifier.semantics.scope.values import FrozenMap

if TYPE_CHECKING:
    from verifier.wire.induction import InductionCounterexample
    from verifier.wire.parts import PlaceEntry
    from verifier.wire.traces import TraceDocument


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A replayed violation: its document, why the property fails at its end, and where the use stands that has no value."""

    trace: Trace
    document: TraceDocument
    explanation: list[str]
    undefined: PlaceEntry | None = None

    @property
    def steps(self) -> int:
        """The number of transitions, of a lasso those that lead to its loop."""
        return self.trace.length if self.trace.loop is None else self.trace.loop

    @property
    def loop(self) -> int | None:
        """The number of transitions of the loop of a lasso."""
        return None if self.trace.loop is None else self.trace.length - self.trace.loop


class Replayer:
    """Re-executes paths at one finite scope. After a refusal `failure` says why the path is not a counterexample."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.failure = ""

    @cached_property
    def machine(self) -> Machine:
        """The concrete semantics at this scope."""
        return Machine(self.ground.scope)

    def trace(
        self,
        prop: Property,
        path: Path,
        *,
        shortest: bool = True,
        scope: str = "published",
    ) -> Counterexample | None:
        """The counterexample that a path describes, re-executed; None (and `failure`) if it does not replay.

        Only its first state and the action instances are taken from it; the states after are what the concrete semantics makes
        of them.
        """
        attempt = path.attempt
        start = self._start(path.steps[0].codes)
        steps = self._executed(start, path.steps, None if prop.kind == "defined" else attempt)
        if steps is None:
            return None
        undefined = attempt if prop.kind == "defined" else None
        instance = None if undefined is None else self.ground.instances[undefined]
        trace = build_trace(
            self.machine,
            prop,
            steps,
            digest=digest(self.ground.scope.model.protocol),
            shortest=shortest,
            attempt=None if instance is None else (instance.action.name, instance.arguments),
            scope=scope,
            loop=path.loop,
        )
        replay = check_trace(self.machine, trace)
        if not (replay.valid and replay.violated):
            self.failure = replay.failure or "the property holds at its end"
            return None
        explanation = list(replay.explanation)
        document = to_itf(trace, self.machine, explanation=explanation)
        return Counterexample(trace, document, explanation, place(replay.undefined))

    def end(self, path: Sequence[PathStep]) -> State | None:
        """The last state of a path, re-executed; None (and `failure`) if it does not replay. Its first state is not checked."""
        steps = self._executed(self._start(path[0].codes), path, None)
        return None if steps is None else steps[-1].state

    def _start(self, codes: Sequence[int]) -> State:
        """The initial state of these codes; an initial value that is outside its sort, or undefined, has none."""
        names = self.ground.starts.without_codes
        given = [variable for variable in self.ground.scope.model.variables if variable.name in names]
        values = {variable.name: self.machine.initial_value(variable) for variable in given}
        return FrozenMap({**self.ground.layout.decode(codes), **values})

    def _executed(self, state: State, path: Sequence[PathStep], escape: int | None) -> list[TraceStep] | None:
        steps = [TraceStep(INITIAL, {}, state)]
        numbers = [step.instance for step in path[1:] if step.instance is not None]
        for number in numbers if escape is None else [*numbers, escape]:
            instance = self.ground.instances[number]
            step = self.machine.attempt(steps[-1].state, instance.action.name, instance.arguments)
            if step.state is None:
                self.failure = f"step {len(steps)}: {instance.action.name} is {step.outcome}"
                return None
            steps.append(TraceStep(instance.action.name, instance.arguments, step.state))
        return steps

    def induction_counterexample(
        self, prop: Property, path: Sequence[PathStep], attempt: int | None
    ) -> InductionCounterexample | None:
        """A counterexample to induction as a document: the steps are executed, but the first state is any state."""
        state = FrozenMap(self.ground.layout.decode(path[0].codes))
        steps = self._executed(state, path, attempt if prop.kind == "range" else None)
        if steps is None:
            return None
        trace = build_trace(self.machine, prop, steps, digest=digest(self.ground.scope.model.protocol), shortest=False)
        before = steps[-2].state if prop.kind == "action" else steps[-1].state
        lines = explain(self.machine, prop, before, steps[-1].state if prop.kind == "action" else None)
        document = to_itf(trace, self.machine, explanation=lines)
        document["#meta"]["verdict"] = "counterexample to induction"
        return {"property": prop.short or prop.name, "trace": document, "explanation": lines}
