"""State formulas as the engines at a finite scope take them: candidates for lemmas, and lemmas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.kernel.terms import Term
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground

if TYPE_CHECKING:
    from verifier.semantics.ground.smt import Encoding, Formula


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A state formula with its circuit node (where undefined uses make it false) and its formula over step 0."""

    term: Term
    node: Node
    formula: Formula


def candidate(encoding: Encoding, term: Term) -> Candidate:
    """The candidate for a kernel formula."""
    node = lemma(encoding.ground, term)
    return Candidate(term, node, encoding.formula(node))


def lemma(ground: Ground, term: Term) -> Node:
    """A lemma as a condition on a state: the kernel formula is true, and has a value there."""
    node, undefined = ground.formula(term)
    return ground.circuit.and_([node, *(ground.circuit.not_(use.happens) for use in undefined)])
