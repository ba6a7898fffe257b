"""The sorts of the language: plain, immutable descriptions without any solver's or scope's view of them.

Named sorts (ranges, enumerations, scalarsets, quorums, records, keyed sets) are compared by name, structural sorts
(functions, sets, options, sequences) by their parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verifier.kernel.terms import Term


@dataclass(frozen=True, slots=True)
class Sort:
    """A type of the language."""

    @property
    def is_integer(self) -> bool:
        """Whether values of the sort are integers: Int, a range, an ordered sort."""
        return False


@dataclass(frozen=True, slots=True)
class BoolSort(Sort):
    """Truth values."""

    def __str__(self) -> str:
        return "Bool"


@dataclass(frozen=True, slots=True)
class IntSort(Sort):
    """Integers without a declared range; state needs a `RangeSort`."""

    @property
    def is_integer(self) -> bool:
        """Always."""
        return True

    def __str__(self) -> str:
        return "Int"


@dataclass(frozen=True, slots=True)
class RangeSort(Sort):
    """Integers `low..high`; both ends are terms over the parameters.

    `parameter` is set for an *ordered* sort (Proposers, Rounds): its size is that parameter, its labels are the fixed
    integers from `low` on, and they are not interchangeable.
    """

    name: str
    low: Term = field(compare=False)
    high: Term = field(compare=False)
    parameter: str | None = field(default=None, compare=False)
    surface: Any = field(default=None, compare=False, repr=False)

    @property
    def is_integer(self) -> bool:
        """Always."""
        return True

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class EnumSort(Sort):
    """An enumeration with fixed labels."""

    name: str
    labels: tuple[str, ...] = field(compare=False)
    surface: Any = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ScalarSort(Sort):
    """A scalarset: interchangeable names, their number a parameter, apart from the named `constants`."""

    name: str
    parameter: str = field(compare=False)
    prefix: str = field(compare=False)
    constants: tuple[str, ...] = field(default=(), compare=False)
    surface: Any = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class QuorumSort(Sort):
    """The quorums of a scalarset: all majorities at a finite scope, an abstract intersecting family at any size."""

    name: str
    of: ScalarSort = field(compare=False)
    surface: Any = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class FunctionSort(Sort):
    """Total functions from `index` to `value`; functions of several indices are curried."""

    index: Sort
    value: Sort

    def __str__(self) -> str:
        return f"[{self.index} -> {self.value}]"


@dataclass(frozen=True, slots=True)
class SetSort(Sort):
    """Finite sets of `element`."""

    element: Sort

    def __str__(self) -> str:
        return f"Set[{self.element}]"


@dataclass(frozen=True, slots=True)
class RecordSort(Sort):
    """Records with named fields; `ordered` ones are compared lexicographically in the order of their fields."""

    name: str
    fields: tuple[tuple[str, Sort], ...] = field(compare=False)
    ordered: bool = field(default=False, compare=False)
    surface: Any = field(default=None, compare=False, repr=False)

    def field_sort(self, name: str) -> Sort:
        """The sort of the field `name`; KeyError if there is none."""
        return dict(self.fields)[name]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class OptionSort(Sort):
    """`none`, or `some` value of `element`."""

    element: Sort

    def __str__(self) -> str:
        return f"Option[{self.element}]"


@dataclass(frozen=True, slots=True)
class SequenceSort(Sort):
    """Sequences of at most `capacity` elements, indexed from 1 as in TLA+; `capacity` is a term over the parameters."""

    name: str
    element: Sort = field(compare=False)
    capacity: Term = field(compare=False)
    surface: Any = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class KeyedSort(Sort):
    """Sets of records in which no two members share the field `key`."""

    name: str
    element: RecordSort = field(compare=False)
    key: str = field(compare=False)
    surface: Any = field(default=None, compare=False, repr=False)

    @property
    def key_sort(self) -> Sort:
        """The sort of the key field."""
        return self.element.field_sort(self.key)

    def __str__(self) -> str:
        return self.name


BOOL = BoolSort()
INT = IntSort()


def comparable(left: Sort, right: Sort) -> bool:
    """Whether values of the two sorts can be equal: the same sort, or both integers (inside structures too).

    Functions have the same domain only if their index sorts are the same.
    """
    if left == right or (left.is_integer and right.is_integer):
        return True
    match left, right:
        case FunctionSort(), FunctionSort():
            return left.index == right.index and comparable(left.value, right.value)
        case SetSort(), SetSort():
            return comparable(left.element, right.element)
        case OptionSort(), OptionSort():
            return comparable(left.element, right.element)
    return False


def has_integer(sort: Sort) -> bool:
    """Whether a value of the sort contains an integer, or is a sequence: as an index it can miss the index sort."""
    match sort:
        case FunctionSort(index=index, value=value):
            return has_integer(index) or has_integer(value)
        case RecordSort(fields=fields):
            return any(has_integer(of) for _, of in fields)
        case SetSort(element=element) | OptionSort(element=element) | KeyedSort(element=element):
            return has_integer(element)
        case SequenceSort():
            return True
    return sort.is_integer


def inner_sorts(sort: Sort) -> Iterable[Sort]:
    """`sort` and every sort inside it, the inner ones first."""
    match sort:
        case FunctionSort(index=index, value=value):
            yield from inner_sorts(index)
            yield from inner_sorts(value)
        case SetSort(element=element) | OptionSort(element=element) | SequenceSort(element=element):
            yield from inner_sorts(element)
        case KeyedSort(element=element):
            yield from inner_sorts(element)
        case QuorumSort(of=base):
            yield base
        case RecordSort(fields=fields):
            for _, inner in fields:
                yield from inner_sorts(inner)
    yield sort
