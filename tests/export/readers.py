"""Readers of AIGER and BTOR2 that know the formats alone, and a breadth-first search of what they read.

Every pair of a state and inputs of a level is evaluated at once: a literal of AIGER is an integer with one bit for each pair, a
line of BTOR2 an array with one number for each pair.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

State = tuple[int, ...]


@dataclass(slots=True)
class Circuit:
    """What a file says. `evaluate` takes the values of latches and inputs of some pairs: next latches, and bads, of each."""

    inputs: list[str]
    input_bits: list[int]
    latches: list[str]
    resets: State
    bads: list[str]
    evaluate: Callable[[list[tuple[State, State]]], tuple[list[State], list[State]]]
    comments: list[str] = field(default_factory=list)


def aiger(data: bytes) -> Circuit:
    """AIGER 1.9, ASCII or binary, without constraints, justice and fairness."""
    lines = data.split(b"\n")
    kind, *counts = lines[0].split()
    assert kind in (b"aag", b"aig")
    most, inputs, latches, outputs, ands, bads, *others = [int(count) for count in (*counts, *[0] * 5)][:9]
    assert not any(others)
    at = len(lines[0]) + 1
    rest = data[at:]

    def rows(count: int) -> list[list[int]]:
        nonlocal rest
        result = []
        for _ in range(count):
            line, _, rest = rest.partition(b"\n")
            result.append([int(part) for part in line.split()])
        return result

    if kind == b"aag":
        input_literals = [row[0] for row in rows(inputs)]
        latch_rows = rows(latches)
    else:
        assert most == inputs + latches + ands
        input_literals = [2 * place for place in range(1, inputs + 1)]
        latch_rows = [[2 * (inputs + place + 1), *row] for place, row in enumerate(rows(latches))]
    assert not rows(outputs)
    bad_literals = [row[0] for row in rows(bads)]
    gates = []
    if kind == b"aag":
        gates = rows(ands)
    else:
        for place in range(ands):
            gate = 2 * (inputs + latches + place + 1)
            deltas = []
            for _ in range(2):
                delta, shift = 0, 0
                while True:
                    byte, rest = rest[0], rest[1:]
                    delta |= (byte & 127) << shift
                    shift += 7
                    if byte < 128:
                        break
                deltas.append(delta)
            left = gate - deltas[0]
            gates.append([gate, left, left - deltas[1]])
    assert all(gate > left >= right for gate, left, right in gates)
    symbols, _, comment = f"\n{rest.decode()}".partition("\nc\n")
    names = dict(line.split(" ", 1) for line in symbols.splitlines() if line)

    def evaluate(pairs: list[tuple[State, State]]) -> tuple[list[State], list[State]]:
        ones = (1 << len(pairs)) - 1
        values = {0: 0, 1: ones}

        def literal(number: int) -> int:
            return values[number & ~1] ^ (ones if number & 1 else 0)

        for place, (variable, *_) in enumerate(latch_rows):
            values[variable] = sum(state[place] << at for at, (state, _) in enumerate(pairs))
        for place, variable in enumerate(input_literals):
            values[variable] = sum(free[place] << at for at, (_, free) in enumerate(pairs))
        for gate, left, right in gates:
            values[gate] = literal(left) & literal(right)
        following = [literal(row[1]) for row in latch_rows]
        bad = [literal(number) for number in bad_literals]
        columns = [tuple(word >> at & 1 for word in following) for at in range(len(pairs))]
        return columns, [tuple(word >> at & 1 for word in bad) for at in range(len(pairs))]

    return Circuit(
        [names[f"i{place}"] for place in range(inputs)],
        [1] * inputs,
        [names[f"l{place}"] for place in range(latches)],
        tuple(row[2] if len(row) > 2 else 0 for row in latch_rows),
        [names[f"b{place}"] for place in range(bads)],
        evaluate,
        comment.splitlines(),
    )


def btor2(text: str) -> Circuit:
    """BTOR2 with bit-vectors alone, every state with an initial value and a next one."""
    sorts: dict[str, int] = {}
    nodes: dict[str, tuple[str, int, list[str]]] = {}
    resets: dict[str, str] = {}
    following: dict[str, str] = {}
    inputs: list[tuple[str, str]] = []
    states: list[tuple[str, str]] = []
    bads: list[tuple[str, str]] = []
    comments = []
    for line in text.splitlines():
        if line.startswith(";"):
            comments.append(line[2:])
            continue
        number, kind, *parts = line.split()
        match kind:
            case "sort":
                sorts[number] = int(parts[1])
            case "input" | "state":
                nodes[number] = (kind, sorts[parts[0]], [])
                (inputs if kind == "input" else states).append((number, parts[1]))
            case "init":
                assert int(parts[2]) < int(parts[1])
                resets[parts[1]] = parts[2]
            case "next":
                assert sorts[parts[0]] == nodes[parts[1]][1] == nodes[parts[2]][1]
                following[parts[1]] = parts[2]
            case "bad":
                assert nodes[parts[0]][1] == 1
                bads.append((parts[0], parts[1]))
            case _:
                nodes[number] = (kind, sorts[parts[0]], parts[1:])

    def evaluate(pairs: list[tuple[State, State]]) -> tuple[list[State], list[State]]:
        values: dict[str, Any] = {}
        for place, (number, _) in enumerate(states):
            values[number] = np.array([state[place] for state, _ in pairs], dtype=np.int64)
        for place, (number, _) in enumerate(inputs):
            values[number] = np.array([free[place] for _, free in pairs], dtype=np.int64)
        for number, (kind, bits, parts) in nodes.items():
            if number not in values:
                values[number] = _value(kind, bits, parts, values, nodes, len(pairs))
        next_values = [values[following[number]] for number, _ in states]
        bad_values = [values[number] for number, _ in bads]
        return (
            [tuple(int(column[at]) for column in next_values) for at in range(len(pairs))],
            [tuple(int(column[at]) for column in bad_values) for at in range(len(pairs))],
        )

    return Circuit(
        [name for _, name in inputs],
        [nodes[number][1] for number, _ in inputs],
        [name for _, name in states],
        tuple(int(nodes[resets[number]][2][0], 2) for number, _ in states),
        [name for _, name in bads],
        evaluate,
        comments,
    )


def _value(kind: str, bits: int, parts: list[str], values: Any, nodes: Any, count: int) -> Any:
    mask = (1 << bits) - 1
    match kind:
        case "const":
            assert len(parts[0]) == bits
            return np.full(count, int(parts[0], 2), dtype=np.int64)
        case "slice":
            assert int(parts[1]) - int(parts[2]) + 1 == bits
            return values[parts[0]] >> int(parts[2]) & mask
        case "uext" | "sext":
            have = nodes[parts[0]][1]
            assert have + int(parts[1]) == bits
            return (values[parts[0]] if kind == "uext" else _signed(values[parts[0]], have)) & mask
    args, widths = [values[part] for part in parts], [nodes[part][1] for part in parts]
    match kind:
        case "not":
            return ~args[0] & mask
        case "ite":
            assert widths == [1, bits, bits]
            return np.where(args[0] == 1, args[1], args[2])
    assert widths[0] == widths[1]
    match kind:
        case "and":
            return args[0] & args[1]
        case "or":
            return args[0] | args[1]
        case "eq":
            return (args[0] == args[1]).astype(np.int64)
        case "ulte":
            return (args[0] <= args[1]).astype(np.int64)
        case "slte":
            return (_signed(args[0], widths[0]) <= _signed(args[1], widths[0])).astype(np.int64)
        case "add":
            return args[0] + args[1] & mask
        case "sub":
            return args[0] - args[1] & mask
        case "mul":
            return args[0] * args[1] & mask
    raise ValueError(kind)


def _signed(values: Any, bits: int) -> Any:
    return values - ((values >> bits - 1) << bits)


@dataclass(slots=True)
class Search:
    """All states, each a tuple of latches, and in which frame each property is first bad."""

    states: set[State]
    frames: dict[str, int]


def search(circuit: Circuit) -> Search:
    """All states that a circuit reaches from its reset."""
    free: list[State] = list(itertools.product(*(range(1 << bits) for bits in circuit.input_bits)))
    result = Search({circuit.resets}, {})
    level: Iterable[State] = [circuit.resets]
    frame = 0
    while level:
        pairs = [(state, given) for state in level for given in free]
        following, bads = circuit.evaluate(pairs)
        for row in set(bads):
            for name, bad in zip(circuit.bads, row, strict=True):
                if bad:
                    result.frames.setdefault(name, frame)
        level = sorted(set(following) - result.states)
        result.states |= set(level)
        frame += 1
    return result


def stored(circuit: Circuit, states: Iterable[State]) -> set[tuple[tuple[str, int], ...]]:
    """The states that have begun, as a number for each word."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(circuit.latches):
        places.setdefault(name.partition(" bit ")[0], []).append(place)
    result = set()
    for state in states:
        words = {name: sum(state[at] << bit for bit, at in enumerate(own)) for name, own in places.items()}
        if words.pop("started", 1):
            result.add(tuple(sorted(words.items())))
    return result
