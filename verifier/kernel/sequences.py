"""Expressions of sequences for queues and logs, made of length, elements and positions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, get_args, get_origin

from verifier.kernel import misuse
from verifier.kernel.binding import quantifiable
from verifier.kernel.errors import ModelError, here
from verifier.kernel.expressions import Bool, Expr, Int, coerce, declared, sort_of, stored, wrap
from verifier.kernel.fitting import with_fitting_sets, within
from verifier.kernel.sorts import BOOL, INT, SequenceSort, SetSort, Sort, comparable
from verifier.kernel.structures import Set
from verifier.kernel.terms import Term, conjunction, equal, integer, variable

T = TypeVar("T", bound=Expr)


class Sequence(Expr, Generic[T]):
    """A bounded sequence, indexed from 1: `class Log(Sequence[Entry], capacity=MaxLength)`."""

    if TYPE_CHECKING:

        def __eq__(self, other: Self | list[T] | tuple[T, ...]) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Self | list[T] | tuple[T, ...]) -> Bool: ...  # type: ignore[override]

    def __init_subclass__(cls, *, capacity: Int | int | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        base = next((b for b in getattr(cls, "__orig_bases__", ()) if get_origin(b) is Sequence), None)
        if base is None or capacity is None:
            hint = f"class {cls.__name__}(Sequence[...], capacity=4)"
            raise ModelError(
                f"sequence {cls.__name__} needs an element sort and a capacity", hint=hint, position=here()
            )
        limit = coerce(capacity, INT, "the capacity")
        cls.sort = declared(SequenceSort(cls.__name__, sort_of(get_args(base)[0]), limit), cls)

    def _element(self) -> Sort:
        return cast(SequenceSort, self._term.sort).element

    def length(self) -> Int:
        """The number of elements."""
        return cast(Int, wrap(Term("length", (self._term,), INT)))

    def append(self, item: T | int) -> Self:
        """The sequence with `item` at its end."""
        misuse.check_used("append", "write s.q = s.q.append(x)")
        args = (self._term, stored(item, self._element(), "append"))
        return cast(Self, wrap(Term("append", args, self._term.sort)))

    def at(self, index: Int | int) -> T:
        """The element at `index`, from 1; undefined outside 1..length."""
        args = (self._term, coerce(index, INT, "the index"))
        return cast(T, wrap(Term("at", args, self._element(), None, here())))

    def put(self, index: Int | int, item: T | int) -> Self:
        """The sequence with the element at `index` replaced; undefined outside 1..length."""
        misuse.check_used("put", "write s.q = s.q.put(i, x)")
        args = (self._term, coerce(index, INT, "the index"), stored(item, self._element(), "put"))
        return cast(Self, wrap(Term("put", args, self._term.sort, None, here())))

    def head(self) -> T:
        """The first element; undefined on the empty sequence."""
        return self.at(1)

    def tail(self) -> Self:
        """The sequence without its first element; undefined on the empty sequence."""
        misuse.check_used("tail", "write s.q = s.q.tail()")
        return cast(Self, wrap(Term("tail", (self._term,), self._term.sort, None, here())))

    # -- made of the elements at some positions ----------------------------------------------------------------

    def front(self) -> Self:
        """The sequence without its last element; undefined on the empty sequence."""
        misuse.check_used("front", "write s.q = s.q.front()")
        return self._made(self.length() - 1, self._at)

    def last(self) -> T:
        """The last element; undefined on the empty sequence."""
        return self.at(self.length())

    def __add__(self, other: Any) -> Self:
        """Both sequences, one after the other; a list of elements is appended. The other may be of another sort."""
        if isinstance(other, list | tuple):
            result = self
            for item in other:
                result = result.append(item)
            return result
        before, right = self.length(), other
        if not isinstance(other, Sequence) or not comparable(other._element(), self._element()):
            right = wrap(stored(other, self._term.sort, "`+`"))

        def element(i: Int) -> Term:
            item = with_fitting_sets(right._at(i - before), self._element())
            return _ite(_less(before, i), item, self._at(i))

        return self._made(before + right.length(), element)

    def sub_sequence(self, first: Int | int, last: Int | int) -> Self:
        """The elements from `first` to `last`, none if that is less; undefined if they are not positions of elements."""
        misuse.check_used("sub_sequence", "write s.q = s.q.sub_sequence(a, b)")
        low, high = (_number(end, "sub_sequence") for end in (first, last))
        if low._term.op == "literal":
            number, start = _plus(high, 1 - low._term.data), low._term.data - 1
            element = lambda i: self._at(_plus(i, start))  # noqa: E731
        else:
            number, element = high - low + 1, lambda i: self._at(i + low - 1)
        if low._term.op == high._term.op == "literal":
            return self._made(wrap(integer(max(0, number._term.data))), element)
        none = Term("lt", (high._term, low._term), BOOL)
        return self._made(wrap(_ite(none, integer(0), number._term)), element)

    def remove_at(self, index: Int | int) -> Self:
        """The sequence without the element at `index`; undefined outside 1..length."""
        misuse.check_used("remove_at", "write s.q = s.q.remove_at(i)")
        gone = _number(index, "remove_at")
        number = self._where(gone, self.length(), self.length() - 1)
        return self._made(number, lambda i: _ite(_less(i, gone), self._at(i), self._at(i + 1)))

    def insert_at(self, index: Int | int, item: T | int) -> Self:
        """The sequence with `item` inserted at `index`, before the element there; undefined outside 1..length + 1."""
        misuse.check_used("insert_at", "write s.q = s.q.insert_at(i, x)")
        place, new = _number(index, "insert_at"), stored(item, self._element(), "insert_at")
        number = self._where(place, self.length() + 1, self.length() + 1)

        def element(i: Int) -> Term:
            after = _ite(equal(i._term, place._term), new, self._at(i - 1))
            return _ite(_less(i, place), self._at(i), after)

        return self._made(number, element)

    def reverse(self) -> Self:
        """The sequence from its end."""
        misuse.check_used("reverse", "write s.q = s.q.reverse()")
        return self._made(self.length(), lambda i: self._at(self.length() - i + 1))

    def elements(self) -> Set[T]:
        """The set of the elements."""
        element = quantifiable(self._element(), "elements")
        x, i = variable("x", element), variable("i", INT)
        same = equal(x, within(self._at(wrap(i)), element))
        term = Term("exists_upto", (self.length()._term, same), BOOL, (i,))
        return cast("Set[T]", wrap(Term("set", (term,), SetSort(element), (x,))))

    def contains(self, item: T | int) -> Bool:
        """Whether `item` is an element."""
        i, value = variable("i", INT), coerce(item, self._element(), "contains")
        return cast(Bool, wrap(Term("exists_upto", (self.length()._term, equal(self._at(wrap(i)), value)), BOOL, (i,))))

    def _at(self, index: Int) -> Term:
        return self.at(index)._term

    def _where(self, index: Int, last: Int, number: Int) -> Int:
        """The number where an index is from 1 to `last`; elsewhere a number that cannot be a length."""
        inside = [Term("le", (index._term, last._term), BOOL)]
        if index._term.op != "literal" or index._term.data < 1:
            inside.insert(0, Term("le", (integer(1), index._term), BOOL))
        return cast(Int, wrap(_ite(conjunction(inside), number._term, integer(-1))))

    def _made(self, length: Int, element: Callable[[Int], Term]) -> Self:
        i = variable("i", INT)
        return cast(Self, wrap(Term("tabulate", (length._term, element(wrap(i))), self._term.sort, (i,), here())))


def _number(index: Any, what: str) -> Int:
    return cast(Int, wrap(coerce(index, INT, f"an index of {what}")))


def _ite(condition: Term, then: Term, otherwise: Term) -> Term:
    return Term("ite", (condition, then, otherwise), otherwise.sort)


def _less(left: Int, right: Int) -> Term:
    return Term("lt", (left._term, right._term), BOOL)


def _plus(number: Int, more: int) -> Int:
    """A number and one that is known, written as people write it."""
    if number._term.op == "literal":
        return cast(Int, wrap(integer(number._term.data + more)))
    return number if not more else number + more if more > 0 else number - -more
