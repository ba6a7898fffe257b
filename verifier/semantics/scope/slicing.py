"""Slices: a model reduced to the variables that the properties in question depend on (its cone of influence).

Every run of a model is one of its slice, once the variables left out are ignored and steps that then change nothing are passed
over. For everything that may stop a step is in the slice: the constraints, and all guards of an action that changes a variable of
the slice. Its effect on the other variables can only forbid the step (a use without a value, a value out of range) and never
allow it. So a property that holds in a slice holds in the model; and where the model uses no undefined value and leaves no range,
each step of the slice is one of the model, so a property that is violated in the slice is violated in as many steps in the model.

Source: R. P. Kurshan, Computer-aided verification of coordinating processes, 1994 (localization); cones of influence in
E. Clarke, O. Grumberg, D. Peled, Model checking, 1999, chapter 13.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from verifier.kernel.actions import Action
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.terms import Term, may_be_undefined, state_names
from verifier.semantics.scope.finite import FiniteScope


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A part of a model that can be run by itself: the variables that are `kept` and those `left_out`, in their order."""

    model: Model
    kept: tuple[str, ...]
    left_out: tuple[str, ...]

    def at(self, scope: FiniteScope) -> FiniteScope:
        """The slice at the sizes of the model's scope."""
        return FiniteScope(self.model, scope.parameters, scope.labels)


class Cones:
    """The cones of influence of one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._order = [variable.name for variable in model.variables]
        self._always = state_names(*(constraint.formula for constraint in model.constraints))
        self._together = [names for names in (state_names(named.formula) for named in model.initial) if names]
        #: For each action the variables that its guards read, and those that each of its updates reads.
        self._actions = [
            (state_names(*_guards(action)), {update.variable: state_names(update.value) for update in action.updates})
            for action in model.actions
        ]

    def of(self, prop: Property) -> frozenset[str]:
        """The variables that the verdict on a property may depend on."""
        return self.closed(self._seeds(prop))

    def closed(self, names: Iterable[str]) -> frozenset[str]:
        """The least set of variables that contains some, and without the others can be run by itself."""
        result = {*names, *self._always}
        while True:
            before = len(result)
            for guards, updates in self._actions:
                for changed in updates.keys() & result:
                    result |= guards | updates[changed]
            for together in self._together:
                if not result.isdisjoint(together):
                    result |= together
            if len(result) == before:
                return frozenset(result)

    def slice(self, kept: Collection[str]) -> Slice:
        """The slice that keeps these variables. It has the properties whose cones it contains. Raises ValueError if what is
        kept depends on something else.
        """
        model = self.model
        missing = self.closed(kept) - set(kept)
        if missing:
            raise ValueError(f"a slice of {', '.join(sorted(kept))} depends on {', '.join(sorted(missing))}")
        initial = tuple(named for named in model.initial if state_names(named.formula) <= set(kept))
        sliced = replace(
            model,
            variables=tuple(variable for variable in model.variables if variable.name in kept),
            initial=initial,
            axioms=tuple(axiom for axiom in model.axioms if axiom in initial),
            actions=tuple(_without(action, kept) for action in model.actions if _counts(action, kept)),
            properties=tuple(prop for prop in model.properties if self.of(prop) <= set(kept)),
            lemmas=tuple(lemma for lemma in model.lemmas if state_names(lemma.formula) <= set(kept)),
        )
        names = [name for name in self._order if name in kept]
        return Slice(sliced, tuple(names), tuple(name for name in self._order if name not in kept))

    def _seeds(self, prop: Property) -> set[str]:
        """The variables that a property itself mentions; all of them for kinds other than states, steps, ranges and uses."""
        match prop.kind:
            case "state" | "action":
                return state_names(prop.judged)
            case "range":
                return set(prop.variables)
            case "defined":
                return set(self._uses()) if prop.about is None else state_names(prop.judged)
        return set(self._order)

    def _uses(self) -> Iterator[str]:
        """The variables that decide whether an initial value or predicate, or an action, uses an undefined value.

        A guard is evaluated where those before it hold, an update where all do; the first predicate that is false, or has no
        value, decides.
        """
        model = self.model
        for variable in model.variables:
            if variable.initial is not None and may_be_undefined(variable.initial):
                yield variable.name
        if may_be_undefined(*(named.formula for named in model.initial)):
            yield from state_names(*(named.formula for named in model.initial))
        for action in model.actions:
            updates = [update for update in action.updates if may_be_undefined(update.value)]
            if updates or may_be_undefined(*_guards(action)):
                yield from state_names(*_guards(action))
            yield from (update.variable for update in updates)


def _guards(action: Action) -> list[Term]:
    return [guard.condition for guard in action.guards]


def _counts(action: Action, kept: Collection[str]) -> bool:
    """Whether an action changes something of a slice; or has a guard without a value, which is asked about there."""
    if any(update.variable in kept for update in action.updates):
        return True
    return may_be_undefined(*_guards(action)) and state_names(*_guards(action)) <= set(kept)


def _without(action: Action, kept: Collection[str]) -> Action:
    return replace(action, updates=tuple(update for update in action.updates if update.variable in kept))
