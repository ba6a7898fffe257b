"""Where a range without its end may stand: only where a longer range makes a guard weaker or a property
stronger.

A quantifier whose body itself bounds the variable by a value of the same sort (`v <= s.current`, `v in
s.seen`) means the same over the longer range, so it may stand anywhere. Functions over such a range become
functions over all of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from verifier.kernel.sorts import (
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.kernel.terms import Term, is_bool, parameter_names, walk

Allowed = Literal["exists", "forall", "neither"]

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
    for first, second in zip(_index_of(left), _index_of(right), strict=False):
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


class Widening:
    """Finds the terms that dropping the parameters `gone` would change in the wrong direction."""

    def __init__(self, gone: frozenset[str]) -> None:
        self.gone = gone

    def wrong(self, term: Term, allowed: Allowed) -> str | None:
        """Why the term must not be read over longer ranges; None if it may.

        `allowed` is the quantifier that may run over a longer range where the term stands positively.
        """
        return self._visit(term, allowed)

    def _opens(self, sort: Sort) -> bool:
        match sort:
            case RangeSort():
                return bool(parameter_names(sort.low, sort.high) & self.gone)
            case OptionSort(element=element):
                return self._opens(element)
            case RecordSort(fields=fields):
                return any(self._opens(of) for _, of in fields)
        return False

    def _visit(self, term: Term, allowed: Allowed) -> str | None:
        args = term.args
        match term.op:
            case "not":
                return self._visit(args[0], _flipped(allowed))
            case "implies":
                return self._visit(args[0], _flipped(allowed)) or self._visit(args[1], allowed)
            case "and" | "or":
                return self._all(args, allowed)
            case "ite" if is_bool(term):
                return self._visit(args[0], "neither") or self._all(args[1:], allowed)
            case "forall" | "exists":
                reason = None if allowed == term.op else self._unlimited(term, term.op == "exists")
                return reason or self._visit(args[0], allowed)
            case "forall_in" | "exists_in":
                return self._visit(args[0], "neither") or self._visit(args[1], allowed)
            case "member" if args[1].op == "set":
                return self._visit(args[0], "neither") or self._visit(args[1].args[0], allowed)
            case "set":
                return self._unlimited(term, True) or self._visit(args[0], "neither")
            case "eq":
                index = _index_of(args[0].sort)
                if allowed != "forall" and any(self._opens(sort) for sort in index):
                    return f"it compares functions of {next(s for s in index if self._opens(s))} for all indices"
        return self._all(args, "neither")

    def _all(self, terms: Iterable[Term], allowed: Allowed) -> str | None:
        return next((reason for term in terms if (reason := self._visit(term, allowed))), None)

    def _unlimited(self, term: Term, value: bool) -> str | None:
        """The bound variable that the body does not bound where it has this truth value."""
        waiting = [v for v in term.bound if self._opens(v.sort)]
        while waiting:
            known = [v for v in waiting if self.limits(term.args[0], value, v, waiting)]
            if not known:
                what = {"forall": "for all", "exists": "for some"}.get(term.op, "the set of all")
                return f"it says `{what} {waiting[0].data}` over {waiting[0].sort}, whose end is dropped"
            waiting = [v for v in waiting if v not in known]
        return None

    def limits(self, formula: Term, value: bool, variable: Term, open_: Iterable[Term]) -> bool:
        """Whether `variable` is at most some value of its own sort wherever the formula has this truth value.

        The limit must not read the variables `open_`, which are not limited themselves.
        """
        args = formula.args
        match formula.op:
            case "literal":
                return formula.data is not value  # it never has this truth value
            case "not":
                return self.limits(args[0], not value, variable, open_)
            case "and" | "or":
                parts = (self.limits(arg, value, variable, open_) for arg in args)
                return any(parts) if value == (formula.op == "and") else all(parts)
            case "implies":
                premise = self.limits(args[0], not value, variable, open_)
                conclusion = self.limits(args[1], value, variable, open_)
                return (premise and conclusion) if value else (premise or conclusion)
            case "forall" | "exists":
                inner = [v for v in formula.bound if self._opens(v.sort)]
                return self.limits(args[0], value, variable, [*open_, *inner]) or self._through(
                    formula, value, variable, open_
                )
            case "forall_in" | "exists_in":
                decides = value == (formula.op == "exists_in") and not _reads(args[0], open_)
                return decides and self.limits(args[1], value, variable, open_)
            case "eq" if value:
                sides = (args, args[::-1])
                return any(a is variable and not _reads(b, open_) for a, b in sides)
            case "member" if value and args[0] is variable and not _reads(args[1], open_):
                element = args[1].bound
                return args[1].op != "set" or self.limits(args[1].args[0], True, element[0], [*open_, *element])
            case "le" | "lt":
                low, high = args if value else args[::-1]
                limited = low is variable and _stays_below(high, variable.sort) and self._starts(low.sort)
                return limited and not _reads(high, open_)
        return False

    def _through(self, formula: Term, value: bool, variable: Term, open_: Iterable[Term]) -> bool:
        """Likewise, where the limit reads variables of the formula that are limited themselves (images of
        sets).
        """
        if value != (formula.op == "exists"):
            return False
        inner = [v for v in formula.bound if self._opens(v.sort)]
        if any(not self.limits(formula.args[0], value, v, [*open_, *inner]) for v in inner):
            return False
        return self.limits(formula.args[0], value, variable, open_)

    def _starts(self, sort: Sort) -> bool:
        """Whether a limit from above is enough: the range keeps its lower end."""
        return isinstance(sort, RangeSort) and not parameter_names(sort.low) & self.gone


def _flipped(allowed: Allowed) -> Allowed:
    flipped: dict[Allowed, Allowed] = {"exists": "forall", "forall": "exists", "neither": "neither"}
    return flipped[allowed]


def _stays_below(limit: Term, sort: Sort) -> bool:
    """Whether a limit is a stored integer whose range has the upper end of `sort`, or that less some number."""
    while limit.op == "sub" and limit.args[1].op == "literal" and limit.args[1].data >= 0:
        limit = limit.args[0]
    found = limit.sort
    return isinstance(found, RangeSort) and isinstance(sort, RangeSort) and _same(found.high, sort.high)


def _same(left: Term, right: Term) -> bool:
    """Whether two terms over parameters are written alike."""
    if (left.op, left.data, len(left.args)) != (right.op, right.data, len(right.args)):
        return False
    return all(_same(a, b) for a, b in zip(left.args, right.args, strict=True))


def _reads(term: Term, variables: Iterable[Term]) -> bool:
    names = set(variables)
    return any(part in names for part in walk(term))


def _index_of(sort: Sort) -> list[Sort]:
    """The index sorts of the functions inside a sort."""
    match sort:
        case FunctionSort(index=index, value=value):
            return [index, *_index_of(value)]
        case OptionSort(element=element):
            return _index_of(element)
        case RecordSort(fields=fields):
            return [found for _, of in fields for found in _index_of(of)]
        case KeyedSort(element=record):
            return _index_of(record)
    return []
