"""What is finite and what is not: the published scope with its parameter values, and the model for any size."""

from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.scope.unbounded import NotStated, Unbounded, unbounded
from verifier.semantics.scope.values import FrozenMap, Some

__all__ = ["FiniteScope", "FrozenMap", "NotStated", "Some", "Unbounded", "finite_scope", "unbounded"]
