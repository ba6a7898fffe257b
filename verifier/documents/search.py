"""`verify.explore/1`, `verify.run/1` and `verify.replay/1`: what searches and re-executed traces
report.
"""

from __future__ import annotations

import builtins
from typing import Literal

from pydantic import Field, JsonValue

from verifier.documents.base import Document, Part
from verifier.documents.places import Place
from verifier.documents.trace import Trace
from verifier.wire.documents import Ended


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
    """How often an action fired in the states that were expanded, and how many states were found first by one of its steps."""

    action: str
    fired: int
    new: int


class Exploration(Document):
    """`verify.explore/1`: the reachable states of a protocol, counted as TLC counts them.

    `orbits_reason` says why the orbits that were asked for were not counted. `stopped`: the limit that cut the search short.
    `never_false`: the guards, as `ACTION.GUARD`, that held in every state that was found, whatever the arguments of the action.
    `dot`: if asked for, the graph of the first states, for Graphviz.
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


class SimulatedViolation(Part):
    """A violation met by a random run, shortened, with its replayed trace."""

    property: str
    published_name: str | None = None
    steps: int
    trace: Trace
    explanation: tuple[str, ...] | None = None
    doc: str = ""
    formula: str | None = None
    at: Place | None = None
    command: str | None = None


class RunAction(Part):
    """In how many states of the runs an action could happen, counted in every run, and how often it did."""

    action: str
    enabled: int
    fired: int


class Sample(Part):
    """A run that is worth to be seen: what it shows that no sample before it does (actions, labels), its steps, its trace."""

    shows: tuple[str, ...]
    steps: int
    trace: Trace


class Run(Document):
    """`verify.run/1`: random runs of a protocol, what there is to see in them, and the violations they met.

    `sights` are the actions and the labels of enumerations that there are, `missing` those that no run has shown; `states` is how
    many states were looked at. With `until`, the formula of a state that was looked for: whether it was `found`, in `steps`,
    `shortest` or not, and the `trace` there; `complete`: every reachable state was looked at, so that there is none.
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

    `verdict` is what the trace claims: `violated`; `proved`, that a state is reached as the property asks for (`violated` then
    says whether it is); `run`, nothing else.
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
        """Whether every step is allowed and the property is violated, as the trace claims; one of a run claims no violation."""
        return self.valid and (self.violated or self.property is None)
