"""Validity of laws: one question to a solver, whether any values falsify the formula; or all values, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

from verifier.proof.engines.engine import Budget, Decided, Event, Open, Outcome, Progress, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.search import EXPLICIT_STATES, ExplicitSearch
from verifier.semantics.answers import Answer
from verifier.semantics.concrete.order import size
from verifier.semantics.ground.path import Path
from verifier.semantics.obligations.proof import Proof

if TYPE_CHECKING:
    from verifier.proof.engines.unrolling import Unrolling
    from verifier.semantics.obligations.violations import Violations


class Validity:
    """Decides statements about all values; each initial state of the task stands for one choice of values; see `kernel.laws`.

    `budget.steps` limits each question: a question that is hard for a solver may concern few values.
    """

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Decides the properties asked for; see `Engine`."""
        from verifier.proof.engines.unrolling import Unrolling

        anything = Unrolling(task.encoding, rooted=False, steps=budget.steps)
        values = Unrolling(task.encoding, rooted=True, steps=budget.steps)
        yield Progress("validity", 0)
        for name, prop in dict(task.asked()).items():
            yield Decided(name, self._decided(task, task.violations(prop), anything, values))
        task.statistics.queries += anything.queries + values.queries

    @staticmethod
    def _decided(task: FiniteTask, violations: Violations, anything: Unrolling, values: Unrolling) -> Outcome:
        # Codes of absent values say nothing, so that any may stand there; only in a counterexample they are those of a value.
        if anything.check(anything.literal(violations.at(0))) is Answer.UNSAT:
            return Proved(Proof(violations.monitor, "trivial", 0))
        match values.check(values.literal(violations.at(0))):
            case Answer.SAT:
                return Violated(Path(tuple(task.encoding.path(values.model, 0))))
            case Answer.UNKNOWN:
                return Open(-1, f"the solver gave up: {values.reason}")
        return Open(-1, "only codes that stand for no value falsify it")


class Values:
    """Looks at all values, if there are not too many of them."""

    def run(self, task: FiniteTask, budget: Budget) -> Iterator[Event]:
        """Decides the properties asked for; see `Engine`."""
        scope = task.ground.scope
        count = prod(size(scope, variable.sort) for variable in scope.model.variables)
        if count <= EXPLICIT_STATES:
            yield from ExplicitSearch().run(task, budget)
            return
        for name in list(task.asked()):
            yield Decided(name, Open(-1, f"{count:,} values are too many to look at"))
