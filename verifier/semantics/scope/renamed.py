"""Values under renamings of the members of scalarsets, which leave named constants alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verifier.kernel.sorts import (
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
from verifier.semantics.scope.finite import FiniteScope
from verifier.semantics.scope.values import FrozenMap, Some

Renaming = Mapping[str, Mapping[str, str]]
"""For the name of each scalarset, the new name of each member; members left out keep theirs."""


def renamed(value: Any, sort: Sort, renaming: Renaming) -> Any:
    """A value of `sort` with the members of scalarsets renamed."""
    match sort:
        case ScalarSort(name=name):
            return renaming.get(name, {}).get(value, value)
        case QuorumSort(of=of):
            return frozenset(renamed(member, of, renaming) for member in value)
        case FunctionSort(index=index, value=of):
            return FrozenMap({renamed(k, index, renaming): renamed(v, of, renaming) for k, v in value.items()})
        case SetSort(element=element) | KeyedSort(element=element):
            return frozenset(renamed(member, element, renaming) for member in value)
        case OptionSort(element=element):
            return None if value is None else Some(renamed(value.value, element, renaming))
        case RecordSort(fields=fields):
            return FrozenMap({name: renamed(value[name], of, renaming) for name, of in fields})
        case SequenceSort(element=element):
            return tuple(renamed(member, element, renaming) for member in value)
    return value


def movable(scope: FiniteScope) -> dict[str, tuple[str, ...]]:
    """For each scalarset that has no order the members that are not named constants."""
    return {
        sort.name: scope.labels[sort.name][len(sort.constants) :]
        for sort in scope.model.sorts
        if isinstance(sort, ScalarSort) and not sort.ordered
    }
