"""What is finite and what is not: the published scope with its parameter values; `unbounded` has the model for any size."""

from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.scope.values import FrozenMap, Outside, Some

__all__ = ["FiniteScope", "FrozenMap", "Outside", "Some", "finite_scope"]
