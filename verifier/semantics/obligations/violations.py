"""The violations of a property as z3 formulas along a path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verifier.semantics.ground.circuit import Node
from verifier.semantics.obligations.monitor import Monitor

if TYPE_CHECKING:
    from verifier.semantics.ground.smt import Encoding, Formula


class Violations:
    """The formulas of a monitor's violations, over steps 0 and 1 of an encoding."""

    def __init__(self, encoding: Encoding, monitor: Monitor) -> None:
        self.encoding = encoding
        self.monitor = monitor
        self._state = self._formula(encoding.ground.circuit.not_(self.holds))
        self._step = self._formula(monitor.bad_step)
        self.start = self._formula(monitor.bad_start)
        """Over the candidates for initial states; None if nothing can be wrong with them."""

    def _formula(self, node: Node) -> Formula | None:
        return None if node is self.encoding.ground.circuit.false else self.encoding.formula(node)

    @property
    def holds(self) -> Node:
        """The part of the property that a state alone decides, as a circuit node: no violation in this state."""
        circuit, monitor = self.encoding.ground.circuit, self.monitor
        inside = circuit.and_((monitor.bad_inside, self.encoding.ground.constraint))
        return circuit.not_(circuit.or_((monitor.bad_state, inside)))

    def at(self, step: int) -> Formula:
        """The property is violated at state `step` of a path, or by the step that leads there."""
        at, parts = self.encoding.at, []
        if self._state is not None:
            parts.append(at(self._state, step))
        if step > 0 and self._step is not None:
            parts.append(at(self._step, step - 1))
        return self.encoding.or_(parts)

    @property
    def never(self) -> bool:
        """Whether the property has become unfalsifiable in the circuit: nothing violates it."""
        return self._state is None and self._step is None and self.start is None

    def behind(self, step: int) -> Formula | None:
        """A step out of state `step` of a path leaves a range, and the state after it violates the property, or the step does.

        None if nothing of the kind can happen.
        """
        ground = self.encoding.ground
        node = ground.circuit.and_((ground.constraint, ground.leaving.violations(self.monitor.property)))
        formula = self._formula(node)
        return None if formula is None else self.encoding.at(formula, step)

    def leaver(self, model: Any, step: int) -> int | None:
        """The number of the instance that does, in a model of `behind`."""
        encoding, leaving = self.encoding, self.encoding.ground.leaving
        for instance in encoding.ground.instances:
            node = leaving.violation(self.monitor.property, instance)
            if node is not encoding.ground.circuit.false and encoding.holds(model, encoding.at(encoding.formula(node), step)):
                return instance.number
        return None

    def attempt(self, model: Any, step: int) -> int | None:
        """The instance whose attempt at state `step` violates the property, if that is the reason; its number."""
        ground, encoding = self.encoding.ground, self.encoding
        kind = self.monitor.property.kind
        if kind not in ("range", "defined") or self.monitor.property.about is not None:
            return None
        for instance in ground.instances:
            if kind == "range":
                violation = ground.range_violation(self.monitor.property, instance)
                node = ground.circuit.and_((instance.enabled, violation))
            else:
                # Outside the constraints nothing is attempted.
                uses = ground.circuit.or_(ground.counts(self.monitor.property, use) for use in instance.undefined)
                node = ground.circuit.and_((ground.constraint, uses))
            if node is not ground.circuit.false and encoding.holds(model, encoding.at(encoding.formula(node), step)):
                return instance.number
        return None
