"""The properties that break without a guard, a choice or a condition of fairness."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic takes typing's own only from Python 3.12 on

from verifier.wire.parts import Ended, Json, ModelFacts, PlaceEntry, Versions
from verifier.wire.searches import ViolationEntry


class DropNames(TypedDict):
    """A guard, choice or condition of fairness that is left out; `kind` is guard, choice, bound or fairness."""

    action: str
    name: str
    kind: str
    at: NotRequired[PlaceEntry | None]


class DropEntry(DropNames):
    """A guard, choice or condition, and the properties that break without it."""

    breaks: NotRequired[list[ViolationEntry]]
    inert: NotRequired[bool | None]
    complete: NotRequired[bool]
    same_states: NotRequired[bool | None]
    method: NotRequired[str | None]
    k: NotRequired[int | None]
    distinct: NotRequired[int | None]
    reason: NotRequired[str | None]
    seconds: NotRequired[float | None]


class BaselineEntry(TypedDict):
    """The protocol with nothing left out."""

    complete: bool
    distinct: int | None
    violated: list[str]


class GapsFacts(ModelFacts):
    """The part of the document that is known before anything was left out."""

    schema: Literal["verify.gaps/1"]
    parameters: dict[str, Json]
    k: int
    versions: Versions
    description: NotRequired[str | None]
    at: NotRequired[PlaceEntry | None]


class GapsPlan(GapsFacts):
    """The guards, choices and conditions that will be left out."""

    drops: list[DropNames]


class GapsDocument(GapsFacts):
    """`verify.gaps/1`, whole or as far as a run came."""

    seconds: float
    baseline: NotRequired[BaselineEntry]
    drops: list[DropEntry]
    ended: NotRequired[Ended]
