"""The meaning in first-order logic of operators that bind nothing and have no axiom: functions of their arguments' values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

from verifier.kernel.sorts import FunctionSort, KeyedSort, QuorumSort, RecordSort, SequenceSort, Sort
from verifier.kernel.terms import Term
from verifier.semantics.quantified.shapes import (
    FunctionValue,
    KeyedValue,
    OptionValue,
    RecordValue,
    SequenceValue,
    Value,
)
from verifier.semantics.quantified.smt import Ast
from verifier.semantics.quantified.values import Values

Meaning = Callable[[Values, Term, list[Value]], Value]


def _order(values: Values, term: Term, args: list[Value]) -> Value:
    return values.less(args[0], args[1], term.args[0].sort, term.op == "lt")


def _divided(values: Values, term: Term, args: list[Value]) -> Value:
    """Rounded down. SMT-LIB rounds so for positive divisors; for a negative one both signs are changed."""
    smt, (number, divisor) = values.smt, args
    op: Literal["div", "mod"] = "div" if term.op == "div" else "mod"
    plain = smt.arithmetic(op, number, divisor)
    if term.args[1].op == "literal" and term.args[1].data > 0:
        return plain
    zero = smt.integer(0)
    opposite = smt.arithmetic(op, smt.arithmetic("sub", zero, number), smt.arithmetic("sub", zero, divisor))
    if op == "mod":
        opposite = smt.arithmetic("sub", zero, opposite)
    return smt.ite(smt.less(zero, divisor), plain, opposite)


def _update(values: Values, term: Term, args: list[Value]) -> Value:
    index = cast(FunctionSort, term.sort).index
    old, point, new = args
    return FunctionValue(lambda i: values.ite(values.equal(i, point, index), new, old.at(i)))


def member(values: Values, item: Value, collection: Value, sort: Sort) -> Ast:
    """Whether an item is in a set, keyed set or quorum of this sort."""
    match sort:
        case QuorumSort():
            return values.in_quorum(sort, item, collection)
        case KeyedSort(element=record):
            key = _key(item, sort)
            same = values.equal(collection.record(key), item, record)
            return values.smt.conjunction([collection.has(key), same])
    return cast(Ast, collection.has(item))


def _key(record: Value, sort: KeyedSort) -> Value:
    names = [name for name, _ in sort.element.fields]
    return record.fields[names.index(sort.key)]


def _field(values: Values, term: Term, args: list[Value]) -> Value:
    names = [name for name, _ in cast(RecordSort, term.args[0].sort).fields]
    return args[0].fields[names.index(term.data)]


def _payload(values: Values, term: Term, args: list[Value]) -> Value:
    return values.default(term.sort) if args[0].payload is None else args[0].payload


def _keyed(values: Values, term: Term, args: list[Value]) -> Value:
    nothing = values.default(cast(KeyedSort, term.sort).element)
    return KeyedValue(lambda k: values.smt.false, lambda k: nothing)


def _insert(values: Values, term: Term, args: list[Value]) -> Value:
    sort = cast(KeyedSort, term.sort)
    old, record = args
    key = _key(record, sort)
    return KeyedValue(
        lambda k: values.smt.disjunction([values.equal(k, key, sort.key_sort), old.has(k)]),
        lambda k: values.ite(values.equal(k, key, sort.key_sort), record, old.record(k)),
    )


def _remove(values: Values, term: Term, args: list[Value]) -> Value:
    smt, key_sort = values.smt, cast(KeyedSort, term.sort).key_sort
    old, gone = args
    return KeyedValue(
        lambda k: smt.conjunction([smt.negate(values.equal(k, gone, key_sort)), old.has(k)]),
        old.record,
    )


def _sequence(values: Values, term: Term, args: list[Value]) -> Value:
    smt, element = values.smt, cast(SequenceSort, term.sort).element

    def at(index: Ast) -> Value:
        result = values.default(element) if not args else args[-1]
        for place in reversed(range(1, len(args))):
            result = values.ite(smt.equal(index, smt.integer(place)), args[place - 1], result)
        return result

    return SequenceValue(smt.integer(len(args)), at)


def _append(values: Values, term: Term, args: list[Value]) -> Value:
    smt = values.smt
    old, new = args
    length = smt.arithmetic("add", old.length, smt.integer(1))
    return SequenceValue(length, lambda i: values.ite(smt.equal(i, length), new, old.at(i)))


def _put(values: Values, term: Term, args: list[Value]) -> Value:
    old, place, new = args
    return SequenceValue(old.length, lambda i: values.ite(values.smt.equal(i, place), new, old.at(i)))


def _tail(values: Values, term: Term, args: list[Value]) -> Value:
    (old,), one = args, values.smt.integer(1)
    arithmetic = values.smt.arithmetic
    return SequenceValue(arithmetic("sub", old.length, one), lambda i: old.at(arithmetic("add", i, one)))


MEANINGS: dict[str, Meaning] = {
    "not": lambda values, term, args: values.smt.negate(args[0]),
    "and": lambda values, term, args: values.smt.conjunction(args),
    "or": lambda values, term, args: values.smt.disjunction(args),
    "implies": lambda values, term, args: values.smt.implication(args[0], args[1]),
    "ite": lambda values, term, args: values.ite(args[0], args[1], args[2]),
    "eq": lambda values, term, args: values.equal(args[0], args[1], term.args[0].sort),
    "lt": _order,
    "le": _order,
    "add": lambda values, term, args: values.smt.arithmetic("add", args[0], args[1]),
    "sub": lambda values, term, args: values.smt.arithmetic("sub", args[0], args[1]),
    "mul": lambda values, term, args: values.smt.arithmetic("mul", args[0], args[1]),
    "div": _divided,
    "mod": _divided,
    "apply": lambda values, term, args: args[0].at(args[1]),
    "update": _update,
    "member": lambda values, term, args: member(values, args[0], args[1], term.args[1].sort),
    "within": lambda values, term, args: args[0],
    "record": lambda values, term, args: RecordValue(tuple(args)),
    "field": _field,
    "none": lambda values, term, args: OptionValue(values.smt.false, None),
    "some": lambda values, term, args: OptionValue(values.smt.true, args[0]),
    "is_some": lambda values, term, args: args[0].present,
    "payload": _payload,
    "keyed": _keyed,
    "insert": _insert,
    "remove": _remove,
    "has_key": lambda values, term, args: args[0].has(args[1]),
    "lookup": lambda values, term, args: args[0].record(args[1]),
    "sequence": _sequence,
    "append": _append,
    "length": lambda values, term, args: args[0].length,
    "at": lambda values, term, args: args[0].at(args[1]),
    "put": _put,
    "tail": _tail,
}
