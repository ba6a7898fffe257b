"""The end of a run at unbounded scope: its facts about lemmas, and the workbench that it asks for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from verifier.kernel.printing import text
from verifier.kernel.terms import Term
from verifier.proof.lemmas.any_size import AnySizeTask
from verifier.proof.strategy.entries import Report
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.workbench.asked import Asked
from verifier.proof.strategy.workbench.proving import Conclusion
from verifier.semantics.obligations.statements import Statement, statements, watched
from verifier.semantics.scope.finite import FiniteScope

if TYPE_CHECKING:
    from verifier.proof.strategy.workbench.checking import Checking


class UnboundedConclusion(Conclusion):
    """The end of a run at unbounded scope."""

    def __init__(self, report: Report, request: ProveRequest, task: AnySizeTask) -> None:
        scope = task.quantified.scope
        super().__init__(report, request, scope.original, statements(scope.model))
        self._task = task

    @property
    def narrowed(self) -> bool:
        """Whether the run proved what was asked for without other properties, which some of the lemmas may need."""
        return self._task.induction.narrowed

    def used(self, one: Statement) -> Sequence[str] | None:
        """The formulas that the steps of all actions needed, for every part, as the run has them, or from which it follows."""
        induction = self._task.induction
        parts = induction.parts(one.formula)
        terms: dict[Term, None] = {}
        for part in parts:
            if part in induction.invariants.kept:
                for action in self._task.quantified.model.actions:
                    terms |= dict.fromkeys(induction.invariants.used(part, action))
            elif part in induction.implied:
                terms |= dict.fromkeys(induction.implied[part].used)
            else:
                return None
        return [text(term, self.model.vocabulary, outer=False) for term in terms if term not in parts]

    def checking(self, asked: Asked) -> Checking:
        """The workbench for any size."""
        from verifier.proof.strategy.workbench.unbounded import UnboundedChecking

        known = self._task.instance.ground.scope
        published = FiniteScope(watched(self.model, self.stated), known.parameters, known.labels)
        return UnboundedChecking(self._task.quantified, published, self.stated, asked, self.report.progress)
