"""`verify.list/1`: the available protocols, with everything that can be selected, dropped and set in each."""

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
    """A property: its names, its kind, its meaning in words and as a formula, and the expected verdict for each variant that
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
    """A named set of fairness conditions."""

    name: str
    conditions: tuple[str, ...] = ()


class ListedVariant(Part):
    """A variant: what it drops, replaces and leaves out, and its own parameter values.

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
    """A finding about the protocol or its published description, and the command that shows it."""

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
    """`verify.list/1`: every built-in and registered protocol, or the requested one."""

    schema_: Literal["verify.list/1"] = Field(default="verify.list/1", alias="schema")
    protocols: tuple[ListedProtocol, ...] = ()
