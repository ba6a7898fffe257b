"""`verify.list/1`: the protocols at hand, with what can be selected, dropped and set in each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from verifier.documents.base import Document, Part
from verifier.documents.places import ListedAction, Place
from verifier.documents.result import Vacuity


class ListedParameter(Part):
    """A parameter of the published scope. `bound` is true if it only keeps a search finite."""

    name: str
    published: JsonValue = None
    bound: bool = False
    sort: str | None = None
    doc: str = ""


class ListedProperty(Part):
    """A property: its names, its kind, what it says in words and as a formula, and the verdict expected of each variant that
    states it.

    A liveness property is stated under the assumptions of fairness that `under` names.
    """

    name: str
    published_name: str | None = None
    kind: str = "state"
    doc: str = ""
    expected: dict[str, Literal["proved", "violated"]] = Field(default_factory=dict)
    expected_steps: dict[str, int] = Field(default_factory=dict)
    expected_loops: dict[str, int] = Field(default_factory=dict)
    vacuous: Vacuity | None = None
    under: tuple[str, ...] = ()
    formula: str | None = None
    at: Place | None = None


class ListedLemma(Part):
    """A hand-written lemma; `doc` says why it holds."""

    name: str
    doc: str = ""
    formula: str
    at: Place | None = None


class ListedFairness(Part):
    """Conditions of fairness under their name."""

    name: str
    conditions: tuple[str, ...] = ()


class ListedVariant(Part):
    """A variant: what it drops, replaces and leaves out, and the parameter values of its own.

    `initially`: the predicates that its initial states satisfy in place of the protocol's initial values and predicates.
    """

    name: str
    doc: str = ""
    drops: tuple[str, ...] = ()
    replaces: dict[str, str] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    initially: tuple[str, ...] | None = None
    at: Place | None = None


class ListedFinding(Part):
    """Something that is known of the protocol or of its published description, and the command that shows it."""

    title: str
    text: str
    command: str
    at: Place | None = None


class ListedProtocol(Part):
    """One protocol. `error` says why a registered protocol could not be loaded; the rest is then empty."""

    name: str
    description: str | None = None
    source: str | None = None
    variants: tuple[str, ...] = ()
    variant_details: tuple[ListedVariant, ...] = ()
    parameters: tuple[ListedParameter, ...] = ()
    actions: tuple[ListedAction, ...] = ()
    properties: tuple[ListedProperty, ...] = ()
    fairness: tuple[ListedFairness, ...] = ()
    findings: tuple[ListedFinding, ...] = ()
    error: str | None = None
    model_digest: str | None = None
    lemmas: tuple[ListedLemma, ...] = ()
    at: Place | None = None


class Listing(Document):
    """`verify.list/1`: every built-in and registered protocol, or the one that was asked for."""

    schema_: Literal["verify.list/1"] = Field(default="verify.list/1", alias="schema")
    protocols: tuple[ListedProtocol, ...] = ()
