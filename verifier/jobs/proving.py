"""The worker's part in `verify prove`: one protocol after the other, each with a document of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.jobs.references import named, resolve, variants_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.kernel.protocol import Protocol
    from verifier.proof.strategy import ProveRequest
    from verifier.wire.events import Emit, Event
    from verifier.wire.jobs import Hint, ProveJob, Reference
    from verifier.wire.results import ResultDocument


def prove_each(job: ProveJob, emit: Emit) -> None:
    """Proves one protocol after the other. If one is rejected, the others still get their results."""
    from verifier.jobs.worker import mistake, mistake_of

    references = [one for reference in job["protocols"] for one in variants_of(reference, job["variant"], emit)]
    if references != job["protocols"]:
        job = {**job, "protocols": references}
        emit({"event": "references", "references": references})
    several = len(job["protocols"]) > 1
    digests: dict[tuple[str, str], list[str]] = {}
    for index, reference in enumerate(job["protocols"]):
        try:
            document = _proved(job, reference, digests, emit, numbered(emit, index))
        except BaseException as error:
            ours = isinstance(error, Exception) or job.get("own_process", False)
            if not several or not ours or mistake_of(error) is None:
                raise
            emit({**mistake(error), "event": "refused", "index": index})
        else:
            emit({"event": "document", "index": index, "document": document})
            if job.get("fail_fast", False) and any(entry["verdict"] == "violated" for entry in document["properties"]):
                return


def _proved(
    job: ProveJob, reference: Reference, digests: dict[tuple[str, str], list[str]], emit: Emit, own: Emit
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
        verdicts_only=job.get("verdicts_only", False),
        reference=named(reference),
        fail_fast=job.get("fail_fast", False),
        liveness=job.get("liveness", False),
        given_by=job.get("given_by"),
        found=job.get("found", False),
        deadline=job.get("deadline"),
        processor=job.get("processor"),
    )
    document = prove(request, own)
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


def numbered(emit: Emit, index: int) -> Emit:
    """An `emit` that adds the position of the protocol in the call."""

    def numbered(event: Event) -> None:
        event["index"] = index
        emit(event)

    return numbered
