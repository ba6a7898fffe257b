"""The worker's part in `verify check`: certificates are checked one after the other, from their text, and by the model."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.evidence.remembered import Remembered
    from verifier.kernel.protocol import Protocol
    from verifier.wire.certificates import (
        CertificateCheckEntry,
        CertificateDocument,
        CertificateVerdict,
        CheckDocument,
        CheckedEntry,
    )
    from verifier.wire.events import Emit
    from verifier.wire.jobs import CheckJob

# The second solver is asked first; the one that found the proof answers if the second does not know.
_CHOICES = {"z3": ("z3",), "cvc5": ("cvc5",), "both": ("z3", "cvc5"), "second": ("cvc5", "z3")}


def check_certificates(job: CheckJob, emit: Emit, find: Callable[[str, object], Protocol]) -> None:
    """Does a `check` job, all of whose certificates have their `document`; `find` gives the model of a protocol's name.

    Raises UsageError if a model is needed and not available, or is not the certificate's model.
    """
    from verifier.evidence.check import form, readable
    from verifier.evidence.claims import counts_states, missing
    from verifier.evidence.grammar import Unreadable
    from verifier.evidence.remembered import Remembered
    from verifier.evidence.solvers import versions
    from verifier.jobs.confinement import confine
    from verifier.kernel.errors import UsageError

    started = time.monotonic()
    solvers = _CHOICES[job["solver"]]
    for entry in job["certificates"]:
        try:
            readable(entry["document"])
        except Unreadable as fault:
            message = f"{entry['name']} holds what no certificate may, in {fault.part}: {fault.reason}"
            raise UsageError(message, hint="nothing of it was given to a solver") from None
    protocols = []
    for entry in job["certificates"]:
        needed = job["rederive"] or (counts_states(entry["document"]) and not job.get("form_of_counts"))
        try:
            protocols.append(find(entry["document"]["protocol"], job["protocol"]) if needed else None)
        except UsageError as error:
            raise UsageError(f"{entry['name']}: {error.message}", hint=error.hint, code=error.code) from None
    if job.get("own_process"):
        confine(solvers)
    checked: list[CertificateCheckEntry] = []
    answers = Remembered(job.get("answered"))
    forms = [form(entry["document"]) for entry in job["certificates"]]
    sound = [e["document"] for e, checks in zip(job["certificates"], forms, strict=True) if _passed(checks)]
    _jointly(sound, solvers, answers, relay=job["solver"] == "second")
    for index, (entry, protocol, checks) in enumerate(zip(job["certificates"], protocols, forms, strict=True)):
        begun = time.monotonic()
        certificate, name = entry["document"], entry["name"]

        def progress(text: str, name: str = name, index: int = index) -> None:
            emit({"event": "progress", "text": f"{name}: {text}", "engine": None, "k": None, "index": index})

        result = _checked(certificate, checks, protocol, job, solvers, progress, answers)
        outcome: CertificateCheckEntry = {
            "certificate": name,
            **result,
            "seconds": round(time.monotonic() - begun, 3),
            "missing": [],
        }
        checked.append(outcome)
        emit({"event": "certificate", "index": index, "certificate": outcome})
        if "answered" in job:
            emit({"event": "answered", "index": index, "answered": answers.new()})
    documents = [entry["document"] for entry in job["certificates"]]
    for outcome, lost in zip(checked, missing(documents, [one["valid"] for one in checked]), strict=True):
        outcome["missing"] = lost
    asked = [name for name in solvers if any(name in check["answers"] for one in checked for check in one["checks"])]
    document: CheckDocument = {
        "schema": "verify.check/1",
        "solvers": asked,
        "rederived": job["rederive"],
        "versions": versions(asked),
        "certificates": checked,
        "seconds": round(time.monotonic() - started, 3),
    }
    emit({"event": "document", "index": 0, "document": document})


def _jointly(
    certificates: list[CertificateDocument], solvers: tuple[str, ...], answers: Remembered, *, relay: bool
) -> None:
    """Asks about all certificates at once: they have most of their text, or their witnesses, in common."""
    from verifier.evidence.bits import answer
    from verifier.evidence.check import answer_witnesses
    from verifier.evidence.claims import counts_states
    from verifier.evidence.definitions import questions_of

    if "cvc5" in solvers:
        published = [one for one in certificates if one["scope"] == "published" and not counts_states(one)]
        answer([questions_of(one).posed for one in published], answers)
    answer_witnesses(certificates, solvers, answers, relay=relay)


def _checked(
    certificate: CertificateDocument,
    checks: list[CheckedEntry],
    protocol: Protocol | None,
    job: CheckJob,
    solvers: tuple[str, ...],
    progress: Callable[[str], None],
    answers: Remembered,
) -> CertificateVerdict:
    """The checks of one certificate: of its form, and only if that is faultless of its content, by solvers and by the model."""
    from verifier.evidence.check import check
    from verifier.evidence.claims import counts_states

    if protocol is not None and _passed(checks):
        from verifier.proof.strategy.recheck import compare, rederive, search

        checks += compare(certificate, protocol)
        if counts_states(certificate) and _passed(checks):
            checks += search(certificate, protocol, progress)
        if job["rederive"] and _passed(checks):
            checks += rederive(certificate, protocol, progress)
    if not counts_states(certificate) and _passed(checks):
        checks += check(certificate, solvers, progress, relay=job["solver"] == "second", answers=answers)
    valid = _passed(checks)
    return {
        "protocol": certificate["protocol"],
        "variant": certificate["variant"],
        "dropped": certificate["dropped"],
        "scope": certificate["scope"],
        "parameters": certificate["parameters"],
        "property": certificate["property"],
        "published_name": certificate["published_name"],
        "method": certificate["method"],
        "k": certificate["k"],
        "rests_on": certificate["rests_on"],
        "checks": checks,
        "warnings": certificate["warnings"] if valid else [],
        "valid": valid,
    }


def _passed(checks: list[CheckedEntry]) -> bool:
    return all(entry["passed"] for entry in checks)
