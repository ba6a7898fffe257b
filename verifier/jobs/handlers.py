"""The worker's part in each command: turn a job's JSON object into calls of the library, and stream the answers.

The same functions serve a call that stays in its own process. Imports happen on first use: a search needs no solver, a listing
needs neither.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from verifier.jobs.proving import numbered, prove_each
from verifier.jobs.references import loaded, named, protocol_of, resolve

if TYPE_CHECKING:
    from verifier.kernel.protocol import Protocol
    from verifier.wire.events import AnyDocument, Emit
    from verifier.wire.jobs import (
        CheckJob,
        ExploreJob,
        GapsJob,
        Job,
        LemmasJob,
        ListJob,
        LitmusJob,
        ReadJob,
        ReplayJob,
        RunJob,
        ShowJob,
        SurveyJob,
        ThresholdJob,
    )
    from verifier.wire.listings import ListedProtocolEntry, UnlistedProtocolEntry
    from verifier.wire.traces import ReplayedDocument, ReplayedStep, TraceDocument


def handle(job: Job, emit: Emit) -> None:
    """Do a job.

    Args:
        job: see `verifier.wire.jobs`.
        emit: takes the events, see `verifier.wire.events`.

    Raises:
        VerifyError: the job names something that does not exist, or a model is ill formed.
    """
    match job["command"]:
        case "prove":
            prove_each(job, emit)
        case "explore":
            _explore(job, emit)
        case "gaps":
            _gaps(job, emit)
        case "lemmas":
            _lemmas(job, emit)
        case "threshold":
            _threshold(job, emit)
        case "run":
            _run(job, emit)
        case "litmus":
            _litmus(job, emit)
        case "check":
            _check(job, emit)
        case "replay":
            _replay(job, emit)
        case "read":
            _read(job, emit)
        case "list":
            _list(job, emit)
        case "show":
            _show(job, emit)
        case "survey":
            _survey(job, emit)


def _explore(job: ExploreJob, emit: Emit) -> None:
    from verifier.proof.strategy import ExploreRequest, explore

    protocol, variant = resolve(job["protocol"], job["variant"], emit)
    request = ExploreRequest(
        protocol=protocol.with_deadlock() if job.get("deadlock", False) else protocol,
        variant=variant,
        drops=tuple(job["drops"]),
        settings=tuple(job["settings"]),
        symmetry=job["symmetry"],
        max_states=job["max_states"],
        dot=job.get("dot", False),
        reference=named(job["protocol"]),
    )
    _answer(emit, explore(request, numbered(emit, 0)))


def _gaps(job: GapsJob, emit: Emit) -> None:
    from verifier.proof.strategy import GapsRequest, find_gaps

    protocol, variant = resolve(job["protocol"], job["variant"], emit)
    request = GapsRequest(
        protocol=protocol,
        variant=variant,
        settings=tuple(job["settings"]),
        k=job["k"],
        include_bounds=job["include_bounds"],
        reference=named(job["protocol"]),
    )
    _answer(emit, find_gaps(request, numbered(emit, 0)))


def _lemmas(job: LemmasJob, emit: Emit) -> None:
    from verifier.proof.strategy import LemmasRequest, check_lemmas

    protocol, variant = resolve(job["protocol"], job["variant"], emit)
    request = LemmasRequest(
        protocol=protocol,
        variant=variant,
        drops=tuple(job["drops"]),
        scope=job["scope"],
        settings=tuple(job["settings"]),
        k=job["k"],
        question=job["question"],
        action=job["action"],
        reference=named(job["protocol"]),
    )
    _answer(emit, check_lemmas(request, numbered(emit, 0)))


def _threshold(job: ThresholdJob, emit: Emit) -> None:
    from verifier.kernel.errors import UsageError
    from verifier.proof.strategy import ThresholdRequest, find_thresholds

    protocol, variant = resolve(job["protocol"], None, emit)
    if variant is not None:
        hint = "leave the variant out"
        raise UsageError(f"{variant}: thresholds are those of the variant that assumes nothing about the share", hint=hint)
    settings = tuple(job.get("settings", ()))
    request = ThresholdRequest(protocol, tuple(job["properties"]), named(job["protocol"]), job.get("stakes"), settings)
    _answer(emit, find_thresholds(request, numbered(emit, 0)))


def _run(job: RunJob, emit: Emit) -> None:
    from verifier.proof.strategy import RunRequest, sample

    protocol, variant = resolve(job["protocol"], job["variant"], emit)
    request = RunRequest(
        protocol=protocol,
        variant=variant,
        drops=tuple(job["drops"]),
        settings=tuple(job["settings"]),
        runs=job["runs"],
        depth=job["depth"],
        seed=job["seed"],
        until=job.get("until"),
        reference=named(job["protocol"]),
    )
    _answer(emit, sample(request, numbered(emit, 0)))


def _litmus(job: LitmusJob, emit: Emit) -> None:
    from verifier.jobs.litmus import decided

    _answer(emit, decided(job, emit))


def _read(job: ReadJob, emit: Emit) -> None:
    """Answers with the trace in a third-party document, and the expressions along it."""
    from verifier.documents.reading import trace_of

    trace = cast("TraceDocument", trace_of(job["source"]).to_document())
    expressions = job.get("expressions", [])
    if expressions:
        from verifier.evidence.evaluating import evaluated

        meta = trace["#meta"]
        protocol = protocol_of("trace", meta["protocol"], job.get("protocol"), emit)
        trace["#meta"] = {**meta, "evaluated": evaluated(trace, protocol, expressions)}
    _answer(emit, trace)


def _replay(job: ReplayJob, emit: Emit) -> None:
    from verifier.documents.reading import trace_of
    from verifier.evidence.replay import replay

    trace = trace_of(job["source"]).to_document()
    meta = trace["#meta"]
    protocol = protocol_of("trace", meta["protocol"], job["protocol"], emit)
    outcome = replay(trace, protocol)
    steps: list[ReplayedStep] = [
        {
            "index": step.index,
            "action": step.action,
            "arguments": dict(step.arguments),
            "changes": dict(step.changes),
        }
        for step in outcome.steps
    ]
    document: ReplayedDocument = {
        "schema": "verify.replay/1",
        "protocol": meta["protocol"],
        "variant": meta.get("variant"),
        "property": outcome.property,
        "verdict": meta.get("verdict"),
        "valid": outcome.valid,
        "violated": outcome.violated,
        "failure": outcome.failure,
        "steps": steps,
        "explanation": list(outcome.explanation),
    }
    _answer(emit, document)


def _check(job: CheckJob, emit: Emit) -> None:
    from verifier.jobs.certified import check_certificates

    for entry in job["certificates"]:
        if "source" in entry:
            from verifier.documents.certificates import certificate_of

            entry["document"] = certificate_of(entry.pop("source"))
        elif "path" in entry:
            with open(entry["path"], "rb") as file:
                entry["document"] = json.load(file)
    check_certificates(job, emit, lambda name, given: protocol_of("certificate", name, given, emit))


def _list(job: ListJob, emit: Emit) -> None:
    from verifier.catalog import names
    from verifier.kernel.errors import VerifyError

    entries: list[ListedProtocolEntry | UnlistedProtocolEntry] = []
    if job["protocol"] is not None:
        entries.append(_entry(resolve(job["protocol"], None, emit)[0]))
    else:
        for name in names():
            try:
                # The requested name, even if the registered protocol has a different name for itself.
                entry = _entry(loaded(name, emit))
                entry["name"] = name
                entries.append(entry)
            except VerifyError as error:
                entries.append({"name": name, "error": str(error)})
    _answer(emit, {"schema": "verify.list/1", "protocols": entries})


def _entry(protocol: Protocol) -> ListedProtocolEntry:
    from verifier.catalog import digest
    from verifier.kernel.describing import describe

    return {**describe(protocol), "model_digest": digest(protocol)}


def _show(job: ShowJob, emit: Emit) -> None:
    form = job.get("format", "text")
    protocol, variant = resolve(job["protocol"], job["variant"], emit)
    if form == "text":
        from verifier.kernel.printing import show

        _answer(emit, {"text": show(protocol, variant)})
        return
    from verifier.kernel.properties import asks_for_deadlock
    from verifier.semantics.scope.finite import parse_settings

    properties = job.get("properties", [])
    if asks_for_deadlock(properties):
        protocol = protocol.with_deadlock()
    model = protocol.model(variant, job.get("drops", []))
    if form == "tla":
        from verifier.semantics.tla.module import module

        _answer(emit, {"text": "".join(module(model, parse_settings(job.get("settings", [])), properties, job.get("module")))})
        return
    if form == "json":
        from verifier.semantics.export.structure import structure

        _answer(emit, {"text": structure(model, parse_settings(job.get("settings", [])), properties)})
        return
    from verifier.semantics.export.write import exported

    written = exported(model, parse_settings(job.get("settings", [])), properties, form)
    _answer(emit, {"text": written.decode("latin-1" if form == "aig" else "utf-8")})


def _survey(job: SurveyJob, emit: Emit) -> None:
    from verifier.jobs.nightly.survey import survey

    survey(job, emit)


def _answer(emit: Emit, document: AnyDocument) -> None:
    """Emits the one document of a job."""
    emit({"event": "document", "index": 0, "document": document})
