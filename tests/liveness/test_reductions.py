"""Unrolling, liveness to safety and k-liveness agree with the reference on random graphs, and faults in them are noticed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.liveness.comparing import disagreement
from tests.liveness.graphs import example
from verifier.proof.engines import lassos
from verifier.proof.engines.lassos import LassoPath
from verifier.semantics.ground import liveness, reduction
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground, Instance
from verifier.semantics.ground.liveness import Fairness
from verifier.semantics.ground.reduction import Condition, Reduction
from verifier.semantics.ground.rounds import Rounds
from verifier.semantics.ground.saving import Saving

TELLING = (0, 3, 4, 8, 14, 45, 92, 101)
"""Graphs of which each notices some of the faults below."""


def test_all_agree_with_the_reference() -> None:
    assert [(seed, said) for seed in TELLING if (said := disagreement(example(seed)))] == []


@pytest.mark.nightly
def test_all_agree_with_the_reference_on_many_graphs() -> None:
    assert [(seed, said) for seed in range(1000, 3000) if (said := disagreement(example(seed)))] == []


def _noticed() -> bool:
    return any(disagreement(example(seed)) for seed in TELLING)


def test_a_latch_that_is_forgotten_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Saving, "_fair", lambda self, place, fairness, seen: self.circuit.true)
    assert _noticed()


def test_a_latch_that_is_forgotten_in_unrolling_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = LassoPath._fair

    def fair(self: LassoPath, place: int, fairness: Fairness, step: int) -> object:
        real(self, place, fairness, step)
        return self.encoding.formula(self.encoding.ground.circuit.true)

    monkeypatch.setattr(LassoPath, "_fair", fair)
    assert _noticed()


def test_fairness_that_is_seen_on_the_stem_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Saving.latched

    def latched(self: Saving, instance: Instance | None) -> dict[str, Node]:
        loops = real(self, instance)
        return {n: self.circuit.or_((loops[n], self.added(n), self.seen(c, instance))) for n, c in self.latches.items()}

    monkeypatch.setattr(Saving, "latched", latched)
    monkeypatch.setattr(Saving, "canonical", property(lambda self: Reduction.canonical.func(self)))  # type: ignore[attr-defined]
    assert _noticed()


def test_fairness_that_is_seen_on_the_stem_of_an_unrolling_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = LassoPath._latch

    def latch(self: LassoPath, step: int, begun: object) -> None:
        real(self, step, self.encoding.formula(self.encoding.ground.circuit.true))

    monkeypatch.setattr(LassoPath, "_latch", latch)
    assert _noticed()


def test_stuttering_that_is_ignored_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    false = lambda self: self.encoding.formula(self.encoding.ground.circuit.false)  # noqa: E731
    monkeypatch.setattr(LassoPath, "_stuttering", false)
    assert _noticed()


def test_stuttering_that_ends_no_round_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Rounds.counted
    monkeypatch.setattr(Rounds, "counted", lambda self, instance: {} if instance is None else real(self, instance))
    assert _noticed()


def test_a_step_that_changes_nothing_and_counts_as_taken_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduction, "changing", lambda ground, instance: instance.storable)
    assert _noticed()


def test_a_step_that_changes_nothing_and_counts_in_unrolling_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LassoPath, "_changed", lambda self, fairness: self.encoding.ground.circuit.true)
    assert _noticed()


def test_strong_fairness_that_is_taken_for_weak_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Saving._fair

    def fair(self: Saving, place: int, fairness: Fairness, seen: dict[str, Node]) -> Node:
        return self.circuit.or_((real(self, place, fairness, seen), self.circuit.not_(fairness.enabled)))

    monkeypatch.setattr(Saving, "_fair", fair)
    assert _noticed()


def test_a_condition_that_stays_renounced_while_enabled_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rounds, "constraint", property(lambda self: Reduction.constraint.func(self)))  # type: ignore[attr-defined]
    assert _noticed()


def test_a_loop_in_which_the_case_is_given_up_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reduction, "wanted", property(lambda self: self.circuit.true))
    assert _noticed()


def test_steps_that_the_case_does_not_want_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reduction, "wanted_steps", property(lambda self: self.circuit.true))
    assert _noticed()


def test_a_loop_that_does_not_close_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Saving, "again", property(lambda self: self.circuit.true))
    assert _noticed()


def test_what_recurs_in_a_state_and_not_by_stuttering_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(ground: Ground, nodes: Sequence[Node]) -> list[Node]:
        return [ground.circuit.true for _ in nodes]

    monkeypatch.setattr(lassos, "stuttering", seen)
    assert _noticed()


def test_a_round_that_ends_without_what_recurs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Reduction.recurring.func  # type: ignore[attr-defined]

    def recurring(self: Reduction) -> tuple[Condition, ...]:
        return tuple(Condition(condition.name, self.circuit.true) for condition in real(self))

    monkeypatch.setattr(Reduction, "recurring", property(recurring))
    assert _noticed()


def test_a_step_that_changes_nothing_and_keeps_its_action_enabled_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liveness, "changing", lambda ground, instance: instance.storable)
    assert _noticed()
