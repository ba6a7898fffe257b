"""Read documents that somebody else wrote, with errors for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from verifier.documents.base import Document
from verifier.documents.nightly import Nightly
from verifier.documents.trace import Trace
from verifier.kernel.errors import UsageError

D = TypeVar("D", bound=Document)


def read_trace(source: str | Path | Mapping[str, Any]) -> Trace:
    """A trace document, from a file or as it is. No path inside it is opened.

    Raises:
        UsageError: it cannot be read, or is no trace document.
    """
    return _read(Trace, source, "trace", "a trace is an ITF file, as `verify prove --traces DIR` writes")


def read_nightly(source: str | Path | Mapping[str, Any]) -> Nightly:
    """The document of a night's run, from a file or as it is. No path inside it is opened.

    Raises:
        UsageError: it cannot be read, or is no such document.
    """
    return _read(Nightly, source, "nightly", "a folder that `verify nightly --out DIR` wrote has one, report.json")


def _read(kind: type[D], source: str | Path | Mapping[str, Any], word: str, hint: str) -> D:
    name = f"the {word} document" if isinstance(source, Mapping) else str(source)
    try:
        document = source if isinstance(source, Mapping) else json.loads(Path(source).read_text(encoding="utf-8"))
        return kind.from_document(document)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", hint=hint) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        detail = str(first["msg"]).removeprefix("Value error, ")
        raise UsageError(
            f"{name} is not a {word} document: {where + ': ' if where else ''}{detail}", hint=hint
        ) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not a JSON document: {str(error).splitlines()[0]}", hint=hint) from None
