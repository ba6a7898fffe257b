"""Runs in which actions fire: a search of states finds them where the solver takes long."""

from __future__ import annotations

import pytest

from verifier.catalog import load
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.strategy.instances import Firing
from verifier.semantics.answers import Answer
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope.finite import finite_scope


def test_where_the_solver_gives_up_it_is_asked_about_no_longer_run(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []

    def unknown(self: Unrolling, *literals: object) -> Answer:
        lengths.append(self.length)
        return Answer.UNKNOWN

    task = FiniteTask(Ground(finite_scope(load("routes").model())), {}, dict, learning=False)
    task.encode()
    monkeypatch.setattr(Unrolling, "check", unknown)
    firing = Firing(task)
    assert (firing.unseen, firing.unfired, firing.dead) == ([], set(), [])
    # Once about the shortest run, then about each action in any state, before the search.
    assert set(lengths) == {0}
