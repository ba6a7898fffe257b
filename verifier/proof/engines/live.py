"""The task of the engines that decide liveness properties at a finite scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from verifier.kernel.properties import Property
from verifier.proof.engines.engine import Evidence, Statistics
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.liveness import Liveness, liveness

if TYPE_CHECKING:
    from verifier.proof.engines.finite import FiniteTask
    from verifier.semantics.obligations.proof import Failure


@dataclass
class LiveTask:
    """What the engines of liveness share in one run.

    `asked` gives the open liveness properties whose verdicts are wanted. `safety` is the task of the safety properties of the
    same ground, which comes first: its lemmas, proofs and encoding are at hand. Without one, nothing but a search is asked.
    """

    ground: Ground
    asked: Callable[[], Mapping[str, Property]]
    safety: FiniteTask | None = None
    statistics: Statistics = field(default_factory=Statistics)
    _forms: dict[str, Liveness] = field(default_factory=dict)

    def form(self, prop: Property) -> Liveness:
        """The ground form of a property."""
        if prop.name not in self._forms:
            self._forms[prop.name] = liveness(self.ground, prop)
        return self._forms[prop.name]


class LiveEvidence(Evidence, Protocol):
    """What a proof of a liveness property leaves behind."""

    def recheck(self) -> Failure | None:
        """The first obligation that a fresh solver does not discharge; None if there is none."""

    def certified(self) -> dict[str, Any]:
        """What a certificate says of it, beside what all say."""


@dataclass(frozen=True, slots=True)
class FairlySearched:
    """A search of all states and their steps that found no fair lasso.

    `states` were reached, the digest of their set is `digest`; the longest shortest path has `diameter` of them.
    """

    states: int
    digest: str
    diameter: int
    method: str = "exhaustive"

    @property
    def k(self) -> int:
        """The steps within which all states are reached."""
        return self.diameter - 1

    @property
    def lemmas(self) -> list[str]:
        """None: a search needs none."""
        return []

    @property
    def left_out(self) -> list[str]:
        """None: what a property does not read may still keep an action enabled."""
        return []

    def recheck(self) -> Failure | None:
        """Nothing: a search is repeated by `verify check` alone."""
        return None

    def certified(self) -> dict[str, Any]:
        """The count and the digest of the states."""
        return {
            "exhaustive": {"states": self.states, "digest": self.digest, "diameter": self.diameter, "left_out": []}
        }
