"""`verify lemmas`: every lemma and invariant of a model by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.kernel.commands import About
from verifier.kernel.errors import UsageError, nearest
from verifier.kernel.model import Model
from verifier.proof.strategy.entries import Clock, versions
from verifier.proof.strategy.requests import LemmasRequest, head
from verifier.proof.strategy.scopes import parameters
from verifier.proof.strategy.workbench.asked import Asked
from verifier.proof.strategy.workbench.bench import Bench
from verifier.proof.strategy.workbench.checking import Checking
from verifier.proof.strategy.workbench.entries import entry, planned
from verifier.proof.strategy.workbench.falsify import Tell
from verifier.proof.strategy.workbench.findings import joined
from verifier.proof.strategy.workbench.unbounded import UnboundedChecking
from verifier.semantics.ground.ground import Ground
from verifier.semantics.obligations.statements import statements, watched
from verifier.semantics.quantified import Quantified, smoke, undefined_start
from verifier.semantics.scope.finite import finite_scope, parse_settings
from verifier.semantics.scope.fixed import fixed_values, with_fixed
from verifier.semantics.scope.unbounded import unbounded

if TYPE_CHECKING:
    from verifier.wire.events import Emit
    from verifier.wire.induction import LemmaReportEntry
    from verifier.wire.lemmas import LemmasDocument, LemmasFacts
    from verifier.wire.parts import NotStatedEntry


def check_lemmas(request: LemmasRequest, emit: Emit) -> LemmasDocument:
    """Checks the statements of a model, and returns the `verify.lemmas/1` document. Raises VerifyError for bad input."""
    request.validate()
    clock = Clock()
    model = request.protocol.model(request.variant, request.drops)
    known = [action.name for action in model.actions]
    if request.action is not None and request.action not in known:
        raise UsageError(f"{model.name} has no action {request.action}", hint=nearest(request.action, known, "actions"))

    def progress(text: str, engine: str, k: int) -> None:
        emit({"event": "progress", "text": text, "engine": engine, "k": k})

    asked = Asked(request.question, request.action, request.k)
    settings = parse_settings(request.settings)
    if request.scope == "unbounded":
        model = with_fixed(model, settings)
    facts: LemmasFacts = {
        "schema": "verify.lemmas/1",
        **head(model),
        "label": None,
        "scope": request.scope,
        "parameters": fixed_values(model) if request.scope == "unbounded" else {},
        "question": request.question,
        "action": request.action,
        "k": request.k,
        "versions": versions("z3", "numpy"),
    }
    left_out: list[NotStatedEntry] = []
    if request.scope == "unbounded":
        checking, left_out = _unbounded(model, asked, progress)
    else:
        stated = statements(model)
        scope = finite_scope(watched(model, stated), settings)
        facts["parameters"] = parameters(scope, settings)
        bench = Bench(Ground(scope), [part for one in stated for part in one.parts])
        checking = Checking(bench, stated, asked, facts["parameters"], progress)
    emit({"event": "plan", "document": {**facts, "lemmas": [planned(one, model) for one in checking.stated]}})
    by_action = request.question == "preserved"
    findings = []
    for finding in checking.run():
        findings.append(finding)
        emit({"event": "lemma", "lemma": entry(finding, model, request.scope, by_action=by_action)})
    entries = [entry(finding, model, request.scope, by_action=by_action) for finding in joined(findings)]
    return {
        **facts,
        "lemmas": entries,
        "not_stated": left_out,
        "next": _next(request, entries),
        "seconds": clock.seconds,
        "statistics": {"queries": checking.queries},
        "ended": "complete",
    }


def _unbounded(model: Model, asked: Asked, progress: Tell) -> tuple[Checking, list[NotStatedEntry]]:
    scope = unbounded(model)
    quantified = Quantified(scope)
    undefined = undefined_start(quantified)
    smoke(quantified, started=undefined is None)
    stated = statements(scope.model)
    published = finite_scope(watched(model, stated))
    left_out: list[NotStatedEntry] = [
        {"name": e.name, "published_name": e.published_name, "reason": e.reason} for e in scope.not_stated
    ]
    kept = {lemma.name for lemma in scope.model.lemmas}
    for lemma in model.lemmas:
        if lemma.name not in kept:
            [reason] = [what.partition(": ")[2] for what in scope.dropped if what.startswith(f"lemma {lemma.name}:")]
            left_out.append({"name": lemma.name, "published_name": lemma.name, "reason": reason})
    return UnboundedChecking(quantified, published, stated, asked, progress), left_out


def _next(request: LemmasRequest, entries: list[LemmaReportEntry]) -> str | None:
    """The next command: for a statement that is not preserved, every counterexample of the action; for an inductive one, the
    proof.
    """
    about: About = request.about
    if any(result["status"] == "false" for result in entries):
        return None
    broken = next((result for result in entries if result["status"] == "not preserved"), None)
    if broken is not None:
        again = request.question == "preserved" and request.action == broken["action"]
        return about.command("lemmas") if again else about.command("lemmas", preserved=broken["action"])
    if any(result["status"] == "unknown" for result in entries) or request.question == "inductive":
        return about.command("prove")
    return about.command("lemmas")
