"""S-expressions of SMT-LIB 2, read strictly: what cannot be told apart from something else is refused."""

from __future__ import annotations

import re

Expression = str | list["Expression"]

_TOKEN = re.compile(r'\s+|[()]|\|[^|\\]*\||"(?:[^"]|"")*"|[^\s()|";]+')


class SyntaxFault(ValueError):
    """The text is not what SMT-LIB allows; the message says what is wrong."""


def read(text: str) -> list[Expression]:
    """All expressions of a text; comments are refused, and nesting is bounded by memory only.

    Raises SyntaxFault where a parenthesis is missing or a token is none.
    """
    top: list[Expression] = []
    stack: list[list[Expression]] = [top]
    for token in _tokens(text):
        if token == "(":
            inner: list[Expression] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif token == ")":
            if len(stack) == 1:
                raise SyntaxFault("a closing parenthesis too many")
            stack.pop()
        else:
            stack[-1].append(token)
    if len(stack) > 1:
        raise SyntaxFault("a closing parenthesis is missing")
    return top


def read_one(text: str) -> Expression:
    """The only expression of a text. Raises SyntaxFault if there is none, or more than one."""
    found = read(text)
    if len(found) != 1:
        raise SyntaxFault(f"one expression is expected, not {len(found)}")
    return found[0]


def _tokens(text: str) -> list[str]:
    """The tokens of a text. What no token covers is skipped by the search, so the pieces must make up the text."""
    pieces = _TOKEN.findall(text)
    if "".join(pieces) != text:
        at = 0
        for piece in pieces:
            if not text.startswith(piece, at):
                break
            at += len(piece)
        raise SyntaxFault(f"unreadable text at character {at}")
    return [piece for piece in pieces if not piece.isspace()]


def write(expression: Expression) -> str:
    """The text of an expression, on one line."""
    pieces: list[str] = []
    stack: list[Expression | None] = [expression]
    while stack:
        item = stack.pop()
        if item is None:
            pieces.append(")")
        elif isinstance(item, str):
            pieces += [" ", item] if pieces and pieces[-1] != "(" else [item]
        else:
            pieces += [" ", "("] if pieces and pieces[-1] != "(" else ["("]
            stack.append(None)
            stack.extend(reversed(item))
    return "".join(pieces)


def symbol(name: str) -> str:
    """A token without the bars of a quoted symbol: `|a|` and `a` are the same symbol."""
    return name[1:-1] if len(name) > 1 and name.startswith("|") else name
