"""The ends of ranges at an instance of an unbounded model: those that the model has, and those that only the instance has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verifier.kernel.sorts import RangeSort, SequenceSort
from verifier.kernel.terms import parameter_names
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.finite import FiniteScope

FAR = 10**30
"""Stands for an end that a range does not have."""


@dataclass(frozen=True, slots=True, eq=False)
class Ends(FiniteScope):
    """A finite scope in which ranges have only some of their ends. Their values cannot be listed."""

    counts: Callable[[RangeSort], tuple[bool, bool]] = lambda sort: (True, True)
    holds: Callable[[SequenceSort], bool] = lambda sort: True

    def bounds(self, sort: RangeSort) -> tuple[int, int]:
        """The ends of a range, far away where it has none."""
        (low, high), (lower, upper) = FiniteScope.bounds(self, sort), self.counts(sort)
        return low if lower else -FAR, high if upper else FAR

    def capacity(self, sort: SequenceSort) -> int:
        """The greatest length of a stored sequence, far away where there is none."""
        return FiniteScope.capacity(self, sort) if self.holds(sort) else FAR


def kept(scope: FiniteScope, unbounded: Unbounded) -> Ends:
    """The scope with the ends that the unbounded model keeps."""

    def counts(sort: RangeSort) -> tuple[bool, bool]:
        return unbounded.low(sort) is not None, unbounded.high(sort) is not None

    def holds(sort: SequenceSort) -> bool:
        return not parameter_names(sort.capacity) & unbounded.gone

    return Ends(scope.model, scope.parameters, scope.labels, counts=counts, holds=holds)


def dropped(scope: FiniteScope, unbounded: Unbounded) -> Ends:
    """The scope with the ends that the unbounded model has dropped."""

    def counts(sort: RangeSort) -> tuple[bool, bool]:
        return unbounded.low(sort) is None, unbounded.high(sort) is None

    def holds(sort: SequenceSort) -> bool:
        return bool(parameter_names(sort.capacity) & unbounded.gone)

    return Ends(scope.model, scope.parameters, scope.labels, counts=counts, holds=holds)
