"""Functions of bound variables: the lambdas of a model, which state something for each value of a sort."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Self

from verifier.kernel.errors import ModelError, Position, at_hand, here
from verifier.kernel.expressions import Expr, coerce, sort_of, wrap
from verifier.kernel.fitting import members
from verifier.kernel.sorts import BOOL, IntSort, Sort, is_endless
from verifier.kernel.terms import Term, variable


class Over:
    """A statement other than a formula that a model can make for all values of variables."""

    def over(self, variables: tuple[Term, ...]) -> Self:
        """The statement for all values of the variables."""
        raise NotImplementedError


class SurfaceOf:
    """Stands for an expression class where only the sort is known."""

    def __init__(self, sort: Sort) -> None:
        self.sort = sort

    @staticmethod
    def sort_of(annotation: Any) -> Sort:
        """The sort that a sort's class, or a stand-in for one, means."""
        return annotation.sort if isinstance(annotation, SurfaceOf) else sort_of(annotation)


def bound(
    sorts: list[Any], body: Any, what: str, collection: Term | None = None
) -> tuple[tuple[Term, ...], Any]:
    """The bound variables, named as the lambda names them, and what the lambda returns for them.

    `collection` is the keyed set of which they are members, if they are.
    """
    if not callable(body) or isinstance(body, Expr):
        raise ModelError(
            f"{what} needs a function of its variables", hint=f"{what}({at_hand(Expr)}, lambda k: ...)", position=here()
        )
    names = plain_parameters(body, f"the function of {what}")
    if len(names) != len(sorts):
        counts = f"{len(sorts)} sort{'s' * (len(sorts) != 1)} but its function takes {len(names)}"
        raise ModelError(f"{what} has {counts}", hint=f"{what}(A, B, lambda a, b: ...)", position=here())
    variables = tuple(
        variable(name, quantifiable(SurfaceOf.sort_of(sort), what)) for name, sort in zip(names, sorts, strict=True)
    )
    with members(variables, collection):
        return variables, body(*(wrap(v) for v in variables))


def plain_parameters(function: Callable[..., Any], what: str) -> list[str]:
    """The names of a function's parameters; ModelError where one has a default, or is variadic or keyword-only."""
    parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD) or (
            parameter.default is not parameter.empty
        ):
            hint = "each parameter stands for one value of a sort: no defaults, no *, no **"
            raise ModelError(f"{what} has the parameter {parameter}", hint=hint, position=here())
    return [parameter.name for parameter in parameters]


def returned(value: Any, what: str, position: Position) -> Term:
    """The formula that a user's function returned; ModelError, with its line, if it returned something else."""
    if value is None:
        raise ModelError(f"{what} returns nothing", hint="return the formula", position=position)
    try:
        return coerce(value, BOOL, what)
    except ModelError as error:
        raise ModelError(error.message, hint=error.hint, position=position) from None


def quantifiable(sort: Sort, what: str) -> Sort:
    """`sort`, if its values can be enumerated at a finite scope; ModelError otherwise."""
    if is_endless(sort):
        over = "Int" if isinstance(sort, IntSort) else f"{sort}, which holds an Int,"
        hint = "give a range: class Name(Range, low=0, high=...)"
        raise ModelError(f"{what} over {over} has no end", hint=hint, position=here())
    return sort
