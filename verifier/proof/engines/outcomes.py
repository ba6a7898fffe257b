"""What an engine says of a property: proved, violated, or still open. No engine is loaded to say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from verifier.semantics.ground.path import PathStep


@dataclass(frozen=True, slots=True)
class Closed:
    """The property holds in every reachable state: by induction of depth k, or since no path has k steps."""

    method: Literal["k-induction", "horizon"]
    k: int


@dataclass(frozen=True, slots=True)
class Violated:
    """A shortest path to a violation; `attempt` is the instance whose attempt in the last state is the violation."""

    path: tuple[PathStep, ...]
    attempt: int | None


@dataclass(frozen=True, slots=True)
class Open:
    """No violation within `k` steps (-1: not even the initial states were cleared), and no proof; `reason` if cut short."""

    k: int
    reason: str | None


Outcome = Closed | Violated | Open
