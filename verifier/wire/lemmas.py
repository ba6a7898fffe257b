"""What is found of lemmas and invariants, as a worker builds it."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from verifier.wire.documents import (
    Ended,
    InductionCounterexample,
    Json,
    ModelFacts,
    NotStatedEntry,
    TraceDocument,
    Versions,
)

LemmaStatus = Literal["inductive", "initial", "preserved", "not preserved", "unknown", "false"]
StepStatus = Literal["preserved", "not preserved", "unknown"]
Question = Literal["inductive", "initially", "preserved"]


class LemmaNames(TypedDict):
    """What is known of a lemma or invariant before anything is asked. `doc` says why it holds, or what it means."""

    name: str
    published_name: str | None
    kind: Literal["lemma", "invariant"]
    doc: str
    formula: str | None


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
LemmaStepEntry.__doc__ = "What the steps of one action do to a lemma or invariant."

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
    """What is known of one lemma or invariant."""


class LemmasFacts(ModelFacts):
    """What a check of lemmas is about."""

    schema: Literal["verify.lemmas/1"]
    label: str | None
    scope: str
    parameters: dict[str, Json]
    question: Question
    action: str | None
    k: int | None
    versions: Versions


class LemmasPlan(LemmasFacts):
    """The lemmas and invariants that a check is about."""

    lemmas: list[LemmaNames]


class LemmasStatistics(TypedDict):
    """What a check took."""

    queries: int


class LemmasDocument(LemmasFacts):
    """`verify.lemmas/1`, whole or as far as a check came."""

    lemmas: list[LemmaReportEntry]
    not_stated: list[NotStatedEntry]
    next: str | None
    seconds: float | None
    statistics: LemmasStatistics | None
    ended: Ended
