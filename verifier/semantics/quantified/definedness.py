"""Definedness and range obligations, as formulas of the language: what must hold for a term to have a value
at all.

Every semantics agrees on them: a use is looked at under the conditions to its left, quantifiers and
comprehensions need every instance defined, an action's guards are taken in order and its updates under all of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from verifier.kernel.actions import Action
from verifier.kernel.errors import Position
from verifier.kernel.operators import OPERATORS, entry
from verifier.kernel.sorts import (
    BOOL,
    INT,
    FunctionSort,
    KeyedSort,
    OptionSort,
    RangeSort,
    RecordSort,
    SetSort,
    Sort,
    has_range,
)
from verifier.kernel.terms import (
    TRUE,
    Term,
    conjunction,
    equal,
    exists,
    forall,
    implication,
    integer,
    negation,
    parameter_names,
    substitute,
    variable,
    walk,
)
from verifier.semantics.scope.unbounded import Unbounded, opened


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One use of a partial operation, `term`: `formula` holds exactly where it is not reached or defined."""

    position: Position | None
    formula: Term
    term: Term

    @property
    def check(self) -> bool:
        """Whether the operation is the check that a value fits into a set."""
        return self.term.op == "within"

    def of(self, formula: Term) -> Use:
        """The use under other circumstances."""
        return Use(self.position, formula, self.term)


class Definedness:
    """The obligations of the terms of one model; lower and upper ends of ranges are those that the scope
    keeps.
    """

    def __init__(self, scope: Unbounded) -> None:
        self.scope = scope
        self._members: set[Term] = set()
        self._uses: dict[int, tuple[Term, tuple[Use, ...]]] = {}

    # -- ranges ----------------------------------------------------------------------------------------------

    def within(self, value: Term, sort: Sort) -> Term:
        """Whether a value is one of the sort: every integer stored in it is within its range."""
        match sort:
            case RangeSort():
                low, high = self.scope.low(sort), self.scope.high(sort)
                parts = [] if low is None else [Term("le", (low, value), BOOL)]
                return conjunction(parts if high is None else [*parts, Term("le", (value, high), BOOL)])
            case FunctionSort(index=index, value=inner):
                i = variable("i", index)
                return self._forall(i, self.within(Term("apply", (value, i), inner), inner))
            case SetSort(element=element):
                if not has_range(element):
                    return TRUE
                x = variable("x", self._wide(element))
                inside = self.within(x, element)
                member = Term("member", (x, value), BOOL)
                return TRUE if inside is TRUE else self._forall(x, implication(member, inside))
            case KeyedSort(element=record):
                x = variable("x", record)
                inside = self.within(x, record)
                return TRUE if inside is TRUE else Term("forall_in", (value, inside), BOOL, (x,))
            case OptionSort(element=element):
                inside = self.within(Term("payload", (value,), element), element)
                return TRUE if inside is TRUE else implication(Term("is_some", (value,), BOOL), inside)
            case RecordSort(fields=fields):
                return conjunction(self.within(Term("field", (value,), of, name), of) for name, of in fields)
        return TRUE

    @staticmethod
    def _forall(bound: Term, body: Term) -> Term:
        return TRUE if body is TRUE else forall((bound,), body)

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

    # -- uses ------------------------------------------------------------------------------------------------

    def defined(self, term: Term) -> Term:
        """The condition under which a term has a value; TRUE where it always has."""
        return conjunction(use.formula for use in self.uses(term))

    def uses(self, term: Term) -> tuple[Use, ...]:
        """The partial uses in a term, each under the conditions to its left."""
        known = self._uses.get(id(term))
        if known is None:
            known = self._uses[id(term)] = (term, tuple(self._collect(term)))
        return known[1]

    @staticmethod
    def _under(condition: Term, uses: Sequence[Use]) -> list[Use]:
        return [use.of(implication(condition, use.formula)) for use in uses]

    @staticmethod
    def _for_all(bound: tuple[Term, ...], uses: Sequence[Use]) -> list[Use]:
        return [use.of(forall(bound, use.formula)) for use in uses]

    def _collect(self, term: Term) -> list[Use]:
        args = term.args
        match term.op:
            case "and" | "or":
                result: list[Use] = []
                for position, arg in enumerate(args):
                    left = args[:position] if term.op == "and" else tuple(negation(other) for other in args[:position])
                    result += self._under(conjunction(left), self.uses(arg))
                return result
            case "implies":
                return [*self.uses(args[0]), *self._under(args[0], self.uses(args[1]))]
            case "ite":
                then = self._under(args[0], self.uses(args[1]))
                otherwise = self._under(negation(args[0]), self.uses(args[2]))
                return [*self.uses(args[0]), *then, *otherwise]
            case _:
                result = [use for place, arg in enumerate(args) if not term.binds_in(place) for use in self.uses(arg)]
                result += self._instances(term)
        own = self._own(term)
        # What is needed of the arguments comes first: an operation is only asked about defined ones.
        return _once(result) if own is TRUE else [*_once(result), Use(term.at, own, term)]

    def _instances(self, term: Term) -> list[Use]:
        """What a binder looks at for each value of its variables."""
        binder = OPERATORS[term.op].binder
        if binder is None:
            return []
        if binder.over == "members":
            self._members.add(term.bound[0])
            inner = [use for place in binder.read_in for use in self.uses(term.args[place])]
            return [use.of(Term("forall_in", (term.args[0], use.formula), BOOL, term.bound)) for use in inner]
        # What is looked at in any case need not be shown again under conditions.
        known = set(walk(*(arg for place, arg in enumerate(term.args) if not term.binds_in(place))))
        inner = [use for place in binder.read_in for use in self.uses(term.args[place]) if use.term not in known]
        return self._for_all(term.bound, inner)

    def _own(self, term: Term) -> Term:
        """What a partial operation itself needs of its arguments."""
        if not OPERATORS[term.op].partial:
            return TRUE
        return entry(NEEDS, term.op, "what definedness needs")(self, term)

    def _index(self, term: Term) -> Term:
        """A quantified variable runs over its sort; one that runs over the records of a keyed set need not."""
        sort, index = term.args[0].sort, term.args[1]
        assert isinstance(sort, FunctionSort)
        of_sort = index.op == "bound" and index.sort == sort.index and index not in self._members
        return TRUE if of_sort else self.within(index, sort.index)

    def _inhabited(self, term: Term) -> Term:
        (collection,) = term.args
        sort = collection.sort
        if isinstance(sort, KeyedSort):
            return Term("exists_in", (collection, TRUE), BOOL, (variable("x", sort.element),))
        assert isinstance(sort, SetSort)
        x = variable("x", sort.element)
        return exists((x,), Term("member", (x, collection), BOOL))

    # -- actions ---------------------------------------------------------------------------------------------

    def action(self, action: Action) -> tuple[Use, ...]:
        """The partial uses of an action, over its arguments: guards in order, for every witness; updates
        under them, but for what a range is left by (see `stored`).
        """
        together = conjunction(guard.condition for guard in action.guards)
        updates = _once([use for u in action.updates for use in self.uses(u.value) if not self._leaves(u.variable, use)])
        return self._attempted(action, self.uses(together), together, updates)

    def stored(self, action: Action, variable: str) -> tuple[Use, ...]:
        """The checks of what an action puts into the sets of a variable: that they fail leaves the range of the variable."""
        together = conjunction(guard.condition for guard in action.guards)
        values = [update.value for update in action.updates if update.variable == variable]
        checks = _once([use for value in values for use in self.uses(value) if self._leaves(variable, use)])
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
        """Likewise, what the scope has dropped of an action: budgets where they stood, updates of variables that are gone.

        A budget counts as a condition of what follows where it still has a meaning.
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
        updates = _once([use for u in gone for use in self.uses(u.value) if not self._leaves(u.variable, use)])
        found = self._attempted(action, guards, conjunction(conditions), updates)
        return tuple(use.of(self._whatever(use.formula)) for use in found)

    def _counts(self, budget: Term) -> bool:
        """Whether a budget that is dropped holds here wherever it held."""
        return not parameter_names(budget) & self.scope.gone and self.scope.admits(budget, "exists")

    def initially(self) -> tuple[Use, ...]:
        """The partial uses in initial values, those of dropped variables included, but for what a range is left by."""
        kept = {declared.name for declared in self.scope.model.variables}
        given = [(v.name, v.initial) for v in self.scope.original.variables if v.initial is not None]
        uses = [(name, use) for name, value in given for use in self.uses(value) if not self._leaves(name, use)]
        return tuple(use if name in kept else use.of(self._whatever(use.formula)) for name, use in uses)

    def stored_initially(self, variable: str) -> tuple[Use, ...]:
        """The checks of what is initially in the sets of a variable: that they fail leaves the range of the variable."""
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


def _other_key(definedness: Definedness, term: Term) -> Term:
    """That no other record has the key of the one that is inserted."""
    records, new = term.args
    sort = records.sort
    assert isinstance(sort, KeyedSort)
    key = Term("field", (new,), sort.key_sort, sort.key)
    there = Term("lookup", (records, key), sort.element)
    return implication(Term("has_key", (records, key), BOOL), equal(there, new))


def _unique(definedness: Definedness, term: Term) -> Term:
    """That exactly one value satisfies the formula."""
    (x,), (body,) = term.bound, term.args
    y = variable(f"{x.data}'", x.sort)
    only = forall((y,), implication(substitute(body, {x: y}), equal(y, x)))
    return exists((x,), conjunction([body, only]))


def _has_value(definedness: Definedness, term: Term) -> Term:
    return TRUE if term.args[0].op == "some" else Term("is_some", term.args, BOOL)


NEEDS: dict[str, Callable[[Definedness, Term], Term]] = {
    "apply": Definedness._index,
    "update": Definedness._index,
    "within": lambda definedness, term: definedness.within(term.args[0], term.sort),
    "payload": _has_value,
    "minimum": Definedness._inhabited,
    "maximum": Definedness._inhabited,
    "lookup": lambda definedness, term: Term("has_key", term.args, BOOL),
    "insert": _other_key,
    "choose": _unique,
}
"""What each partial operator needs of its arguments; those that first-order logic does not have are not asked for."""


def _once(uses: Sequence[Use]) -> list[Use]:
    """The uses without those met before: a term that is shared is looked at once."""
    return list({use.formula: use for use in uses}.values())
