"""The shape of an exported model: `verify.model/1`."""

from __future__ import annotations

from typing import Literal, NotRequired, final

from typing_extensions import TypedDict  # pydantic takes typing's own only from Python 3.12 on

from verifier.wire.parts import PlaceEntry


@final
class FormulaEntry(TypedDict):
    """A formula or expression: its text for people, and the position of its term in the list."""

    text: str
    term: int


@final
class TermEntry(TypedDict):
    """A term: the operator, the sort, the positions of its arguments and of the variables that it binds, and what else it says.

    `data` is the value of a literal, or the name of a variable, parameter, label or field.
    """

    op: str
    sort: str
    args: list[int]
    bound: NotRequired[list[int]]
    data: NotRequired[bool | int | str]


@final
class FieldEntry(TypedDict):
    """A field of a record."""

    name: str
    sort: str


@final
class SortEntry(TypedDict):
    """A declared sort; which further fields it has goes by its kind."""

    name: str
    kind: str
    low: NotRequired[FormulaEntry]
    high: NotRequired[FormulaEntry]
    parameter: NotRequired[str]
    labels: NotRequired[list[str]]
    element: NotRequired[str]
    fields: NotRequired[list[FieldEntry]]


@final
class VariableEntry(TypedDict):
    """A state variable; without an initial value, any value that the initial predicates allow may stand there."""

    name: str
    sort: str
    rigid: bool
    initial: FormulaEntry | None
    at: PlaceEntry | None


@final
class ArgumentEntry(TypedDict):
    """An argument or a witness of an action, and the bound variable that stands for it."""

    name: str
    sort: str
    term: int


@final
class StatedEntry(TypedDict):
    """A named formula. A liveness property has none of a state or a step."""

    name: str
    published_name: str
    kind: str
    at: PlaceEntry | None
    formula: FormulaEntry | None


@final
class TransitionEntry(TypedDict):
    """An action. Variables without an update keep their value."""

    name: str
    at: PlaceEntry | None
    arguments: list[ArgumentEntry]
    witnesses: list[ArgumentEntry]
    guards: list[StatedEntry]
    updates: list[StatedEntry]


@final
class ModelDocument(TypedDict):
    """A whole model; `terms` are those of all its formulas, each after its arguments."""

    schema: Literal["verify.model/1"]
    protocol: str
    variant: str
    dropped: list[str]
    parameters: dict[str, int]
    model_digest: str
    at: PlaceEntry | None
    sorts: list[SortEntry]
    variables: list[VariableEntry]
    initially: list[StatedEntry]
    constraints: list[StatedEntry]
    actions: list[TransitionEntry]
    properties: list[StatedEntry]
    lemmas: list[StatedEntry]
    terms: list[TermEntry]
