"""`verify.litmus/1`: litmus tests, what each memory model says of them, and the executions that show it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from verifier.documents.base import Document, Part
from verifier.wire.litmus import Outcome, Quantifier


class LitmusEvent(Part):
    """An access of an execution; `thread` is null for an initial write, `value` for a fence."""

    name: str
    thread: int | None = None
    text: str
    value: int | None = None


class LitmusEdge(Part):
    """Two accesses that are related: `rf`, or `co` from a write to the next."""

    source: str
    target: str
    relation: str


class LitmusStep(Part):
    """A step of a circle; `kept` says whether the memory model keeps its two accesses in order."""

    source: str
    target: str
    relation: str
    kept: bool


class LitmusExecution(Part):
    """An execution with the outcome, and the circle in it: forbidden, or allowed because some step of it is not kept.

    An allowed execution without a circle is sequentially consistent.
    """

    events: tuple[LitmusEvent, ...]
    edges: tuple[LitmusEdge, ...]
    cycle: tuple[LitmusStep, ...]


class LitmusModel(Part):
    """What a memory model says of a test: `outcome` is of the condition of `exists`, or of the negated one of `forall`.

    `axioms` are those that forbid it. `execution` has the outcome; null if no candidate execution has. `race` are two accesses
    that race in an execution that RC11 allows, so that the program has no meaning in C11. `holds`: the condition of the test
    holds with its quantifier, and the program has a meaning. `expected` is what the file expects, and `met` whether that is so.
    """

    model: str
    title: str
    source: str
    outcome: Outcome | None
    axioms: tuple[str, ...] = ()
    execution: LitmusExecution | None = None
    race: tuple[str, ...] = ()
    holds: bool | None = None
    expected: Outcome | None = None
    met: bool | None = None
    reason: str | None = None
    seconds: float


class LitmusTest(Part):
    """A litmus test and what each memory model says of it."""

    name: str
    file: str
    quantifier: Quantifier
    condition: str
    models: tuple[LitmusModel, ...]

    def __getitem__(self, model: str) -> LitmusModel:
        """What a memory model says, by its name in any case. KeyError if it was not asked."""
        for entry in self.models:
            if entry.model.lower() == model.lower():
                return entry
        raise KeyError(model)


class Litmus(Document):
    """`verify.litmus/1`: the tests in the order in which they were given."""

    schema_: Literal["verify.litmus/1"] = Field(default="verify.litmus/1", alias="schema")
    tests: tuple[LitmusTest, ...]
    versions: dict[str, str | None] = Field(default_factory=dict)
