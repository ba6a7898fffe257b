"""Candidates that others cover: which they are, and that they are tried only where nothing covers them any more."""

from __future__ import annotations

import pytest

from verifier.catalog.load import load
from verifier.kernel.printing import text
from verifier.kernel.terms import Term
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.lemmas.any_size import AnySizeTask, Induction
from verifier.proof.lemmas.candidates import candidates, covers
from verifier.semantics.obligations.instance import Instance
from verifier.semantics.quantified import Quantified
from verifier.semantics.scope.finite import finite_scope
from verifier.semantics.scope.unbounded import unbounded

MODEL = load("occ").model()
SAID = {text(term, MODEL.vocabulary, outer=False): term for family in candidates(MODEL) for term in family}


def said(one: str) -> Term:
    return SAID[one]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # Without a premise, it holds under each; and that some label is there says that another one is not.
        ("startTs[t] <= tsCounter", "txnState[t] = Idle => startTs[t] <= tsCounter", True),
        ("startTs[t] <= tsCounter", "txnState[t] # Idle => startTs[t] <= tsCounter", True),
        ("txnState[t] # Committed => commitTs[t] = 0", "txnState[t] = Idle => commitTs[t] = 0", True),
        ("txnState[t] = Idle => commitTs[t] = 0", "txnState[t] # Committed => commitTs[t] = 0", False),
        ("txnState[t] # Idle => commitTs[t] = 0", "txnState[t] = Idle => commitTs[t] = 0", False),
        ("txnState[t] = Idle => startTs[t] <= tsCounter", "startTs[t] <= tsCounter", False),
        ("txnState[t] = Idle => commitTs[t] = 0", "txnState[t] = Active => commitTs[t] = 0", False),
        ("txnState[t] # Idle => commitTs[t] = 0", "txnState[t] = Active => startTs[t] = 0", False),
        # Two that say the same do not cover each other: both would be left out.
        ("txnState[t] # Idle => commitTs[t] = 0", "txnState[t] # Idle => commitTs[t] = 0", False),
    ],
)
def test_what_covers_what(one: str, other: str, expected: bool) -> None:
    assert covers(said(one), said(other)) is expected


def test_what_is_covered_is_tried_where_the_other_is_not_kept() -> None:
    scope = unbounded(MODEL)
    quantified = Quantified(scope)
    instance = FiniteTask(Instance(finite_scope(MODEL), quantified), {}, dict, learning=False)
    induction = Induction(AnySizeTask(quantified, instance, {}, dict))
    strong, weak = said("startTs[t] <= tsCounter"), said("txnState[t] = Idle => startTs[t] <= tsCounter")
    other = said("txnState[t] # Idle => 0 < startTs[t]")
    offered = induction._uncovered([strong, weak, other])
    assert next(offered) == [strong, other]
    # Nothing was kept.
    assert next(offered) == [strong, weak, other]
    assert next(offered, None) is None
    induction.invariants.kept.append(said("startTs[t] <= tsCounter"))
    assert next(induction._uncovered([strong, weak]), None) is None
