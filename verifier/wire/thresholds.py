"""The results for thresholds, as a worker builds them."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from verifier.wire.parts import Ended, ModelFacts, Versions


class ThresholdEntry(TypedDict):
    """The threshold of one property; see the document."""

    property: str
    published_name: str
    doc: str
    fraction: str | None
    strict: bool
    witness: dict[str, int] | None
    coalition: list[str] | None
    places: dict[str, str] | None
    steps: int | None
    command: str | None
    reason: str | None


class ThresholdDocument(ModelFacts):
    """`verify.threshold/1`, whole or as far as a call got."""

    schema: Literal["verify.threshold/1"]
    part: str
    whole: str
    parameters: dict[str, int]
    stakes: dict[str, int] | None
    versions: Versions
    lemmas: list[str]
    thresholds: list[ThresholdEntry]
    seconds: float | None
    ended: Ended
