"""Read lemmas from a Python module that registers them, without executing it.

`verify prove --write-hints FILE` writes such a module. It may stand in `properties/`, and `--hints FILE` reads it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from verifier.files.reading import MEBIBYTE, read_bytes
from verifier.kernel.errors import UsageError

if TYPE_CHECKING:
    from verifier.wire.jobs import Hint

_LARGEST = 4 * MEBIBYTE
_FORM = 'a lemma is written @p.lemma("why it holds"), def Name(s: State) -> Bool:, return FORMULA'


def read_hints(path: str) -> list[Hint]:
    """The lemmas of a module, in order, with their lines.

    Raises:
        UsageError: it cannot be read, is not Python, or holds something other than imports and lemmas of one formula each.
    """
    try:
        tree = ast.parse(read_bytes(path, largest=_LARGEST).decode("utf-8"))
    except SyntaxError as error:
        raise UsageError(f"{path}:{error.lineno or 1} is not Python: {error.msg}", hint=_FORM) from None
    except (ValueError, RecursionError, MemoryError):
        raise UsageError(f"{path} is not a Python module", hint=_FORM) from None
    hints: list[Hint] = []
    for node in tree.body:
        hint = _hint(node, path)
        if hint is not None:
            if any(other["name"] == hint["name"] for other in hints):
                raise UsageError(f"{path}:{node.lineno}: the lemma {hint['name']} is defined twice")
            hints.append(hint)
    if not hints:
        raise UsageError(f"{path} holds no lemmas", hint=_FORM)
    return hints


def _hint(node: ast.stmt, path: str) -> Hint | None:
    """The lemma that a statement registers; None for imports and texts."""
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
            return None
        case ast.FunctionDef(
            name=name,
            args=ast.arguments(posonlyargs=[], args=[ast.arg(arg=state)], vararg=None, kwonlyargs=[], kwarg=None, defaults=[]),
            decorator_list=[
                ast.Call(
                    func=ast.Attribute(value=ast.Name(), attr="lemma"), args=[ast.Constant(value=str() as reason)], keywords=words
                )
            ],
            body=[*texts, ast.Return(value=ast.expr() as formula)],
        ) if all(isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) for text in texts):
            match words:
                case []:
                    called = name
                case [ast.keyword(arg="name", value=ast.Constant(value=str() as called))]:
                    pass
                case _:
                    raise UsageError(f"{path}:{node.lineno}: a lemma takes a reason and a name", hint=_FORM)
            written = ast.unparse(_Renamed(state).visit(formula))
            return {"name": called, "reason": reason, "formula": written, "file": path, "line": node.lineno}
    raise UsageError(f"{path}:{node.lineno} is neither an import nor a lemma of one formula, and is not executed", hint=_FORM)


class _Renamed(ast.NodeTransformer):
    """Calls the state `s`, as formulas do."""

    def __init__(self, state: str) -> None:
        self._state = state

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """See `ast.NodeTransformer`."""
        return ast.copy_location(ast.Name("s", node.ctx), node) if node.id == self._state else node
