"""The results for litmus tests, as a worker builds them."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from verifier.wire.parts import Versions

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
    """A step of a cycle; `kept` says whether the memory model keeps its two accesses in order."""

    source: str
    target: str
    relation: str
    kept: bool


class ExecutionEntry(TypedDict):
    """An execution with the outcome, and the cycle in it: forbidden, or allowed because some step of it is not kept."""

    events: list[EventEntry]
    edges: list[EdgeEntry]
    cycle: list[StepEntry]


class LitmusModelEntry(TypedDict):
    """The result of a test under a memory model: `outcome` is that of the condition of `exists`, or of the negated one of
    `forall`.

    `axioms` are those that forbid it; `race` two accesses that race, in some execution that RC11 allows. `holds`: the condition
    of the test holds with its quantifier. `expected` is the outcome that the file expects, `met` whether the result agrees.
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
    """A litmus test and its result under each memory model."""

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
