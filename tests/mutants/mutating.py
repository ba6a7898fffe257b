"""Mistakes planted in the verifier's own source, one at a time.

Each mutant changes one node of a file's syntax tree, in a way in which a rule of the semantics could be got wrong: a comparison,
a connective, a constant, a branch, a statement that is left out. Text is left alone: messages, docstrings, annotations.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_CALLED = {"all": "any", "any": "all", "min": "max", "max": "min"}
_SOLVER = {"and_": "or_", "or_": "and_", "conjunction": "disjunction", "disjunction": "conjunction"}
_ANSWERS = {"UNSAT": "UNKNOWN", "SAT": "UNKNOWN"}


@dataclass(frozen=True)
class Mutant:
    """One mistake: the file, the line, what was changed, and the whole text of the file with it.

    `function` is the first line of the function that it is in; None where it is in none.
    """

    file: Path
    line: int
    change: str
    text: str
    function: int | None

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line}: {self.change}"


def places(file: Path, root: Path) -> list[int]:
    """The nodes of a file in which a mistake can be planted, by number."""
    tree = ast.parse((root / file).read_text(encoding="utf-8"))
    return [number for number, node in enumerate(_nodes(tree)) if _change(node) is not None]


def mutant(file: Path, root: Path, place: int) -> Mutant:
    """The mutant of a file with a mistake in this place."""
    tree = ast.parse((root / file).read_text(encoding="utf-8"))
    node = _nodes(tree)[place]
    line, change, function = getattr(node, "lineno", 0), _change(node), _function(tree, node)
    assert change is not None
    _apply(tree, node)
    return Mutant(file, line, change, ast.unparse(ast.fix_missing_locations(tree)) + "\n", function)


def _function(tree: ast.AST, node: ast.AST) -> int | None:
    """The first line of the innermost function around a node, decorators included, as code objects have it."""
    around = [found for found in ast.walk(tree) if isinstance(found, ast.FunctionDef) and node in ast.walk(found)]
    if not around:
        return None
    innermost = max(around, key=lambda found: found.lineno)
    return min(found.lineno for found in (innermost, *innermost.decorator_list))


def _nodes(tree: ast.AST) -> list[ast.AST]:
    """The nodes that may be changed: none in annotations, raised errors, or what is only text."""
    found: list[ast.AST] = []

    def visit(node: ast.AST) -> None:
        if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)):
            return
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        if isinstance(node, ast.FunctionDef) and node.name in ("__repr__", "__str__"):
            return
        found.append(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    visit(child)

    visit(tree)
    return found


def _change(node: ast.AST) -> str | None:
    """How a node can be wrong, in words; None where it is left alone. `_apply` makes the change."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in _COMPARED:
            return f"{type(op).__name__} becomes {_COMPARED[type(op)].__name__}"
        case ast.BoolOp(op=op):
            return "or in place of and" if isinstance(op, ast.And) else "and in place of or"
        case ast.UnaryOp(op=ast.Not()):
            return "not is left out"
        case ast.BinOp(op=op) if type(op) in _COMPUTED:
            return f"{type(op).__name__} becomes {_COMPUTED[type(op)].__name__}"
        case ast.Constant(value=bool(value)):
            return f"{value} becomes {not value}"
        case ast.Constant(value=int(value)) if value in (0, 1):
            return f"{value} becomes {1 - value}"
        case ast.If():
            return "the condition is always false"
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            return f"{name} becomes {_CALLED[name]}"
        case ast.Call(func=ast.Attribute(attr=name)) if name in _SOLVER:
            return f"{name} becomes {_SOLVER[name]}"
        case ast.Attribute(value=ast.Name(id="Answer"), attr=name) if name in _ANSWERS:
            return f"Answer.{name} becomes Answer.{_ANSWERS[name]}"
        case ast.Expr(value=ast.Call()):
            return "the statement is left out"
        case ast.AugAssign():
            return "the statement is left out"
        case ast.Continue() | ast.Break():
            return "the statement is left out"
    return None


def _apply(tree: ast.AST, node: ast.AST) -> None:
    """Makes the change in place."""
    match node:
        case ast.Compare(ops=[op]):
            node.ops = [_COMPARED[type(op)]()]
        case ast.BoolOp(op=op):
            node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _replace(tree, node, operand)
        case ast.BinOp(op=op):
            node.op = _COMPUTED[type(op)]()
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value)):
            node.value = 1 - value
        case ast.If():
            node.test = ast.Constant(value=False)
        case ast.Call(func=ast.Name(id=name)):
            node.func = ast.Name(id=_CALLED[name], ctx=ast.Load())
        case ast.Call(func=ast.Attribute() as called):
            called.attr = _SOLVER[called.attr]
        case ast.Attribute(attr=name):
            node.attr = _ANSWERS[name]
        case _:
            _replace(tree, node, ast.Pass())


def _replace(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
            elif isinstance(value, list):
                setattr(parent, name, [new if item is old else item for item in value])
