"""The worker's part in planning a suite: describe protocols, take their digests, and check settings without solving."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verifier.kernel.protocol import Protocol

Event = dict[str, Any]
Emit = Callable[[Event], None]


def survey(job: Event, emit: Emit) -> None:
    """Answer `references` with a listing entry and a digest each, and `settings` with what is wrong with each.

    A protocol that cannot be loaded, or settings that do not fit, give an entry with `error` in place of an exception, so that
    one bad file does not hide the others.
    """
    from verifier.catalog import digest, load
    from verifier.kernel.errors import VerifyError
    from verifier.kernel.printing import describe

    protocols: list[Event] = []
    for reference in job["references"]:
        try:
            protocol = load(reference)
            digests = {"digest": evidence_digest(protocol), "model_digest": digest(protocol)}
            protocols.append({"entry": describe(protocol), **digests})
        except VerifyError as error:
            protocols.append({"error": _told(error)})
    settings = [_settings_fault(load, **asked) for asked in job["settings"]]
    emit({"event": "document", "index": 0, "document": {"protocols": protocols, "settings": settings}})


def _settings_fault(load: Callable[[str], Protocol], reference: str, variant: str, settings: list[str]) -> Event | None:
    from verifier.kernel.errors import VerifyError
    from verifier.semantics.scope.finite import finite_scope, parse_settings

    try:
        finite_scope(load(reference).model(variant), parse_settings(settings))
    except VerifyError as error:
        return _told(error)
    return None


def evidence_digest(protocol: Protocol) -> str:
    """SHA-256 of all of a protocol that its verdicts depend on, or that their evidence repeats.

    That is the model as its own digest has it, and what that digest leaves out: the lemmas, which decide how far a proof gets,
    second names and what is declared vacuous.
    """
    from verifier.catalog.digest import canonical
    from verifier.kernel.printing import text

    content = [
        canonical(protocol),
        [[lemma.name, text(lemma.formula), lemma.reason] for lemma in protocol.lemmas.values()],
        [[found.name, found.short, found.vacuous] for found in protocol.properties.values()],
    ]
    canon = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canon.encode("ascii")).hexdigest()


def _told(error: Any) -> Event:
    from verifier.kernel.errors import ModelError

    position = error.position
    return {
        "kind": "model" if isinstance(error, ModelError) else "usage",
        "message": error.message,
        "hint": error.hint,
        "file": position.file if position else None,
        "line": position.line if position else None,
    }
