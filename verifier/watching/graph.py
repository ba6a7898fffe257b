"""The graph of the reachable states of a model, for a page on which readers can walk through them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from verifier.kernel.properties import DEFINED
from verifier.proof.strategy.scopes import parameters
from verifier.semantics.concrete.explain import undefined_line
from verifier.semantics.concrete.guards import Guards
from verifier.semantics.concrete.machine import Machine, State, Step
from verifier.semantics.concrete.printing import value_text
from verifier.semantics.concrete.simulate import violated
from verifier.semantics.concrete.trace import INITIAL, TraceStep, instance_text

if TYPE_CHECKING:
    from verifier.wire.walks import GraphDocument

EXPLAINED = 60_000
"""The number of full explanations why an instance cannot happen in a state; beyond it, only the guard is named."""

LEAVES, BEYOND = -1, -2
_TOLD = 500  # states between two reports


def graph(machine: Machine, guards: Guards, most: int, told: Callable[[int], None] | None = None) -> GraphDocument:
    """The first `most` reachable states, breadth first, with every step possible in them, and the reasons against the other
    steps.
    """
    return _Graph(machine, guards, most, told).document()


class _Places:
    """A list in which each thing stands once."""

    def __init__(self) -> None:
        self.things: list[Any] = []
        self._places: dict[Any, int] = {}

    def of(self, thing: Any) -> int:
        """The place of a thing, at the end if it is new."""
        place = self._places.get(thing)
        if place is None:
            place = self._places[thing] = len(self.things)
            self.things.append(thing)
        return place


class _Graph:
    def __init__(self, machine: Machine, guards: Guards, most: int, told: Callable[[int], None] | None) -> None:
        self._machine, self._guards, self._most, self._told = machine, guards, most, told
        self._variables = machine.model.variables
        self._texts, self._reasons = _Places(), _Places()
        self._found: dict[State, int] = {}
        self._order: list[State] = []
        self._explained = 0
        self._complete = True

    def document(self) -> GraphDocument:
        machine, model = self._machine, self._machine.model
        for state in machine.initial_states():
            self._place(state)
        starts = list(range(len(self._order)))
        steps: list[list[tuple[int, int]]] = []
        stopped: list[list[tuple[int, int]]] = []
        wrong: list[tuple[int, list[str]]] = []
        broken: list[tuple[int, int, list[str]]] = []
        beyond: list[tuple[int, str]] = []
        for place, state in enumerate(self._order):  # it grows meanwhile
            names = [prop.name for prop in violated(machine, model.properties, [TraceStep(INITIAL, {}, state)])]
            steps.append([])
            stopped.append([])
            constraint = machine.violated_constraint(state) if not machine.range_violations(state) else "its ranges"
            if constraint is not None:
                beyond.append((place, constraint))
            else:
                attempts = [machine.attempt(state, *instance) for instance in machine.instances()]
                for number, step in enumerate(attempts):
                    if step.state is None:
                        stopped[-1].append((number, self._reasons.of(self._why(state, step))))
                        continue
                    steps[-1].append((number, self._place(step.state) if step.fired else LEAVES))
                    said = self._broken(state, step)
                    if said:
                        broken.append((place, number, said))
                if DEFINED not in names and any(step.outcome == "undefined" for step in attempts):
                    names.append(DEFINED)
            if names:
                wrong.append((place, names))
            if self._told is not None and place % _TOLD == _TOLD - 1:
                self._told(place + 1)
        return {
            "protocol": model.name,
            "variant": model.variant.name,
            "dropped": list(model.drops),
            "parameters": parameters(machine.scope, {}),
            "variables": [declared.name for declared in self._variables],
            "states": [self._shown(state) for state in self._order],
            "texts": self._texts.things,
            "starts": starts,
            "instances": [instance_text(machine.scope, *instance) for instance in machine.instances()],
            "steps": steps,
            "stopped": stopped,
            "reasons": [list(lines) for lines in self._reasons.things],
            "violated": wrong,
            "broken": broken,
            "outside": beyond,
            "complete": self._complete,
        }

    def _place(self, state: State) -> int:
        """The place of a state, at the end if it is new and there is room."""
        place = self._found.get(state)
        if place is None:
            if len(self._order) >= self._most:
                self._complete = False
                return BEYOND
            place = self._found[state] = len(self._order)
            self._order.append(state)
        return place

    def _shown(self, state: State) -> list[int]:
        scope = self._machine.scope
        return [self._texts.of(value_text(state[v.name], v.sort, scope)) for v in self._variables]

    def _broken(self, state: State, step: Step) -> list[str]:
        """The properties that a step violates; for one that leaves a range, those of the state after it too."""
        assert step.state is not None
        machine = self._machine
        path = [TraceStep(INITIAL, {}, state), TraceStep(step.action, step.arguments, step.state)]
        asked = [prop for prop in machine.model.properties if prop.kind == "action" or prop.of_steps or not step.fired]
        return [prop.name for prop in violated(machine, asked, path)]

    def _why(self, state: State, step: Step) -> tuple[str, ...]:
        """The reasons why an instance cannot happen."""
        if step.outcome == "undefined":
            use = self._machine.undefined_in_attempt(state, step.action, step.arguments)
            return () if use is None else (undefined_line(self._machine, step.action, *use),)
        self._explained += 1
        if self._explained > EXPLAINED:
            return (f"stopped by {step.guard}",)
        lines: list[str] = []
        for report in self._guards.reports(state, step.action, step.arguments):
            if not report.holds:
                lines.append(f"{report.name}: {report.text}")
                lines += [line for line in report.lines if line != f"{report.text} is false"]
        return tuple(lines)
