"""Paths through a ground model, as engines find them: the same for those that ask a solver and those that search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PathStep:
    """One state of a path: the number of the instance that led to it (None in the first), its field codes."""

    instance: int | None
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A path to a violation, its first state included.

    `attempt` is the number of the instance whose attempt in the last state is the violation: it leaves a range, or uses an
    undefined value. `loop` is the place of the state that equals the last one, where the path is a lasso: that of the last
    state itself where the behaviour stays in it forever.
    """

    steps: tuple[PathStep, ...]
    attempt: int | None = None
    loop: int | None = None
