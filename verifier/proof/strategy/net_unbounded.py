"""The net under proofs at unbounded scope: a few small instances; each must satisfy everything that is proved for every size.

Every run of an instance is one of the unbounded model, but not every violation: an end of a range that was dropped can neither be
left nor make a use undefined there. Such violations are not counted; the texts alone decide that.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.kernel.errors import VerifyError
from verifier.kernel.model import Model
from verifier.kernel.properties import Property
from verifier.kernel.sorts import FunctionSort, RangeSort, ScalarSort, SequenceSort, Sort, inner_sorts
from verifier.kernel.terms import Term, parameter_names, walk
from verifier.proof.strategy.net import ATTEMPTS, Caught, Net
from verifier.semantics.concrete.machine import State
from verifier.semantics.concrete.order import in_range
from verifier.semantics.concrete.trace_steps import INITIAL
from verifier.semantics.scope.boundless import Unbounded
from verifier.semantics.scope.ends import Ends, dropped, kept
from verifier.semantics.scope.finite import FiniteScope, finite_scope
from verifier.semantics.scope.values import NoValue


def small_instances(published: FiniteScope) -> Iterator[FiniteScope]:
    """The published sizes, the least ones, and one more of everything, as far as the model's assumptions let them."""
    model = published.model
    yield published
    least, more = {}, {}
    scalarsets = {sort.parameter: sort for sort in model.sorts if isinstance(sort, ScalarSort)}
    for name, declared in model.parameters.items():
        if not declared.fixed:
            more[name] = published.parameters[name] + 1
        if declared.kind == "size":
            least[name] = scalarsets[name].least if name in scalarsets else 1
    for settings in (least, more):
        try:
            yield finite_scope(model, {**published.parameters, **settings})
        except VerifyError:
            continue  # There is no such instance.


class UnboundedNet:
    """The nets of a few instances of one unbounded model. `thorough`: how many times as much is tried as by default."""

    def __init__(self, unbounded: Unbounded, published: FiniteScope, thorough: int = 1) -> None:
        self._unbounded = unbounded
        self._stated = {result.name: result for result in unbounded.model.properties}
        self._properties = [result for result in published.model.properties if result.name in self._stated]
        attempts = thorough * ATTEMPTS // 2
        self._nets = [
            Net(scope, self._properties, attempts=attempts, counts=_Counted(unbounded, scope))
            for scope in small_instances(published)
        ]

    def caught(self, prop: Property) -> tuple[Caught, dict[str, int]] | None:
        """A run of an instance that violates the property, and the instance's sizes; None if none is met."""
        [tried] = [other for other in self._properties if other.name == prop.name]
        for net in self._nets:
            caught = net.caught(tried)
            if caught is not None:
                return caught, dict(net.scope.parameters)
        return None


class _Counted:
    """Whether a violation of a range or of definedness at an instance is one of the unbounded model, too, or one of another
    property after a step that leaves a range of the instance.
    """

    def __init__(self, unbounded: Unbounded, scope: FiniteScope) -> None:
        self._unbounded = unbounded
        self._stated = {result.name: result for result in unbounded.model.properties}
        self._kept, self._dropped = kept(scope, unbounded), dropped(scope, unbounded)
        self._model: Model = scope.model

    def __call__(self, prop: Property, state: State, action: str | None) -> bool:
        if prop.kind == "range":
            return any(self._outside(self._kept, name, state) for name in self._stated[prop.name].variables)
        if prop.kind != "defined":
            # Beyond an end that is dropped a quantifier of the unbounded model goes further than one of the instance.
            return not any(self._outside(self._dropped, declared.name, state) for declared in self._model.variables)
        return not any(self._feels_ends(term) for term in walk(*self._texts(prop, action)))

    def _outside(self, ends: Ends, name: str, state: State) -> bool:
        """Whether the value of a variable is beyond some of these ends."""
        value, sort = state[name], self._model.variable(name).sort
        if isinstance(value, NoValue):
            value, sort = value.value, value.sort
        test = in_range(ends, sort)
        return test is not None and not test(value)

    def _texts(self, prop: Property, action: str | None) -> list[Term]:
        """The terms that decide whether the use is evaluated, and whether it has a value."""
        if prop.about is not None:
            return [prop.formula]
        if action == INITIAL:
            given = [declared.initial for declared in self._model.variables if declared.initial is not None]
            return [*given, *(predicate.formula for predicate in self._model.initial)]
        if action is None:
            return [constraint.formula for constraint in self._model.constraints]
        attempted = self._model.action(action)
        guards = [guard.condition for guard in attempted.guards]
        return [*guards, *(update.value for update in attempted.updates)]

    def _feels_ends(self, term: Term) -> bool:
        """Whether an operation depends on an end that is dropped: as what it runs over, is indexed by or must be within."""
        sorts = [variable.sort for variable in term.bound]
        if term.op in ("apply", "update") and isinstance(term.args[0].sort, FunctionSort):
            sorts.append(term.args[0].sort.index)
        if term.op in ("within", "append", "tabulate"):
            sorts.append(term.sort)
        return any(self._open(inner) for sort in sorts for inner in inner_sorts(sort))

    def _open(self, sort: Sort) -> bool:
        match sort:
            case RangeSort():
                return self._unbounded.low(sort) is None or self._unbounded.high(sort) is None
            case SequenceSort(capacity=capacity):
                return bool(parameter_names(capacity) & self._unbounded.gone)
        return False
