"""The description of a protocol without any proof: the entries of `verify.list/1`."""

from typing import Literal, NotRequired, final

from typing_extensions import TypedDict

from verifier.wire.parts import ActionEntry, Json, PlaceEntry
from verifier.wire.results import VacuityEntry


class ParameterEntry(TypedDict):
    """A parameter of the published scope. `bound` is true if it only keeps a search finite."""

    name: str
    published: Json
    bound: bool
    sort: str | None
    doc: str


class ListedPropertyEntry(TypedDict):
    """A property: its names, its kind, and the verdict expected of each variant that states it.

    A liveness property is stated under the assumptions of fairness that `under` names.
    """

    name: str
    published_name: str
    kind: str
    doc: str
    formula: str | None
    at: PlaceEntry | None
    expected: dict[str, Literal["proved", "violated"]]
    expected_steps: dict[str, int]
    expected_loops: dict[str, int]
    vacuous: VacuityEntry | None
    under: list[str]


class ListedLemmaEntry(TypedDict):
    """A hand-written lemma; `doc` says why it holds."""

    name: str
    doc: str
    formula: str
    at: PlaceEntry | None


class FairnessEntry(TypedDict):
    """Conditions of fairness under their name."""

    name: str
    conditions: list[str]


class VariantEntry(TypedDict):
    """A variant: what it drops, replaces and leaves out, and the parameter values of its own."""

    name: str
    doc: str
    drops: list[str]
    replaces: dict[str, str]
    without: list[str]
    settings: dict[str, Json]
    initially: list[str] | None
    at: PlaceEntry | None


class FindingEntry(TypedDict):
    """A known fact about the protocol or its published description, and the command that shows it."""

    title: str
    text: str
    command: str
    at: PlaceEntry | None


class ProtocolDescription(TypedDict):
    """The description of a protocol by its own file."""

    name: str
    description: str | None
    source: str | None
    variants: list[str]
    variant_details: list[VariantEntry]
    parameters: list[ParameterEntry]
    actions: list[ActionEntry]
    properties: list[ListedPropertyEntry]
    fairness: list[FairnessEntry]
    findings: list[FindingEntry]
    lemmas: list[ListedLemmaEntry]
    at: PlaceEntry | None


class ListedProtocolEntry(ProtocolDescription):
    """A protocol of a listing."""

    model_digest: str


class UnlistedProtocolEntry(TypedDict):
    """A protocol that could not be loaded, and why."""

    name: str
    error: str


class ListingDocument(TypedDict):
    """`verify.list/1`."""

    schema: Literal["verify.list/1"]
    protocols: list[ListedProtocolEntry | UnlistedProtocolEntry]


class ShownText(TypedDict):
    """A protocol as text; bytes of a binary format as the characters of these numbers."""

    text: str


@final
class Fault(TypedDict):
    """The reason why a protocol or a setting cannot be used: `kind` is model, usage or internal, the place is the model's."""

    kind: str
    message: str
    hint: str | None
    file: str | None
    line: int | None


class Surveyed(TypedDict):
    """A protocol as a plan needs it: its description and digest, or the error in it.

    `refused`: the variants whose behaviour has no meaning at unbounded scope.
    """

    entry: NotRequired[ProtocolDescription]
    digest: NotRequired[str]
    refused: NotRequired[list[str]]
    error: NotRequired[Fault]


@final
class Survey(TypedDict):
    """The answers about protocols, and about settings, in the order of the questions."""

    protocols: list[Surveyed]
    settings: list[Fault | None]
