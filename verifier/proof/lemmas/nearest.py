"""Finds the needs of an obligation at the published sizes, as a guess of its needs at any size.

A solver that gives up with all assumptions often answers at once with the few that matter. At a finite instance it finds those at
once: a minimal set of assumptions with which no step there breaks a formula. A guess proves nothing by itself: the obligation is
asked with it, and any consequence of fewer assumptions is a consequence of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import z3

from verifier.kernel.terms import Term, walk
from verifier.proof.engines.candidate import Candidate, candidate
from verifier.proof.engines.finite import FiniteTask
from verifier.proof.engines.unrolling import Unrolling
from verifier.proof.lemmas.houdini import Houdini

STEPS = 2_000_000
"""The budget of each question about the instance, in z3's steps."""


class Nearest:
    """The assumptions that formulas need in one instance; `always` are those that an instance has in any case, its ranges."""

    def __init__(self, instance: FiniteTask, always: Sequence[Term]) -> None:
        self._instance = instance
        self._always = frozenset(always)
        self._candidates: dict[Term, Candidate] = {}
        self._known: dict[tuple[Term, bool, tuple[Term, ...]], list[Term] | None] = {}

    def to_steps(self, formula: Term, kept: Sequence[Term]) -> list[Term] | None:
        """Those of the kept formulas, it among them, with which every step preserves it; None if they are not enough, or all."""
        return self._nearest(formula, kept, behind=True)

    def to_states(self, formula: Term, kept: Sequence[Term], given: Sequence[Term] = ()) -> list[Term] | None:
        """Those of the kept formulas from which it follows, with those given; None if they are not enough, or all."""
        return self._nearest(formula, kept, behind=False, given=given)

    @cached_property
    def _houdini(self) -> Houdini:
        encoding = self._instance.encoding
        return Houdini(
            encoding, Unrolling(encoding, rooted=True, steps=STEPS), Unrolling(encoding, rooted=False, steps=STEPS)
        )

    def _candidate(self, term: Term) -> Candidate:
        if term not in self._candidates:
            self._candidates[term] = candidate(self._instance.encoding, term)
        return self._candidates[term]

    def _nearest(
        self, formula: Term, kept: Sequence[Term], *, behind: bool, given: Sequence[Term] = ()
    ) -> list[Term] | None:
        key = formula, behind, tuple(given)
        known = self._known.get(key)
        if known is None or not set(known) <= set(kept):
            known = self._known[key] = self._support(formula, kept, behind=behind, given=given)
        return None if known is None or len(known) == len(kept) else known

    def _support(
        self, formula: Term, kept: Sequence[Term], *, behind: bool, given: Sequence[Term]
    ) -> list[Term] | None:
        goal = self._candidate(formula)
        others = [term for term in kept if term is not formula and term not in self._always]
        # Large assumptions are left out first, if others will do.
        assumed = [self._candidate(term) for term in sorted(others, key=lambda term: -sum(1 for _ in walk(term)))]
        said = self._instance.encoding.next_state(goal.formula) if behind else goal.formula
        refuted = z3.And(z3.Not(said), *(self._candidate(term).formula for term in given)) if given else z3.Not(said)
        support = self._houdini.support(refuted, goal if behind else None, assumed)
        if support is None:
            return None
        needed = {entry.term for entry in support} | self._always | ({formula} if behind else set())
        return [term for term in kept if term in needed]
