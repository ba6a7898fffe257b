"""The limits of first-order logic: which sorts have first-order values, and which terms over them have a meaning."""

from __future__ import annotations

from verifier.kernel.operators import OPERATORS
from verifier.kernel.sorts import (
    FunctionSort,
    KeyedSort,
    OptionSort,
    RecordSort,
    SetSort,
    Sort,
    held_sorts,
    inner_sorts,
)
from verifier.kernel.terms import Term, walk

NOT_QUANTIFIED = (
    "which is not a sort of first-order logic: only an argument of an action may be a set, function or sequence there, and "
    "`enabled` does not ask for such an action; quantify over what it holds"
)
"""Why a quantifier has no meaning, and the way out."""


def is_flat(sort: Sort) -> bool:
    """Whether a value of the sort is a tuple of truth values, integers and names."""
    return all(inner.is_atomic or isinstance(inner, (OptionSort, RecordSort)) for inner in held_sorts(sort))


def unsupported(*terms: Term) -> str | None:
    """Why the terms have no meaning in first-order logic; None if they have."""
    for term in walk(*terms):
        operator = OPERATORS[term.op]
        reason = operator.refused or unsupported_sort(term.sort)
        if reason:
            return reason
        members = operator.binder is not None and operator.binder.over == "members"
        if members and not is_flat(term.bound[0].sort):
            chosen = [part for part in walk(term.args[1]) if OPERATORS[part.op].witnessed]
            if any(term.bound[0] in set(walk(part)) for part in chosen):
                reason = f"a choice that depends on {term.bound[0].sort} is not supported at unbounded scope"
        for bound in () if members else term.bound:
            if not is_flat(bound.sort):
                reason = f"{bound.data} runs over {bound.sort}, {NOT_QUANTIFIED}"
        if operator.witnessed and not is_flat(term.sort):
            reason = f"a choice among values of {term.sort} is not supported at unbounded scope"
        if term.op in ("eq", "ite", "update"):
            first, second = (term.args[-2].sort, term.args[-1].sort)
            if term.op == "update" and isinstance(term.sort, FunctionSort):
                first = term.sort.value
            reason = reason or mismatch(first, second)
        if reason:
            return reason
    return None


def mismatch(left: Sort, right: Sort) -> str | None:
    """Why values of two comparable sorts cannot be mixed: they hold functions of different ranges."""
    for first, second in zip(indices(left), indices(right), strict=False):
        if first != second:
            return f"it mixes functions of {first} and functions of {second}"
    return None


def unsupported_sort(sort: Sort) -> str | None:
    """Why variables of the sort have no meaning in first-order logic; None if they have."""
    for inner in inner_sorts(sort):
        match inner:
            case FunctionSort(index=index) if not is_flat(index):
                return f"a function of {index} is not supported at unbounded scope"
            case SetSort(element=element) if not is_flat(element):
                return f"a set of {element} is not supported at unbounded scope"
            case KeyedSort(key_sort=key) if not is_flat(key):
                return f"a set with keys {key} is not supported at unbounded scope"
    return None


def indices(sort: Sort) -> list[Sort]:
    """The index sorts of the functions that a value of the sort holds."""
    return [inner.index for inner in held_sorts(sort) if isinstance(inner, FunctionSort)]
