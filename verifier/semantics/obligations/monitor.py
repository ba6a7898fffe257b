"""Monitors: the conditions under which a state or a step violates a property, as circuit nodes at a finite scope."""

from __future__ import annotations

from dataclasses import dataclass

from verifier.kernel.properties import Property
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground


@dataclass(frozen=True, slots=True)
class Monitor:
    """The violations of one property.

    `bad_state` is evaluated in every reachable state; `bad_inside` in reachable states inside the constraint, which are expanded
    (a step attempted there leaves its range or uses an undefined value); `bad_step` on every step, over steps 0 and 1. A
    violation by `bad_inside` takes `attempt_steps` steps more than reaching the state. `bad_start` is evaluated in the candidates
    for initial states (see `Starts`), a violation in 0 steps. A violation by a step that leaves a range, or by the state after
    it, is not a part of this: see `Leaving`. A proof does not consider it, as the proof rests on the ranges.
    """

    property: Property
    bad_state: Node
    bad_inside: Node
    bad_step: Node
    bad_start: Node
    attempt_steps: int

    def is_never_bad(self) -> bool:
        """Whether nothing violates the property, as the circuit alone says."""
        nodes = (self.bad_state, self.bad_inside, self.bad_step, self.bad_start)
        return all(node.op == "const" and not node.value for node in nodes)


def monitor(ground: Ground, prop: Property) -> Monitor:
    """The monitor of a property; of one of liveness only a reduction has one."""
    circuit = ground.circuit
    no = circuit.false
    start = ground.starts.violation(prop)
    if prop.kind in ("state", "law", "liveness"):
        return Monitor(prop, circuit.not_(ground.holds(prop)), no, no, start, 0)
    if prop.kind == "action":
        return Monitor(prop, no, no, circuit.not_(ground.holds(prop)), start, 0)
    if prop.kind == "range":
        inside = circuit.or_(
            circuit.and_((instance.enabled, ground.range_violation(prop, instance))) for instance in ground.instances
        )
        return Monitor(prop, no, inside, no, start, 1)
    undefined = circuit.or_(ground.counts(prop, use) for use in ground.undefined(prop))
    if prop.about is None:
        attempts = circuit.or_(ground.counts(prop, use) for instance in ground.instances for use in instance.undefined)
        return Monitor(prop, undefined, attempts, no, start, 0)
    state, step = (no, undefined) if prop.of_steps else (undefined, no)
    return Monitor(prop, state, no, step, start, 0)
