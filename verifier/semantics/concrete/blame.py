"""Finds what forbids a state of a trace that its step does not make: a guard, now or in a later step."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.trace_steps import TraceStep, instance_text

MOST_INSTANCES = 20_000  # of the instances, this many are tried


def blame(machine: Machine, steps: Sequence[TraceStep], number: int) -> str | None:
    """Why state `number` of a trace, which does not follow from the one before, cannot stand; None if nothing is found.

    Either another action instance makes that state, or would if a guard let it; or a later step does not go on from it.
    """
    if number > 0:
        built = _maker(machine, steps[number - 1].state, steps[number].state)
        if built is not None:
            return built
    arguments_of = {action.name: {a.name for a in action.arguments} for action in machine.model.actions}
    state = steps[number].state
    for later in range(number + 1, len(steps)):
        action, arguments = steps[later].action, steps[later].arguments
        if arguments_of.get(action) != set(arguments):
            return None
        step = machine.attempt(state, action, arguments)
        if step.guard is not None:
            called = instance_text(machine.scope, action, arguments)
            return f"taken as it is, step {later}: {called} is refused by guard {step.guard}"
        if step.state is None:
            return None
        state = step.state
    return None


def _maker(machine: Machine, before: State, state: State) -> str | None:
    for action, arguments in islice(machine.instances(), MOST_INSTANCES):
        if machine.effect(before, action, arguments) == state:
            called = instance_text(machine.scope, action, arguments)
            guard = machine.attempt(before, action, arguments).guard
            return f"{called} would, but is refused by guard {guard}" if guard else f"{called} does"
    return None
