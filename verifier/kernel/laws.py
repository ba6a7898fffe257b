"""Laws: formulas over all values of their free variables; each is decided in a model of its own, whose state they are.

That model has one variable for each free variable, which is open initially, and no actions. Its only properties are the law
and, if its text can be undefined, that it is not. So whatever decides a state property of a model decides a law, and a
counterexample is an initial state: an assignment of values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from verifier.kernel.actions import arguments_of
from verifier.kernel.binding import plain_parameters, returned
from verifier.kernel.errors import ModelError, Position
from verifier.kernel.expressions import wrap
from verifier.kernel.properties import Expectation, Property
from verifier.kernel.reach import Reach, Vocabulary
from verifier.kernel.reachable import seeking
from verifier.kernel.spelling import is_called
from verifier.kernel.state import Variable, storable
from verifier.kernel.terms import forall, state, substitute

if TYPE_CHECKING:
    from verifier.kernel.model import Model


_QUORUM = "quantify over it in the formula: forall(Quorum, lambda q: ...)"


def build_law(
    function: Callable[..., Any],
    vocabulary: Vocabulary,
    *,
    short: str | None,
    expected: Mapping[str, Expectation],
    position: Position,
) -> Property:
    """Runs the user's function once with symbolic values, and returns the law that it states.

    Raises ModelError for whatever is ill formed, with the line of the model.
    """
    name = function.__name__
    names = plain_parameters(function, f"law {name}")
    if not names:
        hint = f"write def {name}(x: Sort, ...) -> Bool: a law holds for all values of its parameters"
        raise ModelError(f"law {name} takes no values", hint=hint, position=position)
    arguments = arguments_of(function, names, f"law {name}", position)
    for argument in arguments:
        storable(argument.sort, argument.name, position, f"free variable of {name}", _QUORUM)
        vocabulary.admit_sort(argument.sort, position)
    body = returned(function(*(wrap(argument.variable) for argument in arguments)), f"law {name}", position)
    formula = forall(tuple(argument.variable for argument in arguments), body)
    vocabulary.admit(formula, Reach(f"law {name}", position))
    doc = inspect.getdoc(function) or ""
    free = tuple(argument.name for argument in arguments)
    return Property(name, "law", formula, short, doc, free, expected=expected, position=position)


def alone(model: Model, law: str) -> Model:
    """The model in which a law of `model` is decided."""
    [stated] = [result for result in model.laws if result.name == law]
    bound = stated.formula.bound
    values = {variable: state(variable.data, variable.sort) for variable in bound}
    properties = [result for result in model.laws if law in (result.name, result.about)]
    return replace(
        model,
        variables=tuple(Variable(v.data, v.sort, None, "", stated.position) for v in bound),
        initial=(),
        axioms=(),
        constraints=(),
        actions=(),
        lemmas=(),
        properties=tuple(replace(p, formula=substitute(p.formula.args[0], dict(values))) for p in properties),
        laws=(),
        law=law,
        liveness=(),
        fairness=(),
        rankings=(),
        reachable=(),
    )


def home(model: Model, name: str) -> Model:
    """The model that decides the property called `name`: that of a law, that of the states to be reached, or the model itself.
    """
    if any(is_called(name, prop.name, prop.short) for prop in model.reachable):
        return seeking(model)
    for prop in model.laws:
        if is_called(name, prop.name, prop.short):
            return alone(model, prop.about or prop.name)
    return model
