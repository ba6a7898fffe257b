"""Recognises Python that a model must not use (`and`, `if`, `in`, `max`, chained comparison) and says what to write."""

from __future__ import annotations

import ast
import linecache
from types import FrameType
from typing import NoReturn

from verifier.kernel.errors import ModelError, Position, model_frame

_ADVICE: dict[str, tuple[str, str]] = {
    "and": ("Python's `and` cannot join formulas", "write `a & b` (with parentheses around comparisons) or all_of(a, b)"),
    "or": ("Python's `or` cannot join formulas", "write `a | b` (with parentheses around comparisons) or any_of(a, b)"),
    "not": ("Python's `not` cannot negate a formula", "write `~a`"),
    "if": ("Python's `if` cannot branch on a formula", "write ite(condition, then, otherwise), or a guard"),
    "while": ("Python's `while` cannot loop on a formula", "write one action for each step"),
    "assert": ("Python's `assert` cannot check a formula", "write guard(name, condition), or a property"),
    "chain": ("a chained comparison cannot be a formula", "write `(a <= b) & (b <= c)`"),
    "in": ("Python's `in` cannot ask for membership", "write s.contains(x)"),
    "len": ("Python's `len` cannot count", "write s.size() for a set, q.length() for a sequence"),
    "for": ("a Python `for` cannot run over a sort or a set", "write forall(Sort, lambda x: ...), exists, or set_of"),
    "index": ("a term is not a Python integer", "keep it symbolic: compare it, or index a state function with it"),
}
_CALLS = {
    "min": ("Python's `min` cannot compare terms", "write minimum(a, b), or min_of(s) for a set"),
    "max": ("Python's `max` cannot compare terms", "write maximum(a, b), or max_of(s) for a set"),
    "any": ("Python's `any` cannot quantify", "write exists(Sort, lambda x: ...)"),
    "all": ("Python's `all` cannot quantify", "write forall(Sort, lambda x: ...)"),
    "sorted": ("Python's `sorted` cannot order terms", "compare the terms with <"),
    "bool": ("a formula has no Python truth value", "keep it a formula"),
}


def _constructs(frame: FrameType) -> list[tuple[str, str]]:
    """The suspicious constructs around the line that `frame` executes, innermost first."""
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    except (SyntaxError, ValueError):
        return []
    found: list[tuple[int, tuple[str, str]]] = []
    for node in ast.walk(tree):
        first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
        if first is None or last is None or not first <= frame.f_lineno <= last:
            continue
        advice: tuple[str, str] | None = None
        match node:
            case ast.BoolOp(op=ast.And()):
                advice = _ADVICE["and"]
            case ast.BoolOp(op=ast.Or()):
                advice = _ADVICE["or"]
            case ast.UnaryOp(op=ast.Not()):
                advice = _ADVICE["not"]
            case ast.Compare(ops=[_, _, *_]):
                advice = _ADVICE["chain"]
            case ast.If(test=test) if test.lineno <= frame.f_lineno <= (test.end_lineno or test.lineno):
                advice = _ADVICE["if"]
            case ast.IfExp():
                advice = _ADVICE["if"]
            case ast.While():
                advice = _ADVICE["while"]
            case ast.Assert():
                advice = _ADVICE["assert"]
            case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
                advice = _CALLS[name]
        if advice:
            extent = (last - first) * 1000 + (getattr(node, "end_col_offset", 0) - getattr(node, "col_offset", 0))
            found.append((extent, advice))
    return [advice for _, advice in sorted(found, key=lambda item: item[0])]


def refuse_truth() -> NoReturn:
    """Raises the ModelError for a formula that Python asked for its truth value."""
    frame = model_frame()
    position = Position(frame.f_code.co_filename, frame.f_lineno) if frame else None
    constructs = _constructs(frame) if frame else []
    message, hint = constructs[0] if constructs else _CALLS["bool"]
    raise ModelError(message, hint=hint, position=position)


def refuse(construct: str) -> NoReturn:
    """Raises the ModelError for `construct`, a key of the advice table."""
    frame = model_frame()
    position = Position(frame.f_code.co_filename, frame.f_lineno) if frame else None
    message, hint = _ADVICE[construct]
    if construct in ("for", "in") and frame:
        calls = [advice for advice in _constructs(frame) if advice in _CALLS.values()]
        message, hint = calls[0] if calls and construct == "for" else (message, hint)
    raise ModelError(message, hint=hint, position=position)
