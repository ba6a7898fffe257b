"""The interface of all engines: a task and a budget go in, outcomes of properties come out, one event after the other.

An engine is a generator. Between two events the ledger takes in the result: it re-checks proofs and replays paths, so the
properties that are open in the task after an event are those that are really open. An engine that is not asked for its next event
has stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from verifier.kernel.terms import Term
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.path import Path


class Evidence(Protocol):
    """The evidence of a proof, with which it can be checked without the engine that found it."""

    @property
    def method(self) -> str:
        """How the property is proved; a word of the documents."""

    @property
    def k(self) -> int:
        """The depth of the induction, or of the search."""

    @property
    def lemmas(self) -> list[str]:
        """The formulas that the proof assumes in addition to the property, for people."""

    @property
    def formulas(self) -> list[Term]:
        """The formulas of the lemmas that the kernel can state; those of the property may be among them."""

    @property
    def unstated(self) -> list[str]:
        """The lemmas that the kernel cannot state, for people."""

    @property
    def left_out(self) -> list[str]:
        """The variables that were left out of the model, as the property does not depend on them."""


@dataclass(frozen=True, slots=True)
class Proved:
    """The property holds in every reachable state, as the evidence shows."""

    evidence: Any


@dataclass(frozen=True, slots=True)
class Violated:
    """A path to a violation, which is not believed before it is replayed.

    `ground` is what the path runs through; None: the ground of the task. `shortest`: no path is shorter; of lassos, none has a
    smaller stem, nor with the same stem a smaller loop.
    """

    path: Path
    ground: Ground | None = None
    shortest: bool = True


@dataclass(frozen=True, slots=True)
class Open:
    """No violation within `depth` steps (-1: not even the initial states were cleared) and no proof; `reason` if cut short."""

    depth: int
    reason: str | None = None


Outcome = Proved | Violated | Open


@dataclass(frozen=True, slots=True)
class Decided:
    """An engine's outcome for a property, by name. OPEN is not final: another engine may know more."""

    name: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Progress:
    """The work in progress, and its depth; `about` replaces the names of the open properties where it says more."""

    engine: str
    depth: int
    about: str | None = None


Event = Decided | Progress


@dataclass(frozen=True, slots=True)
class Budget:
    """How much an engine may take: unrolling to a `depth`, solver `steps` for each question, `states` to be stored.

    They may take `room` bytes. `seconds` of the clock and of the `processor` count from the first event. None: no limit of
    this kind.
    """

    depth: int = 0
    steps: int | None = None
    states: int | None = None
    room: int | None = None
    seconds: float | None = None
    processor: float | None = None


@dataclass(slots=True)
class Statistics:
    """The statistics of a run: solver calls, and the engines that were tried on each property, by its name for people."""

    queries: int = 0
    engines: dict[str, list[str]] = field(default_factory=dict)

    def tried(self, name: str, engine: str) -> None:
        """Notes that an engine was tried on a property."""
        engines = self.engines.setdefault(name, [])
        if engine not in engines:
            engines.append(engine)


Asked = TypeVar("Asked", contravariant=True)


class Engine(Protocol[Asked]):
    """A way to decide properties; without state, so that one object serves all runs."""

    def run(self, task: Asked, budget: Budget) -> Iterator[Event]:
        """Works on the open properties of a task within a budget, and yields their outcomes."""
