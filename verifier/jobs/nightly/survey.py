"""The worker's part in planning a suite: describe protocols, take their digests, and check settings without solving."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.kernel.errors import VerifyError
    from verifier.wire.events import Emit
    from verifier.wire.jobs import SurveyJob
    from verifier.wire.listings import Fault, Surveyed


def survey(job: SurveyJob, emit: Emit) -> None:
    """Answer `references` with a listing entry and a digest each, and `settings` with the mistake in each.

    A protocol that cannot be loaded, or settings that do not fit, give an entry with `error` instead of an exception, so one
    bad file does not hide the others.
    """
    from verifier.catalog import evidence_digest
    from verifier.jobs.references import loaded
    from verifier.kernel.describing import describe
    from verifier.kernel.errors import VerifyError
    from verifier.semantics.scope.unbounded import has_unbounded_scope

    protocols: list[Surveyed] = []
    for reference in job["references"]:
        try:
            protocol = loaded(reference, emit)
            refused = [variant for variant in protocol.variants if not has_unbounded_scope(protocol.model(variant))]
            protocols.append({"entry": describe(protocol), "digest": evidence_digest(protocol), "refused": refused})
        except VerifyError as error:
            protocols.append({"error": fault_of(error)})
    settings = [_settings_fault(emit, **asked) for asked in job["settings"]]
    emit({"event": "document", "index": 0, "document": {"protocols": protocols, "settings": settings}})


def _settings_fault(emit: Emit, reference: str, variant: str, settings: list[str]) -> Fault | None:
    from verifier.jobs.references import loaded
    from verifier.kernel.errors import VerifyError
    from verifier.semantics.scope.finite import finite_scope, parse_settings

    try:
        finite_scope(loaded(reference, emit).model(variant), parse_settings(settings))
    except VerifyError as error:
        return fault_of(error)
    return None


def fault_of(error: VerifyError) -> Fault:
    """A mistake in a model or a setting, as a plan has it."""
    from verifier.kernel.errors import ModelError

    position = error.position
    return {
        "kind": "model" if isinstance(error, ModelError) else "usage",
        "message": error.message,
        "hint": error.hint,
        "file": position.file if position else None,
        "line": position.line if position else None,
    }
