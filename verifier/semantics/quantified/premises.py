"""The assumptions and goals of an obligation: each premise has a tag for its kind, each axiom a note of its subject.

The form or the sort of a formula decides nothing: a choice of a truth value has an axiom, too, and an assumption may be `true`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from verifier.kernel.terms import Term
from verifier.semantics.quantified.smt import Ast

Tag = Literal[
    "parameter", "assumption", "axiom", "range", "initial", "constraint", "guard", "defined", "hypothesis", "goal", "case"
]
"""The kinds of premises: a parameter is a natural number; an assumption of the protocol; an axiom of its rigid variables; a value
or a sort is as its range says; an initial predicate; a constraint; a guard; a use is defined; an assumption of the caller, or an
instance of it; the goal's own premise; a case of the goal.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Premise:
    """A formula that an obligation assumes: as a term, and lowered. `term` is the caller's assumption that it states."""

    tag: Tag
    name: str
    stated: Term
    formula: Ast
    term: Term | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Axiom:
    """A formula that gives the meaning of a symbol: of a sort, or of the witness that `defines` a minimum, a maximum, a choice.
    """

    name: str
    formula: Ast
    defines: Term | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """A formula that is to follow: `term` as the caller gave it, `stated` where it is evaluated, `formula` lowered."""

    term: Term
    stated: Term
    formula: Ast
