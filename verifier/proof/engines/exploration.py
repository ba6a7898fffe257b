"""The result of an explicit search: figures, violations, and the states themselves."""

from __future__ import annotations

from dataclasses import dataclass

from verifier.kernel.properties import Property
from verifier.proof.engines.statesets import Reached
from verifier.semantics.ground.path import Path


@dataclass(frozen=True, slots=True)
class Violation:
    """A property and a shortest counterexample.

    Initial values may be out of range: in such a state only the codes of variables that are open initially are meaningful. An
    action attempted in the last state of the path has no successor. `steps` counts transitions, an attempt that leaves a range
    included.
    """

    property: Property
    steps: int
    path: Path


@dataclass(frozen=True, slots=True)
class Figures:
    """How often an action fired in the states that were expanded, and how many states were found first by one of its steps.

    Of several actions that lead to a state from one level, one counts.
    """

    fired: int
    new: int


@dataclass(frozen=True, slots=True, eq=False)
class Exploration:
    """The result of a search.

    `distinct` states inside the constraints; `generated`: initial states plus one for each enabled instance of each expanded
    state; `diameter`: levels, 1 if there are only initial states; `orbits`: classes under symmetry, None if not counted, with
    `orbits_reason` if asked for. `complete` unless the search was cut short. `peak_bytes`: the most that arrays of states
    occupied at one time. `violations` in the order of the properties. `depths`: for each property, by name, the steps within
    which every violation was searched for (-1: not even initially). `actions`: the figures of each, by name. `full`: the search
    was cut short because there was no room for more states.
    """

    distinct: int
    generated: int
    diameter: int
    orbits: int | None
    orbits_reason: str | None
    complete: bool
    peak_bytes: int
    seconds: float
    violations: tuple[Violation, ...]
    depths: dict[str, int]
    reached: Reached
    actions: dict[str, Figures]
    full: bool

    @property
    def depth(self) -> int:
        """The steps within which the violations of all properties were searched for."""
        return min(self.depths.values(), default=self.diameter - 1)
