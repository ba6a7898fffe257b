"""Why a property fails: which conjunct, for which elements, and the values on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from verifier.kernel.errors import Position
from verifier.kernel.operators import OPERATORS
from verifier.kernel.properties import DEFINED, Property
from verifier.kernel.sorts import FunctionSort
from verifier.kernel.term_text import Names, render
from verifier.kernel.terms import Term, walk
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.operations import Frame
from verifier.semantics.concrete.order import ordering
from verifier.semantics.concrete.outside import misfit, outside
from verifier.semantics.concrete.printing import value_text

MOST_LINES = 4

Attempt = tuple[str, Mapping[str, Any]]
_Use = tuple[str, Term, Frame]  # the text with an undefined operation, the operation, and the frame at that time


@dataclass(frozen=True, slots=True)
class Reason:
    """A sub-formula that decides, the elements for which it does, and its value: `is false: left 1, right 2`."""

    elements: tuple[str, ...]
    text: str
    verdict: str


def explain(
    machine: Machine,
    prop: Property,
    state: State,
    after: State | None = None,
    attempt: Attempt | None = None,
) -> list[str]:
    """Why `prop` is violated in `state`, or by the step from `state` to `after`: a few lines for people.

    For `Defined`, `attempt` names the action instance that is undefined in `state`. No lines if nothing is
    violated.
    """
    match prop.kind:
        case "range":
            lines = list(_range_lines(machine, prop, state))
        case "defined":
            lines = [undefined_line(machine, *use) for use in _undefined_uses(machine, prop, state, after, attempt)]
        case _:
            if machine.holds(prop, state, after):
                return []
            if prop.is_deadlock:
                return [_stuck_line(machine, prop, state)]
            if prop.goal is not None:
                return _reached_lines(machine, prop.name, prop.goal, state)
            formula, frame = machine.asked(prop, after), machine.frame(state, after)
            machine.evaluator.compile(formula)(frame)
            reasons = Descent(machine, frame).reasons(formula, False, Names(machine.model.vocabulary, formula), ())
            lines = [_line(prop.name, reason) for reason in islice(reasons, MOST_LINES + 1)]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = ["and so on"]
    return lines


def _reached_lines(machine: Machine, name: str, goal: Term, state: State) -> list[str]:
    """The parts of a goal that are true in the state reached, and for which elements."""
    closure, names = machine.evaluator.compile(goal), Names(machine.model.vocabulary, goal)
    frame = machine.frame(state)
    closure(frame)
    reasons = islice(Descent(machine, frame).reasons(goal, True, names, ()), MOST_LINES)
    return [f"{name} is reached{_for(reason)}: {reason.text} {reason.verdict}" for reason in reasons]


def explain_start(machine: Machine, prop: Property, state: State) -> list[str]:
    """Which initial value is undefined, or initial predicate for `state`, and why, if that violates `prop`; else no lines."""
    return [undefined_line(machine, *use) for use in _undefined_at_start(machine, prop, state)]


def undefined_place(
    machine: Machine, prop: Property, state: State, after: State | None = None, attempt: Attempt | None = None
) -> Position | None:
    """The position of the first undefined use that `explain` reports."""
    return next((term.at for _, term, _ in _undefined_uses(machine, prop, state, after, attempt)), None)


def undefined_place_at_start(machine: Machine, prop: Property, state: State) -> Position | None:
    """The position of the first undefined use that `explain_start` reports."""
    return next((term.at for _, term, _ in _undefined_at_start(machine, prop, state)), None)


def _undefined_at_start(machine: Machine, prop: Property, state: State) -> list[_Use]:
    if prop.name != DEFINED:
        return []
    values = machine.undefined_initially()
    lost = [(f"the initial value of {variable.name}", term, frame) for variable, term, frame in values]
    if lost:
        return lost
    for named in machine.model.initial:
        use = machine.undefined_in_formula(named.formula, state)
        if use is not None:
            return [(named.name, *use)]
        if not machine.satisfies(named, state):
            break
    return []


def _stuck_line(machine: Machine, prop: Property, state: State) -> str:
    """The guards that stop each action: `Deadlock fails: no step is left: Send is stopped by room`."""
    stopped: dict[str, dict[str, None]] = {action.name: {} for action in machine.model.actions}
    for name, arguments in machine.instances():
        step = machine.attempt(state, name, arguments)
        stopped[name][step.guard or "a value that is undefined"] = None
    reasons = [f"{name} is stopped by {' or '.join(guards)}" for name, guards in stopped.items() if guards]
    return f"{prop.name} fails: no step is left{': ' if reasons else ''}{', '.join(reasons)}"


def _line(name: str, reason: Reason) -> str:
    return f"{name} fails{_for(reason)}: {reason.text} {reason.verdict}"


def _for(reason: Reason) -> str:
    return f" for {', '.join(reason.elements)}" if reason.elements else ""


class Descent:
    """Walks down a formula of known value to the parts that decide it, binding variables in one frame."""

    def __init__(self, machine: Machine, frame: Frame) -> None:
        self.scope = machine.scope
        self.evaluator = machine.evaluator
        self.frame = frame

    def value(self, term: Term) -> Any:
        """The value of a term where the walk is."""
        return self.evaluator.compile(term)(self.frame)

    def reasons(self, term: Term, value: bool, names: Names, elements: tuple[str, ...]) -> Iterator[Reason]:
        """Why `term` has the truth value `value`, which it has."""
        match term.op, value:
            case "not", _:
                if term.args[0].op in _DESCENDED:
                    yield from self.reasons(term.args[0], not value, names, elements)
                    return
            case ("and", False) | ("or", True):
                decisive = next(arg for arg in term.args if self.value(arg) is value)
                yield from self.reasons(decisive, value, names, elements)
                return
            case "or", False:
                for arg in term.args:
                    yield from self.reasons(arg, False, names, elements)
                return
            case "implies", False:
                yield from self.reasons(term.args[1], False, names, elements)
                return
            case "ite", _:
                branch = term.args[1 if self.value(term.args[0]) else 2]
                yield from self.reasons(branch, value, names, elements)
                return
            case ("forall" | "forall_in" | "forall_upto", False) | ("exists" | "exists_in" | "exists_upto", True):
                yield from self._instances(term, value, names, elements)
                return
        yield Reason(elements, render(term, names), self._verdict(term, value))

    def _instances(self, term: Term, value: bool, names: Names, elements: tuple[str, ...]) -> Iterator[Reason]:
        inner, body = names.bind(*term.bound), term.args[-1]
        slots = [self.evaluator.slot(variable) for variable in term.bound]
        for row in self._rows(term):
            for slot, item in zip(slots, row, strict=True):
                self.frame[slot] = item
            if self.value(body) is value:
                bound = zip(term.bound, row, strict=True)
                result = tuple(f"{inner[v]} = {value_text(item, v.sort, self.scope)}" for v, item in bound)
                yield from self.reasons(body, value, inner, elements + result)

    def _rows(self, term: Term) -> Iterator[tuple[Any, ...]]:
        if term.op in ("forall", "exists"):
            yield from product(*(self.scope.domain(variable.sort) for variable in term.bound))
            return
        if term.op in ("forall_upto", "exists_upto"):
            yield from ((number,) for number in range(1, self.value(term.args[0]) + 1))
            return
        key = ordering(self.scope, term.bound[0].sort)
        yield from ((item,) for item in sorted(self.value(term.args[0]), key=key))

    def _verdict(self, term: Term, value: bool) -> str:
        word = "is true" if value else "is false"
        inner = term.args[0] if term.op == "not" else term
        if inner.op not in ("eq", "lt", "le", "member"):
            return word
        left, right = (value_text(self.value(arg), arg.sort, self.scope) for arg in inner.args)
        if inner.op == "eq" and left == right:
            return f"{word}: both are {left}"
        return f"{word}: left {left}, right {right}"


_DESCENDED = frozenset(
    {"not", "and", "or", "implies", "ite", "forall", "exists", "forall_in", "exists_in", "forall_upto", "exists_upto"}
)


def _range_lines(machine: Machine, prop: Property, state: State) -> Iterator[str]:
    for name in machine.range_violations(state):
        if name in prop.variables:
            sort = machine.model.variable(name).sort
            for line in outside(name, state[name], sort, machine.scope):
                yield f"{prop.name} fails: {line}"


def _undefined_uses(
    machine: Machine, prop: Property, state: State, after: State | None, attempt: Attempt | None
) -> Iterator[_Use]:
    if attempt is not None:
        use = machine.undefined_in_attempt(state, *attempt)
        if use is not None:
            yield (attempt[0], *use)
        return
    for met in machine.undefined_formulas(prop, state, after):
        assert met.formula is not None
        use = machine.undefined_in_formula(met.formula, state, after)
        if use is not None:
            yield (met.name, *use)


def undefined_line(machine: Machine, name: str, term: Term, frame: Frame) -> str:
    """The position, the operation and the reason: `Advance is undefined (clock.py:12): holder[now + 1]: 3 is outside Time`."""
    names = Names(machine.model.vocabulary, term)
    inner = {variable for part in walk(term) for variable in part.bound}
    free = [part for part in walk(term) if part.op == "bound" and part not in inner]
    values = (value_text(frame[machine.evaluator.slot(v)], v.sort, machine.scope) for v in free)
    elements = ", ".join(f"{names[v]} = {value}" for v, value in zip(free, values, strict=True))
    where = f" ({term.at.name})" if term.at else ""
    reason = _why_undefined(machine, term, frame)
    return f"{name} is undefined{where}{f' for {elements}' if elements else ''}: {render(term, names)}: {reason}"


def _why_undefined(machine: Machine, term: Term, frame: Frame) -> str:
    def shown(number: int) -> str:
        arg = term.args[number]
        return value_text(machine.evaluator.compile(arg)(frame), arg.sort, machine.scope)

    match term.op:
        case "apply" | "update":
            sort = term.args[0].sort
            assert isinstance(sort, FunctionSort)
            return f"the index {shown(1)} is outside {sort.index}"
        case "within":
            value = machine.evaluator.compile(term.args[0])(frame)
            return misfit(value, term.sort, machine.scope)
        case "choose":
            satisfying = sum(1 for _ in _satisfying(machine, term, frame))
            return f"{satisfying or 'no'} values of {term.bound[0].sort} satisfy it"
    reason = OPERATORS[term.op].undefined
    return reason.format(*(_Shown(shown, place) for place in range(len(term.args))))


class _Shown:
    """The value of an argument as text, where a reason asks for it; one that is not asked for need not have a value."""

    def __init__(self, shown: Callable[[int], str], place: int) -> None:
        self.shown, self.place = shown, place

    def __format__(self, spec: str) -> str:
        return self.shown(self.place)


def _satisfying(machine: Machine, term: Term, frame: Frame) -> Iterator[Any]:
    slot = machine.evaluator.slot(term.bound[0])
    body = machine.evaluator.compile(term.args[0])
    for item in machine.scope.domain(term.bound[0].sort):
        frame[slot] = item
        if body(frame):
            yield item
