"""The typed expressions that a model is written with; each wraps a term of the sort that its class stands for.

A user's sorts are subclasses (`class Key(Scalarset, parameter="Keys", size=2)`), so that an editor completes names and
mypy checks a model; the kernel checks sorts again when the model is built.
"""

from __future__ import annotations

from types import UnionType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, dataclass_transform, get_args, get_origin

from verifier.kernel import misuse
from verifier.kernel.errors import ModelError, here, nearest
from verifier.kernel.refusals import Refusals
from verifier.kernel.sorts import (
    BOOL,
    INT,
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
    comparable,
)
from verifier.kernel.terms import Term, conjunction, disjunction, equal, integer, literal, negation, variable

if TYPE_CHECKING:
    from verifier.kernel.state import Target

T = TypeVar("T", bound="Expr")
K = TypeVar("K", bound="Expr")
V = TypeVar("V", bound="Expr")
N = TypeVar("N", bound="Int")


class SortClass(type):
    """The metaclass of expression classes: a sort is no Python collection, and says so."""

    def __iter__(cls) -> Any:
        misuse.refuse("for")

    def __contains__(cls, item: object) -> bool:
        misuse.refuse("in")

    def __repr__(cls) -> str:
        return cls.__name__


class Expr(Refusals, metaclass=SortClass):
    """An expression of the language. Never has a Python truth value."""

    __slots__ = ("_target", "term")
    sort: Sort
    term: Term
    _target: Target | None

    def __new__(cls, *values: Any, **fields: Any) -> Self:
        """Refuses `Key(...)`: only ranges and records are written as calls."""
        hint = f"write a label, {cls.__name__}.A" if issubclass(cls, Enumeration) else "take it as an argument"
        raise ModelError(f"{cls.__name__} is a sort, no function", hint=hint, position=here())

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
        if name not in ("term", "_target"):
            raise ModelError(f"{name} cannot be assigned", hint="assign the whole variable", position=here())
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> Bool:  # type: ignore[override]
        misuse.check_used("a comparison", "write s.x = ... to assign, or guard(name, a == b)")
        return _compare(self, other)

    def __ne__(self, other: object) -> Bool:  # type: ignore[override]
        return ~_compare(self, other)

    def __hash__(self) -> int:
        misuse.check_hash()
        return object.__hash__(self)

    def __repr__(self) -> str:
        from verifier.kernel.printing import text

        return f"<{self.term.sort}: {text(self.term)}>"


def wrap(term: Term) -> Any:
    """The expression of `term`, of the class that stands for its sort."""
    sort = term.sort
    cls: type[Expr]
    if sort == BOOL:
        cls = Bool
    elif sort == INT:
        cls = Int
    elif isinstance(sort, FunctionSort):
        cls = Fn
    elif isinstance(sort, SetSort):
        cls = Set
    elif isinstance(sort, OptionSort):
        cls = Option
    else:
        cls = cast(Any, sort).surface
    result = object.__new__(cls)
    object.__setattr__(result, "term", term)
    object.__setattr__(result, "_target", None)
    return result


def sort_of(annotation: Any) -> Sort:
    """The sort that an annotation (`Key`, `Fn[Txn, Version]`, `Set[Key]`) stands for.

    Raises ModelError for anything that is not a sort of the language.
    """
    origin = get_origin(annotation)
    if origin is None and isinstance(annotation, type) and issubclass(annotation, Expr):
        sort = annotation.__dict__.get("sort") or getattr(annotation, "sort", None)
        if sort is not None:
            return cast(Sort, sort)
        raise ModelError(
            f"{annotation.__name__} is not a complete sort",
            hint=_INCOMPLETE.get(annotation.__name__, "subclass it, or give it its parameters"),
            position=here(),
        )
    if isinstance(annotation, Expr):
        members = isinstance(annotation, (Set, KeyedSet))
        advice = "for the members of a set write forall_in, exists_in" if members else None
        raise ModelError(f"{annotation!r} is a value, no sort", hint=advice, position=here())
    parts = [sort_of(arg) for arg in get_args(annotation)] if origin in (Fn, Set, Option) else []
    if origin is Fn:
        return FunctionSort(parts[0], parts[1])
    if origin is Set:
        return SetSort(parts[0])
    if origin is Option:
        return OptionSort(parts[0])
    hints = {int: "write Int, or a Range subclass", bool: "write Bool", set: "write Set[...]", dict: "write Fn[...]"}
    hint = hints.get(origin or annotation)
    if isinstance(annotation, UnionType):
        hint = "write Option[...] for a value or none"
    raise ModelError(
        f"{annotation if origin else getattr(annotation, '__name__', annotation)} is not a sort of the language",
        hint=hint or "sorts are Bool, Int, subclasses of Range, Enumeration, Scalarset, Record, ... and Fn, Set, Option of sorts",
        position=here(),
    )


_INCOMPLETE = {
    "Fn": "write Fn[Index, Value]",
    "Set": "write Set[Element]",
    "Option": "write Option[Element]",
    "Range": "write a subclass: class Version(Range, low=0, high=MaxVersions)",
    "Record": "write a subclass whose annotations are the fields",
}


def coerce(value: Any, sort: Sort, what: str = "this place") -> Term:
    """`value` as a term that may stand where `sort` is expected: an expression, or a Python literal of that sort.

    Raises ModelError, with the model's line, where the sorts do not fit.
    """
    if isinstance(value, Expr):
        found = value.term.sort
        if comparable(found, sort):
            return value.term
        if isinstance(sort, OptionSort) and comparable(found, sort.element):
            return Term("some", (value.term,), sort)
        raise ModelError(f"{what} takes {sort}, not {found}", hint=_mismatch(found, sort, what), position=here())
    if isinstance(value, Empty):
        if isinstance(sort, OptionSort) and value.kind == "none":
            return Term("none", (), sort)
        if isinstance(sort, SequenceSort) and value.kind == "empty":
            return Term("sequence", (), sort)
        if isinstance(sort, (SetSort, KeyedSort)) and value.kind == "empty":
            return coerce(frozenset(), sort, what)
    elif isinstance(value, bool):
        if sort == BOOL:
            misuse.check_truth()
            return literal(value, BOOL)
    elif isinstance(value, int) and sort.is_integer:
        return integer(value)
    elif isinstance(value, (set, frozenset)) and isinstance(sort, SetSort):
        items = [within(coerce(item, sort.element, "an element"), sort.element) for item in _in_order(value)]
        element = variable("x", sort.element)
        return Term("set", (disjunction(equal(element, item) for item in items),), sort, (element,))
    elif isinstance(value, (set, frozenset)) and isinstance(sort, KeyedSort):
        result = Term("keyed", (), sort)
        for item in _in_order(value):
            result = Term("insert", (result, coerce(item, sort.element, "an element")), sort, None, here())
        return result
    elif isinstance(value, (list, tuple)) and isinstance(sort, SequenceSort):
        return Term("sequence", tuple(coerce(item, sort.element, "an element") for item in value), sort)
    if value is None and isinstance(sort, OptionSort):
        hint: str | None = "write none"
    elif isinstance(value, str) and isinstance(sort, EnumSort):
        hint = f"write {sort.name}.{value}" if value in sort.labels else nearest(value, sort.labels, f"labels of {sort}")
    else:
        hint = None
    raise ModelError(f"{what} takes {sort}, not {value!r}", hint=hint, position=here())


def _in_order(items: set[Any] | frozenset[Any]) -> list[Any]:
    """The elements of a Python set in an order that is the same in every run: that of their text."""
    from verifier.kernel.term_text import text

    return sorted(items, key=lambda item: text(item.term) if isinstance(item, Expr) else repr(item))


def within(item: Term, sort: Sort) -> Term:
    """`item` where an element of `sort` is expected: an integer of another range is undefined outside this one.

    A set has no place for an element outside its sort; without the obligation it would silently be left out.
    """
    if not sort.is_integer or item.sort == sort:
        return item
    same = variable("y", sort)
    return Term("apply", (Term("function", (same,), FunctionSort(sort, sort), (same,)), item), sort, None, here())


def _mismatch(found: Sort, wanted: Sort, what: str) -> str | None:
    if what in ("`&`", "`|`") and wanted == BOOL:
        return "put each comparison into parentheses: (a > 0) & (b == c)"
    if isinstance(wanted, FunctionSort) and comparable(found, wanted.value):
        return f"a function of {wanted.index} stands here: index it, or write fn({wanted.index}, lambda x: ...)"
    if isinstance(wanted, SetSort) and comparable(found, wanted.element):
        return "write {x} for the set of one element"
    if isinstance(found, OptionSort) and comparable(found.element, wanted):
        return "an option: write x.value where it is known to be some value"
    if isinstance(found, FunctionSort) and comparable(found.value, wanted):
        return f"a function of {found.index}: index it"
    return None


def _compare(left: Expr, right: object) -> Bool:
    if isinstance(right, Expr) and not comparable(left.term.sort, right.term.sort):
        found = right.term.sort
        if isinstance(found, OptionSort) and comparable(left.term.sort, found.element):
            return cast(Bool, wrap(equal(coerce(left, found), right.term)))
    return cast(Bool, wrap(equal(left.term, coerce(right, left.term.sort, "the right side of `==`"))))


class Bool(Expr):
    """A formula. Operators: `~a`, `a & b`, `a | b`; `implies`, `ite` and the quantifiers are functions."""

    sort = BOOL

    def __new__(cls, value: Any = False) -> Self:
        """The truth value, for places where a type checker expects an expression."""
        if not isinstance(value, bool):
            raise ModelError(f"Bool(...) takes True or False, not {value!r}", position=here())
        misuse.check_truth()
        return cast(Self, wrap(literal(value, BOOL)))

    def __invert__(self) -> Bool:
        return cast(Bool, wrap(negation(self.term)))

    def __and__(self, other: Bool | bool) -> Bool:
        return cast(Bool, wrap(conjunction([self.term, coerce(other, BOOL, "`&`")])))

    def __or__(self, other: Bool | bool) -> Bool:
        return cast(Bool, wrap(disjunction([self.term, coerce(other, BOOL, "`|`")])))

    __rand__ = __and__
    __ror__ = __or__


class Int(Expr):
    """An integer. State needs a declared range: a subclass of `Range`."""

    sort: Sort = INT

    def __new__(cls, value: Any = 0) -> Self:
        """The integer `value`, for places where an expression of this class is expected.

        An expression of another integer sort may be given too; that it is in range is checked where it is stored.
        """
        if isinstance(value, bool) or not isinstance(value, (int, Int)):
            what = f"{cls.__name__}(...) takes a Python integer or an integer expression, not {value!r}"
            raise ModelError(what, position=here())
        result = object.__new__(cls)
        result.term = value.term if isinstance(value, Int) else integer(value)
        result._target = None
        return result

    def _binary(self, op: str, left: Any, right: Any) -> Self:
        args = (coerce(left, INT, f"`{_SYMBOL[op]}`"), coerce(right, INT, f"`{_SYMBOL[op]}`"))
        return cast(Self, wrap(Term(op, args, INT)))

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

    def __neg__(self) -> Self:
        return self._binary("sub", 0, self)

    def __lt__(self, other: Int | int) -> Bool:
        return _order("lt", self, other)

    def __le__(self, other: Int | int) -> Bool:
        return _order("le", self, other)

    def __gt__(self, other: Int | int) -> Bool:
        return _order("lt", other, self)

    def __ge__(self, other: Int | int) -> Bool:
        return _order("le", other, self)


_SYMBOL = {"add": "+", "sub": "-", "mul": "*", "lt": "<", "le": "<="}


def _order(op: str, left: Any, right: Any) -> Bool:
    reference = left if isinstance(left, Expr) else right
    sort = reference.term.sort
    if isinstance(sort, RecordSort) and not sort.ordered:
        raise ModelError(f"{sort} is not ordered", hint=f"declare class {sort}(Record, ordered=True)", position=here())
    sides = (coerce(left, sort, f"`{_SYMBOL[op]}`"), coerce(right, sort, f"`{_SYMBOL[op]}`"))
    return cast(Bool, wrap(Term(op, sides, BOOL)))


class Range(Int):
    """Integers of a declared range: `class Version(Range, low=0, high=MaxVersions)`; both ends may read parameters."""

    def __init_subclass__(cls, *, low: Int | int = 0, high: Int | int | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if cls.__dict__.get("sort") is not None or cls.__name__ == "Ordered":
            return
        if high is None:
            raise ModelError(f"range {cls.__name__} has no upper end", hint="write high=...", position=here())
        ends = [coerce(end, INT, f"an end of range {cls.__name__}") for end in (low, high)]
        cls.sort = RangeSort(cls.__name__, ends[0], ends[1], surface=cls)


class Ordered(Range):
    """An ordered sort: integers from `first` on, as many as the parameter says; not interchangeable.

    `class Round(Ordered, parameter="Rounds", size=2, first=1)`.
    """

    size: int

    def __init_subclass__(cls, *, parameter: str = "", size: int = 0, first: int = 0, **rest: Any) -> None:
        _sized(cls, parameter, size)
        high = Term("add", (Term("parameter", (), INT, parameter), integer(first - 1)), INT)
        cls.sort = RangeSort(cls.__name__, integer(first), high, parameter=parameter, surface=cls)
        cls.size = size
        super().__init_subclass__(**rest)


def _sized(cls: type, parameter: str, size: object) -> None:
    if not parameter or not isinstance(size, int) or size < 1:
        raise ModelError(
            f"sort {cls.__name__} needs a size parameter and its published size",
            hint=f'write class {cls.__name__}({cls.__bases__[0].__name__}, parameter="{cls.__name__}s", size=2)',
            position=here(),
        )


class Label:
    """A place in a class body that becomes a value of the class being defined."""


def labels(count: int) -> Any:
    """`count` labels of an enumeration, to be named by assignment: `Idle, Active = labels(2)`."""
    return [Label() for _ in range(count)]


def constant() -> Any:
    """A named constant of a scalarset: `InitGroup = constant()`; at a finite scope it is the sort's first label."""
    return Label()


def _label_names(cls: type) -> tuple[str, ...]:
    if any(vars(base).get("sort") is not None for base in cls.__bases__):
        base = cls.__bases__[0].__name__
        raise ModelError(f"{base} is a sort of its own already", hint=f"declare {cls.__name__} afresh", position=here())
    return tuple(name for name, value in cls.__dict__.items() if isinstance(value, Label))


class Enumeration(Expr):
    """An enumeration: `class Phase(Enumeration): Idle, Active = labels(2)`."""

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        names = _label_names(cls)
        if not names:
            hint = "write A, B = labels(2) in its body"
            raise ModelError(f"enumeration {cls.__name__} has no labels", hint=hint, position=here())
        cls.sort = EnumSort(cls.__name__, names, surface=cls)
        for name in names:
            setattr(cls, name, wrap(literal(name, cls.sort)))


class Scalarset(Expr):
    """Interchangeable names, only compared for equality: `class Key(Scalarset, parameter="Keys", size=2, prefix="k")`."""

    size: int

    def __init_subclass__(cls, *, parameter: str = "", size: int = 0, prefix: str = "", **rest: Any) -> None:
        super().__init_subclass__(**rest)
        names = _label_names(cls)
        _sized(cls, parameter, size)
        cls.sort = ScalarSort(cls.__name__, parameter, prefix or cls.__name__[0].lower(), names, surface=cls)
        cls.size = size
        for name in names:
            setattr(cls, name, wrap(literal(name, cls.sort)))


class Quorums(Expr, Generic[T]):
    """Quorums of a scalarset: `class Quorum(Quorums[Acceptor])`. Every two quorums share a member."""

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        base = next((b for b in getattr(cls, "__orig_bases__", ()) if get_origin(b) is Quorums), None)
        of = sort_of(get_args(base)[0]) if base else None
        if not isinstance(of, ScalarSort):
            raise ModelError(f"{cls.__name__} needs a scalarset", hint="class Quorum(Quorums[Node])", position=here())
        cls.sort = QuorumSort(cls.__name__, of, surface=cls)

    def contains(self, item: T) -> Bool:
        """Whether `item` is a member of the quorum."""
        sort = cast(QuorumSort, self.term.sort)
        return cast(Bool, wrap(Term("member", (coerce(item, sort.of, "contains"), self.term), BOOL)))


class Fn(Expr, Generic[K, V]):
    """A total function. `f[i]` applies it; `s.f[i] = v` in an action updates it; `f.updated(i, v)` is a changed copy."""

    def _index(self, index: Any) -> Term:
        sort = cast(FunctionSort, self.term.sort)
        if isinstance(index, tuple):
            raise ModelError("functions of several indices are curried", hint="write f[a][b]", position=here())
        return coerce(index, sort.index, "the index")

    def __getitem__(self, index: K | int) -> V:
        sort = cast(FunctionSort, self.term.sort)
        key = self._index(index)
        result = wrap(Term("apply", (self.term, key), sort.value, None, here()))
        if self._target is not None:
            result._target = self._target.below(key)
        return cast(V, result)

    def __setitem__(self, index: K | int, value: V | int | bool | set[Any]) -> None:
        sort = cast(FunctionSort, self.term.sort)
        if self._target is None:
            raise ModelError(
                "only a state variable can be assigned, in an action",
                hint="write f.updated(i, v) for a changed copy",
                position=here(),
            )
        self._target.below(self._index(index)).assign(coerce(value, sort.value, "the assigned value"))

    def updated(self, index: K | int, value: V | int | bool) -> Fn[K, V]:
        """The function that maps `index` to `value` and is otherwise this one."""
        misuse.check_used("updated", "write s.f[i] = v")
        sort = cast(FunctionSort, self.term.sort)
        new = coerce(value, sort.value, "the new value")
        return cast("Fn[K, V]", wrap(Term("update", (self.term, self._index(index), new), sort, None, here())))


class Set(Expr, Generic[T]):
    """A finite set. `a | b`, `a & b`, `a - b` (also with Python sets of elements), `a <= b`, contains, size, is_empty."""

    def contains(self, item: T | int) -> Bool:
        """Whether `item` is an element."""
        element = coerce(item, cast(SetSort, self.term.sort).element, "contains")
        return cast(Bool, wrap(Term("member", (element, self.term), BOOL)))

    def size(self) -> Int:
        """The number of elements."""
        return cast(Int, wrap(Term("cardinality", (self.term,), INT)))

    def is_empty(self) -> Bool:
        """Whether there is no element."""
        element = variable("x", cast(SetSort, self.term.sort).element)
        return cast(Bool, wrap(Term("forall", (negation(Term("member", (element, self.term), BOOL)),), BOOL, (element,))))

    def _combine(self, other: Any, what: str, combine: Any) -> Set[T]:
        sort = cast(SetSort, self.term.sort)
        right = coerce(other, sort, what)
        element = variable("x", sort.element)
        inside = [Term("member", (element, side), BOOL) for side in (self.term, right)]
        return cast("Set[T]", wrap(Term("set", (combine(*inside),), sort, (element,))))

    def __or__(self, other: Set[T] | set[T]) -> Set[T]:
        return self._combine(other, "`|`", lambda a, b: disjunction([a, b]))

    def __and__(self, other: Set[T] | set[T]) -> Set[T]:
        return self._combine(other, "`&`", lambda a, b: conjunction([a, b]))

    def __sub__(self, other: Set[T] | set[T]) -> Set[T]:
        return self._combine(other, "`-`", lambda a, b: conjunction([a, negation(b)]))

    def __le__(self, other: Set[T] | set[T]) -> Bool:
        sort = cast(SetSort, self.term.sort)
        right = coerce(other, sort, "`<=`")
        element = variable("x", sort.element)
        inside = [Term("member", (element, side), BOOL) for side in (self.term, right)]
        return cast(Bool, wrap(Term("forall", (Term("implies", tuple(inside), BOOL),), BOOL, (element,))))


class Option(Expr, Generic[T]):
    """`none` or `some(x)`. `.value` is undefined on none, so use it where `.is_some` is known."""

    @property
    def is_some(self) -> Bool:
        """Whether there is a value."""
        return cast(Bool, wrap(Term("is_some", (self.term,), BOOL)))

    @property
    def is_none(self) -> Bool:
        """Whether there is no value."""
        return ~self.is_some

    @property
    def value(self) -> T:
        """The value; undefined where there is none."""
        element = cast(OptionSort, self.term.sort).element
        return cast(T, wrap(Term("payload", (self.term,), element, None, here())))


class Empty:
    """A literal whose sort comes from where it stands: `none`; `empty`, a sequence, set or keyed set."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return self.kind


none: Any = Empty("none")
empty: Any = Empty("empty")


def some(value: T) -> Option[T]:
    """The option that has `value`."""
    if not isinstance(value, Expr):
        raise ModelError(f"some(...) takes an expression, not {value!r}", hint="write Version(3)", position=here())
    return cast("Option[T]", wrap(Term("some", (value.term,), OptionSort(value.term.sort))))


_TAKEN = frozenset({"term", "sort", "replace"})


@dataclass_transform(kw_only_default=True)
class RecordClass(SortClass):
    """The metaclass of records; tells type checkers that annotations are keyword arguments."""


class Record(Expr, metaclass=RecordClass):
    """A record; the annotations are its fields: `class Stamp(Record, ordered=True): wall: Wall; logical: Logical`."""

    def __init_subclass__(cls, *, ordered: bool = False, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        from verifier.kernel.state import annotations_of

        fields = tuple((name, sort_of(hint)) for name, hint in annotations_of(cls).items())
        if not fields:
            raise ModelError(f"record {cls.__name__} has no fields", hint="annotate them: wall: Wall", position=here())
        taken = [name for name, _ in fields if name in _TAKEN]
        if taken:
            hint = "choose another name; term, sort and replace mean something already"
            raise ModelError(f"record {cls.__name__} cannot have a field {taken[0]}", hint=hint, position=here())
        bad = [name for name, sort in fields if ordered and not sort.is_integer]
        if bad:
            raise ModelError(f"field {bad[0]} of ordered record {cls.__name__} is no integer", position=here())
        cls.sort = RecordSort(cls.__name__, fields, ordered, surface=cls)

    def __new__(cls, *values: Any, **fields: Any) -> Self:
        """A record is made by naming its fields."""
        return object.__new__(cls)

    def __init__(self, *values: Any, **fields: Any) -> None:
        sort = cast(RecordSort, type(self).sort)
        names = [name for name, _ in sort.fields]
        if values:
            hint = f"write {sort}({', '.join(f'{name}=...' for name in names)})"
            raise ModelError(f"the fields of {sort} are named", hint=hint, position=here())
        for name in fields:
            if name not in names:
                raise ModelError(f"{sort} has no field {name}", hint=nearest(name, names, "fields"), position=here())
        missing = [name for name in names if name not in fields]
        if missing:
            raise ModelError(f"{sort} lacks field {missing[0]}", hint=f"fields: {', '.join(names)}", position=here())
        args = tuple(coerce(fields[name], of, f"field {name}") for name, of in sort.fields)
        object.__setattr__(self, "term", Term("record", args, sort))
        object.__setattr__(self, "_target", None)

    def __getattr__(self, name: str) -> Any:
        sort = cast(RecordSort, object.__getattribute__(self, "term").sort)
        fields = dict(sort.fields)
        if name not in fields:
            raise ModelError(f"{sort} has no field {name}", hint=nearest(name, fields, "fields"), position=here())
        return wrap(Term("field", (self.term,), fields[name], name))

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_target":
            object.__setattr__(self, name, value)
            return
        raise ModelError("a record cannot be changed in place", hint="write r.replace(field=value)", position=here())

    def replace(self, **fields: Any) -> Self:
        """The record with some fields replaced."""
        misuse.check_used("replace", "write s.r = s.r.replace(field=x)")
        sort = cast(RecordSort, self.term.sort)
        for name in fields:
            if name not in dict(sort.fields):
                hint = nearest(name, dict(sort.fields), "fields")
                raise ModelError(f"{sort} has no field {name}", hint=hint, position=here())
        old = {name: getattr(self, name) for name, _ in sort.fields}
        return type(self)(**{**old, **fields})

    def __lt__(self, other: Self) -> Bool:
        return _order("lt", self, other)

    def __le__(self, other: Self) -> Bool:
        return _order("le", self, other)

    def __gt__(self, other: Self) -> Bool:
        return _order("lt", other, self)

    def __ge__(self, other: Self) -> Bool:
        return _order("le", other, self)


class Sequence(Expr, Generic[T]):
    """A bounded sequence, indexed from 1: `class Log(Sequence[Entry], capacity=MaxLength)`."""

    def __init_subclass__(cls, *, capacity: Int | int | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        base = next((b for b in getattr(cls, "__orig_bases__", ()) if get_origin(b) is Sequence), None)
        if base is None or capacity is None:
            hint = "class Log(Sequence[Entry], capacity=4)"
            raise ModelError(f"sequence {cls.__name__} needs an element sort and a capacity", hint=hint, position=here())
        limit = coerce(capacity, INT, "the capacity")
        cls.sort = SequenceSort(cls.__name__, sort_of(get_args(base)[0]), limit, surface=cls)

    def _element(self) -> Sort:
        return cast(SequenceSort, self.term.sort).element

    def length(self) -> Int:
        """The number of elements."""
        return cast(Int, wrap(Term("length", (self.term,), INT)))

    def append(self, item: T | int) -> Self:
        """The sequence with `item` at its end."""
        misuse.check_used("append", "write s.q = s.q.append(x)")
        args = (self.term, coerce(item, self._element(), "append"))
        return cast(Self, wrap(Term("append", args, self.term.sort)))

    def at(self, index: Int | int) -> T:
        """The element at `index`, from 1; undefined outside 1..length."""
        args = (self.term, coerce(index, INT, "the index"))
        return cast(T, wrap(Term("at", args, self._element(), None, here())))

    def put(self, index: Int | int, item: T | int) -> Self:
        """The sequence with the element at `index` replaced; undefined outside 1..length."""
        misuse.check_used("put", "write s.q = s.q.put(i, x)")
        args = (self.term, coerce(index, INT, "the index"), coerce(item, self._element(), "put"))
        return cast(Self, wrap(Term("put", args, self.term.sort, None, here())))

    def head(self) -> T:
        """The first element; undefined on the empty sequence."""
        return self.at(1)

    def tail(self) -> Self:
        """The sequence without its first element; undefined on the empty sequence."""
        misuse.check_used("tail", "write s.q = s.q.tail()")
        return cast(Self, wrap(Term("tail", (self.term,), self.term.sort, None, here())))


class KeyedSet(Expr, Generic[T]):
    """A set of records in which no two share the key field: `class Issued(KeyedSet[Stamp], key="seq")`."""

    def __init_subclass__(cls, *, key: str = "", **rest: Any) -> None:
        super().__init_subclass__(**rest)
        base = next((b for b in getattr(cls, "__orig_bases__", ()) if get_origin(b) is KeyedSet), None)
        element = sort_of(get_args(base)[0]) if base else None
        if not isinstance(element, RecordSort):
            hint = 'class Issued(KeyedSet[Stamp], key="seq")'
            raise ModelError(f"keyed set {cls.__name__} needs a record sort", hint=hint, position=here())
        names = [name for name, _ in element.fields]
        if key not in names:
            raise ModelError(f"{element} has no field {key!r} to be the key", hint=nearest(key, names), position=here())
        cls.sort = KeyedSort(cls.__name__, element, key, surface=cls)

    def _sort(self) -> KeyedSort:
        return cast(KeyedSort, self.term.sort)

    def contains(self, item: T) -> Bool:
        """Whether the record `item` is a member."""
        return cast(Bool, wrap(Term("member", (coerce(item, self._sort().element, "contains"), self.term), BOOL)))

    def insert(self, item: T) -> Self:
        """The set with `item`; undefined if another record has its key."""
        misuse.check_used("insert", "write s.r = s.r.insert(x)")
        args = (self.term, coerce(item, self._sort().element, "insert"))
        return cast(Self, wrap(Term("insert", args, self.term.sort, None, here())))

    def _key(self, key: Any) -> Term:
        return coerce(key, self._sort().key_sort, f"the key {self._sort().key}")

    def remove(self, key: Expr | int) -> Self:
        """The set without the record of this key, if there is one."""
        misuse.check_used("remove", "write s.r = s.r.remove(key)")
        return cast(Self, wrap(Term("remove", (self.term, self._key(key)), self.term.sort)))

    def has(self, key: Expr | int) -> Bool:
        """Whether some record has this key."""
        return cast(Bool, wrap(Term("has_key", (self.term, self._key(key)), BOOL)))

    def get(self, key: Expr | int) -> T:
        """The record with this key; undefined if there is none."""
        return cast(T, wrap(Term("lookup", (self.term, self._key(key)), self._sort().element, None, here())))

    def size(self) -> Int:
        """The number of records."""
        return cast(Int, wrap(Term("cardinality", (self.term,), INT)))
