"""Fitting values into sorts: sorts within sorts, the join of two, and the check of every element that enters a set.

Integers have their full width until they are stored. A set has no place for an element outside its sort, which would vanish. So
an element is checked where it enters a set: `within` stands around every term that is not known to fit. A set over one range
that is to become a set over another is checked as a whole. Hence a set that has a value has no element outside the element sort
of its own sort.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from verifier.kernel.errors import here
from verifier.kernel.sorts import (
    BOOL,
    INT,
    FunctionSort,
    IntSort,
    OptionSort,
    RangeSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
    has_range,
)
from verifier.kernel.terms import Term, may_be_undefined, may_fail, rewrite, walk

_LOOSE: set[Term] = set()
"""Bound variables that run over the members of a keyed set that was not stored: they need not be within their sort."""


# -- sorts -----------------------------------------------------------------------------------------------------------------


def fits(sort: Sort, wanted: Sort) -> bool:
    """Whether every value of one sort is a value of another that it is comparable with, whatever the parameters are."""
    if sort == wanted:
        return True
    match sort, wanted:
        case _, IntSort():
            return sort.is_integer
        case RangeSort(), RangeSort():
            return at_most(wanted.low, sort.low) and at_most(sort.high, wanted.high)
        case FunctionSort(), FunctionSort():
            return sort.index == wanted.index and fits(sort.value, wanted.value)
        case SetSort(), SetSort():
            return fits(sort.element, wanted.element)
        case OptionSort(), OptionSort():
            return fits(sort.element, wanted.element)
    return False


def sets_fit(sort: Sort, wanted: Sort) -> bool:
    """Whether the sets in every value of one sort are such sets as are in values of another that it is comparable with."""
    match sort, wanted:
        case SetSort(), SetSort():
            return fits(sort.element, wanted.element)
        case OptionSort(), OptionSort():
            return sets_fit(sort.element, wanted.element)
        case FunctionSort(), FunctionSort():
            return sets_fit(sort.value, wanted.value)
    return True


def joined(left: Sort, right: Sort) -> Sort:
    """The sort of a value that is of one of two comparable sorts.

    Sets are over the least range that holds the elements of both. Two integers of different sorts are an Int: integers
    outside sets have their full width whatever their sort.
    """
    if left.is_integer and left != right:
        return INT
    return _with_sets(left, right)


def _with_sets(left: Sort, right: Sort) -> Sort:
    match left, right:
        case SetSort(), SetSort():
            return SetSort(_element(left.element, right.element))
        case OptionSort(), OptionSort():
            return OptionSort(_with_sets(left.element, right.element))
        case FunctionSort(), FunctionSort():
            return FunctionSort(left.index, _with_sets(left.value, right.value))
    return left


def _element(left: Sort, right: Sort) -> Sort:
    """The least sort of elements that has the values of both."""
    if fits(right, left):
        return left
    if fits(left, right):
        return right
    match left, right:
        case RangeSort(), RangeSort():
            names = sorted({*left.name.split(".."), *right.name.split("..")})
            low, high = _lesser(left.low, right.low), _greater(left.high, right.high)
            return RangeSort("..".join(names), low, high, declaration=0)
        case SetSort(), SetSort():
            return SetSort(_element(left.element, right.element))
        case OptionSort(), OptionSort():
            return OptionSort(_element(left.element, right.element))
        case FunctionSort(), FunctionSort():
            return FunctionSort(left.index, _element(left.value, right.value))
    raise TypeError(f"{left} and {right} are not comparable")


# -- the ends of ranges: terms over parameters ----------------------------------------------------------------------------


def _lesser(left: Term, right: Term) -> Term:
    if at_most(left, right):
        return left
    return right if at_most(right, left) else Term("ite", (Term("le", (left, right), BOOL), left, right), INT)


def _greater(left: Term, right: Term) -> Term:
    if at_most(right, left):
        return left
    return right if at_most(left, right) else Term("ite", (Term("le", (left, right), BOOL), right, left), INT)


def at_most(left: Term, right: Term) -> bool:
    """Whether one end is at most another whatever the parameters are, as far as the way they are written shows it."""
    if _alike(left, right):
        return True
    for term, below in ((left, True), (right, False)):
        if term.op == "ite" and term.args[0].op == "le":
            # The lesser or the greater of two ends, as `joined` writes them.
            first, second = term.args[0].args
            least = term.args[1] is first
            parts = [at_most(part, right) if below else at_most(left, part) for part in (first, second)]
            if all(parts) or (any(parts) and least == below):
                return True
    if left.op == "literal":
        return bool(left.data <= 0) if right.op == "parameter" else right.op == "literal" and bool(left.data <= right.data)
    return False


def _alike(left: Term, right: Term) -> bool:
    """Whether two terms over parameters are written alike."""
    if left is right:
        return True
    if (left.op, left.data, len(left.args)) != (right.op, right.data, len(right.args)):
        return False
    return all(_alike(a, b) for a, b in zip(left.args, right.args, strict=True))


# -- terms -----------------------------------------------------------------------------------------------------------------


def within(term: Term, sort: Sort) -> Term:
    """`term` where a value of `sort` is needed: checked, unless it is known to be one."""
    return Term("within", (term,), sort, None, here()) if is_checked(term, sort) else term


def is_checked(term: Term, sort: Sort) -> bool:
    """Whether `term` is checked where it enters a set over `sort`: it is not known to be a value of it."""
    return not _inside(term, sort)


def made_of(condition: Term, element: Term, sort: SetSort) -> Term:
    """The set of all values of a variable that satisfy a condition: those listed, or those of two sets.

    The parts that the set is made of are always evaluated. A disjunction is evaluated only as far as needed: where all values
    of the sort are elements for another reason, an element that does not fit would vanish.
    """
    return Term("set", (condition, *looked_at(condition, element)), sort, (element,))


def looked_at(condition: Term, element: Term) -> list[Term]:
    """The parts that can be undefined of a set that is listed, or made of two sets."""
    return [part for part in _parts(condition, element) if may_be_undefined(part)]


def _parts(condition: Term, element: Term) -> Iterator[Term]:
    """The elements and sets that a disjunction names."""
    if condition.op == "or":
        for arg in condition.args:
            yield from _parts(arg, element)
    elif condition.op == "eq" and element in condition.args:
        value = _other_side(condition, element)
        if not reads(element, value):
            yield value
    elif condition.op == "member" and condition.args[0] is element and not reads(element, condition.args[1]):
        yield condition.args[1]


def _other_side(equation: Term, element: Term) -> Term:
    return equation.args[1] if equation.args[0] is element else equation.args[0]


def reads(variable: Term, *terms: Term) -> bool:
    """Whether the terms read the variable."""
    return any(node is variable for node in walk(*terms))


def _checks(part: Term) -> bool:
    return any(term.op == "within" for term in walk(part))


def with_fitting_sets(term: Term, sort: Sort) -> Term:
    """`term` where a value of `sort` is stored or made part of one: checked, if its sets are over other ranges."""
    return term if sets_fit(term.sort, sort) else Term("within", (term,), sort, None, here())


def checked(formula: Term) -> Term:
    """The formula with an added check of every set element that is known to fit.

    It has the same value in every state within its sorts. In any other state, where a variable may hold a value outside its
    sort, an element that would vanish makes it undefined.
    """
    loose = {
        variable
        for term in walk(formula)
        if term.op in ("forall_in", "exists_in") and not _inside(term.args[0], term.args[0].sort)
        for variable in term.bound
    }

    def rule(term: Term) -> Term | None:
        if term.op != "set" or not has_range(term.bound[0].sort):
            return None
        element, body = term.bound[0], term.args[0]

        def given(node: Term) -> Term | None:
            if node.op != "eq" or element not in node.args:
                return None
            value = _other_side(node, element)
            if value.op in ("literal", "within") or reads(element, value) or not _inside(value, element.sort):
                return None
            return Term("eq", (element, Term("within", (value,), element.sort, None, term.at)), BOOL)

        new, looked = rewrite(body, given), term.args[1:]
        more = [part for part in _parts(new, element) if _checks(part) and part not in looked and _fits_if_stored(part)]
        return Term("set", (new, *looked, *more), term.sort, term.data, term.at)

    with loosely(loose):
        return rewrite(formula, rule)


def _fits_if_stored(part: Term) -> bool:
    """Whether nothing in a term can be undefined except checks of values that are known to fit."""
    return all(term.op == "within" and _inside(term.args[0], term.sort) for term in walk(part) if may_fail(term))


@contextmanager
def members(variables: tuple[Term, ...], collection: Term | None) -> Iterator[None]:
    """While a formula of these variables is built, members of a keyed set fit their sort if the set does."""
    with loosely(() if collection is None or _inside(collection, collection.sort) else variables):
        yield


@contextmanager
def loosely(variables: Iterable[Term]) -> Iterator[None]:
    """While terms are examined, these variables need not be within their sort."""
    loose = set(variables)
    _LOOSE.update(loose)
    try:
        yield
    finally:
        _LOOSE.difference_update(loose)


def _inside(term: Term, sort: Sort) -> bool:
    """Whether the value of a term is known to be one of `sort`, in every state within its sorts.

    The sort of a term says nothing about the result of arithmetic, nor about values built from it: the field of a record just
    made may be anything. Nothing is known about an operator that is not named here, so its values are checked.
    """
    if not has_range(sort):
        return True
    args = term.args
    match term.op, sort:
        case "literal" | "parameter", RangeSort():
            return at_most(sort.low, term) and at_most(term, sort.high)
        case "bound", _:
            return term not in _LOOSE and fits(term.sort, sort)
        case "state" | "next" | "set" | "choose" | "pick" | "within", _:
            return fits(term.sort, sort)
        case "none" | "keyed", _:
            return True
        case "ite" | "choice", _:
            return all(_inside(arg, sort) for arg in args[-2:])
        case "record", RecordSort(fields=fields):
            return all(_inside(arg, of) for arg, (_, of) in zip(args, fields, strict=True))
        case "some", OptionSort(element=element):
            return _inside(args[0], element)
        case "function", FunctionSort(value=value):
            return _inside(args[0], value)
        case "table", FunctionSort(value=value):
            return all(_inside(arg, value) for arg in args)
        case "update", FunctionSort(value=value):
            return _inside(args[0], sort) and _inside(args[2], value)
        case "sequence", SequenceSort(element=element, capacity=capacity):
            fitting = capacity.op == "literal" and len(args) <= capacity.data
            return fitting and all(_inside(arg, element) for arg in args)
        case "put", SequenceSort(element=element):
            return _inside(args[0], sort) and _inside(args[2], element)
        case "remove", _:
            return _inside(args[0], sort)
        case "insert", _:
            return _inside(args[0], sort) and _inside(args[1], args[1].sort)
        case "field", _ if args[0].op == "record":
            assert isinstance(args[0].sort, RecordSort)
            names = [name for name, _ in args[0].sort.fields]
            return _inside(args[0].args[names.index(term.data)], sort)
        case "field" | "apply" | "payload" | "minimum" | "maximum" | "lookup" | "at" | "tail", _:
            return fits(term.sort, sort) and _inside(args[0], args[0].sort)
    return False
