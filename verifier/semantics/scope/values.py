"""The values of the language as plain, immutable, hashable Python objects.

| sort | value |
|---|---|
| Bool, integers | bool, int |
| enumeration, scalarset | the label, a str |
| quorum | frozenset of labels |
| function | FrozenMap from every index to its value |
| record | FrozenMap from field names to values |
| set, keyed set | frozenset |
| option | None, or Some(value) |
| sequence | tuple |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from verifier.kernel.sorts import BOOL, Sort


class FrozenMap(dict[Any, Any]):
    """An immutable, hashable dictionary."""

    __slots__ = ("_hash",)
    _hash: int

    def __hash__(self) -> int:  # type: ignore[override]
        try:
            return self._hash
        except AttributeError:
            self._hash = hash(frozenset(self.items()))
            return self._hash

    def _immutable(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("a FrozenMap cannot be changed")

    __setitem__ = __delitem__ = __ior__ = _immutable
    clear = pop = popitem = setdefault = update = _immutable

    def set(self, key: Any, value: Any) -> FrozenMap:
        """A copy in which `key` has `value`."""
        return FrozenMap({**self, key: value})


class Some(NamedTuple):
    """The option that has a value; the option without one is None."""

    value: Any


@dataclass(frozen=True, slots=True)
class NoValue:
    """Stands in a state for the value of a variable that has none: a set with an element outside its sort, or an initial value
    that is undefined.

    `reason` is for people. Where an element does not fit, `value` is that element, and `sort` the place, if that is known.
    """

    reason: str
    value: Any = field(default=None, compare=False, repr=False)
    sort: Sort = field(default=BOOL, compare=False, repr=False)
