"""Names that go into a solver: each says where it comes from, no two come from different places, and no solver has taken any.

A symbol is its origin and parts, joined by dots: `state.n`, `argument.Commit.n`, `bound.n.17`. A name that somebody chose is
escaped, a number stands for itself, a step inside a value begins with `?`; so the parts can be read back from the symbol. No
word that SMT-LIB, z3 or cvc5 reserves or predefines begins with one of the origins and a dot.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Literal

Origin = Literal[
    "argument",
    "before",
    "bound",
    "cardinality",
    "case",
    "choose",
    "constant",
    "default",
    "label",
    "le",
    "mark",
    "maximum",
    "member",
    "minimum",
    "neighbour",
    "number",
    "order",
    "parameter",
    "size",
    "sort",
    "state",
    "sum",
    "witness",
]


class Step(Enum):
    """The way from a structured value to one of its parts that has no name of its own."""

    IS_SOME = "?some"
    PAYLOAD = "?value"
    HAS = "?has"
    LENGTH = "?length"


Part = str | int | Step

MARKS = " _.,:~!$%^&*+=<>/()[]-"
"""The characters of a quoted symbol besides letters and digits: none of them begins or ends anything for any reader."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def symbol(origin: Origin, *parts: Part) -> str:
    """The symbol of an origin and parts; different origins or parts have different symbols.

    It needs no quotes in SMT-LIB.
    """
    return ".".join((origin, *(_written(part) for part in parts)))


def numbered(number: int, name: str) -> str:
    """A name for a quoted symbol, different for each number; the number comes first, as no word of a solver does.

    Each character of the name that is not an ASCII letter, a digit or one of the MARKS is replaced.
    """
    return f"{number}:{''.join(letter if quotable(letter) else '_' for letter in name)}"


def quotable(name: str) -> bool:
    """Whether a name may stand in a quoted symbol as it is."""
    return name.isascii() and all(letter.isalnum() or letter in MARKS for letter in name)


def _written(part: Part) -> str:
    if isinstance(part, int):
        return str(part)
    return part.value if isinstance(part, Step) else escaped(part)


def escaped(name: str) -> str:
    """A name in letters, digits and underscores, other characters by their code points; not beginning with a digit."""
    if _PLAIN.fullmatch(name):
        return name
    letters = [
        letter if _PLAIN.fullmatch(letter) or (place and letter in "0123456789") else f"%{ord(letter):x}%"
        for place, letter in enumerate(name)
    ]
    return "".join(letters) or "%%"
