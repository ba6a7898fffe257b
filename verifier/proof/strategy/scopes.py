"""How documents name the finite scope that a verdict is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verifier.semantics.scope.finite import FiniteScope


def parameters(scope: FiniteScope, settings: Mapping[str, str]) -> dict[str, Any]:
    """The parameters: numbers, or the labels of a sort that was given by its labels."""
    result: dict[str, Any] = dict(scope.parameters)
    for name, value in settings.items():
        if value.startswith("{"):
            result[name] = [label.strip() for label in value[1:-1].split(",") if label.strip()]
    return result
