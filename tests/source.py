"""What the source says about itself: modules, imports and words, read from syntax trees; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Import:
    """One name that a module imports: `module` is the most specific module the statement names."""

    module: str
    line: int
    at_import: bool  # done when the module itself is imported: not in a function, not for type checkers only


@dataclass(frozen=True)
class Source:
    """One module: its dotted name, its file and its syntax tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    def words(self) -> Iterator[tuple[str, int]]:
        """Identifiers and string constants with their lines; docstrings are for people and left out."""
        prose = {id(docstring) for docstring in _docstrings(self.tree)}
        for node in ast.walk(self.tree):
            match node:
                case ast.Name(id=word) | ast.Attribute(attr=word) | ast.arg(arg=word):
                    yield word, node.lineno
                case ast.FunctionDef(name=word) | ast.ClassDef(name=word):
                    yield word, node.lineno
                case ast.Constant(value=str(word)) if id(node) not in prose:
                    yield word, node.lineno
                case ast.ImportFrom(module=str(word)):
                    yield word, node.lineno
                case ast.alias(name=word):
                    yield word, node.lineno


def read(root: Path, package: str = "verifier") -> dict[str, Source]:
    """All modules of a package below `root`, by dotted name."""
    found = {}
    for path in sorted((root / package).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = Source(name, path, ast.parse(path.read_text(encoding="utf-8"), str(path)))
    return found


def imports(source: Source, known: dict[str, Source]) -> list[Import]:
    """Everything a module imports, lazily too; `known` tells submodules from other names."""
    found = []
    for node, at_import in _statements(source.tree, at_import=True):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno, at_import) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                anchor = source.package.split(".")
                anchor = anchor[: len(anchor) - node.level + 1]
                base = ".".join([*anchor, base] if base else anchor)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                if base == "verifier" and inner not in known:
                    inner = "verifier.api"  # what the package's lazy names stand for
                elif inner not in known:
                    inner = base
                found.append(Import(inner, node.lineno, at_import))
    return found


def loaded_by(start: str, known: dict[str, Source], *, lazily: bool) -> dict[str, str]:
    """Modules that importing `start` loads, each with the module that asks for it.

    With `lazily`, imports inside functions and for type checkers count too; not those of the package itself,
    since who uses its lazy names imports `verifier.api`. Modules outside `known` are named, not followed.
    """
    reason = {start: start}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in known:
            continue
        follow_lazy = lazily and name != "verifier"
        asked = [item.module for item in imports(known[name], known) if follow_lazy or item.at_import]
        for module in asked:
            for prefix in _with_parents(module):
                if prefix not in reason:
                    reason[prefix] = name
                    waiting.append(prefix)
    return reason


def _with_parents(module: str) -> Iterator[str]:
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])


def _statements(node: ast.AST, *, at_import: bool) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        yield child, at_import
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for inner in child.body:
                yield inner, False
                yield from _statements(inner, at_import=False)
            for inner in child.orelse:
                yield inner, at_import
                yield from _statements(inner, at_import=at_import)
        else:
            deferred = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _statements(child, at_import=at_import and not deferred)


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(value=ast.Constant(value=str()) as docstring), *_]:
                    yield docstring
