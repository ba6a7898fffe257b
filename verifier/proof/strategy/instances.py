"""Instances in which every action fires: without them, contradictory axioms or guards could prove everything."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable

from verifier.kernel.errors import ModelError
from verifier.kernel.model import Model
from verifier.semantics.answers import Answer
from verifier.semantics.concrete.machine import Machine, State, Step
from verifier.semantics.quantified import Quantified, check
from verifier.semantics.quantified.checking import ROUNDS
from verifier.semantics.scope.finite import FiniteScope

WALKS = 40
WALK_LENGTH = 30
SEARCHED_STATES = 20_000


class _Watched:
    """The actions that were not attempted yet (`missing`), and those of which no step was seen (`unfired`)."""

    def __init__(self, names: Iterable[str]) -> None:
        self.missing = list(names)
        self.unfired = set(self.missing)

    def steps(self, machine: Machine, state: State) -> list[Step]:
        """The steps that lead on from a state.

        An action whose steps all leave a range, or use an undefined value, is not dead: that is a violation to be reported.
        """
        steps = list(machine.steps(state))
        for step in steps:
            if step.action in self.missing:
                self.missing.remove(step.action)
            if step.outcome != "undefined":
                self.unfired.discard(step.action)
        return [step for step in steps if step.fired]


def check_actions_fire(model: Model, scope: FiniteScope) -> tuple[list[str], set[str]]:
    """Runs the model at a finite scope until every action has fired; returns the dead actions that it declares, and those of
    which no step was seen at all.

    Random runs first, then a breadth-first search for the actions that they missed. Raises ModelError for an action that
    does not fire and is not declared with `never_fires`. Where an initial value is undefined at that scope, nothing is run.
    """
    machine = Machine(scope)
    if any(True for _ in machine.undefined_initially()):
        return [], {action.name for action in model.actions}
    watched = _Watched(action.name for action in model.actions)
    _run(machine, watched)
    if watched.missing:
        _search(machine, watched)
    declared = model.protocol.dead
    for name in watched.missing:
        if name not in declared:
            position = model.action(name).position
            hint = f'correct its guards, or declare p.never_fires("{name}", reason)'
            raise ModelError(f"{name} never fires at the published scope", hint=hint, position=position)
    return watched.missing, watched.unfired


def check_actions_still_fire(quantified: Quantified, unfired: Collection[str]) -> None:
    """Raises ModelError for an action that fired, so none of the `unfired`, and can in no state of any size; names what keeps it.

    It has fired at the published scope, so what it says has another meaning at the unbounded scope, and nothing is proved of
    its steps. That z3 cannot tell is no objection.
    """
    for action in quantified.model.actions:
        if action.name in unfired:
            continue
        outcome = check(quantified.enabled(action, [], leaving=True), rounds=ROUNDS[:1])
        if outcome.answer is Answer.UNSAT:
            guilty = [guard for guard in action.guards if f"{action.name}.{guard.name}" in outcome.names]
            uses = [use.position for use in quantified.definedness.action(action) if use.position is not None]
            positions = [*(guard.position for guard in guilty), *uses, action.position]
            message = f"{action.name} fires at the published scope, but at unbounded scope no state lets it"
            hint = "these exclude each other: " + ", ".join(outcome.names)
            raise ModelError(message, hint=hint, position=positions[0])


def _run(machine: Machine, watched: _Watched) -> None:
    """Runs the machine at random until every action was attempted."""
    generator = random.Random(0)
    starts = [state for state, _ in zip(machine.initial_states(), range(100), strict=False)]
    for _ in range(WALKS if starts else 0):
        state = generator.choice(starts)
        for _ in range(WALK_LENGTH):
            if not machine.inside(state):
                break
            steps = watched.steps(machine, state)
            if not watched.missing:
                return
            if not steps:
                break
            chosen = generator.choice(steps).state
            assert chosen is not None
            state = chosen


def _search(machine: Machine, watched: _Watched) -> None:
    """Searches breadth first until every action was attempted, or many states are seen."""
    frontier = [state for state, _ in zip(machine.initial_states(), range(1000), strict=False)]
    seen = set(frontier)
    while frontier and watched.missing and len(seen) < SEARCHED_STATES:
        following = []
        for state in frontier:
            if not machine.inside(state):
                continue
            for step in watched.steps(machine, state):
                if step.state is not None and step.state not in seen:
                    seen.add(step.state)
                    following.append(step.state)
            if not watched.missing or len(seen) >= SEARCHED_STATES:
                break
        frontier = following
