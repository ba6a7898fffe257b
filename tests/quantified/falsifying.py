"""Obligations evaluated by the concrete semantics: which values of the state and of the action's arguments falsify them.

No solver is asked and nothing is lowered, so that transformations of obligations can be compared with what they were made from.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from verifier.kernel.model import Model
from verifier.kernel.sorts import RangeSort, Sort, inner_sorts
from verifier.kernel.terms import Term, free_variables, walk
from verifier.semantics.concrete.evaluate import Evaluator, Undefined
from verifier.semantics.quantified import Obligation, Quantified
from verifier.semantics.quantified.splitting import arguments
from verifier.semantics.scope import FiniteScope, FrozenMap, finite_scope
from verifier.semantics.scope.unbounded import without_parameters

LARGEST_NUMBER = 5_000
"""Values of further constants that are tried for one state; with more there is no answer."""

Point = tuple[FrozenMap, Mapping[Term, Any]]
"""A state, and a value for each argument and witness of an action."""


class Falsifying:
    """The obligations of a model at its published scope, every end of a range kept."""

    def __init__(self, model: Model) -> None:
        self.scope: FiniteScope = finite_scope(model)
        self.quantified = Quantified(without_parameters(model, ()))
        self._evaluator = Evaluator(self.scope)

    def points(self, obligation: Obligation, seed: int, count: int) -> Iterator[Point]:
        """States, reachable or not, numbers even beyond their ends, each with some values of the action's arguments."""
        generator = random.Random(seed)
        domains = {v.name: self._domain(v.sort) for v in self.scope.model.variables}
        for _ in range(count):
            state = FrozenMap({name: generator.choice(domain) for name, domain in domains.items()})
            yield state, {v: generator.choice(self.scope.domain(v.sort)) for v in arguments(obligation)}

    def _domain(self, sort: Sort) -> Sequence[Any]:
        """The values of a sort, and the integers next to those of a range."""
        known = self.scope.domain(sort)
        return (known[0] - 1, *known, known[-1] + 1) if isinstance(sort, RangeSort) else known

    def falsified(self, obligation: Obligation, point: Point) -> bool | None:
        """Whether the premises hold there and some goal does not, for some values of all other constants.

        None if there are too many values, or a quantifier has no ends; or a goal has no value: its definedness is one of the
        premises, and an equivalent formula may look at what the goal does not.
        """
        state, given = point
        roots = obligation.stated
        free = {v for root in roots for v in free_variables(root)[id(root)]} - given.keys()
        open_ = sorted(free, key=lambda v: (str(v.data), id(v)))
        domains = [self._domain(v.sort) for v in open_]
        if math.prod(map(len, domains)) > LARGEST_NUMBER or _without_ends(roots):
            return None
        closures = [self._evaluator.compile(root) for root in roots]
        slots = {v: self._evaluator.slot(v) for v in (*given, *open_)}
        last = len(roots) - len(obligation.goals)
        for values in itertools.product(*domains):
            frame = self._evaluator.frame(state)
            for variable, value in (*given.items(), *zip(open_, values, strict=True)):
                frame[slots[variable]] = value
            try:
                if all(_holds(premise, frame) for premise in closures[:last]) and not all(
                    c(frame) for c in closures[last:]
                ):
                    return True
            except Undefined:
                return None
        return False


def _without_ends(roots: Sequence[Term]) -> bool:
    """Whether something is said of all integers."""
    sorts = (inner for term in walk(*roots) for bound in term.bound for inner in inner_sorts(bound.sort))
    return any(isinstance(sort, RangeSort) and sort.low.data == "" for sort in sorts)


def _holds(premise: Callable[[Any], Any], frame: Any) -> bool:
    """Whether a premise holds; that what is undefined does not fire is stated beside what might be."""
    try:
        return bool(premise(frame))
    except Undefined:
        return False
