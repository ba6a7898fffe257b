"""Paths of the transition relation in one incremental solver.

A path of `n` steps is a sequence of states s_0 .. s_n in which every state but the last is inside the constraint and each
step is a storable action instance. An `Unrolling` either starts in an initial state (bounded model checking: Biere et al.,
TACAS 1999) or anywhere in the well-typed states (the step of k-induction: Sheeran, Singh and Stalmarck, FMCAD 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from verifier.semantics.answers import Answer
from verifier.semantics.ground.smt import Encoding, Formula


class Unrolling:
    """A growing path; `rooted` paths start in an initial state. The axioms hold along every path, but of one that is to find the
    `candidates` for initial states: they may have no value there.

    `steps` limits each solver call, in the solver's own steps, until `limit` sets another limit. `queries` counts the calls.
    `model` is the model after SAT, `reason` says why after UNKNOWN.
    """

    def __init__(
        self, encoding: Encoding, *, rooted: bool, steps: int | None = None, candidates: bool = False
    ) -> None:
        self.encoding = encoding
        self.rooted = rooted
        self.length = 0
        self.queries = 0
        self.model: Any = None
        self.reason = ""
        self._solver = encoding.solver(steps)
        self._asked: tuple[Formula, ...] = ()
        self._always: list[Formula] = []
        self._solver.add(encoding.typed)
        if not candidates:
            self._solver.add(encoding.axioms)
        if rooted:
            self._solver.add(encoding.initial)

    def limit(self, steps: int | None) -> None:
        """Limits each solver call from now on, in the solver's own steps; None: not at all."""
        self._solver.limit(steps)

    @property
    def spent(self) -> int:
        """The steps that z3 has counted so far, for all solvers of the encoding."""
        return self._solver.steps()

    def extend(self, length: int) -> None:
        """Makes the path at least `length` steps long."""
        while self.length < length:
            step = self.length
            at = self.encoding.at
            self._solver.add(at(self.encoding.constraint, step), at(self.encoding.transition, step))
            self.length += 1
            self._solver.add(at(self.encoding.typed, self.length))
            for formula in self._always:
                self._solver.add(at(formula, self.length))

    def assume_invariant(self, formula: Formula) -> None:
        """Adds a proved state invariant in every state of the path, those to come included."""
        self._always.append(formula)
        for step in range(self.length + 1):
            self._solver.add(self.encoding.at(formula, step))

    def require(self, *formulas: Formula) -> None:
        """Adds formulas that every path satisfies from now on."""
        self._solver.add(*formulas)

    def literal(self, formula: Formula | Sequence[Formula]) -> Formula:
        """A fresh assumption literal that stands for the formula, or for all of the formulas."""
        literal = self.encoding.literal()
        for part in formula if isinstance(formula, (list, tuple)) else [formula]:
            self._solver.add(z3.Implies(literal, part))
        return literal

    def imply(self, literal: Formula, formula: Formula) -> None:
        """Adds a formula to what an assumption literal stands for."""
        self._solver.add(z3.Implies(literal, formula))

    def check(self, *assumptions: Formula) -> Answer:
        """Whether a path of the present length satisfies the assumption literals."""
        self.queries += 1
        answer = self._solver.check(assumptions)
        self._asked = assumptions
        self.model = self._solver.model() if answer is Answer.SAT else None
        self.reason = self._solver.reason
        return answer

    def core(self) -> set[int]:
        """After UNSAT: the z3 ids of the assumption literals used."""
        return {self._asked[place].get_id() for place in self._solver.core(self._asked)}
