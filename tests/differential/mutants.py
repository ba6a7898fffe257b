"""Deliberately wrong lowerings, one or more for each operator, that a comparison of semantics has to notice.

`VALUES` get the value of an operator wrong, `USES` where it is undefined.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from verifier.kernel.operators import those
from verifier.kernel.sorts import INT
from verifier.kernel.terms import Term, integer
from verifier.semantics.ground.ground import HANDLERS
from verifier.semantics.ground.lowering import Environment, Handler, Lowered, Lowering

Change = Callable[[Lowering, Term, Any], Any]


def like(op: str) -> Handler:
    """Lowers an operator as if it were another one."""
    return HANDLERS[op]


def changed(op: str, change: Change) -> Handler:
    """Lowers an operator rightly, then changes the value."""

    def handler(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
        value, uses = HANDLERS[op](lowering, term, environment)
        return change(lowering, term, value), uses

    return handler


def argument(number: int) -> Handler:
    """Takes the value of an argument for the value of the whole; undefined where the whole is."""

    def handler(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
        _, uses = HANDLERS[term.op](lowering, term, environment)
        return lowering.lower(term.args[number], environment)[0], uses

    return handler


def reordered(op: str, *order: int) -> Handler:
    """Lowers an operator with its arguments in another order."""

    def handler(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
        args = tuple(term.args[place] for place in order)
        return HANDLERS[op](lowering, Term(op, args, term.sort, term.data, term.at), environment)

    return handler


def negated(lowering: Lowering, term: Term, value: Any) -> Any:
    """The negation of a Bool value."""
    return lowering.circuit.not_(value)


def plus_one(lowering: Lowering, term: Term, value: Any) -> Any:
    """An integer value plus one."""
    return lowering.circuit.add(value, lowering.circuit.int(1))


def default(lowering: Lowering, term: Term, value: Any) -> Any:
    """One fixed value of the sort."""
    return lowering.shapes.of(term.sort).default


def other_constant(lowering: Lowering, term: Term, value: Any) -> Any:
    """Another constant of the sort of a constant."""
    circuit = lowering.circuit
    if value.is_bool:
        return circuit.not_(value)
    if term.sort.is_integer:
        return circuit.int(value.value + 1)
    return circuit.int((value.value + 1) % len(lowering.scope.domain(term.sort)))


def first_value(lowering: Lowering, term: Term, value: Any) -> Any:
    """The constant function of a function's first value."""
    first = next(iter(value.values()))
    return dict.fromkeys(value, first)


def complement(lowering: Lowering, term: Term, value: Any) -> Any:
    """The complement of a set in its sort."""
    return {key: lowering.circuit.not_(node) for key, node in value.items()}


def first_field(lowering: Lowering, term: Term, value: Any) -> Any:
    """The record with one fixed value for its first field."""
    shape: Any = lowering.shapes.of(term.sort)
    return (shape.parts[0].default, *value[1:])


def some_default(lowering: Lowering, term: Term, value: Any) -> Any:
    """The option with one fixed value."""
    shape: Any = lowering.shapes.of(term.sort)
    return shape.some(shape.element.default)


def without_value(lowering: Lowering, term: Term, value: Any) -> Any:
    """The option without a value."""
    shape: Any = lowering.shapes.of(term.sort)
    return shape.none()


def one_more(lowering: Lowering, term: Term, value: Any) -> Any:
    """The sequence with one more element, a fixed one, in front."""
    shape: Any = lowering.shapes.of(term.sort)
    return plus_one(lowering, term, value[0]), (shape.element.default, *value[1])


def in_front(lowering: Lowering, term: Term, value: Any) -> Any:
    """An appended sequence that begins with the new element."""
    return value[0], (value[1][-1], *value[1][:-1])


def one_record(lowering: Lowering, term: Term, value: Any) -> Any:
    """The keyed set with one fixed record."""
    shape: Any = lowering.shapes.of(term.sort)
    return ((lowering.circuit.true, shape.record.default),)


def true(lowering: Lowering, term: Term, value: Any) -> Any:
    """Truth."""
    return lowering.circuit.true


def first_element(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    """The first element of a sequence, whatever the index."""
    _, uses = HANDLERS["at"](lowering, term, environment)
    (_, elements), _ = lowering.lower(term.args[0], environment)
    return elements[0] if elements else lowering.shapes.of(term.sort).default, uses


def _divided(lowering: Lowering, term: Term, environment: Environment) -> tuple[Any, Any, Any]:
    """The value, the number and the divisor of a division."""
    return (HANDLERS[term.op](lowering, term, environment), *(lowering.lower(arg, environment)[0] for arg in term.args))


def rounded_to_zero(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    """A quotient that is one more where the number is negative."""
    (value, uses), number, _ = _divided(lowering, term, environment)
    circuit = lowering.circuit
    negative = circuit.lt(number, circuit.int(0))
    return circuit.ite(negative, circuit.add(value, circuit.int(1)), value), uses


def never_negative(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    """A remainder that has the divisor added where it is negative."""
    (value, uses), _, divisor = _divided(lowering, term, environment)
    circuit = lowering.circuit
    return circuit.ite(circuit.lt(value, circuit.int(0)), circuit.sub(value, divisor), value), uses


def greatest(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    """The last value that satisfies the formula."""
    shape, found = lowering.shapes.of(term.sort), None
    _, uses = HANDLERS["pick"](lowering, term, environment)
    for candidate in shape.constants.values():
        holds, _ = lowering.lower(term.args[0], {**environment, term.bound[0]: candidate})
        found = candidate if found is None else shape.merge(holds, candidate, found)
    return found, uses


def backwards(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    """The values of a table in the other order."""
    return HANDLERS["table"](lowering, Term("table", term.args[::-1], term.sort, None, term.at), environment)


def backwards_folded(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    """The greatest member first."""
    shape: Any = lowering.shapes.of(term.bound[1].sort)
    right = dict(shape.constants)
    shape.__dict__["constants"] = dict(reversed(right.items()))
    try:
        return HANDLERS["fold"](lowering, term, environment)
    finally:
        shape.__dict__["constants"] = right


def one_less(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    """Counts up to the number before."""
    args = (Term("sub", (term.args[0], integer(1)), INT), *term.args[1:])
    return HANDLERS[term.op](lowering, Term(term.op, args, term.sort, term.data, term.at), environment)


VALUES: dict[str, Handler] = {
    "literal": changed("literal", other_constant),
    "parameter": changed("parameter", plus_one),
    "bound": changed("bound", default),
    "state": like("next"),
    "next": like("state"),
    "not": argument(0),
    "and": like("or"),
    "or": like("and"),
    "implies": reordered("implies", 1, 0),
    "ite": reordered("ite", 0, 2, 1),
    "eq": changed("eq", negated),
    "lt": like("le"),
    "le": like("lt"),
    "add": like("sub"),
    "sub": reordered("sub", 1, 0),
    "mul": like("add"),
    "apply": changed("apply", default),
    "function": changed("function", first_value),
    "update": argument(0),
    "member": changed("member", negated),
    "set": changed("set", complement),
    "cardinality": changed("cardinality", plus_one),
    "minimum": like("maximum"),
    "maximum": like("minimum"),
    "record": changed("record", first_field),
    "field": changed("field", default),
    "none": changed("none", some_default),
    "some": changed("some", without_value),
    "is_some": changed("is_some", negated),
    "payload": changed("payload", default),
    "sequence": changed("sequence", one_more),
    "append": changed("append", in_front),
    "length": changed("length", plus_one),
    "at": first_element,
    "put": argument(0),
    "tail": argument(0),
    "keyed": changed("keyed", one_record),
    "insert": argument(0),
    "remove": argument(0),
    "has_key": changed("has_key", true),
    "lookup": changed("lookup", default),
    "forall": like("exists"),
    "exists": like("forall"),
    "forall_in": like("exists_in"),
    "exists_in": like("forall_in"),
    "choose": changed("choose", default),
    "within": changed("within", default),
    "div": rounded_to_zero,
    "mod": never_negative,
    "sum": changed("sum", plus_one),
    "pick": greatest,
    "table": backwards,
    "fold": backwards_folded,
    "fold_upto": one_less,
    "forall_upto": like("exists_upto"),
    "exists_upto": like("forall_upto"),
    "tabulate": one_less,
}


def forgets_own(op: str) -> Handler:
    """Never undefined itself."""

    def handler(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
        value, uses = HANDLERS[op](lowering, term, environment)
        return value, tuple(use for use in uses if use[0] != term.at)

    return handler


def checks_nothing(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
    """The check of what enters a set is taken for any other partial operation."""
    value, uses = HANDLERS["within"](lowering, term, environment)
    return value, tuple(use._replace(check=False) for use in uses)


def forgets_inner(op: str) -> Handler:
    """Defined whatever its arguments are."""

    def handler(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
        blind: Any = copy.copy(lowering)
        blind.lower = lambda part, inner: (lowering.lower(part, inner)[0], ())
        return HANDLERS[op](blind, term, environment)

    return handler


def looks_everywhere(op: str) -> Handler:
    """Looks at all arguments, those too that the ones to their left make irrelevant."""

    def handler(lowering: Lowering, term: Term, environment: Environment) -> Lowered:
        value, _ = HANDLERS[op](lowering, term, environment)
        return value, lowering.arguments(term, environment)[1]

    return handler


USES: dict[str, Handler] = {
    **{f"{op}, never undefined": forgets_own(op) for op in sorted(those(lambda operator: operator.partial))},
    "within, no way to leave a range": checks_nothing,
    **{f"{op}, all looked at": looks_everywhere(op) for op in ("and", "or", "implies", "ite")},
    **{
        f"{op}, arguments always defined": forgets_inner(op)
        for op in ("not", "and", "or", "implies", "ite", "eq", "lt", "le", "add", "apply", "member", "is_some")
    },
    **{
        f"{op}, not strict": forgets_inner(op)
        for op in ("function", "set", "choose", "forall", "exists", "forall_in", "exists_in")
    },
}
