"""The witnesses of certificates at published scope: values of runs where they will do, and of a solver where they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.proof import models
from tests.proof.test_answers import Known
from verifier.proof.strategy.net import Net
from verifier.proof.strategy.witnesses import Firings, Witnesses
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.smtlib import SmtLib
from verifier.semantics.obligations.proof import Support
from verifier.semantics.scope.values import FrozenMap


def witnesses(known: Known, runs: Firings) -> Witnesses:
    smtlib = SmtLib(known.ground)
    return Witnesses(known.encoding, smtlib, [smtlib.action(action) for action in known.model.actions], runs)


def test_a_step_of_a_run_needs_no_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Known(models.counter())
    runs = Net(known.ground.scope, known.model.properties).firings()
    asked: list[str] = []
    satisfy = Witnesses._satisfy

    def noted(self: Witnesses, what: str, formulas: list[object]) -> object:
        asked.append(what)
        return satisfy(self, what, formulas)

    monkeypatch.setattr(Witnesses, "_satisfy", noted)
    start, step, _ = witnesses(known, runs).of(known.proof("AtMostLimit"))
    assert (start["state"], step["state"], step["next"], step["pick"]) == (["#b0000"], ["#b0000"], ["#b0001"], "#b0")
    assert asked == ["values that violate it"]


@pytest.mark.parametrize("value", [5, 8])
def test_what_does_not_satisfy_a_witness_is_not_used(value: int) -> None:
    """No step leaves 5, and 8 violates the property."""
    known = Known(models.counter())
    wrong = FrozenMap({"x": value})
    runs = Firings([wrong], {"Up": (wrong, {})})
    start, step, _ = witnesses(known, runs).of(known.proof("AtMostLimit"))
    assert start["state"] == ["#b0000"]
    assert step["state"] != [f"#b{value:04b}"]
    assert int(step["state"][0][2:], 2) + 1 == int(step["next"][0][2:], 2) <= 5


def test_a_lemma_that_excludes_what_was_found_before_is_respected() -> None:
    known = Known(models.counter())
    ours, proof = witnesses(known, Firings([FrozenMap({"x": 0})], {"Up": (FrozenMap({"x": 3}), {})})), known.proof("AtMostLimit")
    assert ours.of(proof)[1]["state"] == ["#b0011"]
    small = replace(proof, supports=(support(known.ground, lambda c, x: c.le(x, c.int(1))),))
    assert int(ours.of(small)[1]["state"][0][2:], 2) <= 1
    none = replace(proof, supports=(support(known.ground, lambda c, x: c.le(c.int(5), x)),))
    given = ours.of(none)
    assert [entry["expected"] for entry in given] == ["unsat", "unsat", "sat"]


def support(ground: Ground, formula: object) -> Support:
    return Support("a lemma", formula(ground.circuit, ground.field_node(0)))  # type: ignore[operator]
