"""Lines of a module: comments, declarations, lists that are too long for one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from verifier.kernel.characters import one_line
from verifier.semantics.tla.sorts import Definition
from verifier.semantics.tla.strength import WIDTH
from verifier.semantics.tla.terms import behind


def comments(text: str) -> Iterator[str]:
    """A text as a line of comment, if there is any."""
    if text.strip():
        yield f"\\* {one_line(text).strip()}"


def said(text: str) -> str:
    """Text of a model, written so that Apalache finds no annotation in it."""
    return re.sub(r"(^|\s)@(?=\w)", r"\1@ ", text)


def block(lines: Iterable[str]) -> list[str]:
    """Lines followed by an empty one, if there are any."""
    result = list(lines)
    return [*result, ""] if result else []


def declarations(keyword: str, declared: Sequence[tuple[list[str], str]]) -> Iterator[str]:
    """Declarations after a keyword: comments and a name each."""
    if not declared:
        return
    yield keyword
    for place, (about, name) in enumerate(declared):
        yield from (f"  {line}" for comment in about for line in comments(comment))
        yield f"  {name}" + ("," if place < len(declared) - 1 else "")


def definition(defined: Definition) -> Iterator[str]:
    """The lines of a definition."""
    for comment in defined.comments:
        yield from comments(comment)
    yield from defined.lines
    yield ""


def behind_comment(lines: list[str], comment: str) -> Iterator[str]:
    """Lines of a conjunct with its bullet, the first with a comment to its right."""
    first, *rest = behind("/\\ ", lines)
    yield f"{first:<64} \\* {one_line(comment)}"
    yield from rest


def wrapped(head: str, listed: str, end: str) -> list[str]:
    """A text between two others, on as many lines as it needs."""
    lines, indent = [head], " " * len(head)
    for word in listed.split(" "):
        if len(lines[-1]) + len(word) > WIDTH and lines[-1].strip():
            lines.append(indent)
        lines[-1] += word + " "
    lines[-1] = lines[-1].rstrip() + end
    return lines
