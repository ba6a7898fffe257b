"""The functions that build expressions: quantifiers, comprehensions, conditionals, minima and maxima."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast, overload

from verifier.kernel import misuse
from verifier.kernel.binding import Over, SurfaceOf, bound, plain_parameters, quantifiable
from verifier.kernel.errors import ModelError, at_hand, here
from verifier.kernel.expressions import Bool, Expr, Range, coerce, sort_of, wrap
from verifier.kernel.fitting import joined, within
from verifier.kernel.literals import Empty, Literal, Mapped
from verifier.kernel.sequences import Sequence
from verifier.kernel.sorts import (
    BOOL,
    INT,
    FunctionSort,
    IntSort,
    KeyedSort,
    OptionSort,
    SequenceSort,
    SetSort,
    Sort,
    comparable,
)
from verifier.kernel.structures import Fn, KeyedSet, Set
from verifier.kernel.terms import Term, conjunction, disjunction, implication, variable

A = TypeVar("A", bound=Expr)
B = TypeVar("B", bound=Expr)
C = TypeVar("C", bound=Expr)
D = TypeVar("D", bound=Expr)
F = TypeVar("F", bound=Bool | Over)


def _quantify(op: str, arguments: tuple[Any, ...]) -> Any:
    misuse.check_used(op, "return the formula, or write guard(name, formula)")
    if len(arguments) < 2:
        raise ModelError(f"{op} needs a sort and a function", hint=f"{op}({at_hand(Expr)}, lambda k: ...)", position=here())
    variables, body = bound(list(arguments[:-1]), arguments[-1], op)
    if isinstance(body, Over):
        if op != "forall":
            hint = "use forall, or put exists into a formula inside: eventually(exists(...))"
            raise ModelError(f"{op} cannot stand around {body!r}", hint=hint, position=here())
        return body.over(variables)
    return cast(Bool, wrap(Term(op, (coerce(body, BOOL, f"the body of {op}"),), BOOL, variables)))


@overload
def forall(a: type[A], body: Callable[[A], F], /) -> F: ...
@overload
def forall(a: type[A], b: type[B], body: Callable[[A, B], F], /) -> F: ...
@overload
def forall(a: type[A], b: type[B], c: type[C], body: Callable[[A, B, C], F], /) -> F: ...
@overload
def forall(a: type[A], b: type[B], c: type[C], d: type[D], body: Callable[[A, B, C, D], F], /) -> F: ...
def forall(*arguments: Any) -> Any:
    """For all values of the sorts: `forall(Txn, Key, lambda t, k: ...)`.

    Its body is a formula, a temporal formula, or a condition of fairness.
    """
    return _quantify("forall", arguments)


@overload
def exists(a: type[A], body: Callable[[A], Bool], /) -> Bool: ...
@overload
def exists(a: type[A], b: type[B], body: Callable[[A, B], Bool], /) -> Bool: ...
@overload
def exists(a: type[A], b: type[B], c: type[C], body: Callable[[A, B, C], Bool], /) -> Bool: ...
@overload
def exists(a: type[A], b: type[B], c: type[C], d: type[D], body: Callable[[A, B, C, D], Bool], /) -> Bool: ...
def exists(*arguments: Any) -> Bool:
    """For some values of the sorts: `exists(Node, lambda n: ...)`."""
    return cast(Bool, _quantify("exists", arguments))


def _quantify_in(op: str, collection: Any, body: Any) -> Bool:
    sort = collection._term.sort if isinstance(collection, Expr) else None
    if isinstance(sort, SequenceSort):
        return _of_elements(op, collection, body)
    if not isinstance(sort, (SetSort, KeyedSort)):
        raise ModelError(f"{op} needs a set or a sequence", hint=f"{op}(s.committed, lambda r: ...)", position=here())
    keyed = collection._term if isinstance(sort, KeyedSort) else None
    (element,), result = bound([SurfaceOf(sort.element)], body, op, keyed)
    inner = coerce(result, BOOL, f"the body of {op}")
    if isinstance(sort, KeyedSort):
        return cast(Bool, wrap(Term(op, (collection._term, inner), BOOL, (element,))))
    inside = Term("member", (element, collection._term), BOOL)
    if op == "forall_in":
        return cast(Bool, wrap(Term("forall", (implication(inside, inner),), BOOL, (element,))))
    return cast(Bool, wrap(Term("exists", (conjunction([inside, inner]),), BOOL, (element,))))


def _of_elements(op: str, sequence: Any, body: Any) -> Bool:
    """Quantifies over the positions of a sequence, because an element need not be a value of its sort before it is stored."""
    if not callable(body) or isinstance(body, Expr):
        raise ModelError(f"{op} needs a function", hint=f"{op}(s.queue, lambda x: ...)", position=here())
    names = plain_parameters(body, f"the function of {op}")
    if len(names) != 1:
        raise ModelError(f"the function of {op} takes 1 value, not {len(names)}", position=here())
    i = variable("i", INT)
    inner = coerce(body(sequence.at(wrap(i))), BOOL, f"the body of {op}")
    return cast(Bool, wrap(Term(op.replace("_in", "_upto"), (sequence.length()._term, inner), BOOL, (i,))))


def forall_in(collection: Set[A] | KeyedSet[A] | Sequence[A], body: Callable[[A], Bool]) -> Bool:
    """For all members of a set, or elements of a sequence: `forall_in(s.committed, lambda r: ...)`."""
    return _quantify_in("forall_in", collection, body)


def exists_in(collection: Set[A] | KeyedSet[A] | Sequence[A], body: Callable[[A], Bool]) -> Bool:
    """For some member of a set, or element of a sequence."""
    return _quantify_in("exists_in", collection, body)


def fn(index: type[A], body: Callable[[A], B]) -> Fn[A, B]:
    """The function that maps each value of a sort to the body: `fn(Key, lambda k: ite(k == j, g, s.owner[k]))`.

    The body may be a literal, as in `fn(Key, lambda k: none)`, where the context determines the sort of the values.
    """
    variables, value = bound([index], body, "fn")
    if isinstance(value, Literal | bool | int | set | frozenset | list | tuple):
        return cast("Fn[A, B]", Mapped(variables[0], value))
    if not isinstance(value, Expr):
        raise ModelError(f"fn's body is {value!r}, not an expression", hint="write an expression, or none", position=here())
    sort = FunctionSort(variables[0].sort, value._term.sort)
    return cast("Fn[A, B]", wrap(Term("function", (value._term,), sort, variables)))


def set_of(element: type[A], body: Callable[[A], Bool]) -> Set[A]:
    """The set of all values of a sort that satisfy the body: `set_of(Key, lambda k: s.owner[k] == g)`."""
    variables, condition = bound([element], body, "set_of")
    inner = coerce(condition, BOOL, "the body of set_of")
    return cast("Set[A]", wrap(Term("set", (inner,), SetSort(variables[0].sort), variables)))


def choose(sort: type[A], body: Callable[[A], Bool]) -> A:
    """The one value that satisfies the body; undefined if there is none, or more than one.

    Where several values may satisfy it, make the value an argument of the action instead.
    """
    variables, condition = bound([sort], body, "choose")
    inner = coerce(condition, BOOL, "the body of choose")
    return cast(A, wrap(Term("choose", (inner,), variables[0].sort, variables, here())))


def implies(premise: Bool | bool, conclusion: Bool | bool) -> Bool:
    """`premise => conclusion`."""
    misuse.check_used("implies", "return the formula, or write guard(name, formula)")
    left = coerce(premise, BOOL, "the premise of implies")
    return cast(Bool, wrap(implication(left, coerce(conclusion, BOOL, "the conclusion of implies"))))


def all_of(*formulas: Bool | bool) -> Bool:
    """The conjunction of the formulas, left to right."""
    return cast(Bool, wrap(conjunction(coerce(formula, BOOL, "all_of") for formula in formulas)))


def any_of(*formulas: Bool | bool) -> Bool:
    """The disjunction of the formulas, left to right."""
    return cast(Bool, wrap(disjunction(coerce(formula, BOOL, "any_of") for formula in formulas)))


def ite(condition: Bool | bool, then: A, otherwise: A | int | bool) -> A:
    """`then` where the condition holds, else `otherwise`."""
    test = coerce(condition, BOOL, "the condition of ite")
    left, right, sort = _common(then, otherwise, "ite")
    return cast(A, wrap(Term("ite", (test, left, right), sort)))


def _common(left: Any, right: Any, what: str) -> tuple[Term, Term, Sort]:
    """Both branches as terms, and the sort of a value that is one of them."""
    if not isinstance(left, Expr) and not isinstance(right, Expr):
        if isinstance(left, (bool, int)) and type(left) is type(right):
            left = wrap(Term("literal", (), BOOL if isinstance(left, bool) else IntSort(), left))
        else:
            hint = f"write one side as an expression: {at_hand(Range)}(0), some(x), or a label of an enumeration"
            raise ModelError(f"{what} cannot tell the sort of its two sides", hint=hint, position=here())
    reference = left._term.sort if isinstance(left, Expr) else right._term.sort
    other = right._term.sort if isinstance(right, Expr) else reference
    if any(isinstance(side, Empty) and side.kind == "none" for side in (left, right)) and not isinstance(other, OptionSort):
        reference = OptionSort(reference)
    if isinstance(other, OptionSort) and not isinstance(reference, OptionSort) and comparable(reference, other.element):
        reference = other
    sides = coerce(left, reference, what), coerce(right, reference, what)
    return sides[0], sides[1], joined(sides[0].sort, sides[1].sort)


def _extreme(op: str, left: Any, right: Any) -> Any:
    first, second, sort = _common(left, right, op)
    if not sort.is_ordered:
        raise ModelError(f"{op} needs integers, ordered records or ordered names, not {sort}", position=here())
    less = Term("le", (first, second) if op == "minimum" else (second, first), BOOL)
    return wrap(Term("ite", (less, first, second), sort))


def minimum(left: A, right: A | int) -> A:
    """The lesser of two integers, or of two ordered records."""
    return cast(A, _extreme("minimum", left, right))


def maximum(left: A, right: A | int) -> A:
    """The greater of two integers, or of two ordered records."""
    return cast(A, _extreme("maximum", left, right))


def _extreme_of(op: str, collection: Any) -> Any:
    sort = collection._term.sort if isinstance(collection, Expr) else None
    element = sort.element if isinstance(sort, (SetSort, KeyedSort)) else None
    if element is None or not element.is_ordered:
        raise ModelError(f"{op} needs a set of integers, of ordered records or of ordered names", position=here())
    return wrap(Term("minimum" if op == "min_of" else "maximum", (collection._term,), element, None, here()))


def min_of(collection: Set[A] | KeyedSet[A]) -> A:
    """The least element of a set; undefined on the empty set."""
    return cast(A, _extreme_of("min_of", collection))


def max_of(collection: Set[A] | KeyedSet[A]) -> A:
    """The greatest element of a set; undefined on the empty set."""
    return cast(A, _extreme_of("max_of", collection))


def image(source: type[A] | Set[A], target: type[B], body: Callable[[A], B]) -> Set[B]:
    """The set of the body's values over a sort or a set: `image(s.active, Time, lambda t: s.startTs[t])`."""
    whole = not isinstance(source, Expr)
    if isinstance(source, Expr) and not isinstance(source._term.sort, SetSort):
        raise ModelError(f"image needs a sort or a set, not {source._term.sort}", position=here())
    sort = sort_of(source) if whole else cast(SetSort, cast(Any, source)._term.sort).element
    (element,), value = bound([SurfaceOf(sort)], body, "image")
    result = variable("y", quantifiable(sort_of(target), "image"))
    same = Term("eq", (result, within(coerce(value, result.sort, "the body of image"), result.sort)), BOOL)
    inside = [] if whole else [Term("member", (element, cast(Any, source)._term), BOOL)]
    term = Term("exists", (conjunction([*inside, same]),), BOOL, (element,))
    return cast("Set[B]", wrap(Term("set", (term,), SetSort(result.sort), (result,))))


def disjoint(*sets: Set[A]) -> Bool:
    """Whether no value is in two of the sets."""
    pairs = [(a, b) for i, a in enumerate(sets) for b in sets[i + 1 :]]
    return cast(Bool, wrap(conjunction((a & b).is_empty()._term for a, b in pairs)))


def one_of(value: Expr, *candidates: Any) -> Bool:
    """Whether `value` equals one of the candidates: `one_of(s.txnState[t], TxnState.Idle, TxnState.Aborted)`."""
    return cast(Bool, wrap(disjunction((value == candidate)._term for candidate in candidates)))
