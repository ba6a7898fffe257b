"""Expressions that a user types, evaluated in every state of a trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from verifier.evidence.replay import opened
from verifier.evidence.values import encode
from verifier.kernel.errors import UsageError
from verifier.kernel.protocol import Protocol
from verifier.kernel.reading import read_expression
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.concrete.operations import Undefined

if TYPE_CHECKING:
    from verifier.wire.parts import Json
    from verifier.wire.traces import EvaluatedEntry


def evaluated(document: object, protocol: Protocol, expressions: Sequence[str]) -> list[EvaluatedEntry]:
    """The values of expressions in the states of a trace document of `protocol`, in the order of the call.

    The states are taken as written; `replay` checks whether they are a run.

    Raises:
        UsageError: it is not a trace document of the current version of this model, or a text is not an expression of it.
    """
    trace, scope = opened(document, protocol)
    if scope.model.law is not None:
        raise UsageError("the values that falsify a law are not a run", hint="leave --expression out")
    return [_evaluated(text, Machine(scope), [step.state for step in trace.steps]) for text in expressions]


def _evaluated(text: str, machine: Machine, states: Sequence[State]) -> EvaluatedEntry:
    reading = read_expression(text, machine.model, machine.scope.labels)
    machine.evaluator.fix(reading.members)
    members = [(machine.evaluator.slot(member), member.data) for member in reading.members]
    closure = machine.evaluator.compile(reading.formula)
    values: list[Json] = []
    for state in states:
        frame = machine.frame(state)
        for slot, member in members:
            frame[slot] = member
        try:
            values.append(encode(closure(frame), reading.formula.sort, machine.scope))
        except Undefined:
            values.append({"#unserializable": "undefined"})
    return {"expression": " ".join(text.split()), "values": values}
