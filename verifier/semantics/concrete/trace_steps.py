"""The steps of a trace, and an action instance as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verifier.semantics.concrete.machine import State
from verifier.semantics.concrete.printing import value_text
from verifier.semantics.scope.finite import FiniteScope

INITIAL = "init"  # stands for an action in the first state of a trace


@dataclass(frozen=True, slots=True)
class TraceStep:
    """A state of a trace with the action instance that led to it; the first has the action `init`."""

    action: str
    arguments: Mapping[str, Any]
    state: State


def instance_text(scope: FiniteScope, action: str, arguments: Mapping[str, Any]) -> str:
    """An action instance: `Commit(t = t1, g = g2)`."""
    sorts = {argument.name: argument.sort for argument in scope.model.action(action).arguments}
    inner = ", ".join(f"{name} = {value_text(value, sorts[name], scope)}" for name, value in arguments.items())
    return f"{action}({inner})" if inner else action
