"""Traces: runs of a model that violate a property, and their check against the machine, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verifier.kernel.errors import Position
from verifier.kernel.model import Model
from verifier.kernel.properties import DEFINED, Property
from verifier.kernel.sorts import ScalarSort, Sort
from verifier.semantics.concrete.blame import blame
from verifier.semantics.concrete.explain import (
    Attempt,
    explain,
    explain_start,
    undefined_place,
    undefined_place_at_start,
)
from verifier.semantics.concrete.lasso import judge
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.order import in_range
from verifier.semantics.concrete.outside import outside
from verifier.semantics.concrete.printing import value_changes
from verifier.semantics.concrete.trace_steps import INITIAL, TraceStep, instance_text
from verifier.semantics.scope.finite import FiniteScope

RUN = "run"
"""The verdict of a trace that claims nothing but that it is a run."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A counterexample, or with `property_name` None a run that claims nothing.

    `steps` begins with the initial state. `parameters` maps each parameter to its value: an integer, or the
    labels of a sort that was given labels. `shortest` says whether no shorter run violates the property.
    `attempt` is the action instance that is undefined in the last state, where that is the violation.
    `digest` is the model's. `loop` is the number of the state that equals the last one, where the run is a lasso: that of the
    last state itself where the run stays there forever.
    """

    protocol: str
    variant: str
    drops: tuple[str, ...]
    parameters: Mapping[str, int | tuple[str, ...]]
    property_name: str | None
    steps: tuple[TraceStep, ...]
    shortest: bool
    digest: str
    attempt: Attempt | None = None
    scope: str = "published"
    verdict: str = "violated"
    loop: int | None = None

    @property
    def length(self) -> int:
        """The number of transitions."""
        return len(self.steps) - 1

    @property
    def settings(self) -> dict[str, str]:
        """The parameters as `finite_scope` takes them."""
        return {
            name: f"{{{','.join(value)}}}" if isinstance(value, tuple) else str(value)
            for name, value in self.parameters.items()
        }


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of re-executing a trace.

    `valid`: it is a run of the model. `violated`: its last state or step violates the property. `failure` says what is wrong,
    None if both hold; `step` is the number of the step at fault, None if no single step is. `explanation` says why the property
    fails; `undefined` is the position of the use without a value, if that is the reason.
    """

    valid: bool
    violated: bool
    failure: str | None = None
    step: int | None = None
    explanation: tuple[str, ...] = ()
    undefined: Position | None = None


def parameters_of(scope: FiniteScope) -> dict[str, int | tuple[str, ...]]:
    """The parameters of a scope as a trace records them."""
    result: dict[str, int | tuple[str, ...]] = dict(scope.parameters)
    for sort in scope.model.sorts:
        if isinstance(sort, ScalarSort):
            labels = scope.labels[sort.name]
            if labels != tuple(f"{sort.prefix}{number}" for number in range(1, len(labels) + 1)):
                result[sort.parameter] = labels
    return result


def build_trace(
    machine: Machine,
    prop: Property | None,
    steps: Sequence[TraceStep],
    *,
    digest: str,
    shortest: bool,
    attempt: Attempt | None = None,
    scope: str = "published",
    loop: int | None = None,
) -> Trace:
    """A trace of the machine's model, not yet checked; without a property, a run."""
    model: Model = machine.model
    return Trace(
        model.name,
        model.variant.name,
        model.drops,
        parameters_of(machine.scope),
        None if prop is None else prop.name,
        tuple(steps),
        shortest,
        digest,
        attempt,
        scope,
        "violated" if prop is not None else RUN,
        loop=loop,
    )


def check_trace(machine: Machine, trace: Trace) -> Replay:
    """Re-executes a trace: initial, each step a successor under its action and arguments, the last violates.

    States before the last must be inside the constraint, and within their sorts. The last one may be out of range, but not for
    `Defined`, which does not judge undefined uses there. A run that claims nothing violates nothing.
    """
    prop = None if trace.property_name is None else machine.model.find_property(trace.property_name)
    kind = None if prop is None else prop.kind
    if not trace.steps:
        return Replay(False, False, "the trace has no states", 0)
    first = trace.steps[0]
    undefined = [declared.name for declared, *_ in machine.undefined_initially()]
    problem = _initial_problem(machine, first, undefined, prop is not None and prop.name == DEFINED and not trace.length)
    if problem:
        return _wrong_values(machine, trace, 0, f"state 0 is not initial: {problem}")
    wrong = () if undefined else machine.range_violations(first.state)
    if wrong and (trace.length or kind == "defined"):
        return Replay(False, False, f"state 0 has {', '.join(wrong)} out of range, so nothing is attempted there", 0)
    for number, (before, now) in enumerate(zip(trace.steps, trace.steps[1:], strict=False), 1):
        last = number == trace.length
        problem = _step_problem(machine, before.state, now, last and kind not in ("defined", "liveness"))
        if problem:
            return Replay(False, False, f"step {number}: {problem}", number)
        difference = _difference(machine, before.state, now)
        if difference:
            return _wrong_values(machine, trace, number, f"step {number}: {difference}")
    if trace.loop is not None and not _returns(trace, trace.loop):
        return Replay(False, False, f"the last state is not state {trace.loop}, so the run does not return there", trace.length)
    return Replay(True, False) if prop is None else _verdict(machine, trace, prop)


def _returns(trace: Trace, loop: int) -> bool:
    """Whether the last state equals that of the number `loop`."""
    return 0 <= loop <= trace.length and trace.steps[loop].state == trace.steps[-1].state


def _initial_problem(machine: Machine, first: TraceStep, undefined: list[str], may_be_undefined: bool) -> str | None:
    """Why a state is not a candidate, or, unless it `may_be_undefined`, not initial. `undefined`: initial values that are."""
    if first.action != INITIAL:
        return f"its action is {first.action}, not {INITIAL}"
    for declared in machine.model.variables:
        value = first.state[declared.name]
        if declared.initial is None:
            for line in outside(declared.name, value, declared.sort, machine.scope):
                return line
            continue
        wanted = machine.initial_value(declared)
        for place, should, result in value_changes(declared.name, wanted, value, declared.sort, machine.scope):
            return f"{place} is {result}, but initially {should}"
    if undefined:
        return None if may_be_undefined else f"the initial value of {undefined[0]} is undefined"
    for named in machine.model.initial:
        holds = machine.satisfies(named, first.state)
        what = "axiom" if named in machine.model.axioms else "initial predicate"
        if holds is None and not machine.range_violations(first.state):
            return None if may_be_undefined else f"the {what} {named.name} has no value"
        if holds is False:
            return f"the {what} {named.name} is false"
    return None


def _step_problem(machine: Machine, before: State, now: TraceStep, may_leave: bool) -> str | None:
    constraint = machine.violated_constraint(before)
    if constraint is not None:
        return f"the state before it is outside the constraint {constraint}"
    known = {action.name: action for action in machine.model.actions}
    if now.action not in known:
        return f"there is no action {now.action}"
    sorts: dict[str, Sort] = {argument.name: argument.sort for argument in known[now.action].arguments}
    if sorts.keys() != now.arguments.keys():
        given = ", ".join(now.arguments) or "none"
        return f"{now.action} takes the arguments {', '.join(sorts) or 'none'}, not {given}"
    called = instance_text(machine.scope, now.action, now.arguments)
    for name, sort in sorts.items():
        test = in_range(machine.scope, sort)
        if test is not None and not test(now.arguments[name]):
            return f"{called}: the argument {name} is outside {sort}"
    step = machine.attempt(before, now.action, now.arguments)
    match step.outcome:
        case "refused":
            return f"{called} is refused by guard {step.guard}"
        case "undefined":
            return f"{called} is undefined" + (f" at {step.position.name}" if step.position else "")
    if step.outcome == "out of range" and not may_leave:
        return f"{called} stores {', '.join(step.variables)} out of range, so it has no successor"
    return None


def _difference(machine: Machine, before: State, now: TraceStep) -> str | None:
    """The first place where a state is not the successor that the step makes."""
    state = machine.attempt(before, now.action, now.arguments).state
    assert state is not None
    for declared in machine.model.variables:
        name = declared.name
        places = value_changes(name, state[name], now.state[name], declared.sort, machine.scope)
        for place, expected, result in places:
            called = instance_text(machine.scope, now.action, now.arguments)
            return f"{called} makes {place} = {expected}, but the trace has {result}"
    return None


def _wrong_values(machine: Machine, trace: Trace, number: int, failure: str) -> Replay:
    """The refusal of a state whose values are wrong, with the guard that forbids them where one does."""
    reason = blame(machine, trace.steps, number)
    return Replay(False, False, f"{failure}; {reason}" if reason else failure, number)


def _verdict(machine: Machine, trace: Trace, prop: Property) -> Replay:
    """Whether the end of a valid trace violates the property."""
    end = trace.steps[-1].state
    before = trace.steps[-2].state if trace.length else None
    if prop.kind == "liveness":
        return _lasso_verdict(machine, trace, prop)
    if prop.kind == "action":
        if before is None:
            return Replay(True, False, f"{prop.name} is about steps, but the trace has none")
        if not machine.holds(prop, before, end):
            return Replay(True, True, explanation=tuple(explain(machine, prop, before, end)))
        return Replay(True, False, f"{prop.name} holds of the last step", trace.length)
    if prop.kind == "defined":
        return _undefined_verdict(machine, trace, prop, before, end)
    if not machine.holds(prop, end):
        return Replay(True, True, explanation=tuple(explain(machine, prop, end)))
    said = f"{prop.name} holds in the last state" if prop.goal is None else f"the last state is not one that {prop.name} asks for"
    return Replay(True, False, said, trace.length)


def _lasso_verdict(machine: Machine, trace: Trace, prop: Property) -> Replay:
    if trace.loop is None:
        return Replay(True, False, f"{prop.name} is about infinite behaviours, but the trace has no loop")
    constraint = machine.violated_constraint(trace.steps[-1].state)
    if constraint is not None:
        return Replay(False, False, f"the last state is outside the constraint {constraint}", trace.length)
    wrong = machine.range_violations(trace.steps[-1].state)
    if wrong:
        return Replay(False, False, f"the last state has {', '.join(wrong)} out of range", trace.length)
    said = judge(machine, prop, trace.steps, trace.loop)
    return Replay(True, said.violated, said.failure, trace.length if said.failure else None, said.explanation)


def _undefined_verdict(machine: Machine, trace: Trace, prop: Property, before: State | None, end: State) -> Replay:
    if trace.attempt is not None:
        if prop.about is not None:
            return Replay(True, False, f"{prop.name} is not about actions", trace.length)
        constraint = machine.violated_constraint(end)
        if constraint is not None:
            failure = f"the last state is outside the constraint {constraint}, so nothing is attempted there"
            return Replay(True, False, failure, trace.length)
        called = instance_text(machine.scope, *trace.attempt)
        if machine.attempt(end, *trace.attempt).outcome != "undefined":
            return Replay(True, False, f"{called} is defined in the last state", trace.length)
        lines = explain(machine, prop, end, attempt=trace.attempt)
        where = undefined_place(machine, prop, end, attempt=trace.attempt)
        return Replay(True, True, explanation=tuple(lines), undefined=where)
    lines = [] if trace.length else explain_start(machine, prop, end)
    where = undefined_place_at_start(machine, prop, end) if lines else None
    if not lines:
        lines, where = explain(machine, prop, end), undefined_place(machine, prop, end)
    if not lines and before is not None:
        lines, where = explain(machine, prop, before, end), undefined_place(machine, prop, before, end)
    if lines:
        return Replay(True, True, explanation=tuple(lines), undefined=where)
    what = "every constraint" if prop.about is None else f"the text of {prop.about}"
    return Replay(True, False, f"{what} is defined in the last state", trace.length)


__all__ = [
    "INITIAL",
    "RUN",
    "Replay",
    "Trace",
    "TraceStep",
    "build_trace",
    "check_trace",
    "instance_text",
    "parameters_of",
]
