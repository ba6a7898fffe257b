"""Parameters that have a value at unbounded scope: a model with other values for them, and one with the values in their place.

A fixed parameter is a number such as the share that a quorum needs. The protocol is another one where that number is another one,
and a product with it is linear where it is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from verifier.kernel.declarations import Named
from verifier.kernel.errors import UsageError
from verifier.kernel.model import Model
from verifier.kernel.sorts import INT, Sort
from verifier.kernel.terms import Term, equal, integer, parameter_names, rewrite
from verifier.semantics.scope.finite import finite_scope, single

_STATED = (
    *("assumptions", "variables", "initial", "constraints", "actions", "properties", "lemmas", "laws", "axioms", "stops"),
    *("liveness", "fairness", "rankings", "reachable"),
)
"""The fields of a model that have formulas."""


def fixed_values(model: Model) -> dict[str, int]:
    """The values of the fixed parameters."""
    return {name: declared.default for name, declared in model.parameters.items() if declared.fixed}


def with_fixed(model: Model, settings: Mapping[str, Any]) -> Model:
    """The model with other values for fixed parameters.

    Raises:
        UsageError: a parameter is not fixed, has no such value, or an assumption excludes it.
    """
    if not settings:
        return model
    for name, _ in single(model, settings):
        if name in model.parameters and not model.parameters[name].fixed:
            known = ", ".join(fixed_values(model))
            hint = f"these have one: {known}" if known else "--set goes without --scope unbounded"
            raise UsageError(f"parameter {name} has no value at unbounded scope, where it is any number", hint=hint)
    return finite_scope(model, settings).model


def settled(model: Model) -> Model:
    """The model with the values of its fixed parameters in their place. One that the end of a range reads is assumed to have its
    value.
    """
    values = {name: integer(value) for name, value in fixed_values(model).items()}
    if not values:
        return model
    in_place = _InPlace(values)
    stated = {name: in_place.of(getattr(model, name)) for name in _STATED}
    read = parameter_names(*(end for sort in model.sorts for end in sort.ends))
    assumed = [
        Named(f"{name}IsFixed", equal(Term("parameter", (), INT, name), value), model.protocol.position)
        for name, value in values.items()
        if name in read
    ]
    return replace(model, **{**stated, "assumptions": (*stated["assumptions"], *assumed)})


@dataclass
class _InPlace:
    """Puts values in the place of parameters, wherever a part of a model has a term. One term becomes one term."""

    values: Mapping[str, Term]
    _done: dict[int, Term] = field(default_factory=dict)

    def of(self, part: Any) -> Any:
        """The part with the values in place; the part itself where it reads none of the parameters."""
        if isinstance(part, Term):
            if id(part) not in self._done:
                self._done[id(part)] = rewrite(part, self._value)
            return self._done[id(part)]
        if isinstance(part, tuple):
            inner = tuple(map(self.of, part))
            return inner if any(new is not old for new, old in zip(inner, part, strict=True)) else part
        if not is_dataclass(part) or isinstance(part, (type, Sort)):
            return part
        old = {one.name: getattr(part, one.name) for one in fields(part) if one.init}
        new = {name: self.of(value) for name, value in old.items()}
        return replace(part, **new) if any(new[name] is not value for name, value in old.items()) else part

    def _value(self, term: Term) -> Term | None:
        return self.values.get(term.data) if term.op == "parameter" else None
