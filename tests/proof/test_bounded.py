"""Bounded unrolling in clauses: the verdicts and lengths of z3's unrolling, whose questions it asks of a SAT solver."""

from __future__ import annotations

from typing import Any

import pytest

from tests.proof import leavers, models
from verifier.catalog import load
from verifier.kernel import Bool, Protocol, Range, guard, var
from verifier.proof.engines import bounded
from verifier.proof.engines.bounded import BoundedUnrolling
from verifier.proof.engines.engine import Budget, Decided, Engine, Open, Proved, Violated
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.induction import Lockstep
from verifier.proof.strategy import ProveRequest, prove
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import finite_scope

CASES: dict[str, tuple[Protocol, int]] = {
    "counter": (models.counter(), 7),
    "counter, short of it": (models.counter(), 4),
    "dead end": (models.dead_end(), 4),
    "two claims": (models.two_claims(), 4),
    "constrained": (models.constrained(), 6),
    "overflowing": (models.overflowing(), 12),
    "contradictory": (models.contradictory(), 3),
    "never firing": (models.never_firing(), 3),
    "partners": (models.partners(), 3),
    "jump": (leavers.jump(), 3),
    "later": (leavers.later(), 5),
    "outside": (leavers.outside(), 3),
}


def task_of(protocol: Protocol) -> FiniteTask:
    model = protocol.model()
    wanted = {prop.name: prop for prop in model.properties}
    return FiniteTask(Ground(finite_scope(model)), wanted, lambda: wanted)


def said(engine: Engine[FiniteTask], protocol: Protocol, depth: int) -> dict[str, tuple[Any, ...]]:
    """What an engine says of each property: violated in so many steps, proved without a longer path, or open."""
    result: dict[str, tuple[Any, ...]] = {}
    for event in engine.run(task_of(protocol), Budget(depth=depth)):
        match event:
            case Decided(name, Violated(path)):
                result[name] = ("violated", len(path.steps) - 1, path.attempt is not None)
            case Decided(name, Proved(proof)):
                result[name] = (proof.method, proof.k)
            case Decided(name, Open(depth)):
                result[name] = ("open", depth)
    return result


@pytest.mark.parametrize("name", CASES)
def test_it_says_the_same_as_an_unrolling_for_z3(name: str) -> None:
    protocol, depth = CASES[name]
    assert said(BoundedUnrolling(), protocol, depth) == said(Lockstep(induction=False), protocol, depth)


def test_the_cases_have_every_kind_of_answer() -> None:
    kinds = {kind for protocol, depth in CASES.values() for kind, *_ in said(BoundedUnrolling(), protocol, depth).values()}
    assert kinds == {"violated", "horizon", "open"}


def counting(scale: int) -> Protocol:
    """Counts up to ten of a unit; more than two are too many."""
    p = Protocol("counting", "counts up")

    class Count(Range, low=0, high=20 * scale):
        pass

    @p.state
    class State:
        x: Count = var(0)

    @p.action
    def Up(s: State) -> None:
        guard("below", s.x < 10 * scale)
        s.x += scale

    @p.invariant()
    def Little(s: State) -> Bool:
        return s.x <= 2 * scale

    return p


def test_very_wide_numbers_are_left_to_z3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(bounded, "_Run")
    assert said(BoundedUnrolling(), counting(1_000), 4)["Little"] == ("violated", 3, False)


def test_ranges_are_not_asked_about_once_the_property_is_violated() -> None:
    depths: list[int] = []
    request = ProveRequest(counting(1), properties=["Little"], engine="bmc", k=8)
    document = prove(request, lambda event: depths.append(event["k"]) if event["event"] == "progress" else None)
    [entry] = document["properties"]
    assert (entry["verdict"], entry["steps"], entry["shortest"]) == ("violated", 3, True)
    assert max(depths) == 3


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("variant", "name", "steps"),
    [
        ("three", "NoTornReadC", 11),
        ("pred-wait-equality", "NoProducerDeadlock", 20),
        ("catch-up-equality", "CursorComplete", 31),
    ],
)
def test_deep_counterexamples_are_found_by_unrolling(variant: str, name: str, steps: int) -> None:
    request = ProveRequest(load("mpmc"), variant=variant, properties=[name], engine="bmc", k=steps)
    [entry] = prove(request, lambda event: None)["properties"]
    assert (entry["verdict"], entry["steps"], entry["shortest"]) == ("violated", steps, True)
