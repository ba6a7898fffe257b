"""Formulas of the language for the steps possible in a state: the meaning of `enabled` and `can_change` once the variant is
known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from verifier.kernel.actions import Action, Update
from verifier.kernel.definedness import Needs
from verifier.kernel.sorts import BOOL, FunctionSort, RecordSort, Sort, has_range
from verifier.kernel.state import Variable
from verifier.kernel.terms import (
    FALSE,
    TRUE,
    Term,
    alike,
    conjunction,
    disjunction,
    equal,
    exists,
    forall,
    free_variables,
    implication,
    may_be_undefined,
    negation,
    remembered,
    rewrite,
    state,
    state_names,
    substitute,
    variable,
    walk,
)

if TYPE_CHECKING:
    from verifier.kernel.declarations import Named

ASKING = frozenset({"enabled", "can_change"})
"""The operators that ask whether an action can happen."""


class Enabling:
    """The steps that the actions of one variant can take. `needs` decides which terms have a value where a scope has fewer ends
    of ranges.
    """

    def __init__(self, actions: Iterable[Action], variables: Iterable[Variable], needs: Needs | None = None) -> None:
        self._actions = {action.name: action for action in actions}
        self._sorts = {declared.name: declared.sort for declared in variables}
        self._needs = Needs() if needs is None else needs

    def resolved(self, formula: Term) -> Term:
        """A formula in which `enabled` and `can_change` are written out."""
        return rewrite(formula, self._meaning) if _asks(formula) else formula

    def moved(self, formula: Term) -> tuple[str, ...]:
        """The variables that a formula mentions only to ask whether an action changes them."""
        if not _asks(formula):
            return ()
        moved: set[str] = set()

        def rule(term: Term) -> Term | None:
            if term.op == "can_change" and term.data in self._actions:
                moved.update(update.variable for update in self._actions[term.data].updates)
                return self._meaning(Term("enabled", term.args, BOOL, term.data, term.at))
            return self._meaning(term)

        otherwise = state_names(rewrite(formula, rule))
        return tuple(sorted(moved - otherwise))

    def progress(self, constraints: Iterable[Named], stops: Iterable[Named]) -> Term:
        """The formula that a state inside the constraints has a step, is stopped by budgets alone, or may stop."""
        inside = [implication(self._needs.defined(c.formula), c.formula) for c in constraints]
        steps = [self._goes_on(action) for action in self._actions.values()]
        return implication(conjunction(inside), disjunction([*steps, *(named.formula for named in stops)]))

    def _goes_on(self, action: Action) -> Term:
        """Some instance has a step, or would have one without its budgets."""
        others = [guard.condition for guard in action.guards if not guard.budget]
        budgets = conjunction(guard.condition for guard in action.guards if guard.budget)
        happens = _instances(action, conjunction([*self._fires(action), *self._updated(action)]), ())
        if budgets is TRUE:
            return happens
        guards = conjunction(others)
        certain = not may_be_undefined(guards, budgets, *(update.value for update in action.updates))
        over = conjunction([self._needs.defined(budgets), budgets])
        stopped = conjunction([self._needs.defined(guards), guards, *([] if certain else [negation(over)])])
        fresh = {witness.variable: variable(witness.name, witness.sort) for witness in action.witnesses}
        alone = _instances(action, exists(tuple(fresh.values()), substitute(stopped, dict(fresh))), ())
        return alone if certain else disjunction([happens, alone])

    def _meaning(self, term: Term) -> Term | None:
        if term.op not in ASKING:
            return None
        action = self._actions.get(term.data)
        if action is None:
            return FALSE
        parts = [*self._fires(action), *self._updated(action)]
        if term.op == "can_change":
            parts.append(disjunction(self._changes(update) for update in action.updates))
        return _instances(action, conjunction(parts), term.args)

    def _fires(self, action: Action) -> list[Term]:
        """Over the arguments: the guards have values for every witness, and hold for some."""
        fresh = {witness.variable: variable(witness.name, witness.sort) for witness in action.witnesses}
        guards = conjunction(guard.condition for guard in action.guards)
        defined = substitute(self._needs.defined(guards), dict(fresh))
        holds = exists(tuple(fresh.values()), substitute(guards, dict(fresh)))
        return [holds] if defined is TRUE else [forall(tuple(fresh.values()), defined), holds]

    def defined(self, action: Action) -> Term:
        """The formula that every instance of an action has a value: its guards for every witness and, where they hold for some,
        its right-hand sides, unless they leave a range first.
        """
        fires, updated = self._fires(action), conjunction(self._updated(action))
        parts = [] if len(fires) == 1 else [fires[0]]
        if updated is not TRUE:
            parts.append(implication(conjunction(fires), updated))
        fresh = {argument.variable: variable(argument.name, argument.sort) for argument in action.arguments}
        whole = conjunction(parts)
        return whole if whole is TRUE else forall(tuple(fresh.values()), substitute(whole, dict(fresh)))

    def _updated(self, action: Action) -> list[Term]:
        """Over the arguments: each right-hand side has a value, or leaves a range before it reaches something undefined."""
        parts: list[Term] = []
        for update in action.updates:
            checks: list[Term] = []
            for use in self._needs.uses(update.value):
                if use.check and has_range(self._sorts[update.variable]):
                    checks.append(use.formula)
                else:
                    parts.append(implication(conjunction(checks), use.formula))
        return parts

    def _changes(self, update: Update) -> Term:
        """Over the arguments: the new value differs from the old one, or there is none, because an element lies outside the
        element sort of a set.
        """
        sort = self._sorts[update.variable]
        checks = [use.formula for use in self._needs.uses(update.value) if use.check and has_range(sort)]
        return implication(conjunction(checks), _differ(update.value, state(update.variable, sort)))


@remembered
def _asks(formula: Term) -> bool:
    return any(term.op in ASKING for term in walk(formula))


def _instances(action: Action, formula: Term, given: tuple[Term, ...]) -> Term:
    """A formula over the arguments of an action, stated of the values given for them, or of some values if none are given."""
    # The action's own variables are constants of its steps, so others are bound here.
    fresh = {argument.variable: variable(argument.name, argument.sort) for argument in action.arguments}
    if not given:
        return exists(tuple(fresh.values()), substitute(formula, dict(fresh)))
    # Open next values are quantified existentially, whatever is given for the other arguments.
    opened = [argument.variable for argument in action.arguments if argument.opened]
    values: dict[Term, Term] = {variable: fresh[variable] for variable in opened}
    bound: list[Term] = [fresh[variable] for variable in opened]
    same: list[Term] = []
    read = free_variables(formula)[id(formula)]
    for argument, value in zip(action.given, given, strict=True):
        # A value is read here even if the action does not read its argument.
        if argument.variable in read and _is_of(value, argument.sort):
            values[argument.variable] = value
        else:
            values[argument.variable] = fresh[argument.variable]
            bound.append(fresh[argument.variable])
            same.append(equal(fresh[argument.variable], value))
    return exists(tuple(bound), conjunction([*same, substitute(formula, values)]))


def _is_of(value: Term, sort: Sort) -> bool:
    """Whether a value is always defined and always of the sort, wherever it is evaluated."""
    if may_be_undefined(value) or value.sort != sort:
        return False
    return not has_range(sort) or (value.op == "bound" and not isinstance(sort, RecordSort))


def _differ(new: Term, old: Term) -> Term:
    """The formula that a new value differs from the old one; a function that is changed at points is compared at those points.
    """
    if new.op == "ite":
        condition, then, otherwise = new.args
        return Term("ite", (condition, _differ(then, old), _differ(otherwise, old)), BOOL, None, new.at)
    points: list[tuple[Term, Term]] = []
    base = new
    while base.op == "update":
        points.insert(0, (base.args[1], base.args[2]))
        base = base.args[0]
    if not points or not alike(base, old):
        return negation(equal(new, old))
    assert isinstance(old.sort, FunctionSort)
    parts = []
    for place, (index, value) in enumerate(points):
        # Where two points are equal, the later one counts.
        others = [negation(equal(index, later)) for later, _ in points[place + 1 :]]
        parts.append(conjunction([*others, _differ(value, Term("apply", (old, index), old.sort.value, None, new.at))]))
    return disjunction(parts)
