"""The obligations of a proof at unbounded scope, in their order, each with the formulas that it may assume.

An obligation that is discharged with some of these assumptions is discharged with all. So its script states those alone that its
refutation used: it is shorter, and the same in every certificate whose proof needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from verifier.kernel.actions import Action
from verifier.kernel.terms import Term
from verifier.semantics.quantified import Obligation, Quantified
from verifier.semantics.quantified.obligations import OfSteps


@dataclass(frozen=True, slots=True)
class Question:
    """One obligation: `ask` makes it with all of the `assumptions`, or with some of them."""

    assumptions: tuple[Term, ...]
    ask: Callable[[Sequence[Term]], Obligation]

    def numbered(self, numbers: Sequence[int] | None) -> Obligation:
        """The obligation with the assumptions of these numbers, which count from 1; None stands for all."""
        if numbers is None:
            return self.ask(self.assumptions)
        return self.ask([term for number, term in enumerate(self.assumptions, 1) if number in numbers])

    def numbers(self, some: Sequence[Term]) -> list[int]:
        """The numbers of some of the assumptions."""
        return [number for number, term in enumerate(self.assumptions, 1) if term in some]


def questions(
    quantified: Quantified,
    support: Sequence[Term],
    steps: Sequence[Term | OfSteps],
    uses: Sequence[Term],
    starts: Sequence[Term] = (),
    implied: Sequence[Term] = (),
) -> list[Question]:
    """The obligations of a proof, in the order of `scripts.wanted`. Implied formulas assume those before them, uses all."""

    def initiation(formula: Term, _: Sequence[Term]) -> Obligation:
        return quantified.initiation([formula])

    def consecution(action: Action, formula: Term, some: Sequence[Term]) -> Obligation:
        return quantified.consecution(action, some, [formula])

    def step(action: Action, formula: Term | OfSteps, some: Sequence[Term]) -> Obligation:
        return quantified.step(action, some, [formula])

    def safety(formula: Term, some: Sequence[Term]) -> Obligation:
        return quantified.safety(some, [formula])

    def starting(formula: Term, _: Sequence[Term]) -> Obligation:
        return quantified.starting([formula])

    before, behind = tuple(support), tuple(implied)
    asked = [Question((), partial(initiation, formula)) for formula in support]
    for action in quantified.model.actions:
        asked += [Question(before, partial(consecution, action, formula)) for formula in support]
        asked += [Question(before, partial(step, action, formula)) for formula in steps]
    asked += [Question((*before, *behind[:place]), partial(safety, formula)) for place, formula in enumerate(implied)]
    asked += [Question((*before, *behind), partial(safety, formula)) for formula in uses]
    return asked + [Question((), partial(starting, formula)) for formula in starts]
