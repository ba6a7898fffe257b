"""The lowering of arithmetic: the circuit has sums, differences and products; dividends are split into cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from verifier.kernel.errors import UsageError
from verifier.kernel.operators import OPERATORS
from verifier.kernel.terms import Term
from verifier.semantics.ground.circuit import Circuit, Node
from verifier.semantics.ground.lowering import Environment, Handler, Lowered, Lowering, Use, join

MANY = 4096
"""How many numbers may each make a part of a circuit."""

SMALL = 64
"""As many quotients, or remainders of as many numbers, are looked up: the interval of the result is then as small as can be."""


def _add(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (left, right), uses = lowering.arguments(term, environment)
    return lowering.circuit.add(left, right), uses


def _sub(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (left, right), uses = lowering.arguments(term, environment)
    return lowering.circuit.sub(left, right), uses


def _mul(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    (left, right), uses = lowering.arguments(term, environment)
    return lowering.circuit.mul(left, right), uses


def _div(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    return _divided(lowering, term, environment, quotient)


def _mod(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    return _divided(lowering, term, environment, remainder)


def _divided(
    lowering: Lowering, term: Term, environment: Environment, operation: Callable[[Circuit, Node, int], Node]
) -> Lowered:
    """The quotient or the remainder: one for each divisor that there can be."""
    (number, divisor), uses = lowering.arguments(term, environment)
    circuit = lowering.circuit
    divisors = [value for value in few(term, range(divisor.low, divisor.high + 1)) if value]
    node = circuit.int(0)
    for place, value in enumerate(reversed(divisors)):
        result = operation(circuit, number, value)
        node = result if not place else circuit.ite(circuit.eq(divisor, circuit.int(value)), result, node)
    return node, join(circuit, uses, (Use(term.at, circuit.eq(divisor, circuit.int(0))),))


def quotient(circuit: Circuit, number: Node, divisor: int) -> Node:
    """The greatest integer not above a number by a constant: a case for each that there can be, if they are few."""
    if divisor < 0:
        return quotient(circuit, circuit.sub(circuit.int(0), number), -divisor)
    if number.high // divisor - number.low // divisor > SMALL:
        return _long_division(circuit, number, divisor)[0]

    def among(low: int, high: int) -> Node:
        """The quotient of the numbers in between."""
        if low // divisor == high // divisor:
            return circuit.int(low // divisor)
        # Between the middle and the number before it the quotient changes, so that no case is split twice.
        middle = (low // divisor + high // divisor + 1) // 2 * divisor
        above = circuit.le(circuit.int(middle), number)
        return circuit.ite(above, among(middle, high), among(low, middle - 1))

    return among(number.low, number.high)


def remainder(circuit: Circuit, number: Node, divisor: int) -> Node:
    """A number less its quotient's multiple."""

    def among(low: int, high: int) -> Node:
        if low == high or divisor == 1:
            return circuit.int(low % divisor)
        middle = (low + high + 1) // 2
        return circuit.ite(circuit.le(circuit.int(middle), number), among(middle, high), among(low, middle - 1))

    if divisor < 0:
        return circuit.sub(circuit.int(0), remainder(circuit, circuit.sub(circuit.int(0), number), -divisor))
    if number.low // divisor == number.high // divisor == 0:
        return number
    return among(number.low, number.high) if number.high - number.low < SMALL else _long_division(circuit, number, divisor)[1]


def _long_division(circuit: Circuit, number: Node, divisor: int) -> tuple[Node, Node]:
    """The quotient by a positive constant and the remainder, a binary digit of the quotient after the other."""
    least = number.low // divisor
    node, rest = circuit.int(least), circuit.sub(number, circuit.int(least * divisor))
    for place in reversed(range((number.high // divisor - least).bit_length())):
        step = circuit.int(divisor << place)
        fits = circuit.le(step, rest)
        node = circuit.ite(fits, circuit.add(node, circuit.int(1 << place)), node)
        rest = circuit.ite(fits, circuit.sub(rest, step), rest)
    return node, rest


def few(term: Term, numbers: range) -> range:
    """These numbers; each makes a part of the circuit; UsageError if they are too many."""
    if len(numbers) > MANY:
        where = f" ({term.at.name})" if term.at else ""
        message = f"{OPERATORS[term.op].written}{where} has more than {MANY:,} numbers to look at, up to {numbers[-1]:,}"
        raise UsageError(message, hint="bound the number: minimum(n, 10), or a variable of a shorter range")
    return numbers


def total(circuit: Circuit, values: Iterable[Node]) -> Node:
    """The sum of integers."""
    node = circuit.int(0)
    for value in values:
        node = circuit.add(node, value)
    return node


ARITHMETIC: dict[str, Handler] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "div": _div,
    "mod": _mod,
}
