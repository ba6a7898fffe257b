"""Remarks beside a verdict on liveness: whether a property fails for lack of fairness, or says nothing; which budgets stop fair
actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from verifier.kernel.fairness import Condition, Part
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.temporal_text import fairness_text
from verifier.proof.engines.explicit import Search
from verifier.proof.engines.exploration import Exploration
from verifier.proof.engines.fair_search import States
from verifier.proof.engines.graphs import TooManySteps
from verifier.proof.engines.search import PROBE_STATES, never_satisfied
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.liveness import Case, Liveness, fairness, liveness, reads_next

if TYPE_CHECKING:
    from verifier.semantics.obligations.proof import Searched
    from verifier.wire.results import VacuityEntry

MOST_TRIES = 24
"""How many sets of conditions are tried."""


def want_of_fairness(ground: Ground, prop: Property) -> str | None:
    """Under which further conditions of fairness a violated property holds, for people.

    None if it holds under none of those that are tried, or if the states are too many for a remark.
    """
    model = ground.scope.model
    tried = list(_further(model, prop))[:MOST_TRIES]
    if not tried:
        return None
    explored = _explored(ground)
    if not explored.complete:
        return None
    forms = [liveness(ground, replace(prop, fair=(*prop.fair, *conditions))) for conditions in tried]
    try:
        states = States(ground, explored.reached, forms)
    except TooManySteps:
        return None
    for conditions, form in zip(tried, forms, strict=True):
        if not states.has_lasso(form):
            names = " and ".join(fairness_text(condition, model.vocabulary) for condition in conditions)
            also = " too" if prop.fair else ""
            return f"it fails for lack of fairness: under {names}{also} it holds"
    return None


def stopped_by_budgets(ground: Ground, properties: Iterable[Property]) -> list[str]:
    """The budgets that stop actions which are assumed fair: in some reachable state, or in the first of many, nothing else does.

    A budget that stops a fair action lets behaviours end, or go on elsewhere, that would be unfair without it.
    """
    circuit = ground.circuit
    conditions = {id(one): one for prop in properties for one in fairness(ground, prop.fair)}
    numbers = sorted({number for condition in conditions.values() for number in condition.instances})
    stops: dict[str, list[Node]] = {}
    for instance in (ground.instances[number] for number in numbers):
        nodes = dict(instance.guards)
        budgets = [guard.name for guard in instance.action.guards if guard.budget]
        others = [node for name, node in nodes.items() if name not in budgets]
        for name in budgets:
            stops.setdefault(f"{instance.action.name}.{name}", []).append(circuit.and_((*others, circuit.not_(nodes[name]))))
    if not stops:
        return []
    never = never_satisfied(stops, _explored(ground).reached)
    return [name for name in stops if name not in never]


def idle_progress(ground: Ground, prop: Property, search: Searched | None) -> VacuityEntry | None:
    """Why a proved liveness property is vacuous: nothing that it waits from ever happens, or no behaviour is fair at all.

    None if it is not, or nothing is known as not all states were searched.
    """
    if search is None or search.exploration.distinct > PROBE_STATES:
        return None
    form = liveness(ground, prop)
    whole, reached = ground.circuit.true, search.exploration.reached
    waits = {str(n): [case.trigger] for n, case in enumerate(form.cases) if not reads_next(case.trigger)}
    if len(waits) == len(form.cases) and len(never_satisfied(waits, reached)) == len(waits):
        return {"kind": "premise-unreachable", "reason": "what it waits from holds in no reachable state: all were visited"}
    some = Liveness(prop, (Case("", 0, (), whole, True, whole, ()),), form.fairness)
    if form.fairness and not States(ground, reached, [some]).has_lasso(some):
        reason = "no behaviour inside the constraints meets the conditions of fairness"
        return {"kind": "premise-unreachable", "reason": reason}
    return None


@lru_cache(maxsize=1)
def _explored(ground: Ground) -> Exploration:
    """The states of a ground, which the remarks on all its properties are about."""
    search = Search(ground, [], PROBE_STATES)
    for _ in search.run(stop=False):
        pass
    return search.result()


def _further(model: Model, prop: Property) -> Iterator[tuple[Condition, ...]]:
    """Conditions to add: those that the protocol has under any name, each alone and all; then weak fairness of actions."""
    stated = {_key(condition) for condition in prop.fair}
    kept = {action.name for action in model.actions}
    declared = [
        condition
        for assumption in model.protocol.fair.values()
        for condition in assumption.conditions
        if _key(condition) not in stated and all(part.action in kept for part in condition.parts)
    ]
    actions = [Condition(False, (Part(a.name, (None,) * len(a.given)),)) for a in model.actions]
    others = [condition for condition in actions if _key(condition) not in stated]
    for group in (declared, others):
        yield from ((condition,) for condition in group)
        if len(group) > 1:
            yield tuple(group)


def _key(condition: Condition) -> tuple[object, ...]:
    parts = tuple((part.action, tuple(value is None for value in part.arguments)) for part in condition.parts)
    return condition.strong, parts, len(condition.bound)
