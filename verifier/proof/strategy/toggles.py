"""A model whose guards and choices can each be switched off, to assign blame.

Every named guard and choice gets a variable of its own, a Bool that any state may have and no step changes. Where it is
true the guard is left out, or the choice is as if it were dropped; where all are false the model is as it was. A proof that
only assumes some of them to be false is one of the model without the other guards, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from verifier.kernel.actions import Action
from verifier.kernel.model import Model
from verifier.kernel.reachable import seeking
from verifier.kernel.resolving import instantiate
from verifier.kernel.sorts import BOOL
from verifier.kernel.state import Variable
from verifier.kernel.terms import Term, rewrite, state, state_names, walk


class Firm:
    """The choices of a model that cannot be switched, by their full names: those whose alternative has no meaning.

    That is one that reads a variable the variant leaves out, or one that `meaningless` refuses.
    """

    def __init__(self, model: Model, meaningless: Callable[[Sequence[Term]], bool] = lambda terms: False) -> None:
        dropped = {*model.variant.drops, *model.drops}
        absent = set(model.variant.without)
        #: The variables that each decides about; None if every step depends on it.
        self.reached: dict[str, set[str] | None] = {}
        for action in model.actions:
            for name, (terms, reached) in _alternatives(model.protocol.actions[action.name]).items():
                if name not in dropped and (state_names(*terms) & absent or meaningless(terms)):
                    self.reached[name] = reached

    def deciding(self, read: AbstractSet[str] | None, action: str | None = None) -> set[str]:
        """Those that decide about one of the variables that are `read`, by default about anything; of one action, or of all."""
        return {
            name
            for name, reached in self.reached.items()
            if (action is None or name.startswith(f"{action}."))
            and (read is None or reached is None or reached & read)
        }


def switchable(model: Model, firm: Collection[str] = ()) -> tuple[Model, tuple[str, ...]]:
    """The model with a variable for each guard and choice that it still has, and these variables' names, `Action.name`.

    The choices named in `firm` (see `Firm`) stay as they are.
    """
    kept = [f"{action.name}.{guard.name}" for action in model.actions for guard in action.guards]
    dropped = {*model.variant.drops, *model.drops}
    for action in model.actions:
        choices = [f"{action.name}.{c.name}" for c in action.choices]
        kept += [name for name in choices if name not in dropped and name not in firm]
    declared = model.protocol
    actions = {name: _switchable(action, set(kept)) for name, action in declared.actions.items()}
    switches = (Variable(name, BOOL, None, "left out", None, rigid=True) for name in kept)
    switched = replace(declared, variables=(*declared.variables, *switches), actions=actions)
    result = instantiate(switched, model.variant, model.drops)
    return seeking(result) if model.seeking else result, tuple(kept)


def _alternatives(action: Action) -> dict[str, tuple[list[Term], set[str] | None]]:
    """For each choice of an action, by its full name: the terms that dropping it alone puts in place, and the variables whose
    updates they are in; None for the variables where a guard contains one, so that every step depends on it.
    """

    def alone(term: Term) -> Term | None:
        return term.args[0] if term.op == "choice" else None

    found: dict[str, tuple[list[Term], set[str] | None]] = {}
    places: list[tuple[Term, str | None]] = [(guard.condition, None) for guard in action.guards]
    places += [(other, None) for guard in action.guards for _, other in guard.instead]
    places += [(update.value, update.variable) for update in action.updates]
    for whole, variable in places:
        for term in walk(whole):
            if term.op == "choice":
                terms, variables = found.get(f"{action.name}.{term.data}", ([], set()))
                reached = None if variables is None or variable is None else variables | {variable}
                found[f"{action.name}.{term.data}"] = ([*terms, rewrite(term.args[1], alone)], reached)
    return found


def _switchable(action: Action, known: set[str]) -> Action:
    def off(name: str) -> Term | None:
        return state(f"{action.name}.{name}", BOOL) if f"{action.name}.{name}" in known else None

    def unless(name: str, condition: Term) -> Term:
        switch = off(name)
        return condition if switch is None else Term("or", (switch, condition), BOOL)

    def chosen(term: Term) -> Term | None:
        switch = off(term.data) if term.op == "choice" else None
        return None if switch is None else Term("ite", (switch, term.args[1], term), term.sort)

    guards = [
        replace(
            guard,
            condition=unless(guard.name, rewrite(guard.condition, chosen)),
            instead=tuple((name, unless(guard.name, rewrite(other, chosen))) for name, other in guard.instead),
        )
        for guard in action.guards
    ]
    updates = [replace(update, value=rewrite(update.value, chosen)) for update in action.updates]
    return replace(action, guards=tuple(guards), updates=tuple(updates))
