"""The common parts of documents: values, places, the facts about a model.

These types are the documents as a worker builds them. A field that may be left out is null, or its default, in the document
that is written. The models of `verifier.documents` have the same fields, or use a type of this package directly.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from typing_extensions import TypedDict  # pydantic takes typing's own only from Python 3.12 on

Json: TypeAlias = Any
"""A JSON value about which nothing more is known here: a value of a model, a parameter."""

Verdict = Literal["proved", "bounded", "violated", "unknown"]
Ended = Literal["complete", "timeout", "memory", "interrupted", "killed"]
ScopeName = Literal["published", "unbounded"]
Versions = Mapping[str, str | None]


class PlaceEntry(TypedDict):
    """A place in a file of a model; lines count from 1."""

    file: str
    line: int


class GuardEntry(TypedDict):
    """A named guard or choice of an action; `kind` is guard, choice or bound."""

    name: str
    kind: str
    at: PlaceEntry | None


class ActionEntry(TypedDict):
    """An action, its arguments with their sorts, and what can be dropped from it."""

    name: str
    doc: str
    arguments: dict[str, str]
    guards: list[GuardEntry]
    at: PlaceEntry | None


class StatedFacts(TypedDict):
    """The statement of a property, in words and as a formula, and its place; known before it has a verdict."""

    doc: str
    formula: str | None
    at: PlaceEntry | None


class ModelFacts(TypedDict):
    """The facts about its model that every document has."""

    protocol: str
    variant: str | None
    dropped: list[str]
    model_digest: str | None
    evidence_digest: str | None


class NotStatedEntry(TypedDict):
    """A property that does not exist at the chosen scope."""

    name: str
    published_name: str | None
    reason: str
