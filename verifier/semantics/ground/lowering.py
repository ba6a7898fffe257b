"""Lowering: kernel terms at a finite scope become symbolic values over a circuit, with the conditions of undefined uses.

Quantifiers and comprehensions are expanded over the domains of their sorts; a bound variable is then a constant, and the
circuit's constructors fold what depends on it alone. A term is lowered once for all values of what it reads of its free
variables: a guard that reads one field of a message is lowered once for each value of that field.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from verifier.kernel.errors import Position
from verifier.kernel.operators import entry
from verifier.kernel.sorts import RecordSort
from verifier.kernel.terms import Term, may_fail, walk
from verifier.semantics.ground.circuit import Circuit, Node
from verifier.semantics.ground.layout import Layout
from verifier.semantics.ground.shapes import ScopeShapes
from verifier.semantics.ground.values import Value
from verifier.semantics.scope import FiniteScope


class Use(NamedTuple):
    """A use of a partial operation: its position, and when it is evaluated and undefined, including the conditions to its left.

    `check`: the operation is the check that a value fits into a set.
    """

    position: Position | None
    happens: Node
    check: bool = False


Uses = tuple[Use, ...]
Lowered = tuple[Value, Uses]
Environment = Mapping[Term, Value]
Handler = Callable[["Lowering", Term, Environment], Lowered]
Read = tuple[Term, tuple[int, ...]]
"""A dependence of a term: a variable, and the places that lead to a field within records."""


class Lowering:
    """Lowers terms of one model at one scope.

    The uses of a term are in the order in which they are evaluated. `handlers` has one function for every operator. `ends` are
    the shapes that decide which values are outside a sort when they are stored, by default those of the scope.
    """

    def __init__(
        self,
        scope: FiniteScope,
        circuit: Circuit,
        layout: Layout,
        handlers: Mapping[str, Handler],
        ends: FiniteScope | None = None,
    ) -> None:
        self.scope = scope
        self.circuit = circuit
        self.layout = layout
        self.shapes = ScopeShapes(scope, circuit)
        self.ends = self.shapes if ends is None else ScopeShapes(ends, circuit)
        self._handlers = handlers
        self._free: dict[Term, tuple[Term, ...]] = {}
        self._reads: dict[Term, tuple[Read, ...]] = {}
        self._partial: dict[Term, frozenset[Term]] = {}
        self.places: dict[Term, dict[Any, list[Any]]] = {}
        self._memo: dict[Any, Lowered] = {}
        self._variables: dict[tuple[str, int], Value] = {}
        self._held: list[Value] = []

    def free(self, term: Term) -> tuple[Term, ...]:
        """The variables that a term reads and does not bind."""
        known = self._free.get(term)
        return self._analyse(term) if known is None else known

    def partial(self, term: Term) -> frozenset[Term]:
        """The operations in a term that can be undefined."""
        known = self._partial.get(term)
        if known is None:
            known = self._partial[term] = frozenset(part for part in walk(term) if may_fail(part))
        return known

    def lower(self, term: Term, environment: Environment) -> Lowered:
        """The value of `term` and its uses; `environment` binds the free variables."""
        reads = self._reads.get(term)
        if reads is None:
            self._analyse(term)
            reads = self._reads[term]
        key: Any = term
        if reads:
            parts: list[Any] = [term]
            for variable, path in reads:
                value = environment[variable]
                for place in path:
                    value = value[place]
                parts.append(id(value))
            key = tuple(parts)
        result = self._memo.get(key)
        if result is None:
            result = self._memo[key] = entry(self._handlers, term.op, "the ground semantics")(self, term, environment)
        return result

    def _analyse(self, root: Term) -> tuple[Term, ...]:
        for term in walk(root):
            if term not in self._free:
                free = {variable: None for arg in term.args for variable in self._free[arg]}
                if term.op == "bound":
                    free[term] = None
                for variable in term.bound:
                    free.pop(variable, None)
                self._free[term] = tuple(free)
                self._reads[term] = self._read(term)
        return self._free[root]

    def _read(self, term: Term) -> tuple[Read, ...]:
        """The parts of its free variables that a term reads: only the fields of a record, if it reads nothing else of it."""
        if term.op == "bound":
            return ((term, ()),)
        if term.op == "field" and (chain := self._chain(term)) is not None:
            return (chain,)
        reads = {read: None for arg in term.args for read in self._reads[arg] if read[0] not in term.bound}
        whole = {variable for variable, path in reads if not path}
        return tuple(read for read in reads if not read[1] or read[0] not in whole)

    @staticmethod
    def _chain(term: Term) -> Read | None:
        path: list[int] = []
        while term.op == "field":
            (record,) = term.args
            path.append([name for name, _ in cast(RecordSort, record.sort).fields].index(term.data))
            term = record
        return (term, tuple(reversed(path))) if term.op == "bound" else None

    def variable(self, name: str, step: int) -> Value:
        """The value of a state variable, in the current (`step` 0) or the next state (`step` 1); a rigid one has one value."""
        if step and self.scope.model.variable(name).rigid:
            return self.variable(name, 0)
        value = self._variables.get((name, step))
        if value is None:
            fields = iter(self.layout.of(name))

            def take() -> Node:
                field = next(fields)
                return self.circuit.field(field.number, field.is_bool, field.low, field.high, step)

            value = self.shapes.of(self.scope.model.variable(name).sort).read(take)
            self._variables[name, step] = value
        return value

    def arguments(self, term: Term, environment: Environment) -> tuple[list[Value], Uses]:
        """The values of all arguments of a term that evaluates all of them, and their uses."""
        values = []
        uses: Uses = ()
        for arg in term.args:
            value, more = self.lower(arg, environment)
            values.append(value)
            if more:
                uses = join(self.circuit, uses, more)
        return values, uses

    def held(self, value: Value) -> Value:
        """A value that a variable is bound to and that nothing else keeps: its identity finds the terms lowered for it."""
        self._held.append(value)
        return value

    def bindings(self, bound: Iterable[Term], environment: Environment) -> Iterator[Environment]:
        """The environment with all combinations of values for the bound variables, in lexicographic order."""
        variables = tuple(bound)
        domains = [self.shapes.of(variable.sort).constants.values() for variable in variables]
        for values in itertools.product(*domains):
            yield {**environment, **dict(zip(variables, values, strict=True))}


def under(circuit: Circuit, condition: Node, uses: Uses) -> Uses:
    """The uses, evaluated only where `condition` holds."""
    limited = (use._replace(happens=circuit.and_((condition, use.happens))) for use in uses)
    return tuple(use for use in limited if use.happens is not circuit.false)


def join(circuit: Circuit, *groups: Uses) -> Uses:
    """The uses of one group after the other; neighbours of one kind at one position become one use."""
    joined: list[Use] = []
    for use in itertools.chain(*groups):
        if use.happens is circuit.false:
            continue
        if joined and (joined[-1].position, joined[-1].check) == (use.position, use.check):
            joined[-1] = use._replace(happens=circuit.or_((joined[-1].happens, use.happens)))
        else:
            joined.append(use)
    return tuple(joined)
