"""What the source says about itself: modules, imports and words, read from syntax trees; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parent.parent


When = Literal["import", "call", "types"]
"""When an import is done: with the module, when a function of it is called, or never, as type checkers alone read it."""


@dataclass(frozen=True)
class Import:
    """One name that a module imports: `module` is the most specific module the statement names."""

    module: str
    line: int
    when: When

    @property
    def at_import(self) -> bool:
        """Whether it is done when the module itself is imported."""
        return self.when == "import"


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
    for node, when in _statements(source.tree, "import"):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno, when) for alias in node.names]
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
                found.append(Import(inner, node.lineno, when))
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


def circles(known: dict[str, Source]) -> list[list[str]]:
    """Modules that import each other, around corners and in functions too; what is only imported for types does not count."""
    graph = {
        name: {item.module for item in imports(source, known) if item.when != "types" and item.module in known} - {name}
        for name, source in known.items()
    }
    left = dict(graph)
    # What nothing imports, or imports nothing, is in no circle.
    while True:
        imported = set().union(*left.values()) if left else set()
        kept = {name: asked & left.keys() for name, asked in left.items() if name in imported and asked & left.keys()}
        if kept == left:
            break
        left = kept
    found = {frozenset(a for a in left if _reaches(left, a, b) and _reaches(left, b, a)) for b in left}
    return sorted(sorted(circle) for circle in found if len(circle) > 1)


def _reaches(graph: dict[str, set[str]], start: str, end: str) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        for name in graph.get(waiting.pop(), set()) - seen:
            seen.add(name)
            waiting.append(name)
    return end in seen


def _statements(node: ast.AST, when: When) -> Iterator[tuple[ast.AST, When]]:
    for child in ast.iter_child_nodes(node):
        yield child, when
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for inner in child.body:
                yield inner, "types"
                yield from _statements(inner, "types")
            for inner in child.orelse:
                yield inner, when
                yield from _statements(inner, when)
        else:
            deferred = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _statements(child, "call" if deferred and when == "import" else when)


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            match node.body:
                case [ast.Expr(value=ast.Constant(value=str()) as docstring), *_]:
                    yield docstring
