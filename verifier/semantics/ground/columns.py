"""Columns: evaluates circuit nodes over a batch of states at once, one numpy array for each field.

Integers never wrap: every node's array is wide enough for the node's interval. Where no type of numpy is, it holds Python's
own integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.layout import Field
from verifier.semantics.ground.states import Bools, States

Array = NDArray[Any]
Rows = TypeVar("Rows", States, Array)

# Rows evaluated together: large enough to hide numpy's cost per call, small enough to stay in the processor's cache.
CHUNK = 16_384


def integer_type(low: int, high: int) -> np.dtype[Any]:
    """The narrowest signed type that holds `low..high`; Python's own integers where none does."""
    for kind in (np.int8, np.int16, np.int32, np.int64):
        limits = np.iinfo(kind)
        if limits.min <= low and high <= limits.max:
            return np.dtype(kind)
    return np.dtype(object)


def type_of(node: Node | Field) -> np.dtype[Any]:
    """The type of the array that holds a node's values, or a field's codes."""
    return np.dtype(np.bool_) if node.is_bool else integer_type(node.low, node.high)


def scalar(node: Node) -> Any:
    """The value of a constant node, typed like an array of such values."""
    kind = type_of(node)
    return node.value if kind.hasobject else kind.type(node.value)


def _all(*args: Bools) -> Bools:
    result = np.logical_and(args[0], args[1])
    for arg in args[2:]:
        np.logical_and(result, arg, out=result)
    return result


def _any(*args: Bools) -> Bools:
    result = np.logical_or(args[0], args[1])
    for arg in args[2:]:
        np.logical_or(result, arg, out=result)
    return result


def _cast(values: Any, kind: np.dtype[Any]) -> Array:
    """The values as an array of a type that holds them; for the widest type, of Python's own integers."""
    return np.asarray(values).astype(kind, copy=False)


def _choose_bool(condition: Bools, then: Bools, otherwise: Bools) -> Bools:
    result: Bools = (then ^ otherwise) & condition
    result ^= otherwise
    return result


def _choose(kind: np.dtype[Any]) -> Callable[[Bools, Array, Array], Array]:
    """`ite` for integers. Without a branch for each row, it is several times faster than `numpy.where`."""

    def choose(condition: Bools, then: Array, otherwise: Array) -> Array:
        base = _cast(otherwise, kind)
        if kind.hasobject:
            return np.where(condition, _cast(then, kind), base)
        result: Array = np.bitwise_xor(_cast(then, kind), base) * condition.view(np.int8)
        result ^= base
        return result

    return choose


def _arithmetic(node: Node, function: np.ufunc) -> Callable[[Array, Array], Array]:
    low = min(node.low, *(arg.low for arg in node.args))
    high = max(node.high, *(arg.high for arg in node.args))
    kind = integer_type(low, high)

    def compute(left: Array, right: Array) -> Array:
        return _cast(function(_cast(left, kind), _cast(right, kind)), type_of(node))

    return compute


def operation(node: Node) -> Callable[..., Array]:
    """The numpy function that computes an inner node from the arrays of its arguments."""
    match node.op:
        case "not":
            return np.logical_not
        case "and":
            return np.logical_and if len(node.args) == 2 else _all
        case "or":
            return np.logical_or if len(node.args) == 2 else _any
        case "ite":
            return _choose_bool if node.is_bool else _choose(type_of(node))
        case "eq":
            return np.equal
        case "le":
            return np.less_equal
        case "add":
            return _arithmetic(node, np.add)
        case "sub":
            return _arithmetic(node, np.subtract)
        case "mul":
            return _arithmetic(node, np.multiply)
    raise ValueError(f"{node.op} is not an inner node")


def inner_nodes(roots: Iterable[Node], known: Mapping[int, Any]) -> list[Node]:
    """The nodes below the roots, arguments first, without anything at or below a node whose index is `known`."""
    seen: dict[int, Node] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.index not in seen and node.index not in known:
            seen[node.index] = node
            stack.extend(node.args)
    return [seen[index] for index in sorted(seen)]


class Program:
    """A straight-line program that computes some nodes for a batch of states, each shared node once.

    `given` are nodes whose arrays the caller supplies; the program does not look below them.
    """

    def __init__(self, roots: Sequence[Node], given: Iterable[Node] = ()) -> None:
        self.roots = tuple(roots)
        self.given = tuple(given)
        known = {node.index: node for node in self.given}
        nodes = inner_nodes(self.roots, known)
        place = {node.index: number for number, node in enumerate((*self.given, *nodes))}
        last = {root.index: -1 for root in self.roots}
        for node in reversed(nodes):
            for arg in node.args:
                last.setdefault(arg.index, node.index)
        dying: dict[int, list[int]] = {}
        for index, at in last.items():
            dying.setdefault(at, []).append(place[index])
        self._initial: list[Any] = [None] * len(place)
        self.fields: list[Node] = []
        self._field_places: list[int] = []
        self._steps: list[tuple[Callable[..., Array], int, tuple[int, ...], tuple[int, ...]]] = []
        for node in nodes:
            at = place[node.index]
            if node.op == "const":
                self._initial[at] = scalar(node)
            elif node.op == "field":
                self.fields.append(node)
                self._field_places.append(at)
            else:
                args = tuple(place[arg.index] for arg in node.args)
                self._steps.append((operation(node), at, args, tuple(dying.get(node.index, ()))))
        self._results = [place[root.index] for root in self.roots]

    def run(self, fields: Sequence[Array], given: Sequence[Array] = ()) -> list[Any]:
        """The roots' values: an array for each, a scalar for a constant. `fields` are the arrays of `self.fields`."""
        values = list(self._initial)
        values[: len(given)] = given
        for at, column in zip(self._field_places, fields, strict=True):
            values[at] = column
        for function, at, args, dying in self._steps:
            values[at] = function(*[values[arg] for arg in args])
            for dead in dying:
                values[dead] = None
        return [values[at] for at in self._results]


def chunks(states: Rows, rows: int = CHUNK) -> Iterator[Rows]:
    """The states, or the data of each of them, in pieces of at most `rows`."""
    for start in range(0, len(states), rows):
        yield states[start : start + rows]


class Batch:
    """Some states, or pairs of a state and a next state, for which any node can be evaluated; results are kept.

    `columns` holds an array of codes for each field of the state, `following` likewise of the next state.
    """

    def __init__(self, columns: Sequence[Array], following: Sequence[Array] | None = None) -> None:
        self.columns = columns
        self.following = following
        self._values: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self.columns[0]) if self.columns else 0

    def value(self, node: Node) -> Array:
        """The node's value in every state (or pair); ValueError if it reads a next state and there is none."""
        for inner in inner_nodes((node,), self._values):
            if inner.op == "const":
                self._values[inner.index] = scalar(inner)
            elif inner.op == "field":
                source = self.following if inner.step else self.columns
                if source is None:
                    raise ValueError(f"field {inner.value} of a next state is read, but the batch has none")
                self._values[inner.index] = source[inner.value]
            else:
                args = [self._values[arg.index] for arg in inner.args]
                self._values[inner.index] = operation(inner)(*args)
        result = self._values[node.index]
        return np.broadcast_to(result, (len(self),)) if node.op == "const" else result
