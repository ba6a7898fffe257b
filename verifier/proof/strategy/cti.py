"""Counterexamples to induction: why a property is not inductive, in the fewest steps and the plainest values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from verifier.proof.engines.unrolling import Answer, Unrolling
from verifier.proof.lemmas.houdini import Candidate
from verifier.proof.strategy.traces import Replayer
from verifier.semantics.ground.smt import Encoding, Formula
from verifier.semantics.obligations.violations import Violations


def counterexample_to_induction(
    encoding: Encoding, violations: Violations, lemmas: Sequence[Candidate], replayer: Replayer
) -> dict[str, Any] | None:
    """A state that satisfies the property and the lemmas, and a step after which the property is violated.

    Of all of them one whose first state differs from the initial one in the fewest fields. The first state need not be
    reachable, so this is no violation. None if the property is inductive with the lemmas.
    """
    path = Unrolling(encoding, rooted=False)
    path.extend(1)
    for lemma in lemmas:
        path.assume_invariant(lemma.formula)
    goal = path.literal([z3.Not(violations.at(0)), violations.at(1)])
    if path.check(goal) is not Answer.SAT:
        return None
    best = path.model
    plain = _plain_values(encoding)
    differing = sum(not encoding.holds(best, formula) for formula in plain)
    while differing:
        fewer = path.literal(z3.PbLe([(z3.Not(formula), 1) for formula in plain], differing - 1))
        if path.check(goal, fewer) is not Answer.SAT:
            break
        best = path.model
        differing = sum(not encoding.holds(best, formula) for formula in plain)
    steps = tuple(encoding.path(best, 1))
    found = violations.monitor.property
    attempt = violations.attempt(best, 1)
    return replayer.induction_counterexample(found, steps, attempt)


def _plain_values(encoding: Encoding) -> list[Formula]:
    """For each field, that it has its initial value (in some initial state)."""
    root = Unrolling(encoding, rooted=True)
    if root.check() is not Answer.SAT:
        return []
    codes = encoding.codes(root.model, 0)
    circuit = encoding.ground.circuit
    result = []
    for field, code in zip(encoding.ground.layout.fields, codes, strict=True):
        node = circuit.field(field.number, field.is_bool, field.low, field.high)
        same = (node if code else circuit.not_(node)) if field.is_bool else circuit.eq(node, circuit.int(code))
        result.append(encoding.formula(same))
    return result
