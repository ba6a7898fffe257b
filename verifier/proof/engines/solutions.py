"""The states that satisfy a formula, all of them, without a solver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.columns import CHUNK, Array, Batch, inner_nodes, scalar, type_of
from verifier.semantics.ground.layout import Field
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.states import States


class TooManyCodes(Exception):
    """More codes would have to be tried, one by one, than was allowed."""


def solutions(packing: Packing, formula: Node, *, tries: int | None = None) -> Iterator[States]:
    """All states (packed, in pieces, each once) that satisfy a formula over step 0.

    Fields get their codes one after the other: the one that a conjunct says a field is equal to, else all of them, a piece at a
    time. Every conjunct is evaluated as soon as the fields that it reads have codes. Memory stays bounded: a piece that has grown
    is finished before the next. Raises TooManyCodes instead of trying more than `tries` of them.
    """
    conjuncts = formula.args if formula.op == "and" else (formula,)
    due: list[list[Node]] = [[] for _ in packing.fields]
    for conjunct in conjuncts:
        read = _read(conjunct)
        if read:
            due[max(read)].append(conjunct)
        elif not conjunct.value:
            return
    fields = [_Codes(field, conjuncts) for field, conjuncts in zip(packing.fields, due, strict=True)]
    tried = 0
    stack: list[Iterator[list[Array]]] = [iter([[]])]
    while stack:
        columns = next(stack[-1], None)
        if columns is None:
            stack.pop()
            continue
        if columns:
            tried += len(columns[0])
            if tries is not None and tried > tries:
                raise TooManyCodes
            columns = fields[len(columns) - 1].satisfying(columns)
            if not len(columns[0]):
                continue
        if len(columns) == len(fields):
            yield packing.pack(columns)
        else:
            stack.append(fields[len(columns)].grown(columns))


class _Codes:
    """The codes of one field, given those of the fields before it, and the conjuncts that can then be evaluated."""

    def __init__(self, field: Field, conjuncts: Sequence[Node]) -> None:
        self._field = field
        self._kind = type_of(field)
        known = [(conjunct, self._known(conjunct)) for conjunct in conjuncts]
        #: The node that the field is equal to, over the fields before it; None if nothing says so.
        self._equal = next((node for _, node in known if node is not None), None)
        self._conjuncts = [conjunct for conjunct, node in known if node is None or node is not self._equal]
        bounds = [bound for conjunct in conjuncts for bound in self._bounds(conjunct)]
        self._low = max([field.low, *(low for low, _ in bounds if low is not None)])
        self._high = min([field.high, *(high for _, high in bounds if high is not None)])

    def _is_field(self, node: Node) -> bool:
        return node.op == "field" and node.value == self._field.number

    def _known(self, conjunct: Node) -> Node | None:
        """The other side of an equation with the field, if it does not read the field itself."""
        if conjunct.op == "eq":
            for one, other in (conjunct.args, conjunct.args[::-1]):
                if self._is_field(one) and self._field.number not in _read(other):
                    return other
        return None

    def _bounds(self, conjunct: Node) -> Iterator[tuple[int | None, int | None]]:
        """The bounds that an inequation between the field and a constant gives for its codes: a least and a greatest one."""
        negated = conjunct.op == "not"
        inner = conjunct.args[0] if negated else conjunct
        if inner.op != "le":
            return
        left, right = inner.args
        if self._is_field(left) and right.op == "const":
            yield (right.value + 1, None) if negated else (None, right.value)
        elif self._is_field(right) and left.op == "const":
            yield (None, left.value - 1) if negated else (left.value, None)

    def grown(self, columns: list[Array]) -> Iterator[list[Array]]:
        """The columns with one more, in pieces: that of the field, in which every code stands beside every row."""
        rows = len(columns[0]) if columns else 1
        if self._equal is not None:
            values = np.broadcast_to(Batch(columns).value(self._equal) if columns else scalar(self._equal), (rows,))
            inside = (values >= self._field.low) & (values <= self._field.high)
            yield [*(column[inside] for column in columns), values[inside].astype(self._kind)]
            return
        for least in range(self._low, self._high + 1, CHUNK):
            some = range(least, min(self._high + 1, least + CHUNK))
            codes = np.array(some, self._kind)
            height = max(1, CHUNK // len(codes))
            for start in range(0, rows, height):
                part = [column[start : start + height] for column in columns]
                size = min(height, rows - start)
                yield [*(np.repeat(column, len(codes)) for column in part), np.tile(codes, size)]

    def satisfying(self, columns: list[Array]) -> list[Array]:
        """The rows in which the conjuncts hold."""
        batch = Batch(columns)
        kept = np.ones(len(columns[0]), np.bool_)
        for conjunct in self._conjuncts:
            kept &= batch.value(conjunct)
        return columns if kept.all() else [column[kept] for column in columns]


def _read(node: Node) -> set[int]:
    """The fields that a node reads."""
    return {inner.value for inner in inner_nodes((node,), {}) if inner.op == "field"}
