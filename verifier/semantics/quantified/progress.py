"""The rule of ranking: its premises exclude, at any size, that an infinite fair behaviour is a case of a liveness property.

A case is a behaviour that passes a state satisfying its trigger, stays in `hold` from there on, and is fair. An argument against
it has a formula `pending`, a measure, and helpers: conditions of fairness, each with the states in which it helps. With `tail`
for `pending and hold`, for all values of the case's variables, which are the same in all states:

- start: where trigger and hold are true, so is `pending`;
- stay: a step from a tail into a state where hold is true keeps `pending`;
- floor: numbers in the measure are not negative in a tail;
- help: in every tail some helper helps, for some values of its variables;
- enabled: where it helps in a tail, a step of it that changes something is enabled;
- progress: a step between two tails makes the measure smaller, or leaves it no larger, is not one of the helper, and leaves the
  helper helping, for the same values. Where it is one of the helper and changes something, the measure becomes smaller.

The premises are shown for states in which the inductive invariant holds, and for every action's steps out of them; a step that
changes nothing satisfies them all by their form. docs/semantics.md argues that this is enough. The measure is well-founded:
numbers that are not negative, sets over sorts that are finite at every size, by inclusion, functions from such sorts to such
numbers, point by point; in lexicographic order. After Fang, Piterman, Pnueli and Zuck (VMCAI 2004) and LVR (Yao, Tao, Gu and
Nieh, POPL 2024); sets by inclusion after the implicit rankings of Lotan and Shoham.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import cast

from verifier.kernel.actions import Action
from verifier.kernel.enabling import Enabling
from verifier.kernel.fairness import Condition, Part
from verifier.kernel.printing import text
from verifier.kernel.properties import Property
from verifier.kernel.ranking import Helper, Ranking
from verifier.kernel.sorts import (
    BOOL,
    BoolSort,
    EnumSort,
    FunctionSort,
    OptionSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SetSort,
    Sort,
)
from verifier.kernel.temporal import of_steps
from verifier.kernel.term_text import Names, render
from verifier.kernel.terms import (
    FALSE,
    TRUE,
    Term,
    after,
    at_next,
    conjunction,
    disjunction,
    equal,
    exists,
    forall,
    implication,
    integer,
    may_be_undefined,
    negation,
    state,
    variable,
)
from verifier.semantics.quantified.definedness import Definedness
from verifier.semantics.quantified.obligations import OfSteps
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.expressible import unsupported


@dataclass(frozen=True, slots=True, eq=False)
class Premises:
    """The proof obligations of an argument: formulas of states, and formulas of steps, one for each action."""

    states: tuple[Term, ...]
    steps: tuple[OfSteps, ...]


class Progress:
    """The premises of the rule for the arguments of one model."""

    def __init__(self, scope: Unbounded) -> None:
        self.scope = scope
        self.model = scope.model
        self._enabling = Enabling(self.model.actions, self.model.variables, Definedness(scope))

    # -- limits of the rule ------------------------------------------------------------------------------------------

    def refused(self, prop: Property, ranking: Ranking) -> str | None:
        """Why an argument is none at this scope; None if its premises can be asked."""
        case = prop.cases[ranking.number]
        if case.recur:
            return "it asks what happens forever, for which there is no rule at unbounded scope"
        conditions = [helper.condition for helper in ranking.helpers] or list(prop.fair)
        asked = (exists(condition.bound, self.enabled(condition)) for condition in conditions)
        reason = unsupported(*ranking.formulas, *case.formulas, *asked)
        if reason:
            return reason
        if may_be_undefined(*ranking.formulas):
            return "a part of the ranking may have no value"
        for part in ranking.measure:
            endless = self.endless(part.sort)
            if endless:
                return f"{self.said(part)} is not a measure: there are any number of {endless} in one state of one size"
        for helper in ranking.helpers:
            if not any(implied(helper.condition, given) for given in prop.fair):
                return f"{self.named(ranking, helper)} is not one of the conditions that {prop.name} is stated under"
        return None

    def endless(self, sort: Sort) -> Sort | None:
        """The sort inside a set or function of a measure that has values without number at one size; None if there is none."""
        match sort:
            case SetSort(element=element):
                return self._endless(element)
            case FunctionSort(index=index):
                return self._endless(index)
        return None

    def _endless(self, sort: Sort) -> Sort | None:
        match sort:
            case BoolSort() | EnumSort() | ScalarSort() | QuorumSort():
                return None
            case RangeSort():
                ends = self.scope.low(sort), self.scope.high(sort)
                return sort if None in ends else None
            case OptionSort() | RecordSort():
                return next((found for part in sort.parts if (found := self._endless(part))), None)
        return sort

    # -- the premises ------------------------------------------------------------------------------------------------

    def premises(self, prop: Property, ranking: Ranking) -> Premises:
        """The proof obligations of an argument that is not refused."""
        return _Rule(self, prop, ranking).premises()

    def never_larger(self, prop: Property, ranking: Ranking) -> OfSteps:
        """No step makes a measure larger before the goal is reached; not a premise, but it makes the measure a good part of one.
        """
        return _Rule(self, prop, ranking).never_larger()

    def enabled(self, condition: Condition) -> Term:
        """A step of a condition that changes something is enabled."""
        return self._enabling.resolved(disjunction(self._can_change(part) for part in self.parts(condition)))

    def parts(self, condition: Condition) -> Sequence[Part]:
        """The steps that a condition is about."""
        return condition.parts or [Part(a.name, (None,) * len(a.given)) for a in self.model.actions]

    def _can_change(self, part: Part) -> Term:
        action = self.model.action(part.action)
        fresh = {a.name: variable(a.name, a.sort) for a, given in zip(action.given, part.arguments, strict=True) if given is None}
        values = tuple(
            fresh[a.name] if given is None else given for a, given in zip(action.given, part.arguments, strict=True)
        )
        everything = len(fresh) == len(values)
        asked = Term("can_change", () if everything else values, BOOL, action.name)
        return asked if everything else exists(tuple(fresh.values()), asked)

    def taken(self, condition: Condition, action: Action) -> Term:
        """A step of this action is one of the condition, and changes something; read over its arguments and both states."""
        same = []
        for part in self.parts(condition):
            if part.action == action.name:
                given = zip(action.given, part.arguments, strict=True)
                same.append(conjunction(equal(a.variable, value) for a, value in given if value is not None))
        if not same:
            return FALSE
        matches = TRUE if any(one is TRUE for one in same) else disjunction(same)
        return conjunction([matches, self.changes(action)])

    def changes(self, action: Action) -> Term:
        """A step of the action changes something."""
        sorts = {declared.name: declared.sort for declared in self.model.variables}
        touched = [state(update.variable, sorts[update.variable]) for update in action.updates]
        return disjunction(negation(equal(at_next(v), v)) for v in touched)

    def inside(self) -> Term:
        """A state is inside the constraints."""
        return conjunction(constraint.formula for constraint in self.model.constraints)

    def named(self, ranking: Ranking, helper: Helper) -> str:
        """A helper's condition for people, over the variables of the case."""
        names = Names(self.model.vocabulary).bind(*ranking.bound, *helper.condition.bound)
        return helper.condition.name(lambda term: render(term, names))

    @cached_property
    def said(self) -> Callable[[Term], str]:
        """A formula for people."""
        return partial(text, vocabulary=self.model.vocabulary, outer=False)


class _Rule:
    """The rule for one argument."""

    def __init__(self, progress: Progress, prop: Property, ranking: Ranking) -> None:
        self._progress = progress
        self._ranking = ranking
        self._case = prop.cases[ranking.number]
        self._helpers = ranking.helpers or tuple(Helper(condition) for condition in prop.fair)
        self._holds = TRUE if of_steps(self._case.hold) else self._case.hold
        self._step_holds = self._case.hold if of_steps(self._case.hold) else TRUE

    def premises(self) -> Premises:
        """All of them, without those that are true by their form."""
        states = [*self._start(), *self._floor(), self._help(), *self._enabled()]
        steps = [*self._start_of_steps(), self._stay(), *(self._progress_of(helper) for helper in self._helpers)]
        inside = self._progress.inside()
        return Premises(
            tuple(implication(inside, formula) for formula in states if formula is not TRUE),
            tuple(step for step in steps if step is not None),
        )

    # -- of states ---------------------------------------------------------------------------------------------------

    @property
    def _tail(self) -> list[Term]:
        return [self._ranking.pending, self._holds]

    def _closed(self, premises: Iterable[Term], conclusion: Term, *bound: Term) -> Term:
        if _is_true(conclusion):
            return TRUE
        given = conjunction(premise for premise in premises if not _is_true(premise))
        return forall((*self._case.bound, *bound), implication(given, conclusion))

    def _start(self) -> Iterator[Term]:
        trigger = self._case.trigger
        if of_steps(trigger):
            # A step that changes nothing is one of no action.
            trigger = stuttering(trigger)
        yield self._closed([trigger, self._holds], self._ranking.pending)

    def _floor(self) -> Iterator[Term]:
        for part in self._ranking.measure:
            if part.sort.is_integer:
                yield self._closed(self._tail, at_least_zero(part))
            elif isinstance(part.sort, FunctionSort):
                index = variable("x", part.sort.index)
                yield self._closed(self._tail, at_least_zero(applied(part, index)), index)

    def _help(self) -> Term:
        some = [exists(helper.condition.bound, self._when(helper)) for helper in self._helpers]
        return TRUE if any(map(_is_true, some)) else self._closed(self._tail, disjunction(some))

    def _when(self, helper: Helper) -> Term:
        return self._progress.enabled(helper.condition) if helper.when is None else helper.when

    def _enabled(self) -> Iterator[Term]:
        for helper in self._helpers:
            if helper.when is not None:
                enabled = self._progress.enabled(helper.condition)
                yield self._closed([*self._tail, helper.when], enabled, *helper.condition.bound)

    # -- of steps ----------------------------------------------------------------------------------------------------

    def _step(self) -> list[Term]:
        """From a tail to a state where hold is true."""
        return [*self._tail, self._step_holds, at_next(self._holds)]

    def _for_each_action(self, said: Term, formula: Callable[[Action], Term]) -> OfSteps:
        model = self._progress.model
        return OfSteps(self._progress.said(said), {action.name: formula(action) for action in model.actions})

    def _start_of_steps(self) -> Iterator[OfSteps]:
        if of_steps(self._case.trigger):
            formula = self._closed([self._case.trigger, self._holds, self._step_holds], self._ranking.pending)
            yield self._for_each_action(formula, lambda action: formula)

    def _stay(self) -> OfSteps | None:
        if _is_true(self._ranking.pending):
            return None
        formula = self._closed(self._step(), at_next(self._ranking.pending))
        return self._for_each_action(formula, lambda action: formula)

    def never_larger(self) -> OfSteps:
        """See `Progress.never_larger`."""
        formula = self._closed(self._step(), conjunction(self._no_larger()))
        return self._for_each_action(formula, lambda action: formula)

    def _no_larger(self) -> list[Term]:
        return [no_larger(part) for part in self._ranking.measure]

    def _still(self, helper: Helper) -> list[Term]:
        return [at_next(self._when(helper))]

    def _untaken(self, helper: Helper, action: Action) -> list[Term]:
        return [negation(self._progress.taken(helper.condition, action))]

    def _progress_of(self, helper: Helper) -> OfSteps:
        when, bound = self._when(helper), helper.condition.bound
        measure = self._ranking.measure
        premises = [*self._step(), at_next(self._ranking.pending), when]

        def formula(action: Action) -> Term:
            same = conjunction([*self._no_larger(), *self._still(helper), *self._untaken(helper, action)])
            return self._closed(premises, disjunction([smaller(measure), same]), *bound)

        said = self._progress.said
        measured = ", ".join(said(part) for part in measure)
        tail = said(self._closed(premises, FALSE, *bound))
        name = self._progress.named(self._ranking, helper)
        others = f"or is no larger after a step that is none of {name} and leaves {said(when)}"
        formulas = {action.name: formula(action) for action in self._progress.model.actions}
        return OfSteps(f"<<{measured}>> becomes smaller, {others}, or {tail}", formulas)


def _is_true(term: Term) -> bool:
    return term.op == "literal" and term.data is True


# -- measures ----------------------------------------------------------------------------------------------------------------


def at_least_zero(number: Term) -> Term:
    """A number is not negative."""
    return Term("le", (integer(0), number), BOOL)


def applied(function: Term, index: Term) -> Term:
    """The value of a function."""
    return Term("apply", (function, index), cast(FunctionSort, function.sort).value)


def no_larger(part: Term) -> Term:
    """A part of a measure is no larger after a step than before."""
    return _compared(part, strictly=False)


def smaller(measure: Sequence[Term]) -> Term:
    """A measure is smaller after a step: a part is, and those before it are no larger."""
    cases = [
        conjunction([*(no_larger(other) for other in measure[:place]), _smaller(part)]) for place, part in enumerate(measure)
    ]
    return disjunction(cases)


def _smaller(part: Term) -> Term:
    if part.sort.is_integer:
        return _compared(part, strictly=True)
    return conjunction([no_larger(part), _compared(part, strictly=True)])


def _compared(part: Term, *, strictly: bool) -> Term:
    """No larger at every point; strictly: smaller at some point."""
    quantifier = exists if strictly else forall
    match part.sort:
        case SetSort(element=element):
            x = variable("x", element)
            here, there = Term("member", (x, part), BOOL), Term("member", (x, at_next(part)), BOOL)
            return quantifier((x,), conjunction([here, negation(there)]) if strictly else implication(there, here))
        case FunctionSort(index=index):
            x = variable("x", index)
            pair = applied(at_next(part), x), applied(part, x)
            return quantifier((x,), Term("lt" if strictly else "le", pair, BOOL))
    return Term("lt" if strictly else "le", (at_next(part), part), BOOL)


def stuttering(formula: Term) -> Term:
    """A formula of steps, of one that changes nothing."""
    return after(formula, {})


# -- conditions of fairness --------------------------------------------------------------------------------------------------


def implied(condition: Condition, given: Condition) -> bool:
    """Whether a condition is one that is given, for some values of its variables: it follows from the given conditions.

    A strong condition implies the weak one about the same steps.
    """
    if (condition.strong and not given.strong) or len(condition.parts) != len(given.parts):
        return False
    return _matched(list(condition.parts), list(given.parts), {}, set(given.bound))


def _matched(parts: list[Part], given: list[Part], values: dict[Term, Term], bound: set[Term]) -> bool:
    if not parts:
        return True
    for place, other in enumerate(given):
        found = _unified(parts[0], other, values, bound)
        if found is not None and _matched(parts[1:], [*given[:place], *given[place + 1 :]], found, bound):
            return True
    return False


def _unified(part: Part, given: Part, values: dict[Term, Term], bound: set[Term]) -> dict[Term, Term] | None:
    """The values of bound variables for which a given part is this one; None if there are none."""
    if part.action != given.action:
        return None
    result = dict(values)
    for one, other in zip(part.arguments, given.arguments, strict=True):
        if other is not None and other in bound and one is not None:
            # A value of the variable's sort: it is a variable of that sort, or a constant of it.
            if one.sort != other.sort or (other in result and not _same(result[other], one)):
                return None
            result[other] = one
        elif not _same(one, other):
            return None
    return result


def _same(one: Term | None, other: Term | None) -> bool:
    if one is None or other is None:
        return one is other
    return one is other or (one.op == other.op == "literal" and one.sort == other.sort and one.data == other.data)
