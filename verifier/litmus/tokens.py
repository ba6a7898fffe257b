"""The words of a litmus file with their lines, and the errors that name one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from verifier.kernel.errors import UsageError

_TOKEN = re.compile(
    r"""
    (?P<skip>\s+|//[^\n]*|/\*.*?\*/|\(\*(?!\s*\w+\s*\)).*?\*\))   # herd's comments, but not the C expression (*x)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>0[xX][0-9A-Fa-f]+|\d+)
  | (?P<text>"[^"\n]*")
  | (?P<sign>/\\|\\/|->|<<|>>|\+\+|--|[-+*/%&|^]=|==|!=|<=|>=|&&|\|\||[-+*/%&|^!~<>=(){}\[\];,:.?\#])
    """,
    re.VERBOSE | re.DOTALL,
)

_DIGITS = 12
_NESTED = 50


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, string or sign, and the line it is on."""

    kind: str
    text: str
    line: int


class Tokens:
    """The tokens of a file from some line on, taken one after the other."""

    def __init__(self, name: str, text: str, line: int = 1) -> None:
        """The tokens of `text`, whose first line has this number."""
        self.name = name
        self._tokens: list[Token] = []
        self._next = self._depth = 0
        place = 0
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                refuse(name, line, f"{text[place]!r} cannot stand here")
            if found.lastgroup != "skip":
                self._tokens.append(Token(str(found.lastgroup), found.group(), line))
            line += found.group().count("\n")
            place = found.end()
        self._end = Token("end", "the end of the file", line)

    @property
    def now(self) -> Token:
        """The next token, which is not taken."""
        return self._tokens[self._next] if self._next < len(self._tokens) else self._end

    def after(self, number: int = 1) -> Token:
        """The token at this distance after the next."""
        place = self._next + number
        return self._tokens[place] if place < len(self._tokens) else self._end

    def take(self) -> Token:
        """Takes the next token."""
        token = self.now
        self._next += 1
        return token

    def accept(self, *texts: str) -> Token | None:
        """Takes the next token if it is one of these."""
        return self.take() if self.now.kind != "text" and self.now.text in texts else None

    def expect(self, text: str) -> Token:
        """Takes the next token, which has to be this one."""
        return self.accept(text) or self.refuse(f"{self.now.text} where {text} should be")

    def word(self, what: str) -> Token:
        """Takes the next token, which has to be a word."""
        return self.take() if self.now.kind == "word" else self.refuse(f"{self.now.text} where {what} should be")

    def number(self) -> int:
        """Takes a number, with its sign."""
        sign = -1 if self.accept("-") else 1
        if self.now.kind != "number":
            self.refuse(f"{self.now.text} where a number should be")
        text = self.take().text.lower()
        octal = len(text) > 1 and text[0] == "0" and text[1] != "x"
        if len(text) > _DIGITS or (octal and not re.fullmatch("[0-7]+", text)):
            self.refuse("the number is too large, or not one")
        return sign * int(text, 16 if text.startswith("0x") else 8 if octal else 10)

    def deeper(self) -> None:
        """Enters something nested; rejects nesting so deep that nobody wrote it."""
        self._depth += 1
        if self._depth > _NESTED:
            self.refuse(f"more than {_NESTED} levels of nesting")

    def shallower(self) -> None:
        """Leaves something nested."""
        self._depth -= 1

    def refuse(self, message: str, hint: str | None = None, line: int | None = None) -> NoReturn:
        """Reports an error at the next token, or on a line."""
        refuse(self.name, self.now.line if line is None else line, message, hint)


def refuse(name: str, line: int, message: str, hint: str | None = None) -> NoReturn:
    """Rejects a file, with the error and its line."""
    raise UsageError(f"{name}:{line}: {message}", hint=hint)
