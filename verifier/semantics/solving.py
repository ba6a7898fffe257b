"""The one layer between this package and z3's solvers, at both scopes: assertions, answers, budgets, seeds.

A scope has formulas of its own, z3's Python expressions or its C terms; each scope makes its own solver; here is the part that
they share.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from z3 import z3core

from verifier.semantics.answers import Answer

SEED = 7
"""The seed of those questions that are asked with another one than z3's own, which is 0."""

_ANSWERS = {-1: Answer.UNSAT, 0: Answer.UNKNOWN, 1: Answer.SAT}

Formula = TypeVar("Formula")


def _release(context: Any, solver: Any, keeper: object) -> None:
    z3core.Z3_solver_dec_ref(context, solver)


class Solver(Generic[Formula]):
    """One z3 solver. `context` and `handle` are z3's; `keeper` is whatever has to live as long, the context above all.

    `reason` says why the last answer was UNKNOWN.
    """

    def __init__(self, context: Any, handle: Any, keeper: object) -> None:
        self.context = context
        self.handle = handle
        self.reason = ""
        z3core.Z3_solver_inc_ref(context, handle)
        weakref.finalize(self, _release, context, handle, keeper).atexit = False

    def ast(self, formula: Formula) -> Any:
        """A formula of the scope as z3's C functions take it."""
        return formula

    # -- budgets and seeds -------------------------------------------------------------------------------------------

    def set(self, parameters: Mapping[str, bool | int]) -> None:
        """Sets parameters of z3, by name."""
        params = z3core.Z3_mk_params(self.context)
        z3core.Z3_params_inc_ref(self.context, params)
        for name, value in parameters.items():
            put = z3core.Z3_params_set_bool if isinstance(value, bool) else z3core.Z3_params_set_uint
            put(self.context, params, z3core.Z3_mk_string_symbol(self.context, name), value)
        z3core.Z3_solver_set_params(self.context, self.handle, params)
        z3core.Z3_params_dec_ref(self.context, params)

    def limit(self, steps: int | None) -> None:
        """Limits each question from now on, in z3's own steps; None: not at all."""
        self.set({"rlimit": steps or 0})

    # -- questions ---------------------------------------------------------------------------------------------------

    def add(self, *formulas: Formula) -> None:
        """Asserts formulas."""
        for formula in formulas:
            z3core.Z3_solver_assert(self.context, self.handle, self.ast(formula))

    def push(self) -> None:
        """Starts a scope: the next `pop` removes the assertions made from now on."""
        z3core.Z3_solver_push(self.context, self.handle)

    def pop(self) -> None:
        """Forgets the assertions since the last `push`."""
        z3core.Z3_solver_pop(self.context, self.handle, 1)

    def check(self, literals: Sequence[Formula] = ()) -> Answer:
        """Whether the assertions are satisfiable together with the literals."""
        array = (z3core.Ast * len(literals))(*map(self.ast, literals))
        answer = _ANSWERS[z3core.Z3_solver_check_assumptions(self.context, self.handle, len(literals), array)]
        unknown = answer is Answer.UNKNOWN
        self.reason = str(z3core.Z3_solver_get_reason_unknown(self.context, self.handle)) if unknown else ""
        return answer

    def core(self, literals: Sequence[Formula]) -> list[int]:
        """After UNSAT: the positions of the literals that the refutation used."""
        context = self.context
        vector = z3core.Z3_solver_get_unsat_core(context, self.handle)
        z3core.Z3_ast_vector_inc_ref(context, vector)
        size = z3core.Z3_ast_vector_size(context, vector)
        members = {z3core.Z3_ast_vector_get(context, vector, i).value for i in range(size)}
        z3core.Z3_ast_vector_dec_ref(context, vector)
        asts = [self.ast(literal) for literal in literals]
        return [i for i, literal in enumerate(asts) if literal.value in members]

    def steps(self) -> int:
        """The steps that z3 has counted for all solvers of the context."""
        stats = z3core.Z3_solver_get_statistics(self.context, self.handle)
        z3core.Z3_stats_inc_ref(self.context, stats)
        total = 0
        for i in reversed(range(z3core.Z3_stats_size(self.context, stats))):
            if z3core.Z3_stats_get_key(self.context, stats, i) == "rlimit count":
                total = int(z3core.Z3_stats_get_uint_value(self.context, stats, i))
                break
        z3core.Z3_stats_dec_ref(self.context, stats)
        return total
