"""The layout: which fields hold the state at a finite scope, and how states become field codes and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.kernel.sorts import (
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    RangeSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.semantics.scope import FiniteScope, FrozenMap, Some


@dataclass(frozen=True, slots=True)
class Field:
    """One stored piece of state: an integer code in `low..high`, or a Bool (codes 0 and 1).

    `name` is the name for people (`txnState[t1]`); `variable` the state variable it belongs to.
    """

    number: int
    name: str
    variable: str
    is_bool: bool
    low: int
    high: int

    @property
    def bits(self) -> int:
        """Bits that the packed view needs for `code - low`."""
        return (self.high - self.low).bit_length()


@dataclass(frozen=True, slots=True)
class Slot:
    """A field before it has a number: its name, whether it is a Bool, and its codes `low..high`."""

    name: str
    is_bool: bool
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Codec:
    """How the values of one sort are stored.

    `slots` gives the fields for a place of some name; `encode` appends a value's codes, ValueError if it is outside the
    sort; `decode` takes the codes back. `lows` are the codes that stand where a value is absent.
    """

    slots: Callable[[str], list[Slot]]
    encode: Callable[[Any, list[int]], None]
    decode: Callable[[Iterator[int]], Any]
    lows: tuple[int, ...]


class Layout:
    """All fields of a model at a finite scope, in the order of its variables.

    | sort | fields |
    |---|---|
    | Bool | one Bool field |
    | range | its integers |
    | enumeration, scalarset | the position among the labels |
    | option of one of those | 0 for none, i + 1 for the i-th value |
    | option of anything else | a Bool, then the value's fields |
    | record | its fields |
    | function | the fields of its value at every index |
    | set | a Bool for every value of the element sort |
    | sequence | the length, then the fields of as many elements as fit |
    | keyed set | for every key a Bool, then the other fields of the record |

    The fields of absent values (an option's value, an element beyond the length) hold the least code, so that a state has one
    encoding.
    """

    def __init__(self, scope: FiniteScope) -> None:
        self.scope = scope
        self._codecs: dict[Sort, Codec] = {}
        self._places: dict[str, tuple[Field, ...]] = {}
        fields: list[Field] = []
        for variable in scope.model.variables:
            start = len(fields)
            for slot in self.codec(variable.sort).slots(variable.name):
                number = len(fields)
                fields.append(Field(number, slot.name, variable.name, slot.is_bool, slot.low, slot.high))
            self._places[variable.name] = tuple(fields[start:])
        self.fields: tuple[Field, ...] = tuple(fields)

    def of(self, variable: str) -> tuple[Field, ...]:
        """The fields of a state variable, in order; KeyError if there is no such variable."""
        return self._places[variable]

    def encode(self, state: Mapping[str, Any]) -> tuple[int, ...]:
        """The field codes of a state; ValueError for a value outside its sort."""
        codes: list[int] = []
        for variable in self.scope.model.variables:
            try:
                self.codec(variable.sort).encode(state[variable.name], codes)
            except (ValueError, TypeError, KeyError, AttributeError):
                message = f"{variable.name} has a value outside {variable.sort}: {state.get(variable.name)!r}"
                raise ValueError(message) from None
        return tuple(codes)

    def decode(self, codes: Sequence[int]) -> dict[str, Any]:
        """The state with these field codes, as values by variable name."""
        taken = iter(codes)
        variables = self.scope.model.variables
        return {variable.name: self.codec(variable.sort).decode(taken) for variable in variables}

    def codec(self, sort: Sort) -> Codec:
        """How values of `sort` are stored; TypeError for a sort that cannot be."""
        known = self._codecs.get(sort)
        if known is None:
            known = self._codecs[sort] = self._build(sort)
        return known

    def _build(self, sort: Sort) -> Codec:
        match sort:
            case BoolSort():
                return _listed((False, True), is_bool=True)
            case EnumSort() | ScalarSort():
                return _listed(self.scope.domain(sort))
            case RangeSort():
                return _range(*self.scope.bounds(sort))
            case OptionSort(element=RangeSort() as element):
                return _range_option(*self.scope.bounds(element))
            case OptionSort(element=BoolSort() | EnumSort() | ScalarSort() as element):
                return _listed((None, *(Some(value) for value in self.scope.domain(element))))
            case OptionSort(element=element):
                return _option(self.codec(element))
            case RecordSort(fields=fields):
                return _record([(name, self.codec(of)) for name, of in fields])
            case FunctionSort(index=index, value=value):
                return _function(self.scope.domain(index), self.codec(value))
            case SetSort(element=element):
                return _set(self.scope.domain(element))
            case SequenceSort(element=element):
                return _sequence(self.codec(element), self.scope.capacity(sort))
            case KeyedSort(element=record, key=key):
                rest = [(name, self.codec(of)) for name, of in record.fields if name != key]
                return _keyed(self.scope.domain(sort.key_sort), key, _record(rest))
        raise TypeError(f"{sort} cannot be stored")


def label(value: Any) -> str:
    """A value as it stands in a field's name."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case None:
            return "none"
        case Some(value=inner):
            return label(inner)
        case FrozenMap():
            return "(" + ", ".join(label(part) for part in value.values()) + ")"
        case frozenset():
            return "{" + ", ".join(sorted(label(part) for part in value)) + "}"
        case tuple():
            return "<" + ", ".join(label(part) for part in value) + ">"
    return str(value)


def _listed(values: Sequence[Any], is_bool: bool = False) -> Codec:
    positions = {value: code for code, value in enumerate(values)}

    def encode(value: Any, codes: list[int]) -> None:
        codes.append(positions[value])

    high = len(values) - 1
    return Codec(lambda name: [Slot(name, is_bool, 0, high)], encode, lambda codes: values[next(codes)], (0,))


def _range(low: int, high: int) -> Codec:
    def encode(value: Any, codes: list[int]) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(value)
        codes.append(value)

    return Codec(lambda name: [Slot(name, False, low, high)], encode, lambda codes: int(next(codes)), (low,))


def _range_option(low: int, high: int) -> Codec:
    """As if the values were listed, which may be too many: none, low, low + 1 and so on."""
    inner = _range(low, high)

    def encode(value: Any, codes: list[int]) -> None:
        inner.encode(low if value is None else value.value, codes)
        codes[-1] = 0 if value is None else codes[-1] - low + 1

    def decode(codes: Iterator[int]) -> Any:
        code = int(next(codes))
        return Some(low + code - 1) if code else None

    return Codec(lambda name: [Slot(name, False, 0, high - low + 1)], encode, decode, (0,))


def _option(inner: Codec) -> Codec:
    def encode(value: Any, codes: list[int]) -> None:
        codes.append(value is not None)
        if value is None:
            codes.extend(inner.lows)
        else:
            inner.encode(value.value, codes)

    def decode(codes: Iterator[int]) -> Any:
        present, value = next(codes), inner.decode(codes)
        return Some(value) if present else None

    def slots(name: str) -> list[Slot]:
        return [Slot(f"{name}.is_some", True, 0, 1), *inner.slots(name)]

    return Codec(slots, encode, decode, (0, *inner.lows))


def _record(fields: Sequence[tuple[str, Codec]]) -> Codec:
    def encode(value: Any, codes: list[int]) -> None:
        for name, codec in fields:
            codec.encode(value[name], codes)

    def slots(name: str) -> list[Slot]:
        return [slot for part, codec in fields for slot in codec.slots(f"{name}.{part}")]

    def decode(codes: Iterator[int]) -> Any:
        return FrozenMap((name, codec.decode(codes)) for name, codec in fields)

    return Codec(slots, encode, decode, tuple(low for _, codec in fields for low in codec.lows))


def _function(domain: Sequence[Any], inner: Codec) -> Codec:
    def encode(value: Any, codes: list[int]) -> None:
        if len(value) != len(domain):
            raise ValueError(value)
        for index in domain:
            inner.encode(value[index], codes)

    def slots(name: str) -> list[Slot]:
        return [slot for index in domain for slot in inner.slots(f"{name}[{label(index)}]")]

    def decode(codes: Iterator[int]) -> Any:
        return FrozenMap((index, inner.decode(codes)) for index in domain)

    return Codec(slots, encode, decode, inner.lows * len(domain))


def _set(domain: Sequence[Any]) -> Codec:
    known = frozenset(domain)

    def encode(value: Any, codes: list[int]) -> None:
        if not value <= known:
            raise ValueError(value)
        codes.extend(element in value for element in domain)

    def slots(name: str) -> list[Slot]:
        return [Slot(f"{label(element)} in {name}", True, 0, 1) for element in domain]

    def decode(codes: Iterator[int]) -> Any:
        return frozenset([element for element in domain if next(codes)])

    return Codec(slots, encode, decode, (0,) * len(domain))


def _sequence(inner: Codec, capacity: int) -> Codec:
    def encode(value: Any, codes: list[int]) -> None:
        if len(value) > capacity:
            raise ValueError(value)
        codes.append(len(value))
        for element in value:
            inner.encode(element, codes)
        codes.extend(inner.lows * (capacity - len(value)))

    def slots(name: str) -> list[Slot]:
        places = [slot for i in range(1, capacity + 1) for slot in inner.slots(f"{name}[{i}]")]
        return [Slot(f"{name}.length", False, 0, capacity), *places]

    def decode(codes: Iterator[int]) -> Any:
        length = next(codes)
        return tuple([inner.decode(codes) for _ in range(capacity)][:length])

    return Codec(slots, encode, decode, (0, *inner.lows * capacity))


def _keyed(domain: Sequence[Any], key: str, rest: Codec) -> Codec:
    known = frozenset(domain)

    def encode(value: Any, codes: list[int]) -> None:
        records = {record[key]: record for record in value}
        if len(records) != len(value) or not records.keys() <= known:
            raise ValueError(value)
        for index in domain:
            codes.append(index in records)
            if index in records:
                rest.encode(records[index], codes)
            else:
                codes.extend(rest.lows)

    def slots(name: str) -> list[Slot]:
        places = [(f"{name}[{label(index)}]") for index in domain]
        return [
            slot for place in places for slot in (Slot(f"{place}.present", True, 0, 1), *rest.slots(place))
        ]

    def decode(codes: Iterator[int]) -> Any:
        records = []
        for index in domain:
            present, others = next(codes), rest.decode(codes)
            if present:
                records.append(FrozenMap({key: index, **others}))
        return frozenset(records)

    return Codec(slots, encode, decode, (0, *rest.lows) * len(domain))
