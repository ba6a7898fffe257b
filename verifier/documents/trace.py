"""The trace document: ITF, the JSON trace format of Apalache and Quint, with this tool's facts under `#meta`.

Source: Apalache, architecture decision record 015, "Informal Trace Format in JSON".
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import FailFast, Field, JsonValue, model_validator

from verifier.documents.base import Document, Part

ACTION = "mbt::actionTaken"
PICKS = "mbt::nondetPicks"


class TraceMeta(Part):
    """Where a trace comes from: enough to find the model again and to refuse another one. Paths are never
    opened.
    """

    format: str = "ITF"
    protocol: str
    variant: str | None = None
    dropped: Annotated[tuple[str, ...], FailFast()] = ()
    scope: str | None = None
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    property: str | None = None
    verdict: str | None = None
    model_digest: str | None = None


class Trace(Document):
    """A run of the protocol: the states in order, each with the action that led to it and that action's
    arguments.
    """

    meta: TraceMeta = Field(alias="#meta")
    params: Annotated[tuple[str, ...], FailFast()] = ()
    variables: Annotated[tuple[str, ...], FailFast()] = Field(alias="vars")
    states: Annotated[tuple[dict[str, JsonValue], ...], FailFast()] = Field(min_length=1)
    loop: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for number, state in enumerate(self.states):
            missing = [name for name in self.variables if name not in state]
            if missing:
                raise ValueError(f"state {number} has no value for {', '.join(missing)}")
        if self.loop is not None and self.loop >= len(self.states):
            raise ValueError(f"the loop starts at state {self.loop}, but there are {len(self.states)} states")
        return self

    @property
    def steps(self) -> int:
        """The number of transitions: 0 if the initial state alone is the counterexample."""
        return len(self.states) - 1

    @property
    def actions(self) -> tuple[str, ...]:
        """The names of the actions taken, in order; the initial state's `init` is not one of them."""
        return tuple(str(state.get(ACTION)) for state in self.states[1:])

    def to_document(self) -> dict[str, Any]:
        """The ITF object; `loop` is left out of a finite trace, as the format wants."""
        document = super().to_document()
        if self.loop is None:
            document.pop("loop", None)
        return document
