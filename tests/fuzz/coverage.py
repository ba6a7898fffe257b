"""Which operators and sorts of the language a protocol uses."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fuzz.spec import Spec
from verifier.kernel import sorts
from verifier.kernel.model import Model
from verifier.kernel.operators import OPERATORS
from verifier.kernel.sorts import inner_sorts
from verifier.kernel.terms import Term, walk


def wanted() -> set[str]:
    """What the protocols should use: every operator of the table, and every class of sorts that has values."""
    classes = {cls for cls in vars(sorts).values() if isinstance(cls, type) and issubclass(cls, sorts.Sort)}
    return {*OPERATORS, *(cls.__name__ for cls in classes if not cls.__subclasses__())}


def formulas(model: Model) -> Iterator[Term]:
    """Every term that a model is made of."""
    for declared in model.variables:
        if declared.initial is not None:
            yield declared.initial
    for named in (*model.initial, *model.constraints, *model.assumptions):
        yield named.formula
    for action in model.actions:
        yield from (argument.variable for argument in (*action.arguments, *action.witnesses))
        yield from (guard.condition for guard in action.guards)
        yield from (update.value for update in action.updates)
    yield from (found.formula for found in (*model.properties, *model.lemmas))


def written(spec: Spec) -> set[str]:
    """What a spec writes and its model has no more: `enabled` and named choices stand for other terms there."""
    choices = {"choice" for action in spec.actions for update in action.updates if update.choice}
    return choices | {e.op for prop in spec.properties for e in prop.formula.walk() if e.op in ("enabled", "can_change")}


def used(model: Model) -> set[str]:
    """The names of the operators, and of the classes of sorts, that a model uses."""
    terms = list(walk(*formulas(model)))
    sorts = [declared.sort for declared in model.variables] + [term.sort for term in terms]
    return {term.op for term in terms} | {type(part).__name__ for sort in sorts for part in inner_sorts(sort)}
