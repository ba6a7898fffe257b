"""The worker's part in each command: turn a job's JSON object into calls of the library, and stream the answers.

The same functions serve a call that stays in its own process. Imports happen on first use: a search needs no solver, a listing
needs neither.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.kernel.protocol import Protocol
    from verifier.proof.strategy import ProveRequest
    from verifier.wire.documents import ReplayedDocument, ReplayedStep, ResultDocument, TraceDocument
    from verifier.wire.events import AnyDocument, Emit, Event
    from verifier.wire.jobs import (
        CheckJob,
        ExploreJob,
        GapsJob,
        Hint,
        Job,
        LemmasJob,
        ListJob,
        LitmusJob,
        ProveJob,
        ReadJob,
        Reference,
        ReplayJob,
        RunJob,
        ShowJob,
        SurveyJob,
        ThresholdJob,
    )
    from verifier.wire.listings import ListedProtocolEntry, UnlistedProtocolEntry


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
            _prove(job, emit)
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


def warm(references: tuple[str, ...]) -> None:
    """Load the built-in protocols among `references` ahead of the job. Files of the user are left for the
    job.
    """
    from verifier.catalog import builtins, load

    known = builtins.names()
    for reference in references:
        name = reference.partition(":")[0]
        if name in known:
            load(name)


def split_reference(reference: str) -> tuple[str, str | None]:
    """Split `NAME:VARIANT` or `FILE:VARIANT`; the variant is None if none is given."""
    if os.path.exists(reference):
        return reference, None
    name, colon, variant = reference.rpartition(":")
    if not colon or "/" in variant or not name:
        return reference, None
    return name, variant or None


def loaded(reference: str, emit: Emit) -> Protocol:
    """Load a protocol; while third-party code is being executed, the parent knows its file or distribution.

    Raises:
        VerifyError: there is no such protocol, or it is ill formed.
    """
    from verifier.catalog import builtins, load

    if reference in builtins.names():
        return load(reference)
    emit({"event": "loading", "reference": reference})
    try:
        return load(reference)
    finally:
        emit({"event": "loading", "reference": None})


def resolve(reference: Reference, variant: str | None, emit: Emit) -> tuple[Protocol, str | None]:
    """The protocol that a reference means, and the requested variant, from the reference or from the option."""
    from verifier.kernel.errors import UsageError

    if not isinstance(reference, str):
        return cast("Protocol", reference), variant
    name, own = split_reference(reference)
    if own is not None and variant is not None and own != variant:
        raise UsageError(f"{reference} and --variant {variant} name different variants", hint="give one of them")
    return loaded(name, emit), own or variant


def _prove(job: ProveJob, emit: Emit) -> None:
    """Proves one protocol after the other. If one is rejected, the others still get their results."""
    from verifier.jobs.worker import mistake, mistake_of

    references = [one for reference in job["protocols"] for one in _variants(reference, job["variant"], emit)]
    if references != job["protocols"]:
        job = {**job, "protocols": references}
        emit({"event": "references", "references": references})
    several = len(job["protocols"]) > 1
    digests: dict[tuple[str, str], list[str]] = {}
    for index, reference in enumerate(job["protocols"]):
        try:
            document = _proved(job, reference, digests, emit, _numbered(emit, index))
        except BaseException as error:
            ours = isinstance(error, Exception) or job.get("own_process", False)
            if not several or not ours or mistake_of(error) is None:
                raise
            emit({**mistake(error), "event": "refused", "index": index})
        else:
            emit({"event": "document", "index": index, "document": document})
            if job.get("fail_fast", False) and any(entry["verdict"] == "violated" for entry in document["properties"]):
                return


def _variants(reference: Reference, variant: str | None, emit: Emit) -> list[Reference]:
    """The references that a reference stands for: with `:*` after a protocol each of its variants, otherwise itself."""
    from verifier.jobs.arguments import ALL_VARIANTS
    from verifier.kernel.errors import VerifyError

    if not isinstance(reference, str) or not reference.endswith(ALL_VARIANTS) or variant is not None:
        return [reference]
    name = reference.removesuffix(ALL_VARIANTS)
    try:
        return [f"{name}:{one}" for one in loaded(name, emit).variants]
    except VerifyError:
        return [reference]  # the failure to load it is reported as for any other


def _proved(
    job: ProveJob, reference: Reference, digests: dict[tuple[str, str], list[str]], emit: Emit, numbered: Emit
) -> ResultDocument:
    """The result document of one protocol; `digests` are those of the protocols before it, by name and variant."""
    from verifier.kernel.properties import DEADLOCK, asks_for_deadlock
    from verifier.proof.strategy import ProveRequest, prove

    protocol, variant = resolve(reference, job["variant"], emit)
    properties = tuple(job["properties"])
    if job.get("deadlock", False):
        protocol, properties = protocol.with_deadlock(), (*properties, DEADLOCK) if properties else ()
    elif asks_for_deadlock(properties):
        protocol = protocol.with_deadlock()
    if job.get("given"):
        protocol = _with_hints(protocol, variant, job["given"])
    alone = len(job["protocols"]) == 1
    request = ProveRequest(
        protocol=protocol,
        variant=variant,
        drops=tuple(job["drops"]),
        scope=job["scope"],
        settings=tuple(job["settings"]),
        k=job["k"],
        properties=properties,
        engine=job["engine"],
        hints=job["hints"],
        lemmas=job["lemmas"],
        explain=job["explain"],
        show_cti=job["show_cti"],
        certificates=job.get("certificates"),
        label=None if alone else _label(protocol, variant or protocol.default_variant, digests),
        unwritten=lambda message: emit({"event": "unwritten", "message": message}),
        blame=job.get("blame", False) or job["explain"],
        thorough=job.get("thorough", 1),
        reference=_told(reference),
        fail_fast=job.get("fail_fast", False),
        liveness=job.get("liveness", False),
        given_by=job.get("given_by"),
        found=job.get("found", False),
        deadline=job.get("deadline"),
        processor=job.get("processor"),
    )
    document = prove(request, numbered)
    if request.certificates is not None:
        _withdraw(request, document)
    return document


def _with_hints(protocol: Protocol, variant: str | None, given: Sequence[Hint]) -> Protocol:
    """The protocol with lemmas from a file. Raises UsageError for a formula that is not one of the model."""
    from verifier.kernel.errors import Position, UsageError
    from verifier.kernel.properties import Lemma
    from verifier.kernel.reading import read_formula

    model = protocol.model(variant)
    lemmas = []
    for hint in given:
        try:
            formula = read_formula(hint["formula"], model).formula
        except UsageError as error:
            raise UsageError(f"{hint['file']}:{hint['line']}: {error.message}", hint=error.hint) from None
        lemmas.append(Lemma(hint["name"], formula, hint["reason"], Position(hint["file"], hint["line"])))
    return protocol.with_lemmas(lemmas)


def _label(protocol: Protocol, variant: str, digests: dict[tuple[str, str], list[str]]) -> str | None:
    """A label that distinguishes a protocol from an earlier one of the same name; None if there is none."""
    from verifier.catalog.digest import evidence_digest

    known = digests.setdefault((protocol.name, variant), [])
    digest = evidence_digest(protocol)
    if digest not in known:
        known.append(digest)
    number = known.index(digest)
    return f"{protocol.name}({number + 1})" if number else None


def _withdraw(request: ProveRequest, document: ResultDocument) -> None:
    """Removes the certificates that an earlier run left for properties that are violated."""
    from pathlib import Path

    from verifier.evidence.certificate import SCHEMA, path_of
    from verifier.files.writing import withdraw

    for entry in document["properties"]:
        if entry["verdict"] == ("proved" if entry["kind"] == "reachable" else "violated"):
            called = document["label"] or document["protocol"]
            path = path_of(Path(request.certificates or "."), called, str(document["variant"]), entry["name"])
            withdraw(path, lambda result: result.get("schema") == SCHEMA)


def _numbered(emit: Emit, index: int) -> Emit:
    """An `emit` that adds the position of the protocol in the call."""

    def numbered(event: Event) -> None:
        event["index"] = index
        emit(event)

    return numbered


def _answer(emit: Emit, document: AnyDocument) -> None:
    """Emits the one document of a job."""
    emit({"event": "document", "index": 0, "document": document})


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
        reference=_told(job["protocol"]),
    )
    _answer(emit, explore(request, _numbered(emit, 0)))


def _gaps(job: GapsJob, emit: Emit) -> None:
    from verifier.proof.strategy import GapsRequest, find_gaps

    protocol, variant = resolve(job["protocol"], job["variant"], emit)
    request = GapsRequest(
        protocol=protocol,
        variant=variant,
        settings=tuple(job["settings"]),
        k=job["k"],
        include_bounds=job["include_bounds"],
        reference=_told(job["protocol"]),
    )
    _answer(emit, find_gaps(request, _numbered(emit, 0)))


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
        reference=_told(job["protocol"]),
    )
    _answer(emit, check_lemmas(request, _numbered(emit, 0)))


def _threshold(job: ThresholdJob, emit: Emit) -> None:
    from verifier.kernel.errors import UsageError
    from verifier.proof.strategy import ThresholdRequest, find_thresholds

    protocol, variant = resolve(job["protocol"], None, emit)
    if variant is not None:
        hint = "leave the variant out"
        raise UsageError(f"{variant}: thresholds are those of the variant that assumes nothing about the share", hint=hint)
    request = ThresholdRequest(protocol, tuple(job["properties"]), _told(job["protocol"]), job.get("stakes"))
    _answer(emit, find_thresholds(request, _numbered(emit, 0)))


def _told(reference: Reference) -> str | None:
    """The name of a protocol in the call; None if it was passed as an object."""
    return reference if isinstance(reference, str) else None


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
        reference=_told(job["protocol"]),
    )
    _answer(emit, sample(request, _numbered(emit, 0)))


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
        protocol = _protocol_of("trace", meta["protocol"], job.get("protocol"), emit)
        trace["#meta"] = {**meta, "evaluated": evaluated(trace, protocol, expressions)}
    _answer(emit, trace)


def _replay(job: ReplayJob, emit: Emit) -> None:
    from verifier.documents.reading import trace_of
    from verifier.evidence.replay import replay

    trace = trace_of(job["source"]).to_document()
    meta = trace["#meta"]
    protocol = _protocol_of("trace", meta["protocol"], job["protocol"], emit)
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


def _protocol_of(document: str, name: str, given: Reference | None, emit: Emit) -> Protocol:
    """The model of a trace or certificate: the one given with it, or the built-in or registered one of that name.

    The name comes from an untrusted file, so it is only looked up, never opened as a path.
    """
    from verifier.catalog import names
    from verifier.kernel.errors import UsageError

    if given is not None:
        return resolve(given, None, emit)[0]
    if name not in names():
        raise UsageError(
            f"the {document} is of the protocol {name!r}, which is not built in or registered",
            hint="give its model with --protocol FILE",
        )
    return loaded(name, emit)


def _check(job: CheckJob, emit: Emit) -> None:
    from verifier.jobs.certified import check_certificates

    for entry in job["certificates"]:
        if "source" in entry:
            from verifier.documents.certificates import certificate_of

            entry["document"] = certificate_of(entry.pop("source"))
    check_certificates(job, emit, lambda name, given: _protocol_of("certificate", name, given, emit))


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
