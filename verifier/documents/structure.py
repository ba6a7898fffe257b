"""`verify.model/1`: a model with all its formulas, as `verify show --format json` writes it."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, with_config

from verifier.documents.base import Document
from verifier.wire.model import (
    ArgumentEntry,
    FieldEntry,
    FormulaEntry,
    SortEntry,
    StatedEntry,
    TermEntry,
    TransitionEntry,
    VariableEntry,
)
from verifier.wire.parts import PlaceEntry

# Records that stay dictionaries when they are read. Fields of later versions are kept, as in any part.
for _record in (
    ArgumentEntry, FieldEntry, FormulaEntry, PlaceEntry, SortEntry, StatedEntry, TermEntry, TransitionEntry, VariableEntry,
):  # fmt: skip
    with_config(ConfigDict(extra="allow"))(_record)


class Structure(Document):
    """A model at the sizes in `parameters`.

    `terms` are those of all formulas, each after its arguments; formulas name their positions. A variable that an action does
    not update keeps its value. `kind` of a guard is `budget` where it only enforces a search bound.
    """

    schema_: Literal["verify.model/1"] = Field(default="verify.model/1", alias="schema")
    protocol: str
    variant: str
    dropped: tuple[str, ...] = ()
    parameters: dict[str, int] = Field(default_factory=dict)
    model_digest: str
    at: PlaceEntry | None = None
    sorts: tuple[SortEntry, ...] = ()
    variables: tuple[VariableEntry, ...] = ()
    initially: tuple[StatedEntry, ...] = ()
    constraints: tuple[StatedEntry, ...] = ()
    actions: tuple[TransitionEntry, ...] = ()
    properties: tuple[StatedEntry, ...] = ()
    lemmas: tuple[StatedEntry, ...] = ()
    terms: tuple[TermEntry, ...] = ()
