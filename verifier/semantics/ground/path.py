"""Paths through a ground model, as engines find them: the same for those that ask a solver and those that search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PathStep:
    """One state of a path: the number of the instance that led to it (None in the first), its field codes."""

    instance: int | None
    codes: tuple[int, ...]
