"""The ends of runs at either scope: what each knows of lemmas, and the workbench that it asks for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from verifier.kernel.printing import text
from verifier.kernel.terms import Term
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.lemmas.any_size import AnySizeTask
from verifier.proof.strategy.entries import Report
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.workbench.asked import Asked
from verifier.proof.strategy.workbench.bench import Bench
from verifier.proof.strategy.workbench.checking import Checking
from verifier.proof.strategy.workbench.proving import Conclusion
from verifier.proof.strategy.workbench.unbounded import UnboundedChecking
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.statements import Statement, statements, watched
from verifier.semantics.scope.finite import FiniteScope

if TYPE_CHECKING:
    from verifier.wire.documents import LemmaReportEntry


class PublishedConclusion(Conclusion):
    """The end of a run at published scope whose engines ask a solver."""

    def __init__(self, report: Report, request: ProveRequest, task: FiniteTask) -> None:
        model = task.ground.scope.model
        super().__init__(report, request, model, statements(model))
        self._task = task

    def quick(self, known: Mapping[str, LemmaReportEntry]) -> dict[str, list[str]]:
        """Asks of all lemmas at once whether they are inductive, beside the invariants that are."""
        sound = {name for name, found in known.items() if found["status"] == "inductive"}
        assumed = [one for one in self.stated if one.kind == "lemma" or one.name in sound]
        wanted = [part for one in assumed if one.name not in known for part in one.parts]
        bench = Bench(self._task.ground, [part for one in assumed for part in one.parts], self._task.encoding)
        found = bench.inductive(wanted)
        self._task.statistics.queries += bench.queries
        if found is None:
            return {}
        open_ = [one for one in assumed if one.name not in known]
        return {one.name: [name for part in one.parts for name in found[part.name]] for one in open_}

    def checking(self, asked: Asked) -> Checking:
        """The workbench at the sizes of the run."""
        scope = self._task.ground.scope
        ground = Ground(FiniteScope(watched(self.model, self.stated), scope.parameters, scope.labels))
        bench = Bench(ground, [part for one in self.stated for part in one.parts])
        return Checking(bench, self.stated, asked, self.report.head["parameters"], self.report.progress)


class UnboundedConclusion(Conclusion):
    """The end of a run at unbounded scope."""

    def __init__(self, report: Report, request: ProveRequest, task: AnySizeTask) -> None:
        scope = task.quantified.scope
        super().__init__(report, request, scope.original, statements(scope.model))
        self._task = task

    def used(self, one: Statement) -> Sequence[str] | None:
        """What the steps of all actions needed, of every part, as the run has it."""
        induction = self._task.induction
        parts = induction.parts(one.formula)
        if not all(part in induction.invariants.kept for part in parts):
            return None
        terms: dict[Term, None] = {}
        for part in parts:
            for action in self._task.quantified.model.actions:
                terms |= dict.fromkeys(induction.invariants.used(part, action))
        return [text(term, self.model.vocabulary, outer=False) for term in terms if term not in parts]

    def checking(self, asked: Asked) -> Checking:
        """The workbench for any size."""
        known = self._task.instance.ground.scope
        published = FiniteScope(watched(self.model, self.stated), known.parameters, known.labels)
        return UnboundedChecking(self._task.quantified, published, self.stated, asked, self.report.progress)
