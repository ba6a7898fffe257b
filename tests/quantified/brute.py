"""Brute force against proofs of every size: what is proved of them holds in each reachable state of small instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verifier.kernel.errors import ModelError
from verifier.kernel.model import Model
from verifier.kernel.sorts import FunctionSort, RangeSort
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.boundless import Unbounded

MOST_STATES = 1_500


def proved(protocol: Any, **options: Any) -> set[str]:
    """The properties that are proved of every size; none where the unbounded scope refuses the model."""
    try:
        document = prove(ProveRequest(protocol, scope="unbounded", **options), lambda event: None)
    except ModelError:
        return set()
    return {entry["published_name"] for entry in document["properties"] if entry["verdict"] == "proved"}


def reachable(machine: Machine) -> Iterator[tuple[State, list[Any]]]:
    """The states within their ranges, breadth first, each with what every action instance does in it."""
    seen = dict.fromkeys(machine.initial_states())
    frontier = list(seen)
    while frontier and len(seen) < MOST_STATES:
        following = []
        for state in frontier:
            steps = list(machine.steps(state)) if machine.inside(state) else []
            yield state, steps
            for step in steps:
                if step.fired and step.state is not None and step.state not in seen:
                    seen[step.state] = None
                    following.append(step.state)
        frontier = following


def refuted(model: Model, scope: Unbounded, claimed: set[str], settings: dict[str, int]) -> Iterator[str]:
    """What an instance says against the properties that are claimed."""
    machine = Machine(finite_scope(model, settings))
    stated = [found for found in model.properties if found.name in claimed]
    for state, steps in reachable(machine):
        for found in stated:
            if found.kind == "state" and not machine.holds(found, state):
                yield f"{found.name} at {settings} in {dict(state)}"
        for step in steps:
            for found in stated:
                if found.kind == "action" and step.fired and not machine.holds(found, state, step.state):
                    yield f"{found.name} at {settings} from {dict(state)} by {step.action}"
                if found.kind == "range" and step.outcome == "out of range":
                    for name in found.variables:
                        if _leaves(model, scope, name, step.state[name]):
                            yield f"{found.name} at {settings}: {name} = {step.state[name]}"
            if step.undefined is not None and "Defined" in claimed and not _rests_on_an_end(step.undefined, scope):
                yield f"Defined at {settings} in {dict(state)} by {step.action}: {step.undefined.op}"


def _leaves(model: Model, scope: Unbounded, name: str, value: Any) -> bool:
    """Whether a number is beyond an end of its range that counts."""
    sort = model.variable(name).sort
    if not isinstance(sort, RangeSort):
        return False
    parametric = finite_scope(model).parametric
    low, high = scope.low(sort), scope.high(sort)
    return (low is not None and value < parametric(low)) or (high is not None and value > parametric(high))


def _rests_on_an_end(term: Any, scope: Unbounded) -> bool:
    sort = term.args[0].sort.index if isinstance(term.args[0].sort, FunctionSort) else term.sort
    return (
        term.op in ("apply", "update", "choose", "within")
        and isinstance(sort, RangeSort)
        and (scope.high(sort) is None or scope.low(sort) is None)
    )
