"""The plainest of the models that a question about a path has: its first state is as near to an initial one as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import z3

from verifier.proof.engines.unrolling import Unrolling
from verifier.semantics.answers import Answer
from verifier.semantics.ground.smt import Encoding, Formula

if TYPE_CHECKING:
    pass

STEPS = 20_000_000
"""The budget of each question, in z3's steps; some seconds."""


def plainest(path: Unrolling, plain: Sequence[Formula], *goals: Formula) -> tuple[Any, bool]:
    """Of the models of the goals one whose first state has the most of the plain values, and whether no other has more.

    The path has just been asked for the goals, and has a model.
    """
    best = path.model
    while plain:
        differing = sum(not path.encoding.holds(best, formula) for formula in plain)
        if not differing:
            return best, True
        answer = path.check(*goals, path.literal(z3.PbLe([(z3.Not(formula), 1) for formula in plain], differing - 1)))
        if answer is Answer.SAT:
            best = path.model
        else:
            return best, answer is Answer.UNSAT
    return best, False


def plain_values(encoding: Encoding) -> list[Formula]:
    """For each field, that it has its initial value (in some initial state); nothing if no initial state is known."""
    root = Unrolling(encoding, rooted=True, steps=STEPS)
    if root.check() is Answer.SAT:
        return _values(encoding, encoding.codes(root.model, 0))
    return []


def _values(encoding: Encoding, codes: tuple[int, ...]) -> list[Formula]:
    """For each field, that it has this code."""
    circuit = encoding.ground.circuit
    result = []
    for field, code in zip(encoding.ground.layout.fields, codes, strict=True):
        node = circuit.field(field.number, field.is_bool, field.low, field.high)
        same = (node if code else circuit.not_(node)) if field.is_bool else circuit.eq(node, circuit.int(code))
        result.append(encoding.formula(same))
    return result
