"""The end of a run that asks no solver, and loads none: the findings of a short search on lemmas."""

from __future__ import annotations

from collections.abc import Iterator

from verifier.proof.strategy.entries import Report
from verifier.proof.strategy.requests import ProveRequest
from verifier.proof.strategy.traces import Replayer
from verifier.proof.strategy.workbench.falsify import false, falsified
from verifier.proof.strategy.workbench.findings import Finding
from verifier.proof.strategy.workbench.proving import Conclusion
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.statements import statements, watched
from verifier.semantics.scope.finite import FiniteScope


class SearchedConclusion(Conclusion):
    """The end of a run that asks no solver: a short search says which lemmas are false, and nothing else."""

    def __init__(self, report: Report, request: ProveRequest, ground: Ground) -> None:
        model = ground.scope.model
        super().__init__(report, request, model, statements(model))
        self._scope = ground.scope

    def findings(self) -> Iterator[Finding]:
        """The lemmas that a reachable state falsifies."""
        scope = FiniteScope(watched(self.model, self.stated), self._scope.parameters, self._scope.labels)
        ground = Ground(scope)
        replayer = Replayer(ground)
        result = falsified(ground, [one.whole for one in self.stated], 0, self.report.progress, None)
        for one in self.stated:
            if one.whole.name in result.violations:
                part = false(replayer, one, result.violations[one.whole.name], self.report.head["parameters"], "published")
                yield Finding(one, (part,))
