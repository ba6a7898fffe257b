"""A formula that a user types, as a question about states."""

from __future__ import annotations

from verifier.kernel.reading import read_formula
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.operations import Undefined


class Goal:
    """A formula about the states of a machine. UsageError if the text is not one."""

    def __init__(self, machine: Machine, text: str) -> None:
        reading = read_formula(text, machine.model, machine.scope.labels)
        self.text = text.strip()
        self._machine = machine
        machine.evaluator.fix(reading.members)
        self._members = [(machine.evaluator.slot(member), member.data) for member in reading.members]
        self._closure = machine.evaluator.compile(reading.formula)

    def holds(self, state: State) -> bool | None:
        """Whether the formula is true in a state; None if it has no value there."""
        frame = self._machine.frame(state)
        for slot, member in self._members:
            frame[slot] = member
        try:
            return bool(self._closure(frame))
        except Undefined:
            return None
