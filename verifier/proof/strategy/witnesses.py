"""The witnesses of certificates at published scope: values that satisfy the assumptions of an induction, so that it is not
vacuous.

A formula that a proof shows invariant holds in every reachable state, so a step that a run has taken is a witness for each proof
of the model. The values of runs, and those that a solver has found before, are evaluated first; a solver is asked only where none
of them will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verifier.proof.strategy.errors import Unanswered
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.smtlib import ActionText, SmtLib, bits
from verifier.semantics.obligations.proof import Proof
from verifier.semantics.obligations.violations import Violations

if TYPE_CHECKING:
    from verifier.semantics.ground.ground import Instance
    from verifier.semantics.ground.smt import Encoding, Formula
    from verifier.wire.certificates import Values

STEPS = 200_000_000
"""The budget of the search for the values of one witness, in z3's steps; some ten seconds."""

State = Mapping[str, Any]

_UNSAT: Values = {"expected": "unsat"}


@dataclass(frozen=True, slots=True)
class Firings:
    """Observations from runs: initial states, and for actions a state in which one fired, with its arguments."""

    starts: Sequence[State] = ()
    steps: Mapping[str, tuple[State, Mapping[str, Any]]] = field(default_factory=dict)


class Witnesses:
    """The witnesses of the proofs of one model."""

    def __init__(self, encoding: Encoding, smtlib: SmtLib, actions: Sequence[ActionText], runs: Firings) -> None:
        self._encoding = encoding
        self._smtlib = smtlib
        self._actions = actions
        ground = encoding.ground
        self._instances: dict[str, list[Instance]] = {action.name: [] for action in ground.scope.model.actions}
        for instance in ground.instances:
            self._instances[instance.action.name].append(instance)
        encode = ground.layout.encode
        self._starts = [Evaluator(encode(state)) for state in runs.starts[:1]]
        self._steps: dict[str, list[tuple[Evaluator, Instance]]] = {name: [] for name in self._instances}
        for name, (state, arguments) in runs.steps.items():
            fired = next(one for one in self._instances[name] if one.arguments == arguments)
            self._steps[name].append((Evaluator(encode(state)), fired))

    def of(self, proof: Proof) -> list[Values]:
        """Values that satisfy each witness of a proof, or that it is unsatisfiable, in the order of the scheme.

        Raises Unanswered if a solver gives up on one: a formula that may have values is not reported to have none.
        """
        encoding, ground = self._encoding, self._encoding.ground
        violations = Violations(encoding, proof.monitor)
        circuit = ground.circuit
        fine = circuit.and_((*ground.axioms, *(support.node for support in proof.supports), violations.holds))
        result = [self._start(circuit.and_((ground.initial, fine)))]
        inside = circuit.and_((ground.constraint, fine))
        actions = zip(ground.scope.model.actions, self._actions, strict=True)
        result += [self._step(action.name, text, inside) for action, text in actions]
        typed = [encoding.typed, encoding.next_state(encoding.typed)]
        violated = [*typed, encoding.axioms, encoding.or_([violations.at(0), violations.at(1)])]
        model = self._satisfy("values that violate it", violated)
        return [*result, self._values(model, 2)]

    def _start(self, fine: Node) -> Values:
        for state in self._starts:
            if state.holds(self._encoding.ground.canonical) and state.holds(fine):
                return {"expected": "sat", "state": self._smtlib.values(state.current)}
        model = self._satisfy("an initial state", [self._encoding.typed, self._encoding.formula(fine)])
        if model is not None:
            self._starts.append(Evaluator(self._encoding.codes(model, 0)))
        return self._values(model, 1)

    def _step(self, name: str, action: ActionText, inside: Node) -> Values:
        """A step of an action from a state that satisfies `inside`."""
        encoding, instances, known = self._encoding, self._instances[name], self._steps[name]
        if not instances:
            return _UNSAT
        for state, instance in known:
            if all(map(state.holds, (encoding.ground.canonical, instance.storable, inside))):
                return self._fired(state, instance, action)
        fires = [encoding.typed, encoding.formula(inside), encoding.transition]
        model = self._satisfy(f"a step of {name}", [*fires, encoding.selected(one.number for one in instances)])
        if model is None:
            return _UNSAT
        found = Evaluator(encoding.codes(model, 0)), encoding.ground.instances[encoding.instance(model, 0)]
        known.append(found)
        return self._fired(*found, action)

    def _fired(self, state: Evaluator, instance: Instance, action: ActionText) -> Values:
        following = list(state.current)
        for number, value in instance.writes.items():
            following[number] = state.value(value)
        return {
            "expected": "sat",
            "state": self._smtlib.values(state.current),
            "next": self._smtlib.values(following),
            "pick": bits(instance.number - action.first, action.width),
        }

    def _values(self, model: Any, states: int) -> Values:
        if model is None:
            return _UNSAT
        entry: Values = {"expected": "sat", "state": self._smtlib.values(self._encoding.codes(model, 0))}
        if states == 2:
            entry["next"] = self._smtlib.values(self._encoding.codes(model, 1))
        return entry

    def _satisfy(self, what: str, formulas: list[Formula]) -> Any:
        """A model of the formulas; None if there is none. Raises Unanswered if the solver gives up."""
        solver = self._encoding.solver(STEPS)
        solver.add(*formulas)
        match solver.check():
            case Answer.UNSAT:
                return None
            case Answer.UNKNOWN:
                raise Unanswered(f"the solver gave up on {what}: {solver.reason}")
        return solver.model()
