"""Sorts of an exported module: Apalache's types, the sets of their values, and formulas that say that a value is one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from verifier.kernel.errors import UsageError
from verifier.kernel.model import Model
from verifier.kernel.sorts import (
    BoolSort,
    EnumSort,
    FunctionSort,
    IntSort,
    KeyedSort,
    NamedSort,
    OptionSort,
    QuorumSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
    inner_sorts,
)
from verifier.kernel.terms import Term
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.tla.names import Namespace

NO_SEQUENCES = "a set of functions as one of sequences"
"""Constructs that not every version of Apalache reads."""


def type_text(sort: Sort, fields: Callable[[str], str]) -> str:
    """The type that Apalache gives to the values of a sort. `fields` gives the name of a field."""
    match sort:
        case BoolSort():
            return "Bool"
        case EnumSort() | ScalarSort():
            return "Str"
        case QuorumSort():
            return "Set(Str)"
        case FunctionSort(index=index, value=value):
            return f"({type_text(index, fields)} -> {type_text(value, fields)})"
        case SetSort(element=element) | OptionSort(element=element):
            return f"Set({type_text(element, fields)})"
        case KeyedSort(element=record):
            return f"Set({type_text(record, fields)})"
        case RecordSort(fields=parts):
            return f"{{ {', '.join(f'{fields(name)}: {type_text(of, fields)}' for name, of in parts)} }}"
        case SequenceSort(element=element):
            return f"Seq({type_text(element, fields)})"
    assert sort.is_integer
    return "Int"


class Definition(NamedTuple):
    """A definition of the module: its comments, and its lines."""

    comments: tuple[str, ...]
    lines: tuple[str, ...]


class Sorts:
    """The sorts of one module. The module has to define whatever has been requested from them.

    `ranked` are sorts whose names the model tells apart by their order, or lists: a scalarset is then a set of strings of the
    module, and otherwise one of its constants. `compared` are the ordered records that are compared. `remarks` collects
    constructs that not every version of Apalache reads.
    """

    def __init__(self, scope: FiniteScope, space: Namespace, parametric: Callable[[Term], str]) -> None:
        self.scope, self.space, self.parametric = scope, space, parametric
        self._fields = Namespace()
        self.fields: dict[str, str] = {}
        self.names: dict[Sort, str] = {sort: space.claim(str(sort)) for sort in scope.model.sorts if isinstance(sort, NamedSort)}
        self.constants = {
            (sort, name): space.claim(name)
            for sort in scope.model.sorts
            if isinstance(sort, ScalarSort)
            for name in sort.constants
        }
        values = Namespace()
        self.members = {
            sort: tuple(values.claim(label) for label in scope.labels[sort.name])
            for sort in scope.model.sorts
            if isinstance(sort, ScalarSort)
        }
        self.option = space.claim("Option", ours=True)
        self._ranks = {sort: space.claim(f"Rank{sort}", ours=True) for sort in self.names}
        self._less = {sort: space.claim(f"Less{sort}", ours=True) for sort in self.names}
        self.used: set[Sort] = set()
        self.uses_option = False
        self.ranked: set[Sort] = set()
        self.compared: set[Sort] = set()
        self.remarks: set[str] = set()

    @property
    def model(self) -> Model:
        """The model whose sorts these are."""
        return self.scope.model

    def field(self, name: str) -> str:
        """The name of a field of records."""
        if name not in self.fields:
            self.fields[name] = self._fields.claim(name)
        return self.fields[name]

    def type(self, sort: Sort) -> str:
        """The annotation of a variable or constant of a sort."""
        written = type_text(sort, self.field)
        return written[1:-1] if written.startswith("(") else written

    # -- sets of values ----------------------------------------------------------------------------------------------

    def domain(self, sort: Sort) -> str:
        """The set of all values of a sort, where anything that binds tightly may stand around it but an index."""
        match sort:
            case BoolSort():
                return "BOOLEAN"
            case IntSort():
                return "Int"
            case FunctionSort(index=index, value=value):
                return f"[{self.domain(index)} -> {self.domain(value)}]"
            case SetSort(element=element):
                inner = self.domain(element)
                return f"SUBSET {f'({inner})' if inner.startswith('SUBSET') else inner}"
            case OptionSort(element=element):
                self.uses_option = True
                return f"{self.option}({self.domain(element)})"
        if isinstance(sort, RangeSort) and sort not in self.names:
            # The least range that has the values of two others.
            return f"({self.parametric(sort.low)}..{self.parametric(sort.high)})"
        self._use(sort)
        return self.names[sort]

    def _use(self, sort: Sort) -> None:
        self.used.add(sort)
        match sort:
            case RecordSort(fields=fields):
                for _, of in fields:
                    self.domain(of)
            case QuorumSort(of=of):
                self.domain(of)
            case KeyedSort(element=record):
                self.domain(record)
            case SequenceSort(element=element):
                self.remarks.add(NO_SEQUENCES)
                self.domain(element)

    def label(self, label: str, sort: Sort) -> str:
        """A label of an enumeration, or a named constant of a scalarset."""
        if isinstance(sort, ScalarSort):
            return self.constants[sort, label]
        return f'"{label}"'

    def values(self, sort: Sort) -> list[str]:
        """All values of an integer range, of truth values, or of names, as text, in their order."""
        match sort:
            case BoolSort():
                return ["FALSE", "TRUE"]
            case EnumSort(labels=labels):
                return [f'"{label}"' for label in labels]
            case ScalarSort():
                self.ranked.add(sort)
                return [f'"{label}"' for label in self.members[sort]]
            case RangeSort():
                return [str(value) for value in self.scope.domain(sort)]
        raise self.refused(sort, "lists the values of")

    def refused(self, sort: Sort, what: str) -> UsageError:
        """The error for a use of a sort that has no form in a module."""
        hint = "the circuits have it: verify show --format btor2"
        return UsageError(f"{self.model.name} {what} {sort}, which has no form in the exported TLA+", hint=hint)

    # -- order -------------------------------------------------------------------------------------------------------

    def less(self, sort: Sort, left: str, right: str) -> str:
        """That one value of a sort comes before another one; both stand where a comparison may have an operand."""
        if sort.is_integer:
            return f"{left} < {right}"
        match sort:
            case EnumSort() | ScalarSort():
                self.ranked.add(sort)
                self.domain(sort)
                return f"{self._ranks[sort]}[{left}] < {self._ranks[sort]}[{right}]"
            case RecordSort(fields=fields):
                self.compared.add(sort)
                for _, of in fields:
                    self.less(of, "", "")
                return f"{self._less[sort]}({left}, {right})"
            case BoolSort():
                return f"({left} = FALSE /\\ {right} = TRUE)"
        raise self.refused(sort, "needs the order of")

    # -- membership --------------------------------------------------------------------------------------------------

    def is_plain(self, sort: Sort) -> bool:
        """Whether membership in the set of values is looked up, and no set is listed for it."""
        return not any(isinstance(part, OptionSort | SequenceSort | KeyedSort | QuorumSort) for part in inner_sorts(sort))

    def typed(self, value: str, sort: Sort, depth: int = 1) -> Iterator[str]:
        """Formulas that together say that a value is one of the sort; it stands where it may be indexed."""
        item = self.space_free(f"i{depth}")
        match sort:
            case IntSort():
                return
            case _ if self.is_plain(sort) or isinstance(sort, QuorumSort):
                yield f"{value} \\in {self.domain(sort)}"
            case FunctionSort(index=index, value=of):
                for part in self.typed(f"{value}[{item}]", of, depth + 1):
                    yield f"\\A {item} \\in {self.domain(index)} : {part}"
            case RecordSort(fields=fields):
                for name, of in fields:
                    yield from self.typed(f"{value}.{self.field(name)}", of, depth + 1)
            case OptionSort(element=element):
                yield f"Cardinality({value}) <= 1"
                yield from self._each(item, value, element, depth)
            case SetSort(element=element):
                yield from self._each(item, value, element, depth)
            case KeyedSort(element=record, key=key):
                other, name = self.space_free(f"j{depth}"), self.field(key)
                yield from self._each(item, value, record, depth)
                same = f"{item}.{name} = {other}.{name} => {item} = {other}"
                yield f"\\A {item} \\in {value} : \\A {other} \\in {value} : {same}"
            case SequenceSort(element=element):
                yield f"Len({value}) <= {self.parametric(sort.capacity)}"
                for part in self.typed(f"{value}[{item}]", element, depth + 1):
                    yield f"\\A {item} \\in DOMAIN {value} : {part}"

    def _each(self, item: str, value: str, element: Sort, depth: int) -> Iterator[str]:
        for part in self.typed(item, element, depth + 1):
            yield f"\\A {item} \\in {value} : {part}"

    def space_free(self, name: str) -> str:
        """A name for a bound variable that nothing in the module has."""
        while name in self.space.taken:
            name += "_"
        return name

    # -- definitions -------------------------------------------------------------------------------------------------

    def is_constant(self, sort: Sort) -> bool:
        """Whether the configuration gives the values of a sort."""
        return isinstance(sort, ScalarSort) and not sort.ordered and sort not in self.ranked

    def definitions(self) -> Iterator[Definition]:
        """The definitions of everything that has been used, in an order in which each may use those before."""
        x = self.space_free("x")
        if self.uses_option:
            yield Definition(
                ("Options: {} is none, {x} is some x.", "@type: Set(a) => Set(Set(a));"),
                (f"{self.option}(S) == {{{{}}}} \\cup {{{{{x}}} : {x} \\in S}}",),
            )
        for sort in self.model.sorts:
            if isinstance(sort, ScalarSort) and not self.is_constant(sort):
                yield Definition((), (f"{self.names[sort]} == {{{', '.join(self._listed(sort))}}}",))
                for place, name in enumerate(sort.constants):
                    yield Definition((), (f"{self.constants[sort, name]} == {self._listed(sort)[place]}",))
            elif sort in self.used and not isinstance(sort, ScalarSort):
                yield from self._defined(sort)
            if sort in self.ranked:
                yield self._ranking(sort)
            if sort in self.compared:
                yield self._comparison(sort)

    def _listed(self, sort: ScalarSort) -> list[str]:
        return [f'"{label}"' for label in self.members[sort]]

    def _defined(self, sort: Sort) -> Iterator[Definition]:
        name, n, q = self.names[sort], self.space_free("n"), self.space_free("q")
        match sort:
            case RangeSort(low=low, high=high):
                yield Definition((), (f"{name} == {self.parametric(low)}..{self.parametric(high)}",))
            case EnumSort(labels=labels):
                listed = ", ".join(f'"{label}"' for label in labels)
                yield Definition((), (f"{name} == {{{listed}}}",))
            case QuorumSort(of=of):
                of_all = self.names[of]
                majority = f"2 * Cardinality({q}) > Cardinality({of_all})"
                yield Definition(("Majorities.",), (f"{name} == {{{q} \\in SUBSET {of_all} : {majority}}}",))
            case RecordSort(fields=fields):
                parts = ", ".join(f"{self.field(part)} : {self.domain(of)}" for part, of in fields)
                yield Definition((), (f"{name} == [{parts}]",))
            case SequenceSort(element=element, capacity=capacity):
                bounded = f"{{[1..{n} -> {self.domain(element)}] : {n} \\in 0..{self.parametric(capacity)}}}"
                yield Definition(("Sequences that are not too long.",), (f"{name} == UNION {bounded}",))
            case KeyedSort(element=record, key=key):
                i, j, field = self.space_free("i"), self.space_free("j"), self.field(key)
                unique = f"\\A {i} \\in {q} : \\A {j} \\in {q} : {i}.{field} = {j}.{field} => {i} = {j}"
                yield Definition(
                    (f"No two members have the same {field}.",),
                    (f"{name} == {{{q} \\in SUBSET {self.domain(record)} : {unique}}}",),
                )

    def _ranking(self, sort: Sort) -> Definition:
        x = self.space_free("x")
        values = self.values(sort)
        ranks = "".join(f"IF {x} = {value} THEN {place} ELSE " for place, value in enumerate(values[:-1], 1))
        comments = (f"The order of {sort}.", "@type: Str -> Int;")
        return Definition(comments, (f"{self._ranks[sort]} == [{x} \\in {self.names[sort]} |-> {ranks}{len(values)}]",))

    def _comparison(self, sort: Sort) -> Definition:
        assert isinstance(sort, RecordSort)
        a, b = self.space_free("a"), self.space_free("b")
        written = ""
        for place, (name, of) in enumerate(reversed(sort.fields)):
            left, right = f"{a}.{self.field(name)}", f"{b}.{self.field(name)}"
            less = self.less(of, left, right)
            written = f"{less} \\/ ({left} = {right} /\\ ({written}))" if place else less
        type_ = type_text(sort, self.field)
        comments = (f"The order of {sort}, by its fields from the first on.", f"@type: ({type_}, {type_}) => Bool;")
        return Definition(comments, (f"{self._less[sort]}({a}, {b}) == {written}",))
