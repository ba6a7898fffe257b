"""The sorts of the language: plain, immutable descriptions without any solver's or scope's view of them.

Named sorts (ranges, enumerations, scalarsets, quorums, records, sequences, keyed sets) are compared by name, structural sorts
(functions, sets, options) by their parts. The components of a sort are stated once, in its `parts`: every traversal of a sort
is a fold over `inner_sorts`, `held_sorts` or `atoms`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.kernel.terms import Term

_DECLARATIONS = count(1)


@dataclass(frozen=True, slots=True)
class Sort:
    """A type of the language."""

    @property
    def is_integer(self) -> bool:
        """Whether values of the sort are integers: Int, a range, an ordered sort."""
        return False

    @property
    def is_ordered(self) -> bool:
        """Whether values of the sort are compared with `<`: integers, ordered records, ordered scalarsets."""
        return self.is_integer

    @property
    def parts(self) -> tuple[Sort, ...]:
        """The sorts that this one is made of."""
        return ()

    @property
    def held(self) -> tuple[Sort, ...]:
        """The parts whose values a value holds: a function holds its values, at the indices."""
        return self.parts

    @property
    def ends(self) -> tuple[Term, ...]:
        """The terms over parameters that say which values there are: the ends of a range, the capacity of a sequence."""
        return ()

    @property
    def is_atomic(self) -> bool:
        """Whether values are not made of others: truth values, integers, labels, names, quorums (which have names)."""
        return not self.parts

    @property
    def is_declared(self) -> bool:
        """Whether a model gave the sort its name."""
        return False


@dataclass(frozen=True, slots=True)
class NamedSort(Sort):
    """A sort with a name. Two that are declared apart are two sorts, whatever they are called.

    `declaration` numbers the declarations of a process; it is 0 for a sort that no model declares. A sort that is made from
    another by `replace` has the same.
    """

    name: str
    declaration: int = field(default_factory=lambda: next(_DECLARATIONS), compare=False, repr=False, kw_only=True)

    @property
    def is_declared(self) -> bool:
        """Whether a model gave the sort its name."""
        return self.declaration > 0

    def __str__(self) -> str:
        return self.name


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
class RangeSort(NamedSort):
    """Integers `low..high`; both ends are terms over the parameters.

    `parameter` is set for an *ordered* sort (Proposers, Rounds): its number of values is that parameter, `size` in the
    published model, its labels are the fixed integers from `low` on, and they are not interchangeable.
    """

    low: Term = field(compare=False)
    high: Term = field(compare=False)
    parameter: str | None = field(default=None, compare=False)
    size: int | None = field(default=None, compare=False)

    @property
    def ends(self) -> tuple[Term, ...]:
        """The least and the greatest integer."""
        return (self.low, self.high)

    @property
    def is_integer(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True, slots=True)
class EnumSort(NamedSort):
    """An enumeration with fixed labels."""

    labels: tuple[str, ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class ScalarSort(NamedSort):
    """A scalarset: interchangeable names, apart from the named `constants`; `ordered` ones are not, they have `<`.

    Their number is a parameter, `size` in the published model.
    """

    parameter: str = field(compare=False)
    size: int = field(compare=False)
    prefix: str = field(compare=False)
    constants: tuple[str, ...] = field(default=(), compare=False)
    ordered: bool = field(default=False, compare=False)

    @property
    def is_ordered(self) -> bool:
        """Whether the model gives the names an order."""
        return self.ordered

    @property
    def least(self) -> int:
        """How many members there are at least."""
        return max(1, len(self.constants))


@dataclass(frozen=True, slots=True)
class QuorumSort(NamedSort):
    """The quorums of a scalarset: all majorities at a finite scope, an abstract intersecting family at any size."""

    of: ScalarSort = field(compare=False)

    @property
    def parts(self) -> tuple[Sort, ...]:
        """The scalarset."""
        return (self.of,)

    @property
    def is_atomic(self) -> bool:
        """Always: a quorum is a name, whose members are given by membership."""
        return True


@dataclass(frozen=True, slots=True)
class FunctionSort(Sort):
    """Total functions from `index` to `value`; functions of several indices are curried."""

    index: Sort
    value: Sort

    @property
    def parts(self) -> tuple[Sort, ...]:
        """The sorts of indices and values."""
        return (self.index, self.value)

    @property
    def held(self) -> tuple[Sort, ...]:
        """The sort of values."""
        return (self.value,)

    def __str__(self) -> str:
        return f"[{self.index} -> {self.value}]"


@dataclass(frozen=True, slots=True)
class SetSort(Sort):
    """Finite sets of `element`."""

    element: Sort

    @property
    def parts(self) -> tuple[Sort, ...]:
        """The sort of elements."""
        return (self.element,)

    def __str__(self) -> str:
        return f"Set[{self.element}]"


@dataclass(frozen=True, slots=True)
class RecordSort(NamedSort):
    """Records with named fields; `ordered` ones are compared lexicographically in the order of their fields."""

    fields: tuple[tuple[str, Sort], ...] = field(compare=False)
    ordered: bool = field(default=False, compare=False)

    @property
    def is_ordered(self) -> bool:
        """Whether records are compared lexicographically."""
        return self.ordered

    @property
    def parts(self) -> tuple[Sort, ...]:
        """The sorts of the fields."""
        return tuple(of for _, of in self.fields)

    def field_sort(self, name: str) -> Sort:
        """The sort of the field `name`; KeyError if there is none."""
        return dict(self.fields)[name]


@dataclass(frozen=True, slots=True)
class OptionSort(Sort):
    """`none`, or `some` value of `element`."""

    element: Sort

    @property
    def parts(self) -> tuple[Sort, ...]:
        """The sort of the value."""
        return (self.element,)

    def __str__(self) -> str:
        return f"Option[{self.element}]"


@dataclass(frozen=True, slots=True)
class SequenceSort(NamedSort):
    """Sequences of at most `capacity` elements, indexed from 1 as in TLA+; `capacity` is a term over the parameters."""

    element: Sort = field(compare=False)
    capacity: Term = field(compare=False)

    @property
    def ends(self) -> tuple[Term, ...]:
        """The capacity."""
        return (self.capacity,)

    @property
    def parts(self) -> tuple[Sort, ...]:
        """The sort of elements."""
        return (self.element,)


@dataclass(frozen=True, slots=True)
class KeyedSort(NamedSort):
    """Sets of records in which no two members share the field `key`."""

    element: RecordSort = field(compare=False)
    key: str = field(compare=False)

    @property
    def parts(self) -> tuple[Sort, ...]:
        """The sort of members."""
        return (self.element,)

    @property
    def key_sort(self) -> Sort:
        """The sort of the key field."""
        return self.element.field_sort(self.key)


BOOL = BoolSort()
INT = IntSort()


def same_declaration(left: Sort, right: Sort) -> bool:
    """Whether two sorts of one name were declared by one declaration, or are not declared at all."""
    return not (isinstance(left, NamedSort) and isinstance(right, NamedSort)) or left.declaration == right.declaration


def inner_sorts(sort: Sort) -> Iterator[Sort]:
    """`sort` and every sort inside it, the inner ones first."""
    for part in sort.parts:
        yield from inner_sorts(part)
    yield sort


def held_sorts(sort: Sort) -> Iterator[Sort]:
    """`sort` and the sorts of everything that a value of it holds, itself first; the indices of functions are not held."""
    yield sort
    for part in sort.held:
        yield from held_sorts(part)


def atoms(sort: Sort) -> Iterator[Sort]:
    """The atomic sorts that values of `sort` are made of and indexed by, in the order in which they are written."""
    if sort.is_atomic:
        yield sort
    else:
        for part in sort.parts:
            yield from atoms(part)


def has_integer(sort: Sort) -> bool:
    """Whether a value of the sort contains an integer, or is a sequence: as an index it can miss the index sort."""
    return any(inner.is_integer or isinstance(inner, SequenceSort) for inner in inner_sorts(sort))


def has_range(sort: Sort) -> bool:
    """Whether a stored value of the sort can be out of range: it contains integers of a range, or a bounded sequence."""
    return any(isinstance(inner, (RangeSort, SequenceSort)) for inner in held_sorts(sort))


def is_endless(sort: Sort) -> bool:
    """Whether a sort has values without number: an Int somewhere inside."""
    return any(isinstance(inner, IntSort) for inner in inner_sorts(sort))


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
