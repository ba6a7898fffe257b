"""The results for lemmas and invariants, as a worker builds them."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from verifier.wire.induction import LemmaNames, LemmaReportEntry
from verifier.wire.parts import Ended, Json, ModelFacts, NotStatedEntry, Versions

Question = Literal["inductive", "initially", "preserved"]


class LemmasFacts(ModelFacts):
    """The subject of a check of lemmas."""

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
    """The cost of a check."""

    queries: int


class LemmasDocument(LemmasFacts):
    """`verify.lemmas/1`, whole or as far as a check got."""

    lemmas: list[LemmaReportEntry]
    not_stated: list[NotStatedEntry]
    next: str | None
    seconds: float | None
    statistics: LemmasStatistics | None
    ended: Ended
