"""Literals whose sort comes from their context: `none`, `empty`, and functions to them."""

from __future__ import annotations

from typing import Any, NoReturn

from verifier.kernel import misuse
from verifier.kernel.errors import ModelError, here
from verifier.kernel.terms import Term


class Literal:
    """A value without a sort yet. It is compared with expressions, and rejects the operations that only expressions have."""

    def __eq__(self, other: object) -> Any:
        # The other side knows its sort, and answers.
        return self._apart(other)

    def __ne__(self, other: object) -> Any:
        return self._apart(other)

    __hash__ = object.__hash__

    def _apart(self, other: object) -> Any:
        if isinstance(other, Literal):
            raise ModelError(f"nothing determines the sort of {self!r} and {other!r}", hint=_HINT, position=here())
        return NotImplemented

    def __bool__(self) -> bool:
        misuse.refuse_truth()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse(f".{name}")

    def __getitem__(self, index: object) -> Any:
        self._refuse("[...]")

    def _refuse(self, what: str) -> NoReturn:
        raise ModelError(f"nothing determines the sort of {self!r}, which has {what} here", hint=_HINT, position=here())


class Empty(Literal):
    """`none`; `empty`, a sequence, set or keyed set."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return self.kind


class Mapped(Literal):
    """The function from values of the sort of a variable to a literal: `fn(Key, lambda k: none)`."""

    def __init__(self, bound: Term, value: Any) -> None:
        self.bound = bound
        self.value = value

    def __repr__(self) -> str:
        return f"fn({self.bound.sort}, lambda {self.bound.data}: {self.value!r})"


_HINT = "put it where a variable, a field or the other side of a comparison gives its sort"

none: Any = Empty("none")
empty: Any = Empty("empty")
