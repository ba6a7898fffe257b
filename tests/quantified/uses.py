"""The partial uses of a model at unbounded scope, of all its `defined` properties together."""

from __future__ import annotations

from verifier.kernel.definedness import Use
from verifier.semantics.quantified import Quantified


def uses_of(quantified: Quantified) -> list[Use]:
    """What must hold of states."""
    defined = [found for found in quantified.model.properties if found.kind == "defined"]
    return [use for found in defined for use in quantified.defined_uses(found)]


def step_uses_of(quantified: Quantified) -> list[Use]:
    """What must hold of steps."""
    defined = [found for found in quantified.model.properties if found.kind == "defined"]
    return [use for found in defined for use in quantified.defined_steps(found)]
