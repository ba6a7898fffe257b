"""Adds instances of the premises to an obligation: at the values that its goal mentions, and at the arguments of its action.

The goal's own variables become constants. Each premise of the form "for all x" is stated again for those constants, for the
arguments of the action and for the state's own values, as far as their sorts fit. An induction hypothesis is mostly needed at
just these, and a formula with an existential quantifier below a universal one offers z3 no pattern by which to find them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from verifier.kernel.sorts import Sort
from verifier.kernel.terms import Term, conjunction, implication, state, substitute
from verifier.semantics.quantified.definedness import Definedness
from verifier.semantics.quantified.obligations import Obligation
from verifier.semantics.quantified.premises import Goal, Premise
from verifier.semantics.quantified.scoping import narrowed
from verifier.semantics.quantified.splitting import arguments, opened

LARGEST_POOL = 6
"""Values at which one variable is instantiated."""
LARGEST_NUMBER = 36
"""Instances of one premise."""


def instantiated(obligation: Obligation) -> Obligation | None:
    """The obligation with instances of its premises; None if there are none."""
    if len(obligation.goals) != 1:
        return None
    [goal] = obligation.goals
    body, context, variables = opened(obligation, goal.stated)
    lowering = obligation.lowering
    for variable in variables:
        lowering.declare_locally(variable)
    pools, definedness = _Pools(obligation, variables), Definedness(lowering.scope)
    premises = [
        replace(premise, stated=instance, formula=lowering.formula(instance))
        for premise in (*obligation.background, *obligation.premises)
        if premise.tag in ("hypothesis", "axiom")
        for instance in _instances(premise.stated, pools, definedness)
    ]
    if not premises:
        return None
    body = narrowed(body, definedness)
    held = [Premise("goal", "the goal's own premise", term, lowering.formula(term)) for term in context]
    return replace(
        obligation,
        premises=(*obligation.premises, *held, *premises),
        goals=(Goal(goal.term, body, lowering.formula(body)),),
    )


class _Pools:
    """The values of each sort at which a variable is instantiated, the goal's first."""

    def __init__(self, obligation: Obligation, variables: list[Term]) -> None:
        model = obligation.lowering.scope.model
        states = (state(declared.name, declared.sort) for declared in model.variables)
        self._values = [*variables, *arguments(obligation), *states]

    def of(self, sort: Sort) -> list[Term]:
        return [value for value in self._values if value.sort == sort][:LARGEST_POOL]


def _instances(stated: Term, pools: _Pools, definedness: Definedness) -> Iterator[Term]:
    """The instances of a formula that quantifies universally, perhaps under a condition."""
    conditions: list[Term] = []
    while stated.op == "implies":
        conditions.append(stated.args[0])
        stated = stated.args[1]
    bound: list[Term] = []
    while stated.op == "forall":
        bound += stated.bound
        stated = stated.args[0]
    choices = itertools.product(*(pools.of(variable.sort) for variable in bound)) if bound else iter(())
    for values in itertools.islice(choices, LARGEST_NUMBER):
        inside = [definedness.within(value, variable.sort) for variable, value in zip(bound, values, strict=True)]
        body = substitute(stated, dict(zip(bound, values, strict=True)))
        yield implication(conjunction([*conditions, *inside]), body)
