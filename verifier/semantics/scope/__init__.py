"""Finite and unbounded scopes: the published scope with its parameter values; `unbounded` has the model for any size."""

from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.scope.values import FrozenMap, NoValue, Some

__all__ = ["FiniteScope", "FrozenMap", "NoValue", "Some", "finite_scope"]
