"""JSON Schemas read strictly: a field that the schema does not name is one too many, whatever else it allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def unnamed(value: Any, schema: Schema) -> list[str]:
    """The places in a document whose fields its schema does not name, and those that are of no type that it allows."""
    return sorted(set(_unnamed(value, schema, schema.get("$defs", {}), "")))


def _unnamed(value: Any, schema: Schema, definitions: Schema, where: str) -> Iterator[str]:
    if "$ref" in schema:
        yield from _unnamed(value, definitions[schema["$ref"].rpartition("/")[2]], definitions, where)
    elif "anyOf" in schema:
        found = [list(_unnamed(value, one, definitions, where)) for one in schema["anyOf"]]
        yield from min(found, key=len)
    elif not _fits(value, schema.get("type")):
        yield f"{where}: {schema['type']}"
    elif isinstance(value, dict) and "type" in schema:
        named, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        for name, inner in value.items():
            place = f"{where}.{name}"
            if name in named:
                yield from _unnamed(inner, named[name], definitions, place)
            elif named or others is False:
                yield place
            elif isinstance(others, Mapping):
                yield from _unnamed(inner, others, definitions, f"{where}.*")
    elif isinstance(value, list):
        first = schema.get("prefixItems", [])
        for number, inner in enumerate(value):
            kind = first[number] if number < len(first) else schema.get("items", {})
            yield from _unnamed(inner, kind, definitions, f"{where}[]")


def _fits(value: Any, kind: str | None) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case _:
            return True
