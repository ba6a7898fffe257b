"""Finds the shortest run to a state in which a formula is true, breadth first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from verifier.semantics.concrete.goal import Goal
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.trace_steps import INITIAL, TraceStep

_TOLD = 1_000  # states between two reports


@dataclass(frozen=True, slots=True)
class Found:
    """How a search ended: the run to the state, or none; whether all states were examined, and whether the goal had no value in
    one.
    """

    steps: tuple[TraceStep, ...] | None
    complete: bool
    looked_at: int
    without_value: bool


def find(
    machine: Machine,
    starts: Iterable[State],
    goal: Goal,
    *,
    most: int,
    depth: int | None = None,
    told: Callable[[int], None] | None = None,
) -> Found:
    """The shortest run from one of the states to one in which the goal is true.

    A state that has left its range does not count; one outside a constraint does, but is not expanded. At most `most` states are
    examined, and at most `depth` steps are taken; `told` is called with the number of states from time to time.
    """
    came: dict[State, tuple[TraceStep, State | None]] = {}
    level: list[State] = []
    without = False
    for state in starts:
        if state in came:
            continue
        came[state] = TraceStep(INITIAL, {}, state), None
        if machine.range_violations(state):
            continue
        value = goal.holds(state)
        if value:
            return Found(_way(came, state), False, len(came), without)
        without = without or value is None
        level.append(state)
    taken = 0
    while level and (depth is None or taken < depth):
        following: list[State] = []
        for state in level:
            if not machine.inside(state):
                continue
            for step in machine.successors(state):
                new = step.state
                assert new is not None
                if new in came:
                    continue
                if len(came) >= most:
                    return Found(None, False, len(came), without)
                came[new] = TraceStep(step.action, step.arguments, new), state
                value = goal.holds(new)
                if value:
                    return Found(_way(came, new), False, len(came), without)
                without = without or value is None
                following.append(new)
                if told is not None and len(came) % _TOLD == 0:
                    told(len(came))
        level, taken = following, taken + 1
    return Found(None, not level, len(came), without)


def _way(came: dict[State, tuple[TraceStep, State | None]], end: State) -> tuple[TraceStep, ...]:
    """The run that leads to a state."""
    steps: list[TraceStep] = []
    state: State | None = end
    while state is not None:
        step, state = came[state]
        steps.append(step)
    return tuple(reversed(steps))
