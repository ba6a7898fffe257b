"""Dependencies of a stored verdict besides the model: the verifier's own sources, and the versions of the software it calls."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent.parent.parent
_LEFT_OUT = {"encodings", "properties", "suites"}

# The distributions involved in a verdict, in its check, or in reading its model.
_DISTRIBUTIONS = {
    "z3": "z3-solver",
    "cvc5": "cvc5",
    "python-sat": "python-sat",
    "numpy": "numpy",
    "sympy": "sympy",
}


def sources_digest() -> str:
    """SHA-256 of the sources of this package, without protocols and properties. Files are read again if any has changed."""
    return _digest(tuple(sorted(_sources(str(_PACKAGE)))))


def _sources(folder: str, inner: str = "") -> Iterator[tuple[str, int, int, int, int]]:
    """The path of each source file, relative to the package, with its inode, its size, and when it last changed in any way."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__" and (inner or entry.name not in _LEFT_OUT):
                    yield from _sources(entry.path, f"{inner}{entry.name}/")
            elif entry.name.endswith(".py"):
                status = entry.stat()
                yield f"{inner}{entry.name}", status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


@lru_cache(maxsize=1)
def _digest(sources: tuple[tuple[str, int, int, int, int], ...]) -> str:
    whole = hashlib.sha256()
    for path, *_ in sources:
        whole.update(f"{path}\0".encode())
        whole.update(hashlib.sha256((_PACKAGE / path).read_bytes()).digest())
    return whole.hexdigest()


@cache
def versions() -> Mapping[str, str | None]:
    """The versions of this tool, the solvers, the libraries they need, and Python; null if not installed."""
    from verifier._version import __version__

    result: dict[str, str | None] = {"verify": __version__}
    for name, distribution in _DISTRIBUTIONS.items():
        try:
            result[name] = version(distribution)
        except PackageNotFoundError:
            result[name] = None
    return {**result, "python": platform.python_version(), "machine": f"{platform.system()} {platform.machine()}"}


def key_of(content: Any) -> str:
    """SHA-256 of the canonical JSON of a value."""
    canon = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canon.encode("ascii")).hexdigest()
