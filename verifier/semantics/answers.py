"""The answer of a solver. Every layer that asks one uses this type, so "unknown" is never taken for either of the others."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NoReturn


class Answer(Enum):
    """Satisfiable, unsatisfiable, or not known: the solver gave up, ran out of its budget or was interrupted.

    An answer that is not SAT need not be UNSAT. To read an answer, compare it with `is`; it has no truth value, and it equals
    only an answer, not a solver's own result or a word.
    """

    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, known: object) -> Answer:
        """The answer that z3 prints as `sat`, `unsat` or `unknown`. Raises ValueError for anything else."""
        return cls(str(known))

    def __bool__(self) -> NoReturn:
        raise TypeError("an answer is one of three and has no truth value: compare it with `is`")

    if not TYPE_CHECKING:  # mypy refuses a comparison with another type by itself, if this is left to Enum

        def __eq__(self, other: object) -> bool:
            if not isinstance(other, Answer):
                raise TypeError(f"an answer is compared with answers only, not with {other!r}")
            return self is other

        __hash__ = Enum.__hash__
