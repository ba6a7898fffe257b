"""S-expressions of SMT-LIB 2, read strictly: text that two readers could understand differently is rejected.

There are no comments, no strings and no keywords. A quoted symbol holds letters, digits and a few marks, none of which begins
or ends anything elsewhere.
"""

from __future__ import annotations

import re

from verifier.semantics.symbols import MARKS

Expression = str | list["Expression"]

DEEPEST = 5_000
"""The greatest nesting of expressions. Solvers read them by recursion, and must not run out of stack."""

_QUOTED = rf"[A-Za-z0-9{re.escape(MARKS)}@?']+"
_SYMBOL = r"[A-Za-z_~!@$%^&*+=<>/?.-][A-Za-z0-9_~!@$%^&*+=<>/?.-]*"
_ATOM = re.compile(rf"\|{_QUOTED}\||#b[01]+|0|[1-9][0-9]*|{_SYMBOL}")
# Blanks, a parenthesis, or everything up to the next of these outside bars; the last is a bar that is not closed.
_PIECE = re.compile(r"[ \n]+|[()]|(?:[^ \n()|]++|\|[^|]*\|)++|\|")


class SyntaxFault(ValueError):
    """The text is not in the syntax of certificates; the message names the fault."""


def read(text: str) -> list[Expression]:
    """All expressions of a text.

    Raises SyntaxFault where a parenthesis is missing, a token is invalid, or expressions are nested too deeply.
    """
    top: list[Expression] = []
    stack: list[list[Expression]] = [top]
    for token in _tokens(text):
        if token == "(":
            inner: list[Expression] = []
            stack[-1].append(inner)
            stack.append(inner)
            if len(stack) > DEEPEST:
                raise SyntaxFault(f"expressions are nested more than {DEEPEST} deep")
        elif token == ")":
            if len(stack) == 1:
                raise SyntaxFault("there is one closing parenthesis too many")
            stack.pop()
        else:
            stack[-1].append(token)
    if len(stack) > 1:
        raise SyntaxFault("a closing parenthesis is missing")
    return top


def read_one(text: str) -> Expression:
    """The only expression of a text. Raises SyntaxFault if there is none, or more than one."""
    result = read(text)
    if len(result) != 1:
        raise SyntaxFault(f"one expression is expected, not {len(result)}")
    return result[0]


def _tokens(text: str) -> list[str]:
    """The tokens of a text. Between two of them there is a blank or a parenthesis."""
    pieces = _PIECE.findall(text)
    for piece in dict.fromkeys(pieces):
        if piece[0] not in " \n()" and not _ATOM.fullmatch(piece):
            raise SyntaxFault(f"{piece[:40]!a} is not allowed in a certificate")
    return [piece for piece in pieces if piece[0] not in " \n"]


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
    return name[1:-1] if name.startswith("|") else name


def is_symbol(token: Expression) -> bool:
    """Whether a token can name something: it is neither a literal nor a parenthesis."""
    return isinstance(token, str) and token[0] not in "#0123456789"
