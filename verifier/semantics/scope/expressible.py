"""What first-order logic can express: which sorts have first-order values, and which terms over them have a meaning."""

from __future__ import annotations

from verifier.kernel.sorts import (
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import Term, walk

_SEQUENCES = frozenset({"sequence", "append", "length", "at", "put", "tail"})


def is_flat(sort: Sort) -> bool:
    """Whether a value of the sort is a tuple of truth values, integers and names."""
    match sort:
        case BoolSort() | EnumSort() | ScalarSort() | QuorumSort():
            return True
        case OptionSort(element=element):
            return is_flat(element)
        case RecordSort(fields=fields):
            return all(is_flat(of) for _, of in fields)
    return sort.is_integer


def unsupported(*terms: Term) -> str | None:
    """Why the terms have no meaning in first-order logic; None if they have."""
    for term in walk(*terms):
        if term.op in _SEQUENCES or isinstance(term.sort, SequenceSort):
            return "sequences are not supported at unbounded scope"
        if term.op == "cardinality":
            return "the number of elements of a set is not supported at unbounded scope"
        reason = unsupported_sort(term.sort)
        if term.op in ("forall_in", "exists_in") and not is_flat(term.bound[0].sort):
            chosen = [part for part in walk(term.args[1]) if part.op in ("minimum", "maximum", "choose")]
            if any(term.bound[0] in set(walk(part)) for part in chosen):
                reason = f"a choice that depends on {term.bound[0].sort} is not supported at unbounded scope"
        for bound in term.bound if term.op not in ("forall_in", "exists_in") else ():
            if not is_flat(bound.sort):
                reason = f"{bound.data} runs over {bound.sort}, which is not a sort of first-order logic"
        if term.op in ("minimum", "maximum", "choose") and not is_flat(term.sort):
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
    match sort:
        case SequenceSort():
            return "sequences are not supported at unbounded scope"
        case FunctionSort(index=index, value=value):
            return _index(index, f"a function of {index}") or unsupported_sort(value)
        case SetSort(element=element):
            return _index(element, f"a set of {element}")
        case KeyedSort(element=record, key_sort=key):
            return _index(key, f"a set with keys {key}") or unsupported_sort(record)
        case OptionSort(element=element):
            return unsupported_sort(element)
        case RecordSort(fields=fields):
            return next((reason for _, of in fields if (reason := unsupported_sort(of))), None)
    return None


def _index(sort: Sort, what: str) -> str | None:
    return None if is_flat(sort) else f"{what} is not supported at unbounded scope"


def indices(sort: Sort) -> list[Sort]:
    """The index sorts of the functions inside a sort."""
    match sort:
        case FunctionSort(index=index, value=value):
            return [index, *indices(value)]
        case OptionSort(element=element):
            return indices(element)
        case RecordSort(fields=fields):
            return [found for _, of in fields for found in indices(of)]
        case KeyedSort(element=record):
            return indices(record)
    return []
