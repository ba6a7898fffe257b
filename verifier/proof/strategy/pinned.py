"""An instance as assumptions at unbounded scope: the members of sorts, the parameters, and the values of a state as definitions.

A search for values of formulas with quantifiers can take long, and be in vain. Here each function symbol of a state has one
equation for all its arguments, and so has each number of elements and each sum: solvers read such an equation as a definition,
put it in place of the symbol, and only evaluate. The assumptions are never needed; what has no form here is left open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from operator import itemgetter
from typing import Any

from verifier.kernel.sorts import (
    INT,
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
    inner_sorts,
)
from verifier.kernel.terms import Term, variable
from verifier.proof.strategy.unbounded_scripts import script_of
from verifier.semantics.quantified import Obligation, Quantified
from verifier.semantics.quantified.shapes import OptionValue, RecordValue, Value
from verifier.semantics.quantified.smt import Ast
from verifier.semantics.scope.finite import FiniteScope

Choice = Callable[[Callable[[Any], Ast]], Ast]
"""A value of an instance that depends on the constants around: the term that a function of such values has here.

None stands for a value on which nothing depends, such as that at an index that the instance does not have.
"""

MOST = 100
"""The values of a sort over which totals are written out."""


class Pinned:
    """The assumptions about one instance in the symbols of `quantified`, as scripts."""

    def __init__(self, quantified: Quantified, scope: FiniteScope) -> None:
        self._model = quantified.model
        self._lowering = quantified.lowering
        self._values, self._smt = self._lowering.values, self._lowering.smt
        self._scope = scope
        self._members: dict[Sort, dict[Any, Ast]] = {}
        for sort in quantified.model.sorts:
            if isinstance(sort, ScalarSort | QuorumSort):
                domain = enumerate(scope.domain(sort))
                self._members[sort] = {value: self._member(sort, place) for place, value in domain}

    def _member(self, sort: ScalarSort | QuorumSort, place: int) -> Ast:
        if isinstance(sort, ScalarSort) and place < len(sort.constants):
            return self._values.constant(sort, sort.constants[place])
        result = variable(sort.name, sort)
        self._lowering.declare(result, "size", sort.name, place)
        return self._lowering.formula(result)

    # -- scripts -----------------------------------------------------------------------------------------------------

    def start(self, values: Mapping[str, Any]) -> str:
        """An initial state as a script: the values of variables that are open there."""
        return script_of(self._smt, [*self._ends(), *self._state(values, initial=True)])

    def step(self, values: Mapping[str, Any], action: str, arguments: Mapping[str, Any]) -> str:
        """A step out of a state as a script: the values of variables and arguments."""
        chosen = self._arguments(action, arguments)
        return script_of(self._smt, [*self._ends(), *self._state(values, initial=False), *chosen])

    def totals(self, obligation: Obligation) -> str:
        """The numbers of elements and the sums that an obligation reads, as a script; empty if it reads none."""
        counted = self._lowering.counted(obligation.stated, self._elements)
        return script_of(self._smt, counted) if counted else ""

    # -- formulas ----------------------------------------------------------------------------------------------------

    def _ends(self) -> Iterator[Ast]:
        """The members of sorts with their order or, of quorums, their members; the values of parameters."""
        smt, values = self._smt, self._values
        for sort, members in self._members.items():
            x, y, own = values.variable("x", sort), values.variable("y", sort), list(members.values())
            yield smt.quantified(True, [x], smt.disjunction(smt.equal(x, one) for one in own))
            yield from (smt.negate(smt.equal(a, b)) for a, b in combinations(own, 2))
            if sort.is_ordered:
                pairs = [(a, b) for place, a in enumerate(own) for b in own[place:]]
                below = (smt.conjunction([smt.equal(x, a), smt.equal(y, b)]) for a, b in pairs)
                same = smt.equal(values.ordered(x, y, strict=False), smt.disjunction(below))
                yield smt.quantified(True, [x, y], same)
            if isinstance(sort, QuorumSort):
                item = values.variable("item", sort.of)
                pairs = [(self._members[sort.of][one], quorum) for some, quorum in members.items() for one in sorted(some)]
                inside = (smt.conjunction([smt.equal(item, a), smt.equal(x, b)]) for a, b in pairs)
                same = smt.equal(values.in_quorum(sort, item, x), smt.disjunction(inside))
                yield smt.quantified(True, [item, x], same)
        for name in self._model.parameters:
            parameter = self._lowering.parameter(Term("parameter", (), INT, name))
            yield smt.equal(parameter, smt.integer(self._scope.parameters[name]))

    def _state(self, values: Mapping[str, Any], *, initial: bool) -> Iterator[Ast]:
        for declared in self._model.variables:
            if declared.name in values and (declared.initial is None or not initial):
                value = self._lowering.state(declared.name, declared.sort)
                yield from self._is(value, declared.sort, _always(values[declared.name]))

    def _arguments(self, action: str, values: Mapping[str, Any]) -> Iterator[Ast]:
        declared = self._model.action(action)
        for argument in (*declared.arguments, *declared.witnesses):
            if argument.name in values:
                value = self._lowering.constants[argument.variable]
                yield from self._is(value, argument.sort, _always(values[argument.name]))

    def _is(self, value: Value, sort: Sort, choice: Choice, over: Sequence[Ast] = ()) -> Iterator[Ast]:
        """The definitions of the symbols of a value, for all values of the constants `over`."""
        smt, values = self._smt, self._values

        def defined(symbol: Ast, of: Callable[[Any], Ast], *more: Ast) -> Ast:
            return smt.quantified(True, [*over, *more], smt.equal(symbol, choice(of)))

        match sort:
            case FunctionSort(index=index, value=of):
                i = values.variable("i", index)
                yield from self._is(value.at(i), of, self._at(choice, i, index), [*over, *values.flat_constants(i, index)])
            case SetSort(element=element):
                x = values.variable("x", element)
                inside = partial(self._among, x, element)
                yield defined(value.has(x), lambda some: inside(some or ()), *values.flat_constants(x, element))
            case OptionSort(element=element):
                yield defined(value.present, lambda one: smt.boolean(one is not None))
                yield from self._is(value.payload, element, _part(choice, lambda one: one.value), over)
            case RecordSort(fields=fields):
                for part, (name, of) in zip(value.fields, fields, strict=True):
                    yield from self._is(part, of, _part(choice, itemgetter(name)), over)
            case SequenceSort(element=element):
                i = values.variable("i", INT)
                yield defined(value.length, lambda one: smt.integer(len(one or ())))
                items = _part(choice, lambda one: dict(enumerate(one, 1)))
                yield from self._is(value.at(i), element, self._at(items, i, INT), [*over, i])
            case KeyedSort(element=record, key=key, key_sort=key_sort):
                k = values.variable("k", key_sort)
                keys = values.flat_constants(k, key_sort)
                inside = partial(self._among, k, key_sort)
                yield defined(value.has(k), lambda some: inside(one[key] for one in some or ()), *keys)
                found = self._at(_part(choice, lambda some: {one[key]: one for one in some}), k, key_sort)
                for part, (name, of) in zip(value.record(k).fields, record.fields, strict=True):
                    if name != key:
                        yield from self._is(part, of, _part(found, itemgetter(name)), [*over, *keys])
            case _:
                yield defined(value, partial(self._atom, sort))

    def _among(self, x: Value, sort: Sort, some: Iterable[Any]) -> Ast:
        """Whether a value of a flat sort is one of some values of the instance."""
        return self._smt.disjunction(self._here(x, sort, one) for one in sorted(some, key=str))

    def _at(self, choice: Choice, i: Value, index: Sort) -> Choice:
        """The image of `i` under functions of the instance; where it has no such index, the one that most indices have."""
        smt = self._smt

        def image(of: Callable[[Any], Ast], function: Any) -> Ast:
            images = [(place, of(one)) for place, one in (function or {}).items()]
            if not images:
                return of(None)
            keys = [smt.key(one) for _, one in images]
            result = images[keys.index(max(keys, key=keys.count))][1]
            for place, one in images:
                result = result if smt.same(one, result) else smt.ite(self._here(i, index, place), one, result)
            return result

        return lambda of: choice(partial(image, of))

    def _here(self, x: Value, sort: Sort, value: Any) -> Ast:
        """Whether a value of a flat sort is this one of the instance."""
        return self._values.equal(x, self._value(sort, value), sort)

    def _value(self, sort: Sort, value: Any) -> Value:
        """A value of a flat sort."""
        match sort:
            case OptionSort(element=element):
                payload = None if value is None else self._value(element, value.value)
                return OptionValue(self._smt.boolean(value is not None), payload)
            case RecordSort(fields=fields):
                return RecordValue(tuple(self._value(of, value[name]) for name, of in fields))
        return self._atom(sort, value)

    def _atom(self, sort: Sort, value: Any) -> Ast:
        """A value of an atomic sort; of those on which nothing depends, any."""
        if isinstance(sort, BoolSort):
            return self._smt.boolean(bool(value))
        if sort.is_integer:
            return self._smt.integer(value or 0)
        if isinstance(sort, EnumSort):
            return self._values.constant(sort, value or sort.labels[0])
        members = self._members[sort]
        return members[value] if value in members else next(iter(members.values()))

    def _elements(self, sort: Sort) -> list[Value] | None:
        """The values of a flat sort in the instance; None if it has more than some."""
        if any(inner is INT for inner in inner_sorts(sort)) or self._scope.size(sort) > MOST:
            return None
        return [self._value(sort, value) for value in self._scope.domain(sort)]


def _always(value: Any) -> Choice:
    """One value, whatever the constants around are."""
    return lambda of: of(value)


def _part(choice: Choice, part: Callable[[Any], Any]) -> Choice:
    """A part of a value; nothing depends on a part of a value on which nothing depends."""
    return lambda of: choice(lambda one: of(None if one is None else part(one)))
