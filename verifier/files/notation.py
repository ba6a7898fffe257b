"""Distinguishing a record from an option in ITF, whose options are tagged values as Quint writes sum types.

An option has the fields `tag` and `value`, and perhaps `sort`. A record with just these fields is written with one more field,
which makes the text unambiguous; other tools see a record with an extra field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_MARKER = "record"


def is_option(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object is an option."""
    return _looks_like_an_option(set(value))


def record(fields: dict[str, Any]) -> dict[str, Any]:
    """The JSON object of a record with these fields."""
    name = marker(fields)
    return fields if name is None else {**fields, name: True}


def fields_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record, from its JSON object; also from one that another tool wrote, if it is known to be a record."""
    return {name: field for name, field in value.items() if field is not True or name != marker(value.keys() - {name})}


def marker(names: Iterable[str]) -> str | None:
    """The field that distinguishes a record with fields of these names from an option; None if it needs none."""
    known = set(names)
    result = _MARKER
    while result in known:
        known.remove(result)
        result += "_"
    return result if _looks_like_an_option(known) else None


def _looks_like_an_option(names: set[str]) -> bool:
    return {"tag", "value"} <= names <= {"tag", "value", "sort"}
