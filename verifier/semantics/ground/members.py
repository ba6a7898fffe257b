"""A set of states as a formula: a decision diagram over their fields, in which equal parts are shared.

The fields are gone through in order; values of a field after which the rest of the states is the same set are told apart no
further. Source: R. Bryant, Graph-based algorithms for Boolean function manipulation, IEEE Transactions on Computers, 1986.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.ground import Ground

Rows = frozenset[tuple[int, ...]]


def members(ground: Ground, fields: Sequence[int], rows: Iterable[Sequence[int]]) -> Node:
    """Whether the codes of some fields, given by their numbers, are one of the rows."""
    known: dict[Rows, Node] = {frozenset(((),)): ground.circuit.true}
    depth = len(fields)

    def of(rest: Rows, place: int) -> Node:
        if rest not in known:
            known[rest] = _decided(ground, fields[place], {code: of(tails, place + 1) for code, tails in _split(rest).items()})
        return known[rest]

    wanted = frozenset(tuple(row) for row in rows)
    if any(len(row) != depth for row in wanted):
        raise ValueError("a row has one code for each field")
    return of(wanted, 0) if wanted else ground.circuit.false


def _split(rows: Rows) -> dict[int, Rows]:
    """The rows by their first code, without it; codes in order."""
    result: dict[int, set[tuple[int, ...]]] = {}
    for row in sorted(rows):
        result.setdefault(row[0], set()).add(row[1:])
    return {code: frozenset(tails) for code, tails in result.items()}


def _decided(ground: Ground, number: int, after: dict[int, Node]) -> Node:
    """The condition that the code of a field imposes on the rest; the field has no other code."""
    circuit, field = ground.circuit, ground.layout.fields[number]
    groups: dict[int, tuple[Node, list[int]]] = {}
    for code, node in after.items():
        groups.setdefault(node.index, (node, []))[1].append(code)
    parts = []
    for node, codes in groups.values():
        among = circuit.true if len(codes) == field.high - field.low + 1 else _among(ground, number, codes)
        parts.append(circuit.and_((among, node)))
    return circuit.or_(parts)


def _among(ground: Ground, number: int, codes: list[int]) -> Node:
    """Whether a field has one of some codes, given in order; consecutive ones are an interval."""
    circuit, node = ground.circuit, ground.field_node(number)
    if node.is_bool:
        return node if codes == [1] else circuit.not_(node)
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return circuit.or_(
        circuit.eq(node, circuit.int(low))
        if low == high
        else circuit.and_((circuit.le(circuit.int(low), node), circuit.le(node, circuit.int(high))))
        for low, high in runs
    )
