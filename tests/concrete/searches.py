"""A naive breadth-first search with the concrete semantics: the measure that tests hold other engines to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from tests.models.constructs import ALL
from verifier.kernel.model import Model
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.trace import INITIAL, Trace, TraceStep, build_trace
from verifier.semantics.scope import finite_scope


@dataclass
class Search:
    """Reachable states inside the constraint, TLC's figures, a shortest trace of every violation."""

    machine: Machine
    distinct: int = 0
    generated: int = 0
    diameter: int = 0
    outcomes: dict[str, set[str]] = field(default_factory=dict)
    traces: dict[str, Trace] = field(default_factory=dict)
    states: list[State] = field(default_factory=list)

    @property
    def violations(self) -> dict[str, int]:
        return {name: trace.length for name, trace in self.traces.items()}


def search(model: Model, settings: Mapping[str, str | int] | None = None) -> Search:
    """Visits everything; violating states are recorded and expanded."""
    machine = Machine(finite_scope(model, settings))
    found = Search(machine)
    parents: dict[State, tuple[State | None, str, dict[str, object]]] = {}
    frontier: list[State] = []

    def path(state: State | None) -> list[TraceStep]:
        steps: list[TraceStep] = []
        while state is not None:
            before, action, arguments = parents[state]
            steps.append(TraceStep(action, arguments, state))
            state = before
        return steps[::-1]

    def reach(before: State | None, action: str, arguments: dict[str, object], state: State) -> None:
        found.generated += 1
        for name in violated(machine, before, state):
            if name not in found.traces:
                steps = [*path(before), TraceStep(action, arguments, state)]
                prop = machine.model.find_property(name)
                found.traces[name] = build_trace(machine, prop, steps, digest="", shortest=True)
        if not machine.range_violations(state) and machine.inside(state) and state not in parents:
            parents[state] = before, action, arguments
            frontier.append(state)

    for state in machine.initial_states():
        reach(None, INITIAL, {}, state)
    while frontier:
        found.diameter += 1
        level, frontier[:] = list(frontier), []
        for state in level:
            for step in machine.steps(state):
                found.outcomes.setdefault(step.action, set()).add(step.outcome)
                if step.state is not None:
                    reach(state, step.action, dict(step.arguments), step.state)
                elif found.violations.get("Defined", found.diameter) >= found.diameter:
                    prop = machine.model.find_property("Defined")
                    attempt = step.action, step.arguments
                    found.traces["Defined"] = build_trace(
                        machine, prop, path(state), digest="", shortest=True, attempt=attempt
                    )
    found.states = list(parents)
    found.distinct = len(parents)
    return found


@cache
def small(name: str, variant: str | None = None) -> Search:
    """The search of one of the small protocols, done once."""
    return search(ALL[name].model(variant))


def violated(machine: Machine, before: State | None, state: State) -> Iterator[str]:
    """The properties that a state violates, or the step to it."""
    stored = not machine.range_violations(state)
    for prop in machine.model.properties:
        match prop.kind:
            case "range":
                bad = not machine.holds(prop, state)
            case "state":
                bad = not machine.holds(prop, state)
            case "action":
                bad = before is not None and not machine.holds(prop, before, state)
            case _:
                # What actions use is looked at when they are attempted.
                states = (before, state) if prop.of_steps else (state, None)
                bad = stored and before is not None if prop.of_steps else stored
                bad = bad and any(True for _ in machine.undefined_formulas(prop, *states))
        if bad:
            yield prop.name
