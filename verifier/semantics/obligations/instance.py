"""A finite instance of an unbounded model, to refute claims of the model.

Every run of the instance is one of the unbounded model. But an end of a range that the unbounded model has lost cannot be left
there, and a use that is undefined only at such an end is defined: neither is a violation. Nor is a property that is false after a
step that leaves such an end, as quantifiers range further there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from verifier.kernel.definedness import Use
from verifier.kernel.errors import Position
from verifier.kernel.properties import Property
from verifier.semantics.ground import ground as finite
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import HANDLERS, Ground, Undefined
from verifier.semantics.ground.leaving import Leaving, Starts
from verifier.semantics.ground.lowering import Lowering
from verifier.semantics.quantified import Quantified
from verifier.semantics.scope import ends
from verifier.semantics.scope.finite import FiniteScope


class Instance(Ground):
    """The circuit of a finite scope whose violations are those of the unbounded model."""

    def __init__(self, scope: FiniteScope, quantified: Quantified) -> None:
        super().__init__(scope)
        self.quantified = quantified
        self._lasting: dict[str, dict[Position | None, Node]] = {}

    # -- ranges ------------------------------------------------------------------------------------------------------

    @cached_property
    def kept(self) -> Beyond:
        """The values beyond ends that the unbounded model has."""
        return Beyond(self, ends.kept(self.scope, self.quantified.scope))

    @cached_property
    def dropped(self) -> Beyond:
        """The values beyond ends that it has lost."""
        return Beyond(self, ends.dropped(self.scope, self.quantified.scope))

    def range_violation(self, property: Property, instance: finite.Instance) -> Node:
        """Whether the instance fires and its new values are beyond ends that the sorts of the variables have for any size."""
        beyond = [self.kept.after(instance, name) for name, _ in instance.escapes if name in property.variables]
        return self.circuit.and_((instance.enabled, self.circuit.or_(beyond)))

    @cached_property
    def leaving(self) -> Leaving:
        """The steps that leave a range, but none of an end that the unbounded model has lost."""
        return _Leaving(self)

    @cached_property
    def starts(self) -> Starts:
        """The faults of initial values and predicates at any size."""
        return _Starts(self)

    # -- definedness -------------------------------------------------------------------------------------------------

    def counts(self, property: Property, use: Undefined) -> Node:
        """When a use violates a `defined` property: where it is undefined in the unbounded model, too."""
        if property.name not in self._lasting:
            quantified = self.quantified
            uses = [*quantified.defined_uses(property), *quantified.defined_steps(property)]
            if property.about is not None:
                uses += quantified.defined_starts(property)
            self._lasting[property.name] = self.undefined_without_ends(uses)
        lasting = self._lasting[property.name].get(use.position, self.circuit.false)
        return self.circuit.and_((use.happens, lasting))

    def undefined_without_ends(self, uses: Iterable[Use]) -> dict[Position | None, Node]:
        """For each line, when a use there is undefined in the unbounded model, as far as the instance can tell."""
        circuit = self.circuit
        result: dict[Position | None, list[Node]] = {}
        for use in uses:
            if self.quantified.scope.admits(use.formula, "forall"):
                value, inner = self.formula(use.formula)
                holds = circuit.or_((value, *(one.happens for one in inner)))
                result.setdefault(use.position, []).append(circuit.not_(holds))
        return {position: circuit.or_(nodes) for position, nodes in result.items()}


class Beyond:
    """The values beyond some ends of the ranges of an instance."""

    def __init__(self, ground: Instance, scope: ends.Ends) -> None:
        self._ground = ground
        # The same circuit and the same values; only the ends that decide what is outside a sort are others.
        self._lowering = Lowering(ground.scope, ground.circuit, ground.layout, HANDLERS, ends=scope)
        self._known: dict[tuple[int, str], Node] = {}

    def after(self, instance: finite.Instance, variable: str) -> Node:
        """Whether the new value of a variable is, when the instance fires."""
        known = self._known.get((instance.number, variable))
        if known is None:
            [value] = [update.value for update in instance.action.updates if update.variable == variable]
            known = self._known[instance.number, variable] = self._ground.outside(
                variable, value, self._lowering, instance.environment
            )
        return known

    def initially(self, variable: str) -> bool:
        """Whether the initial value of a variable is, which is given."""
        value = self._ground.scope.model.variable(variable).initial
        assert value is not None
        return self._ground.outside(variable, value, self._lowering, {}) is self._ground.circuit.true


class _Leaving(Leaving):
    ground: Instance

    def by(self, instance: finite.Instance) -> Node:
        """Whether the instance fires and leaves a range, but nowhere beyond an end that is lost."""
        circuit = self.ground.circuit
        beyond = circuit.or_([self.ground.dropped.after(instance, name) for name, _ in instance.escapes])
        return circuit.and_((super().by(instance), circuit.not_(beyond)))


class _Starts(Starts):
    ground: Instance

    @cached_property
    def left(self) -> frozenset[str]:
        """The variables whose initial value is beyond an end that the unbounded model has."""
        return frozenset(name for name in self.outside if self.ground.kept.initially(name))

    @cached_property
    def judged(self) -> bool:
        """Whether a property is evaluated on initial values that are out of range: not beyond ends that are lost."""
        return bool(self.outside) and not any(self.ground.dropped.initially(name) for name in self.outside)

    def undefined(self) -> Node:
        """An initial value is undefined, or an initial predicate, for any size."""
        circuit, node = self.ground.circuit, super().undefined()
        if node is circuit.false:
            return node
        quantified = self.ground.quantified
        uses = quantified.defined_initially() if self.undefined_values else quantified.defined_predicates()
        lasting = self.ground.undefined_without_ends(uses)
        return circuit.and_((node, circuit.or_(lasting.values())))
