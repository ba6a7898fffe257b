"""Whether a counterexample to induction at a finite instance is one of the unbounded model.

The instance has ends of ranges that the unbounded model has lost. Where no formula can tell the difference there is nothing to
ask. Elsewhere the two states are completed beyond these ends, by initial values, and evaluated again at instances whose ends are
further away: the assumptions must still hold, the step must be possible, the goal be violated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verifier.kernel.errors import VerifyError
from verifier.kernel.properties import Property
from verifier.kernel.sorts import FunctionSort, OptionSort, RecordSort, ScalarSort, Sort
from verifier.proof.strategy.workbench.bench import Cti
from verifier.semantics.concrete.machine import Machine, State
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.scope.values import FrozenMap, Some

FURTHER = (1, 2)
"""How much further away the ends are."""


class _NoValue(Exception):
    """The values of a function beyond an end are not determined."""


class Extent:
    """Judges counterexamples to induction of one model, under these assumed properties."""

    def __init__(self, unbounded: Unbounded, assumed: Sequence[Property]) -> None:
        self._unbounded = unbounded
        self._assumed = assumed
        self._plain = all(unbounded.admits(prop.formula, "exists") for prop in assumed)

    def falsifies(self, prop: Property) -> bool:
        """Whether a state of an instance that falsifies a property is one of the unbounded model that does."""
        return prop.kind in ("range", "defined") or self._unbounded.admits(prop.judged, "forall")

    def counts(self, scope: FiniteScope, prop: Property, cti: Cti) -> bool:
        """Whether a counterexample to induction is one of the unbounded model."""
        if not self.falsifies(prop):
            return False
        return self._plain or all(self._lasts(scope, prop, cti, more) for more in FURTHER)

    def _lasts(self, scope: FiniteScope, prop: Property, cti: Cti, more: int) -> bool:
        members = {sort.parameter for sort in scope.model.sorts if isinstance(sort, ScalarSort)}
        gone = self._unbounded.gone - members
        sizes = {name: value + (more if name in gone else 0) for name, value in scope.parameters.items()}
        try:
            wider = finite_scope(scope.model, sizes)
            machine = Machine(FiniteScope(wider.model, wider.parameters, scope.labels))
            first = self._completed(machine, cti.first)
        except (VerifyError, _NoValue):
            return False
        if machine.range_violations(first) or not machine.inside(first):
            return False
        if not all(machine.holds(assumed, first) for assumed in self._assumed):
            return False
        step = machine.attempt(first, cti.action, cti.arguments)
        if step.state is None or not step.fired:
            return False
        if prop.kind == "action":
            return not machine.holds(prop, first, step.state)
        return prop.kind != "state" or not machine.holds(prop, step.state)

    def _completed(self, machine: Machine, state: State) -> State:
        values = {}
        for declared in machine.model.variables:
            given = _MISSING if declared.initial is None else machine.initial_value(declared)
            values[declared.name] = _completed(machine.scope, declared.sort, state[declared.name], given)
        return FrozenMap(values)


_MISSING: Any = object()


def _completed(scope: FiniteScope, sort: Sort, value: Any, given: Any) -> Any:
    """A value whose functions have values for all indices of the scope: those of the given value where they have none."""
    match sort:
        case FunctionSort(index=index, value=inner):
            if given is _MISSING and len(scope.domain(index)) > len(value):
                raise _NoValue
            rows = {}
            for key in scope.domain(index):
                other = _MISSING if given is _MISSING else given[key]
                rows[key] = _completed(scope, inner, value[key], other) if key in value else other
            return FrozenMap(rows)
        case OptionSort(element=element) if value is not None:
            other = given.value if given is not _MISSING and given is not None else _MISSING
            return Some(_completed(scope, element, value.value, other))
        case RecordSort(fields=fields):
            others = {name: _MISSING if given is _MISSING else given[name] for name, _ in fields}
            return FrozenMap({name: _completed(scope, of, value[name], others[name]) for name, of in fields})
    return value
