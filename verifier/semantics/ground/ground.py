"""Ground: a whole model at a finite scope as one circuit. Initial states, constraint, action instances, properties."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from verifier.kernel.actions import Action
from verifier.kernel.errors import Position
from verifier.kernel.properties import Property
from verifier.kernel.sorts import has_range
from verifier.kernel.terms import Term
from verifier.semantics.ground.arithmetic import ARITHMETIC
from verifier.semantics.ground.circuit import Circuit, Node
from verifier.semantics.ground.counting import COUNTING
from verifier.semantics.ground.layout import Layout
from verifier.semantics.ground.leaving import Leaving, Starts
from verifier.semantics.ground.lowering import Environment, Handler, Lowering, Use, Uses, join, under
from verifier.semantics.ground.operators import LOGIC
from verifier.semantics.ground.shapes import ScopeShapes
from verifier.semantics.ground.structures import STRUCTURES
from verifier.semantics.ground.values import Value
from verifier.semantics.scope import FiniteScope
from verifier.semantics.scope.symmetry import Symmetry, symmetry_of

HANDLERS: Mapping[str, Handler] = {**LOGIC, **ARITHMETIC, **STRUCTURES, **COUNTING}


@dataclass(frozen=True, slots=True)
class Undefined:
    """A use of a partial operation: its position, and when it is evaluated and undefined."""

    position: Position | None
    happens: Node


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An action with values for its arguments; instances are numbered in canonical order.

    `guards` are the named guards, whose conjunction is the condition of the action; of those that read a witness, each
    node says that some witness satisfies it together with the ones before it. To the right of a guard that is never true
    they are false, and an instance that is never enabled has no writes. `enabled`: all guards hold and nothing is
    undefined. `writes` maps field numbers to new codes at full width, only for fields that may change. `escapes` are the
    variables whose new value may leave its sort, and when (`enabled` not included); an element that has no place in a set
    of the new value is one way to leave it. `storable`: enabled, and no escape. `environment` binds the arguments.
    """

    number: int
    action: Action
    arguments: dict[str, Any]
    guards: tuple[tuple[str, Node], ...]
    undefined: tuple[Undefined, ...]
    enabled: Node
    writes: dict[int, Node]
    escapes: tuple[tuple[str, Node], ...]
    storable: Node
    environment: Environment


class Ground:
    """A model at a finite scope.

    `initial` holds in the initial states (that can be stored), `initial_escapes` says which variables' initial values
    leave their sorts. `constraint` holds inside all state constraints; one that is undefined counts as satisfied.
    `canonical` holds where the fields of absent values hold their least code; initial states satisfy it and steps keep it.
    """

    def __init__(
        self, scope: FiniteScope, handlers: Mapping[str, Handler] = HANDLERS, circuit: Circuit | None = None
    ) -> None:
        self.scope = scope
        self.circuit = Circuit() if circuit is None else circuit
        self.layout = Layout(scope)
        self._lowering = Lowering(scope, self.circuit, self.layout, handlers)
        self._formulas: dict[Term, tuple[Node, tuple[Undefined, ...]]] = {}

    def field_node(self, field: int, step: int = 0) -> Node:
        """The node of a field in the current (`step` 0) or the next state (`step` 1)."""
        result = self.layout.fields[field]
        return self.circuit.field(field, result.is_bool, result.low, result.high, step)

    @cached_property
    def _unchanged(self) -> dict[str, tuple[tuple[int, ...], list[Node]]]:
        """For each variable the numbers of its fields, and their nodes in the current state."""
        places = {v.name: tuple(field.number for field in self.layout.of(v.name)) for v in self.scope.model.variables}
        return {name: (fields, [self.field_node(field) for field in fields]) for name, fields in places.items()}

    def formula(self, term: Term) -> tuple[Node, tuple[Undefined, ...]]:
        """A Bool term without free variables over the state, and `next` terms over the next: its node and its uses."""
        result = self._formulas.get(term)
        if result is None:
            value, uses = self._lowering.lower(term, {})
            result = self._formulas[term] = value, _undefined(uses)
        return result

    @cached_property
    def symmetry(self) -> Symmetry:
        """Whether names of scalarsets may be exchanged."""
        return symmetry_of(self.scope.model)

    @cached_property
    def leaving(self) -> Leaving:
        """The steps that leave a range."""
        return Leaving(self)

    @cached_property
    def starts(self) -> Starts:
        """The faults of initial values and predicates."""
        return Starts(self)

    def lower(self, term: Term, environment: Environment) -> tuple[Node, Uses]:
        """A Bool term over the state whose free variables the environment binds: its node and its uses, in order."""
        value, uses = self._lowering.lower(term, environment)
        return value, uses

    def bindings(self, variables: Sequence[Term]) -> Iterator[tuple[tuple[Any, ...], Environment]]:
        """All combinations of values of some variables, each with the environment that binds the variables to them."""
        domains = [self.scope.domain(variable.sort) for variable in variables]
        yield from zip(itertools.product(*domains), self._lowering.bindings(variables, {}), strict=True)

    def holds(self, property: Property) -> Node:
        """Whether a property holds, true where it is undefined.

        A state property reads step 0, an action property steps 0 and 1; for kinds `range` and `defined` it is true.
        """
        if property.kind in ("range", "defined"):
            return self.circuit.true
        value, uses = self.formula(property.judged)
        return self.circuit.or_((value, *(use.happens for use in uses)))

    def range_violation(self, property: Property, instance: Instance) -> Node:
        """Whether the instance fires and its new values leave the sorts of the property's variables."""
        escapes = [happens for variable, happens in instance.escapes if variable in property.variables]
        return self.circuit.and_((instance.enabled, self.circuit.or_(escapes)))

    def undefined(self, property: Property) -> tuple[Undefined, ...]:
        """The uses that a `defined` property is about: in the constraints, or in the text of a property or lemma."""
        formulas = [property.judged] if property.about else [c.formula for c in self.scope.model.constraints]
        return tuple(use for formula in formulas for use in self.formula(formula)[1])

    def counts(self, property: Property, use: Undefined) -> Node:
        """When a use violates a `defined` property that is about it."""
        return use.happens

    @cached_property
    def constraint(self) -> Node:
        """Inside all constraints."""
        parts = []
        for constraint in self.scope.model.constraints:
            value, uses = self.formula(constraint.formula)
            parts.append(self.circuit.or_((value, *(use.happens for use in uses))))
        return self.circuit.and_(parts)

    @cached_property
    def canonical(self) -> Node:
        """Fields of absent values hold their least code."""
        return self.circuit.and_([self.canonical_of(variable.name) for variable in self.scope.model.variables])

    def canonical_of(self, variable: str) -> Node:
        """Fields of absent values in a variable hold their least code."""
        shape = self._fresh.of(self.scope.model.variable(variable).sort)
        return self.circuit.and_(self._stored(variable, shape.write(self._lowering.variable(variable, 0))))

    @cached_property
    def _fresh(self) -> ScopeShapes:
        """Shapes that have not read a state, so that they write the least codes where something is absent."""
        return ScopeShapes(self.scope, self.circuit)

    def initially(self, variable: str, least: bool) -> list[Node]:
        """The fields of a variable hold the codes of its initial value, which is given; or with `least` their least codes."""
        return self._stored(variable, self.initial_codes(variable, least))

    def initial_codes(self, variable: str, least: bool) -> Sequence[Node]:
        """The codes of the initial value of a variable, which is given; or with `least` the least codes of its fields."""
        value = next(value for name, value, *_ in self._initial_values if name == variable)
        shape = self._shape(variable)
        codes: Sequence[Node] = shape.lows if least else shape.write(value)
        return codes

    def _stored(self, variable: str, codes: Iterable[Node]) -> list[Node]:
        same = []
        for field, code in zip(self.layout.of(variable), codes, strict=True):
            node = self.field_node(field.number)
            if node is not code:
                same.append(self.circuit.iff(node, code) if node.is_bool else self.circuit.eq(node, code))
        return same

    @cached_property
    def _initial_values(self) -> list[tuple[str, Value, Node, Node]]:
        """The initial values that are given: the variable, the value, whether it is outside its sort, and whether undefined."""
        result = []
        for variable in self.scope.model.variables:
            if variable.initial is not None:
                value, uses = self._lowering.lower(variable.initial, {})
                lost, others = self._divided(variable.name, uses)
                outside = self.circuit.or_((self._shape(variable.name).outside(value), lost))
                undefined = self.circuit.or_([use.happens for use in others])
                result.append((variable.name, value, outside, undefined))
        return result

    @cached_property
    def _ranged(self) -> frozenset[str]:
        """The variables that can leave their ranges."""
        return frozenset(variable.name for variable in self.scope.model.variables if has_range(variable.sort))

    def _shape(self, variable: str) -> Any:
        return self._lowering.shapes.of(self.scope.model.variable(variable).sort)

    @cached_property
    def initial(self) -> Node:
        """The initial states that can be stored."""
        circuit = self.circuit
        parts = [self.canonical]
        for name, value, outside, lost in self._initial_values:
            parts += [circuit.not_(outside), circuit.not_(lost)]
            parts += self._stored(name, self._shape(name).write(value))
        for predicate in self.scope.model.initial:
            node, undefined = self.formula(predicate.formula)
            parts += [node, *(circuit.not_(use.happens) for use in undefined)]
        return circuit.and_(parts)

    @cached_property
    def rigid(self) -> frozenset[int]:
        """The fields of rigid variables: no step changes them."""
        names = {variable.name for variable in self.scope.model.variables if variable.rigid}
        return frozenset(field.number for field in self.layout.fields if field.variable in names)

    @cached_property
    def axioms(self) -> tuple[Node, ...]:
        """The axioms, each false where it has no value."""
        result = (self.formula(axiom.formula) for axiom in self.scope.model.axioms)
        return tuple(self.circuit.and_((node, *(self.circuit.not_(u.happens) for u in uses))) for node, uses in result)

    @cached_property
    def initial_escapes(self) -> tuple[tuple[str, Node], ...]:
        """The variables whose initial value may be outside its sort, and when."""
        escapes = [(name, outside) for name, _, outside, _ in self._initial_values]
        return tuple(escape for escape in escapes if escape[1] is not self.circuit.false)

    @cached_property
    def undefined_initially(self) -> frozenset[str]:
        """The variables whose initial value is undefined; it reads nothing, so this is known."""
        return frozenset(name for name, *_, undefined in self._initial_values if undefined is not self.circuit.false)

    def outside(self, variable: str, value: Term, lowering: Lowering, environment: Environment) -> Node:
        """Whether a new value of a variable is outside its sort, by the ends that a lowering has."""
        result, uses = lowering.lower(value, environment)
        shape = lowering.ends.of(self.scope.model.variable(variable).sort)
        return self.circuit.or_((shape.outside(result), self._divided(variable, uses)[0]))

    def lost(self, variable: str, value: Term, environment: Environment) -> Node:
        """Whether a new value of a variable does not exist, as an element has no place in a set of it."""
        return self._divided(variable, self._lowering.lower(value, environment)[1])[0]

    def _divided(self, variable: str, uses: Uses) -> tuple[Node, Uses]:
        """Of the uses in the value of a variable: whether an element has no place in a set of it, and the other uses.

        The use that is evaluated first decides; a variable without a range cannot leave it, so there every use is like any other.
        """
        circuit = self.circuit
        if variable not in self._ranged:
            return circuit.false, uses
        lost = circuit.false
        others: list[Use] = []
        for use in uses:
            if use.check:
                lost = circuit.or_((lost, use.happens))
            else:
                others += under(circuit, circuit.not_(lost), (use,))
        return lost, tuple(others)

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """All action instances in canonical order: the model's order of actions, then arguments by their domains."""
        result: list[Instance] = []
        for action in self.scope.model.actions:
            names = [argument.name for argument in action.arguments]
            for values, environment in self.bindings([argument.variable for argument in action.arguments]):
                arguments = dict(zip(names, values, strict=True))
                result.append(self._instance(len(result), action, arguments, environment))
        return tuple(result)

    def _instance(
        self, number: int, action: Action, arguments: dict[str, Any], environment: Environment
    ) -> Instance:
        circuit = self.circuit
        guards, uses = self._guards(action, environment)
        condition = circuit.and_([node for _, node in guards])
        possible = circuit.and_((condition, *(circuit.not_(use.happens) for use in uses)))
        writes: dict[int, Node] = {}
        escapes: list[tuple[str, Node]] = []
        late: Uses = ()
        for update in action.updates if possible is not circuit.false else ():
            value, more = self._lowering.lower(update.value, environment)
            lost, more = self._divided(update.variable, more)
            late = join(circuit, late, more)
            shape = self._shape(update.variable)
            outside = circuit.or_((shape.outside(value), lost))
            if outside is not circuit.false:
                escapes.append((update.variable, outside))
            (fields, unchanged), codes = self._unchanged[update.variable], shape.write(value)
            changed = map(operator.is_not, codes, unchanged)
            for field, code in itertools.compress(zip(fields, codes, strict=True), changed):
                writes[field] = code
        undefined = _undefined(join(circuit, uses, under(circuit, condition, late)))
        fine = [circuit.not_(use.happens) for use in undefined]
        enabled = circuit.and_((condition, *fine))
        storable = circuit.and_((enabled, *(circuit.not_(outside) for _, outside in escapes)))
        return Instance(
            number, action, arguments, guards, undefined, enabled, writes, tuple(escapes), storable, environment
        )

    def _guards(self, action: Action, environment: Environment) -> tuple[tuple[tuple[str, Node], ...], Uses]:
        circuit = self.circuit
        witnesses = [witness.variable for witness in action.witnesses]
        uses: list[Uses] = []
        rows: list[list[Node]] = []
        for inner in self._lowering.bindings(witnesses, environment):
            row: list[Node] = []
            for guard in action.guards:
                if row and row[-1] is circuit.false:
                    row.append(circuit.false)
                    continue
                value, more = self._lowering.lower(guard.condition, inner)
                uses.append(under(circuit, circuit.and_(row), more) if more else ())
                row.append(value)
            rows.append(row)
        nodes = []
        shared: list[list[Node]] = [[] for _ in rows]
        for place, guard in enumerate(action.guards):
            column = [row[place] for row in rows]
            if all(node is column[0] for node in column):
                nodes.append((guard.name, column[0]))
                continue
            for together, node in zip(shared, column, strict=True):
                together.append(node)
            nodes.append((guard.name, circuit.or_([circuit.and_(together) for together in shared])))
        return tuple(nodes), join(circuit, *uses)


def _undefined(uses: Uses) -> tuple[Undefined, ...]:
    return tuple(Undefined(use.position, use.happens) for use in uses)
