"""Formulas about shares of a whole, as linear constraints over the rationals.

A formula whose comparisons are linear and homogeneous (sums of multiples, compared with each other or with 0) is true for some
integers exactly if it is true for some rationals: multiplied by a common denominator they are integers, and every comparison
stays what it was. So the least share at which it can be true is the optimum of a linear program for each of its cases, which z3
finds exactly (N. Bjorner, A. Phan, L. Fleckenstein, vZ - an optimizing SMT solver, TACAS 2015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any

import z3

from verifier.kernel.sorts import BoolSort, EnumSort
from verifier.kernel.terms import Term, literal, substitute
from verifier.semantics.answers import Answer

LARGEST = 60
"""The largest whole for which a witness in small integers is searched for; a greater one is the solver's result, multiplied."""

NEAR = 10
"""The share of a witness of a threshold that is not attained is this many times nearer to it than to 1."""


class NotShares(Exception):
    """A formula says more than how amounts compare; the argument says where."""


@dataclass(frozen=True, slots=True)
class Least:
    """The least share, whether it is not attained itself, and amounts with that share (or, if it is not attained, somewhat more),
    as integers by the text that reads them, such as `stake[N1]`.
    """

    share: Fraction
    strict: bool
    amounts: Mapping[str, int]


_Linear = dict[str, Fraction]
"""A factor for each amount."""

_ONE = ""
"""Stands for the number 1 among the amounts of a sum."""


def place(variable: str, label: str) -> str:
    """The text that reads the amount of a variable at a label."""
    return f"{variable}[{label}]"


@dataclass(slots=True)
class Shares:
    """Amounts, and known facts about them. Parameters are at least 0; nothing is assumed about the values in a state except the
    known facts.

    Known facts that are not about shares are left out: a share can then only seem too small. With `whole_numbers` amounts are
    integers, and not multiplied. `amounts` are those that have been met, or are given as terms of z3.
    """

    part: Term
    whole: Term
    known: Sequence[Term]
    whole_numbers: bool = False
    amounts: dict[str, Any] = field(default_factory=dict)
    _parameters: set[str] = field(default_factory=set)

    def facts(self) -> list[Any]:
        """The known facts about shares."""
        facts = []
        for term in self.known:
            try:
                facts.append(self.formula(term))
            except NotShares:
                continue
        return facts

    def ends(self) -> tuple[Any, Any]:
        """The part and the whole."""
        return self._sum(self._linear(self.part)), self._sum(self._linear(self.whole))

    def signs(self) -> list[Any]:
        """That parameters are at least 0."""
        return [amount >= 0 for name, amount in self.amounts.items() if name in self._parameters]

    def least(self, wanted: Term) -> Least | None:
        """The least share at which a formula can be true; None if it cannot be true at any.

        Raises:
            NotShares: it is not about shares alone, or z3 gives up.
        """
        given = [*self.facts(), self.formula(wanted)]
        part, whole = self.ends()
        given += [whole == 1, *self.signs()]
        optimum = z3.Optimize()
        optimum.add(*given)
        goal = optimum.minimize(part)
        answer = Answer.of(optimum.check())
        if answer is Answer.UNSAT:
            return None
        if answer is Answer.UNKNOWN:
            raise NotShares(f"z3 gives up: {optimum.reason_unknown()}")
        _, value, epsilon = (Fraction(str(bound)) for bound in optimum.lower_values(goal))
        strict = epsilon > 0
        self._confirm(given, part, value, strict)
        return Least(value, strict, self._witness(given, part, whole, value, strict))

    def _confirm(self, given: Sequence[Any], part: Any, value: Fraction, strict: bool) -> None:
        """Asks a plain solver whether the optimum is one."""
        bound = z3.RealVal(str(value))
        below = z3.Solver()
        below.add(*given, part <= bound if strict else part < bound)
        if Answer.of(below.check()) is not Answer.UNSAT:
            raise NotShares(f"a solver does not confirm that nothing is below {value}")
        if not strict:
            at = z3.Solver()
            at.add(*given, part == bound)
            if Answer.of(at.check()) in (Answer.UNSAT, Answer.UNKNOWN):
                raise NotShares(f"a solver does not confirm that {value} is attained")

    def _witness(self, given: Sequence[Any], part: Any, whole: Any, value: Fraction, strict: bool) -> dict[str, int]:
        bound = z3.RealVal(str(value))
        at = z3.And(part > bound, part <= bound + (1 - bound) / NEAR) if strict else part == bound
        for total in range(1, LARGEST + 1):
            solver = z3.Solver()
            units = {name: z3.Int(f"units_{number}") for number, name in enumerate(self.amounts)}
            solver.add(*given, at)
            solver.add(*(total * self.amounts[name] == z3.ToReal(unit) for name, unit in units.items()))
            if Answer.of(solver.check()) is Answer.SAT:
                model = solver.model()
                return {name: model.eval(unit, model_completion=True).as_long() for name, unit in units.items()}
        solver = z3.Solver()
        solver.add(*given, at)
        if Answer.of(solver.check()) in (Answer.UNSAT, Answer.UNKNOWN):
            raise NotShares("a solver gives no example")
        model = solver.model()
        exact = {name: model.eval(real, model_completion=True).as_fraction() for name, real in self.amounts.items()}
        scale = lcm(*(amount.denominator for amount in exact.values()))
        return {name: int(amount * scale) for name, amount in exact.items()}

    def formula(self, term: Term) -> Any:
        """A formula about shares. Raises NotShares for another one."""
        args = term.args
        match term.op:
            case "literal" if isinstance(term.sort, BoolSort):
                return z3.BoolVal(term.data)
            case "and":
                return z3.And(*(self.formula(arg) for arg in args))
            case "or":
                return z3.Or(*(self.formula(arg) for arg in args))
            case "not":
                return z3.Not(self.formula(args[0]))
            case "implies":
                return z3.Implies(self.formula(args[0]), self.formula(args[1]))
            case "eq" if isinstance(args[0].sort, BoolSort):
                return self.formula(args[0]) == self.formula(args[1])
            case "le":
                return self._difference(term) >= 0
            case "lt":
                return self._difference(term) > 0
            case "eq" if args[0].sort.is_integer:
                return self._difference(term) == 0
            case "forall" | "exists" if all(isinstance(bound.sort, EnumSort) for bound in term.bound):
                cases = [args[0]]
                for bound in term.bound:
                    labels = bound.sort.labels  # type: ignore[attr-defined]
                    cases = [substitute(case, {bound: literal(label, bound.sort)}) for case in cases for label in labels]
                return (z3.And if term.op == "forall" else z3.Or)(*(self.formula(case) for case in cases))
            case _:
                raise NotShares(f"{term.op} compares no amounts")

    def _difference(self, term: Term) -> Any:
        left, right = (self._linear(arg) for arg in term.args)
        return self._sum({key: right.get(key, Fraction()) - left.get(key, Fraction()) for key in {**left, **right}})

    def _sum(self, linear: _Linear) -> Any:
        if linear.get(_ONE):
            raise NotShares("an amount is compared with a number other than 0")
        number = z3.IntVal if self.whole_numbers else z3.RealVal
        terms = [number(str(factor)) * self.amount(key) for key, factor in linear.items() if factor]
        return z3.Sum(terms) if terms else number(0)

    def amount(self, name: str) -> Any:
        """The amount that a text reads, such as `stake[N1]`."""
        if name not in self.amounts:
            self.amounts[name] = (z3.Int if self.whole_numbers else z3.Real)(f"amount_{len(self.amounts)}")
        return self.amounts[name]

    def _linear(self, term: Term) -> _Linear:
        args = term.args
        match term.op:
            case "literal":
                return {_ONE: Fraction(term.data)}
            case "parameter":
                self._parameters.add(term.data)
                return {term.data: Fraction(1)}
            case "state":
                return {term.data: Fraction(1)}
            case "apply" if args[0].op == "state" and args[1].op == "literal":
                return {place(args[0].data, args[1].data): Fraction(1)}
            case "add" | "sub":
                left, right = self._linear(args[0]), self._linear(args[1])
                sign = 1 if term.op == "add" else -1
                return {key: left.get(key, Fraction()) + sign * right.get(key, Fraction()) for key in {**left, **right}}
            case "mul":
                left, right = self._linear(args[0]), self._linear(args[1])
                number, other = (left, right) if set(left) == {_ONE} else (right, left)
                if set(number) != {_ONE}:
                    raise NotShares("two amounts are multiplied")
                return {key: number[_ONE] * factor for key, factor in other.items()}
            case _:
                raise NotShares(f"{term.op} is not a sum of multiples of amounts")


