"""Errors other than those of the model: the verifier's own fault, and a solver that gives up on a remark."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class Inconsistency(Exception):
    """The verifier contradicted itself: a proof that does not re-check, or a violation that does not replay.

    `documents` are the evidence on both sides, by name; the report of the error has them.
    """

    def __init__(self, message: str, documents: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        for name, document in (documents or {}).items():
            self.add_note(f"{name}:\n{json.dumps(document, indent=1, ensure_ascii=True, default=str)}")


class Unanswered(Exception):
    """A solver gave up on a question that only a remark or a certificate needs; its text becomes a warning, verdicts stay."""
