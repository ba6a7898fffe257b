"""Counterexamples to induction: why a property is not inductive, in the fewest steps and the plainest values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import z3

from verifier.proof.engines.candidate import Candidate
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.strategy.errors import Unanswered
from verifier.proof.strategy.traces import Replayer
from verifier.semantics.answers import Answer
from verifier.semantics.ground.smt import Encoding, Formula
from verifier.semantics.obligations.violations import Violations

if TYPE_CHECKING:
    from verifier.wire.documents import InductionCounterexample

STEPS = 20_000_000
"""The budget of each question, in z3's steps; some seconds."""


def counterexample_to_induction(
    encoding: Encoding, violations: Violations, lemmas: Sequence[Candidate], replayer: Replayer
) -> InductionCounterexample | None:
    """A state that satisfies the property and the lemmas, and a step after which the property is violated.

    Of all of them one whose first state differs from the initial one in the fewest fields, as far as the solver can tell
    (`fewest`). The first state need not be reachable, so this is no violation. None if the property is inductive with the
    lemmas. Raises Unanswered if the solver gives up.
    """
    path = Unrolling(encoding, rooted=False, steps=STEPS)
    path.extend(1)
    for lemma in lemmas:
        path.assume_invariant(lemma.formula)
    goal = path.literal([z3.Not(violations.at(0)), violations.at(1)])
    found = violations.monitor.property
    match path.check(goal):
        case Answer.UNSAT:
            return None
        case Answer.UNKNOWN:
            name = found.short or found.name
            raise Unanswered(f"the solver gave up on a counterexample to induction for {name}: {path.reason}")
    model, fewest = plainest(path, plain_values(encoding), goal)
    steps = tuple(encoding.path(model, 1))
    document = replayer.induction_counterexample(found, steps, violations.attempt(model, 1))
    return None if document is None else {**document, "fewest": fewest}


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
