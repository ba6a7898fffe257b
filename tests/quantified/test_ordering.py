"""Integers as ordered sorts: what becomes one, that it proves, and that it never proves what is false of
integers.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.models import constructs, corners
from tests.quantified.instances import expressible
from tests.quantified.uses import step_uses_of, uses_of
from verifier.catalog import builtins
from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, forall, guard, implies, maximum, var
from verifier.kernel.terms import Term
from verifier.semantics.answers import Answer
from verifier.semantics.quantified import Obligation, Quantified, Setting, check
from verifier.semantics.quantified.checking import PORTFOLIO
from verifier.semantics.quantified.ordering import ordered
from verifier.semantics.quantified.splitting import split
from verifier.semantics.scope.unbounded import unbounded, without_parameters

builtins.mount()

ORDERED = (Setting("ordered sorts", proves_only=True, ordered=True),)
INTEGERS = (Setting("default"),)


def stamps(property_: Callable[[Any, Any], Bool], step: Callable[..., Any] | None = None) -> Quantified:
    """A clock that ticks by one and is stored by nodes, with one invariant."""
    p = Protocol("stamps", "stamps")
    limit = p.search_bound("MaxTime", 3)

    class Node(Scalarset, parameter="Nodes", size=2):
        pass

    class Time(Range, low=0, high=limit):
        pass

    class State:
        clock: Time = var(0)
        at: Fn[Node, Time] = var(0)
        spare: Time = var(0)

    p.state(State)

    @p.action
    def Stamp(s: State, n: Node) -> None:
        now = s.clock + 1
        s.clock = now
        s.at[n] = now

    @p.action
    def Copy(s: State, n: Node, m: Node) -> None:
        guard("older", s.at[n] < s.at[m])
        s.at[n] = maximum(s.at[n], s.at[m])

    if step is not None:

        @p.action
        def Other(s: State, n: Node, t: Time) -> None:
            step(s, n, t, Node)

    @p.invariant()
    def Holds(s: State) -> Bool:
        return property_(s, Node)

    return Quantified(unbounded(p.model()))


def invariant(model: Quantified) -> list[Term]:
    return [p.formula for p in model.model.properties if p.kind == "state"] + model.typing_facts()


def consecution(model: Quantified, action: str) -> Obligation:
    return model.consecution(model.model.action(action), invariant(model), invariant(model))


def past(s: Any, node: Any) -> Bool:
    return forall(node, lambda n: s.at[n] <= s.clock)


def test_a_counter_becomes_an_ordered_sort() -> None:
    model = stamps(past)
    found = ordered(consecution(model, "Stamp"))
    assert found is not None
    script = found.smtlib()
    assert "Int" not in script
    assert "(declare-sort order.Time" in script
    for action in model.model.actions:
        assert check(consecution(model, action.name), portfolio=ORDERED).answer is Answer.UNSAT


def test_what_it_proves_with_is_reported_in_the_callers_terms() -> None:
    model = stamps(past)
    outcome = check(consecution(model, "Stamp"), portfolio=ORDERED)
    assert set(outcome.used) <= set(invariant(model))
    assert invariant(model)[0] in outcome.used
    outcome = check(consecution(model, "Copy"), portfolio=ORDERED)
    assert outcome.setting == "ordered sorts"


@pytest.mark.parametrize(
    "step",
    [
        lambda s, n, t, node: setattr(s, "clock", s.clock + t),
        lambda s, n, t, node: guard("sum", s.clock + s.spare > t),
        lambda s, n, t, node: guard("product", s.clock * 2 > t),
        lambda s, n, t, node: guard("counted", forall(node, lambda m: s.at[m] + 2 > t)),
    ],
)
def test_other_arithmetic_keeps_integers(step: Callable[..., Any]) -> None:
    assert ordered(consecution(stamps(past, step), "Other")) is None


@pytest.mark.parametrize(
    "step",
    [
        lambda s, n, t, node: guard("below", t <= s.clock - 1),
        lambda s, n, t, node: guard("neighbours", forall(node, lambda m: s.at[m] + 1 <= t)),
        lambda s, n, t, node: guard("next", t < s.clock + 1),
        lambda s, n, t, node: s.at.__setitem__(n, s.clock - 1),
    ],
)
def test_neighbours_are_no_arithmetic(step: Callable[..., Any]) -> None:
    assert ordered(consecution(stamps(past, step), "Other")) is not None


def test_a_split_names_what_the_action_has_changed() -> None:
    model = stamps(past)
    [first] = invariant(model)[:1]
    cases = split(model.consecution(model.model.action("Copy"), invariant(model), [first]))
    assert len(cases) == 4
    assert all(check(case, portfolio=INTEGERS).answer is Answer.UNSAT for case in cases)
    outcome = check(
        model.consecution(model.model.action("Copy"), invariant(model), [first]),
        portfolio=(Setting("case by case", split=True),),
    )
    assert (outcome.answer, outcome.setting) == (Answer.UNSAT, "case by case")
    assert first in outcome.used


def test_nothing_to_split_on_is_no_case() -> None:
    model = stamps(lambda s, node: s.clock >= 0)
    goals = invariant(model)[:1]
    assert split(model.consecution(model.model.action("Copy"), [], goals)) == []
    assert split(model.initiation(goals)) == []


FALSE_OF_INTEGERS: dict[str, Callable[[Any, Any], Bool]] = {
    "strictly past": lambda s, node: forall(node, lambda n: s.at[n] < s.clock),
    "constant": lambda s, node: s.clock == 0,
    "at most one": lambda s, node: s.clock <= 1,
    "all alike": lambda s, node: forall(node, node, lambda n, m: s.at[n] == s.at[m]),
    "gaps": lambda s, node: forall(node, lambda n: implies(s.at[n] > 0, s.at[n] > 2)),
}


@pytest.mark.parametrize("name", FALSE_OF_INTEGERS)
def test_what_is_false_of_integers_is_not_proved(name: str) -> None:
    model = stamps(FALSE_OF_INTEGERS[name])
    answers = {a.name: check(consecution(model, a.name), portfolio=ORDERED).answer for a in model.model.actions}
    assert set(answers.values()) <= {Answer.UNSAT, Answer.UNKNOWN}
    assert Answer.UNKNOWN in answers.values() or check(model.initiation(invariant(model))).answer is Answer.SAT
    whole = {a.name: check(consecution(model, a.name)).answer for a in model.model.actions}
    assert Answer.SAT in whole.values()


def test_literals_and_neighbours_are_those_of_the_integers() -> None:
    def after_the_first(s: Any, node: Any) -> Bool:
        return forall(node, lambda n: implies(s.at[n] > 1, s.at[n] >= 2) & implies(s.at[n] < 1, s.at[n] <= 0))

    model = stamps(after_the_first)
    assert check(model.safety([], invariant(model)[:1]), portfolio=ORDERED).answer is Answer.UNSAT


def questions(model: Quantified) -> Iterator[Obligation]:
    """Obligations with little assumed, most of them false."""
    states = [p.formula for p in model.model.properties if p.kind == "state"]
    goals = [*states, *model.typing_facts()]
    for action in model.model.actions:
        for goal in goals:
            yield model.consecution(action, [], [goal])
            yield model.consecution(action, states, [goal])
    for use in uses_of(model):
        yield model.safety([], [use.formula])


PROTOCOLS = {
    name: protocol
    for name, protocol in {**constructs.ALL, **corners.ALL}.items()
    if "Sequence" not in str([type(s).__name__ for s in protocol.model().sorts])
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.nightly if name == "assembly" else pytest.mark.full) for name in PROTOCOLS],
)
def test_no_setting_proves_what_the_default_refutes(name: str) -> None:
    others = PORTFOLIO[1:]
    refuted = proved = 0
    found = list(questions(Quantified(without_parameters(expressible(PROTOCOLS[name]), ()))))
    for obligation in random.Random(5).sample(found, min(len(found), 24)):
        if check(obligation, portfolio=INTEGERS, rounds=(300_000,)).answer is Answer.SAT:
            refuted += 1
            for setting in others:
                outcome = check(obligation, portfolio=(setting,), rounds=(100_000,))
                assert outcome.answer is not Answer.UNSAT, (obligation.name, setting.name)
        else:
            proved += 1
    # There is a model of which everything asked holds.
    assert refuted or proved == min(len(found), 24)
    assert proved


@cache
def published(name: str) -> Quantified:
    importlib.import_module(f"verifier.properties.{name}")
    module = importlib.import_module(f"verifier.encodings.{name}")
    return Quantified(unbounded(getattr(module, name).model()))


HINTED = ["hlc", "mvcc", "occ", "routes"]


def by_weight(name: str) -> Any:
    return pytest.param(name, marks=pytest.mark.nightly if name == "occ" else pytest.mark.full)


@pytest.mark.parametrize("name", [by_weight(name) for name in HINTED])
@pytest.mark.parametrize("portfolio", [INTEGERS, ORDERED], ids=["integers", "ordered"])
def test_the_published_lemmas_are_inductive_either_way(name: str, portfolio: tuple[Setting, ...]) -> None:
    model = published(name)
    formulas = [*invariant(model), *(lemma.formula for lemma in model.model.lemmas)]
    for action in model.model.actions:
        for formula in formulas:
            outcome = check(model.consecution(action, formulas, [formula]), portfolio=portfolio)
            assert (action.name, outcome.answer) == (action.name, Answer.UNSAT)


@pytest.mark.nightly
def test_paxos_for_any_number_of_acceptors_rounds_and_values() -> None:
    model = published("multi_paxos")
    formulas = [*invariant(model), *(lemma.formula for lemma in model.model.lemmas)]
    assert check(model.initiation(formulas)).answer is Answer.UNSAT
    for action in model.model.actions:
        assert check(model.consecution(action, formulas, formulas)).answer is Answer.UNSAT
    uses = [use.formula for use in uses_of(model)]
    assert check(model.safety(formulas, uses)).answer is Answer.UNSAT
    steps = [p.formula for p in model.model.properties if p.kind == "action"]
    steps += [use.formula for use in step_uses_of(model)]
    for action in model.model.actions:
        assert check(model.step(action, formulas, steps)).answer is Answer.UNSAT
