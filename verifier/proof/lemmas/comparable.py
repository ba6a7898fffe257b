"""Which formulas are assumed first: those whose totals the goals read.

Every two totals of an obligation, numbers of elements and sums, are compared by axioms, and every three. A formula about other
totals than the goals helps seldom, and the axioms that it brings cost a solver more than anything else.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.kernel.term_text import text
from verifier.kernel.terms import Term, remembered, walk
from verifier.semantics.quantified.totals import TOTALS


@remembered
def totals(formula: Term) -> frozenset[str]:
    """The totals that a formula reads, as text."""
    return frozenset(text(term) for term in walk(formula) if term.op in TOTALS)


def comparable(assumed: Sequence[Term], goals: Sequence[Term]) -> list[Term]:
    """The formulas without totals that no goal reads."""
    read = {total for goal in goals for total in totals(goal)}
    return [formula for formula in assumed if totals(formula) <= read]
