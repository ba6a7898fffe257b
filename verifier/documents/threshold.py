"""`verify.threshold/1`: at which share of a whole each property begins to fail."""

from __future__ import annotations

import builtins
from fractions import Fraction
from typing import Literal

from pydantic import Field

from verifier.documents.base import Document
from verifier.wire.documents import Ended


class Threshold(Document):
    """Where a property begins to fail. This is not a verdict: `command` gives that of an instance.

    `fraction` is `p/q` in lowest terms: the property holds as long as the share is less, and no longer at it; with `strict` it
    still holds at it, and at no greater share. It is null where the property holds whatever the share is, or, with a `reason`,
    where nothing is known. `witness` are amounts, in the smallest units there are, of a state at that share (with `strict`
    a little more) that violates the property; the shortest run of that instance that violates it has `steps` steps, null if
    none was found.

    For given stakes, `fraction` is the share of the `coalition` that suffices to violate the property: no other has less stake,
    and none with as much has fewer members. `places` says where all others stand then; `steps` counts those of a run in which
    all that stand in one place have moved together. It is null where no coalition suffices.
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
        """Whether there is an answer: a fraction, or that the property holds whatever the share is."""
        return self.fraction is not None or self.reason is None

    @builtins.property
    def share(self) -> Fraction | None:
        """The fraction as a number."""
        return None if self.fraction is None else Fraction(self.fraction)


class Thresholds(Document):
    """`verify.threshold/1`: of each property of a protocol, at which share of `whole` `part` is too much.

    `variant` assumes nothing of the share; `lemmas` are those of the model that were shown to hold in all its reachable states.
    `stakes` are what each holder has, if thresholds of given holders were asked for, and null for those of any sizes.
    """

    schema_: Literal["verify.threshold/1"] = Field(default="verify.threshold/1", alias="schema")
    protocol: str
    variant: str | None = None
    dropped: tuple[str, ...] = ()
    part: str
    whole: str
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
            KeyError: there is none of this name.
        """
        from verifier.kernel.spelling import is_called

        for entry in self.thresholds:
            if is_called(name, entry.property, entry.published_name):
                return entry
        raise KeyError(name)
