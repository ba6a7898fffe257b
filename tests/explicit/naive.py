"""A search without any of the machinery under test: Python sets of concrete states."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from verifier.kernel.properties import Property
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.scope import FiniteScope


@dataclass(slots=True)
class Naive:
    """The figures of a search; `states` are those inside the constraint, `steps` the shortest of each violation."""

    states: set[Any] = field(default_factory=set)
    generated: int = 0
    diameter: int = 0
    steps: dict[str, int] = field(default_factory=dict)

    def violated(self, found: Property, steps: int) -> None:
        self.steps[found.name] = min(steps, self.steps.get(found.name, steps))


def naive_search(scope: FiniteScope) -> Naive:
    """All reachable states by the concrete semantics, one at a time."""
    machine, result = Machine(scope), Naive()
    properties = scope.model.properties
    of_steps = [found for found in properties if found.kind == "action" or found.of_steps]
    frontier: list[Any] = []
    for state in machine.initial_states():
        if machine.range_violations(state):
            for found in properties:
                if found.kind in ("range", "state") and not machine.holds(found, state):
                    result.violated(found, 0)
        else:
            result.generated += 1
            frontier.append(state)
    depth = 0
    # Initial states make one level, counted or not.
    result.diameter = 1 if frontier else 0
    while frontier:
        inside: dict[Any, None] = {}
        for state in frontier:
            if state in result.states or state in inside:
                continue
            for found in properties:
                if found.kind in ("state", "defined") and not machine.holds(found, state):
                    result.violated(found, depth)
            if machine.inside(state):
                inside[state] = None
        if not inside:
            break
        result.diameter = depth + 1
        result.states.update(inside)
        frontier = []
        for state in inside:
            for step in machine.steps(state):
                if step.outcome == "undefined":
                    continue
                result.generated += 1
                if step.outcome == "out of range":
                    for found in properties:
                        if found.kind in ("range", "state") and not machine.holds(found, step.state):
                            result.violated(found, depth + 1)
                        if found.kind == "action" and not machine.holds(found, state, step.state):
                            result.violated(found, depth + 1)
                    continue
                for found in of_steps:
                    if not machine.holds(found, state, step.state):
                        result.violated(found, depth + 1)
                frontier.append(step.state)
        depth += 1
    return result
