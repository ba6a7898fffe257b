"""The functions that go through values: sums, folds, the least value, tables, sequences by their elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast, overload

from verifier.kernel import misuse
from verifier.kernel.binding import SurfaceOf, bound, plain_parameters
from verifier.kernel.errors import ModelError, here
from verifier.kernel.expressions import Bool, Expr, Int, coerce, stored, wrap
from verifier.kernel.fitting import joined, loosely
from verifier.kernel.literals import Literal
from verifier.kernel.sequences import Sequence
from verifier.kernel.sorts import BOOL, INT, EnumSort, FunctionSort, KeyedSort, SequenceSort, SetSort, Sort
from verifier.kernel.structures import Fn, Set
from verifier.kernel.terms import Term, conjunction, integer, literal, variable

A = TypeVar("A", bound=Expr)
B = TypeVar("B", bound=Expr)
S = TypeVar("S", bound="Sequence[Any]")


def sum_of(source: type[A] | Set[A], body: Callable[[A], Int | int]) -> Int:
    """The sum of the body over a sort or the members of a set: `sum_of(Node, lambda n: s.credit[n])`."""
    misuse.check_used("sum_of", "return it in a formula, or assign it")
    element, value, inside = _over(source, body, "sum_of")
    if isinstance(value, Bool | bool):
        hint = "write ite(condition, 1, 0) to count where it holds"
        raise ModelError("sum_of adds up integers, not truth values", hint=hint, position=here())
    number = coerce(value, INT, "the body of sum_of")
    if inside:
        number = Term("ite", (*inside, number, integer(0)), INT)
    return cast(Int, wrap(Term("sum", (number,), INT, (element,))))


def pick(source: type[A] | Set[A], body: Callable[[A], Bool] | None = None) -> A:
    """The least value of a sort, or member of a set, that satisfies the body, in the order of its sort.

    Undefined if there is none.

    Like TLA+'s CHOOSE, it is the same wherever the same values satisfy the body. It tells names apart, which breaks symmetry.
    """
    misuse.check_used("pick", "assign it, or return it in a formula")
    given = body or (lambda x: Bool(True))
    element, value, inside = _over(source, given, "pick")
    formula = conjunction([*inside, coerce(value, BOOL, "the body of pick")])
    return cast(A, wrap(Term("pick", (formula,), element.sort, (element,), here())))


def _over(source: Any, body: Any, what: str) -> tuple[Term, Any, list[Term]]:
    """The variable over a sort or a set, the value of the body for it, and the condition that it is a member, if there is one.
    """
    if not isinstance(source, Expr):
        (element,), value = bound([source], body, what)
        return element, value, []
    sort = source._term.sort
    if not isinstance(sort, SetSort):
        raise ModelError(f"{what} needs a sort or a set, not {sort}", hint=_hint(sort, what), position=here())
    (element,), value = bound([SurfaceOf(sort.element)], body, what)
    return element, value, [Term("member", (element, source._term), BOOL)]


def _hint(sort: Sort, what: str) -> str | None:
    if isinstance(sort, SequenceSort):
        return "write fold(q, 0, lambda acc, x: acc + x) for a sequence" if what == "sum_of" else "write q.elements()"
    return f"write {what}(set_of(Key, lambda k: r.has(k)), ...) for the values with a key"


def forall_upto(last: Int | int, body: Callable[[Int], Bool]) -> Bool:
    """For all integers from 1 to `last`: `forall_upto(s.q.length(), lambda i: s.q.at(i) > 0)`."""
    return _counted("forall_upto", last, body)


def exists_upto(last: Int | int, body: Callable[[Int], Bool]) -> Bool:
    """For some integer from 1 to `last`."""
    return _counted("exists_upto", last, body)


def _counted(op: str, last: Any, body: Any) -> Bool:
    misuse.check_used(op, "return the formula, or write guard(name, formula)")
    end, i, value = _upto(last, body, op)
    return cast(Bool, wrap(Term(op, (end, coerce(value, BOOL, f"the body of {op}")), BOOL, (i,))))


def _upto(last: Any, body: Any, what: str) -> tuple[Term, Term, Any]:
    end = coerce(last, INT, f"the last number of {what}")
    (name,) = _names(body, what, 1)
    i = variable(name, INT)
    return end, i, body(wrap(i))


def _names(body: Any, what: str, number: int) -> list[str]:
    if not callable(body) or isinstance(body, Expr):
        hint = f"{what}(..., lambda {'acc, x' if number > 1 else 'i'}: ...)"
        raise ModelError(f"{what} needs a function", hint=hint, position=here())
    names = plain_parameters(body, f"the function of {what}")
    if len(names) != number:
        raise ModelError(f"the function of {what} takes {number} values, not {len(names)}", position=here())
    return names


def tabulate(sort: type[S], length: Int | int, body: Callable[[Int], Any]) -> S:
    """The sequence of the body for 1 to `length`: `tabulate(Log, 3, lambda i: i * i)`; undefined if `length` is negative."""
    misuse.check_used("tabulate", "assign it, or return it in a formula")
    of = getattr(cast(Any, sort), "sort", None)
    if not isinstance(of, SequenceSort):
        raise ModelError("tabulate needs a sequence sort", hint="tabulate(Log, n, lambda i: ...)", position=here())
    end, i, value = _upto(length, body, "tabulate")
    element = stored(value, of.element, "the body of tabulate")
    return cast(S, wrap(Term("tabulate", (end, element), of, (i,), here())))


@overload
def fold(collection: Set[A] | Sequence[A], initial: B, body: Callable[[B, A], B]) -> B: ...
@overload
def fold(collection: Set[A] | Sequence[A], initial: int, body: Callable[[Int, A], Int]) -> Int: ...
@overload
def fold(collection: Set[A] | Sequence[A], initial: bool, body: Callable[[Bool, A], Bool]) -> Bool: ...
def fold(collection: Any, initial: Any, body: Any) -> Any:
    """The result of applying the body to `initial` and each member in turn: `fold(s.queue, 0, lambda acc, x: acc + x)`.

    A sequence is folded from its first element to its last, a set in the order of its element sort. That order tells names
    apart, which breaks symmetry: where the order does not matter, prefer `sum_of`, a quantifier or a comprehension.
    """
    misuse.check_used("fold", "assign it, or return it in a formula")
    sort = collection._term.sort if isinstance(collection, Expr) else None
    if not isinstance(sort, SetSort | SequenceSort):
        hint = "fold(s.queue, 0, lambda acc, x: acc + x)"
        if isinstance(sort, KeyedSort):
            hint = "fold over the keys: fold(set_of(Key, lambda k: r.has(k)), 0, lambda acc, k: acc + r.get(k).x)"
        raise ModelError(f"fold needs a set or a sequence{f', not {sort}' if sort else ''}", hint=hint, position=here())
    start = _start(initial)
    so_far, item = _names(body, "fold", 2)
    acc = variable(so_far, INT if start.sort.is_integer else start.sort)
    if isinstance(sort, SequenceSort):
        x = variable(item, INT)
        op, over, read = "fold_upto", collection.length()._term, collection.at(wrap(x))
    else:
        x = variable(item, sort.element)
        op, over, read = "fold", collection._term, wrap(x)
    with loosely((acc,)):
        value = stored(body(wrap(acc), read), acc.sort, "the body of fold")
    return wrap(Term(op, (over, start, value), acc.sort, (acc, x)))


def _start(initial: Any) -> Term:
    if isinstance(initial, Literal | set | frozenset | list | tuple) or initial is None:
        hint = "write a typed expression: set_of(Key, lambda k: Bool(False)), tabulate(Log, 0, lambda i: ...), a state variable"
        raise ModelError(f"fold cannot tell the sort of {initial!r}", hint=hint, position=here())
    if isinstance(initial, bool):
        return literal(initial, BOOL)
    return initial._term if isinstance(initial, Expr) else coerce(initial, INT, "the initial value of fold")


def table(index: type[A], values: Any) -> Fn[A, Any]:
    """The function that maps the values of a sort, in their order, to these: `table(Node, [3, 1, 1])`.

    There must be as many as the sort has values, whatever the parameters are. It tells names apart, which breaks symmetry.
    """
    sort = SurfaceOf.sort_of(index)
    if not isinstance(values, list | tuple) or not values:
        raise ModelError("table needs a list of values", hint="table(Node, [3, 1, 1])", position=here())
    if isinstance(sort, EnumSort) and len(values) != len(sort.labels):
        message = f"table has {len(values)} values, and {sort} has {len(sort.labels)}"
        raise ModelError(message, hint=f"in the order {', '.join(sort.labels)}", position=here())
    known = next((value._term.sort for value in values if isinstance(value, Expr)), None)
    if known is None:
        known = BOOL if isinstance(values[0], bool) else INT
    args = tuple(coerce(value, known, "a value of table") for value in values)
    of = args[0].sort
    for arg in args[1:]:
        of = joined(of, arg.sort)
    return cast("Fn[A, Any]", wrap(Term("table", args, FunctionSort(sort, of), None, here())))
