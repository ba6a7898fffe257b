"""The questions to the workbench."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Question = Literal["inductive", "initially", "preserved"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about the statements: whether they are inductive (and if not, what is wrong), hold initially, are preserved.

    `action` alone, if it is given. `k`: the steps within which reachable states are searched for; with 0, which asks for what is
    found at once, counterexamples to induction are not searched for at larger sizes than published either.
    """

    question: Question = "inductive"
    action: str | None = None
    k: int = 8
