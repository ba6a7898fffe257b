"""Read certificates that somebody else wrote, with errors for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from verifier.documents.certificate import read_certificate
from verifier.kernel.errors import UsageError


def read_certificate_file(source: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """A certificate as a JSON value, exactly as it stands, from a file or as it is. No path inside it is opened.

    Raises:
        UsageError: it cannot be read, or is no certificate.
    """
    name = "the certificate" if isinstance(source, Mapping) else str(source)
    hint = "a certificate is a file that `verify prove --certificates DIR` writes"
    try:
        content = json.dumps(source) if isinstance(source, Mapping) else Path(source).read_text(encoding="utf-8")
        document: dict[str, Any] = json.loads(content, object_pairs_hook=_once)
        read_certificate(json.dumps(document))
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        detail = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(f"{name} is not a certificate: {where + ': ' if where else ''}{detail}", hint=hint) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not a JSON document: {str(error).splitlines()[0]}", hint=hint) from None
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are there once; readers would disagree about any other."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found
