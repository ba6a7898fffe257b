"""Lassos: runs that return to a state that they have passed, and the properties violated by the infinite behaviour that goes
round forever.

The loop of a lasso may have no steps: then the behaviour stays in the last state forever (stuttering).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from verifier.kernel.fairness import Condition
from verifier.kernel.properties import Property
from verifier.kernel.temporal import Case, of_steps
from verifier.kernel.term_text import text
from verifier.kernel.terms import TRUE, Term
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.operations import Undefined
from verifier.semantics.concrete.printing import value_text
from verifier.semantics.concrete.trace_steps import TraceStep


@dataclass(frozen=True, slots=True)
class LassoVerdict:
    """The verdict on a lasso: `violated`, else `failure` says which part of a violation is missing; `explanation` is for people.
    """

    violated: bool
    failure: str | None
    explanation: tuple[str, ...]


class Lasso:
    """A lasso of a machine: `steps` up to the state that equals that of number `loop`; up to that itself if it stays there."""

    def __init__(self, machine: Machine, steps: Sequence[TraceStep], loop: int) -> None:
        self.machine = machine
        self.steps = steps
        self.first = loop
        self.stutters = loop == len(steps) - 1
        #: One place for each state of the behaviour, up to where it begins to repeat.
        self.places = range(len(steps) if self.stutters else len(steps) - 1)
        self.loop = self.places[loop:]

    def state(self, place: int) -> State:
        """The state at a place."""
        return self.steps[place].state

    def after(self, place: int) -> State:
        """The state after the step at a place."""
        return self.state(place if self.stutters and place == self.first else place + 1)

    def holds(self, formula: Term, values: Mapping[Term, Any], place: int) -> bool:
        """Whether a formula has a value and is true at a place: of the state there, or of the step out of it."""
        evaluator = self.machine.evaluator
        evaluator.fix(values)
        closure = evaluator.compile(formula)
        frame = self.machine.frame(self.state(place), self.after(place))
        for variable, value in values.items():
            frame[evaluator.slot(variable)] = value
        try:
            return bool(closure(frame))
        except Undefined:
            return False

    # -- the property ------------------------------------------------------------------------------------------------

    def violates(self, case: Case, values: Mapping[Term, Any]) -> int | None:
        """The place from which on the behaviour violates a property by this case; None if it does not."""
        if not all(any(self.holds(formula, values, place) for place in self.loop) for formula in case.recur):
            return None
        begins = len(self.places)
        while begins and self.holds(case.hold, values, begins - 1):
            begins -= 1
        if begins > self.first:
            return None
        triggers = [0] if case.initially else self.places
        return next((at for at in triggers if at >= begins and self.holds(case.trigger, values, at)), None)

    # -- fairness ----------------------------------------------------------------------------------------------------

    def taken(self, condition: Condition, given: Mapping[Term, Any]) -> int | None:
        """The number of a step of the loop that a condition is about and that changes something; None if there is none."""
        for place in self.loop if not self.stutters else ():
            step = self.steps[place + 1]
            if step.state != self.state(place) and self._covers(condition, given, step.action, step.arguments):
                return place + 1
        return None

    def enabled(self, condition: Condition, given: Mapping[Term, Any], place: int) -> str | None:
        """The action of an instance that a condition is about and that can change the state at a place; None: there is none."""
        state = self.state(place)
        for action, arguments in self.machine.instances():
            if self._covers(condition, given, action, arguments):
                step = self.machine.attempt(state, action, arguments)
                if step.fired and step.state != state:
                    return action
        return None

    def _covers(self, condition: Condition, given: Mapping[Term, Any], action: str, arguments: Mapping[str, Any]) -> bool:
        return condition.covers(lambda term: self._value(term, given), action, arguments)

    def _value(self, term: Term, given: Mapping[Term, Any]) -> Any:
        return given[term] if term.op == "bound" else self.machine.scope.constant(term)

    def unfair(self, condition: Condition, given: Mapping[Term, Any]) -> str | None:
        """Why the behaviour does not meet a condition; None if it does."""
        return None if self.met(condition, given) is not None else f"{self._name(condition, given)} is not met"

    def met(self, condition: Condition, given: Mapping[Term, Any]) -> str | None:
        """How the loop meets a condition, for people; None if it does not."""
        name = self._name(condition, given)
        taken = self.taken(condition, given)
        if taken is not None:
            return f"{name} is met: taken at step {taken}"
        disabled = [place for place in self.loop if self.enabled(condition, given, place) is None]
        if len(disabled) == len(self.loop):
            return f"{name} is met: {'disabled in state ' + str(self.first) if self.stutters else 'disabled all along the loop'}"
        if disabled and not condition.strong:
            return f"{name} is met: disabled in state {disabled[0]}"
        return None

    def _name(self, condition: Condition, given: Mapping[Term, Any]) -> str:
        return condition.name(lambda term: value_text(self._value(term, given), term.sort, self.machine.scope))

    def bindings(self, variables: tuple[Term, ...]) -> Iterator[dict[Term, Any]]:
        """All values of some variables."""
        for row in product(*(self.machine.scope.domain(variable.sort) for variable in variables)):
            yield dict(zip(variables, row, strict=True))


def judge(machine: Machine, prop: Property, steps: Sequence[TraceStep], loop: int) -> LassoVerdict:
    """Whether a lasso that is one of the model violates a liveness property, under the conditions that it is stated under."""
    lasso = Lasso(machine, steps, loop)
    lines = []
    for condition in prop.fair:
        for given in lasso.bindings(condition.bound):
            unfair = lasso.unfair(condition, given)
            if unfair is not None:
                return LassoVerdict(False, f"the loop is not fair: {unfair}", ())
            lines.append(lasso.met(condition, given) or "")
    for case in prop.cases:
        for values in lasso.bindings(case.bound):
            at = lasso.violates(case, values)
            if at is not None:
                return LassoVerdict(True, None, (*_reasons(lasso, prop, case, values, at), *lines))
    return LassoVerdict(False, f"{prop.name} holds of the behaviour that goes round the loop forever", ())


def _reasons(lasso: Lasso, prop: Property, case: Case, values: Mapping[Term, Any], at: int) -> Iterator[str]:
    machine = lasso.machine
    bound = ", ".join(f"{v.data} = {value_text(value, v.sort, machine.scope)}" for v, value in values.items())
    ends = f"the run {'stays in' if lasso.stutters else 'returns to'} state {lasso.first} forever"
    yield f"{prop.name} fails{f' for {bound}' if bound else ''}: {ends}"
    since = f"state {at}"
    if case.trigger is not TRUE:
        where = f"at step {at + 1}" if of_steps(case.trigger) else f"in state {at}"
        yield f"  {where}: {_said(machine, case.trigger)}"
        since = "there"
    if case.hold is not TRUE:
        yield f"  from {since} on, always: {_said(machine, case.hold)}"
    for formula in case.recur:
        place = next(place for place in lasso.loop if lasso.holds(formula, values, place))
        where = f"at step {place + 1}" if of_steps(formula) else f"in state {place}"
        yield f"  again and again, {where} of the loop: {_said(machine, formula)}"


def _said(machine: Machine, formula: Term) -> str:
    return text(formula, machine.model.vocabulary, outer=False)
