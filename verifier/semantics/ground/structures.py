"""The lowering of records, options, sequences and keyed sets, one function for each operator."""

from __future__ import annotations

from verifier.kernel.terms import Term
from verifier.semantics.ground.containers import RecordShape
from verifier.semantics.ground.lowering import Environment, Handler, Lowered, Lowering, Use, Uses, join, under
from verifier.semantics.ground.sparse import KeyedShape, OptionShape, SequenceShape
from verifier.semantics.ground.values import AtomOption, Value


def _record(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    values, uses = lowering.arguments(term, environment)
    return tuple(values), uses


def _field(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (record,), uses = lowering.arguments(term, environment)
    shape = lowering.shapes.of(term.args[0].sort)
    assert isinstance(shape, RecordShape)
    return record[shape.names.index(term.data)], uses


def _option(lowering: Lowering, term: Term) -> OptionShape | AtomOption:
    shape = lowering.shapes.of(term.sort)
    assert isinstance(shape, (OptionShape, AtomOption))
    return shape


def _none(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    return _option(lowering, term).none(), ()


def _some(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (value,), uses = lowering.arguments(term, environment)
    return _option(lowering, term).some(value), uses


def _is_some(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (value,), uses = lowering.arguments(term, environment)
    return _option(lowering, term.args[0]).present(value), uses


def _payload(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (value,), uses = lowering.arguments(term, environment)
    shape = _option(lowering, term.args[0])
    absent = lowering.circuit.not_(shape.present(value))
    return shape.payload(value), join(lowering.circuit, uses, (Use(term.at, absent),))


def _sequence_shape(lowering: Lowering, term: Term) -> SequenceShape:
    shape = lowering.shapes.of(term.sort)
    assert isinstance(shape, SequenceShape)
    return shape


def _sequence(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    values, uses = lowering.arguments(term, environment)
    return (lowering.circuit.int(len(values)), tuple(values)), uses


def _append(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    ((length, elements), item), uses = lowering.arguments(term, environment)
    circuit = lowering.circuit
    merge = _sequence_shape(lowering, term).element.merge
    ends = [circuit.eq(length, circuit.int(i)) for i in range(len(elements))]
    new = [merge(end, item, old) for end, old in zip(ends, elements, strict=True)]
    return (circuit.add(length, circuit.int(1)), (*new, item)), uses


def _length(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    ((length, _),), uses = lowering.arguments(term, environment)
    return length, uses


def _position_uses(lowering: Lowering, term: Term, length: Value, index: Value) -> Uses:
    circuit = lowering.circuit
    happens = circuit.or_((circuit.lt(index, circuit.int(1)), circuit.lt(length, index)))
    return (Use(term.at, happens),)


def _at(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    ((length, elements), index), uses = lowering.arguments(term, environment)
    element = _sequence_shape(lowering, term.args[0]).element
    numbers = lowering.shapes.of(term.args[1].sort)
    value = numbers.select(index, dict(enumerate(elements, 1)), element)
    return value, join(lowering.circuit, uses, _position_uses(lowering, term, length, index))


def _put(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    ((length, elements), index, item), uses = lowering.arguments(term, environment)
    circuit = lowering.circuit
    merge = _sequence_shape(lowering, term).element.merge
    places = [circuit.eq(index, circuit.int(i)) for i in range(1, len(elements) + 1)]
    new = tuple([merge(place, item, old) for place, old in zip(places, elements, strict=True)])
    return (length, new), join(circuit, uses, _position_uses(lowering, term, length, index))


def _tail(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    ((length, elements),), uses = lowering.arguments(term, environment)
    circuit = lowering.circuit
    none = circuit.le(length, circuit.int(0))
    return (circuit.sub(length, circuit.int(1)), elements[1:]), join(circuit, uses, (Use(term.at, none),))


def _keyed_shape(lowering: Lowering, term: Term) -> KeyedShape:
    shape = lowering.shapes.of(term.sort)
    assert isinstance(shape, KeyedShape)
    return shape


def _keyed(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    return (), ()


def _insert(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (collection, record), uses = lowering.arguments(term, environment)
    circuit = lowering.circuit
    shape = _keyed_shape(lowering, term)
    key = shape.key_of(record)
    taken, _ = shape.find(collection, lambda held: shape.keys.equal(held, key))
    other = circuit.and_((taken, circuit.not_(shape.contains(collection, record))))
    return (*collection, (circuit.not_(taken), record)), join(circuit, uses, (Use(term.at, other),))


def _remove(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (collection, key), uses = lowering.arguments(term, environment)
    circuit = lowering.circuit
    shape = _keyed_shape(lowering, term)
    kept = []
    for present, record in collection:
        other = circuit.not_(shape.keys.equal(shape.key_of(record), key))
        kept.append((circuit.and_((present, other)), record))
    return tuple(kept), uses


def _has_key(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (collection, key), uses = lowering.arguments(term, environment)
    shape = _keyed_shape(lowering, term.args[0])
    return shape.find(collection, lambda held: shape.keys.equal(held, key))[0], uses


def _lookup(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (collection, key), uses = lowering.arguments(term, environment)
    circuit = lowering.circuit
    shape = _keyed_shape(lowering, term.args[0])
    present, record = shape.find(collection, lambda held: shape.keys.equal(held, key))
    if record is None:
        record = shape.record.default
    return shape.with_key(record, key), join(circuit, uses, (Use(term.at, circuit.not_(present)),))


def _members(
    lowering: Lowering, term: Term, environment: Environment
) -> tuple[list[tuple[Value, Value]], Uses]:
    """For all records of a keyed set whether they are present, and the body for them."""
    circuit = lowering.circuit
    collection, uses = lowering.lower(term.args[0], environment)
    bodies = []
    more: list[Uses] = []
    for present, record in collection:
        if present is circuit.false:
            continue
        value, inner = lowering.lower(term.args[1], {**environment, term.bound[0]: record})
        bodies.append((present, value))
        if inner:
            more.append(under(circuit, present, inner))
    return bodies, join(circuit, uses, *more)


def _forall_in(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    bodies, uses = _members(lowering, term, environment)
    return lowering.circuit.and_([lowering.circuit.implies(*pair) for pair in bodies]), uses


def _exists_in(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    bodies, uses = _members(lowering, term, environment)
    return lowering.circuit.or_([lowering.circuit.and_(pair) for pair in bodies]), uses


STRUCTURES: dict[str, Handler] = {
    "record": _record,
    "field": _field,
    "none": _none,
    "some": _some,
    "is_some": _is_some,
    "payload": _payload,
    "sequence": _sequence,
    "append": _append,
    "length": _length,
    "at": _at,
    "put": _put,
    "tail": _tail,
    "keyed": _keyed,
    "insert": _insert,
    "remove": _remove,
    "has_key": _has_key,
    "lookup": _lookup,
    "forall_in": _forall_in,
    "exists_in": _exists_in,
}
