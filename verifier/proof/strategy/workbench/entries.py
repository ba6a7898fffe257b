"""The findings of the workbench, as documents have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from verifier.kernel.model import Model
from verifier.kernel.places import place
from verifier.kernel.printing import text
from verifier.proof.strategy.workbench.findings import Finding, Found, Shown, Step
from verifier.semantics.obligations.statements import Statement

if TYPE_CHECKING:
    from verifier.wire.induction import (
        InductionCounterexample,
        LemmaNames,
        LemmaPartEntry,
        LemmaReportEntry,
        LemmaStepEntry,
    )
    from verifier.wire.traces import TraceDocument


def entry(finding: Finding, model: Model, scope: str, *, by_action: bool = False) -> LemmaReportEntry:
    """The entry of a statement; `by_action`: with the effect of each action on it."""
    one, worst = finding.statement, finding.worst
    shown = worst.shown
    needs = finding.needs
    parted = len(one.parts) > 1 and len(finding.parts) == len(one.parts)
    return {
        **planned(one, model),
        "status": finding.status,
        "part": one.number(worst.part) if finding.status not in ("inductive", "initial", "preserved") else None,
        "action": worst.action,
        "with": None if needs is None else list(needs),
        "rests_on": list(finding.rests_on),
        "parameters": _sizes(worst.sizes if shown is None else shown.sizes),
        "steps": None if worst.trace is None else worst.trace.steps,
        "trace": None if worst.trace is None else worst.trace.document,
        "explanation": None if worst.trace is None else worst.trace.explanation,
        "cti": None if shown is None else cti(shown, scope),
        "reason": worst.reason,
        "seconds": finding.seconds,
        "parts": [_part(part, n, one.texts[n - 1]) for n, part in enumerate(finding.parts, 1)] if parted else [],
        "by_action": [_step(step, scope) for step in _steps(finding)] if by_action else [],
    }


def planned(one: Statement, model: Model) -> LemmaNames:
    """The facts about a statement before anything is asked."""
    return {
        "name": one.name,
        "published_name": one.whole.name,
        "kind": one.kind,
        "doc": one.doc,
        "formula": text(one.formula, model.vocabulary, outer=False),
        "at": place(one.whole.position),
    }


def _part(finding: Found, number: int, written: str) -> LemmaPartEntry:
    needs = None if finding.needs is None else list(finding.needs)
    return {"number": number, "formula": written, "status": finding.status, "action": finding.action, "with": needs}


def _steps(finding: Finding) -> list[Step]:
    """The effect of each action on a statement: the worst of its effects on the parts."""
    ranks = ("preserved", "unknown", "not preserved")
    result: dict[str, Step] = {}
    for part in finding.parts:
        for step in part.steps:
            known = result.get(step.action)
            if known is None or ranks.index(step.status) > ranks.index(known.status):
                result[step.action] = step
    return list(result.values())


def _step(step: Step, scope: str) -> LemmaStepEntry:
    return {
        "action": step.action,
        "status": step.status,
        "with": list(step.needs) if step.status == "preserved" else None,
        "cti": None if step.shown is None else cti(step.shown, scope),
        "reason": step.reason,
    }


def cti(shown: Shown, scope: str) -> InductionCounterexample:
    """A counterexample to induction: its trace, its sizes, and the known facts about its first state."""
    result, document = shown.cti, shown.cti.document
    trace: TraceDocument = {**document["trace"], "#meta": {**document["trace"]["#meta"], "scope": scope}}
    return {
        "property": document["property"],
        "action": result.action,
        "parameters": _sizes(shown.sizes),
        "fewest": result.fewest,
        "first_state": {
            "reachable": False if shown.never else None,
            "steps": shown.unreached,
            "parameters": _sizes(shown.looked),
        },
        "trace": trace,
        "explanation": document["explanation"],
    }


def _sizes(sizes: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if sizes is None else dict(sizes)
