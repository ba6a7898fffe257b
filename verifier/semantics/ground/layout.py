"""The layout: which fields hold the state at a finite scope, and how states become field codes and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One stored piece of state: an integer code in `low..high`, or a Bool (codes 0 and 1).

    `name` is what people read (`txnState[t1]`); `variable` the state variable it belongs to.
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


class Layout:
    """All fields of a model at a finite scope, in a fixed order."""

    fields: tuple[Field, ...]

    def encode(self, state: Mapping[str, Any]) -> tuple[int, ...]:
        """The field codes of a state within its sorts; ValueError for a value outside."""
        raise NotImplementedError

    def decode(self, codes: Sequence[int]) -> dict[str, Any]:
        """The state with these field codes, as values by variable name."""
        raise NotImplementedError
