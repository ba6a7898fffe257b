"""The fences and orders of the seqlock: which are needed, each minimal set, and what breaks without one, in a second way too."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

import pytest

from tests.lib.enumerator import allows, runs
from tests.models.litmus import MODELS, attempt, torn, writer
from tests.protocols.figures import Search, check_expectations
from verifier import api
from verifier.catalog import load
from verifier.lib.programs import Program

# 95,860 executions of the 1,024 programs; under TSO each of them has the 67 executions that SC has.
WEAK = {"A1": 0, "W1": 0, "W2": 0, "R1": 0, "R2": 0}
SEARCHES = [
    Search("seqlock-memory", "rc11", 95_860, 1, None, WEAK),
    Search("seqlock-memory", "armv8", 95_860, 1, None, WEAK),
    Search("seqlock-memory", "tso", 67 * 1024, 1, None),
]
ORDERS = (
    *("odd_release", "odd_fence", "payload_release", "even_fence", "even_release"),
    *("check_acquire", "check_fence", "payload_acquire", "recheck_fence", "recheck_acquire"),
)
PLACES = [
    {"odd_fence", "payload_release"},
    {"even_fence", "even_release"},
    {"check_acquire", "check_fence"},
    {"payload_acquire", "recheck_fence"},
]
"""One order at each place: the minimal sets are all choices of one at each."""


def test_the_model_announces_what_its_searches_find() -> None:
    check_expectations("seqlock-memory", SEARCHES)


@pytest.mark.parametrize("row", [pytest.param(row, marks=pytest.mark.nightly) for row in SEARCHES[1:]] + SEARCHES[:1])
def test_a_search_counts_the_executions_of_all_programs(row: Search) -> None:
    row.check()


@pytest.mark.parametrize("variant", ["rc11", pytest.param("armv8", marks=pytest.mark.nightly)])
def test_one_order_at_each_place_is_proved_to_be_enough(variant: str) -> None:
    result = api.prove(load("seqlock-memory"), variant=variant, in_process=True)
    assert {entry.name: entry.verdict for entry in result.properties} == {
        "EnoughOrders": "proved",
        "A0": "proved",
        **dict.fromkeys(WEAK, "violated"),
    }


def program(orders: frozenset[str]) -> Program:
    """The program with these orders, written without the model."""

    def order(name: str, strong: str) -> str:
        return strong if name in orders else "rlx"

    stores = writer(
        odd=order("odd_release", "rel"),
        fenced="rel" if "odd_fence" in orders else None,
        payload=order("payload_release", "rel"),
        late="rel" if "even_fence" in orders else None,
        even=order("even_release", "rel"),
    )
    loads = attempt(
        order("check_acquire", "acq"),
        early="acq" if "check_fence" in orders else None,
        payload=order("payload_acquire", "acq"),
        late="acq" if "recheck_fence" in orders else None,
        second=order("recheck_acquire", "acq"),
    )
    return Program([stores, loads])


def safe(model: str, orders: frozenset[str]) -> bool:
    """Whether no execution that the model allows commits a torn payload, by brute force."""
    made = program(orders)
    condition = made.outcome(torn())
    return not any(run.number(condition) and allows(model, run) for run in runs(made))


def border(is_safe: Callable[[frozenset[str]], bool]) -> tuple[set[frozenset[str]], set[frozenset[str]]]:
    """All minimal safe sets and all maximal unsafe ones, of a property that more orders only help.

    Fences and orders add to the relations that are acyclic or irreflexive in every axiom, and take nothing from them.
    """
    least: set[frozenset[str]] = set()
    most: set[frozenset[str]] = set()
    everything = [frozenset(some) for size in range(len(ORDERS) + 1) for some in combinations(ORDERS, size)]
    for some in everything:
        if any(known <= some for known in least) or any(some <= known for known in most):
            continue
        if is_safe(some):
            for order in ORDERS:
                some = some - {order} if order in some and is_safe(some - {order}) else some
            least.add(some)
        else:
            for order in ORDERS:
                some = some if order in some or is_safe(some | {order}) else some | {order}
            most.add(some)
    assert all(any(known <= some for known in least) != any(some <= known for known in most) for some in everything)
    return least, most


@pytest.mark.nightly
@pytest.mark.parametrize("model", [model for model in MODELS if model not in ("SC", "TSO")])
def test_the_minimal_sets_are_one_order_at_each_place(model: str) -> None:
    known: dict[frozenset[str], bool] = {}

    def is_safe(orders: frozenset[str]) -> bool:
        if orders not in known:
            known[orders] = safe(model, orders)
        return known[orders]

    least, most = border(is_safe)
    assert least == {frozenset(chosen) for chosen in product(*PLACES)}
    assert len(least) == 16
    assert most == {frozenset(ORDERS) - place for place in PLACES}


@pytest.mark.parametrize(("place", "model"), [(place, model) for place in range(4) for model in ("RC11", "ARMv8")])
@pytest.mark.nightly
def test_without_an_order_at_one_place_all_others_do_not_help(place: int, model: str) -> None:
    assert not safe(model, frozenset(ORDERS) - frozenset(PLACES[place]))


def test_on_x86_no_order_is_needed() -> None:
    assert safe("TSO", frozenset())
