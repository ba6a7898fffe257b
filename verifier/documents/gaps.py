"""`verify.gaps/1`: the properties that break when a guard or a choice of a protocol is left out."""

from __future__ import annotations

import builtins
from typing import Literal

from pydantic import Field, JsonValue

from verifier.documents.base import Document, Part
from verifier.documents.places import Place
from verifier.documents.trace import Violation
from verifier.wire.parts import Ended


class Broken(Violation):
    """A property that is violated without the guard, a shortest replayed trace, and the command that finds it.

    `doc`, `formula`, `at` and `explanation` are as in a result.
    """


class Drop(Part):
    """One guard or choice left out alone.

    `kind` is guard, choice, bound or fairness; for fairness, `action` is the assumption. `complete`: all states were searched,
    so `breaks` is exact. `inert`: no property depends on it; null if nothing broke in an incomplete search. `same_states`:
    whether the same states are reachable without it, null if unknown. `k` is the depth that was searched. `reason` says why
    there is no answer.
    """

    action: str
    name: str
    kind: str
    breaks: tuple[Broken, ...] = ()
    inert: bool | None = None
    complete: bool = False
    same_states: bool | None = None
    method: str | None = None
    k: int | None = None
    distinct: int | None = None
    reason: str | None = None
    seconds: float | None = None
    at: Place | None = None

    @builtins.property
    def full_name(self) -> str:
        """`Action.name`, as `--drop` takes it."""
        return f"{self.action}.{self.name}"


class Baseline(Part):
    """The protocol with nothing left out: `violated` are properties that already fail, and are not counted as breaking."""

    complete: bool = False
    distinct: int | None = None
    violated: tuple[str, ...] = ()


class Gaps(Document):
    """`verify.gaps/1`: every guard and choice of a protocol, and the properties that break without it."""

    schema_: Literal["verify.gaps/1"] = Field(default="verify.gaps/1", alias="schema")
    protocol: str
    variant: str | None = None
    dropped: tuple[str, ...] = ()
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    k: int | None = None
    versions: dict[str, str | None] = Field(default_factory=dict)
    model_digest: str | None = None
    evidence_digest: str | None = None
    seconds: float | None = None
    baseline: Baseline = Field(default_factory=Baseline)
    drops: tuple[Drop, ...] = ()
    ended: Ended = "complete"
    description: str | None = None
    at: Place | None = None

    @builtins.property
    def inert(self) -> tuple[Drop, ...]:
        """The guards and choices on which no property depends."""
        return tuple(drop for drop in self.drops if drop.inert)

    def __getitem__(self, name: str) -> Drop:
        """The entry of `Action.name`, case-insensitively.

        Raises:
            KeyError: there is no such guard or choice in this document.
        """
        for drop in self.drops:
            if drop.full_name.lower() == name.lower():
                return drop
        raise KeyError(name)
