"""Instances of premises: an induction hypothesis at what the goal speaks of, and that nothing false follows from them."""

from __future__ import annotations

import importlib

import pytest

from verifier.catalog import builtins
from verifier.kernel.terms import TRUE, Term
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Quantified, Setting, check
from verifier.semantics.quantified.checking import ROUNDS
from verifier.semantics.quantified.instantiating import LARGEST_NUMBER, instantiated
from verifier.semantics.scope.unbounded import unbounded

builtins.mount()

INSTANCES = (Setting("with instances", instances=True),)


@pytest.fixture(scope="module")
def ranges() -> Quantified:
    importlib.import_module("verifier.properties.routes_ranges")
    return Quantified(unbounded(importlib.import_module("verifier.encodings.routes_ranges").routes_ranges.model()))


def coverage(model: Quantified) -> Term:
    return model.model.find_property("Routes-2b").formula


def known(model: Quantified) -> list[Term]:
    states = [found.formula for found in model.model.properties if found.kind == "state"]
    return [*states, *(lemma.formula for lemma in model.model.lemmas), *model.typing_facts()]


def test_a_hypothesis_with_an_existential_is_found(ranges: Quantified) -> None:
    obligation = ranges.consecution(ranges.model.action("MoveRange"), known(ranges), [coverage(ranges)])
    outcome = check(obligation, portfolio=INSTANCES, rounds=ROUNDS[:1])
    assert outcome.answer is Answer.UNSAT
    assert coverage(ranges) in outcome.used
    assert set(outcome.used) <= set(known(ranges))


def test_without_the_hypothesis_nothing_is_proved(ranges: Quantified) -> None:
    others = [term for term in known(ranges) if term is not coverage(ranges)]
    obligation = ranges.consecution(ranges.model.action("MoveRange"), others, [coverage(ranges)])
    assert check(obligation, portfolio=INSTANCES, rounds=ROUNDS[:1]).answer is not Answer.UNSAT


def test_instances_are_few_and_stand_for_their_premise(ranges: Quantified) -> None:
    obligation = ranges.consecution(ranges.model.action("SplitRange"), known(ranges), [coverage(ranges)])
    found = instantiated(obligation)
    assert found is not None
    assert found.premises[: len(obligation.premises)] == obligation.premises
    added = [premise for premise in found.premises[len(obligation.premises) :] if premise.term is not None]
    assert {premise.term for premise in added} <= set(known(ranges))
    for term in known(ranges):
        assert sum(premise.term is term for premise in added) <= LARGEST_NUMBER


def test_there_may_be_nothing_to_instantiate(ranges: Quantified) -> None:
    action = ranges.model.action("MoveRange")
    assert instantiated(ranges.consecution(action, [TRUE], [coverage(ranges)])) is None
    assert instantiated(ranges.consecution(action, known(ranges), known(ranges))) is None
