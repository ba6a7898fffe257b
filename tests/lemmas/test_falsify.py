"""What the workbench's short search of an instance claims: that it has seen all states only where it has."""

from __future__ import annotations

import pytest

from tests.proof import models
from verifier.proof.engines import search
from verifier.proof.strategy.workbench import falsify
from verifier.semantics.ground.ground import Ground
from verifier.semantics.scope import finite_scope


@pytest.mark.parametrize(("levels", "complete"), [(200, True), (2, False)])
def test_a_search_that_stops_early_has_not_seen_all_states(
    monkeypatch: pytest.MonkeyPatch, levels: int, complete: bool
) -> None:
    monkeypatch.setattr(search, "LEVELS", levels)
    monkeypatch.setattr(search, "LEVEL_COST", falsify.STATES)
    ground = Ground(finite_scope(models.counter().model()))
    found = falsify.falsified(ground, [ground.scope.model.find_property("AtMostLimit")], 8, lambda *rest: None, None)
    assert found.violations == {}
    assert found.complete is complete


def test_a_search_for_nothing_has_seen_nothing() -> None:
    ground = Ground(finite_scope(models.counter().model()))
    assert not falsify.falsified(ground, [], 8, lambda *rest: None, None).complete
