"""Loads each model as if nothing had been loaded before it, and leaves nothing behind for the next.

The imports of a model (helpers beside it, modules reached by a path that it adds, protocols that it extends) are re-executed
from source, for this load alone. The standard library and installed packages are shared, except for those of their modules that
hold a protocol: a file that extends one gets a copy of its own.
"""

from __future__ import annotations

import ast
import importlib
import importlib.machinery
import importlib.util
import os
import site
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import CodeType, ModuleType
from typing import Any

from verifier.kernel.errors import ModelError, Position
from verifier.kernel.protocol import Protocol

_MODELS = ("verifier.encodings", "verifier.properties")


Refuse = Callable[[str, str], None]


@contextmanager
def isolated(folder: str | None, package: str | None = None) -> Iterator[Refuse]:
    """Loads the modules imported inside from source, and forgets them afterwards.

    Args:
        folder: the folder of the model, whose modules are importable and come before any other of their names.
        package: a package to be re-executed although it is installed.

    Yields:
        A function of the source and the path of a file. It raises ModelError if the file imports a module beside the model
        that a module already loaded would replace.
    """
    modules, paths = dict(sys.modules), list(sys.path)
    finders, hooks = list(sys.meta_path), list(sys.path_hooks)
    hidden = {name for name, module in modules.items() if _passing(name, module, package)}
    attributes = _attributes(modules, hidden)
    for name in hidden:
        del sys.modules[name]
    importlib.invalidate_caches()
    finder = _Finder(folder, frozenset(modules) - hidden)
    sys.meta_path.insert(0, finder)
    if folder is not None:
        sys.path.insert(0, folder)
    try:
        yield finder.refuse_shadowed
    finally:
        sys.path[:], sys.meta_path[:], sys.path_hooks[:] = paths, finders, hooks
        for name in list(sys.modules):
            module = sys.modules[name]
            if modules.get(name) is not module and _passing(name, module, package):
                # Only the entry is removed; modules that imported it keep it.
                _detach(name, sys.modules.pop(name))
        sys.modules.update(modules)
        for (parent, child), value in attributes.items():
            setattr(parent, child, value)


def _attributes(modules: dict[str, ModuleType], hidden: set[str]) -> dict[tuple[ModuleType, str], Any]:
    """The hidden modules that are attributes of packages that stay."""
    result = {}
    for name in hidden:
        parent, _, child = name.rpartition(".")
        if parent and parent not in hidden and parent in modules and child in vars(modules[parent]):
            result[modules[parent], child] = getattr(modules[parent], child)
    return result


def _detach(name: str, module: ModuleType | None) -> None:
    """Takes a module that goes out of the package that it is an attribute of."""
    parent, _, child = name.rpartition(".")
    package = sys.modules.get(parent)
    if package is not None and vars(package).get(child) is module:
        delattr(package, child)


def _passing(name: str, module: ModuleType, package: str | None) -> bool:
    """Whether a module belongs to one load: it is a user's, or holds a protocol."""
    if name == "__main__" or not isinstance(module, ModuleType):
        return False
    if name.startswith(_MODELS):
        return True
    if package is not None and (name == package or name.startswith(package + ".")):
        return True
    if name == "verifier" or name.startswith("verifier."):
        return False
    place = _place(module)
    if place is not None and not _shared(place) and name.partition(".")[0] not in sys.stdlib_module_names:
        return not _running(module)
    return any(isinstance(value, Protocol) for value in list(vars(module).values()))


def _running(module: ModuleType) -> bool:
    """Whether the caller that loads the model is executing code of the module: for that caller it stays unchanged."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_globals is vars(module):
            return True
        frame = frame.f_back  # type: ignore[assignment]
    return False


def _place(module: ModuleType) -> str | None:
    """The file of a module, or the first folder of a package without one; None for a built-in module."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return file
    try:
        return str(next(iter(module.__path__)))
    except (AttributeError, StopIteration, TypeError, KeyError):
        return None


@cache
def _installed() -> tuple[str, ...]:
    """The folders of the standard library and of installed packages."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders |= {*site.getsitepackages(), site.getusersitepackages()}
    return tuple(os.path.realpath(folder) + os.sep for folder in folders if folder)


@cache
def _shared(place: str) -> bool:
    """Whether a file is of the standard library or of an installed package."""
    whole = os.path.realpath(place)
    parts = whole.split(os.sep)
    return whole.startswith(_installed()) or "site-packages" in parts or "dist-packages" in parts


class _Finder:
    """Finds modules as Python does, and has those of users read from source.

    `folder` is searched first, so a module beside the model comes before an installed one. `kept` are the names that are
    loaded already and stay; a module beside the model that has one of them would silently not be used.
    """

    def __init__(self, folder: str | None, kept: frozenset[str]) -> None:
        self.folder = folder
        self.kept = kept

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        """The module's specification, None where Python's own finders are to look."""
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return None
        if spec.origin is None or _shared(spec.origin):
            return None
        spec.loader = _FromSource(spec.loader.name, spec.origin, self)
        spec.cached = None
        return spec

    def refuse_shadowed(self, source: str, path: str) -> None:
        """ModelError if a file imports a module beside the model that a loaded one would replace."""
        for name, line in _imported(source):
            if self.folder is None or name not in self.kept:
                continue
            for beside in (f"{name}.py", os.path.join(name, "__init__.py")):
                if os.path.isfile(os.path.join(self.folder, beside)):
                    message = f"{name} is a module beside the model, but one of that name is already loaded from elsewhere"
                    raise ModelError(message, hint=f"rename {beside}", position=Position(path, line))


def _imported(source: str) -> Iterator[tuple[str, int]]:
    """The top-level modules that a source names in its imports, and the lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0], node.lineno


class _FromSource(importlib.machinery.SourceFileLoader):
    """Compiles a module from its source, whatever bytecode lies beside it, and writes none."""

    def __init__(self, name: str, path: str, finder: _Finder) -> None:
        super().__init__(name, path)
        self.finder = finder

    def get_code(self, fullname: str) -> CodeType:
        """The module's code."""
        data = self.get_data(self.path)
        code: CodeType = self.source_to_code(data, self.path)
        self.finder.refuse_shadowed(importlib.util.decode_source(data), self.path)
        return code
