"""Steps that leave a range, and initial values that are outside one: formulas over the states that cannot be stored.

Such a state has no codes, so its formulas become formulas over the state before: each variable that the step changes stands for
its new value, at full width. An element that has no place in a set makes the variable that was to hold it undefined, and so
whatever reads the variable. A formula that is undefined there is not judged.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from verifier.kernel.actions import Action
from verifier.kernel.fitting import checked
from verifier.kernel.properties import Property
from verifier.kernel.terms import Term, after, state_names, with_values
from verifier.semantics.ground.circuit import Node

if TYPE_CHECKING:
    from verifier.semantics.ground.ground import Ground, Instance


class Leaving:
    """The steps of a ground model that leave a range; nodes are over step 0, the constraint is not part of them."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self._behind: dict[tuple[str, Term], Term] = {}

    def by(self, instance: Instance) -> Node:
        """Whether the instance fires and leaves a range."""
        circuit = self.ground.circuit
        return circuit.and_((instance.enabled, circuit.or_([outside for _, outside in instance.escapes])))

    @cached_property
    def some(self) -> Node:
        """Whether some instance does."""
        return self.ground.circuit.or_([self.by(instance) for instance in self.ground.instances])

    def violation(self, prop: Property, instance: Instance) -> Node:
        """Whether the instance leaves a range and violates a property of states in the state after it, or a property of steps."""
        circuit = self.ground.circuit
        leaves = self.by(instance)
        if leaves is circuit.false or prop.kind not in ("state", "action") or prop.expanded:
            return circuit.false
        if prop.kind == "state":
            return circuit.and_((leaves, self._fails_behind(prop.judged, instance, steps=False)))
        fails = self._fails_behind(prop.judged, instance, steps=True)
        lost = self._lost(prop, instance)
        if lost is not circuit.false:
            # That changes the variable, so the formula is evaluated.
            fails = circuit.or_((fails, circuit.and_((lost, self._fails_behind(prop.formula, instance, steps=True)))))
        return circuit.and_((leaves, fails))

    def violations(self, prop: Property) -> Node:
        """Whether some instance does."""
        return self.ground.circuit.or_([self.violation(prop, instance) for instance in self.ground.instances])

    def _lost(self, prop: Property, instance: Instance) -> Node:
        """Whether the step leaves a variable of the subscript of a property of steps without a value."""
        names = {variable.data for variable in prop.subscript}
        updates = [update for update in instance.action.updates if update.variable in names]
        return self.ground.circuit.or_([self.ground.lost(u.variable, u.value, instance.environment) for u in updates])

    def _fails_behind(self, formula: Term, instance: Instance, *, steps: bool) -> Node:
        """Whether a formula over the state after a step, or over the step, has a value and is false."""
        circuit = self.ground.circuit
        said = self._said_before(formula, instance.action, steps)
        if said is None:
            return circuit.false
        value, uses = self.ground.lower(said, instance.environment)
        return circuit.not_(circuit.or_((value, *(use.happens for use in uses))))

    def _said_before(self, formula: Term, action: Action, steps: bool) -> Term | None:
        """A formula over the state after a step, or over the step, as one over the state before.

        None if it reads nothing in the state after that the step changes: if it is false there, it is false before.
        """
        known = self._behind.get((action.name, formula))
        if known is not None:
            return known
        new = {update.variable: update.value for update in action.updates}
        if not steps and not state_names(formula) & new.keys():
            return None
        said = after(checked(formula), new) if steps else with_values(checked(formula), new)
        self._behind[action.name, formula] = said
        return said


_NO_PREDICATE = "no state is initial: a predicate has no value"


class Starts:
    """Initial values and predicates that are wrong before any step; nodes are over the variables that are open initially.

    `undefined_values` are the variables whose initial value is undefined; where there are some, nothing else is asked. `outside`
    are those whose initial value is given and outside its sort. The fields of both hold their least codes here.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        circuit = ground.circuit
        outside = frozenset(name for name, outside in ground.initial_escapes if outside is circuit.true)
        self.undefined_values = ground.undefined_initially
        self.outside = frozenset() if self.undefined_values else outside
        self.without_codes = outside | self.undefined_values
        model = ground.scope.model
        self._given = {v.name: v.initial for v in model.variables if v.initial is not None}
        self._read: dict[Term, Term] = {}

    @cached_property
    def left(self) -> frozenset[str]:
        """The variables whose initial value violates their range."""
        return self.outside

    @cached_property
    def judged(self) -> bool:
        """Whether a property of states is evaluated in candidates: in those that cannot be stored, which nothing else examines.
        """
        return bool(self.outside)

    @property
    def nothing(self) -> str:
        """Why no state is initial although candidates are, for people."""
        names = ", ".join(sorted(self.undefined_values))
        return f"no state is initial: the initial value of {names} is undefined" if names else _NO_PREDICATE

    @cached_property
    def candidate(self) -> Node:
        """Variables have the initial values that are given, open ones values of their sorts."""
        parts = [self.ground.canonical_of(v.name) for v in self.ground.scope.model.variables if v.initial is None]
        for name in self._given:
            parts += self.ground.initially(name, name in self.without_codes)
        return self.ground.circuit.and_(parts)

    def undefined(self) -> Node:
        """An initial value is undefined, or an initial predicate where those before it hold; where a range is left anyway, of
        predicates this is not asked.
        """
        circuit = self.ground.circuit
        if self.undefined_values:
            return self.candidate
        if self.outside:
            return circuit.false
        return circuit.and_((self.candidate, circuit.or_(self._first_without_value)))

    @cached_property
    def _predicates(self) -> list[tuple[Node, Node]]:
        """Of each initial predicate whether it has a value and is true, and whether it has none."""
        circuit = self.ground.circuit
        result: list[tuple[Node, Node]] = []
        for predicate in self.ground.scope.model.initial:
            value, uses = self.ground.lower(self._initially(predicate.formula), {})
            without = circuit.or_([use.happens for use in uses])
            result.append((circuit.and_((value, circuit.not_(without))), without))
        return result

    @cached_property
    def _first_without_value(self) -> list[Node]:
        """Of each initial predicate whether it has no value, and all before it are true."""
        circuit = self.ground.circuit
        before = [circuit.and_([holds for holds, _ in self._predicates[:n]]) for n in range(len(self._predicates))]
        return [circuit.and_((true, without)) for true, (_, without) in zip(before, self._predicates, strict=True)]

    @cached_property
    def begins(self) -> Node:
        """A candidate for an initial state that no initial predicate excludes.

        The first one that is false, or has no value, decides; where a range is left anyway, those without one are passed over.
        """
        circuit = self.ground.circuit
        if self.undefined_values:
            return self.candidate
        if self.outside:
            return circuit.and_((self.candidate, *(circuit.or_(pair) for pair in self._predicates)))
        all_true = circuit.and_([holds for holds, _ in self._predicates])
        return circuit.and_((self.candidate, circuit.or_((all_true, *self._first_without_value))))

    def violation(self, prop: Property) -> Node:
        """Whether a candidate for an initial state that cannot be stored, or is not one, violates a property in no step."""
        circuit = self.ground.circuit
        if prop.kind == "defined":
            return circuit.false if prop.about else self.undefined()
        if prop.kind == "range":
            return self.begins if self.left & set(prop.variables) else circuit.false
        if prop.kind == "action" or prop.expanded or not self.judged:
            return circuit.false
        value, uses = self.ground.lower(self._initially(prop.judged), {})
        return circuit.and_((self.begins, circuit.not_(circuit.or_((value, *(use.happens for use in uses))))))

    def _initially(self, formula: Term) -> Term:
        known = self._read.get(formula)
        if known is None:
            known = self._read[formula] = with_values(checked(formula), self._given)
        return known
