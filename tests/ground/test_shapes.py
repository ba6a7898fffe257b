"""What the shape of a sort says of constants: their codes, what is a constant at all, and what is a value of the sort."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ground.test_lowering import Digit, Key, Pair, Pairs, Word, single
from verifier.kernel import Bool, Fn, Option, Range, Sequence, Set, empty, none
from verifier.semantics.ground.ground import Ground
from verifier.semantics.ground.shapes import ScopeShapes
from verifier.semantics.ground.values import VARIES, Shape
from verifier.semantics.scope import FrozenMap, Some


class Bit(Range, low=0, high=1):
    pass


class Short(Sequence[Bit], capacity=1):
    pass


PAIR = FrozenMap(key="k2", digit=3)
OTHER = FrozenMap(key="k1", digit=1)

CONSTANTS = [
    (Bool, False, True, [1]),
    (Digit, 1, 3, [3]),
    (Option[Digit], none, None, [0]),
    (Option[Digit], none, Some(3), [3]),
    (Word, empty, (3,), [1, 3, 1]),
    (Option[Word], none, None, [0, 0, 1, 1]),
    (Option[Word], none, Some((3,)), [1, 1, 3, 1]),
    (Option[Pair], none, Some(PAIR), [1, 1, 3]),
    (Set[Short], set(), frozenset({(), (1,)}), [1, 0, 1]),
    (Fn[Key, Word], empty, FrozenMap(k1=(), k2=(2, 3)), [0, 1, 1, 2, 2, 3]),
    (Option[Pairs], none, None, [0] * 7),
    (Pairs, set(), frozenset({PAIR}), [0, 0, 0, 0, 1, 1]),
]


def shape_of(sort: Any, initial: Any) -> tuple[Ground, Shape]:
    ground = single(sort, initial)
    return ground, ScopeShapes(ground.scope, ground.circuit).of(ground.scope.model.variable("x").sort)


@pytest.mark.parametrize(("sort", "initial", "value", "codes"), CONSTANTS)
def test_a_constant_is_a_value_of_its_sort_that_is_fixed_and_has_codes(
    sort: Any, initial: Any, value: Any, codes: list[int]
) -> None:
    ground, shape = shape_of(sort, initial)
    key = shape.key(value)
    assert shape.has_key(key)
    assert shape.fixed(shape.constant(key)) == key
    assert [node.value for node in shape.write(shape.constant(key))] == codes
    assert ground.layout.encode({"x": value}) == tuple(codes)


@pytest.mark.parametrize(("sort", "initial"), [(sort, initial) for sort, initial, *_ in CONSTANTS])
def test_what_is_read_from_a_state_is_not_fixed(sort: Any, initial: Any) -> None:
    ground, shape = shape_of(sort, initial)
    fields = iter(ground.layout.fields)

    def take() -> Any:
        field = next(fields)
        return ground.circuit.field(field.number, field.is_bool, field.low, field.high)

    assert shape.fixed(shape.read(take)) is VARIES


def test_a_keyed_set_is_fixed_only_if_it_is_fixed_what_records_it_has() -> None:
    ground, shape = shape_of(Pairs, set())
    [(present, first)] = shape.constant(shape.key(frozenset({OTHER})))
    [(_, second)] = shape.constant(shape.key(frozenset({PAIR})))
    varying = ground.circuit.field(0, True, 0, 1)
    assert shape.fixed(((present, first), (varying, second))) is VARIES
    assert shape.fixed(((present, first), (ground.circuit.false, second))) == shape.key(frozenset({OTHER}))


@pytest.mark.parametrize(
    ("sort", "initial", "value"),
    [
        (Digit, 1, 4),
        (Option[Digit], none, Some(0)),
        (Word, empty, (1, 1, 1)),
        (Word, empty, (1, 4)),
        (Option[Word], none, Some((1, 1, 1))),
        (Set[Digit], set(), frozenset({1, 4})),
        (Pairs, set(), frozenset({OTHER, FrozenMap(key="k1", digit=4)})),
        (Pairs, set(), frozenset({OTHER, FrozenMap(key="k2", digit=1)})),
    ],
)
def test_a_constant_may_be_outside_its_sort(sort: Any, initial: Any, value: Any) -> None:
    _, shape = shape_of(sort, initial)
    assert not shape.has_key(shape.key(value))


def test_every_integer_is_one() -> None:
    from verifier.kernel.sorts import INT

    ground, _ = shape_of(Bool, False)
    integers = ScopeShapes(ground.scope, ground.circuit).of(INT)
    assert all(integers.has_key(integers.key(value)) for value in (-3, 0, 10**30))
