"""Why an action instance cannot happen: each of its guards, whether it holds, and for which elements it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from verifier.kernel.actions import Action, Guard
from verifier.kernel.errors import Position
from verifier.kernel.term_text import Names, render
from verifier.kernel.terms import Term, conjunction, exists, free_variables, substitute, variable
from verifier.semantics.concrete.explain import MOST_LINES, Descent, Reason, undefined_line
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.operations import Frame, Undefined


@dataclass(frozen=True, slots=True)
class GuardReport:
    """A guard of an action instance: its text, and whether it holds; None if it has no value. `lines` say why not.

    A guard about witnesses holds if some witnesses satisfy it together with those before it.
    """

    name: str
    text: str
    holds: bool | None
    lines: tuple[str, ...] = ()
    position: Position | None = None


class Guards:
    """Reports on the guards of a machine's actions."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._asked: dict[str, tuple[Term, ...]] = {}

    def reports(self, state: State, action: str, arguments: Mapping[str, Any]) -> tuple[GuardReport, ...]:
        """Each guard of an action instance in a state, in the order of the action; those after a false one are evaluated too."""
        declared = self._machine.model.action(action)
        asked = self._asked.get(action)
        if asked is None:
            asked = self._asked[action] = tuple(_asked(declared, place) for place in range(len(declared.guards)))
        pairs = zip(declared.guards, asked, strict=True)
        return tuple(_report(self._machine, state, declared, arguments, guard, formula) for guard, formula in pairs)


def _asked(action: Action, place: int) -> Term:
    """The condition of a guard. If it reads witnesses: some witnesses satisfy it together with the earlier guards that read them.
    """
    witnesses = {witness.variable: witness for witness in action.witnesses}
    read = free_variables(*(guard.condition for guard in action.guards))
    own = [guard.condition for guard in action.guards[: place + 1] if read[id(guard.condition)] & witnesses.keys()]
    condition = action.guards[place].condition
    if not read[id(condition)] & witnesses.keys():
        return condition
    fresh = {bound: variable(witness.name, witness.sort) for bound, witness in witnesses.items()}
    return exists(tuple(fresh.values()), substitute(conjunction(own), dict(fresh)))


def _report(
    machine: Machine, state: State, action: Action, arguments: Mapping[str, Any], guard: Guard, asked: Term
) -> GuardReport:
    names = Names(machine.model.vocabulary, guard.condition)
    text = render(guard.condition, names)
    closure = machine.evaluator.compile(asked)
    frame = _frame(machine, state, action, arguments)
    try:
        holds = bool(closure(frame))
    except Undefined as error:
        line = undefined_line(machine, guard.name, error.term, frame)
        return GuardReport(guard.name, text, None, (line,), guard.position)
    if holds:
        return GuardReport(guard.name, text, True, (), guard.position)
    frame = _frame(machine, state, action, arguments)
    lines = tuple(_line(reason) for reason in islice(_reasons(machine, asked, frame), MOST_LINES))
    return GuardReport(guard.name, text, False, lines, guard.position)


def _reasons(machine: Machine, formula: Term, frame: Frame) -> list[Reason]:
    names = Names(machine.model.vocabulary, formula)
    try:
        return list(islice(Descent(machine, frame).reasons(formula, False, names, ()), MOST_LINES))
    except Undefined:
        # It is false as a whole, and a part of it that was not needed has no value.
        return []


def _line(reason: Reason) -> str:
    elements = f"for {', '.join(reason.elements)}: " if reason.elements else ""
    return f"{elements}{reason.text} {reason.verdict}"


def _frame(machine: Machine, state: State, action: Action, arguments: Mapping[str, Any]) -> Frame:
    slots = [(argument.name, machine.evaluator.slot(argument.variable)) for argument in action.arguments]
    frame = machine.frame(state)
    for name, slot in slots:
        frame[slot] = arguments[name]
    return frame
