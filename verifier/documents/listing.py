"""`verify.list/1`: the protocols at hand, with what can be selected, dropped and set in each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from verifier.documents.base import Document, Part


class ListedParameter(Part):
    """A parameter of the published scope. `bound` is true if it only keeps a search finite."""

    name: str
    published: JsonValue = None
    bound: bool = False


class ListedGuard(Part):
    """A named guard or choice of an action; `kind` is guard, choice or bound."""

    name: str
    kind: str = "guard"


class ListedAction(Part):
    """An action, its arguments with their sorts, and what can be dropped from it."""

    name: str
    arguments: dict[str, str] = Field(default_factory=dict)
    guards: tuple[ListedGuard, ...] = ()


class ListedProperty(Part):
    """A property: its names, its kind, and the verdict expected of each variant."""

    name: str
    published_name: str | None = None
    kind: str = "state"
    expected: dict[str, JsonValue] = Field(default_factory=dict)
    vacuous: JsonValue = None


class ListedProtocol(Part):
    """One protocol. `error` says why a registered protocol could not be loaded; the rest is then empty."""

    name: str
    description: str | None = None
    variants: tuple[str, ...] = ()
    parameters: tuple[ListedParameter, ...] = ()
    actions: tuple[ListedAction, ...] = ()
    properties: tuple[ListedProperty, ...] = ()
    model_digest: str | None = None
    error: str | None = None


class Listing(Document):
    """`verify.list/1`: every built-in and registered protocol, or the one that was asked for."""

    schema_: Literal["verify.list/1"] = Field(default="verify.list/1", alias="schema")
    protocols: tuple[ListedProtocol, ...] = ()
