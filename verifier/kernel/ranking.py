"""Rankings: hand-written measures of the progress that a liveness property promises, hints that are proved like anything else.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from verifier.kernel.binding import Over
from verifier.kernel.errors import ModelError, Position, here
from verifier.kernel.expressions import Bool, Expr, coerce, term_of, wrap
from verifier.kernel.fairness import Condition, Fairness
from verifier.kernel.properties import Property
from verifier.kernel.reach import STATES, Reach, Vocabulary
from verifier.kernel.sorts import BOOL, FunctionSort, SetSort, Sort
from verifier.kernel.terms import Term, exists, integer, may_be_undefined


@dataclass(frozen=True, slots=True)
class Helper:
    """A condition of fairness that makes progress wherever `when` holds; None: wherever steps of it are enabled.

    The condition may read the variables of the case; `when` may also read the variables that the condition binds.
    """

    condition: Condition
    when: Term | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """A measure that cannot decrease forever, which shows that a case of a liveness property cannot happen.

    While `pending` holds, no step increases the measure, and a fair step of a helper decreases it. Measures are compared
    lexicographically: a natural number by size, a set by inclusion, a function to natural numbers point by point. `number` says
    which of the property's cases it is about, `bound` are the variables of that case. Without `helpers`, each condition that
    the property is stated under helps wherever it is enabled.
    """

    property: str
    number: int
    bound: tuple[Term, ...]
    pending: Term
    measure: tuple[Term, ...]
    helpers: tuple[Helper, ...] = ()
    position: Position | None = None

    @builtins.property
    def formulas(self) -> tuple[Term, ...]:
        """All its formulas of states."""
        when = (exists(helper.condition.bound, helper.when) for helper in self.helpers if helper.when is not None)
        return (self.pending, *self.measure, *when)


@dataclass(frozen=True, slots=True, eq=False)
class Helps(Over):
    """A condition of fairness with the states in which it helps, as a model states it."""

    helper: Helper

    def __repr__(self) -> str:
        return "a condition of fairness that helps"

    def over(self, variables: tuple[Term, ...]) -> Helps:
        """The condition for each value of the variables."""
        condition = self.helper.condition
        return Helps(replace(self.helper, condition=replace(condition, bound=(*variables, *condition.bound))))


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """The result of the function of a ranking."""

    measure: tuple[Any, ...]
    pending: Any
    helped_by: tuple[Any, ...]


_MEASURE = "a number, a set or a function to numbers: ranks(s.tpos), ranks(s.waiting[n]), ranks(fn(Node, lambda n: ...))"


def ranks(*measure: Any, pending: Bool | bool = True, helped_by: Iterable[Fairness | Helps] = ()) -> Ranks:
    """A measure, its most significant part first; the condition that stays true until the goal is reached, where that is more
    than the property's premise; and the conditions of fairness that help.
    """
    return Ranks(measure, pending, tuple(helped_by))


def when(fairness: Fairness, condition: Bool | bool) -> Helps:
    """A condition of fairness that helps in these states; it must be enabled there."""
    if not isinstance(fairness, Fairness):
        hint = "write when(weak(A), P)"
        raise ModelError(f"{fairness!r} is not a condition of fairness", hint=hint, position=here())
    return Helps(Helper(fairness.condition, coerce(condition, BOOL, "where it helps")))


def build_rankings(
    function: Callable[..., Any], prop: Property, view: Any, vocabulary: Vocabulary, position: Position
) -> Iterator[Ranking]:
    """Runs the user's function for each case of the property whose variables it names.

    Raises ModelError for whatever is ill formed, with the line of the model.
    """
    names = list(inspect.signature(function).parameters)
    variables = [[variable.data for variable in case.bound] for case in prop.cases]
    fitting = [number for number, known in enumerate(variables) if names[1:] == known]
    if not names or not fitting:
        known = " or ".join(dict.fromkeys(f"({', '.join(['s', *names])})" for names in variables))
        message = f"the ranking of {prop.name} takes {', '.join(names) or 'nothing'}"
        raise ModelError(message, hint=f"its parameters are those of the property: {known}", position=position)
    for number in fitting:
        bound = prop.cases[number].bound
        said = function(view, *map(wrap, bound))
        if not isinstance(said, Ranks):
            raise ModelError(f"the ranking of {prop.name} returns {said!r}", hint="return ranks(...)", position=position)
        measure = tuple(_measured(part, position) for part in said.measure)
        pending = coerce(said.pending, BOOL, "what is pending")
        helpers = tuple(_helper(given, position) for given in said.helped_by)
        result = Ranking(prop.name, number, bound, pending, measure, helpers, position)
        for formula in result.formulas:
            vocabulary.admit(exists(bound, _formula(formula)), Reach(f"the ranking of {prop.name}", position, STATES))
            if may_be_undefined(formula):
                hint = "define it everywhere: ite(o.is_some, ..., 0)"
                raise ModelError(f"the ranking of {prop.name} may have no value", hint=hint, position=position)
        yield result


def _formula(term: Term) -> Term:
    return term if term.sort == BOOL else Term("eq", (term, term), BOOL)


def _measured(part: Any, position: Position) -> Term:
    if isinstance(part, bool) or not isinstance(part, Expr | int):
        raise ModelError(f"a measure cannot be {part!r}", hint=_MEASURE, position=position)
    term = term_of(part) if isinstance(part, Expr) else integer(part)
    if not measures(term.sort):
        raise ModelError(f"a measure cannot be one of {term.sort}", hint=_MEASURE, position=position)
    return term


def measures(sort: Sort) -> bool:
    """Whether values of a sort are compared by a measure."""
    return sort.is_integer or isinstance(sort, SetSort) or (isinstance(sort, FunctionSort) and sort.value.is_integer)


def _helper(given: Any, position: Position) -> Helper:
    if isinstance(given, Helps):
        return given.helper
    if isinstance(given, Fairness):
        return Helper(given.condition)
    hint = "write weak(A), when(weak(A), P) or forall(Sort, lambda x: when(weak(A, x), P))"
    raise ModelError(f"{given!r} is not a condition of fairness", hint=hint, position=position)
