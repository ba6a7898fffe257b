"""Splits an obligation into cases: does the goal mention what the action has just changed, or not?

The goal's own variables become constants, and each is either equal to an argument of the action of its sort or different.
Some obligations that z3 does not answer whole are answered case by case at once.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from verifier.kernel.sorts import QuorumSort, ScalarSort
from verifier.kernel.terms import Term, conjunction, equal, negation, substitute, variable
from verifier.semantics.quantified.definedness import Definedness
from verifier.semantics.quantified.obligations import Obligation
from verifier.semantics.quantified.premises import Goal, Premise

LARGEST_SPLIT = 3
"""Equalities that are split on; each doubles the number of cases."""


def split(obligation: Obligation) -> list[Obligation]:
    """The obligation in cases; all of them together are the whole. Empty if there is nothing to split on."""
    if len(obligation.goals) != 1 or obligation.action is None:
        return []
    [goal] = obligation.goals
    body, premises, variables = opened(obligation, goal.stated)
    pairs = [(v, a) for v in variables for a in arguments(obligation) if v.sort == a.sort and _splits(v)][
        :LARGEST_SPLIT
    ]
    if not pairs:
        return []
    lowering = obligation.lowering
    for v in variables:
        lowering.declare_locally(v)
    context = [Premise("goal", "the goal's own premise", term, lowering.formula(term)) for term in premises]
    cases = []
    for signs in itertools.product((True, False), repeat=len(pairs)):
        sides = [equal(v, a) if sign else negation(equal(v, a)) for (v, a), sign in zip(pairs, signs, strict=True)]
        case = conjunction(sides)
        cases.append(
            replace(
                obligation,
                premises=(*obligation.premises, *context, Premise("case", "a case", case, lowering.formula(case))),
                goals=(Goal(goal.term, body, lowering.formula(body)),),
            )
        )
    return cases


def arguments(obligation: Obligation) -> list[Term]:
    """The arguments and witnesses of the step's action."""
    if obligation.action is None:
        return []
    action = obligation.lowering.scope.model.action(obligation.action)
    return [bound.variable for bound in (*action.arguments, *action.witnesses)]


def _splits(term: Term) -> bool:
    return isinstance(term.sort, ScalarSort | QuorumSort) or term.sort.is_integer


def opened(obligation: Obligation, stated: Term) -> tuple[Term, list[Term], list[Term]]:
    """A goal without its outer quantifiers and premises: the rest, the premises, and the variables."""
    definedness = Definedness(obligation.lowering.scope)
    premises: list[Term] = []
    variables: list[Term] = []
    while stated.op in ("forall", "implies"):
        if stated.op == "forall":
            fresh = {v: variable(v.data, v.sort) for v in stated.bound}
            variables += fresh.values()
            premises += [definedness.within(v, v.sort) for v in fresh.values()]
            stated = substitute(stated.args[0], dict(fresh))
        else:
            premises.append(stated.args[0])
            stated = stated.args[1]
    return stated, premises, variables
