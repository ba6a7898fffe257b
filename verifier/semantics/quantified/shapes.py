"""How values look over first-order terms: booleans, integers and names are z3 terms, all others one of these.

An option is a truth value with a payload that means nothing where it is false; a record is its fields. Functions, sets, keyed
sets and sequences are Python functions from values to values, so that applying an updated or conditional function is
substitution, and no array or lambda reaches the solver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verifier.semantics.quantified.smt import Ast

Value = Any
"""A z3 term, or one of the classes below, or None where it is never evaluated: the payload of `none`."""


@dataclass(frozen=True, slots=True, eq=False)
class OptionValue:
    """`none` where `present` is false; `normal` says that the payload is then known to be the default of its sort."""

    present: Ast
    payload: Value
    normal: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class RecordValue:
    """A record; the fields in the order of its sort."""

    fields: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FunctionValue:
    """A total function."""

    at: Callable[[Value], Value]


@dataclass(frozen=True, slots=True, eq=False)
class SetValue:
    """A set, as its membership predicate."""

    has: Callable[[Value], Ast]


@dataclass(frozen=True, slots=True, eq=False)
class KeyedValue:
    """A keyed set: whether a key has a record, and which (meaningless where it has none)."""

    has: Callable[[Value], Ast]
    record: Callable[[Value], RecordValue]


@dataclass(frozen=True, slots=True, eq=False)
class SequenceValue:
    """A sequence: its length, and the element at each index, which means nothing outside 1 to the length."""

    length: Ast
    at: Callable[[Ast], Value]
