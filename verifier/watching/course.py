"""A walk through a model: the current state, the path to it, the possible next steps, and the path to a state that is searched
for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from verifier.kernel.errors import UsageError
from verifier.semantics.concrete.finding import Found, find
from verifier.semantics.concrete.goal import Goal
from verifier.semantics.concrete.machine import Machine, State, Step
from verifier.semantics.concrete.samples import some_initial_states
from verifier.semantics.concrete.trace import INITIAL, TraceStep

MOST_STARTS = 1_000
"""The most initial states to choose from; if there are more, the first."""

MOST_STATES = 100_000
"""The states that a search examines by default."""

SHOWN_STATES = 3_000
"""The states that a page shows by default."""

class Course:
    """A walk. It starts in the first initial state; an undone step can be redone until another step is taken."""

    def __init__(self, machine: Machine) -> None:
        if not machine.model.variables:
            raise machine.model.no_state()
        starts = some_initial_states(machine, MOST_STARTS + 1)
        if not starts:
            raise machine.model.no_initial_state()
        self.machine = machine
        self.starts = starts[:MOST_STARTS]
        self.more = len(starts) > MOST_STARTS
        self.steps = [TraceStep(INITIAL, {}, starts[0])]
        self.place = 0

    @property
    def state(self) -> State:
        """The current state."""
        return self.steps[self.place].state

    @property
    def path(self) -> list[TraceStep]:
        """The path to the current state."""
        return self.steps[: self.place + 1]

    def start(self, number: int) -> None:
        """Begins again in the initial state of this number, from 1."""
        if not 1 <= number <= len(self.starts):
            count = f"{len(self.starts)} initial state{'s' * (len(self.starts) != 1)}"
            raise UsageError(f"there is no initial state {number}", hint=f"there {'is' if count[:2] == '1 ' else 'are'} {count}")
        self.steps = [TraceStep(INITIAL, {}, self.starts[number - 1])]
        self.place = 0

    def goto(self, place: int) -> None:
        """Goes to a state of the walk by its number, forwards or back."""
        if not 0 <= place < len(self.steps):
            raise UsageError(f"there is no state {place} in this walk", hint=f"it has the states 0 to {len(self.steps) - 1}")
        self.place = place

    def undo(self) -> None:
        """Goes back by one step."""
        if self.place == 0:
            raise UsageError("there is nothing to undo", hint="this is the initial state; init N begins in another one")
        self.place -= 1

    def redo(self) -> None:
        """Goes forward by one step that was undone."""
        if self.place == len(self.steps) - 1:
            raise UsageError("there is nothing to redo", hint="redo takes back an undo, until another step is taken")
        self.place += 1

    def stopped(self, state: State) -> str | None:
        """The reason why no step is taken in a state: it is outside a constraint, or has left its range; None if it is
        expanded.
        """
        wrong = self.machine.range_violations(state)
        if wrong:
            return f"the state has {', '.join(wrong)} out of range, so no step is taken there"
        constraint = self.machine.violated_constraint(state)
        return None if constraint is None else f"the state is outside the constraint {constraint}, so no step is taken there"

    def attempt(self, action: str, arguments: Mapping[str, Any]) -> Step:
        """The effect of an action instance in the current state."""
        return self.machine.attempt(self.state, action, arguments)

    def take(self, step: Step) -> None:
        """Takes a step that has a successor; undone steps are forgotten."""
        assert step.state is not None
        self.steps = [*self.path, TraceStep(step.action, step.arguments, step.state)]
        self.place += 1

    def follow(self, steps: tuple[TraceStep, ...]) -> None:
        """Takes the steps of a run that a search from here has found."""
        self.steps = [*self.path, *steps[1:]]
        self.place = len(self.steps) - 1

    def find(self, goal: Goal, most: int = MOST_STATES, told: Callable[[int], None] | None = None) -> Found:
        """The shortest path from here to a state in which the goal is true, breadth first.

        A state that has left its range is not one; one outside a constraint is, and is not expanded, as everywhere else.
        """
        return find(self.machine, [self.state], goal, most=most, told=told)
