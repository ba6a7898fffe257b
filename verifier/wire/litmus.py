"""What is found of litmus tests, as a worker builds it."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from verifier.wire.documents import Versions

Outcome = Literal["allowed", "forbidden"]
Quantifier = Literal["exists", "~exists", "forall"]


class EventEntry(TypedDict):
    """An access of an execution; `thread` is null for an initial write, `value` for a fence."""

    name: str
    thread: int | None
    text: str
    value: int | None


class EdgeEntry(TypedDict):
    """Two accesses that are related: `rf`, or `co` from a write to the next."""

    source: str
    target: str
    relation: str


class StepEntry(TypedDict):
    """A step of a circle; `kept` says whether the memory model keeps its two accesses in order."""

    source: str
    target: str
    relation: str
    kept: bool


class ExecutionEntry(TypedDict):
    """An execution with the outcome, and the circle in it: forbidden, or allowed because some step of it is not kept."""

    events: list[EventEntry]
    edges: list[EdgeEntry]
    cycle: list[StepEntry]


class LitmusModelEntry(TypedDict):
    """What a memory model says of a test: `outcome` is of the condition of `exists`, or of the negated one of `forall`.

    `axioms` are those that forbid it; `race` two accesses that race, in some execution that RC11 allows. `holds`: the condition
    of the test holds with its quantifier. `expected` is what the file expects, `met` whether that is so.
    """

    model: str
    title: str
    source: str
    outcome: Outcome | None
    axioms: list[str]
    execution: ExecutionEntry | None
    race: list[str]
    holds: bool | None
    expected: Outcome | None
    met: bool | None
    reason: str | None
    seconds: float


class LitmusTestEntry(TypedDict):
    """A litmus test and what each memory model says of it."""

    name: str
    file: str
    quantifier: Quantifier
    condition: str
    models: list[LitmusModelEntry]


class LitmusDocument(TypedDict):
    """`verify.litmus/1`: the tests in the order in which they were given."""

    schema: Literal["verify.litmus/1"]
    tests: list[LitmusTestEntry]
    versions: Versions
