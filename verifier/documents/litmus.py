"""`verify.litmus/1`: litmus tests, the answers of each memory model, and the executions that show them."""

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
    """A step of a cycle; `kept` says whether the memory model keeps its two accesses in order."""

    source: str
    target: str
    relation: str
    kept: bool


class LitmusExecution(Part):
    """An execution with the outcome, and the cycle in it: forbidden, or allowed because some step of it is not kept.

    An allowed execution without a cycle is sequentially consistent.
    """

    events: tuple[LitmusEvent, ...]
    edges: tuple[LitmusEdge, ...]
    cycle: tuple[LitmusStep, ...]


class LitmusModel(Part):
    """The answer of a memory model to a test: `outcome` refers to the condition of `exists`, or to the negated one of `forall`.

    `axioms` are those that forbid it. `execution` has the outcome; null if no candidate execution does. `race` are two accesses
    that race in an execution that RC11 allows, so the program has no meaning in C11. `holds`: the condition of the test holds
    with its quantifier, and the program has a meaning. `expected` is the outcome that the file expects, and `met` whether it is
    met.
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
    """A litmus test and the answer of each memory model."""

    name: str
    file: str
    quantifier: Quantifier
    condition: str
    models: tuple[LitmusModel, ...]

    def __getitem__(self, model: str) -> LitmusModel:
        """The answer of a memory model, by its name in upper or lower case. KeyError if the model was not used."""
        for entry in self.models:
            if entry.model.lower() == model.lower():
                return entry
        raise KeyError(model)


class Litmus(Document):
    """`verify.litmus/1`: the tests in the order in which they were given."""

    schema_: Literal["verify.litmus/1"] = Field(default="verify.litmus/1", alias="schema")
    tests: tuple[LitmusTest, ...]
    versions: dict[str, str | None] = Field(default_factory=dict)
