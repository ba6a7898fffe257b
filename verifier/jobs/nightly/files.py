"""Read a suite file, with errors that name the file and the key or line."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verifier.jobs.arguments import usage
from verifier.kernel.errors import UsageError, nearest

if TYPE_CHECKING:
    from verifier.documents import Suite

_LARGEST = 1 << 20  # bytes; the shipped suite has a few thousand
_ROOT = Path(__file__).resolve().parent.parent.parent.parent


def default_suite() -> Path:
    """The shipped suite: in the installed package, or in a checkout next to it."""
    installed = _ROOT / "verifier" / "suites" / "nightly.toml"
    return installed if installed.is_file() else _ROOT / "reports" / "suites" / "nightly.toml"


def read_suite(path: Path) -> Suite:
    """A suite from a TOML file.

    Raises:
        UsageError: the file cannot be read, is not TOML, or is not a valid suite.
    """
    from pydantic import ValidationError

    from verifier.documents import Suite

    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise usage(f"{path} cannot be read: {error.strerror}") from None
    if len(content) > _LARGEST:
        raise usage(f"{path}: larger than {_LARGEST // 1024} KiB, which no suite is")
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise usage(f"{path}:{line}: not UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise usage(*_syntax(path, str(error), content.count(b"\n", 0, len(content) - 1) + 1)) from None
    if not document:
        raise usage(f"{path}: an empty suite", "a suite has at least one [[obligation]] with a protocol")
    try:
        return Suite.from_document(document)
    except ValidationError as error:
        raise _misfit(path, document, error.errors()) from None


def _syntax(path: Path, message: str, last: int) -> tuple[str, str]:
    """A TOML error with its line in front, as compilers print it."""
    match = re.search(r"\(at (?:line (\d+), column \d+|end of document)\)$", message)
    where = f"{path}:{match[1] or last}" if match else f"{path}"
    known = (message[: match.start()] if match else message.splitlines()[0]).strip()[:200]
    return f"{where}: {known[:1].lower()}{known[1:]}", "a suite is a TOML file"


def _misfit(path: Path, document: Any, errors: Sequence[Any]) -> UsageError:
    """The most informative error: pydantic reports each alternative of a union, and the deepest fits best."""
    first = next((error for error in errors if error["type"] == "extra_forbidden"), None)
    if first is None:
        first = next((error for error in errors if error["type"] == "value_error"), errors[0])
    keys = _keys(first["loc"], document)
    where = _spelled(keys)
    if first["type"] == "extra_forbidden":
        known = _known(first["loc"])
        return UsageError(f"{path}: {where}: there is no such key", hint=nearest(str(keys[-1]), known, "keys"))
    if first["type"] == "missing":
        return UsageError(f"{path}: {where}: is missing")
    message = str(first["msg"]).removeprefix("Value error, ")
    alternatives = [e for e in errors if _keys(e["loc"], document) == keys and e is not first]
    wanted = [str(e["msg"]).removeprefix("Input should be ") for e in (first, *alternatives)]
    if all(str(e["msg"]).startswith("Input should be ") for e in (first, *alternatives)):
        message = f"should be {' or '.join(dict.fromkeys(wanted))}"
    shown = repr(first["input"])
    return UsageError(f"{path}: {where}: {message[:1].lower()}{message[1:]}, not {shown[:60]}")


def _keys(location: Sequence[Any], document: Any) -> list[str | int]:
    """The keys of a location that the document contains, without pydantic's names for alternatives."""
    keys: list[str | int] = []
    at = document
    for position, part in enumerate(location):
        inside = (isinstance(at, dict) and part in at) or (
            isinstance(at, list) and isinstance(part, int) and part < len(at)
        )
        if inside:
            keys.append(part)
            at = at[part]
        elif position == len(location) - 1 and isinstance(at, dict) and re.fullmatch(r"[a-z_]+", str(part)):
            keys.append(part)  # the key that is missing
    return keys


def _spelled(keys: Sequence[str | int]) -> str:
    """`obligation[2].timeout`; obligations are counted from 1, as a reader of the file counts them."""
    text = ""
    for key in keys:
        text += f"[{key + 1}]" if isinstance(key, int) else f".{key}" if text else str(key)
    return text or "the file"


def _known(location: Sequence[Any]) -> list[str]:
    from verifier.documents import Suite, SuiteDefaults, SuiteEntry

    kind: Any = {"obligation": SuiteEntry, "defaults": SuiteDefaults}.get(str(location[0]), Suite)
    if len(location) == 1:
        kind = Suite
    return [field.alias or name for name, field in kind.model_fields.items()]


def is_path(reference: str) -> bool:
    """Whether a suite's protocol is the path of a file rather than a name."""
    return reference.endswith(".py") or "/" in reference or os.sep in reference
