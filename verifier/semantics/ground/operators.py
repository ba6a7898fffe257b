"""The lowering of literals, connectives, quantifiers, functions and sets, one function for each operator."""

from __future__ import annotations

from verifier.kernel.sorts import KeyedSort, QuorumSort
from verifier.kernel.terms import Term
from verifier.semantics.ground.arithmetic import total
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.comprehensions import Body, bodies, opened
from verifier.semantics.ground.containers import FunctionShape, SetShape
from verifier.semantics.ground.lowering import Environment, Handler, Lowered, Lowering, Use, Uses, join, under
from verifier.semantics.ground.sparse import KeyedShape
from verifier.semantics.ground.values import VARIES, Value


def _literal(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    shape = lowering.shapes.of(term.sort)
    return shape.constant(shape.key(lowering.scope.constant(term))), ()


def _parameter(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    return lowering.circuit.int(lowering.scope.parameters[term.data]), ()


def _bound(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    return environment[term], ()


def _state(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    return lowering.variable(term.data, 0), ()


def _next(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    return lowering.variable(term.data, 1), ()


def _not(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    value, uses = lowering.lower(term.args[0], environment)
    return lowering.circuit.not_(value), uses


def _and(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    circuit = lowering.circuit
    values: list[Node] = []
    uses: Uses = ()
    for part in opened(term):
        value, more = lowering.lower(part, environment)
        if more:
            uses = join(circuit, uses, under(circuit, circuit.and_(values), more))
        if value is circuit.false:
            return value, uses
        values.append(value)
    return circuit.and_(values), uses


def _or(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    circuit = lowering.circuit
    values: list[Node] = []
    uses: Uses = ()
    for part in opened(term):
        value, more = lowering.lower(part, environment)
        if more:
            uses = join(circuit, uses, under(circuit, circuit.not_(circuit.or_(values)), more))
        if value is circuit.true:
            return value, uses
        values.append(value)
    return circuit.or_(values), uses


def _implies(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    circuit = lowering.circuit
    premise, uses = lowering.lower(term.args[0], environment)
    if premise is circuit.false:
        return circuit.true, uses
    conclusion, more = lowering.lower(term.args[1], environment)
    if more:
        uses = join(circuit, uses, under(circuit, premise, more))
    return circuit.implies(premise, conclusion), uses


def _ite(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    circuit = lowering.circuit
    condition, uses = lowering.lower(term.args[0], environment)
    if condition.op == "const":
        value, more = lowering.lower(term.args[1 if condition.value else 2], environment)
        return value, join(circuit, uses, more)
    then, first = lowering.lower(term.args[1], environment)
    otherwise, second = lowering.lower(term.args[2], environment)
    if first or second:
        branches = under(circuit, condition, first), under(circuit, circuit.not_(condition), second)
        uses = join(circuit, uses, *branches)
    return lowering.shapes.of(term.sort).merge(condition, then, otherwise), uses


def _eq(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (left, right), uses = lowering.arguments(term, environment)
    return lowering.shapes.of(term.args[0].sort).equal(left, right), uses


def _lt(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (left, right), uses = lowering.arguments(term, environment)
    return lowering.shapes.of(term.args[0].sort).less(left, right, True), uses


def _le(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (left, right), uses = lowering.arguments(term, environment)
    return lowering.shapes.of(term.args[0].sort).less(left, right, False), uses


def _sum(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    values, uses = _instances(lowering, term, environment)
    return total(lowering.circuit, values), uses


def _pick(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    circuit = lowering.circuit
    values, uses = _instances(lowering, term, environment)
    shape = lowering.shapes.of(term.sort)
    candidates = list(zip(shape.constants.values(), values, strict=True))
    result, _ = candidates[-1]
    for candidate, holds in reversed(candidates[:-1]):
        result = shape.merge(holds, candidate, result)
    return result, join(circuit, uses, (Use(term.at, circuit.not_(circuit.or_(values))),))


def _table(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    values, uses = lowering.arguments(term, environment)
    lowering.scope.indices(term)
    return dict(zip(_function_shape(lowering, term).index.constants, values, strict=True)), uses


def _instances(lowering: Lowering, term: Term, environment: Environment) -> tuple[list[Value], Uses]:
    """The body of a binder for all values of its variables, and the uses: every instance is evaluated."""
    values = []
    uses: list[Uses] = []
    for inner in lowering.bindings(term.bound, environment):
        value, more = lowering.lower(term.args[0], inner)
        values.append(value)
        if more:
            uses.append(more)
    return values, join(lowering.circuit, *uses)


def _forall(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    nodes, uses = bodies(lowering, term, environment)
    return lowering.circuit.and_(nodes), uses


def _exists(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    nodes, uses = bodies(lowering, term, environment)
    return lowering.circuit.or_(nodes), uses


def _choose(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    circuit = lowering.circuit
    values, uses = _instances(lowering, term, environment)
    shape = lowering.shapes.of(term.sort)
    seen, twice = circuit.false, circuit.false
    result: Value = None
    for candidate, holds in zip(shape.constants.values(), values, strict=True):
        twice = circuit.or_((twice, circuit.and_((seen, holds))))
        seen = circuit.or_((seen, holds))
        result = candidate if result is None else shape.merge(holds, candidate, result)
    happens = circuit.or_((circuit.not_(seen), twice))
    return result, join(circuit, uses, (Use(term.at, happens),))


def _function(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    values, uses = _instances(lowering, term, environment)
    keys = lowering.shapes.of(term.bound[0].sort).constants
    return dict(zip(keys, values, strict=True)), uses


def _function_shape(lowering: Lowering, term: Term) -> FunctionShape:
    shape = lowering.shapes.of(term.sort)
    assert isinstance(shape, FunctionShape)
    return shape


def _apply(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (function, index), uses = lowering.arguments(term, environment)
    shape = _function_shape(lowering, term.args[0])
    value = shape.index.select(index, function, shape.value)
    return value, join(lowering.circuit, uses, (Use(term.at, shape.index.outside(index)),))


def _update(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (function, index, value), uses = lowering.arguments(term, environment)
    shape = _function_shape(lowering, term.args[0])
    known = shape.index.fixed(index)
    if known is VARIES:
        match, merge = shape.index.match, shape.value.merge
        new = {key: merge(match(index, key), value, old) for key, old in function.items()}
    else:
        new = {**function, known: value} if known in function else function
    return new, join(lowering.circuit, uses, (Use(term.at, shape.index.outside(index)),))


def _set(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    circuit = lowering.circuit
    looked_at = join(circuit, *(lowering.lower(part, environment)[1] for part in term.args[1:]))
    known = frozenset().union(*(lowering.partial(part) for part in term.args[1:]))
    body = Body(lowering, term.bound[0], environment)
    column, uses = body.lower(term.args[0], known)
    elements = column.nodes if column.rest is circuit.false else column.all_of(body.keys)
    return elements, join(circuit, looked_at, uses)


def _member(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (element, collection), uses = lowering.arguments(term, environment)
    sort = term.args[1].sort
    shape = lowering.shapes.of(sort)
    if isinstance(shape, (SetShape, KeyedShape)):
        return shape.contains(collection, element), uses
    assert isinstance(sort, QuorumSort)
    circuit, members = lowering.circuit, lowering.shapes.of(sort.of)
    inside = []
    for code, quorum in enumerate(lowering.scope.domain(sort)):
        among = circuit.or_([members.match(element, members.key(member)) for member in quorum])
        inside.append(circuit.and_((shape.match(collection, code), among)))
    return circuit.or_(inside), uses


def _cardinality(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (collection,), uses = lowering.arguments(term, environment)
    circuit = lowering.circuit
    keyed = isinstance(term.args[0].sort, KeyedSort)
    nodes = [present for present, _ in collection] if keyed else list(collection.values())
    return total(circuit, (circuit.ite(node, circuit.int(1), circuit.int(0)) for node in nodes)), uses


def _minimum(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    return _extreme(lowering, term, environment, least=True)


def _maximum(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    return _extreme(lowering, term, environment, least=False)


def _extreme(lowering: Lowering, term: Term, environment: Environment, least: bool) -> Lowered:
    (collection,), uses = lowering.arguments(term, environment)
    circuit = lowering.circuit
    shape = lowering.shapes.of(term.args[0].sort)
    element = lowering.shapes.of(term.sort)
    result: Value = None
    if isinstance(shape, SetShape):
        for key in sorted(collection, reverse=least):
            value = element.constant(key)
            result = value if result is None else element.merge(collection[key], value, result)
        some = circuit.or_(collection.values())
    else:
        some = circuit.false
        for present, record in collection:
            better = element.less(record, result, True) if least and result else circuit.true
            if not least and result:
                better = element.less(result, record, True)
            taken = circuit.and_((present, circuit.or_((circuit.not_(some), better))))
            result = element.merge(taken, record, result) if result else record
            some = circuit.or_((some, present))
    if result is None:
        result = element.default
    return result, join(circuit, uses, (Use(term.at, circuit.not_(some)),))


def _within(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (value,), uses = lowering.arguments(term, environment)
    outside = lowering.ends.of(term.sort).outside(value)
    return value, join(lowering.circuit, uses, (Use(term.at, outside, check=True),))


LOGIC: dict[str, Handler] = {
    "literal": _literal,
    "parameter": _parameter,
    "bound": _bound,
    "state": _state,
    "next": _next,
    "not": _not,
    "and": _and,
    "or": _or,
    "implies": _implies,
    "ite": _ite,
    "eq": _eq,
    "lt": _lt,
    "le": _le,
    "sum": _sum,
    "pick": _pick,
    "table": _table,
    "forall": _forall,
    "exists": _exists,
    "choose": _choose,
    "function": _function,
    "apply": _apply,
    "update": _update,
    "set": _set,
    "member": _member,
    "cardinality": _cardinality,
    "minimum": _minimum,
    "maximum": _maximum,
    "within": _within,
}
