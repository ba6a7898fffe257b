"""The published scope: parameter values, the labels of scalarsets, the bounds of ranges, the values of every sort."""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from verifier.kernel.errors import UsageError, nearest
from verifier.kernel.model import Model
from verifier.kernel.sorts import (
    BoolSort,
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
)
from verifier.kernel.terms import Term, walk
from verifier.semantics.scope.values import FrozenMap, Some

MOST = 1_000_000
"""The most values of a sort that are enumerated. Values that are only stored are not enumerated."""


@dataclass(frozen=True, slots=True, eq=False)
class FiniteScope:
    """A model with a value for every parameter; `labels` holds the members of each scalarset by the sort's name."""

    model: Model
    parameters: Mapping[str, int]
    labels: Mapping[str, tuple[str, ...]]
    _domains: dict[Sort, tuple[Any, ...]] = field(default_factory=dict, repr=False)

    def bounds(self, sort: RangeSort) -> tuple[int, int]:
        """The least and the greatest integer of a range."""
        return int(self.parametric(sort.low)), int(self.parametric(sort.high))

    def capacity(self, sort: SequenceSort) -> int:
        """The greatest length of a stored sequence."""
        return int(self.parametric(sort.capacity))

    def parametric(self, term: Term) -> Any:
        """The value of a term that reads parameters only."""
        return _evaluate(term, self.parameters)

    def constant(self, term: Term) -> Any:
        """The value of a literal; a scalarset's named constant is its sort's member in the same place."""
        if isinstance(term.sort, ScalarSort):
            return self.labels[term.sort.name][term.sort.constants.index(term.data)]
        return term.data

    def indices(self, table: Term) -> tuple[Any, ...]:
        """The values of the index sort of a function that is given by its values; UsageError if their number is another one."""
        assert isinstance(table.sort, FunctionSort)
        indices = self.domain(table.sort.index)
        if len(indices) != len(table.args):
            where = f" ({table.at.name})" if table.at else ""
            message = f"a table has {len(table.args)} values{where}, and {table.sort.index} has {len(indices)}"
            raise UsageError(message, hint="give it as many values as its sort has, or keep the size of the sort")
        return indices

    def domain(self, sort: Sort) -> tuple[Any, ...]:
        """All values of a sort, in a fixed order (see `values` for how they look).

        The order of an ordered record sort is its lexicographic order. Int has no domain: TypeError. Raises UsageError where
        there are too many of them.
        """
        known = self._domains.get(sort)
        if known is None:
            if self.size(sort) > MOST:
                message = f"{sort} has more than {MOST:,} values, and an argument, quantifier or index looks at each of them"
                raise UsageError(message, hint="use a sort with fewer values there; what is only stored may have any number")
            known = self._domains[sort] = tuple(self._enumerate(sort))
        return known

    def size(self, sort: Sort) -> int:
        """How many values a sort has, if there are no more than `MOST`, else some number above it. Int has none: TypeError."""
        match sort:
            case BoolSort():
                return 2
            case RangeSort():
                low, high = self.bounds(sort)
                return high - low + 1
            case EnumSort(labels=labels):
                return len(labels)
            case ScalarSort(name=name):
                return len(self.labels[name])
            case QuorumSort(of=of):
                return _power(2, max(0, self.size(of) - 1))
            case FunctionSort(index=index, value=value):
                return _power(self.size(value), self.size(index))
            case SetSort(element=element):
                return _power(2, self.size(element))
            case OptionSort(element=element):
                return 1 + self.size(element)
            case RecordSort(fields=fields):
                return math.prod(self.size(of) for _, of in fields)
            case SequenceSort(element=element):
                return sum(_power(self.size(element), length) for length in range(min(self.capacity(sort), MOST) + 1))
            case KeyedSort(element=record, key=key):
                others = math.prod(self.size(of) for name, of in record.fields if name != key)
                return _power(1 + others, self.size(sort.key_sort))
        raise TypeError(f"{sort} has no finite domain")

    def _enumerate(self, sort: Sort) -> Sequence[Any]:
        match sort:
            case BoolSort():
                return (False, True)
            case RangeSort():
                low, high = self.bounds(sort)
                return range(low, high + 1)
            case EnumSort(labels=labels):
                return labels
            case ScalarSort(name=name):
                return self.labels[name]
            case QuorumSort(of=of):
                members = self.domain(of)
                sizes = range(len(members) // 2 + 1, len(members) + 1)
                return [frozenset(q) for size in sizes for q in itertools.combinations(members, size)]
            case FunctionSort(index=index, value=value):
                keys = self.domain(index)
                rows = itertools.product(self.domain(value), repeat=len(keys))
                return [FrozenMap(zip(keys, row, strict=True)) for row in rows]
            case SetSort(element=element):
                return [frozenset(s) for s in _subsets(self.domain(element))]
            case OptionSort(element=element):
                return [None, *(Some(value) for value in self.domain(element))]
            case RecordSort(fields=fields):
                names = [name for name, _ in fields]
                rows = itertools.product(*(self.domain(of) for _, of in fields))
                return [FrozenMap(zip(names, row, strict=True)) for row in rows]
            case SequenceSort(element=element):
                lengths = range(self.capacity(sort) + 1)
                return [row for n in lengths for row in itertools.product(self.domain(element), repeat=n)]
            case KeyedSort(element=record, key=key):
                groups: dict[Any, list[Any]] = {}
                for value in self.domain(record):
                    groups.setdefault(value[key], [None]).append(value)
                rows = itertools.product(*groups.values())
                return [frozenset(value for value in row if value is not None) for row in rows]
        raise TypeError(f"{sort} has no finite domain")


def _power(base: int, exponent: int) -> int:
    """A power, if it is at most `MOST`, else some number above it."""
    return int(base**exponent) if base < 2 or exponent <= MOST.bit_length() else MOST + 1


def _subsets(items: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [s for size in range(len(items) + 1) for s in itertools.combinations(items, size)]


def _evaluate(term: Term, parameters: Mapping[str, int]) -> Any:
    match term.op:
        case "literal":
            return term.data
        case "parameter":
            return parameters[term.data]
        case "and":
            return all(_evaluate(arg, parameters) for arg in term.args)
        case "or":
            return any(_evaluate(arg, parameters) for arg in term.args)
        case "implies":
            return not _evaluate(term.args[0], parameters) or _evaluate(term.args[1], parameters)
        case "ite":
            return _evaluate(term.args[1 if _evaluate(term.args[0], parameters) else 2], parameters)
    if term.op not in COMPUTED:
        raise UsageError(f"{term.op} cannot stand in a bound or an assumption; only arithmetic over parameters can")
    try:
        return COMPUTED[term.op](*(_evaluate(arg, parameters) for arg in term.args))
    except ZeroDivisionError:
        message = "a bound or an assumption divides by 0"
        raise UsageError(f"{message}{f' ({term.at.name})' if term.at else ''}") from None


LAZY = frozenset({"literal", "parameter", "and", "or", "implies", "ite"})
COMPUTED: dict[str, Callable[..., Any]] = {
    "not": operator.not_,
    "eq": operator.eq,
    "lt": operator.lt,
    "le": operator.le,
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.floordiv,
    "mod": operator.mod,
}
"""The operators over parameters as functions of all their arguments; those in `LAZY` do not evaluate all of them."""


_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
LARGEST_PARAMETER = 1_000_000


def parse_settings(settings: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` strings as a dictionary; UsageError for a malformed or repeated one."""
    result: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name or not value:
            raise UsageError(
                f"--set {setting} is not NAME=VALUE", hint="such as --set NAME=5 or --set NAME={a,b}"
            )
        if name in result:
            raise UsageError(f"--set {name} is given twice")
        result[name] = value
    return result


def finite_scope(model: Model, settings: Mapping[str, str | int] | None = None) -> FiniteScope:
    """The published scope of `model`, with `settings` in place of published values.

    A sort's parameter takes a size (`3`) or labels (`{a,b}`), a list of parameters a list (`[3,1,1]`). Where fixed parameters are
    set, the scope has a model of its own, so that proofs for any size are proofs for these values. Raises UsageError for an
    unknown name (nearest suggested), a value that is not a natural number, list or label set, an empty range, or parameters
    that an assumption excludes.
    """
    parameters = {name: parameter.default for name, parameter in model.parameters.items()}
    named: dict[str, tuple[str, ...]] = {}
    scalarsets = {sort.parameter: sort for sort in model.sorts if isinstance(sort, ScalarSort)}
    for name, text in single(model, settings or {}):
        if name not in parameters:
            raise UsageError(f"{model.name} has no parameter {name}", hint=nearest(name, parameters, "parameters"))
        value = str(text).strip()
        if value.startswith("{") and value.endswith("}"):
            labels = tuple(part.strip() for part in value[1:-1].split(",") if part.strip())
            if name not in scalarsets:
                raise UsageError(f"parameter {name} takes a number, not labels", hint=f"--set {name}=3")
            wrong = [label for label in labels if not _LABEL.match(label)]
            if wrong or len(set(labels)) != len(labels) or not labels:
                what = f"label {wrong[0]!r} is not a name" if wrong else "labels must be distinct, and at least one"
                raise UsageError(f"--set {name}={value}: {what}", hint=f"--set {name}={{a,b}}")
            named[name], parameters[name] = labels, len(labels)
            continue
        if not re.fullmatch(r"\d+", value) or int(value) > LARGEST_PARAMETER:
            hint = f"--set {name}=3" + (f" or --set {name}={{a,b}}" if name in scalarsets else "")
            raise UsageError(
                f"--set {name}={value}: the value must be a number from 0 to {LARGEST_PARAMETER}", hint=hint
            )
        parameters[name] = int(value)
    other = {
        name: replace(declared, default=parameters[name])
        for name, declared in model.parameters.items()
        if declared.fixed and declared.default != parameters[name]
    }
    if other:
        model = replace(model, parameters={**model.parameters, **other})
    labels_of: dict[str, tuple[str, ...]] = {}
    for name, sort in scalarsets.items():
        if parameters[name] < sort.least:
            raise UsageError(f"{name}={parameters[name]}: sort {sort} needs at least {sort.least} members")
        numbered = tuple(f"{sort.prefix}{i}" for i in range(1, parameters[name] + 1))
        labels_of[sort.name] = named.get(name, numbered)
    scope = FiniteScope(model, parameters, labels_of)
    for ranged in model.sorts:
        if isinstance(ranged, RangeSort):
            low, high = scope.bounds(ranged)
            if low > high:
                raise UsageError(f"range {ranged} is empty: its bounds are {low}..{high} for these parameters")
    for assumption in model.assumptions:
        if not scope.parametric(assumption.formula):
            values = ", ".join(f"{name}={value}" for name, value in parameters.items())
            raise UsageError(f"the parameters violate the assumption {assumption.name}", hint=f"they are {values}")
    for term in walk(*_terms(model)):
        if term.op == "table":
            scope.indices(term)
    return scope


def single(model: Model, settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Settings of single parameters: a list sets the parameters that it consists of."""
    for name, value in settings.items():
        text = str(value).strip()
        members = [part for part in model.parameters if re.fullmatch(rf"{re.escape(name)}_\d+", part)]
        if name in model.parameters or not members:
            if text.startswith("[") and name in model.parameters:
                raise UsageError(f"parameter {name} takes a number, not a list", hint=f"--set {name}=3")
            yield name, value
            continue
        given = text[1:-1].split(",") if text.startswith("[") and text.endswith("]") else []
        if len(given) != len(members):
            published = ",".join(str(model.parameters[part].default) for part in members)
            message = f"--set {name}={text}: the value must be a list of {len(members)} numbers"
            raise UsageError(message, hint=f"--set '{name}=[{published}]'")
        yield from zip(members, given, strict=True)


def _terms(model: Model) -> Iterator[Term]:
    """The terms of a model, except its assumptions."""
    yield from (declared.initial for declared in model.variables if declared.initial is not None)
    yield from (named.formula for named in (*model.initial, *model.constraints))
    yield from (prop.formula for prop in (*model.properties, *model.reachable))
    yield from (formula for prop in model.liveness for case in prop.cases for formula in case.formulas)
    yield from (lemma.formula for lemma in model.lemmas)
    for action in model.actions:
        yield from (guard.condition for guard in action.guards)
        yield from (update.value for update in action.updates)
