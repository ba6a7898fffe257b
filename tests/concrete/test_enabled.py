"""What is enabled, and what can change something, is what the machine and the circuit do: in every state, of every instance."""

from __future__ import annotations

from typing import Any

import pytest

from tests.differential import subjects
from tests.differential.behaviour import Sample
from verifier.kernel.actions import Action
from verifier.kernel.enabling import Enabling
from verifier.kernel.sorts import BOOL
from verifier.kernel.terms import Term
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.operations import Undefined
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.values import FrozenMap


def of(machine: Machine, op: str, action: Action, *, some: bool) -> Term:
    """What is asked of an action, written out: for its own arguments, or for some."""
    given = () if some else tuple(argument.variable for argument in action.arguments)
    return Enabling(machine.model.actions, machine.model.variables).resolved(Term(op, given, BOOL, action.name))


def value(machine: Machine, formula: Term, state: State, action: Action, arguments: dict[str, Any]) -> bool | None:
    """The value of a formula over the arguments of an action; None where it has none."""
    closure = machine.evaluator.compile(formula)
    _, frame = machine._entered(state, action.name, arguments)
    try:
        return bool(closure(frame))
    except Undefined:
        return None


def happens(machine: Machine, op: str, state: State, action: Action, arguments: dict[str, Any]) -> bool:
    """Whether the machine makes a step, if that is asked one that changes something."""
    step = machine.attempt(state, action.name, arguments)
    return step.outcome in ("fired", "out of range") and (op == "enabled" or step.state != state)


def states(sample: Sample, count: int) -> list[State]:
    return [FrozenMap(sample.layout.decode(codes)) for codes, _ in sample.pairs(count, seed=11)]


def disagreements(name: str, op: str, variant: str | None = None, count: int = 16) -> set[str]:
    """The actions for which what is asked is not what happens."""
    sample = subjects.sample(name, variant)
    machine, ground = sample.machine, Ground(sample.scope)
    of_instance = {action.name: of(machine, op, action, some=False) for action in machine.model.actions}
    of_some = {action.name: of(machine, op, action, some=True) for action in machine.model.actions}
    wrong = set()
    for state in states(sample, count):
        at = Evaluator(sample.layout.encode(state))
        deeds: dict[str, list[bool]] = {action.name: [] for action in machine.model.actions}
        for instance in ground.instances:
            action = instance.action
            formula = of_instance[action.name]
            right = happens(machine, op, state, action, instance.arguments)
            deeds[action.name].append(right)
            node, uses = ground.lower(formula, instance.environment)
            found = None if any(at.holds(use.happens) for use in uses) else at.holds(node)
            if not right == found == value(machine, formula, state, action, instance.arguments):
                wrong.add(action.name)
        for action in machine.model.actions:
            first = {argument.name: sample.scope.domain(argument.sort)[0] for argument in action.arguments}
            if value(machine, of_some[action.name], state, action, first) != any(deeds[action.name]):
                wrong.add(f"{action.name} for some arguments")
    return wrong


@pytest.mark.parametrize("op", ["enabled", "can_change"])
@pytest.mark.parametrize("name", subjects.OWN)
def test_what_is_asked_is_what_happens(name: str, op: str) -> None:
    assert disagreements(name, op) == set()


@pytest.mark.parametrize("variant", ["restless", "reckless"])
def test_what_is_asked_is_what_happens_in_the_variant(variant: str) -> None:
    assert disagreements("chairs", "enabled", variant) | disagreements("chairs", "can_change", variant) == set()
