"""The typed expressions that a model is written with; each wraps a term of the sort that its class stands for.

A user's sorts are subclasses (`class Key(Scalarset, parameter="Keys", size=2)`), so that an editor completes names and
mypy checks a model; the kernel checks sorts again when the model is built.
"""

from __future__ import annotations

from itertools import count
from types import UnionType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast, get_args, get_origin

from verifier.kernel import misuse
from verifier.kernel.errors import ModelError, here, nearest
from verifier.kernel.fitting import made_of, sets_fit, with_fitting_sets, within
from verifier.kernel.literals import Empty, Mapped
from verifier.kernel.operators import OPERATORS
from verifier.kernel.refusals import Refusals
from verifier.kernel.sorts import (
    BOOL,
    INT,
    EnumSort,
    FunctionSort,
    KeyedSort,
    NamedSort,
    OptionSort,
    RangeSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
    comparable,
)
from verifier.kernel.term_text import text
from verifier.kernel.terms import Term, conjunction, disjunction, equal, integer, literal, negation, size_of, variable

if TYPE_CHECKING:
    from verifier.kernel.state import Target

T = TypeVar("T", bound="Expr")
K = TypeVar("K", bound="Expr")
V = TypeVar("V", bound="Expr")
N = TypeVar("N", bound="Int")


_NUMBERS = count()


class SortClass(type):
    """The metaclass of expression classes: a sort is not a Python collection, and says so."""

    _sort: Sort

    def __iter__(cls) -> Any:
        misuse.refuse("for")

    def __contains__(cls, item: object) -> bool:
        misuse.refuse("in")

    def __repr__(cls) -> str:
        return cls.__name__

    @property
    def sort(cls) -> Sort:
        """The sort that the class stands for. Of the class alone: `r.sort` is a field of the record r."""
        return cls._sort

    @sort.setter
    def sort(cls, sort: Sort) -> None:
        cls._sort = sort


class Expr(Refusals, metaclass=SortClass):
    """An expression of the language. Never has a Python truth value."""

    __slots__ = ("_hashed", "_target", "_term")
    _sort: ClassVar[Sort]
    _term: Term
    _target: Target | None

    def __new__(cls, *values: Any, **fields: Any) -> Self:
        """Refuses `Key(...)`: only ranges and records are written as calls."""
        labelled = isinstance(getattr(cls, "sort", None), EnumSort)
        hint = f"write a label, {cls.__name__}.A" if labelled else "take it as an argument"
        raise ModelError(f"{cls.__name__} is a sort, not a function", hint=hint, position=here())

    def __bool__(self) -> bool:
        misuse.refuse_truth()

    def __iter__(self) -> Any:
        misuse.refuse("for")

    def __len__(self) -> int:
        misuse.refuse("len")

    def __index__(self) -> int:
        misuse.refuse("index")

    def __contains__(self, item: object) -> bool:
        misuse.refuse("in")

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in ("_term", "_target"):
            raise ModelError(f"{name} cannot be assigned", hint="assign the whole variable", position=here())
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> Bool:  # type: ignore[override]
        misuse.check_used("a comparison", "write s.x = ... to assign, or guard(name, a == b)")
        return _compare(self, other)

    def __ne__(self, other: object) -> Bool:  # type: ignore[override]
        return ~_compare(self, other)

    def __hash__(self) -> int:
        misuse.check_hash()
        return _number(self)

    def __repr__(self) -> str:
        return f"<{self._term.sort}: {text(self._term, None)}>"


STRUCTURES: dict[type[Sort], type[Expr]] = {}
"""The classes for sorts without a name of their own: functions, sets, options. They add themselves."""

_DECLARED: dict[int, type[Expr]] = {}
"""The classes of declared sorts, by the number of the declaration: two of one name are two."""


def declared(sort: NamedSort, cls: type[Expr]) -> Sort:
    """Makes `cls` the class of the expressions of a sort, and returns the sort."""
    _DECLARED[sort.declaration] = cls
    return sort


def class_of(sort: Sort) -> type[Expr]:
    """The class of the expressions of a sort."""
    if sort == BOOL:
        return Bool
    if isinstance(sort, NamedSort):
        # The join of two ranges has no class of its own.
        return _DECLARED.get(sort.declaration, Int)
    return STRUCTURES.get(type(sort), Int)


def wrap(term: Term) -> Any:
    """The expression of `term`, of the class that stands for its sort."""
    result = object.__new__(class_of(term.sort))
    object.__setattr__(result, "_term", term)
    object.__setattr__(result, "_target", None)
    return result


def term_of(expression: Expr) -> Term:
    """The term that an expression stands for. An attribute would take a name from the fields of records."""
    return expression._term


def sort_of(annotation: Any) -> Sort:
    """The sort that an annotation (`Key`, `Fn[Txn, Version]`, `Set[Key]`) stands for.

    Raises ModelError for anything that is not a sort of the language.
    """
    origin = get_origin(annotation)
    if origin is None and isinstance(annotation, type) and issubclass(annotation, Expr):
        sort = getattr(annotation, "sort", None)
        if sort is not None:
            return cast(Sort, sort)
        raise ModelError(
            f"{annotation.__name__} is not a complete sort",
            hint=_INCOMPLETE.get(annotation.__name__, "subclass it, or give it its parameters"),
            position=here(),
        )
    if isinstance(annotation, Expr):
        members = isinstance(annotation._term.sort, (SetSort, KeyedSort))
        advice = "for the members of a set write forall_in, exists_in" if members else None
        raise ModelError(f"{annotation!r} is a value, not a sort", hint=advice, position=here())
    for structure, cls in STRUCTURES.items():
        if origin is cls:
            return structure(*(sort_of(arg) for arg in get_args(annotation)))
    hints = {int: "write Int, or a Range subclass", bool: "write Bool", set: "write Set[...]", dict: "write Fn[...]"}
    hint = hints.get(origin or annotation)
    if isinstance(annotation, UnionType):
        hint = "write Option[...] for a value or none"
    raise ModelError(
        f"{annotation if origin else getattr(annotation, '__name__', annotation)} is not a sort of the language",
        hint=hint
        or "sorts are Bool, Int, subclasses of Range, Enumeration, Scalarset, Record, ... and Fn, Set, Option of sorts",
        position=here(),
    )


_INCOMPLETE = {
    "Fn": "write Fn[Index, Value]",
    "Set": "write Set[Element]",
    "Option": "write Option[Element]",
    "Range": "write a subclass: class Name(Range, low=0, high=...)",
    "Record": "write a subclass whose annotations are the fields",
}


def coerce(value: Any, sort: Sort, what: str = "this place") -> Term:
    """`value` as a term that may be compared with one of `sort`: an expression, or a Python literal of that sort.

    Raises ModelError, with the model's line, where the sorts do not fit.
    """
    if isinstance(value, Expr):
        outcome = value._term.sort
        if comparable(outcome, sort):
            return value._term
        if isinstance(sort, OptionSort) and comparable(outcome, sort.element):
            return Term("some", (value._term,), sort if sets_fit(outcome, sort.element) else OptionSort(outcome))
        if str(outcome) == str(sort):
            raise ModelError(f"two sorts are called {sort}", hint="give each a name of its own", position=here())
        raise ModelError(f"{what} takes {sort}, not {outcome}", hint=_mismatch(outcome, sort, what), position=here())
    if isinstance(value, Empty):
        if isinstance(sort, OptionSort) and value.kind == "none":
            return Term("none", (), sort)
        if isinstance(sort, SequenceSort) and value.kind == "empty":
            return Term("sequence", (), sort)
        if isinstance(sort, (SetSort, KeyedSort)) and value.kind == "empty":
            return coerce(frozenset(), sort, what)
    elif isinstance(value, Mapped) and isinstance(sort, FunctionSort) and value.bound.sort == sort.index:
        image = coerce(value.value, sort.value, "the body of fn")
        return Term("function", (image,), FunctionSort(sort.index, image.sort), (value.bound,))
    elif isinstance(value, bool):
        if sort == BOOL:
            misuse.check_truth()
            return literal(value, BOOL)
    elif isinstance(value, int) and sort.is_integer:
        return integer(value)
    elif isinstance(value, (set, frozenset)) and isinstance(sort, SetSort):
        items = [within(coerce(item, sort.element, "an element"), sort.element) for item in _inorder(value)]
        element = variable("x", sort.element)
        return made_of(disjunction(equal(element, item) for item in items), element, sort)
    elif isinstance(value, (set, frozenset)) and isinstance(sort, KeyedSort):
        result = Term("keyed", (), sort)
        for item in _inorder(value):
            result = Term("insert", (result, stored(item, sort.element, "an element")), sort, None, here())
        return result
    elif isinstance(value, (list, tuple)) and isinstance(sort, SequenceSort):
        return Term("sequence", tuple(stored(item, sort.element, "an element") for item in value), sort)
    if value is None and isinstance(sort, OptionSort):
        hint: str | None = "write none"
    elif isinstance(value, str) and isinstance(sort, EnumSort):
        hint = (
            f"write {sort.name}.{value}" if value in sort.labels else nearest(value, sort.labels, f"labels of {sort}")
        )
    else:
        hint = None
    raise ModelError(f"{what} takes {sort}, not {value!r}", hint=hint, position=here())


def stored(value: Any, sort: Sort, what: str = "this place") -> Term:
    """`value` as a term where it becomes a value of `sort`, or part of one: sets over other ranges are checked."""
    return with_fitting_sets(coerce(value, sort, what), sort)


def _number(item: Expr) -> int:
    """When the expression was first put into a set or dictionary, as a number: the same in every run."""
    try:
        number = object.__getattribute__(item, "_hashed")
    except AttributeError:
        number = next(_NUMBERS)
        object.__setattr__(item, "_hashed", number)
    return cast(int, number)


def _inorder(items: set[Any] | frozenset[Any]) -> list[Any]:
    """The elements of a Python set in an order that is the same in every run: that of their text, then of their listing."""

    def key(item: Any) -> tuple[str, int]:
        return (text(item._term, None), _number(item)) if isinstance(item, Expr) else (repr(item), 0)

    return sorted(items, key=key)


def _mismatch(result: Sort, wanted: Sort, what: str) -> str | None:
    if what in ("`&`", "`|`") and wanted == BOOL:
        return "put each comparison into parentheses: (a > 0) & (b == c)"
    if isinstance(wanted, FunctionSort) and comparable(result, wanted.value):
        return f"a function of {wanted.index} stands here: index it, or write fn({wanted.index}, lambda x: ...)"
    if isinstance(wanted, SetSort) and comparable(result, wanted.element):
        return "write {x} for the set of one element"
    if isinstance(result, OptionSort) and comparable(result.element, wanted):
        return "an option: write x.value where it is known to be some value"
    if isinstance(result, FunctionSort) and comparable(result.value, wanted):
        return f"a function of {result.index}: index it"
    return None


def _compare(left: Expr, right: object) -> Bool:
    if isinstance(right, Expr) and not comparable(left._term.sort, right._term.sort):
        result = right._term.sort
        if isinstance(result, OptionSort) and comparable(left._term.sort, result.element):
            return cast(Bool, wrap(equal(coerce(left, result), right._term)))
    return cast(Bool, wrap(equal(left._term, coerce(right, left._term.sort, "the right side of `==`"))))


class Bool(Expr):
    """A formula. Operators: `~a`, `a & b`, `a | b`; `implies`, `ite` and the quantifiers are functions."""

    _sort = BOOL

    if TYPE_CHECKING:

        def __eq__(self, other: Bool | bool) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Bool | bool) -> Bool: ...  # type: ignore[override]

    def __new__(cls, value: Any = False) -> Self:
        """The truth value, for places where a type checker expects an expression."""
        if not isinstance(value, bool):
            raise ModelError(f"Bool(...) takes True or False, not {value!r}", position=here())
        misuse.check_truth()
        return cast(Self, wrap(literal(value, BOOL)))

    def __invert__(self) -> Bool:
        return cast(Bool, wrap(negation(self._term)))

    def __and__(self, other: Bool | bool) -> Bool:
        return cast(Bool, wrap(conjunction([self._term, coerce(other, BOOL, "`&`")])))

    def __or__(self, other: Bool | bool) -> Bool:
        return cast(Bool, wrap(disjunction([self._term, coerce(other, BOOL, "`|`")])))

    __rand__ = __and__
    __ror__ = __or__


class Int(Expr):
    """An integer. State needs a declared range: a subclass of `Range`."""

    _sort: ClassVar[Sort] = INT

    if TYPE_CHECKING:

        def __eq__(self, other: Int | int) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Int | int) -> Bool: ...  # type: ignore[override]

    def __new__(cls, value: Any = 0) -> Self:
        """The integer `value`, for places where an expression of this class is expected.

        An expression of another integer sort may be given too; that it is in range is checked where it is stored.
        """
        if isinstance(value, bool) or not isinstance(value, (int, Int)):
            what = f"{cls.__name__}(...) takes a Python integer or an integer expression, not {value!r}"
            raise ModelError(what, position=here())
        result = object.__new__(cls)
        result._term = value._term if isinstance(value, Int) else integer(value)
        result._target = None
        return result

    def _binary(self, op: str, left: Any, right: Any) -> Self:
        args = (coerce(left, INT, f"`{_SYMBOL[op]}`"), coerce(right, INT, f"`{_SYMBOL[op]}`"))
        if op in ("div", "mod") and args[1].op == "literal" and args[1].data == 0:
            raise ModelError(f"`{_SYMBOL[op]}` by 0 has no value", hint="divide by another number", position=here())
        at = here() if OPERATORS[op].partial else None
        return cast(Self, wrap(Term(op, args, INT, None, at)))

    def __add__(self, other: Int | int) -> Self:
        return self._binary("add", self, other)

    def __radd__(self, other: int) -> Self:
        return self._binary("add", other, self)

    def __sub__(self, other: Int | int) -> Self:
        return self._binary("sub", self, other)

    def __rsub__(self, other: int) -> Self:
        return self._binary("sub", other, self)

    def __mul__(self, other: Int | int) -> Self:
        return self._binary("mul", self, other)

    def __rmul__(self, other: int) -> Self:
        return self._binary("mul", other, self)

    def __floordiv__(self, other: Int | int) -> Self:
        return self._binary("div", self, other)

    def __rfloordiv__(self, other: int) -> Self:
        return self._binary("div", other, self)

    def __mod__(self, other: Int | int) -> Self:
        return self._binary("mod", self, other)

    def __rmod__(self, other: int) -> Self:
        return self._binary("mod", other, self)

    def __neg__(self) -> Self:
        return self._binary("sub", 0, self)

    def __lt__(self, other: Int | int) -> Bool:
        return order("lt", self, other)

    def __le__(self, other: Int | int) -> Bool:
        return order("le", self, other)

    def __gt__(self, other: Int | int) -> Bool:
        return order("lt", other, self)

    def __ge__(self, other: Int | int) -> Bool:
        return order("le", other, self)


_SYMBOL = {"add": "+", "sub": "-", "mul": "*", "div": "//", "mod": "%", "lt": "<", "le": "<="}


def order(op: str, left: Any, right: Any) -> Bool:
    """The comparison `lt` or `le` of integers, ordered records or ordered names; ModelError where there is no order."""
    reference = left if isinstance(left, Expr) else right
    sort = reference._term.sort
    if not sort.is_ordered:
        of = "Record, ordered=True" if isinstance(sort, RecordSort) else "Scalarset, ordered=True, ..."
        raise ModelError(f"{sort} is not ordered", hint=f"declare class {sort}({of})", position=here())
    sides = (coerce(left, sort, f"`{_SYMBOL[op]}`"), coerce(right, sort, f"`{_SYMBOL[op]}`"))
    return cast(Bool, wrap(Term(op, sides, BOOL)))


class Range(Int):
    """Integers of a declared range: `class Name(Range, low=0, high=...)`; both ends may read parameters."""

    def __init_subclass__(cls, *, low: Int | int = 0, high: Int | int | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if cls.__dict__.get("_sort") is not None or cls.__name__ == "Ordered":
            return
        if high is None:
            raise ModelError(f"range {cls.__name__} has no upper end", hint="write high=...", position=here())
        ends = [coerce(end, INT, f"an end of range {cls.__name__}") for end in (low, high)]
        cls.sort = declared(RangeSort(cls.__name__, ends[0], ends[1]), cls)


class Ordered(Range):
    """An ordered sort: integers from `first` on, as many as the parameter says; not interchangeable.

    `class Round(Ordered, parameter="Rounds", size=2, first=1)`. `Round.size` is their number, as an expression.
    """

    size: ClassVar[Int]

    def __init_subclass__(cls, *, parameter: str = "", size: int = 0, first: int = 0, **rest: Any) -> None:
        check_size(cls, parameter, size)
        number = size_of(parameter)
        high = Term("add", (number, integer(first - 1)), INT)
        cls.sort = number.data.of = declared(RangeSort(cls.__name__, integer(first), high, parameter, size), cls)
        cls.size = wrap(number)
        super().__init_subclass__(**rest)


def check_size(cls: type, parameter: str, size: object) -> None:
    """ModelError unless a sort of variable size names its parameter and gives its published size."""
    if not parameter or not isinstance(size, int) or size < 1:
        raise ModelError(
            f"sort {cls.__name__} needs a size parameter and its published size",
            hint=f'write class {cls.__name__}({cls.__bases__[0].__name__}, parameter="{cls.__name__}s", size=2)',
            position=here(),
        )
