"""The certificates of what is proved of any size, checked by both solvers and derived again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from verifier.api import check, prove
from verifier.kernel.protocol import Protocol


def certified(protocol: Protocol, **options: Any) -> tuple[int, list[str]]:
    """How many certificates there are, and what is wrong with them."""
    with tempfile.TemporaryDirectory() as folder:
        prove(protocol, scope="unbounded", certificates=folder, in_process=True, **options)
        paths = sorted(Path(folder).glob("*.json"))
        if not paths:
            return 0, []
        found = check(paths, protocol=protocol, rederive=True, in_process=True)
        return len(paths), [
            f"{one.property}: {bad.name}: {bad.reason}" for one in found.certificates for bad in one.failures
        ]
