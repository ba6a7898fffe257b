"""Formulas over several lines where one would be too long, as TLA+ is written and read.

A list of conjuncts or disjuncts has its symbols in one column; the text of an entry stands to the right of that column, so a
construct that extends as far as possible, such as a quantifier, ends with its entry.
"""

from __future__ import annotations

from verifier.kernel.term_text import IMPLIES, JUNCTION, OPEN, Names, opened, operands, render
from verifier.kernel.terms import Term

WIDTH = 110


def laid_out(term: Term, names: Names, indent: int, place: int = OPEN) -> list[str]:
    """The lines of a formula at an indentation, where something of binding strength `place` or tighter may stand."""
    space = " " * indent
    flat = render(term, names, place)
    if indent + len(flat) <= WIDTH:
        return [space + flat]
    head = opened(term, names)
    strength = OPEN if head else {"and": JUNCTION, "or": JUNCTION, "implies": IMPLIES}.get(term.op)
    if strength is None:
        return [space + flat]
    if strength < place:
        first, *rest = laid_out(term, names, indent + 1)
        lines = [f"{space}({first.lstrip()}", *rest]
        return [*lines[:-1], f"{lines[-1]})"]
    if head:
        text, body, inner = head
        return [f"{space}{text} :", *laid_out(body, inner, indent + 2)]
    if term.op == "implies":
        premise, conclusion = term.args
        last = OPEN if opened(conclusion, names) else JUNCTION
        return [*laid_out(premise, names, indent, JUNCTION), *_behind("=> ", laid_out(conclusion, names, indent + 3, last))]
    symbol = "/\\ " if term.op == "and" else "\\/ "
    return [line for part in operands(term) for line in _behind(symbol, laid_out(part, names, indent + 3))]


def _behind(symbol: str, lines: list[str]) -> list[str]:
    """Lines with a symbol in front of the first, in the room that their indentation leaves for it."""
    first, *rest = lines
    content = first.lstrip()
    return [" " * (len(first) - len(content) - len(symbol)) + symbol + content, *rest]
