"""`verify.threshold/1`: the share of a whole at which each property begins to fail."""

from __future__ import annotations

import builtins
from fractions import Fraction
from typing import Literal

from pydantic import Field

from verifier.documents.base import Document
from verifier.wire.parts import Ended


class Threshold(Document):
    """The share at which a property begins to fail. This is not a verdict: `command` gives that of an instance.

    `fraction` is `p/q` in lowest terms: the property holds while the share is smaller, and fails at this share; with `strict`
    it still holds at this share, and fails at every greater one. It is null if the property holds whatever the share, or, with
    a `reason`, if nothing is known. `witness` are amounts, in the smallest possible units, in a state at that share (with
    `strict` slightly above it) that violates the property; the shortest run of that instance that violates it has `steps`
    steps, null if none was found.

    For given stakes, `fraction` is the share of the `coalition` that suffices to violate the property: no other such coalition
    has less stake, and none with equal stake has fewer members. `places` gives the places of all others in that state; `steps`
    is the length of a run in which all holders in one place move together. It is null if no coalition suffices.
    """

    property: str
    published_name: str
    doc: str = ""
    fraction: str | None = None
    strict: bool = False
    witness: dict[str, int] | None = None
    coalition: tuple[str, ...] | None = None
    places: dict[str, str] | None = None
    steps: int | None = None
    command: str | None = None
    reason: str | None = None

    @builtins.property
    def known(self) -> bool:
        """Whether there is an answer: a fraction, or that the property holds whatever the share."""
        return self.fraction is not None or self.reason is None

    @builtins.property
    def share(self) -> Fraction | None:
        """The fraction as a number."""
        return None if self.fraction is None else Fraction(self.fraction)


class Thresholds(Document):
    """`verify.threshold/1`: for each property of a protocol, the share of `part` in `whole` that is too much.

    `variant` assumes nothing about the share; `lemmas` are those of the model that were shown to hold in all its reachable
    states. `parameters` are those that have a value at any size. `stakes` are those of each holder, if thresholds of given
    holders were requested, and null for any sizes.
    """

    schema_: Literal["verify.threshold/1"] = Field(default="verify.threshold/1", alias="schema")
    protocol: str
    variant: str | None = None
    dropped: tuple[str, ...] = ()
    part: str
    whole: str
    parameters: dict[str, int] = Field(default_factory=dict)
    stakes: dict[str, int] | None = None
    lemmas: tuple[str, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    seconds: float | None = None
    versions: dict[str, str | None] = Field(default_factory=dict)
    model_digest: str | None = None
    evidence_digest: str | None = None
    ended: Ended = "complete"

    def __getitem__(self, name: str) -> Threshold:
        """The threshold of a property, by short or published name.

        Raises:
            KeyError: no threshold has this name.
        """
        from verifier.kernel.spelling import is_called

        for entry in self.thresholds:
            if is_called(name, entry.property, entry.published_name):
                return entry
        raise KeyError(name)
