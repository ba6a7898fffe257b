"""Re-execution of a trace document with the concrete semantics alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verifier.catalog.digest import digest
from verifier.evidence.itf import encode_arguments, from_document
from verifier.kernel.errors import UsageError
from verifier.kernel.protocol import Protocol
from verifier.semantics.concrete.machine import Machine
from verifier.semantics.concrete.printing import value_changes, value_text
from verifier.semantics.concrete.trace import Trace, check_trace
from verifier.semantics.scope import FiniteScope


@dataclass(frozen=True, slots=True)
class ReplayedStep:
    """A step as it was re-executed; step 0 is the initial state, or the values that falsify a law.

    `arguments` are ITF values. `changes` maps the places that changed (`routes[1][k1]`) to their old and
    new values as text; in step 0 each variable to None and its value.
    """

    index: int
    action: str
    arguments: Mapping[str, Any]
    changes: Mapping[str, tuple[str | None, str]]


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of re-executing a trace document.

    `valid`: it is a run of the model. `violated`: its end violates `property`, as claimed; `property` is None where nothing is
    claimed. `failure` names the first step that is not allowed and the guard that forbids it, or says that the property holds.
    `steps` end with the one at fault.
    """

    valid: bool
    violated: bool
    property: str | None
    failure: str | None
    steps: tuple[ReplayedStep, ...]
    explanation: tuple[str, ...]


def replay(document: object, protocol: Protocol) -> Replay:
    """Re-executes a trace document of `protocol`.

    Raises UsageError where it is not a trace document, or one of another model: the digests are compared.
    Nothing that the document names is opened or imported.
    """
    trace, scope = opened(document, protocol)
    outcome = check_trace(Machine(scope), trace)
    end = len(trace.steps) if outcome.valid or outcome.step is None else outcome.step + 1
    return Replay(
        outcome.valid,
        outcome.violated,
        trace.property_name,
        outcome.failure,
        tuple(_step(trace, number, scope) for number in range(end)),
        outcome.explanation,
    )


def opened(document: object, protocol: Protocol) -> tuple[Trace, FiniteScope]:
    """The trace in a document of the current version of `protocol`, and its scope. UsageError for any other."""
    meta = document.get("#meta") if isinstance(document, dict) else None
    named = isinstance(meta, dict) and meta.get("protocol") == protocol.name
    # Before anything else is read: of a model that has changed, names and values need not exist any more.
    if isinstance(meta, dict) and named and meta.get("model_digest") != digest(protocol):
        message = f"the trace is of another version of {protocol.name}: the model has changed since"
        raise UsageError(message, hint="prove the property again, or give the model of the trace with --protocol FILE")
    return from_document(document, protocol)


def _step(trace: Trace, number: int, scope: FiniteScope) -> ReplayedStep:
    step = trace.steps[number]
    changes: dict[str, tuple[str | None, str]] = {}
    for declared in scope.model.variables:
        name, sort, new = declared.name, declared.sort, step.state[declared.name]
        if number == 0:
            changes[name] = (None, value_text(new, sort, scope))
            continue
        old = trace.steps[number - 1].state[name]
        changes |= {place: (was, now) for place, was, now in value_changes(name, old, new, sort, scope)}
    arguments = encode_arguments(step.action, step.arguments, scope) if number else {}
    return ReplayedStep(number, step.action if scope.model.law is None else "values", arguments, changes)
