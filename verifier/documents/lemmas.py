"""`verify.lemmas/1`: each hand-written lemma and each invariant by itself, with any fault and the evidence for it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue

from verifier.documents.base import Document
from verifier.documents.induction import LemmaEntry
from verifier.documents.result import NotStated
from verifier.wire.lemmas import LemmasStatistics, Question
from verifier.wire.parts import Ended


class Lemmas(Document):
    """`verify.lemmas/1`: the lemmas and invariants of one protocol, in one variant, at one scope.

    `question` is the question that was checked: `inductive`, `initially` or `preserved` (by `action`, if it is not null).
    `next` is the next command to type.
    """

    schema_: Literal["verify.lemmas/1"] = Field(default="verify.lemmas/1", alias="schema")
    protocol: str
    label: str | None = None
    variant: str | None = None
    dropped: tuple[str, ...] = ()
    scope: str = "published"
    parameters: dict[str, JsonValue] = Field(default_factory=dict)
    question: Question = "inductive"
    action: str | None = None
    k: int | None = None
    seconds: float | None = None
    versions: dict[str, str | None] = Field(default_factory=dict)
    model_digest: str | None = None
    evidence_digest: str | None = None
    statistics: LemmasStatistics | None = None
    not_stated: tuple[NotStated, ...] = ()
    lemmas: tuple[LemmaEntry, ...] = ()
    next: str | None = None
    ended: Ended = "complete"

    @property
    def false(self) -> tuple[LemmaEntry, ...]:
        """The lemmas and invariants that a reachable state falsifies."""
        return tuple(entry for entry in self.lemmas if entry.status == "false")

    def __getitem__(self, name: str) -> LemmaEntry:
        """The entry of a lemma or invariant, by short or published name.

        Raises:
            KeyError: no lemma or invariant has this name.
        """
        from verifier.kernel.spelling import is_called

        for entry in self.lemmas:
            if is_called(name, entry.name, entry.published_name):
                return entry
        raise KeyError(name)
