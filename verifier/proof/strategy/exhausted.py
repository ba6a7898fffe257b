"""The result of a search as an inductive invariant, so that it can be checked without searching: the set of the states that it
found, if they are few, else the invariant that IC3 finds within a budget.

A state that is not inside the constraints is not expanded, so the set says nothing about it; that the property holds in such a
state after a step is shown separately.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.proof.engines.engine import Budget, Decided, Proved
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.pdr import Pdr
from verifier.semantics.ground.circuit import below
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.members import members
from verifier.semantics.obligations.proof import Proof, Searched, Support

STATES, NODES = 1_000, 20_000
"""How many states, and how large a formula, a certificate may list; beyond that it needs another invariant."""

QUESTIONS = 25_000
"""How many questions IC3 may ask for a certificate; some seconds."""

LESS = 4
"""Of what one search has found IC3 may ask this many times fewer questions after each property for which it found nothing."""


def reached(ground: Ground, search: Searched) -> Support | None:
    """The invariant that a state is one that was reached, or outside the constraints; None if there are too many."""
    exploration, circuit = search.exploration, ground.circuit
    if exploration.distinct > STATES:
        return None
    kept = [variable.name for variable in ground.scope.model.variables if variable.name not in search.left_out]
    fields = [field.number for name in kept for field in ground.layout.of(name)]
    inside = members(ground, fields, exploration.reached.packing.codes(exploration.reached.states))
    node = circuit.or_((circuit.not_(ground.constraint), inside))
    if len(list(below(node))) > NODES:
        return None
    return Support(_text(ground, search, kept), node, ())


def by_ic3(ground: Ground, proof: Proof, questions: int = QUESTIONS) -> Proof | None:
    """A proof by search as one that IC3 finds; None if it finds none with so many questions."""
    prop = proof.monitor.property
    task = FiniteTask(ground, {prop.name: prop}, lambda: {prop.name: prop}, learning=False)
    for event in Pdr().run(task, Budget(steps=questions)):
        if isinstance(event, Decided) and isinstance(event.outcome, Proved):
            found: Proof = event.outcome.evidence
            return replace(found, search=proof.search)
    return None


def _text(ground: Ground, search: Searched, kept: list[str]) -> str:
    states = search.exploration.distinct
    what = f"the values of {', '.join(kept)} are" if search.left_out else "the state is"
    which = f"one of the {states:,} that a search reaches" if states > 1 else "the only one that a search reaches"
    outside = ", or it is outside the constraints" if ground.constraint is not ground.circuit.true else ""
    return f"{what} {which}{outside}"
