"""The bodies of binders, for all values of a variable at once: sets are combined as sets, not element by element.

A set, a union or an inclusion is a formula about a variable that mostly compares it with something, or asks whether it is an
element of something. Such a formula differs from one fixed node for few values. Only what says something else of the variable
is lowered once for each value, and only for values that the conditions to its left leave open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from verifier.kernel.terms import Term
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.containers import SetShape
from verifier.semantics.ground.lowering import Environment, Lowering, Uses, join
from verifier.semantics.ground.values import Key

Asked = Callable[[], Collection[Key] | None]
"""The keys for which a node is asked for; None for all of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A formula for every value of a variable: a node for some keys, and `rest` for all others."""

    nodes: dict[Key, Node]
    rest: Node

    def all_of(self, keys: Collection[Key]) -> dict[Key, Node]:
        """The node of every key."""
        return {key: self.nodes.get(key, self.rest) for key in keys}

    def different(self, keys: Collection[Key]) -> list[Node]:
        """Every node that occurs for some key."""
        return [*self.nodes.values(), self.rest] if len(self.nodes) < len(keys) else list(self.nodes.values())


@dataclass(frozen=True, slots=True)
class _Junction:
    """Conjunction or disjunction: `unit` changes nothing, `zero` decides."""

    join: Callable[[Iterable[Node]], Node]
    unit: Node
    zero: Node

    def pair(self, left: Node, right: Node) -> Node:
        """Both together; most pairs need no node of their own."""
        if left is self.zero or right is self.zero:
            return self.zero
        if left is self.unit:
            return right
        return left if right is self.unit else self.join((left, right))

    def both(self, left: Column, right: Column) -> Column:
        """Two columns together. Entries that the rest of one column decides need no node."""
        if left.rest is self.zero:
            return self._within(left, right)
        if right.rest is self.zero:
            return self._within(right, left)
        if left.rest is right.rest is self.unit:
            nodes = {**left.nodes, **right.nodes}
            for key in left.nodes.keys() & right.nodes.keys():
                nodes[key] = self.pair(left.nodes[key], right.nodes[key])
            return Column(nodes, self.unit)
        keys = {**left.nodes, **right.nodes}
        pairs = ((key, left.nodes.get(key, left.rest), right.nodes.get(key, right.rest)) for key in keys)
        return Column({key: self.pair(a, b) for key, a, b in pairs}, self.pair(left.rest, right.rest))

    def _within(self, few: Column, other: Column) -> Column:
        """Two columns together, where the rest of the first is decided."""
        if other.rest is self.unit and len(other.nodes) < len(few.nodes):
            if not other.nodes:
                return few
            nodes = dict(few.nodes)
            for key, node in other.nodes.items():
                if key in nodes:
                    nodes[key] = self.pair(nodes[key], node)
            return Column(nodes, self.zero)
        pairs = ((key, self.pair(node, other.nodes.get(key, other.rest))) for key, node in few.nodes.items())
        return Column({key: node for key, node in pairs if node is not self.zero}, self.zero)

    def all_of(self, columns: list[Column]) -> Column:
        """Any number of columns together; those that say something of few keys alone cost no more than those keys."""
        plain = [column for column in columns if column.rest is self.unit]
        gathered: dict[Key, list[Node]] = {}
        for column in plain:
            for key, node in column.nodes.items():
                gathered.setdefault(key, []).append(node)
        result = Column({key: self.join(nodes) for key, nodes in gathered.items()}, self.unit)
        for column in columns:
            if column.rest is not self.unit:
                result = self.both(result, column)
        return result


class Body:
    """A formula that binders bind a variable in, for all values of this variable."""

    def __init__(self, lowering: Lowering, variable: Term, environment: Environment) -> None:
        self.lowering = lowering
        self.variable = variable
        self.environment = environment
        self.shape = lowering.shapes.of(variable.sort)
        self.keys = self.shape.constants
        circuit = lowering.circuit
        self._all = _Junction(circuit.and_, circuit.true, circuit.false)
        self._some = _Junction(circuit.or_, circuit.false, circuit.true)

    def lower(self, term: Term, known: frozenset[Term] = frozenset()) -> tuple[Column, Uses]:
        """The column of a formula and its uses, instance by instance; `known` are terms that are evaluated before."""
        if _total(self.lowering, term, known):
            return self.column(term), ()
        circuit = self.lowering.circuit
        prefix, decided = self._prefix(term)
        nodes: dict[Key, Node] = {}
        uses: list[Uses] = []
        left = None if prefix is None else self._open(prefix, self._all)
        for key in self.keys if left is None else left:
            nodes[key], more = self._at(term, key)
            if more:
                uses.append(more)
        return Column(nodes, decided), join(circuit, *uses)

    def _prefix(self, term: Term) -> tuple[Column | None, Node]:
        """The condition under which a use in the formula can be undefined, and the value of the formula where it does not hold.
        """
        circuit = self.lowering.circuit
        left = term.args[0] if term.op == "implies" else term
        first = opened(left) if left.op == "and" else [left] if term.op == "implies" else []
        total = []
        for part in first:
            if not _total(self.lowering, part, frozenset()):
                break
            total.append(part)
        if not total:
            return None, circuit.false
        return self._junction(self._all, total, None), circuit.bool(term.op == "implies")

    def _at(self, term: Term, key: Key) -> tuple[Node, Uses]:
        node, uses = self.lowering.lower(term, {**self.environment, self.variable: self.keys[key]})
        return node, uses

    def _open(self, column: Column, junction: _Junction) -> Collection[Key] | None:
        """The keys for which a column does not decide, in the order of the domain; None for all of them."""
        if column.rest is junction.zero:
            left = {key for key, node in column.nodes.items() if node is not junction.zero}
            return [key for key in self.keys if key in left]
        decided = {key for key, node in column.nodes.items() if node is junction.zero}
        return [key for key in self.keys if key not in decided] if decided else None

    def column(self, term: Term, among: Asked | None = None) -> Column:
        """The column of a formula that has a value everywhere; for keys not `among` those asked for it means nothing."""
        lowering, circuit = self.lowering, self.lowering.circuit
        if self.variable not in lowering.free(term):
            return Column({}, lowering.lower(term, self.environment)[0])
        match term.op:
            case "not":
                inner = self.column(term.args[0], among)
                return Column({key: circuit.not_(node) for key, node in inner.nodes.items()}, circuit.not_(inner.rest))
            case "and":
                return self._junction(self._all, opened(term), among)
            case "or":
                return self._junction(self._some, opened(term), among)
            case "implies":
                premise = self.column(term.args[0], among)
                false = Column({k: circuit.not_(n) for k, n in premise.nodes.items()}, circuit.not_(premise.rest))
                return self._some.both(false, self.column(term.args[1], self._left(false, self._some, among)))
            case "member" if term.args[0] is self.variable and self.variable not in lowering.free(term.args[1]):
                collection, shape = lowering.lower(term.args[1], self.environment)[0], lowering.shapes.of(term.args[1].sort)
                if isinstance(shape, SetShape):
                    inside = shape.element is self.shape and shape.complete(collection)
                    nodes = collection if inside else {k: n for k, n in collection.items() if k in self.keys}
                    return Column(nodes, circuit.false)
            case "eq" if (compared := self._compared(term)) is not None:
                return compared
            case "forall" | "exists":
                junction = self._all if term.op == "forall" else self._some
                inner_bodies = (
                    Body(lowering, self.variable, environment)
                    for environment in lowering.bindings(term.bound, self.environment)
                )
                return junction.all_of([body.column(term.args[0], among) for body in inner_bodies])
        asked = among() if among is not None else None
        return Column({key: self._at(term, key)[0] for key in (self.keys if asked is None else asked)}, circuit.false)

    def _compared(self, term: Term) -> Column | None:
        """The column of an equation of the variable, or of a field of it, with something that does not read it."""
        lowering = self.lowering
        for part, other in (term.args, term.args[::-1]):
            root = part
            while root.op == "field":
                root = root.args[0]
            if root is self.variable and self.variable not in lowering.free(other):
                matches = lowering.shapes.of(part.sort).matches(lowering.lower(other, self.environment)[0])
                if part is not self.variable:
                    places = self._places(part)
                    matches = {key: node for value, node in matches.items() for key in places.get(value, ())}
                return Column(matches, lowering.circuit.false)
        return None

    def _places(self, part: Term) -> dict[Key, list[Key]]:
        """For each value of a field of the variable: the values of the variable that have it there."""
        places = self.lowering.places.get(part)
        if places is None:
            places = self.lowering.places[part] = {}
            fixed = self.lowering.shapes.of(part.sort).fixed
            for key, value in self.keys.items():
                places.setdefault(fixed(self.lowering.lower(part, {self.variable: value})[0]), []).append(key)
        return places

    def _left(self, column: Column, junction: _Junction, among: Asked | None) -> Asked:
        """The keys among those asked for that a column does not decide, found when they are first needed."""

        def asked() -> Collection[Key] | None:
            outer = among() if among is not None else None
            still = self._open(column, junction)
            if outer is None or still is None:
                return outer if still is None else still
            left = set(still)
            return [key for key in outer if key in left]

        return asked

    def _junction(self, junction: _Junction, parts: list[Term], among: Asked | None) -> Column:
        result = Column({}, junction.unit)
        for part in parts:
            if result.rest is junction.zero and not result.nodes:
                break
            result = junction.both(result, self.column(part, self._left(result, junction, among)))
        return result


def bodies(lowering: Lowering, term: Term, environment: Environment) -> tuple[list[Node], Uses]:
    """The instances of a quantifier's body for all values of its variables, equal instances once, and the uses."""
    nodes: list[Node] = []
    uses: list[Uses] = []
    *outer, last = term.bound
    for inner in lowering.bindings(outer, environment):
        body = Body(lowering, last, inner)
        column, more = body.lower(term.args[0])
        nodes += column.different(body.keys)
        if more:
            uses.append(more)
    return nodes, join(lowering.circuit, *uses)


def opened(term: Term) -> list[Term]:
    """The arguments of a conjunction or disjunction, those of the same operator opened, without recursion."""
    parts: list[Term] = []
    stack = [term]
    while stack:
        part = stack.pop()
        if part.op == term.op:
            stack.extend(reversed(part.args))
        else:
            parts.append(part)
    return parts


def _total(lowering: Lowering, term: Term, known: frozenset[Term]) -> bool:
    """Whether a term has a value wherever those known have one."""
    return not (lowering.partial(term) - known)
