"""Instances of premises: an induction hypothesis at what the goal speaks of, and that nothing false follows from them."""

from __future__ import annotations

import importlib

import pytest

from verifier.catalog import builtins
from verifier.kernel import Bool, Fn, Protocol, Range, forall, implies, var
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


def conditional() -> Protocol:
    """A fact about a range, and one under a condition; a counter and an argument need not be within, nor the condition hold."""
    p = Protocol("conditional", "facts under conditions")
    most = p.parameter("Most", 2, "the last place")

    class Place(Range, low=0, high=most):
        pass

    @p.state
    class State:
        at: Place = var(0)
        full: Fn[Place, Bool] = var(True)
        ready: Bool = var(True)

    @p.action
    def Move(s: State, to: Place) -> None:
        s.at = to

    @p.invariant()
    def Full(s: State) -> Bool:
        return forall(Place, lambda n: (n >= 0) & (n <= most) & s.full[n])

    @p.invariant()
    def IfReady(s: State) -> Bool:
        return implies(s.ready, forall(Place, lambda n: s.full[n]))

    @p.invariant()
    def Goal(s: State) -> Bool:
        return forall(Place, lambda m: s.full[m])

    return p


@pytest.mark.parametrize("name", ["Full", "IfReady"])
def test_every_instance_follows_from_its_premise(name: str) -> None:
    """Within the range of the variable, and where the conditions of the premise hold: of other values it says nothing."""
    model = Quantified(unbounded(conditional().model()))
    hypothesis, goal = (model.model.find_property(one).formula for one in (name, "Goal"))
    found = instantiated(model.consecution(model.model.action("Move"), [hypothesis], [goal]))
    assert found is not None
    instances = [premise.stated for premise in found.premises if premise.term is hypothesis][1:]
    assert len(instances) >= 3
    for instance in instances:
        assert check(model.safety([hypothesis], [instance])).answer is Answer.UNSAT
    # Without what it stands under, an instance would say more.
    assert check(model.safety([hypothesis], [instances[-1].args[1]])).answer is not Answer.UNSAT
