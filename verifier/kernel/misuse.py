"""Recognises Python that a model must not use (`and`, `if`, `in`, `max`, chained comparison) and says what to write."""

from __future__ import annotations

import ast
import functools
import itertools
import linecache
import opcode
import re
from types import FrameType
from typing import NoReturn

from verifier.kernel.errors import ModelError, Position, model_frame

_ADVICE: dict[str, tuple[str, str]] = {
    "and": (
        "Python's `and` cannot join formulas",
        "write `a & b` (with parentheses around comparisons) or all_of(a, b)",
    ),
    "or": ("Python's `or` cannot join formulas", "write `a | b` (with parentheses around comparisons) or any_of(a, b)"),
    "not": ("Python's `not` cannot negate a formula", "write `~a`"),
    "if": ("Python's `if` cannot branch on a formula", "write ite(condition, then, otherwise), or a guard"),
    "while": ("Python's `while` cannot loop on a formula", "write one action for each step"),
    "assert": ("Python's `assert` cannot check a formula", "write guard(name, condition), or a property"),
    "chain": ("a chained comparison cannot be a formula", "write `(a <= b) & (b <= c)`"),
    "match": ("Python's `match` cannot branch on a term", "write ite(condition, then, otherwise), or a guard"),
    "in": ("Python's `in` cannot ask for membership", "write s.contains(x), or one_of(x, a, b)"),
    "sets": (
        "Python compares and subtracts two set literals by their objects, not by the values of their elements",
        "write one of them as set_of(Sort, lambda x: ...), or the elements of the result",
    ),
    "is": ("Python's `is` compares objects, not values", "write a == b"),
    "len": ("Python's `len` cannot count", "write s.size() for a set, q.length() for a sequence"),
    "for": ("a Python `for` cannot run over a sort or a set", "write forall(Sort, lambda x: ...), exists, or set_of"),
    "index": ("a term is not a Python integer", "keep it symbolic: compare it, or index a state function with it"),
}
_CALLS = {
    "min": ("Python's `min` cannot compare terms", "write minimum(a, b), or min_of(a) for a set a"),
    "max": ("Python's `max` cannot compare terms", "write maximum(a, b), or max_of(a) for a set a"),
    "any": ("Python's `any` cannot quantify", "write exists(Sort, lambda x: ...)"),
    "all": ("Python's `all` cannot quantify", "write forall(Sort, lambda x: ...)"),
    "sum": ("Python's `sum` cannot add up terms", "write sum_of(Sort, lambda x: ...), or sum_of(s.set, lambda x: ...)"),
    "sorted": ("Python's `sorted` cannot order terms", "compare the terms with <"),
    "bool": ("a formula has no Python truth value", "keep it a formula"),
}


@functools.lru_cache(maxsize=4)
def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _tree(frame: FrameType) -> ast.Module:
    return _parsed("".join(linecache.getlines(frame.f_code.co_filename)))


def _constructs(frame: FrameType) -> list[tuple[str, str]]:
    """The suspicious constructs around the line that `frame` executes, innermost first."""
    tree = _tree(frame)
    result: list[tuple[int, tuple[str, str]]] = []
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
            case ast.Compare(ops=[ast.In() | ast.NotIn()]):
                advice = _ADVICE["in"]
            case ast.Match():
                advice = _ADVICE["match"]
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
            result.append((extent, advice))
    return [advice for _, advice in sorted(result, key=lambda item: item[0])]


def _refuse(frame: FrameType, advice: tuple[str, str]) -> NoReturn:
    message, hint = advice
    raise ModelError(message, hint=hint, position=Position(frame.f_code.co_filename, frame.f_lineno))


def _instruction(frame: FrameType, *, following: bool = False) -> str:
    """The name of the instruction that `frame` executes, or of the one after it."""
    code, offset = frame.f_code.co_code, frame.f_lasti
    if following:
        offset += 2
        while offset < len(code) and opcode.opname[code[offset]] == "CACHE":
            offset += 2
    return opcode.opname[code[offset]] if 0 <= offset < len(code) else ""


def check_hash() -> None:
    """Rejects `x in {a, b}`, which would compute a hash and find nothing; a set literal of expressions is meant."""
    frame = model_frame()
    instruction = _instruction(frame) if frame is not None else ""
    if frame is not None and instruction == "CONTAINS_OP":
        _refuse(frame, _ADVICE["in"])
    if frame is not None and instruction == "BUILD_SET" and _computes_with_literals(frame):
        _refuse(frame, _ADVICE["sets"])


def _computes_with_literals(frame: FrameType) -> bool:
    """Whether the line compares or subtracts two set literals, which Python would do by object and not by value."""
    lines = _computing_with_literals("".join(linecache.getlines(frame.f_code.co_filename)))
    return any(first <= frame.f_lineno <= last for first, last in lines)


@functools.lru_cache(maxsize=4)
def _computing_with_literals(source: str) -> list[tuple[int, int]]:
    """The lines, from the first to the last, of all expressions that compute with two set literals."""
    result = []
    for node in ast.walk(_parsed(source)):
        match node:
            case ast.BinOp(left=ast.Set(), op=ast.Sub() | ast.BitAnd() | ast.BitXor(), right=ast.Set(), lineno=first):
                result.append((first, node.end_lineno or first))
            case ast.Compare(left=ast.Set(), comparators=[ast.Set(), *_], lineno=first):
                result.append((first, node.end_lineno or first))
    return result


def check_used(what: str, hint: str, *, library: bool = True) -> None:
    """Refuses an expression whose value the model drops, as in `s.log.append(x)` or `s.x == 1` on a line by itself.

    Without the `library`: an expression that a function of the library returns.
    """
    frame = model_frame(library=library)
    if frame is not None and _instruction(frame, following=True) == "POP_TOP":
        _refuse(frame, (f"{what} changes nothing by itself", hint))


def check_truth() -> None:
    """Refuses a Python truth value that comes from `is`: as a formula it would be a constant."""
    frame = model_frame()
    if frame is None or " is " not in _without_strings(frame):
        return
    for node in ast.walk(_tree(frame)):
        match node:
            case ast.Compare(ops=[ast.Is() | ast.IsNot()], lineno=first, end_lineno=last):
                if first <= frame.f_lineno <= (last or first):
                    _refuse(frame, _ADVICE["is"])


def _without_strings(frame: FrameType) -> str:
    """The line that `frame` executes, its texts left out: prose is full of words that are operators elsewhere."""
    return re.sub(r"""\"[^"]*"|'[^']*'""", "", linecache.getline(frame.f_code.co_filename, frame.f_lineno))


def stores_at_point(name: str) -> bool:
    """Whether the model reads the attribute `name` now only to assign to a point of it, as in `s.name[i] = v`.

    An index, a right-hand side and `s.name[i] += v` read the value.
    """
    frame = model_frame()
    read = _extent_read(frame) if frame is not None else None
    for node in ast.walk(_tree(frame)) if frame is not None and read is not None else ():
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in (inner for outer in targets for inner in ast.walk(outer)):
            if not isinstance(target, ast.Subscript) or not isinstance(target.ctx, ast.Store):
                continue
            root: ast.expr = target
            while isinstance(root, ast.Subscript):
                root = root.value
            extent = (root.lineno, root.end_lineno, root.col_offset, root.end_col_offset)
            if isinstance(root, ast.Attribute) and root.attr == name and extent == read:
                return True
    return False


def _extent_read(frame: FrameType) -> tuple[int | None, ...] | None:
    """The lines and columns of the expression that the model evaluates now."""
    return next(itertools.islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)


def stores_into(name: str) -> bool:
    """Whether the line that the model executes assigns to the attribute `name`, or to a point of it."""
    frame = model_frame()
    for node in ast.walk(_tree(frame)) if frame is not None else ():
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not isinstance(node, (ast.Assign, ast.AugAssign)) or not _covers(node, frame):
            continue
        for target in targets:
            while isinstance(target, ast.Subscript):
                target = target.value
            if isinstance(target, ast.Attribute) and target.attr == name:
                return True
    return False


def _covers(node: ast.stmt, frame: FrameType | None) -> bool:
    return frame is not None and node.lineno <= frame.f_lineno <= (node.end_lineno or node.lineno)


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
    if construct == "for" and frame:
        calls = [advice for advice in _constructs(frame) if advice in _CALLS.values()]
        message, hint = calls[0] if calls else (message, hint)
    raise ModelError(message, hint=hint, position=position)
