"""Values as text, and the changes from one value to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verifier.kernel.sorts import (
    BoolSort,
    FunctionSort,
    KeyedSort,
    OptionSort,
    QuorumSort,
    RecordSort,
    SequenceSort,
    SetSort,
    Sort,
)
from verifier.semantics.concrete.order import ordering
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.scope.values import NoValue, Some


def value_text(value: Any, sort: Sort, scope: FiniteScope) -> str:
    """A value as TLA+ would write it: `{a, b}`, `[k1 -> g1, k2 -> g2]`, `[all -> g1]`, `<<1, 2>>`."""
    if isinstance(value, NoValue):
        return f"no value: {value.reason}"
    match sort:
        case BoolSort():
            return "TRUE" if value else "FALSE"
        case FunctionSort(index=index, value=of):
            images = {value_text(item, index, scope): value_text(image, of, scope) for item, image in value.items()}
            if len(images) > 1 and len(set(images.values())) == 1:
                return f"[all -> {next(iter(images.values()))}]"
            return f"[{', '.join(f'{item} -> {image}' for item, image in images.items())}]"
        case RecordSort(fields=fields):
            parts = [f"{name} |-> {value_text(value[name], inner, scope)}" for name, inner in fields]
            return f"[{', '.join(parts)}]"
        case SetSort(element=element):
            return _set_text(value, element, scope)
        case KeyedSort(element=record):
            return _set_text(value, record, scope)
        case QuorumSort(of=base):
            return _set_text(value, base, scope)
        case OptionSort(element=element):
            return f"some({value_text(value.value, element, scope)})" if isinstance(value, Some) else "none"
        case SequenceSort(element=element):
            return f"<<{', '.join(value_text(item, element, scope) for item in value)}>>"
    return str(value)


def _set_text(items: Any, element: Sort, scope: FiniteScope) -> str:
    ordered = sorted(items, key=ordering(scope, element))
    return f"{{{', '.join(value_text(item, element, scope) for item in ordered)}}}"


def value_changes(place: str, old: Any, new: Any, sort: Sort, scope: FiniteScope) -> Iterator[tuple[str, str, str]]:
    """Where a value differs from an older one: the place (`routes[1][k1]`), the old and the new value.

    Functions and records are followed down to the entries that differ.
    """
    if old == new:
        return
    if isinstance(old, NoValue) or isinstance(new, NoValue):
        yield place, value_text(old, sort, scope), value_text(new, sort, scope)
        return
    match sort:
        case FunctionSort(index=index, value=of):
            for key, image in old.items():
                inner = f"{place}[{value_text(key, index, scope)}]"
                yield from value_changes(inner, image, new[key], of, scope)
        case RecordSort(fields=fields):
            for name, of in fields:
                yield from value_changes(f"{place}.{name}", old[name], new[name], of, scope)
        case _:
            yield place, value_text(old, sort, scope), value_text(new, sort, scope)
