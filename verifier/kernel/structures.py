"""Expressions with parts: functions, sets, options, records, sequences, keyed sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast, dataclass_transform, get_args, get_origin

from verifier.kernel import misuse
from verifier.kernel.annotations import annotations_of
from verifier.kernel.binding import SurfaceOf, bound
from verifier.kernel.errors import ModelError, at_hand, here, nearest
from verifier.kernel.expressions import (
    STRUCTURES,
    Bool,
    Expr,
    Int,
    Range,
    SortClass,
    coerce,
    declared,
    order,
    sort_of,
    stored,
    wrap,
)
from verifier.kernel.fitting import joined, made_of
from verifier.kernel.sorts import (
    BOOL,
    INT,
    FunctionSort,
    KeyedSort,
    OptionSort,
    RecordSort,
    SetSort,
)
from verifier.kernel.terms import Term, conjunction, disjunction, negation, variable

T = TypeVar("T", bound=Expr)
K = TypeVar("K", bound=Expr)
V = TypeVar("V", bound=Expr)


class Fn(Expr, Generic[K, V]):
    """A total function. `f[i]` applies it; `s.f[i] = v` in an action updates it; `f.updated(i, v)` is a changed copy."""

    if TYPE_CHECKING:

        def __eq__(self, other: Fn[K, V]) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Fn[K, V]) -> Bool: ...  # type: ignore[override]

    def _index(self, index: Any) -> Term:
        sort = cast(FunctionSort, self._term.sort)
        if isinstance(index, tuple):
            raise ModelError("functions of several indices are curried", hint="write f[a][b]", position=here())
        return coerce(index, sort.index, "the index")

    def __getitem__(self, index: K | Int | int) -> V:
        sort = cast(FunctionSort, self._term.sort)
        key = self._index(index)
        result = wrap(Term("apply", (self._term, key), sort.value, None, here()))
        if self._target is not None:
            result._target = self._target.below(key)
        return cast(V, result)

    def __setitem__(self, index: K | Int | int, value: V | Int | int | bool | set[Any]) -> None:
        sort = cast(FunctionSort, self._term.sort)
        if self._target is None:
            raise ModelError(
                "only a state variable can be assigned, in an action",
                hint="write f.updated(i, v) for a changed copy",
                position=here(),
            )
        self._target.below(self._index(index)).assign(stored(value, sort.value, "the assigned value"))

    def updated(self, index: K | Int | int, value: V | Int | int | bool) -> Fn[K, V]:
        """The function that maps `index` to `value` and every other index as this one does."""
        misuse.check_used("updated", "write s.f[i] = v")
        sort = cast(FunctionSort, self._term.sort)
        new = stored(value, sort.value, "the new value")
        return cast("Fn[K, V]", wrap(Term("update", (self._term, self._index(index), new), sort, None, here())))


class Set(Expr, Generic[T]):
    """A finite set. `a | b`, `a & b`, `a - b` (also with Python sets of elements), `a <= b`, contains, where, size,
    is_empty."""

    if TYPE_CHECKING:

        def __eq__(self, other: Set[T] | set[T] | frozenset[T]) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Set[T] | set[T] | frozenset[T]) -> Bool: ...  # type: ignore[override]

    def contains(self, item: T | Int | int) -> Bool:
        """Whether `item` is an element."""
        element = coerce(item, cast(SetSort, self._term.sort).element, "contains")
        return cast(Bool, wrap(Term("member", (element, self._term), BOOL)))

    def size(self) -> Int:
        """The number of elements."""
        return cast(Int, wrap(Term("cardinality", (self._term,), INT)))

    def where(self, body: Callable[[T], Bool]) -> Set[T]:
        """The set of the elements that satisfy the body: `s.msgs.where(lambda m: m.to == n)`."""
        misuse.check_used("where", "write s.x = s.x.where(...)")
        sort = cast(SetSort, self._term.sort)
        (element,), condition = bound([SurfaceOf(sort.element)], body, "where")
        inside = Term("member", (element, self._term), BOOL)
        said = conjunction([inside, coerce(condition, BOOL, "the body of where")])
        return cast("Set[T]", wrap(made_of(said, element, sort)))

    def is_empty(self) -> Bool:
        """Whether there is no element."""
        element = variable("x", cast(SetSort, self._term.sort).element)
        return cast(
            Bool, wrap(Term("forall", (negation(Term("member", (element, self._term), BOOL)),), BOOL, (element,)))
        )

    def _combine(self, other: Any, what: str, combine: Any, *, either: bool = False) -> Set[T]:
        """The set of values that satisfy `combine` of the memberships in this and the other set; `either`: a value may be in
        the other alone.
        """
        right = coerce(other, self._term.sort, what)
        sort = cast(SetSort, joined(self._term.sort, right.sort) if either else self._term.sort)
        element = variable("x", sort.element)
        inside = [Term("member", (element, side), BOOL) for side in (self._term, right)]
        return cast("Set[T]", wrap(made_of(combine(*inside), element, sort)))

    def __or__(self, other: Set[T] | set[T]) -> Set[T]:
        return self._combine(other, "`|`", lambda a, b: disjunction([a, b]), either=True)

    def __and__(self, other: Set[T] | set[T]) -> Set[T]:
        return self._combine(other, "`&`", lambda a, b: conjunction([a, b]))

    def __sub__(self, other: Set[T] | set[T]) -> Set[T]:
        return self._combine(other, "`-`", lambda a, b: conjunction([a, negation(b)]))

    def __le__(self, other: Set[T] | set[T]) -> Bool:
        sort = cast(SetSort, self._term.sort)
        right = coerce(other, sort, "`<=`")
        element = variable("x", sort.element)
        inside = [Term("member", (element, side), BOOL) for side in (self._term, right)]
        return cast(Bool, wrap(Term("forall", (Term("implies", tuple(inside), BOOL),), BOOL, (element,))))


class Option(Expr, Generic[T]):
    """`none` or `some(x)`. `.value` is undefined on none, so use it where `.is_some` is known."""

    if TYPE_CHECKING:

        def __eq__(self, other: Option[T] | T) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Option[T] | T) -> Bool: ...  # type: ignore[override]

    @property
    def is_some(self) -> Bool:
        """Whether there is a value."""
        return cast(Bool, wrap(Term("is_some", (self._term,), BOOL)))

    @property
    def is_none(self) -> Bool:
        """Whether there is no value."""
        return ~self.is_some

    @property
    def value(self) -> T:
        """The value; undefined where there is none."""
        element = cast(OptionSort, self._term.sort).element
        return cast(T, wrap(Term("payload", (self._term,), element, None, here())))


def some(value: T) -> Option[T]:
    """The option that has `value`."""
    if not isinstance(value, Expr):
        raise ModelError(f"some(...) takes an expression, not {value!r}", hint=f"write {at_hand(Range)}(3)", position=here())
    return cast("Option[T]", wrap(Term("some", (value._term,), OptionSort(value._term.sort))))


STRUCTURES.update({FunctionSort: Fn, SetSort: Set, OptionSort: Option})

class Field:
    """A field whose name means something else for expressions: for this record it means the field."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, record: Record | None, cls: type[Record]) -> Any:
        if record is None:
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {self.name!r}")
        return record._read(self.name)


@dataclass_transform(kw_only_default=True)
class RecordClass(SortClass):
    """The metaclass of records; tells type checkers that annotations are keyword arguments."""


class Record(Expr, metaclass=RecordClass):
    """A record; the annotations are its fields: `class Stamp(Record, ordered=True): wall: Wall; logical: Logical`."""

    if TYPE_CHECKING:

        def __eq__(self, other: Self) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Self) -> Bool: ...  # type: ignore[override]

    def __init_subclass__(cls, *, ordered: bool = False, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        fields = tuple((name, sort_of(hint)) for name, hint in annotations_of(cls).items())
        if not fields:
            raise ModelError(f"record {cls.__name__} has no fields", hint="annotate them: wall: Wall", position=here())
        private = [name for name, _ in fields if name.startswith("_")]
        if private:
            hint = f"write {private[0].strip('_') or 'a name that begins with a letter'}: names that begin with _ are Python's"
            raise ModelError(f"record {cls.__name__} cannot have a field {private[0]}", hint=hint, position=here())
        bad = [name for name, sort in fields if ordered and not (sort.is_ordered and sort.is_atomic)]
        if bad:
            message = f"field {bad[0]} of ordered record {cls.__name__} is neither an integer nor an ordered name"
            raise ModelError(message, position=here())
        cls.sort = declared(RecordSort(cls.__name__, fields, ordered), cls)
        for name, _ in fields:
            if any(name in vars(base) for base in cls.__mro__):
                setattr(cls, name, Field(name))

    def __new__(cls, /, *values: Any, **fields: Any) -> Self:
        """A record is made by naming its fields."""
        return object.__new__(cls)

    def __init__(self, /, *values: Any, **fields: Any) -> None:
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
        args = tuple(stored(fields[name], of, f"field {name}") for name, of in sort.fields)
        object.__setattr__(self, "_term", Term("record", args, sort))
        object.__setattr__(self, "_target", None)

    def __getattr__(self, name: str) -> Any:
        return self._read(name)

    def _read(self, name: str) -> Any:
        sort = cast(RecordSort, object.__getattribute__(self, "_term").sort)
        fields = dict(sort.fields)
        if name not in fields:
            raise ModelError(f"{sort} has no field {name}", hint=nearest(name, fields, "fields"), position=here())
        return wrap(Term("field", (self._term,), fields[name], name))

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_target":
            object.__setattr__(self, name, value)
            return
        raise ModelError("a record cannot be changed in place", hint="write r.replace(field=value)", position=here())

    def replace(self, /, **fields: Any) -> Self:
        """The record with some fields replaced. `Record.replace(r, ...)` where a field is called `replace`."""
        misuse.check_used("replace", "write s.r = s.r.replace(field=x)")
        sort = cast(RecordSort, self._term.sort)
        for name in fields:
            if name not in dict(sort.fields):
                hint = nearest(name, dict(sort.fields), "fields")
                raise ModelError(f"{sort} has no field {name}", hint=hint, position=here())
        old = {name: self._read(name) for name, _ in sort.fields}
        return type(self)(**{**old, **fields})

    def __lt__(self, other: Self) -> Bool:
        return order("lt", self, other)

    def __le__(self, other: Self) -> Bool:
        return order("le", self, other)

    def __gt__(self, other: Self) -> Bool:
        return order("lt", other, self)

    def __ge__(self, other: Self) -> Bool:
        return order("le", other, self)


class KeyedSet(Expr, Generic[T]):
    """A set of records in which no two share the key field: `class Issued(KeyedSet[Stamp], key="seq")`."""

    if TYPE_CHECKING:

        def __eq__(self, other: Self | set[T] | frozenset[T]) -> Bool: ...  # type: ignore[override]
        def __ne__(self, other: Self | set[T] | frozenset[T]) -> Bool: ...  # type: ignore[override]

    def __init_subclass__(cls, *, key: str = "", **rest: Any) -> None:
        super().__init_subclass__(**rest)
        base = next((b for b in getattr(cls, "__orig_bases__", ()) if get_origin(b) is KeyedSet), None)
        element = sort_of(get_args(base)[0]) if base else None
        if not isinstance(element, RecordSort):
            hint = f'class {cls.__name__}(KeyedSet[{at_hand(Record)}], key="...")'
            raise ModelError(f"keyed set {cls.__name__} needs a record sort", hint=hint, position=here())
        names = [name for name, _ in element.fields]
        if key not in names:
            raise ModelError(f"{element} has no field {key!r} to be the key", hint=nearest(key, names), position=here())
        cls.sort = declared(KeyedSort(cls.__name__, element, key), cls)

    def _keyed(self) -> KeyedSort:
        return cast(KeyedSort, self._term.sort)

    def contains(self, item: T) -> Bool:
        """Whether the record `item` is a member."""
        return cast(Bool, wrap(Term("member", (coerce(item, self._keyed().element, "contains"), self._term), BOOL)))

    def insert(self, item: T) -> Self:
        """The set with `item`; undefined if another record has its key."""
        misuse.check_used("insert", "write s.r = s.r.insert(x)")
        args = (self._term, stored(item, self._keyed().element, "insert"))
        return cast(Self, wrap(Term("insert", args, self._term.sort, None, here())))

    def _key(self, key: Any) -> Term:
        return coerce(key, self._keyed().key_sort, f"the key {self._keyed().key}")

    def remove(self, key: Expr | int) -> Self:
        """The set without the record of this key, if there is one."""
        misuse.check_used("remove", "write s.r = s.r.remove(key)")
        return cast(Self, wrap(Term("remove", (self._term, self._key(key)), self._term.sort)))

    def has(self, key: Expr | int) -> Bool:
        """Whether some record has this key."""
        return cast(Bool, wrap(Term("has_key", (self._term, self._key(key)), BOOL)))

    def get(self, key: Expr | int) -> T:
        """The record with this key; undefined if there is none."""
        return cast(T, wrap(Term("lookup", (self._term, self._key(key)), self._keyed().element, None, here())))

    def size(self) -> Int:
        """The number of records."""
        return cast(Int, wrap(Term("cardinality", (self._term,), INT)))
