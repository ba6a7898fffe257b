"""The characters that text from a model or a document may hold where people and machines read it: a terminal, a log, a page.

Control characters move the cursor or change colours, directional ones reorder what is read, and a line that begins with `::` is
a command to GitHub's runner. No protocol needs any of them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TypeVar

_FORBIDDEN = (
    "[^\t\n\r\u0020-\u007e\u00a0-\u061b\u061d-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
)
_ANSI = r"(?:\s|\x1b\[[0-9;]*m)*"
_COMMAND = re.compile(rf"^({_ANSI}):(?=:)|#(?=#\w*\[)", re.MULTILINE)

T = TypeVar("T")


@cache
def _forbidden() -> re.Pattern[str]:
    """The pattern of the characters that text may not hold. It is large, and most texts are plain."""
    return re.compile(_FORBIDDEN)


def clean(text: str) -> str:
    """The text with control and directional characters, surrogates and noncharacters replaced; tabs and ends of lines stay."""
    return text if _is_plain(text) else _forbidden().sub("\ufffd", text)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def one_line(text: str) -> str:
    """The text as one line: a blank for each end of a line and each tab, and the rest clean."""
    return text if _is_plain(text) else clean(" ".join(text.replace("\t", " ").splitlines()))


def clean_lines(text: str) -> str:
    """The text line by line, however its lines end, each clean."""
    return "".join(f"{clean(line)}\n" for line in text.splitlines())


def without_commands(text: str) -> str:
    """The text without lines that a runner of jobs would obey: `::error::`, `##[error]`, `##vso[...]`."""
    return _COMMAND.sub(lambda result: f"{result[1]}: " if result[1] is not None else "# ", text)


def escaped(json: str) -> str:
    """JSON text in which every character that `clean` replaces is escaped, and so is the beginning of every command."""
    return _forbidden().sub(lambda result: f"\\u{ord(result[0]):04x}", json).replace("##[", "#\\u0023[")


def printable(value: T) -> T:
    """A JSON value, or a document, with each string in it, and each key, as one line; the value itself if they all are."""
    result: object = value
    if isinstance(value, str):
        result = one_line(value)
    elif isinstance(value, dict):
        pairs = {printable(key): printable(item) for key, item in value.items()}
        if any(pairs.get(key, pairs) is not item for key, item in value.items()):
            result = pairs
    elif isinstance(value, (list, tuple)):
        items = [printable(item) for item in value]
        if any(new is not old for new, old in zip(items, value, strict=True)):
            result = type(value)(items)
    elif hasattr(value, "model_copy"):
        fields = {name: new for name, old in value if (new := printable(old)) is not old}  # type: ignore[attr-defined]
        if fields:
            result = value.model_copy(update=fields)
    return result  # type: ignore[return-value]
