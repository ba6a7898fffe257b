"""What is finite and what is not: the published scope with its parameter values, and the values that a sort then has."""

from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.scope.values import FrozenMap, Some

__all__ = ["FiniteScope", "FrozenMap", "Some", "finite_scope"]
