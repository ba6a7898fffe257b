"""Read third-party certificates, with errors for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from verifier.documents.certificate import read_certificate
from verifier.documents.reading import misfit, value_of
from verifier.kernel.errors import UsageError

if TYPE_CHECKING:
    from verifier.wire.certificates import CertificateDocument
    from verifier.wire.jobs import Source

WORD = "certificate"


def certificate_of(source: Source) -> CertificateDocument:
    """The certificate in a source as a JSON value, unchanged. No path inside it is opened.

    Raises:
        UsageError: there is none.
    """
    if "value" in source:
        source = {"name": source["name"], "text": _text(source["value"])}
    document: CertificateDocument = value_of(source, WORD, _once)
    try:
        read_certificate(_text(document))
    except ValidationError as error:
        raise misfit(source, WORD, error) from None
    return document


def _text(value: Any) -> str:
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"the certificate is not a JSON value: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are unique; readers would disagree about any other."""
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice")
    return result
