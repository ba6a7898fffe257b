"""A finite instance of an unbounded model, to refute what the model claims.

Every run of the instance is one of the unbounded model. But a use that is undefined only at an end of a range which the
unbounded model has lost is defined there, so it is no violation.
"""

from __future__ import annotations

from verifier.kernel.errors import Position
from verifier.kernel.properties import Property
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground, Undefined
from verifier.semantics.quantified import Quantified
from verifier.semantics.scope.finite import FiniteScope


class Instance(Ground):
    """The circuit of a finite scope whose violations are those of the unbounded model."""

    def __init__(self, scope: FiniteScope, quantified: Quantified) -> None:
        super().__init__(scope)
        self.quantified = quantified
        self._lasting: dict[str, dict[Position | None, Node]] = {}

    def counts(self, property: Property, use: Undefined) -> Node:
        """When a use violates a `defined` property: where it is undefined in the unbounded model, too."""
        if property.name not in self._lasting:
            self._lasting[property.name] = self._undefined_without_ends(property)
        lasting = self._lasting[property.name].get(use.position, self.circuit.false)
        return self.circuit.and_((use.happens, lasting))

    def _undefined_without_ends(self, property: Property) -> dict[Position | None, Node]:
        """For each line, when a use there is undefined in the unbounded model, as far as the instance can tell."""
        circuit, quantified = self.circuit, self.quantified
        found: dict[Position | None, list[Node]] = {}
        for use in [*quantified.defined_uses(property), *quantified.defined_steps(property)]:
            if quantified.scope.admits(use.formula, "forall"):
                value, uses = self.formula(use.formula)
                holds = circuit.or_((value, *(inner.happens for inner in uses)))
                found.setdefault(use.position, []).append(circuit.not_(holds))
        return {position: circuit.or_(nodes) for position, nodes in found.items()}
