"""The trace document: ITF, the JSON trace format of Apalache and Quint, with this tool's facts under `#meta`.

Source: Apalache, architecture decision record 015, "Informal Trace Format in JSON".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self, cast

from pydantic import FailFast, Field, JsonValue, model_validator

from verifier.documents.base import Document, Part, absent
from verifier.documents.places import ListedAction, Place

if TYPE_CHECKING:
    from verifier.documents.values import State

ACTION = "mbt::actionTaken"
PICKS = "mbt::nondetPicks"

_DEEPEST = 100  # the deepest nesting of a value; sorts of models are nested a few times


class Attempted(Part):
    """The action instance that is undefined in the last state; its arguments are ITF values."""

    action: str
    arguments: dict[str, JsonValue]


class Evaluated(Part):
    """An expression and its ITF value in each state of a trace; `#unserializable` in states where it has none."""

    expression: str
    values: Annotated[tuple[JsonValue, ...], FailFast()]


class TraceMeta(Part):
    """The origin of a trace: enough to find the model again and to reject another one. Paths are never opened.

    For people it has the sentence of the property (`doc`), its `formula` and its place (`at`), the `actions` of the trace, the
    reason why the property fails (`explanation`), and the `command` that finds this violation; `evaluated` are the requested
    expressions along the trace.
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
    format_description: str | None = Field(default=None, alias="format-description", exclude_if=absent)
    shortest: bool | None = Field(default=None, exclude_if=absent)
    versions: dict[str, str | None] | None = Field(default=None, exclude_if=absent)
    attempt: Attempted | None = Field(default=None, exclude_if=absent)
    doc: str | None = Field(default=None, exclude_if=absent)
    formula: str | None = Field(default=None, exclude_if=absent)
    at: Place | None = Field(default=None, exclude_if=absent)
    actions: tuple[ListedAction, ...] | None = Field(default=None, exclude_if=absent)
    explanation: tuple[str, ...] | None = Field(default=None, exclude_if=absent)
    command: str | None = Field(default=None, exclude_if=absent)
    evaluated: tuple[Evaluated, ...] | None = Field(default=None, exclude_if=absent)


class Trace(Document):
    """A run of the protocol: the states in order, each with the action that led to it and that action's
    arguments.
    """

    meta: TraceMeta = Field(alias="#meta")
    params: Annotated[tuple[str, ...], FailFast()] = ()
    variables: Annotated[tuple[str, ...], FailFast()] = Field(alias="vars")
    states: Annotated[tuple[dict[str, JsonValue], ...], FailFast()] = Field(min_length=1)
    loop: int | None = Field(default=None, ge=0, exclude_if=absent)  # a finite trace has none, as the format requires

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for number, state in enumerate(self.states):
            missing = [name for name in self.variables if name not in state]
            if missing:
                raise ValueError(f"state {number} has no value for {', '.join(missing)}")
            for name, value in state.items():
                fault = _fault(value)
                if fault is not None:
                    raise ValueError(f"state {number}: {name}: {fault}")
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

    @property
    def run(self) -> tuple[State, ...]:
        """The states in order, with their values as Python values: `trace.run[2].values["lock"]`."""
        from verifier.documents.values import states

        variables = [name for name in self.variables if not name.startswith("mbt::")]
        return states(self.states, variables, action=ACTION, picks=PICKS)

    def __repr__(self) -> str:
        model = self.meta.protocol if self.meta.variant is None else f"{self.meta.protocol}:{self.meta.variant}"
        of = f" of {self.meta.property}" if self.meta.property else ""
        return f"<Trace{of} in {model}, {'1 step' if self.steps == 1 else f'{self.steps} steps'}>"


class Violation(Part):
    """A property that is violated, its statement as in a result, a replayed trace, and the command that finds it."""

    property: str
    published_name: str | None = None
    steps: int
    trace: Trace
    explanation: tuple[str, ...] | None = None
    doc: str = ""
    formula: str | None = None
    at: Place | None = None
    command: str | None = None


def _fault(value: JsonValue) -> str | None:
    """The deviation of a value from ITF, if any: `#map` has pairs, the other marks have lists or a number."""
    waiting: list[tuple[JsonValue, int]] = [(value, 0)]
    while waiting:
        result, depth = waiting.pop()
        if depth > _DEEPEST:
            return f"it is nested more than {_DEEPEST} deep"
        inner: list[JsonValue] = result if isinstance(result, list) else []
        if isinstance(result, dict):
            for mark, inside in result.items():
                if mark in ("#set", "#tup", "#map") and not isinstance(inside, list):
                    return f"{mark} is not a list"
                if mark == "#map" and not all(isinstance(pair, list) and len(pair) == 2 for pair in cast(Any, inside)):
                    return f"{mark} is not a list of pairs"
                if mark == "#bigint" and not isinstance(inside, (str, int)):
                    return f"{mark} is not a number"
            inner = list(result.values())
        waiting += [(one, depth + 1) for one in inner]
    return None
