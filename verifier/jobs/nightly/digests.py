"""Dependencies of a stored verdict besides the model: the verifier's own sources, and the versions of the software it calls."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent.parent.parent
_LEFT_OUT = {"encodings", "properties", "suites", "__pycache__"}

# The distributions involved in a verdict, in its check, or in reading its model.
_DISTRIBUTIONS = {
    "z3": "z3-solver",
    "cvc5": "cvc5",
    "python-sat": "python-sat",
    "numpy": "numpy",
    "sympy": "sympy",
}


def sources_digest() -> str:
    """SHA-256 of the sources of this package, without the protocols and their properties."""
    whole = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        inner = path.relative_to(_PACKAGE)
        if inner.parts[0] not in _LEFT_OUT and "__pycache__" not in inner.parts:
            whole.update(f"{inner.as_posix()}\0".encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
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
