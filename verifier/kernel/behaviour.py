"""The declarations of a protocol's behaviour: parameters, state, initial states, constraints, actions, fairness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, TypeVar, cast, overload

from verifier.kernel.actions import build_action, note_action
from verifier.kernel.construction import UnderConstruction, called_as, declares, defined_at
from verifier.kernel.declarations import Named, Parameter, natural, numbered
from verifier.kernel.errors import ModelError, at_hand, check_name, here, nearest
from verifier.kernel.expressions import Bool, Int, Range, coerce, wrap
from verifier.kernel.fairness import DECLARED, Assumption, Fairness, assumption
from verifier.kernel.reach import STATE, Reach
from verifier.kernel.sorts import BOOL, INT
from verifier.kernel.state import variables_of
from verifier.kernel.terms import Term, state_names

S = TypeVar("S")
Predicate = Callable[[Any], "Bool"]
Body = Callable[..., None]


class DeclaresBehaviour(UnderConstruction):
    """The behaviour of a protocol, declared in the order of its file."""

    @declares
    def _parameter(
        self, name: str, default: Any, kind: Literal["model", "search bound"], doc: str, fixed: bool = False
    ) -> Int:
        check_name(name, "a parameter")
        if name in self.parameters:
            raise ModelError(f"parameter {name} is declared twice", position=here())
        natural(name, default)
        self.parameters[name] = Parameter(name, default, kind, doc, fixed=fixed)
        return cast(Int, wrap(Term("parameter", (), INT, name)))

    @overload
    def parameter(self, name: str, default: int, doc: str = "", *, fixed: bool = False) -> Int: ...
    @overload
    def parameter(
        self, name: str, default: list[int] | tuple[int, ...], doc: str = "", *, fixed: bool = False
    ) -> list[Int]: ...
    def parameter(self, name: str, default: Any, doc: str = "", *, fixed: bool = False) -> Int | list[Int]:
        """Declares a natural number that is part of the protocol's meaning; `default` is its published value.

        Of a list, each number is a parameter of its own, `name_1` and so on; `--set name=[3,1,1]` sets all of them. At unbounded
        scope it is any natural number, unless it is `fixed`: then it has its value there, too, such as the share of a quorum.
        """
        if not isinstance(default, list | tuple):
            return self._parameter(name, default, "model", doc, fixed)
        check_name(name, "a parameter")
        if not default or name in self.parameters:
            message = f"parameter {name} is declared twice" if default else f"parameter {name} is a list without numbers"
            raise ModelError(message, position=here())
        parts = zip(numbered(name, default), default, strict=True)
        return [self._parameter(part, value, "model", doc, fixed) for part, value in parts]

    def search_bound(self, name: str, default: int, doc: str = "") -> Int:
        """Declares a natural number that only keeps a search finite; at unbounded scope it is dropped."""
        return self._parameter(name, default, "search bound", doc)

    @declares
    def assume(self, name: str, formula: Bool | bool) -> None:
        """Declares an assumption about the parameters; values that violate it are rejected."""
        named = Named(name, coerce(formula, BOOL, f"assumption {name}"), here())
        self.vocabulary.admit(named.formula, Reach(f"assumption {name}", named.position, arithmetic=True))
        self.assumptions.append(named)

    @declares
    def state(self, cls: type[S]) -> type[S]:
        """Registers the state class: annotated attributes, each with `var(initial value, meaning)`."""
        if self.variables:
            raise ModelError(f"{self.name} has two state classes", hint="put all variables in one", position=here())
        declared = variables_of(cls)
        if not declared:
            hint = f'write name: {at_hand(Range)} = var(0, "meaning")'
            raise ModelError(f"state class {cls.__name__} declares no variables", hint=hint, position=here())
        for variable in declared:
            self.vocabulary.admit_sort(variable.sort, variable.position)
            if variable.initial is not None:
                reach = Reach(f"the initial value of {variable.name}", variable.position)
                self.vocabulary.admit(variable.initial, reach)
        self.variables = declared
        return cls

    @declares
    def axiom(self, function: Predicate, /) -> Predicate:
        """Registers an axiom about the rigid variables, which holds whatever their values are; it reads no others."""
        named = self._predicate(function, "axiom", None, STATE)
        if named.name in {other.name for other in (*self.initial, *self.axioms)}:
            raise ModelError(f"axiom {named.name} is defined twice", position=named.position)
        rigid = {declared.name for declared in self.variables if declared.rigid}
        for name in sorted(state_names(named.formula) - rigid):
            hint = f"declare {name} with var(anything, rigid=True), or mark the predicate @p.initially"
            raise ModelError(f"axiom {named.name} reads {name}, which is not rigid", hint=hint, position=named.position)
        self.axioms.append(named)
        return function

    @overload
    def initially(self, function: Predicate, /) -> Predicate: ...
    @overload
    def initially(self, /, *, name: str | None = None, chosen: bool = False) -> Callable[[Predicate], Predicate]: ...
    def initially(self, function: Any = None, /, *, name: str | None = None, chosen: bool = False) -> Any:
        """Registers a predicate that every initial state satisfies, under the function's name or another one.

        `chosen`: it holds only in variants that name it, see `variant`.
        """

        def register(function: Predicate) -> Predicate:
            named = self._predicate(function, "initial predicate", name, STATE)
            if named.name in {other.name for other in (*self.initial, *self.axioms)}:
                raise ModelError(f"initial predicate {named.name} is defined twice", position=named.position)
            self.initial.append(replace(named, chosen=chosen))
            return function

        return self._with_name(register, function, name or chosen)

    @overload
    def constraint(self, function: Predicate, /) -> Predicate: ...
    @overload
    def constraint(self, /, *, name: str) -> Callable[[Predicate], Predicate]: ...
    def constraint(self, function: Any = None, /, *, name: str | None = None) -> Any:
        """Registers a state constraint: a state outside is checked, but never counted or expanded (TLC's CONSTRAINT)."""

        def register(function: Predicate) -> Predicate:
            self.constraints.append(self._predicate(function, "constraint", name))
            return function

        return self._with_name(register, function, name)

    @overload
    def may_stop(self, function: Predicate, /) -> Predicate: ...
    @overload
    def may_stop(self, /, *, name: str) -> Callable[[Predicate], Predicate]: ...
    def may_stop(self, function: Any = None, /, *, name: str | None = None) -> Any:
        """Registers a predicate on states that are intended ends: there it is not a deadlock that nothing can happen."""

        def register(function: Predicate) -> Predicate:
            self.stops.append(self._predicate(function, "intended end", name))
            return function

        return self._with_name(register, function, name)

    @overload
    def action(self, function: Body, /) -> Body: ...
    @overload
    def action(self, /, *, name: str) -> Callable[[Body], Body]: ...
    def action(self, function: Any = None, /, *, name: str | None = None) -> Any:
        """Registers an action: a function of the state and typed arguments that calls guard(...) and assigns.

        `name` is its published name where that is not the function's.
        """

        def register(function: Body) -> Body:
            self._view("an action")
            defined_at(function, "an action")
            called = called_as(function, name, "an action")
            if not called.isidentifier():
                hint = "use letters, digits and _, because formulas refer to it"
                raise ModelError(f"an action cannot be called {called!r}", hint=hint, position=here())
            if called in self.actions:
                raise ModelError(f"action {called} is defined twice", position=here())
            self.actions[called] = build_action(called, function, self.variables, self.vocabulary)
            note_action(function, self.actions[called])
            return function

        return self._with_name(register, function, name)

    @declares
    def never_fires(self, action: str, reason: str) -> None:
        """Declares that an action cannot fire, so that this is not an error; `reason` says why."""
        if action not in self.actions:
            raise ModelError(f"unknown action {action}", hint=nearest(action, self.actions, "actions"), position=here())
        self.dead[action] = reason

    @declares
    def fairness(self, *conditions: Fairness) -> Assumption:
        """Declares the conditions of fairness that the protocol comes with: liveness properties are stated under them.

        They stand for one conjunction; `under` of a property names other ones.
        """
        return self._assume_fair(DECLARED, conditions)

    @declares
    def assume_fair(self, name: str, *conditions: Fairness) -> Assumption:
        """Gives conditions of fairness a name; liveness properties can be stated under it."""
        check_name(name, "an assumption of fairness")
        return self._assume_fair(name, conditions)

    def _assume_fair(self, name: str, conditions: tuple[Fairness, ...]) -> Assumption:
        if name in self.fair:
            raise ModelError(f"{name} is declared twice", hint="give all conditions at once", position=here())
        self.fair[name] = assumption(name, conditions, self.actions, self.name)
        for condition in self.fair[name].conditions:
            for variable in condition.bound:
                self.vocabulary.admit_sort(variable.sort, condition.position)
        return self.fair[name]
