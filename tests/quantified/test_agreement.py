"""The lowering to first-order logic agrees with the concrete semantics, on finite instances with the state
pinned.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from tests.models import constructs, corners, elements
from tests.quantified.instances import Instance, expressible, random_states
from verifier.kernel.protocol import Protocol
from verifier.kernel.sorts import OptionSort, SequenceSort
from verifier.kernel.terms import Term
from verifier.semantics.quantified.lowering import Lowering
from verifier.semantics.quantified.values import Value, Values

PROTOCOLS: dict[str, Protocol] = {**constructs.ALL, **corners.ALL, **elements.ALL}


def has_sequences(protocol: Protocol) -> bool:
    return any(isinstance(sort, SequenceSort) for sort in protocol.model().sorts)


NAMES = [name for name, protocol in PROTOCOLS.items() if not has_sequences(protocol)]


@cache
def instance(name: str) -> Instance:
    return Instance(expressible(PROTOCOLS[name]))


def differences(name: str, seed: int, count: int) -> list[tuple[dict[str, object], list[str]]]:
    made = instance(name)
    states = random_states(made.scope, seed, count)
    return [(dict(state), wrong) for state in states if (wrong := made.differences(state))]


def test_most_of_the_constructs_can_be_compared() -> None:
    assert len(NAMES) >= 7
    assert sum(len(expressible(PROTOCOLS[name]).actions) for name in NAMES) >= 30


@pytest.mark.parametrize("name", NAMES)
def test_formulas_steps_and_definedness_are_those_of_the_concrete_semantics(name: str) -> None:
    assert differences(name, seed=3, count=2) == []


@pytest.mark.full
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", NAMES)
def test_so_they_are_in_more_states(name: str, seed: int) -> None:
    assert differences(name, seed=100 + seed, count=5) == []


# Each of these makes the lowering wrong in one place. The comparison must notice.


def swapped_order(lowering: Lowering, original: Callable[..., Value], term: Term, args: list[Value]) -> Value:
    return original(lowering, term, args[::-1] if term.op == "lt" else args)


def shared_update(lowering: Lowering, original: Callable[..., Value], term: Term, args: list[Value]) -> Value:
    return args[0] if term.op == "update" else original(lowering, term, args)


def forgetful_remove(lowering: Lowering, original: Callable[..., Value], term: Term, args: list[Value]) -> Value:
    return args[0] if term.op == "remove" else original(lowering, term, args)


@pytest.mark.parametrize(
    ("name", "wrong"), [("stamps", swapped_order), ("partial", shared_update), ("stamps", forgetful_remove)]
)
def test_a_wrong_operation_is_noticed(name: str, wrong: Callable[..., Value], monkeypatch: pytest.MonkeyPatch) -> None:
    original = Lowering._operation
    monkeypatch.setattr(Lowering, "_operation", lambda self, term, args: wrong(self, original, term, args))
    made = Instance(expressible(PROTOCOLS[name]))
    assert any(made.differences(state) for state in random_states(made.scope, 3, 12))


def test_a_quantifier_without_its_range_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Values.quantify
    monkeypatch.setattr(
        Values,
        "quantify",
        lambda self, universal, bound, body, ranged=True: original(self, universal, bound, body, False),
    )
    made = Instance(expressible(PROTOCOLS["grid"]))
    assert any(made.differences(state) for state in random_states(made.scope, 3, 12))


def test_a_payload_that_counts_where_there_is_none_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Values.equal

    def equal(self: Values, left: Value, right: Value, sort: object) -> object:
        if isinstance(sort, OptionSort) and None not in (left.payload, right.payload):
            present = self.smt.equal(left.present, right.present)
            return self.smt.conjunction([present, equal(self, left.payload, right.payload, sort.element)])
        return original(self, left, right, sort)  # type: ignore[arg-type]

    monkeypatch.setattr(Values, "equal", equal)
    made = Instance(expressible(PROTOCOLS["nested"]))
    assert any(made.differences(state) for state in random_states(made.scope, 3, 12))
