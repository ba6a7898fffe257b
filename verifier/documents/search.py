"""`verify.explore/1`, `verify.run/1` and `verify.replay/1`: the reports of searches and re-executed traces."""

from __future__ import annotations

import builtins
from typing import Literal

from pydantic import Field, JsonValue

from verifier.documents.base import Document, Part
from verifier.documents.places import Place
from verifier.documents.trace import Trace, Violation
from verifier.wire.parts import Ended


class Found(Part):
    """A property that an explicit search found violated, the fewest steps to a violation, and the command that shows it."""

    property: str
    published_name: str | None = None
    steps: int
    doc: str = ""
    formula: str | None = None
    at: Place | None = None
    command: str | None = None


class ActionFigures(Part):
    """The number of times an action fired in the expanded states, and the number of states first found by one of its steps."""

    action: str
    fired: int
    new: int


class Exploration(Document):
    """`verify.explore/1`: the reachable states of a protocol, counted as TLC counts them.

    `orbits_reason` says why the requested orbits were not counted. `stopped`: the limit that cut the search short.
    `never_false`: the guards, as `ACTION.GUARD`, that held in every state found, whatever the arguments of the action. `dot`:
    if requested, the graph of the first states, for Graphviz.
    """

    schema_: Literal["verify.explore/1"] = Field(default="verify.explore/1", alias="schema")
    protocol: str
    variant: str | None = None
    dropped: tuple[str, ...] = ()
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    versions: dict[str, str | None] = Field(default_factory=dict)
    model_digest: str | None = None
    evidence_digest: str | None = None
    distinct: int | None = None
    generated: int | None = None
    diameter: int | None = None
    orbits: int | None = None
    complete: bool = False
    peak_bytes: int | None = None
    seconds: float | None = None
    violations: tuple[Found, ...] = ()
    ended: Ended = "complete"
    orbits_reason: str | None = None
    stopped: Literal["states", "memory"] | None = None
    actions: tuple[ActionFigures, ...] = ()
    never_false: tuple[str, ...] = ()
    dot: str | None = None


class SimulatedViolation(Violation):
    """A violation met by a random run, shortened, with its replayed trace."""


class RunAction(Part):
    """The number of states of the runs in which an action was enabled, counted in every run, and the number of times it was
    taken.
    """

    action: str
    enabled: int
    fired: int


class Sample(Part):
    """A run worth reading: what it shows that no earlier sample shows (actions, labels), its steps, its trace."""

    shows: tuple[str, ...]
    steps: int
    trace: Trace


class Run(Document):
    """`verify.run/1`: random runs of a protocol, the actions and labels they show, and the violations they met.

    `sights` are the actions and the labels of enumerations of the protocol, `missing` those that no run has shown; `states` is
    the number of states examined. With `until`, the formula of the requested state: whether it was `found`, in `steps`,
    `shortest` or not, and the `trace` to it; `complete`: every reachable state was examined, and if none was found, none
    exists.
    """

    schema_: Literal["verify.run/1"] = Field(default="verify.run/1", alias="schema")
    protocol: str
    variant: str | None = None
    dropped: tuple[str, ...] = ()
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    versions: dict[str, str | None] = Field(default_factory=dict)
    model_digest: str | None = None
    evidence_digest: str | None = None
    runs: int | None = None
    depth: int | None = None
    seed: int | None = None
    seconds: float | None = None
    violations: tuple[SimulatedViolation, ...] = ()
    ended: Ended = "complete"
    until: str | None = None
    found: bool | None = None
    complete: bool | None = None
    steps: int | None = None
    shortest: bool | None = None
    trace: Trace | None = None
    states: int | None = None
    actions: tuple[RunAction, ...] = ()
    samples: tuple[Sample, ...] = ()
    sights: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class ReplayStep(Part):
    """One step of a re-executed trace: `changes` maps a variable to its old and new value, as text."""

    index: int
    action: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    changes: dict[str, tuple[str | None, str]] = Field(default_factory=dict)


class Replayed(Document):
    """`verify.replay/1`: whether a trace is a run of the protocol and violates the property it claims to violate.

    `verdict` is the claim of the trace: `violated`; `proved`, that it reaches a state as the property requires (`violated` then
    says whether it does); `run`, only that it is a run.
    """

    schema_: Literal["verify.replay/1"] = Field(default="verify.replay/1", alias="schema")
    protocol: str
    variant: str | None = None
    property: str | None = None
    verdict: str | None = None
    valid: bool
    violated: bool
    failure: str | None = None
    steps: tuple[ReplayStep, ...] = ()
    explanation: tuple[str, ...] = ()

    @builtins.property
    def confirmed(self) -> bool:
        """Whether every step is allowed and the property is violated, as the trace claims; a trace of a run claims no
        violation.
        """
        return self.valid and (self.violated or self.property is None)
