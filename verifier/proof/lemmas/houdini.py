"""Houdini: the largest subset of candidate formulas that is inductive, at a finite scope.

Source: C. Flanagan, K. R. M. Leino, Houdini, an annotation assistant for ESC/Java, FME 2001. Each counterexample to
induction drops every candidate that is false in its second state, until the rest is inductive as one conjunction.
"""

from __future__ import annotations

from collections.abc import Sequence

import z3

from verifier.proof.engines.candidate import Candidate
from verifier.proof.engines.unrolling import Unrolling
from verifier.semantics.answers import Answer
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.smt import Encoding, Formula


class Houdini:
    """Filters candidates with two incremental solvers: `initial`, a path of no steps from an initial state, and `step`, one of
    one step from anywhere. Whoever made them may use them too. `gave_up`: a question was not answered, so there may be more
    candidates that are inductive than were found.
    """

    def __init__(self, encoding: Encoding, initial: Unrolling, step: Unrolling) -> None:
        self.encoding = encoding
        self._initial = initial
        self._step = step
        self._step.extend(1)
        self._before: dict[Candidate, Formula] = {}
        self._after: dict[Candidate, Formula] = {}
        self.gave_up = False
        self._until: int | None = None
        self.supports: dict[Candidate, list[Candidate]] = {}
        """For each candidate of a closure, the others that its consecution needs."""

    def limit(self, steps: int | None, total: int | None = None) -> None:
        """Limits each question, and all of them together, from now on, in z3's own steps; None: not at all."""
        self._initial.limit(steps)
        self._step.limit(steps)
        self._until = None if total is None else self._step.spent + total
        self.gave_up = False

    def _ask(self, path: Unrolling, *assumptions: Formula) -> Answer:
        """The answer of a path; UNKNOWN without asking once all that was allowed is spent."""
        if self._until is not None and path.spent >= self._until:
            self.gave_up = True
            return Answer.UNKNOWN
        answer = path.check(*assumptions)
        self.gave_up = self.gave_up or answer is Answer.UNKNOWN
        return answer

    def initiated(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates that hold in every initial state."""
        kept = list(candidates)
        while kept:
            some = self._initial.literal(z3.Or(*(z3.Not(c.formula) for c in kept)))
            answer = self._ask(self._initial, some)
            if answer is Answer.UNSAT:
                return kept
            if answer is Answer.UNKNOWN:
                return []
            state = Evaluator(self.encoding.codes(self._initial.model, 0))
            kept = [c for c in kept if state.holds(c.node)]
        return kept

    def inductive(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The largest subset of initiated candidates whose conjunction every step preserves."""
        kept = list(candidates)
        self._declare(kept)
        while kept:
            some = self._step.literal(z3.Or(*(z3.Not(self._after[c]) for c in kept)))
            answer = self._ask(self._step, some, *(self._before[c] for c in kept))
            if answer is Answer.UNSAT:
                return kept
            if answer is Answer.UNKNOWN:
                return []
            state = Evaluator(self.encoding.codes(self._step.model, 1))
            kept = [c for c in kept if state.holds(c.node)]
        return kept

    def _declare(self, candidates: Sequence[Candidate]) -> None:
        for entry in candidates:
            if entry not in self._before:
                self._before[entry] = self._step.literal(entry.formula)
                self._after[entry] = self.encoding.next_state(entry.formula)

    def support(
        self, goal: Formula, own: Candidate | None, assumed: Sequence[Candidate], *, alone: bool = True
    ) -> list[Candidate] | None:
        """The assumed candidates that `goal` (over steps 0 and 1, to be unsatisfiable) needs; None if they are not enough.

        `own`, which the goal itself preserves, is assumed too and not counted. The subset is minimal: leaving out any one of
        them loses the proof. Unless it may hold `alone`, nobody asks whether it needs none.
        """
        self._declare([*([own] if own else []), *assumed])
        violated = self._step.literal(goal)
        always = [violated, *([self._before[own]] if own else [])]

        def proved_by(entries: Sequence[Candidate]) -> list[Candidate] | None:
            if self._ask(self._step, *always, *(self._before[c] for c in entries)) is not Answer.UNSAT:
                return None
            core = self._step.core()
            return [c for c in entries if self._before[c].get_id() in core]

        kept = proved_by([c for c in assumed if c is not own])
        if kept is None:
            return None
        for entry in list(kept):
            if entry in kept and (alone or len(kept) > 1):
                fewer = proved_by([c for c in kept if c is not entry])
                kept = kept if fewer is None else fewer
        return kept

    def closure(
        self, goal: Formula, own: Candidate | None, assumed: Sequence[Candidate], *, alone: bool = True
    ) -> list[Candidate] | None:
        """A self-contained set of candidates for `goal`: those that it needs, those that they need, and so on; None if not
        enough.

        `alone`: whether the goal may hold without any.
        `assumed` is inductive, together with `own` where that is one of the candidates; so the closure is inductive too.
        """
        direct = self.support(goal, own, assumed, alone=alone)
        if direct is None:
            return None
        needed: dict[Candidate, None] = {}
        waiting = list(direct)
        while waiting:
            entry = waiting.pop()
            if entry is own or entry in needed:
                continue
            needed[entry] = None
            known = self.supports.get(entry)
            if known is None or not all(other in assumed or other is own for other in known):
                known = self.support(z3.Not(self._after[entry]), entry, assumed)
                if known is None:
                    return None
                self.supports[entry] = known
            waiting += known
        return [entry for entry in assumed if entry in needed]
