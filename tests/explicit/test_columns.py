"""Columns against the reference back end: random circuits of every width, packing, batches of pairs."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from tests.explicit.test_figures import PROTOCOLS, ground_of
from verifier.catalog import load
from verifier.semantics.ground.circuit import Circuit, Node
from verifier.semantics.ground.columns import Batch, Program, integer_type, scalar, type_of
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.layout import Field, Layout
from verifier.semantics.ground.packing import Packing
from verifier.semantics.ground.states import States

RANGES = [(0, 1), (-1, 1), (0, 127), (-128, 5), (0, 128), (-40_000, 7), (0, 2**31), (-(2**40), 2**62 - 1)]

WIDE = [
    (-(2**62), 2**62 - 1),
    (0, 2**63 - 1),
    (2**63 - 5, 2**63 + 5),
    (-(2**63), -(2**63) + 3),
    (-(2**63), 2**63 - 1),
    (0, 2**64 - 1),
    (2**64 - 3, 2**64),
    (-(2**70), 2**130),
    (2**200, 2**200 + 7),
]
"""Ranges about and beyond the integers of numpy."""


def random_circuit(chance: random.Random) -> tuple[list[Field], list[Node]]:
    """Fields of many widths, and nodes of every kind over them."""
    circuit = Circuit()
    ranges = [*RANGES, *WIDE]
    fields = [Field(i, f"x{i}", "x", False, low, high) for i, (low, high) in enumerate(ranges)]
    fields += [Field(len(ranges) + i, f"b{i}", "b", True, 0, 1) for i in range(3)]
    nodes = [circuit.field(f.number, f.is_bool, f.low, f.high, step) for f in fields for step in (0, 1)]
    integers = [node for node in nodes if not node.is_bool] + [circuit.int(n) for n in (-300, -1, 2, 127, 2**33)]
    truths = [node for node in nodes if node.is_bool]
    for _ in range(60):
        left, right = chance.choice(integers), chance.choice(integers)
        a, b, c = (chance.choice(truths) for _ in range(3))
        integers.append(chance.choice([circuit.add, circuit.sub, circuit.mul])(left, right))
        integers.append(circuit.ite(a, left, right))
        truths += [circuit.le(left, right), circuit.eq(left, right), circuit.ite(a, b, c), circuit.not_(b)]
        truths += [circuit.and_((a, b)), circuit.or_((a, b, c)), circuit.and_((a, circuit.not_(b), c))]
    return fields, [node for node in (*integers, *truths) if max(abs(node.low), abs(node.high)) < 2**400]


def random_rows(fields: Sequence[Field], chance: random.Random, count: int = 12) -> list[list[int]]:
    def code(field: Field) -> int:
        return chance.choice([field.low, field.high, chance.randint(field.low, field.high), max(field.low, min(field.high, 2))])

    return [[code(field) for field in fields] for _ in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_no_node_wraps(seed: int) -> None:
    chance = random.Random(seed)
    fields, nodes = random_circuit(chance)
    now, then = random_rows(fields, chance), random_rows(fields, chance)
    arrays = [[np.array([row[f.number] for row in rows], type_of(f)) for f in fields] for rows in (now, then)]
    batch = Batch(arrays[0], arrays[1])
    program = Program(nodes)
    columns = [arrays[node.step][node.value] for node in program.fields]
    values = program.run(columns)
    for row in range(len(now)):
        exact = Evaluator(now[row], then[row])
        for node, value in zip(nodes, values, strict=True):
            wanted = exact.value(node)
            assert int(batch.value(node)[row]) == wanted
            assert int(np.broadcast_to(value, (len(now),))[row]) == wanted


def test_a_state_alone_has_no_next_one() -> None:
    circuit = Circuit()
    with pytest.raises(ValueError, match="next state"):
        Batch([np.array([1, 2])]).value(circuit.field(0, False, 0, 3, step=1))


def test_constants_are_spread() -> None:
    circuit = Circuit()
    assert Batch([np.array([1, 2])]).value(circuit.true).tolist() == [True, True]
    assert scalar(circuit.int(200)).dtype == np.int16


@pytest.mark.parametrize(
    ("low", "high", "kind"),
    [(0, 127, "int8"), (0, 128, "int16"), (-129, 0, "int16"), (0, 2**31, "int64"), (0, 2**63, "object")],
)
def test_integers_take_the_narrowest_type(low: int, high: int, kind: str) -> None:
    assert integer_type(low, high) == np.dtype(kind)


@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_packing_keeps_every_code(name: str) -> None:
    ground = ground_of(PROTOCOLS[name])
    packing, chance = Packing(ground.layout), random.Random(3)
    rows = [tuple(row) for row in random_rows(ground.layout.fields, chance, 200)]
    packed = packing.of(rows)
    assert packing.codes(packed) == rows
    bits = sum(field.bits for field in ground.layout.fields)
    assert packing.words <= max(1, -(-bits // 64) + 1)
    assert packing.codes(packing.pack(packing.columns(packed))) == rows
    assert len(packing.of([])) == 0


def numbers_of(packed: States) -> list[tuple[int, ...]]:
    """Packed states as their words."""
    return [tuple(int(word) for word in row) for row in zip(*packed.words, strict=True)]


class Fields(Layout):
    """A layout of these ranges and a Bool between them, of no model."""

    def __init__(self, ranges: Sequence[tuple[int, int]]) -> None:
        fields = [Field(i, f"x{i}", "x", False, low, high) for i, (low, high) in enumerate(ranges)]
        self.fields = (*fields, Field(len(fields), "b", "b", True, 0, 1))


@pytest.mark.parametrize("ranges", [*([one] for one in WIDE), WIDE, [*RANGES, *WIDE, *RANGES]])
def test_packing_keeps_every_code_of_a_wide_range(ranges: list[tuple[int, int]]) -> None:
    layout = Fields(ranges)
    packing, chance = Packing(layout), random.Random(3)
    rows = [tuple(row) for row in random_rows(layout.fields, chance, 40)]
    packed = packing.of(rows)
    assert packing.codes(packed) == rows
    assert packing.codes(packing.pack(packing.columns(packed))) == rows
    assert len(set(numbers_of(packed))) == len(set(rows))
    # The same bits, set one code at a time.
    for row, state in zip(rows, numbers_of(packed), strict=True):
        words = [0] * packing.words
        for number, code in enumerate(row):
            words = [known | more for known, more in zip(words, packing.bits(number, code), strict=True)]
        assert packing.codes(States(tuple([np.array([word], np.uint64) for word in words]))) == [row]
        assert tuple(words) == state


def test_one_word_is_enough_for_the_published_model() -> None:
    assert Packing(ground_of(load("composed")).layout).words == 1
