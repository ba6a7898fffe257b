"""Forms in which obligations are asked say what the obligation says, by the concrete semantics; wrong ones are noticed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests.quantified.falsifying import Falsifying
from tests.quantified.instances import expressible
from tests.quantified.test_agreement import NAMES, PROTOCOLS
from tests.quantified.test_scoping import PROTOCOLS as SETS
from verifier.kernel import Bool, Fn, Protocol, Range, Scalarset, exists, forall, guard, implies, var
from verifier.kernel.terms import FALSE, TRUE, Term, substitute, variable
from verifier.semantics.quantified import Obligation, Quantified, instantiating, splitting

pytestmark = pytest.mark.full


def pairs() -> Protocol:
    """Goals and assumptions about all nodes and levels, at and beside what an action was given."""
    p = Protocol("pairs", "pairs")

    class Node(Scalarset, parameter="Nodes", size=3):
        pass

    class Level(Range, low=0, high=2):
        pass

    @p.state
    class State:
        at: Fn[Node, Level] = var(0, "levels")
        low: Level = var(0, "a level")
        on: Bool = var(False, "a switch")

    @p.action
    def Raise(s: State, n: Node, to: Level) -> None:
        guard("new", s.at[n] != to)
        s.at[n] = to
        s.on = ~s.on

    @p.action
    def Lower(s: State, to: Level) -> None:
        s.low = to

    @p.invariant()
    def AllAbove(s: State) -> Bool:
        return forall(Node, lambda n: s.at[n] >= s.low)

    @p.invariant()
    def AllBelowIfOn(s: State) -> Bool:
        return implies(s.on, forall(Node, lambda n: s.at[n] <= s.low))

    @p.invariant()
    def NoLevelIsLow(s: State) -> Bool:
        return forall(Level, lambda v: v != s.low)

    @p.invariant()
    def SomeAbove(s: State) -> Bool:
        return exists(Node, lambda n: s.at[n] > s.low)

    @p.invariant()
    def SomeAtEach(s: State) -> Bool:
        return forall(Level, lambda v: (v < s.low) | exists(Node, lambda n: s.at[n] == v))

    @p.invariant()
    def Switched(s: State) -> Bool:
        return s.on | (s.low == 1)

    return p


Transformation = Callable[[Obligation], list[Obligation]]
ALL = {"pairs": pairs()} | {name: {**PROTOCOLS, **SETS}[name] for name in (*NAMES, "intervals", "extremes")}


def cases(obligation: Obligation) -> list[Obligation]:
    return splitting.split(obligation)


def instances(obligation: Obligation) -> list[Obligation]:
    found = instantiating.instantiated(obligation)
    return [] if found is None else [found]


TRANSFORMATIONS: dict[str, Transformation] = {"cases": cases, "instances": instances}


@cache
def falsifying(name: str) -> Falsifying:
    return Falsifying(expressible(ALL[name]))


def obligations(quantified: Quantified, seed: int, count: int) -> list[Obligation]:
    """Some obligations with one goal, with what may be assumed, true or not."""
    states = [found.formula for found in quantified.model.properties if found.kind == "state"]
    goals = [*states, *quantified.typing_facts()]
    found = []
    for action in quantified.model.actions:
        for goal in goals:
            found.append(quantified.consecution(action, goals, [goal]))
            found += [quantified.consecution(action, [known], [goal]) for known in goals]
        for other in quantified.model.properties:
            if other.kind == "action":
                found.append(quantified.step(action, states, [other.formula]))
    return random.Random(seed).sample(found, min(count, len(found)))


def differences(transformation: Transformation, names: Iterable[str], count: int, points: int) -> Iterator[str | None]:
    """For what is compared, where a transformed obligation is falsified and the obligation is not, or the other way round."""
    for name in names:
        made = falsifying(name)
        for obligation in obligations(made.quantified, 5, count):
            versions = transformation(obligation)
            for point in made.points(obligation, 7, points) if versions else ():
                found = [made.falsified(version, point) for version in versions]
                wanted = made.falsified(obligation, point)
                if None not in (*found, wanted):
                    yield None if any(found) == wanted else f"{name}: {obligation.name}: {found}, not {wanted}"


def noticed(transformation: Transformation) -> bool:
    return any(differences(transformation, ALL, count=24, points=20))


@pytest.mark.nightly
@pytest.mark.parametrize("kind", TRANSFORMATIONS)
def test_every_form_is_falsified_where_the_obligation_is(kind: str) -> None:
    found = list(differences(TRANSFORMATIONS[kind], ALL, count=24, points=20))
    assert [text for text in found if text] == []
    assert len(found) > 500


# -- wrong versions ------------------------------------------------------------------------------------------------------


def opened_wrongly(change: Callable[..., Any]) -> Callable[[pytest.MonkeyPatch], None]:
    def install(patch: pytest.MonkeyPatch) -> None:
        opened = splitting.opened
        for module in (splitting, instantiating):
            patch.setattr(module, "opened", lambda obligation, stated: change(*opened(obligation, stated)))

    return install


def some_for_all(patch: pytest.MonkeyPatch) -> None:
    """What the goal says of some value is taken as said of a given one."""
    opened = splitting.opened

    def wrong(obligation: Obligation, stated: Term) -> Any:
        body, premises, variables = opened(obligation, stated)
        if body.op != "exists":
            return body, premises, variables
        fresh = {v: variable(v.data, v.sort) for v in body.bound}
        return substitute(body.args[0], dict(fresh)), premises, [*variables, *fresh.values()]

    for module in (splitting, instantiating):
        patch.setattr(module, "opened", wrong)


def a_case_less(patch: pytest.MonkeyPatch) -> None:
    right = splitting.split
    patch.setitem(TRANSFORMATIONS, "cases", lambda obligation: right(obligation)[:-1])


def always_alike(patch: pytest.MonkeyPatch) -> None:
    """In every case is what the goal speaks of what the action was given."""
    patch.setattr(splitting, "negation", lambda term: term)


def no_premises(patch: pytest.MonkeyPatch) -> None:
    """The premises that were there are gone."""
    right = splitting.split
    patch.setitem(
        TRANSFORMATIONS, "cases", lambda o: [replace(c, premises=c.premises[len(o.premises) :]) for c in right(o)]
    )


def instances_of(change: Callable[..., Any]) -> Callable[[pytest.MonkeyPatch], None]:
    def install(patch: pytest.MonkeyPatch) -> None:
        right = instantiating._instances
        patch.setattr(instantiating, "_instances", lambda *given: change(right, *given))

    return install


def unconditional(right: Any, stated: Term, pools: Any, definedness: Any) -> Any:
    """Instances forget the conditions under which their premise holds."""
    while stated.op == "implies":
        stated = stated.args[1]
    return right(stated, pools, definedness)


def of_some(right: Any, stated: Term, pools: Any, definedness: Any) -> Any:
    """What holds for some value is taken to hold for all."""
    while stated.op == "implies":
        stated = stated.args[1]
    return right(replace(stated, op="forall") if stated.op == "exists" else stated, pools, definedness)


class Anywhere:
    """Every value is in range."""

    def within(self, value: Term, sort: Any) -> Term:
        return TRUE


def beyond(right: Any, stated: Term, pools: Any, definedness: Any) -> Any:
    """A premise is instantiated at values out of range, too."""
    return right(stated, pools, Anywhere())


WRONG_FORMS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "a case less": ("cases", a_case_less),
    "always alike": ("cases", always_alike),
    "no premises": ("cases", no_premises),
    "cases, goal without its premises": (
        "cases",
        opened_wrongly(lambda body, premises, variables: (body, [], variables)),
    ),
    "cases, goal without its conclusion": (
        "cases",
        opened_wrongly(lambda body, premises, variables: (FALSE, premises, variables)),
    ),
    "cases, some for all": ("cases", some_for_all),
    "instances, goal without its premises": ("instances", opened_wrongly(lambda b, p, v: (b, [], v))),
    "instances, some for all": ("instances", some_for_all),
    "instances without conditions": ("instances", instances_of(unconditional)),
    "instances of some": ("instances", instances_of(of_some)),
    "instances out of range": ("instances", instances_of(beyond)),
}


@pytest.mark.parametrize("name", WRONG_FORMS)
def test_a_wrong_form_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, install = WRONG_FORMS[name]
    install(monkeypatch)
    assert noticed(lambda obligation: TRANSFORMATIONS[kind](obligation))
