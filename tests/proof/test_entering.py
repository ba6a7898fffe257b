"""What enters a set is checked even where the set has every value of its sort already, by every engine alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from verifier.kernel import Bool, Protocol, Range, Record, Set, forall_in, guard, image, ite, set_of, var
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.quantified import Quantified, check
from verifier.semantics.scope import finite_scope
from verifier.semantics.scope.unbounded import without_parameters

ENGINES = ("auto", "bmc", "kinduction", "explicit")


class World:
    """Sets that have every value of their sorts, and a number that fits into one of them."""

    def __init__(self) -> None:
        self.p = p = Protocol("full", "full sets")

        class W(Range, low=0, high=1):
            pass

        class One(Range, low=0, high=0):
            pass

        class Pair(Record):
            left: One

        class State:
            seen: Set[W] = var({0, 1})
            one: Set[One] = var({0})
            pairs: Set[Pair] = var({Pair(left=One(0))})
            w: W = var(1)
            on: Bool = var(True)
            bad: Bool = var(False)

        self.W, self.One, self.Pair = W, One, Pair
        p.state(State)

    def storing(self, name: str, value: Callable[[Any, World], Any]) -> Protocol:
        """The world with a step that stores a value."""

        @self.p.action
        def Store(s: Any) -> None:
            new = value(s, self)
            setattr(s, name, new)
            s.bad = True

        return self.p


def verdicts(protocol: Protocol, **options: Any) -> dict[str, str]:
    document = prove(ProveRequest(protocol, **options), lambda event: None)
    return {entry["published_name"]: entry["verdict"] for entry in document["properties"]}


VANISHING: dict[str, tuple[str, Callable[[Any, World], Any]]] = {
    "a union": ("seen", lambda s, m: s.seen | {s.w + 1}),
    "a union of unions": ("seen", lambda s, m: (s.seen | {0}) | (s.seen & (s.seen | {s.w + 1}))),
    "given elements": ("one", lambda s, m: {0, s.w}),
    "a union of one element": ("one", lambda s, m: s.one | {s.w}),
    "a difference": ("one", lambda s, m: s.one - {s.w}),
    "records": ("pairs", lambda s, m: s.pairs | {m.Pair(left=s.w)}),
    "an image": ("one", lambda s, m: s.one | image(s.seen, m.One, lambda v: v)),
    "a choice": ("one", lambda s, m: ite(s.on, s.one | {s.w}, s.one)),
}
"""Each puts 1 or 2 into a set that has no place for it."""

PROTECTED: dict[str, tuple[str, Callable[[Any, World], Any]]] = {
    "a condition on the state": ("one", lambda s, m: set_of(m.One, lambda v: ~s.on & (s.one | {s.w}).contains(v))),
    "an alternative": ("one", lambda s, m: ite(s.on, s.one, s.one | {s.w})),
    "a member that is none": ("one", lambda s, m: s.one | image(s.seen - {1}, m.One, lambda v: v)),
    "what fits": ("seen", lambda s, m: s.seen | {s.w}),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", VANISHING)
def test_nothing_vanishes(case: str, engine: str) -> None:
    name, value = VANISHING[case]
    assert verdicts(World().storing(name, value), engine=engine, k=2)[f"Range@{name}"] == "violated"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", PROTECTED)
def test_what_is_not_looked_at_or_fits_does_no_harm(case: str, engine: str) -> None:
    name, value = PROTECTED[case]
    assert verdicts(World().storing(name, value), engine=engine, k=2)[f"Range@{name}"] in ("proved", "bounded")


@pytest.mark.parametrize("engine", ENGINES)
def test_in_a_guard_it_is_undefined(engine: str) -> None:
    world = World()

    @world.p.action
    def Step(s: Any) -> None:
        guard("all", forall_in(s.one | {s.w}, lambda v: v == 0))
        s.bad = True

    world.p.never_fires("Step", "its guard has no value")
    assert verdicts(world.p, engine=engine, k=2)["Defined"] == "violated"


@pytest.mark.parametrize("case", [*VANISHING, *PROTECTED])
def test_first_order_logic_agrees(case: str) -> None:
    name, value = {**VANISHING, **PROTECTED}[case]
    model = World().storing(name, value).model()
    [step] = Machine(finite_scope(model)).steps(next(Machine(finite_scope(model)).initial_states()))
    quantified = Quantified(without_parameters(model, ()))
    found = check(
        quantified.initiation([use.formula for use in quantified.stored_uses(model.find_property(f"Range@{name}"))])
    )
    assert (found.answer.name == "UNSAT") == (step.outcome == "fired") == (case in PROTECTED)
