"""The test of the differential test: whatever is made wrong in a lowering or in a back end, it notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.differential import mutants, subjects
from tests.differential.behaviour import ByCircuit, ByClauses, ByColumns, BySolver, Circuits
from verifier.kernel.operators import OPERATORS
from verifier.semantics.ground import columns, containers, packing, sparse, values
from verifier.semantics.ground.circuit import Node
from verifier.semantics.ground.clausal import Clausal
from verifier.semantics.ground.cnf import TRUE
from verifier.semantics.ground.evaluate import Evaluator
from verifier.semantics.ground.facts import Fact
from verifier.semantics.ground.ground import HANDLERS, Ground
from verifier.semantics.ground.smt import Encoding

pytestmark = pytest.mark.full

PAIRS = 60


def disagrees(make: Callable[[Ground], Circuits], handlers: Any = HANDLERS, pairs: int = PAIRS) -> bool:
    """Whether some model of `tests/models` shows a difference from the concrete semantics."""
    for name in subjects.OWN:
        drawn, wanted = subjects.expected(name, PAIRS)
        back_end = make(Ground(subjects.sample(name).scope, handlers))
        if back_end.behaviours(drawn[:pairs]) != wanted[:pairs]:
            return True
    return False


@pytest.mark.nightly
def test_the_right_lowering_agrees() -> None:
    assert not disagrees(ByColumns)


def test_every_operator_has_a_wrong_lowering() -> None:
    # What is resolved when a model is made of a protocol is never lowered.
    lowered = {name for name, operator in OPERATORS.items() if not operator.resolved}
    assert mutants.VALUES.keys() == HANDLERS.keys() == lowered


@pytest.mark.parametrize("op", mutants.VALUES)
def test_a_wrong_value_is_noticed(op: str) -> None:
    assert disagrees(ByColumns, {**HANDLERS, op: mutants.VALUES[op]})


@pytest.mark.parametrize("name", mutants.USES)
def test_a_wrong_definedness_is_noticed(name: str) -> None:
    assert disagrees(ByColumns, {**HANDLERS, name.partition(",")[0]: mutants.USES[name]})


SHAPES = [
    values.AtomOption,
    values.RangeShape,
    values.BoolShape,
    values.IntShape,
    values.LabelShape,
    containers.RecordShape,
    containers.FunctionShape,
    containers.SetShape,
    sparse.OptionShape,
    sparse.SequenceShape,
    sparse.KeyedShape,
]
RANGED = [shape for shape in SHAPES if shape not in (values.BoolShape, values.IntShape, values.LabelShape)]
MERGED = [shape for shape in SHAPES if not issubclass(shape, values.Atom)]


@pytest.mark.parametrize("shape", RANGED)
def test_a_forgotten_range_is_noticed(shape: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape, "outside", lambda self, value: self.circuit.false)
    assert disagrees(ByColumns)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_wrong_equality_is_noticed(shape: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape, "equal", lambda self, left, right: self.circuit.true)
    assert disagrees(ByColumns)


@pytest.mark.parametrize("shape", [*MERGED, values.Atom])
def test_a_wrong_choice_between_values_is_noticed(shape: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shape, "merge", lambda self, condition, then, otherwise: otherwise)
    assert disagrees(ByColumns)


@pytest.mark.parametrize("shape", [sparse.OptionShape, sparse.SequenceShape, sparse.KeyedShape])
def test_codes_of_what_is_absent_are_noticed(shape: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def where(self: Any, condition: Node, inner: Any, value: Any) -> list[Node]:
        return list(inner.lows) if value is None else list(inner.write(value))

    monkeypatch.setattr(shape, "_where", where)
    assert disagrees(ByColumns)


OPS = ["const", "field", "not", "and", "or", "ite", "eq", "le", "add", "sub", "mul"]
OTHER: dict[str, Any] = {"and": "or", "or": "and", "eq": "le", "le": "eq", "add": "sub", "sub": "add", "mul": "add"}


def wrong(node: Node) -> Node:
    """A node that means something else than `node`; not for `not`."""
    if node.op == "const":
        return replace(node, value=1 - node.value if node.is_bool else node.value + 1)
    if node.op == "field":
        return replace(node, step=1 - node.step)
    if node.op == "ite":
        return replace(node, args=(node.args[0], node.args[2], node.args[1]))
    return replace(node, op=OTHER[node.op])


@pytest.mark.parametrize("op", OPS)
def test_a_wrong_node_is_noticed_in_the_reference(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Evaluator._step

    def step(self: Evaluator, node: Node, args: list[int]) -> int:
        if node.op != op:
            return right(self, node, args)
        if op == "not":
            return args[0]
        if op == "field":
            return right(self, replace(node, value=(node.value + 1) % len(self.current)), args)
        return right(self, wrong(node), [args[0], *reversed(args[1:])] if op == "ite" else args)

    monkeypatch.setattr(Evaluator, "_step", step)
    assert disagrees(ByCircuit)


@pytest.mark.parametrize("op", OPS)
def test_a_wrong_node_is_noticed_in_columns(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if op == "const":
        right_scalar = columns.scalar
        monkeypatch.setattr(columns, "scalar", lambda node: right_scalar(wrong(node)))
    elif op == "field":
        right_column = packing.Packing.column
        monkeypatch.setattr(
            packing.Packing, "column", lambda self, words, number: np.roll(right_column(self, words, number), 1)
        )
    else:
        right_operation = columns.operation

        def operation(node: Node) -> Callable[..., Any]:
            if node.op != op:
                return right_operation(node)
            if op == "not":
                return lambda arg: arg
            if op == "ite":
                return lambda condition, then, otherwise: right_operation(node)(condition, otherwise, then)
            return right_operation(wrong(node))

        monkeypatch.setattr(columns, "operation", operation)
    assert disagrees(ByColumns)


@pytest.mark.parametrize("op", OPS)
def test_a_wrong_node_is_noticed_in_z3(op: str) -> None:
    class Wrong(Encoding):
        def _build(self, node: Node) -> Any:
            if node.op != op:
                return super()._build(node)
            return self._terms[node.args[0].index] if op == "not" else super()._build(wrong(node))

    assert disagrees(lambda ground: BySolver(ground, Wrong), pairs=6)


def _without_absence(self: Clausal, fact: Fact, step: int = 0) -> int:
    return TRUE


def _top_digit(self: Clausal, fact: Fact, nodes: Sequence[Node], code: int) -> int:
    return self.numbers.at_least(nodes[0], code)


def _unguarded(right: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, fact, instance: right(self, replace(fact, guard=None, rank=False), instance)


CLAUSES: dict[str, Any] = {
    "present": _without_absence,
    "_lexicographic": _top_digit,
    "_written": _unguarded(Clausal._written),
    "equals": lambda self, fact, code, step=0: self.at_least(fact, code, step),
}


@pytest.mark.parametrize("method", CLAUSES)
def test_a_wrong_state_or_step_is_noticed_in_clauses(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clausal, method, CLAUSES[method])
    try:
        assert disagrees(ByClauses, pairs=20)
    except (AssertionError, KeyError):
        return  # the back end itself finds that a state is not what its atoms say
