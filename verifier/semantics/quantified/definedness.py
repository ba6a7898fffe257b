"""Definedness and range obligations of a model, as formulas of the language: the conditions under which every expression that is
evaluated has a value.

An action's guards are taken in order and its updates under all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verifier.kernel.actions import Action
from verifier.kernel.definedness import Needs, Use, once
from verifier.kernel.sorts import BOOL, INT, OptionSort, RangeSort, RecordSort, SequenceSort, Sort, has_range
from verifier.kernel.terms import (
    Term,
    conjunction,
    exists,
    implication,
    integer,
    parameter_names,
    substitute,
    variable,
)
from verifier.semantics.scope.boundless import Unbounded, opened


class Definedness(Needs):
    """The obligations of the terms of one model; lower and upper ends of ranges are those that the scope
    keeps.
    """

    def __init__(self, scope: Unbounded) -> None:
        super().__init__()
        self.scope = scope

    def low(self, sort: RangeSort) -> Term | None:
        """The lower end of a range, where the scope keeps it."""
        return self.scope.low(sort)

    def high(self, sort: RangeSort) -> Term | None:
        """The upper end of a range, where the scope keeps it."""
        return self.scope.high(sort)

    def capacity(self, sort: SequenceSort) -> Term | None:
        """The greatest length of a stored sequence, where the scope keeps it."""
        return self.scope.capacity(sort)

    def elements(self, collection: Term, element: Sort) -> Sort:
        """The sort of the elements without its ranges: a set may hold anything before its range is checked."""
        return self._wide(element)

    def _wide(self, sort: Sort) -> Sort:
        """The sort without its ranges, for a variable that runs over whatever a set may hold."""
        match sort:
            case RangeSort():
                return opened(sort)
            case OptionSort(element=element):
                return OptionSort(self._wide(element))
            case RecordSort(fields=fields):
                return replace(sort, fields=tuple((name, self._wide(of)) for name, of in fields))
        return sort

    # -- actions ---------------------------------------------------------------------------------------------

    def action(self, action: Action) -> tuple[Use, ...]:
        """The partial uses of an action, over its arguments: guards in order, for every witness; updates under them, except the
        uses that leave a range (see `stored`).
        """
        together = conjunction(guard.condition for guard in action.guards)
        updates = once([use for u in action.updates for use in self.uses(u.value) if not self._leaves(u.variable, use)])
        return self._attempted(action, self.uses(together), together, updates)

    def stored(self, action: Action, variable: str) -> tuple[Use, ...]:
        """The checks of the elements that an action puts into a variable's sets: if one fails, the range of the variable is left.
        """
        together = conjunction(guard.condition for guard in action.guards)
        values = [update.value for update in action.updates if update.variable == variable]
        checks = once([use for value in values for use in self.uses(value) if self._leaves(variable, use)])
        return self._attempted(action, (), together, checks)

    def checked_variables(self) -> list[str]:
        """The variables whose sets an action puts something into that may not fit: every proof assumes that it does."""
        model = self.scope.model
        names = [declared.name for declared in model.variables]
        return [name for name in names if any(self.stored(action, name) for action in model.actions)]

    def _leaves(self, variable: str, use: Use) -> bool:
        """Whether a use in the value of a variable is a way to leave its range; a variable without one cannot leave it."""
        return use.check and has_range(self.scope.original.variable(variable).sort)

    def dropped(self, action: Action) -> tuple[Use, ...]:
        """Likewise for the dropped parts of an action: budgets where they stood, updates of variables that are gone.

        A budget counts as a condition of the parts that follow where it still has a meaning.
        """
        kept = {guard.name for guard in action.guards}
        written = {update.variable for update in action.updates}
        whole = self.scope.original.action(action.name)
        conditions: list[Term] = []
        guards: list[Use] = []
        for guard in whole.guards:
            if guard.name not in kept:
                guards += self._under(conjunction(conditions), self.uses(guard.condition))
            if guard.name in kept or self._counts(guard.condition):
                conditions.append(guard.condition)
        gone = [update for update in whole.updates if update.variable not in written]
        updates = once([use for u in gone for use in self.uses(u.value) if not self._leaves(u.variable, use)])
        uses = self._attempted(action, guards, conjunction(conditions), updates)
        return tuple(use.of(self._whatever(use.formula)) for use in uses)

    def _counts(self, budget: Term) -> bool:
        """Whether a budget that is dropped holds here wherever it held."""
        return not parameter_names(budget) & self.scope.gone and self.scope.admits(budget, "exists")

    def initially(self) -> tuple[Use, ...]:
        """The partial uses in initial values, those of dropped variables included, except the uses that leave a range."""
        kept = {declared.name for declared in self.scope.model.variables}
        given = [(v.name, v.initial) for v in self.scope.original.variables if v.initial is not None]
        uses = [(name, use) for name, value in given for use in self.uses(value) if not self._leaves(name, use)]
        return tuple(use if name in kept else use.of(self._whatever(use.formula)) for name, use in uses)

    def stored_initially(self, variable: str) -> tuple[Use, ...]:
        """The checks of the initial elements of a variable's sets: if one fails, the range of the variable is left."""
        value = self.scope.model.variable(variable).initial
        return () if value is None else tuple(use for use in self.uses(value) if self._leaves(variable, use))

    def dropped_constraints(self) -> tuple[Use, ...]:
        """The partial uses in the constraints that the scope has dropped."""
        kept = {constraint.name for constraint in self.scope.model.constraints}
        gone = [c.formula for c in self.scope.original.constraints if c.name not in kept]
        return tuple(use.of(self._whatever(use.formula)) for term in gone for use in self.uses(term))

    def _attempted(
        self, action: Action, guards: Sequence[Use], together: Term, updates: Sequence[Use]
    ) -> tuple[Use, ...]:
        """Uses of guards for every witness, and of updates where the guards hold together for some witnesses."""
        fresh = {witness.variable: variable(witness.name, witness.sort) for witness in action.witnesses}
        inner = [use.of(substitute(use.formula, dict(fresh))) for use in guards]
        fires = exists(tuple(fresh.values()), substitute(together, dict(fresh)))
        return (*self._for_all(tuple(fresh.values()), inner), *self._under(fires, updates))

    def _whatever(self, formula: Term) -> Term:
        """The formula for every value of the parameters that are dropped."""
        original = self.scope.original
        gone = [name for name in original.parameters if name in parameter_names(formula) & self.scope.gone]
        known = [Term("le", (integer(0), Term("parameter", (), INT, name)), BOOL) for name in gone]
        known += [a.formula for a in original.assumptions if gone and parameter_names(a.formula) & self.scope.gone]
        return implication(conjunction(known), formula)
