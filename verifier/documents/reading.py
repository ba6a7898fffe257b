"""Read third-party documents: bounded before they are parsed, and with errors for people.

The process that owns the clock only reads the text (`source`); a worker, which is subject to limits, parses and validates it
(`trace_of`). No path inside a document is opened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from verifier.documents.base import Document
from verifier.documents.nightly import Nightly
from verifier.documents.trace import Trace
from verifier.files.reading import MEBIBYTE, read_bytes
from verifier.kernel.characters import clean_lines, one_line
from verifier.kernel.errors import UsageError

if TYPE_CHECKING:
    from verifier.wire.jobs import Source

D = TypeVar("D", bound=Document)

# The kinds of documents that are read: the largest size, in bytes, and a description. Certificates hold transition relations as
# text.
_KINDS = {
    "trace document": (32 * MEBIBYTE, "a trace is an ITF file, as `verify prove --traces DIR` writes"),
    "nightly document": (128 * MEBIBYTE, "a folder that `verify nightly --out DIR` wrote has one, report.json"),
    "litmus test": (MEBIBYTE, "a litmus test is a file of herd's format, which begins with C and its name"),
    "certificate": (64 * MEBIBYTE, "a certificate is a file that `verify prove --certificates DIR` writes"),
}
# Keys whose values may have several lines, anywhere and within a trace's facts about its model; any other string is one line.
_TEXT, _TOLD = frozenset(("smtlib", "protocol_text")), frozenset(("doc", "formula"))
_MOST = 2_000_000  # values in a document; each may take some hundred bytes, and so may its error


def source(
    given: str | Path | Mapping[str, Any] | Document, word: str, *, deadline: float | None = None
) -> Source:
    """A document of the kind `word`, given as the path of its file or as the document itself.

    Raises:
        UsageError: the file cannot be read or is too large.
        TooSlow: the deadline, on `time.monotonic`, has passed.
    """
    if isinstance(given, Document):
        return {"name": f"the {word}", "value": given.to_document()}
    if isinstance(given, Mapping):
        return {"name": f"the {word}", "value": dict(given)}
    largest, hint = _KINDS[word]
    try:
        text = read_bytes(given, largest=largest, deadline=deadline).decode("utf-8")
    except UnicodeDecodeError as error:
        reason = f"byte {error.start + 1} is not UTF-8"
        raise UsageError(f"{given} is not a {word}: {reason}", hint=hint) from None
    except UsageError as error:
        raise UsageError(error.message, hint=error.hint or hint) from None
    return {"name": str(given), "text": text}


def trace_of(result: Source) -> Trace:
    """The trace in a source. Raises UsageError if there is none."""
    return _validated(Trace, result, "trace document")


def read_nightly(path: str | Path) -> Nightly:
    """The report of a night in a file. Raises UsageError if it cannot be read, or is not such a document."""
    return _validated(Nightly, source(path, "nightly document"), "nightly document")


def value_of(
    result: Source, word: str, pairs: Callable[[list[tuple[str, Any]]], dict[str, Any]] | None = None
) -> Any:
    """The JSON value of a source; `pairs` builds the objects. Raises UsageError if it has none."""
    if "text" not in result:
        return _lines(result["value"], result, word)
    text = result["text"]
    if sum(text.count(character) for character in ",[{") > _MOST:
        raise UsageError(f"{result['name']} has more than {_MOST:,} values, which no {word} has", hint=_KINDS[word][1])
    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=_not_a_number)
    except (ValueError, RecursionError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise UsageError(f"{result['name']} is not a JSON document: {reason}", hint=_KINDS[word][1]) from None
    return _lines(value, result, word)


def _lines(value: Any, result: Source, word: str) -> Any:
    """The value, if no string in it holds unreadable characters: control characters, or line ends in a value of one line.

    Raises:
        UsageError: one does. A night's report may quote any text of a model, and is cleaned when it is shown.
    """
    todo: list[tuple[Any, bool, bool]] = [(value, False, False)] if word != "nightly document" else []
    while todo:
        item, has_lines, told = todo.pop()
        if isinstance(item, str):
            if one_line(item) != item and not (has_lines and clean_lines(item).rstrip("\n") == item.rstrip("\n")):
                shown = ascii(item if len(item) <= 60 else f"{item[:57]}...")
                message = f"{result['name']} is not a {word}: {shown} holds control characters or ends of lines"
                raise UsageError(message, hint=_KINDS[word][1])
        elif isinstance(item, Mapping):
            for key, inner in item.items():
                todo += [(key, False, False), (inner, key in _TEXT or (told and key in _TOLD), told or key == "#meta")]
        elif isinstance(item, (list, tuple)):
            todo += [(inner, has_lines, told) for inner in item]
    return value


def _not_a_number(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def misfit(result: Source, word: str, error: ValidationError) -> UsageError:
    """The error for a document that does not fit its schema: the first fault and its place."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:200]
    detail = str(first["msg"]).removeprefix("Value error, ")
    return UsageError(
        f"{result['name']} is not a {word}: {where + ': ' if where else ''}{detail}", hint=_KINDS[word][1]
    )


def _validated(kind: type[D], result: Source, word: str) -> D:
    value = value_of(result, word)
    try:
        return kind.from_document(value)
    except ValidationError as error:
        raise misfit(result, word, error) from None
    except RecursionError:
        raise UsageError(f"{result['name']} is not a {word}: it is nested too deeply", hint=_KINDS[word][1]) from None
