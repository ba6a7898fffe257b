"""Lattices: the values that replicas merge, and the laws that make merging safe in any order and any number of times.

`lattice(p, Register, merge)` states of all values of a sort, reachable or not, that merging is idempotent, commutative,
associative and monotone. Where a law is false, its counterexample is values. The merges below are those of the textbook.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from verifier.kernel.binding import SurfaceOf
from verifier.kernel.errors import ModelError, here, nearest
from verifier.kernel.expressions import Bool, Expr
from verifier.kernel.formulas import all_of, fn, implies, ite, maximum
from verifier.kernel.properties import Expectation
from verifier.kernel.protocol import Protocol
from verifier.kernel.sorts import FunctionSort, RecordSort, SetSort

V = TypeVar("V", bound=Expr)
Merge = Callable[[Any, Any], Any]

LAWS = ("Idempotent", "Commutative", "Associative", "Monotone")


def lattice(
    protocol: Protocol,
    sort: Any,
    merge: Merge,
    *,
    name: str = "",
    at_most: Callable[[Any, Any], Bool] | None = None,
    given: Callable[[Any, Any], Bool] | None = None,
    expected: Mapping[str, Mapping[str, Expectation]] | None = None,
) -> None:
    """Declares the laws of a merge over all values of a sort: `Idempotent`, `Commutative`, `Associative`, `Monotone`.

    `name` stands before each of these. Monotone: what was merged stays merged, and no value is beyond what it is merged into,
    by `at_most`, or else by the order that the merge makes, `merge(x, y) == y`. `given` is assumed of every two of the values.
    `expected` has the expectations of a law by its name without `name`.
    """
    expectations = expected or {}
    for law in expectations:
        if law not in LAWS:
            raise ModelError(f"{law} is not a law of a lattice", hint=nearest(law, LAWS, "laws"), position=here())
    below = at_most or (lambda x, y: merge(x, y) == y)

    def idempotent(x: Any) -> Bool:
        return cast(Bool, merge(x, x) == x)

    def commutative(x: Any, y: Any) -> Bool:
        return cast(Bool, merge(x, y) == merge(y, x))

    def associative(x: Any, y: Any, z: Any) -> Bool:
        return cast(Bool, merge(x, merge(y, z)) == merge(merge(x, y), z))

    def monotone(x: Any, y: Any) -> Bool:
        return cast(Bool, (merge(x, merge(x, y)) == merge(x, y)) & below(x, merge(x, y)))

    docs = (
        "Merging a value into itself changes nothing.",
        "It does not matter which of two values is merged into the other.",
        "The order of merging does not matter.",
        "A value that was merged once may be merged again, and merging never goes back.",
    )
    formulas: list[Callable[..., Bool]] = [idempotent, commutative, associative, monotone]
    for law, doc, formula in zip(LAWS, docs, formulas, strict=True):
        _state(protocol, f"{name}{law}", doc, sort, formula, given, expectations.get(law))


def _state(
    protocol: Protocol,
    name: str,
    doc: str,
    sort: Any,
    formula: Callable[..., Bool],
    given: Callable[[Any, Any], Bool] | None,
    expected: Mapping[str, Expectation] | None,
) -> None:
    def law(*values: Any) -> Bool:
        if given is None or len(values) == 1:
            return formula(*values)
        pairs = [given(x, y) for place, x in enumerate(values) for y in values[place + 1 :]]
        return implies(all_of(*pairs), formula(*values))

    parameters = inspect.signature(formula).parameters
    law.__signature__ = inspect.Signature([p.replace(annotation=sort) for p in parameters.values()])  # type: ignore[attr-defined]
    law.__annotations__ = dict.fromkeys(parameters, sort)
    law.__name__, law.__doc__ = name, doc
    protocol.law(expected=expected)(law)


def latest(x: V, y: V, stamp: Callable[[V], Any]) -> V:
    """The value with the later stamp, the first one where stamps are equal: `latest(x, y, lambda r: r.ts)`."""
    return ite(stamp(x) < stamp(y), y, x)


def pointwise(x: V, y: V, merge: Merge = maximum) -> V:
    """Two functions merged at each point, by their greater values unless `merge` says how."""
    sort, left, right = _sort(x, FunctionSort, "pointwise merges functions"), cast(Any, x), cast(Any, y)
    return cast(V, fn(cast(Any, SurfaceOf(sort.index)), lambda i: merge(left[i], right[i])))


def union(x: V, y: V) -> V:
    """The union of two sets: what only grows."""
    _sort(x, SetSort, "union merges sets")
    return cast(V, cast(Any, x) | cast(Any, y))


def fieldwise(x: V, y: V, **merges: Merge) -> V:
    """Two records merged field by field: `fieldwise(x, y, added=union, removed=union)`."""
    sort, left, right = _sort(x, RecordSort, "fieldwise merges records"), cast(Any, x), cast(Any, y)
    fields = [field for field, _ in sort.fields]
    for field in merges:
        if field not in fields:
            raise ModelError(f"{sort} has no field {field}", hint=nearest(field, fields, "fields"), position=here())
    missing = [field for field in fields if field not in merges]
    if missing:
        hint = f"say how it is merged: {missing[0]}=..."
        raise ModelError(f"fieldwise does not merge the field {missing[0]}", hint=hint, position=here())
    merged = {field: merge(getattr(left, field), getattr(right, field)) for field, merge in merges.items()}
    return cast(V, left.replace(**merged))


def _sort(value: Expr, kind: Any, what: str) -> Any:
    sort = value._term.sort
    if not isinstance(sort, kind):
        raise ModelError(f"{what}, not {sort}", position=here())
    return sort
