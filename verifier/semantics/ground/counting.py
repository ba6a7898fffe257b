"""The lowering of operators that go through numbers from 1 on, or through members, one after the other."""

from __future__ import annotations

from verifier.kernel.terms import Term
from verifier.semantics.ground.arithmetic import few
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.lowering import Environment, Handler, Lowered, Lowering, Use, Uses, join, under
from verifier.semantics.ground.values import Value


def _upto(
    lowering: Lowering, term: Term, environment: Environment
) -> tuple[Value, list[tuple[Value, Value]], Uses]:
    """The number up to which a term counts, for each number whether it comes before and the value of the body, and the uses."""
    circuit = lowering.circuit
    last, uses = lowering.lower(term.args[0], environment)
    bodies = []
    more: list[Uses] = []
    for place in few(term, range(1, last.high + 1)):
        number = circuit.int(place)
        there = circuit.le(number, last)
        value, inner = lowering.lower(term.args[1], {**environment, term.bound[0]: number})
        bodies.append((there, value))
        if inner:
            more.append(under(circuit, there, inner))
    return last, bodies, join(circuit, uses, *more)


def _forall_upto(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    _, bodies, uses = _upto(lowering, term, environment)
    return lowering.circuit.and_([lowering.circuit.implies(*pair) for pair in bodies]), uses


def _exists_upto(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    _, bodies, uses = _upto(lowering, term, environment)
    return lowering.circuit.or_([lowering.circuit.and_(pair) for pair in bodies]), uses


def _tabulate(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    length, bodies, uses = _upto(lowering, term, environment)
    circuit = lowering.circuit
    negative = circuit.lt(length, circuit.int(0))
    return (length, tuple([value for _, value in bodies])), join(circuit, uses, (Use(term.at, negative),))


def _fold(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    members, uses = lowering.lower(term.args[0], environment)
    constants = lowering.shapes.of(term.bound[1].sort).constants
    items = [(members[key], value) for key, value in constants.items() if key in members]
    return _folded(lowering, term, environment, items, uses)


def _fold_upto(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    circuit = lowering.circuit
    last, uses = lowering.lower(term.args[0], environment)
    items = [(circuit.le(circuit.int(i), last), circuit.int(i)) for i in few(term, range(1, last.high + 1))]
    return _folded(lowering, term, environment, items, uses)


def _folded(
    lowering: Lowering, term: Term, environment: Environment, items: list[tuple[Node, Value]], uses: Uses
) -> Lowered:
    """The result of folding over the items that are there, one after the other."""
    circuit, shape = lowering.circuit, lowering.shapes.of(term.sort)
    so_far, variable = term.bound
    result, more = lowering.lower(term.args[1], environment)
    uses = join(circuit, uses, more)
    for there, item in items:
        if there is circuit.false:
            continue
        inner = {**environment, so_far: lowering.held(result), variable: lowering.held(item)}
        value, more = lowering.lower(term.args[2], inner)
        uses = join(circuit, uses, under(circuit, there, more))
        result = shape.merge(there, value, result)
    return result, uses


COUNTING: dict[str, Handler] = {
    "forall_upto": _forall_upto,
    "exists_upto": _exists_upto,
    "tabulate": _tabulate,
    "fold": _fold,
    "fold_upto": _fold_upto,
}
