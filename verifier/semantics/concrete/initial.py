"""Initial states: open values are enumerated, predicates are taken in their order.

A candidate is initial if every predicate is true. The first one that is false, or has no value, decides; a candidate for which
that one has no value is not initial, and violates `Defined`. Where an initial value that is given is outside its sort, that is
the violation, and a predicate without a value is passed over. Where one is undefined, nothing is initial, and no predicate is
evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from itertools import product
from typing import TYPE_CHECKING, Any

from verifier.kernel.declarations import Named
from verifier.kernel.errors import UsageError
from verifier.kernel.terms import may_be_undefined, state_names
from verifier.semantics.concrete.order import size
from verifier.semantics.concrete.pointwise import Pointwise, TooManyPoints
from verifier.semantics.scope.values import FrozenMap

if TYPE_CHECKING:
    from verifier.semantics.concrete.machine import Machine, State

LARGEST_CHOICE = 1_000_000  # combinations of open initial values that are still enumerated


class Candidates:
    """The candidates for initial states of a machine, lazily, in a fixed order.

    Raises UsageError, perhaps after some, where open initial values leave more combinations than can be enumerated.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        model = machine.model
        given: dict[str, Any] = {}
        self._open: list[tuple[str, tuple[Any, ...]]] = []
        combinations = 1
        self._many = False
        for declared in model.variables:
            if declared.initial is not None:
                given[declared.name] = machine.initial_value(declared)
                continue
            combinations *= size(machine.scope, declared.sort)
            self._many = combinations > LARGEST_CHOICE
            self._open.append((declared.name, () if self._many else machine.scope.domain(declared.sort)))
        self._given = FrozenMap(given)
        self._undefined = any(True for _ in machine.undefined_initially())
        self._outside = bool(machine.range_violations(self._given))
        self._facts: dict[str, tuple[Set[str], bool]] = {}
        self._order = [declared.name for declared in model.variables]

    def states(self) -> Iterator[State]:
        """The initial states."""
        if self._undefined:
            return iter(())
        if self._many:
            return self._pointwise()
        return (state for state, without in self._choose(self._given, self._open, list(self._machine.model.initial), False))

    def without_value(self) -> Iterator[State]:
        """The candidates for which a predicate has no value; one candidate where an initial value is undefined."""
        if self._undefined:
            if self._many:
                raise self._too_many()
            return iter([self._ordered({**self._given, **{name: values[0] for name, values in self._open}})])
        if self._many:
            if any(may_be_undefined(named.formula) for named in self._machine.model.initial):
                raise self._too_many()
            return iter(())
        result = self._choose(self._given, self._open, list(self._machine.model.initial), True)
        return (state for state, without in result if without is not None)

    def _pointwise(self) -> Iterator[State]:
        """The initial states, where candidates are too many to enumerate, but predicates may exclude most of them early."""
        try:
            yield from Pointwise(self._machine, self._given).states()
        except TooManyPoints:
            raise self._too_many() from None

    def _too_many(self) -> UsageError:
        message = f"{self._machine.model.name} leaves too many initial values open to go through all of them"
        return UsageError(message, hint="give smaller parameters with --set NAME=VALUE")

    def _choose(
        self, chosen: State, rest: list[tuple[str, tuple[Any, ...]]], predicates: list[Named], undefined: bool
    ) -> Iterator[tuple[State, Named | None]]:
        """Tests each predicate as soon as the variables it reads are chosen, if that cannot change which one decides."""
        waiting: list[Named] = []
        for named in predicates:
            reads, partial = self._known(named)
            if not reads <= chosen.keys() or (waiting and partial):
                waiting.append(named)
                continue
            holds = self._machine.satisfies(named, chosen)
            if holds is None and not self._outside:
                if undefined:
                    for values in product(*(values for _, values in rest)):
                        names = (name for name, _ in rest)
                        yield self._ordered({**chosen, **dict(zip(names, values, strict=True))}), named
                return
            if holds is False:
                if not any(self._known(earlier)[1] for earlier in waiting):
                    return
                waiting.append(named)
        if not rest:
            yield self._ordered(chosen), None
            return
        (name, values), *others = rest
        for value in values:
            yield from self._choose(FrozenMap({**chosen, name: value}), others, waiting, undefined)

    def _known(self, named: Named) -> tuple[Set[str], bool]:
        """The variables that a predicate reads, and whether it may be undefined: looked up once, as large ones take a while."""
        found = self._facts.get(named.name)
        if found is None:
            found = self._facts[named.name] = state_names(named.formula), may_be_undefined(named.formula)
        return found

    def _ordered(self, values: dict[str, Any]) -> State:
        return FrozenMap({name: values[name] for name in self._order})
