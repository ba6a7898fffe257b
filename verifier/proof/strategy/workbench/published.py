"""The end of a run at published scope: its facts about lemmas, and the workbench that it asks for the rest.

Most runs ask nothing; the workbench is loaded when it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from verifier.proof.engines.finite import FiniteTask
from verifier.proof.strategy.entries import Report
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.workbench.asked import Asked
from verifier.proof.strategy.workbench.proving import Conclusion
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.statements import statements, watched
from verifier.semantics.scope.finite import FiniteScope

if TYPE_CHECKING:
    from verifier.proof.strategy.workbench.checking import Checking
    from verifier.wire.induction import LemmaReportEntry


class PublishedConclusion(Conclusion):
    """The end of a run at published scope whose engines ask a solver."""

    def __init__(self, report: Report, request: ProveRequest, task: FiniteTask) -> None:
        model = task.ground.scope.model
        super().__init__(report, request, model, statements(model))
        self._task = task

    def quick(self, known: Mapping[str, LemmaReportEntry]) -> dict[str, list[str]]:
        """Asks about all lemmas at once whether they are inductive, together with the invariants that are."""
        sound = {name for name, result in known.items() if result["status"] == "inductive"}
        assumed = [one for one in self.stated if one.kind == "lemma" or one.name in sound]
        wanted = [part for one in assumed if one.name not in known for part in one.parts]
        from verifier.proof.strategy.workbench.bench import Bench

        bench = Bench(self._task.ground, [part for one in assumed for part in one.parts], self._task.encoding)
        names = {one.whole.name for one in assumed if one.name not in known}
        texts = [p for p in self.model.properties if p.kind == "defined" and p.about in names]
        result = bench.inductive([*wanted, *texts])
        self._task.statistics.queries += bench.queries
        if result is None:
            return {}
        open_ = [one for one in assumed if one.name not in known]
        return {one.name: [name for part in one.parts for name in result[part.name]] for one in open_}

    def checking(self, asked: Asked) -> Checking:
        """The workbench at the sizes of the run."""
        from verifier.proof.strategy.workbench.bench import Bench
        from verifier.proof.strategy.workbench.checking import Checking

        scope = self._task.ground.scope
        ground = Ground(FiniteScope(watched(self.model, self.stated), scope.parameters, scope.labels))
        bench = Bench(ground, [part for one in self.stated for part in one.parts])
        return Checking(bench, self.stated, asked, self.report.head["parameters"], self.report.progress)
