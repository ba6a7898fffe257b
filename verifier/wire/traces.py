"""Traces, and the results of executing them again."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic takes typing's own only from Python 3.12 on

from verifier.wire.parts import ActionEntry, Json, PlaceEntry, Versions


class Attempt(TypedDict):
    """The action instance that is undefined in the last state of a trace; its arguments are ITF values."""

    action: str
    arguments: dict[str, Json]


class EvaluatedEntry(TypedDict):
    """An expression and its ITF value in each state of a trace; `#unserializable` where it has none."""

    expression: str
    values: list[Json]


TraceMetaEntry = TypedDict(
    "TraceMetaEntry",
    {
        "format": str,
        "format-description": NotRequired[str],
        "protocol": str,
        "variant": str | None,
        "dropped": list[str],
        "scope": str | None,
        "parameters": dict[str, Json],
        "property": str | None,
        "verdict": str | None,
        "shortest": NotRequired[bool],
        "model_digest": str | None,
        "versions": NotRequired[Versions],
        "attempt": NotRequired[Attempt],
        "doc": NotRequired[str | None],
        "formula": NotRequired[str | None],
        "at": NotRequired[PlaceEntry | None],
        "actions": NotRequired[list[ActionEntry] | None],
        "explanation": NotRequired[list[str] | None],
        "command": NotRequired[str | None],
        "evaluated": NotRequired[list[EvaluatedEntry]],
    },
)
TraceMetaEntry.__doc__ = "Where a trace comes from: enough to find the model again and to refuse another one."

TraceDocument = TypedDict(
    "TraceDocument",
    {
        "#meta": TraceMetaEntry,
        "params": list[str],
        "vars": list[str],
        "states": list[dict[str, Json]],
        "loop": NotRequired[int],
    },
)
TraceDocument.__doc__ = "A run in ITF: its states, each with the action that led to it and that action's arguments."


class ReplayedStep(TypedDict):
    """One step of a re-executed trace: `changes` maps a place to its old and new value, as text."""

    index: int
    action: str
    arguments: dict[str, Json]
    changes: dict[str, tuple[str | None, str]]


class ReplayedDocument(TypedDict):
    """`verify.replay/1`."""

    schema: Literal["verify.replay/1"]
    protocol: str
    variant: str | None
    property: str | None
    verdict: str | None
    valid: bool
    violated: bool
    failure: str | None
    steps: list[ReplayedStep]
    explanation: list[str]
