"""Incremental SAT solvers, through python-sat: they are loaded when the first one is made, and freed before Python ends."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Iterable, Sequence
from typing import Any

from verifier.semantics.answers import Answer

_LIVING: weakref.WeakSet[Sat] = weakref.WeakSet()


class Sat:
    """A solver for clauses, which are sequences of literals. `queries` counts the questions.

    `hard`: for questions some of which are hard, to CaDiCaL 1.5; others go to MiniSat 2.2, which has little to set up for one.
    """

    def __init__(self, clauses: Iterable[Sequence[int]] = (), *, hard: bool = False) -> None:
        from pysat.solvers import Cadical153, Minisat22

        if not _LIVING:
            atexit.register(_free)
        self._solver: Any = (Cadical153 if hard else Minisat22)(bootstrap_with=clauses)
        self.queries = 0
        _LIVING.add(self)

    def add(self, clause: Sequence[int]) -> None:
        """Asserts a clause."""
        self._solver.add_clause(clause)

    def check(self, assumptions: Sequence[int] = ()) -> Answer:
        """Whether the clauses and the assumptions are satisfiable; there is no limit, so that it is never unknown."""
        self.queries += 1
        return Answer.SAT if self._solver.solve(assumptions) else Answer.UNSAT

    def model(self) -> list[int]:
        """After SAT: the literal of each variable, in their order."""
        result: list[int] = self._solver.get_model()
        return result

    def core(self) -> set[int]:
        """After UNSAT: assumptions that the clauses exclude."""
        return set(self._solver.get_core() or ())

    def free(self) -> None:
        """Frees its memory; the solver cannot be used any more."""
        if self._solver is not None:
            self._solver.delete()
            self._solver = None
        _LIVING.discard(self)


def _free() -> None:
    """Frees the solvers that are left: python-sat can no longer do so once Python has ended."""
    for solver in list(_LIVING):
        solver.free()
