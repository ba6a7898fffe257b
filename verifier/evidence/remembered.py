"""The answers of solvers to texts, by the digest of each text: certificates have many texts in common, word for word."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from verifier.semantics.answers import Answer


@dataclass(frozen=True, slots=True)
class Said:
    """The answer of a solver, and the reason if that is UNKNOWN. `failed`: it could not read the text, or broke down."""

    answer: Answer
    reason: str = ""
    failed: bool = False

    @property
    def word(self) -> str:
        """The answer as documents have it: `sat`, `unsat`, `unknown` or `error`."""
        return "error" if self.failed else self.answer.value


class Remembered:
    """The answers of solvers so far; `before` are the answers that `new` has returned elsewhere, of the same solvers.

    That cvc5 does not know is remembered, too, for as much time as it had. z3's steps depend on the texts before.
    """

    def __init__(self, before: Mapping[str, str] | None = None) -> None:
        self._words = dict(before or {})
        self._new: dict[str, str] = {}

    def said(self, solver: str, text: str, *, patient: bool) -> Said | None:
        """The answer to a text; None if there is none."""
        digest = _digest(text)
        word = self._words.get(f"{solver} {digest}") or self._words.get(f"{solver} {digest} {patient}")
        return None if word is None else Said(Answer(word))

    def keep(self, solver: str, text: str, said: Said, *, patient: bool) -> None:
        """Remembers an answer."""
        unknown = said.answer is Answer.UNKNOWN
        if not said.failed and (solver == "cvc5" or not unknown):
            key = f"{solver} {_digest(text)}" + (f" {patient}" if unknown else "")
            self._words[key] = self._new[key] = said.word

    def new(self) -> dict[str, str]:
        """The answers since the last call."""
        new, self._new = self._new, {}
        return new


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
