"""The beginning of every run at published scope: the model at its sizes, the selected properties, the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from verifier.kernel.laws import alone
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.reachable import seeking
from verifier.proof.strategy.entries import Clock, Report, presented, select, versions
from verifier.proof.strategy.requests import ProveRequest, head
from verifier.proof.strategy.scopes import parameters
from verifier.semantics.scope.finite import FiniteScope, finite_scope, parse_settings

if TYPE_CHECKING:
    from verifier.wire.events import Emit
    from verifier.wire.results import ResultFacts


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has begun, about all that is selected or a part of it; its plan is emitted."""

    request: ProveRequest
    scope: FiniteScope
    selected: list[Property]
    report: Report

    @property
    def model(self) -> Model:
        """The model that the run is about."""
        return self.scope.model

    def parts(self) -> list[Begun]:
        """The run for the properties of the model, for the states to be reached, and for each law, each in a model of its own."""
        laws = {result.about or result.name: None for result in self.selected if result in self.model.laws}
        sought = {result.name for result in self.selected if result in self.model.reachable}
        rest = [result for result in self.selected if result not in self.model.laws and result.name not in sought]
        result = [replace(self, selected=rest)] if rest or not (laws or sought) else []
        if sought:
            scope = FiniteScope(seeking(self.model), self.scope.parameters, self.scope.labels)
            own = [one for one in scope.model.properties if one.name in sought]
            result.append(replace(self, scope=scope, selected=own))
        for law in laws:
            model = alone(self.model, law)
            chosen = {one.name for one in self.selected}
            scope = FiniteScope(model, self.scope.parameters, self.scope.labels)
            own = [one for one in model.properties if one.name in chosen]
            result.append(replace(self, scope=scope, selected=own))
        return result


def begin(request: ProveRequest, emit: Emit, *tools: str) -> Begun:
    """Begins a run; `tools` are named in its document with their versions. Raises VerifyError for bad input."""
    request.validate()
    clock = Clock()
    model = request.protocol.model(request.variant, request.drops)
    settings = parse_settings(request.settings)
    scope = finite_scope(model, settings)
    selected = select(model, request.properties, model.stated, liveness=request.liveness)
    facts: ResultFacts = {
        "schema": "verify.result/1",
        **head(model),
        **presented(model),
        "label": request.label,
        "scope": "published",
        "parameters": parameters(scope, settings),
        "k": request.k,
        "versions": versions(*tools),
    }
    return Begun(request, scope, selected, Report(facts, selected, emit, clock, request))
