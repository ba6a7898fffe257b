"""The test of the comparison at unbounded scope: whatever is made wrong in the lowering or in definedness, it notices."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest

from tests.models import counting, niches
from tests.quantified import mutants
from tests.quantified.instances import Instance, expressible, random_states
from tests.quantified.test_agreement import NAMES, PROTOCOLS
from verifier.kernel.model import Model
from verifier.kernel.operators import OPERATORS
from verifier.kernel.terms import walk

pytestmark = pytest.mark.full

STATES = {name: 20 if name in {**niches.ALL, **counting.ALL} else 8 for name in NAMES}
"""How many states of each protocol are compared until a difference is found."""


@cache
def model(name: str) -> Model:
    return expressible(PROTOCOLS[name])


@cache
def operators(name: str) -> frozenset[str]:
    """The operators in the actions, properties, constraints and initial values of a protocol."""
    found = model(name)
    roots = [named.formula for named in (*found.initial, *found.constraints, *found.properties, *found.assumptions)]
    roots += [declared.initial for declared in found.variables if declared.initial is not None]
    roots += [guard.condition for action in found.actions for guard in action.guards]
    roots += [update.value for action in found.actions for update in action.updates]
    return frozenset(term.op for term in walk(*roots))


def disagreement(op: str | None = None) -> str | None:
    """A difference from the concrete semantics in a protocol that uses the operator; None if there is none.

    Most differences show in the first states of some protocol, so each protocol has its turn before it comes to the next state.
    """
    made = {name: Instance(model(name)) for name in NAMES if op is None or op in operators(name)}
    states = {name: list(random_states(instance.scope, 3, STATES[name])) for name, instance in made.items()}
    for turn in range(max(STATES.values())):
        for name, instance in made.items():
            for state in states[name][turn : turn + 1]:
                found = next(instance.differences(state), None)
                if found is not None:
                    return f"{name}: {found}"
    return None


def test_the_protocols_use_every_operator_that_can_be_expressed() -> None:
    used = frozenset().union(*(operators(name) for name in NAMES))
    assert used == OPERATORS.keys() - mutants.INEXPRESSIBLE - mutants.RESOLVED


def test_every_operator_has_a_wrong_lowering() -> None:
    assert mutants.VALUES.keys() == OPERATORS.keys() - mutants.INEXPRESSIBLE - mutants.RESOLVED
    assert {"fold", "fold_upto", "pick", "table"} == mutants.INEXPRESSIBLE


# Noticed late, in what is drawn last, or slowly.
LATE = {
    "FunctionValue, one branch",
    "RangeSort without domain",
    "SequenceSort always equal",
    "SetSort unchecked",
    "and, the other side looked at",
    "apply",
    "apply, arguments always defined",
    "arguments unranged",
    "div, never undefined",
    "false where undefined",
    "first field orders",
    "forall, one instance",
    "function, arguments always defined",
    "function, one instance",
    "guards apart",
    "implies, arguments always defined",
    "is_some, arguments always defined",
    "ite, arguments always defined",
    "junk payloads",
    "keyed sets with the same keys",
    "le",
    "literals alike",
    "member, arguments always defined",
    "members by key",
    "members in their sort",
    "never leaves",
    "next",
    "no initial predicate",
    "not, arguments always defined",
    "payload",
    "payload always in range",
    "payload of none counts",
    "put, never undefined",
    "set, arguments always defined",
    "set, one instance",
    "sets compared within range",
    "some witness",
    "state",
    "tail, never undefined",
    "updates always",
    "uses outside constraints",
}


def by_night(names: Iterable[str]) -> list[Any]:
    return [pytest.param(name, marks=pytest.mark.nightly) if name in LATE else name for name in names]


@pytest.mark.parametrize("op", by_night(mutants.VALUES))
def test_a_wrong_value_is_noticed(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutants.VALUES[op](monkeypatch)
    assert disagreement(op)


@pytest.mark.parametrize("name", by_night(mutants.USES))
def test_a_wrong_definedness_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutants.USES[name](monkeypatch)
    op = name.partition(",")[0]
    assert disagreement(op if op in OPERATORS else None)


@pytest.mark.parametrize("name", by_night(mutants.RULES))
def test_a_wrong_rule_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mutants.RULES[name](monkeypatch)
    assert disagreement()
