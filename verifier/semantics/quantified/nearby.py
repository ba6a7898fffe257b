"""Leaves out of an obligation what is assumed of variables that neither its goal nor its action speaks of.

A solver with many quantified premises goes astray among them; most proofs need those that are near the goal. What follows from
fewer premises follows from all.
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
