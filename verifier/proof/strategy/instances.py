"""Instances in which every action fires: without them, contradictory axioms or guards could prove everything.

The solver finds the runs; the concrete semantics executes them.
"""

from __future__ import annotations

from collections.abc import Collection

from verifier.kernel.errors import ModelError
from verifier.proof.engines.explicit import explore
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.search import PROBE_STATES, never_enabled, never_satisfied
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.strategy.errors import Inconsistency
from verifier.proof.strategy.traces import Replayer
from verifier.semantics.answers import Answer
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.ground import Instance
from verifier.semantics.ground.path import PathStep
from verifier.semantics.quantified import Quantified, check
from verifier.semantics.quantified.checking import ROUNDS

DEPTH = 12
"""How many steps a run may take before an action is attempted."""

STEPS = 1_000_000
"""The budget of one question, in z3's steps; a part of a second. A search of states takes over where it runs out."""


class Firing:
    """The known facts about the actions of a model at one finite scope.

    `dead` are the actions that the model declares never to fire, and that were not seen to; `unfired` those for which every step
    that was seen uses an undefined value; `unseen` those that no run attempts, though it is not shown that none does.
    """

    def __init__(self, task: FiniteTask) -> None:
        """Raises ModelError for an action that cannot fire at this scope and is not declared with `never_fires`."""
        self._ground = task.ground
        self._model = task.ground.scope.model
        self._missing = {action.name: action for action in self._model.actions}
        self.unfired = set(self._missing)
        self._replayer = Replayer(task.ground)
        self._run(task)
        never = self._search(task) if self._missing else set()
        declared = self._model.protocol.dead
        for name, action in self._missing.items():
            if name in never and name not in declared:
                hint = f'correct its guards, or declare p.never_fires("{name}", reason)'
                raise ModelError(f"{name} never fires with the sizes of the model", hint=hint, position=action.position)
        self.dead = [name for name in self._missing if name in declared]
        self.unseen = [name for name in self._missing if name not in declared]

    def _attempted(self, instance: Instance) -> Node:
        """When an instance fires, or would fire except for an undefined value: any fault there is a violation to be reported."""
        circuit = self._ground.circuit
        return circuit.or_((instance.enabled, *(use.happens for use in instance.undefined)))

    def _run(self, task: FiniteTask) -> None:
        """Finds the shortest runs that attempt each action, several at a time."""
        encoding, circuit = task.encoding, self._ground.circuit
        path = Unrolling(encoding, rooted=True, steps=STEPS)
        nodes: dict[str, Node] = {
            name: circuit.or_(self._attempted(i) for i in self._ground.instances if i.action is action)
            for name, action in self._missing.items()
        }
        for depth in range(DEPTH + 1):
            path.extend(depth)
            while self._missing:
                some = circuit.and_((self._ground.constraint, circuit.or_(nodes[name] for name in self._missing)))
                answer = path.check(path.literal(encoding.at(encoding.formula(some), depth)))
                if answer is Answer.UNKNOWN:
                    return
                if answer is Answer.UNSAT:
                    break
                steps = tuple(encoding.path(path.model, depth))
                self._execute(steps)
            if not self._missing:
                return

    def _execute(self, steps: tuple[PathStep, ...]) -> None:
        """Executes a run, and whatever it attempts in its last state."""
        state = self._replayer.end(steps)
        at = Evaluator(steps[-1].codes)
        for instance in self._ground.instances:
            name = instance.action.name
            if name in self._missing and at.holds(self._attempted(instance)):
                outcome = (
                    None if state is None else self._replayer.machine.attempt(state, name, instance.arguments).outcome
                )
                if outcome in (None, "refused"):
                    raise Inconsistency(
                        f"a run in which {name} fires does not replay: {self._replayer.failure or outcome}"
                    )
                del self._missing[name]
                if outcome != "undefined":
                    self.unfired.discard(name)
        for step in steps[1:]:
            assert step.instance is not None
            self.unfired.discard(self._ground.instances[step.instance].action.name)

    def _search(self, task: FiniteTask) -> set[str]:
        """The missing actions that no well-typed state attempts, or no reachable one; those that a short search sees are not
        missing any more.
        """
        attempted = {
            name: [self._attempted(i) for i in self._ground.instances if i.action is action]
            for name, action in self._missing.items()
        }
        anywhere, circuit = Unrolling(task.encoding, rooted=False, steps=STEPS), self._ground.circuit
        never = {
            name
            for name, nodes in attempted.items()
            if anywhere.check(anywhere.literal(task.encoding.formula(circuit.or_(nodes)))) is Answer.UNSAT
        }
        if len(never) == len(attempted):
            return never
        exploration = explore(self._ground, [], max_states=PROBE_STATES)
        unmet = set(never_satisfied(attempted, exploration.reached))
        for name in attempted.keys() - unmet:
            del self._missing[name]
        self.unfired -= {*attempted} - set(never_enabled(self._ground, exploration.reached))
        return unmet if exploration.complete else never


def check_actions_still_fire(quantified: Quantified, unfired: Collection[str]) -> None:
    """Raises ModelError for an action that fired, so none of the `unfired`, and can in no state of any size; names the guards
    that keep it from firing.

    It has fired at the published scope, so its text has another meaning at the unbounded scope, and nothing is proved about its
    steps. An "unknown" of z3 is not an objection.
    """
    for action in quantified.model.actions:
        if action.name in unfired:
            continue
        outcome = check(quantified.enabled(action, [], leaving=True), rounds=ROUNDS[:1])
        if outcome.answer is Answer.UNSAT:
            guilty = [guard for guard in action.guards if f"{action.name}.{guard.name}" in outcome.names]
            uses = [use.position for use in quantified.definedness.action(action) if use.position is not None]
            positions = [*(guard.position for guard in guilty), *uses, action.position]
            message = f"{action.name} fires with the sizes of the model, but at unbounded scope no state lets it"
            hint = "these exclude each other: " + ", ".join(outcome.names)
            raise ModelError(message, hint=hint, position=positions[0])
