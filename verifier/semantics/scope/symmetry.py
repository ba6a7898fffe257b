"""Symmetry: which scalarsets of a model are interchangeable, by a check of its syntax.

Members of a scalarset may be renamed if nothing in the model tells them apart: they are only compared for equality,
the only literals are named constants (which every renaming fixes), and a choice among them is only made where exactly
one value qualifies. Then initial states, steps and constraints are closed under renaming (Ip and Dill, "Better
verification through symmetry", 1996).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verifier.kernel.errors import Position
from verifier.kernel.model import Model
from verifier.kernel.operators import OPERATORS
from verifier.kernel.properties import Property
from verifier.kernel.sorts import ScalarSort, Sort, inner_sorts
from verifier.kernel.terms import Term, walk


@dataclass(frozen=True, slots=True)
class Symmetry:
    """The outcome of the check.

    `sorts` are the scalarsets that have no order, in the order of the model. `reason` says what tells the members of one
    apart; None if the model is symmetric. `choices`: the model chooses among values that renaming moves, so that symmetry
    holds only where every choice is defined, i.e. unique.
    """

    sorts: tuple[ScalarSort, ...]
    reason: str | None
    choices: bool


def symmetry_of(model: Model, properties: Iterable[Property] = ()) -> Symmetry:
    """The check of a model: its initial states, axioms, actions and constraints, and the given properties."""
    sorts = tuple(sort for sort in model.sorts if isinstance(sort, ScalarSort) and not sort.ordered)
    terms = [variable.initial for variable in model.variables if variable.initial is not None]
    terms += [named.formula for named in (*model.initial, *model.axioms, *model.constraints)]
    for action in model.actions:
        terms += [guard.condition for guard in action.guards] + [update.value for update in action.updates]
    terms += [prop.judged for prop in properties]
    choices = False
    for term in walk(*terms):
        reason = _objection(term)
        if reason is not None:
            return Symmetry(sorts, reason + _where(term.at), choices)
        choices = choices or (term.op == "choose" and moves(term.sort))
    return Symmetry(sorts, None, choices)


def moves(sort: Sort) -> bool:
    """Whether renaming the members of a scalarset can change a value of this sort."""
    return any(isinstance(inner, ScalarSort) and not inner.ordered for inner in inner_sorts(sort))


def _objection(term: Term) -> str | None:
    """Why a term (its arguments apart) may tell the members of a scalarset apart; None if it cannot."""
    operator = OPERATORS[term.op]
    if term.op == "literal" and moves(term.sort):
        if not isinstance(term.sort, ScalarSort):
            return f"a literal of {term.sort} contains names"
        if term.data not in term.sort.constants:
            return f"the literal {term.data} is not a named constant of {term.sort}"
    if operator.numbers and not all(arg.sort.is_integer for arg in term.args):
        return f"arithmetic on {term.args[0].sort}"
    ordered = [term.args[place].sort for place in operator.ordered]
    if operator.counts:
        ordered += [bound.sort for bound in term.bound] if operator.binder else [term.sort]
    return next((f"an order on {sort}" for sort in ordered if moves(sort)), None)


def _where(at: Position | None) -> str:
    return f" ({at.name})" if at is not None else ""
