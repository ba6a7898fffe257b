"""Instances in which every action fires: without them, contradictory axioms or guards could prove everything."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

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


def check_actions_fire(model: Model, scope: FiniteScope) -> list[str]:
    """Runs the model at a finite scope until every action has fired; returns the dead actions that it declares.

    Random runs first, then a breadth-first search for the actions that they missed. Raises ModelError for an action that
    does not fire and is not declared with `never_fires`.
    """
    machine = Machine(scope)
    missing = _unfired(machine, [action.name for action in model.actions])
    if missing:
        missing = _searched(machine, missing)
    declared = model.protocol.dead
    for name in missing:
        if name not in declared:
            position = model.action(name).position
            hint = f'correct its guards, or declare p.never_fires("{name}", reason)'
            raise ModelError(f"{name} never fires at the published scope", hint=hint, position=position)
    return missing


def check_actions_still_fire(quantified: Quantified, dead: Collection[str]) -> None:
    """Raises ModelError for an action, `dead` ones apart, that can fire in no state of any size, naming what keeps it.

    It has fired at the published scope, so what it says has another meaning at the unbounded scope, and nothing is proved of
    its steps. That z3 cannot tell is no objection.
    """
    for action in quantified.model.actions:
        if action.name in dead:
            continue
        outcome = check(quantified.enabled(action, [], leaving=True), rounds=ROUNDS[:1])
        if outcome.answer is Answer.UNSAT:
            guilty = [guard for guard in action.guards if f"{action.name}.{guard.name}" in outcome.names]
            uses = [use.position for use in quantified.definedness.action(action) if use.position is not None]
            positions = [*(guard.position for guard in guilty), *uses, action.position]
            message = f"{action.name} fires at the published scope, but at unbounded scope no state lets it"
            hint = "these exclude each other: " + ", ".join(outcome.names)
            raise ModelError(message, hint=hint, position=positions[0])


def _unfired(machine: Machine, names: Sequence[str]) -> list[str]:
    generator = random.Random(0)
    missing = list(names)
    starts = [state for state, _ in zip(machine.initial_states(), range(100), strict=False)]
    if not starts:
        return missing
    for _ in range(WALKS):
        state = generator.choice(starts)
        for _ in range(WALK_LENGTH):
            if not machine.inside(state):
                break
            steps = _taken(machine, state, missing)
            if not missing:
                return missing
            if not steps:
                break
            chosen = generator.choice(steps).state
            assert chosen is not None
            state = chosen
    return missing


def _taken(machine: Machine, state: State, missing: list[str]) -> list[Step]:
    """The steps that lead on from a state; takes the actions that fire from the missing ones.

    One whose steps all leave a range fires, too: that is a violation of the range, not a dead action.
    """
    steps = [step for step in machine.steps(state) if step.outcome != "undefined"]
    for step in steps:
        if step.action in missing:
            missing.remove(step.action)
    return [step for step in steps if step.fired]


def _searched(machine: Machine, names: list[str]) -> list[str]:
    missing = list(names)
    frontier = [state for state, _ in zip(machine.initial_states(), range(1000), strict=False)]
    seen = set(frontier)
    while frontier and missing and len(seen) < SEARCHED_STATES:
        following = []
        for state in frontier:
            if not machine.inside(state):
                continue
            for step in _taken(machine, state, missing):
                if step.state is not None and step.state not in seen:
                    seen.add(step.state)
                    following.append(step.state)
            if not missing or len(seen) >= SEARCHED_STATES:
                break
        frontier = following
    return missing
