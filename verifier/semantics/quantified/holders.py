"""The smallest coalition of given holders that can make a formula about shares true.

Each holder belongs to the part, or stands in one place with all that it holds. So the amounts are sums over a choice for each
holder, and the least part is found by trying the possible sums of a coalition one after the other. Holders of the same amount are
interchangeable: the choice is how many of them stand in each place, in binary. Two solvers are asked in turn, with growing time
limits, as each fails on questions that the other answers at once: one of linear arithmetic, and one of propositional logic, for
which comparisons of sums become circuits (N. Een, N. Sorensson, Translating pseudo-Boolean constraints into SAT, JSAT 2006).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from verifier.kernel.terms import Term
from verifier.semantics.answers import Answer
from verifier.semantics.quantified.shares import Least, NotShares, Shares, place

MOST_SUMS = 100_000
PATIENCE = (10**6, 10**7, 10**8)
"""The units of work that each solver has for a question, round after round."""


@dataclass(frozen=True, slots=True)
class Coalition:
    """The members of the part, and where all others stand, when the part is the least and, among the least, has the fewest
    members.
    """

    members: tuple[str, ...]
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Holders:
    """Holders with their amounts, of whom some belong to the part, a parameter, and all others stand in a place.

    The whole is the sum of `part` and `others`, two parameters; `places` is the variable that says how much of the others stands
    in each place, which `labels` names. `known` are formulas that all reachable states satisfy.
    """

    amounts: Mapping[str, int]
    part: Term
    others: Term
    places: str
    labels: Sequence[str]
    known: Sequence[Term]

    @property
    def total(self) -> int:
        """The sum of all amounts."""
        return sum(self.amounts.values())

    def smallest(self, wanted: Term, least: Least | None) -> Coalition | None:
        """The coalition with the least amount at which a formula can be true, and of these one with the fewest members.

        Args:
            wanted: the formula.
            least: at which share it can be true at all, if at any.

        Raises:
            NotShares: it is not about shares alone, z3 gives up, or the places are not known to hold all that the others have.
        """
        if least is None:
            return None
        self._confirm_places()
        names: dict[int, list[str]] = {}
        for name, amount in self.amounts.items():
            names.setdefault(amount, []).append(name)
        chosen = {amount: [_Count(len(some)) for _ in range(len(self.labels) + 1)] for amount, some in names.items()}
        in_part, *standing = (
            z3.Sum([amount * counts[at].value for amount, counts in chosen.items()]) for at in range(len(self.labels) + 1)
        )
        amounts = {self.part.data: in_part, self.others.data: z3.Sum(standing)}
        amounts.update((place(self.places, label), amount) for label, amount in zip(self.labels, standing, strict=True))
        shares = Shares(self.part, self.others, self.known, whole_numbers=True, amounts=amounts)
        search = _Search([shares.formula(wanted)], [part for fact in shares.facts() for part in _conjuncts(fact)])
        search.given += [z3.Sum([count.value for count in chosen[amount]]) == len(some) for amount, some in names.items()]
        share = least.share
        sums = [one for one in self._sums(names) if one > share * self.total or (one == share * self.total and not least.strict)]
        if search.least(in_part, sums) is None:
            return None
        model = search.least(z3.Sum([counts[0].value for counts in chosen.values()]), range(len(self.amounts) + 1))
        assert model is not None, "what was possible still is"
        stand: dict[str, int] = {}
        for amount, some in names.items():
            where = [at for at, count in enumerate(chosen[amount]) for _ in range(count.of(model))]
            stand.update(zip(some, where, strict=True))
        members = tuple(name for name in self.amounts if stand[name] == 0)
        return Coalition(members, {name: self.labels[stand[name] - 1] for name in self.amounts if stand[name] > 0})

    def _sums(self, names: Mapping[int, Sequence[str]]) -> list[int]:
        """The sums that coalitions can have, in ascending order."""
        sums = {0}
        for amount, some in names.items():
            sums = {one + amount * count for one in sums for count in range(len(some) + 1)}
            if len(sums) > MOST_SUMS:
                raise NotShares(f"coalitions have more than {MOST_SUMS} different sums")
        return sorted(sums)

    def _confirm_places(self) -> None:
        shares = Shares(self.part, self.others, self.known, whole_numbers=True)
        facts = shares.facts()
        _, others = shares.ends()
        standing = z3.Sum([shares.amount(place(self.places, label)) for label in self.labels])
        solver = z3.Solver()
        solver.add(*facts, *shares.signs(), standing != others)
        if Answer.of(solver.check()) is not Answer.UNSAT:
            raise NotShares(f"nothing shows that {self.places} holds all that is not in the part")


class _Count:
    """How many of some holders stand in a place, as bits."""

    def __init__(self, most: int) -> None:
        self._bits = [z3.FreshBool() for _ in range(most.bit_length())]
        self.value = z3.Sum([z3.If(bit, 1 << digit, 0) for digit, bit in enumerate(self._bits)])

    def of(self, model: Any) -> int:
        """Its value in a model."""
        return sum(1 << digit for digit, bit in enumerate(self._bits) if z3.is_true(model.eval(bit, model_completion=True)))


@dataclass(slots=True)
class _Search:
    """The question, and the known facts: a fact joins the question once an answer without it has contradicted it."""

    given: list[Any]
    known: list[Any]

    def least(self, quantity: Any, values: Iterable[int]) -> Any:
        """A model in which a quantity is the first of some values, in ascending order, that it can be, which is then given."""
        for value in values:
            model = self._model(quantity == value)
            if model is not None:
                self.given.append(quantity == value)
                return model
        return None

    def _model(self, question: Any) -> Any:
        while True:
            model = _model([*self.given, question])
            if model is None:
                return None
            wrong = [fact for fact in self.known if not z3.is_true(model.eval(fact, model_completion=True))]
            if not wrong:
                return model
            self.given += wrong
            self.known = [fact for fact in self.known if not any(fact is one for one in wrong)]


def _conjuncts(formula: Any) -> Iterator[Any]:
    if z3.is_and(formula):
        for part in formula.children():
            yield from _conjuncts(part)
    else:
        yield formula


def _model(formulas: Sequence[Any]) -> Any:
    """A model of some formulas, None if they have none. Raises NotShares if no solver answers."""
    for units in PATIENCE:
        for make in (z3.Solver, lambda: z3.Then("simplify", "lia2card", "pb2bv", "sat").solver()):
            solver = make()
            solver.set("rlimit", units)
            solver.add(*formulas)
            answer = Answer.of(solver.check())
            if answer is not Answer.UNKNOWN:
                return solver.model() if answer is Answer.SAT else None
    raise NotShares("z3 gives up")
