"""Values in ITF notation, read back under a sort.

Sources: Apalache, architecture decision record 015, "Informal Trace Format in JSON"; options are tagged
values as Quint writes them. Integers are always big integers there, as both tools write them; plain JSON
integers are read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from verifier.files import notation
from verifier.kernel.errors import nearest
from verifier.kernel.sorts import (
    BoolSort,
    EnumSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RecordSort,
    ScalarSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.semantics.concrete.order import ordering
from verifier.semantics.scope import FiniteScope, FrozenMap, NoValue, Some

Json = Any

UNSERIALIZABLE = "#unserializable"
"""The key that marks a value that ITF cannot express; its content is for people."""

UNIT: Json = {"#tup": []}
_INTEGER = re.compile(r"-?[0-9]{1,1000}\Z")


class Malformed(Exception):
    """A JSON value does not denote a value of the sort that stands in its place; the message says why."""


def none() -> Json:
    """The option without a value; `sort` as in `some`."""
    return {"tag": "None", "value": dict(UNIT), "sort": "Option"}


def some(value: Json) -> Json:
    """The option with a value that is encoded already.

    The Python reader of ITF, itf-py 0.5, fails on the tag `None` and on tagged values such as big integers
    and sets. A third field keeps it from reading the tag; Quint's and serde's readers ignore that field.
    """
    if isinstance(value, dict) and any(key.startswith("#") for key in value):
        return {"tag": "Some", "value": value, "sort": "Option"}
    return {"tag": "Some", "value": value}


def encode(value: Any, sort: Sort, scope: FiniteScope) -> Json:
    """A value as ITF; elements of sets in the order of the scope, so that equal values give equal text."""
    if isinstance(value, NoValue):
        return {UNSERIALIZABLE: value.reason}
    match sort:
        case BoolSort() | EnumSort() | ScalarSort():
            return value
        case FunctionSort(index=index, value=of):
            entries = [[encode(key, index, scope), encode(value[key], of, scope)] for key in scope.domain(index)]
            return {"#map": entries}
        case RecordSort(fields=fields):
            return notation.record({name: encode(value[name], of, scope) for name, of in fields})
        case SetSort(element=element):
            return _encoded_set(value, element, scope)
        case KeyedSort(element=record):
            return _encoded_set(value, record, scope)
        case QuorumSort(of=base):
            return _encoded_set(value, base, scope)
        case OptionSort(element=element):
            return some(encode(value.value, element, scope)) if isinstance(value, Some) else none()
        case SequenceSort(element=element):
            return [encode(item, element, scope) for item in value]
    return {"#bigint": str(value)}


def _encoded_set(items: Iterable[Any], element: Sort, scope: FiniteScope) -> Json:
    return {"#set": [encode(item, element, scope) for item in sorted(items, key=ordering(scope, element))]}


def decode_variable(value: Json, sort: Sort, scope: FiniteScope) -> Any:
    """The value of a variable, as `decode`; or the mark that it has none, as after a step that leaves its range."""
    if isinstance(value, dict) and value.keys() == {UNSERIALIZABLE} and isinstance(value[UNSERIALIZABLE], str):
        return NoValue(value[UNSERIALIZABLE])
    return decode(value, sort, scope)


def decode(value: Json, sort: Sort, scope: FiniteScope) -> Any:
    """The value of `sort` that ITF denotes; integers may be out of range, sequences too long.

    Raises Malformed for anything else that does not have the form of a value of the sort.
    """
    match sort:
        case BoolSort():
            if not isinstance(value, bool):
                raise Malformed(f"{_shown(value)} is not a truth value")
            return value
        case EnumSort() | ScalarSort():
            return _label(value, sort, scope)
        case FunctionSort():
            return _function(value, sort, scope)
        case RecordSort():
            return _record(value, sort, scope)
        case SetSort(element=element):
            return _set(value, element, scope)
        case KeyedSort(element=record, key=key):
            records = _set(value, record, scope)
            if len({item[key] for item in records}) < len(records):
                raise Malformed(f"two records have the same {key}")
            return records
        case QuorumSort(of=base):
            members = _set(value, base, scope)
            if members not in scope.domain(sort):
                raise Malformed(f"{_shown(value)} is not a quorum of {base}")
            return members
        case OptionSort(element=element):
            return _option(value, element, scope)
        case SequenceSort(element=element):
            if not isinstance(value, list):
                raise Malformed(f"{_shown(value)} is not a sequence; ITF writes a JSON list")
            return tuple(decode(item, element, scope) for item in value)
    return _integer(value)


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _integer(value: Json) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = value.get("#bigint") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(digits, str) or not _INTEGER.match(digits):
        raise Malformed(f'{_shown(value)} is not an integer; ITF writes {{"#bigint": "3"}}')
    return int(digits)


def _label(value: Json, sort: EnumSort | ScalarSort, scope: FiniteScope) -> str:
    labels = scope.domain(sort)
    if not isinstance(value, str) or value not in labels:
        hint = nearest(value, labels, f"values of {sort}") if isinstance(value, str) else f"{sort} has labels"
        raise Malformed(f"{_shown(value)} is not a value of {sort} ({hint})")
    return value


def _tagged(value: Json, tag: str, what: str) -> list[Json]:
    items = value.get(tag) if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(items, list):
        raise Malformed(f'{_shown(value)} is not a {what}; ITF writes {{"{tag}": [...]}}')
    return items


def _set(value: Json, element: Sort, scope: FiniteScope) -> frozenset[Any]:
    items = [decode(item, element, scope) for item in _tagged(value, "#set", "set")]
    if len(set(items)) < len(items):
        raise Malformed("the set lists an element twice")
    return frozenset(items)


def _function(value: Json, sort: FunctionSort, scope: FiniteScope) -> FrozenMap:
    result: dict[Any, Any] = {}
    for pair in _tagged(value, "#map", "function"):
        if not isinstance(pair, list) or len(pair) != 2:
            raise Malformed(f"{_shown(pair)} is not a pair of index and value")
        key = decode(pair[0], sort.index, scope)
        if key in result:
            raise Malformed(f"the function lists {_shown(pair[0])} twice")
        with _within(pair[0]):
            result[key] = decode(pair[1], sort.value, scope)
    domain = dict.fromkeys(scope.domain(sort.index))
    extra = [key for key in result if key not in domain]
    missing = [key for key in domain if key not in result]
    if extra or missing:
        wrong = f"the function has no value for {missing[0]}" if missing else f"{extra[0]} is not a value of {sort.index}"
        raise Malformed(wrong)
    return FrozenMap({key: result[key] for key in domain})


@contextmanager
def _within(place: Json) -> Iterator[None]:
    """Says of a malformed part where it stands."""
    try:
        yield
    except Malformed as error:
        inner = place.get("#bigint", "...") if isinstance(place, dict) else place
        raise Malformed(f"at {inner}: {error}") from None


def _record(value: Json, sort: RecordSort, scope: FiniteScope) -> FrozenMap:
    names = [name for name, _ in sort.fields]
    # A document of another tool may lack the field that distinguishes a record from an option.
    allowed = (set(names), {*names, notation.marker(names)})
    if not isinstance(value, dict) or set(value) not in allowed:
        raise Malformed(f"{_shown(value)} is not a value of {sort}, which has the fields {', '.join(names)}")
    result = {}
    for name, of in sort.fields:
        with _within(name):
            result[name] = decode(value[name], of, scope)
    return FrozenMap(result)


def _option(value: Json, element: Sort, scope: FiniteScope) -> Some | None:
    tag = value.get("tag") if isinstance(value, dict) and set(value) - {"sort"} == {"tag", "value"} else None
    if tag == "Some":
        return Some(decode(value["value"], element, scope))
    if tag != "None" or value["value"] != UNIT:
        raise Malformed(f'{_shown(value)} is not an option; ITF writes {{"tag": "Some", "value": ...}} or the tag None')
    return None
