"""The ground form of a liveness property: the cases in which it is violated, and its conditions of fairness, as nodes.

A case is violated by an infinite behaviour s0 s1 s2 ... of the model, each step of which is the step of an instance or leaves the
state as it is (stuttering), such that

- every state satisfies `Ground.constraint`, and s0 `Ground.initial`;
- some si satisfies `trigger`; i = 0 if the case is `initially`;
- every sj with j >= i satisfies `hold`;
- for each of `recur`, infinitely many sj satisfy it;
- each condition of fairness is met: infinitely many steps are by one of its `instances` and change the state (it is *taken*), or
  infinitely many states do not satisfy its `enabled` (weak), or only finitely many do (strong).

A node that reads step 1 is evaluated on the step from sj to its successor, stuttering included. `Ground` determines the states
and steps: nothing here limits them further.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from verifier.kernel.fairness import Condition
from verifier.kernel.properties import Property
from verifier.kernel.temporal import Case as Stated
from verifier.kernel.terms import Term
from verifier.semantics.ground.circuit import Node, below
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.lowering import Environment


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One case in which a property is violated; see the module. `name` are the values of its quantifiers, empty without any.

    `number` counts the cases that are stated, `values` those of their outer quantifiers: with them the concrete semantics finds
    the formulas again.
    """

    name: str
    number: int
    values: tuple[Any, ...]
    trigger: Node
    initially: bool
    hold: Node
    recur: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Fairness:
    """One condition of fairness: its name for people (`WF(Sync(n1))`), the instances that it is about, and when it asks for them.

    `enabled`: some of the instances has a step that can be stored and changes the state; the constraints are not asked.
    """

    name: str
    strong: bool
    instances: frozenset[int]
    enabled: Node


@dataclass(frozen=True, slots=True, eq=False)
class Liveness:
    """A liveness property at a finite scope."""

    property: Property
    cases: tuple[Case, ...]
    fairness: tuple[Fairness, ...]


def liveness(ground: Ground, prop: Property) -> Liveness:
    """The ground form of a liveness property of the model, under the conditions that it is stated under."""
    cases = [case for number, stated in enumerate(prop.cases) for case in _cases(ground, number, stated)]
    return Liveness(prop, tuple(cases), fairness(ground, prop.fair))


def fairness(ground: Ground, conditions: tuple[Condition, ...]) -> tuple[Fairness, ...]:
    """The conditions of fairness at a finite scope, one for each value of their variables."""
    return tuple(one for condition in conditions for one in _conditions(ground, condition))


def changing(ground: Ground, instance: Instance) -> Node:
    """Whether an instance has a step out of a state that can be stored and changes the state."""
    circuit = ground.circuit
    differs = []
    for field, code in instance.writes.items():
        old = ground.field_node(field)
        differs.append(circuit.not_(circuit.iff(old, code) if old.is_bool else circuit.eq(old, code)))
    return circuit.and_((instance.storable, circuit.or_(differs)))


def reads_next(node: Node) -> bool:
    """Whether a node is one of steps."""
    return any(inner.op == "field" and inner.step == 1 for inner in below(node))


def _cases(ground: Ground, number: int, stated: Stated) -> Iterator[Case]:
    for values, environment in ground.bindings(stated.bound):
        recur = tuple(_true(ground, formula, environment) for formula in stated.recur)
        yield Case(
            _values(stated.bound, values),
            number,
            values,
            _true(ground, stated.trigger, environment),
            stated.initially,
            _true(ground, stated.hold, environment),
            recur,
        )


def _true(ground: Ground, formula: Term, environment: Environment) -> Node:
    """Whether a formula has a value and is true."""
    node, uses = ground.lower(formula, environment)
    return ground.circuit.and_((node, *(ground.circuit.not_(use.happens) for use in uses)))


def _conditions(ground: Ground, condition: Condition) -> Iterator[Fairness]:
    domains = [ground.scope.domain(variable.sort) for variable in condition.bound]
    for values in itertools.product(*domains):
        given = dict(zip(condition.bound, values, strict=True))

        def value(term: Term, given: Mapping[Term, Any] = given) -> Any:
            return given[term] if term.op == "bound" else ground.scope.constant(term)

        instances = [one for one in ground.instances if condition.covers(value, one.action.name, one.arguments)]
        enabled = ground.circuit.or_(changing(ground, one) for one in instances)
        numbers = frozenset(one.number for one in instances)
        yield Fairness(condition.name(value), condition.strong, numbers, enabled)


def _values(variables: tuple[Term, ...], values: tuple[Any, ...]) -> str:
    return ", ".join(f"{variable.data} = {value}" for variable, value in zip(variables, values, strict=True))
