"""What every run at published scope begins with: the model at its sizes, the selected properties, the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.proof.strategy.entries import Clock, Report, select, versions
from verifier.proof.strategy.requests import ProveRequest, head
from verifier.proof.strategy.scopes import parameters
from verifier.semantics.scope.finite import FiniteScope, finite_scope, parse_settings

if TYPE_CHECKING:
    from verifier.wire.documents import ResultFacts
    from verifier.wire.events import Emit


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has begun; its plan is emitted."""

    request: ProveRequest
    scope: FiniteScope
    selected: list[Property]
    report: Report

    @property
    def model(self) -> Model:
        """The model that the run is about."""
        return self.scope.model


def begin(request: ProveRequest, emit: Emit, *tools: str) -> Begun:
    """Begins a run; `tools` are named in its document with their versions. Raises VerifyError for bad input."""
    request.validate()
    clock = Clock()
    model = request.protocol.model(request.variant, request.drops)
    settings = parse_settings(request.settings)
    scope = finite_scope(model, settings)
    selected = select(model, request.properties, model.properties)
    facts: ResultFacts = {
        "schema": "verify.result/1",
        **head(model),
        "label": request.label,
        "scope": "published",
        "parameters": parameters(scope, settings),
        "k": request.k,
        "versions": versions(*tools),
    }
    return Begun(request, scope, selected, Report(facts, selected, emit, clock))
