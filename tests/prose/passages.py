"""The text that people read, as passages of one line: from Markdown pages, and from the docstrings and messages of code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CODE_OPENS, CODE_CLOSES = "⌈", "⌉"

_OFF = re.compile(r"<!-- prose: off -->.*?<!-- prose: on -->", re.DOTALL)  # phrases that are quoted as wrong
_FENCE = re.compile(r"^( *)```.*?^\1```[^\n]*$", re.MULTILINE | re.DOTALL)
_HTML = re.compile(r"<!--.*?-->|<[a-z/][^>\n]*>", re.DOTALL)
_LINK = re.compile(r"\]\([^)\s]*\)")
_INLINE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
_ITEM = re.compile(r"(?:[-*+]|\d+\.) |\||#")
_SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z{⌈]{2,}.* ")


@dataclass(frozen=True)
class Passage:
    """A paragraph, list item, table row, docstring paragraph or message, with the line where it begins."""

    path: Path
    line: int
    text: str
    heading: bool = False


def _kept_lines(found: re.Match[str]) -> str:
    return "\n" * found.group().count("\n")


def _as_code(found: re.Match[str]) -> str:
    """Code between backticks, without the line breaks and the full stops that would end a sentence."""
    inner = found.group(2)
    return CODE_OPENS + re.sub(r"[^\s]+", "code", inner, count=1).split(" ")[0] + CODE_CLOSES + "\n" * inner.count("\n")


def paragraphs(text: str, path: Path, first: int = 1) -> Iterator[Passage]:
    """The passages of Markdown text whose first line has this number."""
    plain = _FENCE.sub(_kept_lines, _OFF.sub(_kept_lines, text))
    plain = _HTML.sub(_kept_lines, plain)
    plain = _LINK.sub("]", plain)
    plain = _INLINE.sub(_as_code, plain)
    block: list[str] = []
    start, heading = first, False
    for number, line in enumerate([*plain.split("\n"), ""], start=first):
        stripped = line.strip()
        if block and (not stripped or heading or _ITEM.match(stripped)):
            yield Passage(path, start, " ".join(block), heading)
            block = []
        if stripped:
            if not block:
                start, heading = number, stripped.startswith("#")
            if _ITEM.match(stripped) and stripped[0] == "|":
                for cell in stripped.strip("|").split(" | "):
                    yield Passage(path, number, cell.strip())
            else:
                block.append(re.sub(r"^(?:[-*+] |\d+\. |#+ )", "", stripped).replace("**", ""))


def markdown(path: Path) -> Iterator[Passage]:
    """The passages of a page."""
    yield from paragraphs(path.read_text(encoding="utf-8"), path)


def _docstring(node: ast.AST) -> ast.Constant | None:
    body = getattr(node, "body", None)
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and body:
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            return first.value
    return None


def _written(node: ast.AST) -> str | None:
    """The text of a string or of an f-string, `{}` in place of values."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def python(path: Path) -> Iterator[Passage]:
    """The docstrings of a module, and the strings in it that are sentences: messages, hints, help, reports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    docstrings = {id(found): found for node in nodes if (found := _docstring(node)) is not None}
    for found in docstrings.values():
        yield from paragraphs(str(found.value), path, found.lineno)
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        text = None if id(node) in docstrings or id(node) in parts else _written(node)
        if text is not None and _SENTENCE.search(text + " "):
            yield from paragraphs(text, path, getattr(node, "lineno", 1))


def template(path: Path) -> Iterator[Passage]:
    """The text of an HTML template."""
    text = re.sub(
        r"<(script|style).*?</\1>|\{[%#].*?[%#]\}", _kept_lines, path.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    yield from paragraphs(re.sub(r"\{\{.*?\}\}", "{}", text, flags=re.DOTALL), path)


READERS = {".md": markdown, ".py": python, ".html": template, ".j2": template}
Kind = Literal[".md", ".py", ".html", ".j2"]
