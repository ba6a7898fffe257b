"""Leaves assumptions out of an obligation: about variables that neither its goal nor its action mentions, or about totals.

A solver with many quantified premises goes astray among them; most proofs need only those near the goal. Any consequence of fewer
premises is a consequence of all.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.kernel.terms import state_names
from verifier.semantics.quantified.obligations import Obligation


def near(obligation: Obligation) -> Obligation | None:
    """The obligation with the assumptions near its goals; None if those are all, or no step is taken."""
    if obligation.action is None:
        return None
    others = [premise.stated for premise in obligation.premises if premise.tag != "hypothesis"]
    names = state_names(*(goal.stated for goal in obligation.goals), *others)
    kept = tuple(p for p in obligation.premises if p.tag != "hypothesis" or state_names(p.stated) <= names)
    return replace(obligation, premises=kept) if len(kept) < len(obligation.premises) else None


def without_totals(obligation: Obligation) -> Obligation | None:
    """The obligation without the premises that read numbers of elements or sums, guards among them; None if it has none, or if a
    goal reads one.

    The axioms about totals go with them: a solver loses itself in their quantifiers, whatever it is asked.
    """
    lowering = obligation.lowering
    lowering.axioms(obligation.stated)
    if any(lowering.compares_totals(goal.stated) for goal in obligation.goals):
        return None
    kept = tuple(premise for premise in obligation.premises if not lowering.compares_totals(premise.stated))
    return replace(obligation, premises=kept) if len(kept) < len(obligation.premises) else None
