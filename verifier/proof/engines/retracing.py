"""Counterexamples, found backwards, level by level, from the state at which a violation shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from verifier.proof.engines.exploration import Violation
from verifier.semantics.ground.columns import Batch, chunks
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.path import Path, PathStep
from verifier.semantics.ground.states import States
from verifier.semantics.ground.successors import Successors, after
from verifier.semantics.obligations.monitor import Monitor

Kind = Literal["state", "step", "attempt"]

# Rows searched at once for a predecessor.
SEARCHED = 262_144


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The state at which a violation shows: a bad state, one where a bad step starts, or one where it is attempted."""

    kind: Kind
    steps: int
    level: int
    state: States


class Retracing:
    """Paths from initial states through the levels of a search."""

    def __init__(self, ground: Ground, successors: Successors, levels: Sequence[Sequence[States]]) -> None:
        self._ground, self._successors, self._levels = ground, successors, levels
        self._packing = successors.packing

    def violation(self, outcome: Monitor, at: Found) -> Violation:
        """The violation of a property that shows at a state."""
        path = self._path(at.level, at.state)
        if at.kind == "state":
            return Violation(outcome.property, at.steps, Path(path))
        instance = self._responsible(outcome, at)
        if at.kind == "attempt":
            return Violation(outcome.property, at.steps, Path(path, instance.number))
        steps = self._successors.expand(at.state).steps
        (after_,) = [step.states for step in steps if step.instance is instance]
        end = PathStep(instance.number, self._packing.codes(after_)[0])
        return Violation(outcome.property, at.steps, Path((*path, end)))

    def _responsible(self, outcome: Monitor, at: Found) -> Instance:
        """The first instance that, in the state found, does or attempts the bad step."""
        circuit = self._ground.circuit
        batch = Batch(self._packing.columns(at.state))
        for instance in self._ground.instances:
            if at.kind == "step":
                (bad,) = after(self._ground, instance, [outcome.bad_step])
                node = circuit.and_((instance.storable, bad))
            elif outcome.property.kind == "range":
                node = self._ground.range_violation(outcome.property, instance)
            elif outcome.property.kind != "defined":
                node = self._ground.leaving.violation(outcome.property, instance)
            else:
                node = circuit.or_(self._ground.counts(outcome.property, use) for use in instance.undefined)
            if batch.value(node)[0]:
                return instance
        raise RuntimeError(f"no instance accounts for the violation of {outcome.property.name}")

    def _path(self, level: int, state: States) -> tuple[PathStep, ...]:
        """A path from an initial state to a state of a level."""
        path: list[PathStep] = []
        while level > 0:
            level -= 1
            instance, before = self._predecessor(self._levels[level], state)
            path.append(PathStep(instance.number, self._packing.codes(state)[0]))
            state = before
        return (PathStep(None, self._packing.codes(state)[0]), *reversed(path))

    def _predecessor(self, level: Sequence[States], state: States) -> tuple[Instance, States]:
        for part in (part for states in level for part in chunks(states, SEARCHED)):
            for instance, row in self._successors.predecessors(part, state):
                return instance, part[row : row + 1]
        raise RuntimeError("a state that was reached has no predecessor in the level before")
