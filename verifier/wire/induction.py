"""Lemmas and invariants with their results, and counterexamples to induction."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # pydantic takes typing's own only from Python 3.12 on

from verifier.wire.parts import Json, PlaceEntry
from verifier.wire.traces import TraceDocument


class FirstStateEntry(TypedDict):
    """The known facts about the first state of a counterexample to induction.

    `reachable` is false if no run reaches it, null if no run of at most `steps` steps does; at the sizes of `parameters`.
    """

    reachable: bool | None
    steps: int | None
    parameters: dict[str, Json] | None


class InductionCounterexample(TypedDict):
    """A step from a state that satisfies the property and the lemmas, and need not be reachable, to a violation.

    `fewest`: no other one starts nearer to an initial state. `parameters`: the sizes of its instance.
    """

    property: str
    trace: TraceDocument
    explanation: list[str]
    fewest: NotRequired[bool]
    action: NotRequired[str | None]
    parameters: NotRequired[dict[str, Json] | None]
    first_state: NotRequired[FirstStateEntry | None]


LemmaStatus = Literal["inductive", "initial", "preserved", "not preserved", "unknown", "false"]
StepStatus = Literal["preserved", "not preserved", "unknown"]


class LemmaNames(TypedDict):
    """The facts about a lemma or invariant that are known before any check. `doc` says why it holds, or what it means."""

    name: str
    published_name: str | None
    kind: Literal["lemma", "invariant"]
    doc: str
    formula: str | None
    at: NotRequired[PlaceEntry | None]


LemmaPartEntry = TypedDict(
    "LemmaPartEntry",
    {"number": int, "formula": str, "status": LemmaStatus, "action": str | None, "with": list[str] | None},
)
LemmaPartEntry.__doc__ = "One conjunct of a lemma or invariant, by its number."

LemmaStepEntry = TypedDict(
    "LemmaStepEntry",
    {
        "action": str,
        "status": StepStatus,
        "with": list[str] | None,
        "cti": InductionCounterexample | None,
        "reason": str | None,
    },
)
LemmaStepEntry.__doc__ = "The effect of the steps of one action on a lemma or invariant."

_LemmaFacts = TypedDict(
    "_LemmaFacts",
    {
        "status": LemmaStatus,
        "part": int | None,
        "action": str | None,
        "with": list[str] | None,
        "rests_on": list[str],
        "parameters": dict[str, Json] | None,
        "steps": int | None,
        "trace": TraceDocument | None,
        "explanation": list[str] | None,
        "cti": InductionCounterexample | None,
        "reason": str | None,
        "seconds": float | None,
        "parts": list[LemmaPartEntry],
        "by_action": list[LemmaStepEntry],
    },
)


class LemmaReportEntry(LemmaNames, _LemmaFacts):
    """The results for one lemma or invariant."""
