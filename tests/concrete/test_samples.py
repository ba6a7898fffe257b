"""Values that are drawn by chance: ends and small collections among them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.ground.test_lowering import Digit, Key, Pairs, Word, single
from verifier.kernel import Option, Set, empty, none
from verifier.semantics.concrete.samples import value
from verifier.semantics.scope import Some


@pytest.mark.parametrize(
    ("sort", "initial", "among"),
    [
        (Digit, 1, {1, 3}),
        (Option[Digit], none, {None, Some(1), Some(3)}),
        (Set[Key], set(), {frozenset(), frozenset({"k1"}), frozenset({"k1", "k2"})}),
        (Word, empty, {(), (1,), (3, 3)}),
        (Pairs, set(), {frozenset()}),
    ],
)
def test_small_values_and_ends_are_drawn(sort: Any, initial: Any, among: set[Any]) -> None:
    scope = single(sort, initial).scope
    chance = random.Random(1)
    drawn = {value(scope, scope.model.variable("x").sort, chance) for _ in range(300)}
    assert among <= drawn
    assert drawn <= set(scope.domain(scope.model.variable("x").sort))
