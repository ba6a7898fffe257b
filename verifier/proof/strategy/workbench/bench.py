"""One step from any state of a finite instance: the statements that it preserves, the needs of the proofs, and the
counterexamples where it does not preserve them.

All questions about an instance go to one incremental solver. A counterexample is shown only after the concrete semantics has
evaluated it: every assumed statement is true in the first state, the step is one of its action, the goal is violated after it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import z3

from verifier.kernel.properties import Property
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.strategy.cti import plain_values, plainest
from verifier.proof.strategy.errors import Inconsistency
from verifier.proof.strategy.traces import Replayer
from verifier.semantics.answers import Answer
from verifier.semantics.concrete.machine import State
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smt import Encoding, Formula
from verifier.semantics.obligations.monitor import monitor
from verifier.semantics.obligations.violations import Violations
from verifier.semantics.scope.values import FrozenMap

if TYPE_CHECKING:
    from verifier.wire.induction import InductionCounterexample

STEPS = 10_000_000
"""The budget of each question, in z3's steps; a second or two."""


@dataclass(frozen=True, slots=True)
class Cti:
    """A counterexample to induction: `first` satisfies the assumptions, the step leads to `second`, which falsifies the goal.

    `fewest`: no other first state differs from an initial one in fewer places. `document` is the trace with its explanation.
    """

    action: str
    arguments: Mapping[str, Any]
    first: State
    second: State
    fewest: bool
    document: InductionCounterexample


class Bench:
    """The questions about one instance, whose model has the `assumed` properties of states.

    After UNKNOWN `reason` says why. `queries` counts the calls of the solver.
    """

    def __init__(self, ground: Ground, assumed: Sequence[Property], encoding: Encoding | None = None) -> None:
        self.ground = ground
        self.encoding = Encoding(ground) if encoding is None else encoding
        self.replayer = Replayer(ground)
        self.assumed = tuple(assumed)
        self._path = Unrolling(self.encoding, rooted=False, steps=STEPS)
        self._path.extend(1)
        self._before = {p.name: self._path.literal(self.encoding.formula(ground.holds(p))) for p in assumed}
        self._goals: dict[str, tuple[Violations, Formula]] = {}
        self._by: dict[str, Formula] = {}
        for action in ground.scope.model.actions:
            numbers = [instance.number for instance in ground.instances if instance.action is action]
            if numbers:
                self._by[action.name] = self._path.literal(self.encoding.selected(numbers))

    @property
    def queries(self) -> int:
        """The calls of the solver so far."""
        return self._path.queries

    @property
    def reason(self) -> str:
        """Why the last question was not answered."""
        return self._path.reason

    @property
    def sizes(self) -> dict[str, int]:
        """The parameters of the instance."""
        return dict(self.ground.scope.parameters)

    def _goal(self, prop: Property) -> tuple[Violations, Formula]:
        """The violations of a property, and the literal that it is violated after the step, and not before it."""
        if prop.name not in self._goals:
            violations = Violations(self.encoding, monitor(self.ground, prop))
            parts = [violations.at(1)] if violations.never else [z3.Not(violations.at(0)), violations.at(1)]
            self._goals[prop.name] = violations, self._path.literal(parts)
        return self._goals[prop.name]

    def _asked(self, prop: Property, action: str | None, assumed: Collection[str] | None) -> list[Formula]:
        names = self._before if assumed is None else assumed
        by = [] if action is None else [self._by[action]]
        return [self._goal(prop)[1], *by, *(self._before[name] for name in self._before if name in names)]

    def breaks(self, prop: Property, action: str | None = None, assumed: Collection[str] | None = None) -> Answer:
        """Whether a step (of an action) from a state that satisfies the assumed statements (None: all) violates a property."""
        if action is not None and action not in self._by:
            return Answer.UNSAT
        return self._path.check(*self._asked(prop, action, assumed))

    def inductive(self, goals: Sequence[Property]) -> dict[str, tuple[str, ...]] | None:
        """The statements used to refute steps that violate the goals, if all goals have such refutations, and all hold initially.
        """
        used = {}
        for prop in goals:
            if self.breaks(prop) is not Answer.UNSAT:
                return None
            core = self._path.core()
            used[prop.name] = tuple(name for name, literal in self._before.items() if literal.get_id() in core)
        root = Unrolling(self.encoding, rooted=True, steps=STEPS)
        holds = self.ground.circuit.and_([self._goal(prop)[0].holds for prop in goals])
        return used if root.check(root.literal(z3.Not(self.encoding.formula(holds)))) is Answer.UNSAT else None

    def needs(self, prop: Property, action: str | None = None, false: Collection[str] = ()) -> tuple[str, ...]:
        """A least set of assumed statements with which no step (of an action) violates a property, which none does with all.

        The property itself, which is assumed too, is not counted. Those that are `false` are only used if there is no other way.
        """
        if action is not None and action not in self._by:
            return ()
        goal = self._asked(prop, action, ())
        others = [name for name in self._before if name != prop.name]
        kept = self._proved(goal, [name for name in others if name not in false])
        if kept is None:
            kept = self._proved(goal, others)
        for name in reversed(kept or []):
            if kept is not None and name in kept:
                fewer = self._proved(goal, [other for other in kept if other != name])
                kept = kept if fewer is None else fewer
        return tuple(kept or ())

    def _proved(self, goal: Sequence[Formula], names: Sequence[str]) -> list[str] | None:
        if self._path.check(*goal, *(self._before[name] for name in names)) is not Answer.UNSAT:
            return None
        core = self._path.core()
        return [name for name in names if self._before[name].get_id() in core]

    @cached_property
    def _plain(self) -> list[Formula]:
        return plain_values(self.encoding)

    def counterexample(self, prop: Property, action: str | None = None) -> Cti | None:
        """The plainest counterexample to induction by an action, under all assumed statements; None if there is none, or the
        solver does not tell.
        """
        if self.breaks(prop, action) in (Answer.UNSAT, Answer.UNKNOWN):
            return None
        violations = self._goal(prop)[0]
        model, fewest = plainest(self._path, self._plain, *self._asked(prop, action, None))
        path = tuple(self.encoding.path(model, 1))
        number = path[1].instance
        assert number is not None
        instance = self.ground.instances[number]
        first = FrozenMap(self.ground.layout.decode(path[0].codes))
        document = self.replayer.induction_counterexample(prop, path, violations.attempt(model, 1))
        if document is None:
            raise Inconsistency(f"a counterexample to induction for {prop.name} is none: {self.replayer.failure}")
        problem = self._problem(prop, first, instance.action.name, instance.arguments)
        if problem:
            raise Inconsistency(f"a counterexample to induction for {prop.name} is none: {problem}")
        second = self.replayer.machine.attempt(first, instance.action.name, instance.arguments).state
        assert second is not None
        return Cti(instance.action.name, dict(instance.arguments), first, second, fewest, document)

    def _problem(self, prop: Property, first: State, action: str, arguments: Mapping[str, Any]) -> str:
        """Why the concrete semantics does not accept a counterexample to induction; empty if it does."""
        machine = self.replayer.machine
        for assumed in self.assumed:
            if not machine.holds(assumed, first):
                return f"{assumed.name} is false in its first state"
        if not machine.inside(first):
            return "its first state is outside the constraints"
        step = machine.attempt(first, action, arguments)
        if step.state is None or not step.fired:
            return f"{action} is {step.outcome}"
        if prop.kind == "state" and machine.holds(prop, step.state):
            return f"{prop.name} holds in its second state"
        return ""
